"""Shapes united, taken from each other, intersected and cut: no pixel lost, none twice."""

import numpy as np
import pytest
from hypothesis import given, settings

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import (
    array_from_geometry,
    checked,
    combined,
    divided,
    mask_from_array,
)
from datasetbuilder.model import Box, Ellipse, Part, Points, Polygon, RotatedBox
from tests.strategies import masks

SIZE = (40, 60)
SQUARE = Polygon((Part(((10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0))),))
BESIDE = Box(20, 15, 20, 10)


def pixels(shape):
    return array_from_geometry(shape, SIZE)


def test_merging_makes_one_outline_of_two():
    merged = combined("merge", [SQUARE, BESIDE], SIZE)
    assert isinstance(merged, Polygon)
    np.testing.assert_array_equal(pixels(merged), pixels(SQUARE) | pixels(BESIDE))
    assert len(merged.parts) == 1


def test_shapes_apart_are_merged_into_one_object_of_two_parts():
    merged = combined("merge", [Box(0, 0, 5, 5), Box(20, 0, 5, 5)], SIZE)
    assert isinstance(merged, Polygon)
    assert len(merged.parts) == 2


def test_subtracting_from_the_middle_leaves_a_hole():
    rest = combined("subtract", [SQUARE, Box(15, 15, 5, 5)], SIZE)
    assert isinstance(rest, Polygon)
    assert len(rest.parts[0].holes) == 1
    assert pixels(rest).sum() == 400 - 25


def test_the_first_is_what_the_others_are_taken_from():
    rest = combined("subtract", [BESIDE, SQUARE], SIZE)
    assert rest is not None
    assert pixels(rest).sum() == 10 * 10


def test_intersecting_keeps_what_all_share():
    shared = combined("intersect", [SQUARE, BESIDE, RotatedBox(25, 20, 6, 6)], SIZE)
    assert shared is not None
    np.testing.assert_array_equal(pixels(shared), pixels(Box(22, 17, 6, 6)))


def test_nothing_in_common_is_nothing():
    assert combined("intersect", [Box(0, 0, 5, 5), Box(20, 0, 5, 5)], SIZE) is None
    mask = mask_from_array(np.ones((5, 5), bool))
    assert combined("subtract", [mask, Box(0, 0, 9, 9)], SIZE) is None


def test_a_mask_among_them_makes_a_mask():
    mask = mask_from_array(pixels(SQUARE))
    for way, wanted in (
        ("merge", pixels(SQUARE) | pixels(BESIDE)),
        ("subtract", pixels(SQUARE) & ~pixels(BESIDE)),
        ("intersect", pixels(SQUARE) & pixels(BESIDE)),
    ):
        found = combined(way, [mask, BESIDE], SIZE)
        assert found is not None
        assert found.kind == "mask"
        np.testing.assert_array_equal(pixels(found), wanted)


def test_what_is_made_may_be_stored():
    for way in ("merge", "subtract", "intersect"):
        found = combined(way, [Ellipse(20, 20, 12.3, 7.7, 33), RotatedBox(25, 20, 20, 5, 71)], SIZE)
        assert found is not None
        assert checked(found, SIZE) == found


@pytest.mark.parametrize(
    ("way", "shapes", "reason"),
    [
        ("melt", [SQUARE, BESIDE], "known are merge, subtract, intersect"),
        ("merge", [SQUARE], "at least two shapes"),
        ("merge", [SQUARE, Points(((1.0, 1.0),))], "kind points cover no area"),
    ],
)
def test_what_cannot_be_combined_is_refused(way, shapes, reason):
    with pytest.raises(GeometryError, match=reason):
        combined(way, shapes, SIZE)


def test_a_line_across_cuts_an_outline_in_two_the_larger_first():
    pieces = divided(SQUARE, ((0.0, 15.0), (60.0, 15.0)), SIZE)
    assert [int(pixels(piece).sum()) for piece in pieces] == [300, 100]


def test_a_part_that_the_line_leaves_whole_stays_with_a_piece():
    two = Polygon((*SQUARE.parts, Part(((40.0, 0.0), (50.0, 0.0), (50.0, 5.0)))))
    pieces = divided(two, ((0.0, 20.0), (35.0, 20.0)), SIZE)
    assert sorted(len(piece.parts) for piece in pieces if isinstance(piece, Polygon)) == [1, 2]


def test_a_line_that_ends_inside_cuts_nothing():
    with pytest.raises(GeometryError, match="draw it from side to side"):
        divided(SQUARE, ((0.0, 20.0), (20.0, 20.0)), SIZE)


@settings(max_examples=40)
@given(masks())
def test_a_cut_mask_keeps_every_pixel_once(array):
    mask = mask_from_array(array)
    middle = mask.x + mask.width / 2 + 0.3
    try:
        pieces = divided(mask, ((middle, -1.0), (middle + 0.4, 30.0)), array.shape)
    except GeometryError:
        return
    total = sum(array_from_geometry(piece, array.shape).astype(int) for piece in pieces)
    np.testing.assert_array_equal(total, array.astype(int))
