"""Profiles along lines, equal to scikit-image's on floating-point numbers."""

import numpy as np
import pytest

from datasetbuilder.errors import DataError, GeometryError
from datasetbuilder.measure import angles, length, profile

STEPS = np.array([[0, 10, 20, 30], [0, 10, 20, 30]], np.uint16)


def test_a_line_through_pixel_centres_reads_the_pixels():
    found = profile(STEPS, [(0.5, 0.5), (3.5, 0.5)])
    assert found.values[:, 0].tolist() == [0, 10, 20, 30]
    assert found.distance.tolist() == [0, 1, 2, 3]
    assert found.points[0].tolist() == [0.5, 0.5]


def test_full_depth_is_kept():
    deep = np.array([[65535, 65533]], np.uint16)
    assert profile(deep, [(1, 0.5), (1, 0.5)]).values.tolist() == [[65534]]


def test_a_line_of_no_length_is_the_one_value_at_its_place():
    for line in ([(2.5, 1.5)], [(2.5, 1.5), (2.5, 1.5)]):
        found = profile(STEPS, line)
        assert (found.values.tolist(), found.distance.tolist()) == ([[20]], [0])


def test_beyond_the_image_there_is_nothing():
    found = profile(STEPS, [(-2, 0.5), (2, 0.5)])
    assert np.isnan(found.values[:2, 0]).all()
    assert found.values[2:, 0].tolist() == [0, 5, 15]
    assert np.isnan(profile(STEPS, [(-9, -9), (-5, -9)]).values).all()


def test_a_wide_line_that_is_half_outside_takes_the_mean_of_what_is_inside():
    rows = np.array([[1.0, 1], [5, 5]])
    assert profile(rows, [(0.5, 1.5), (1.5, 1.5)], 3).values[:, 0].tolist() == [3, 3]


def test_a_corner_of_a_polyline_is_read_once():
    found = profile(STEPS, [(0.5, 0.5), (2.5, 0.5), (2.5, 0.5), (2.5, 1.5)])
    assert found.distance.tolist() == [0, 1, 2, 3]
    assert found.values[:, 0].tolist() == [0, 10, 20, 20]


def test_every_channel_has_its_own_values():
    colour = np.dstack([STEPS, STEPS + 1, STEPS + 2])
    assert profile(colour, [(1.5, 0.5), (1.5, 0.5)]).values.tolist() == [[10, 11, 12]]


@pytest.mark.slow
@pytest.mark.parametrize("width", [1, 2, 5])
def test_it_is_scikit_images_profile(width):
    from skimage.measure import profile_line

    rng = np.random.default_rng(3)
    image = rng.integers(0, 65535, (60, 80, 3)).astype(np.uint16)
    for a, b in rng.uniform(8, 50, (20, 2, 2)):
        ours = profile(image, [a, b], width).values
        theirs = profile_line(
            image.astype(float), a[::-1] - 0.5, b[::-1] - 0.5, linewidth=width, mode="reflect"
        )
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("line", "width", "reason", "kind"),
    [
        ([], 1, "one at least", GeometryError),
        ([(0, float("nan")), (1, 1)], 1, "not a finite number", GeometryError),
        ([(0, 0), (1, 1)], 0, "from 1 to 999", DataError),
        ([(0, 0), (9e9, 1)], 1, "longer than", GeometryError),
    ],
)
def test_a_line_that_is_none_is_refused(line, width, reason, kind):
    with pytest.raises(kind, match=reason):
        profile(STEPS, line, width)


def test_lengths_and_angles():
    corner = [(0, 0), (3, 4), (3, 4), (3, 9)]
    assert length(corner) == 10
    assert angles([(0, 0), (5, 0), (5, 5)]) == (90,)
    assert angles([(0, 0), (1, 0), (2, 0)]) == (180,)
    assert np.isnan(angles(corner)).tolist() == [True, True]
    assert (length([(1, 1)]), angles([(1, 1)])) == (0, ())
