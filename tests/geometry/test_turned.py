"""Rotated boxes and ellipses: their vertices are a rule, their pixels follow from it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import (
    array_from_geometry,
    checked,
    extent,
    polygon_from_turned,
    ring_from_turned,
)
from datasetbuilder.geometry.turned import vertices_of_ellipse
from datasetbuilder.model import Box, Ellipse, RotatedBox
from tests.strategies import turned

SHAPE = (40, 60)


def test_a_box_that_is_not_turned_has_its_corners_clockwise_from_the_top_left():
    assert ring_from_turned(RotatedBox(10, 8, 6, 4)) == ((7, 6), (13, 6), (13, 10), (7, 10))


def test_a_turn_goes_clockwise_on_the_screen():
    # The top left corner of an upright box goes to the top right.
    assert ring_from_turned(RotatedBox(10, 8, 6, 4, 90)) == ((12, 5), (12, 11), (8, 11), (8, 5))


def test_a_corner_is_rounded_to_a_ten_thousandth():
    half = math.sqrt(2)
    assert ring_from_turned(RotatedBox(0, 0, 2, 2, 45)) == (
        (0, round(-half, 4)),
        (round(half, 4), 0),
        (0, round(half, 4)),
        (round(-half, 4), 0),
    )


def test_an_ellipse_begins_at_the_end_of_its_first_axis_and_goes_clockwise():
    ring = ring_from_turned(Ellipse(10, 10, 2, 1))
    assert len(ring) == 16
    assert [ring[k] for k in (0, 4, 8, 12)] == [(12, 10), (10, 11), (8, 10), (10, 9)]


@pytest.mark.parametrize(
    ("radius", "count"), [(0.01, 16), (1, 16), (3, 16), (10, 32), (100, 96), (1000, 288)]
)
def test_a_larger_ellipse_has_more_vertices(radius, count):
    assert vertices_of_ellipse(Ellipse(0, 0, radius / 2, radius)) == count


def test_a_box_turned_by_nothing_covers_what_the_box_covers():
    np.testing.assert_array_equal(
        array_from_geometry(RotatedBox(7, 6, 4, 6), (20, 20)),
        array_from_geometry(Box(5, 3, 4, 6), (20, 20)),
    )


def test_an_ellipse_has_about_its_area():
    # π · 20 · 10 = 628.3; COCO's rule and the chords make a pixel of difference.
    assert extent(Ellipse(50, 50, 20, 10, 30), (100, 100)).area == 629


@settings(max_examples=50)
@given(turned())
def test_a_turned_shape_and_the_polygon_that_stands_for_it_cover_the_same(shape):
    np.testing.assert_array_equal(
        array_from_geometry(shape, SHAPE), array_from_geometry(polygon_from_turned(shape), SHAPE)
    )


@pytest.mark.parametrize("shape", [RotatedBox(0, 10, 8, 4), Ellipse(0, 10, 8, 4, 10)])
def test_over_the_edge_a_turned_shape_keeps_its_numbers_and_its_area_ends(shape):
    assert checked(shape, SHAPE) == shape
    found = extent(shape, SHAPE)
    assert found.area == array_from_geometry(shape, SHAPE).sum()
    assert found.bbox is not None
    assert found.bbox[0] == 0


@pytest.mark.parametrize(
    ("angle", "stored"), [(0, 0), (-180, -180), (180, -180), (270, -90), (-450, -90), (725.5, 5.5)]
)
def test_an_angle_is_stored_between_minus_and_plus_half_a_turn(angle, stored):
    assert checked(RotatedBox(20, 20, 4, 4, angle), SHAPE) == RotatedBox(20, 20, 4, 4, stored)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (RotatedBox(20, 20, 0, 4), "rotated box must be wider and higher than 0"),
        (Ellipse(20, 20, 4, -1), "ellipse must be wider and higher than 0"),
        (RotatedBox(20, math.nan, 4, 4), "not finite and below ten million"),
        (Ellipse(20, 20, 4, 4, math.inf), "not finite and below ten million"),
        (RotatedBox(-20, 20, 4, 4), "covers no pixel of the image of 60 × 40 pixels"),
        (Ellipse(20.9, 20.9, 0.1, 0.1), "covers no pixel"),
    ],
)
def test_a_turned_shape_without_pixels_is_refused(shape, reason):
    with pytest.raises(GeometryError, match=reason):
        checked(shape, SHAPE)
