"""Polylines, points and keypoints: no pixels, but a place, which ends at the edge of the image."""

import pytest
from hypothesis import given, settings

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import Extent, array_from_geometry, checked, extent
from datasetbuilder.model import Keypoint, Keypoints, Points, Polyline, Visibility
from tests.strategies import uncovering

SHAPE = (40, 60)
UNLABELLED = Keypoint(0, 0, Visibility.UNLABELLED)


@settings(max_examples=50)
@given(uncovering(SHAPE))
def test_what_lies_inside_keeps_its_very_numbers_and_covers_nothing(shape):
    assert checked(shape, SHAPE) == shape
    assert not array_from_geometry(shape, SHAPE).any()
    found = extent(shape, SHAPE)
    assert found.area == 0
    assert found.bbox is not None
    x, y, width, height = found.bbox
    assert min(width, height) >= 1
    assert (x >= 0, y >= 0, x + width <= 60, y + height <= 40) == (True,) * 4


def test_the_box_of_a_line_is_that_of_the_pixels_that_hold_its_points():
    assert extent(Polyline(((1.5, 2.5), (7.25, 9.0))), SHAPE) == Extent(0, (1, 2, 7, 7))


def test_the_box_of_a_single_point_is_its_pixel():
    assert extent(Points(((3.0, 4.9),)), SHAPE) == Extent(0, (3, 4, 1, 1))


def test_a_point_on_the_far_edge_is_in_the_last_pixel():
    assert extent(Points(((60.0, 40.0),)), SHAPE) == Extent(0, (59, 39, 1, 1))


def test_a_keypoint_that_is_not_labelled_does_not_count():
    shape = Keypoints((UNLABELLED, Keypoint(10.5, 10.5, Visibility.HIDDEN), Keypoint(12, 14)))
    assert extent(shape, SHAPE) == Extent(0, (10, 10, 2, 4))
    assert shape.labelled == shape.points[1:]


def test_a_line_over_the_edge_is_cut_there_and_keeps_its_direction():
    out, inside = (-10.0, 5.0), (20.0, 5.0)
    assert checked(Polyline((out, inside)), SHAPE) == Polyline(((0, 5), inside))
    assert checked(Polyline((inside, out)), SHAPE) == Polyline((inside, (0, 5)))


def test_a_line_that_crosses_itself_and_the_edge_is_one_line():
    loop = ((10.0, 10.0), (20.0, 20.0), (20.0, 10.0), (5.0, 20.0), (-10.0, 20.0))
    assert checked(Polyline(loop), SHAPE) == Polyline((*loop[:4], (0, 20)))


def test_points_outside_are_left_out():
    assert checked(Points(((5.0, 5.0), (61.0, 5.0), (60.0, 0.0))), SHAPE) == Points(
        ((5, 5), (60, 0))
    )


def test_a_keypoint_outside_is_not_labelled():
    shape = Keypoints((Keypoint(5, 5), Keypoint(-1, 5), Keypoint(7, 7, Visibility.UNLABELLED)))
    assert checked(shape, SHAPE) == Keypoints((Keypoint(5, 5), UNLABELLED, UNLABELLED))


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (Polyline(((1.0, 1.0), (1.0, 1.0))), "at least 2 different points"),
        (Polyline(((-5.0, 1.0), (-1.0, 9.0))), "polyline lies outside the image of 60 × 40"),
        (Polyline(((5.0, 5.0), (70.0, 5.0), (70.0, 9.0), (5.0, 9.0))), "draw it as several lines"),
        (Polyline(((float("nan"), 1.0), (1.0, 9.0))), "not finite"),
        (Points(((70.0, 5.0),)), "points lie outside"),
        (Points(((float("inf"), 1.0),)), "not finite"),
        (Keypoints((Keypoint(-1, 5), UNLABELLED)), "none of the keypoints is labelled inside"),
    ],
)
def test_what_has_no_place_in_the_image_is_refused(shape, reason):
    with pytest.raises(GeometryError, match=reason):
        checked(shape, SHAPE)
