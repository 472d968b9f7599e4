from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import UNTOUCHED, array_from_strokes
from datasetbuilder.model import BACKGROUND, Stroke
from tests.strategies import strokes

SHAPE = (20, 30)


def picture(raster):
    return ["".join(".#"[value] for value in row) for row in (raster >= 0).astype(int)]


def distances(stroke, shape):
    """How far each pixel's centre is from the line, point by point of the picture."""
    rows, columns = np.indices(shape)
    centres = np.stack([columns + 0.5, rows + 0.5], -1)
    points = [np.array(point) for point in stroke.points]
    pieces = list(pairwise(points)) or [(points[0], points[0])]
    nearest = np.full(shape, np.inf)
    for start, end in pieces:
        along = end - start
        square = (along**2).sum()
        part = np.clip(((centres - start) @ along) / square, 0, 1) if square else np.zeros(shape)
        foot = start + part[..., None] * along
        nearest = np.minimum(nearest, np.hypot(*np.moveaxis(centres - foot, -1, 0)))
    return nearest


def test_a_point_is_a_disk():
    raster = array_from_strokes([Stroke(((4.0, 3.0),), 4.0, 1)], (6, 8))
    assert picture(raster) == [
        "........",
        "...##...",
        "..####..",
        "..####..",
        "...##...",
        "........",
    ]


def test_a_line_has_round_ends():
    raster = array_from_strokes([Stroke(((2.5, 2.5), (5.5, 2.5)), 2.5, 1)], (5, 8))
    assert picture(raster) == [
        "........",
        "..####..",
        ".######.",
        "..####..",
        "........",
    ]


def test_a_line_goes_through_its_bends():
    stroke = Stroke(((0.5, 0.5), (4.5, 0.5), (4.5, 3.5)), 1.0, 1)
    assert picture(array_from_strokes([stroke], (4, 6))) == ["#####.", "....#.", "....#.", "....#."]


def test_what_no_stroke_touches_is_minus_one_and_background_is_nought():
    stroke = Stroke(((0.5, 0.5),), 1.0, BACKGROUND)
    assert array_from_strokes([stroke], (1, 2)).tolist() == [[0, UNTOUCHED]]
    assert array_from_strokes([], (1, 2)).tolist() == [[-1, -1]]


def test_later_strokes_are_painted_over_earlier_ones():
    lines = [Stroke(((0.5, 0.5), (2.5, 0.5)), 1.0, 7), Stroke(((1.5, 0.5), (9.0, 0.5)), 1.0, 2)]
    assert array_from_strokes(lines, (1, 4)).tolist() == [[7, 2, 2, 2]]
    assert array_from_strokes(lines[::-1], (1, 4)).tolist() == [[7, 7, 7, 2]]


def test_the_raster_holds_any_label_id():
    raster = array_from_strokes([Stroke(((0.5, 0.5),), 1.0, 70_000)], (1, 1))
    assert (raster.dtype, raster.tolist()) == (np.int32, [[70_000]])


@pytest.mark.parametrize("point", [(1.0, 1.0), (1.25, 1.75), (1.9375, 1.9375)])
def test_the_finest_brush_paints_the_pixel_under_it(point):
    raster = array_from_strokes([Stroke((point,), 0.1, 1)], (3, 3))
    assert np.argwhere(raster == 1).tolist() == [[1, 1]]


def test_a_stroke_outside_the_image_paints_nothing():
    raster = array_from_strokes([Stroke(((-9.0, -9.0), (-9.0, 99.0)), 3.0, 1)], (3, 3))
    assert (raster == UNTOUCHED).all()


def test_points_on_one_spot_are_one_disk():
    one = array_from_strokes([Stroke(((4.0, 3.0),), 4.0, 1)], SHAPE)
    many = array_from_strokes([Stroke(((4.0, 3.0),) * 3, 4.0, 1)], SHAPE)
    np.testing.assert_array_equal(one, many)


@given(strokes(SHAPE))
def test_a_pixel_is_painted_when_its_centre_is_within_half_the_width(stroke):
    painted = array_from_strokes([stroke], SHAPE) == stroke.label
    distance = distances(stroke, SHAPE)
    near, far = distance < stroke.width / 2 - 1e-9, distance > stroke.width / 2 + 1e-9
    assert painted[near].all()
    if painted.sum() > 1 or near.any():
        assert not painted[far].any()


@given(strokes(SHAPE))
def test_a_stroke_that_begins_in_the_image_paints_at_least_one_pixel(stroke):
    x, y = stroke.points[0]
    inside = 0 <= x < SHAPE[1] and 0 <= y < SHAPE[0]
    assert (array_from_strokes([stroke], SHAPE) == stroke.label).any() or not inside


@given(strokes(SHAPE))
def test_a_stroke_drawn_backwards_paints_the_same(stroke):
    back = Stroke(stroke.points[::-1], stroke.width, stroke.label)
    edge = abs(distances(stroke, SHAPE) - stroke.width / 2) < 1e-9
    one, other = (array_from_strokes([s], SHAPE) for s in (stroke, back))
    if max((one >= 0).sum(), (other >= 0).sum()) > 1:
        np.testing.assert_array_equal(one[~edge], other[~edge])


@settings(max_examples=40)
@given(st.lists(strokes(SHAPE), max_size=5))
def test_every_pixel_shows_the_last_stroke_over_it(lines):
    expected = np.full(SHAPE, UNTOUCHED)
    for line in lines:
        expected[array_from_strokes([line], SHAPE) >= 0] = line.label
    np.testing.assert_array_equal(array_from_strokes(lines, SHAPE), expected)


def test_a_stroke_of_many_wide_pieces_is_painted_in_blocks():
    # 3000 pieces of 1000 columns each pass the block of a million columns.
    zigzag = tuple((500.0 + k % 2, 500.0) for k in range(3001))
    raster = array_from_strokes([Stroke(zigzag, 2000.0, 1)], (4, 1000))
    assert (raster == 1).all()


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("stroke", "message"),
    [
        (Stroke((), 3.0, 1), "a line must be a list of .x, y. points"),
        (Stroke(((1.0, NAN),), 3.0, 1), r"the point \(1\.0, nan\) is not finite"),
        (Stroke(((1.0, 1.0), (INF, 1.0)), 3.0, 1), r"the point \(inf, 1\.0\) is not finite"),
        (Stroke(((1.0, 1.0),), 0.0, 1), r"wider than 0 and below ten million pixels, got 0\.0"),
        (Stroke(((1.0, 1.0),), -2.0, 1), r"ten million pixels, got -2\.0"),
        (Stroke(((1.0, 1.0),), 1e300, 1), r"ten million pixels, got 1e\+300"),
        (Stroke(((1.0, 1e300),), 3.0, 1), r"the point \(1\.0, 1e\+300\) is not finite"),
        (Stroke(((1.0, 1.0),), NAN, 1), "ten million pixels, got nan"),
        (Stroke(((1.0, 1.0),) * 60_000, 2e6, 1), "too long to paint: 59999000 columns"),
    ],
)
def test_a_malformed_stroke_is_refused_with_its_reason(stroke, message):
    with pytest.raises(GeometryError, match=message):
        array_from_strokes([stroke], (2, 1000))
