"""Rotated boxes: their corners, the least one around a shape, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasetbuilder.geometry import (
    corners_from_rotated_box,
    mask_from_array,
    rotated_box_around,
    rotated_box_from_corners,
)
from datasetbuilder.model import Box, Ellipse, Part, Polygon, RotatedBox, Tag

SQUARE = ((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (0.0, 2.0))


def polygon(*points: tuple[float, float]) -> Polygon:
    return Polygon((Part(points),))


def test_corners_begin_top_left_and_go_clockwise():
    assert corners_from_rotated_box(RotatedBox(2.0, 1.0, 4.0, 2.0)).tolist() == [
        [0.0, 0.0],
        [4.0, 0.0],
        [4.0, 2.0],
        [0.0, 2.0],
    ]
    turned = corners_from_rotated_box(RotatedBox(2.0, 1.0, 4.0, 2.0, 90.0))
    assert turned.tolist() == [[3.0, -1.0], [3.0, 3.0], [1.0, 3.0], [1.0, -1.0]]


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        (RotatedBox(2.0, 1.0, 4.0, 2.0, 170.0), RotatedBox(2.0, 1.0, 4.0, 2.0, 170.0)),
        (Ellipse(9.0, 8.0, 3.0, 2.0, 15.0), RotatedBox(9.0, 8.0, 6.0, 4.0, 15.0)),
        (Box(1.0, 2.0, 4.0, 6.0), RotatedBox(3.0, 5.0, 4.0, 6.0, 0.0)),
        (polygon(*SQUARE), RotatedBox(2.0, 1.0, 4.0, 2.0, 0.0)),
        (mask_from_array(np.ones((2, 4), bool)), RotatedBox(2.0, 1.0, 4.0, 2.0, 0.0)),
    ],
)
def test_a_shape_has_one_rotated_box(shape, box):
    assert rotated_box_around(shape) == box


def test_the_least_box_lies_along_an_edge():
    found = rotated_box_around(polygon((10.0, 0.0), (20.0, 10.0), (15.0, 15.0), (5.0, 5.0)))
    numbers = found.cx, found.cy, found.width, found.height, found.angle
    assert numbers == pytest.approx((12.5, 7.5, 50**0.5, 200**0.5, -45.0))


def test_several_pieces_share_one_box():
    pieces = Polygon((Part(SQUARE), Part(((8.0, 0.0), (10.0, 0.0), (10.0, 2.0), (8.0, 2.0)))))
    assert rotated_box_around(pieces) == RotatedBox(5.0, 1.0, 10.0, 2.0, 0.0)


def test_nothing_lies_in_a_tag():
    with pytest.raises(TypeError, match="kind tag"):
        rotated_box_around(Tag())


@pytest.mark.parametrize(
    "corners",
    [
        [(0, 0), (4, 0), (4, 2), (0, 3)],
        [(0, 0), (4, 0), (4, 0), (0, 0)],
        [(1, 1), (1, 1), (1, 1), (1, 1)],
        [(0, 0), (4, 2), (4, 0), (0, 2)],
    ],
)
def test_four_points_that_are_no_rectangle_are_no_box(corners):
    assert rotated_box_from_corners(corners) is None


def test_corners_the_other_way_round_are_the_same_box():
    assert rotated_box_from_corners([SQUARE[k] for k in (0, 3, 2, 1)]) == (
        RotatedBox(2.0, 1.0, 4.0, 2.0, 0.0)
    )


sides = st.floats(2, 400, width=32)


@given(sides, sides, sides, sides, st.floats(-180, 179.9375, width=32))
def test_corners_as_text_give_the_box_back(cx, cy, width, height, angle):
    box = RotatedBox(cx, cy, width, height, angle)
    shares = (corners_from_rotated_box(box) / 4000).round(12)
    found = rotated_box_from_corners(shares * 4000)
    assert found is not None
    numbers = found.cx, found.cy, found.width, found.height
    assert numbers == pytest.approx((cx, cy, width, height), abs=1e-4)
    assert np.allclose(corners_from_rotated_box(found), corners_from_rotated_box(box), atol=1e-4)
