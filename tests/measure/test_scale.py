"""The physical scale."""

import pytest

from datasetbuilder.errors import DataError, WireError
from datasetbuilder.measure import Scale, scale_from_known_length, scale_from_wire


def test_a_line_of_known_length_gives_the_scale():
    assert scale_from_known_length(200, 50, "µm") == Scale(0.25, "µm")


def test_a_scale_goes_over_the_wire_and_back():
    scale = Scale(0.5, "mm")
    assert scale_from_wire(scale.to_wire()) == scale


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"per_pixel": 0, "unit": "µm"}, "above zero"),
        ({"per_pixel": -1, "unit": "µm"}, "above zero"),
        ({"per_pixel": float("inf"), "unit": "µm"}, "above zero"),
        ({"per_pixel": True, "unit": "µm"}, "must be a number"),
        ({"per_pixel": 1, "unit": " "}, "must be a word"),
        ({"per_pixel": 1, "unit": "a\nb"}, "must be a word"),
        (3, "must be an object"),
    ],
)
def test_what_is_no_scale_is_refused(value, reason):
    with pytest.raises(WireError, match=reason):
        scale_from_wire(value)


@pytest.mark.parametrize(("pixels", "known", "reason"), [(0, 5, "no length"), (5, 0, "above zero")])
def test_lengths_of_zero_are_refused(pixels, known, reason):
    with pytest.raises(DataError, match=reason):
        scale_from_known_length(pixels, known, "mm")
