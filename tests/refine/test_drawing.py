import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasetbuilder.geometry import array_from_strokes
from datasetbuilder.refine import window as windows
from datasetbuilder.refine.drawing import drawing, strokes_from_raster
from tests.refine.pictures import stroke

rasters = arrays(
    np.int32,
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    elements=st.sampled_from([-1, -1, 0, 1, 4]),
)


@given(rasters)
def test_strokes_of_a_raster_paint_the_raster(raster):
    painted = array_from_strokes(strokes_from_raster(raster), raster.shape)
    np.testing.assert_array_equal(painted, raster)


def test_the_largest_piece_of_a_raster_comes_last():
    raster = np.full((3, 9), -1)
    raster[0, 0:5] = 2
    raster[2, 7] = 0
    assert [s.label for s in strokes_from_raster(raster)] == [0, 2]


def test_strokes_outside_the_image_are_left_out():
    seen = drawing(
        [stroke((-9, -9), width=2), stroke((5, 5)), stroke((50, 5), width=2)],
        label=3,
        shape=(10, 10),
    )
    assert [s.points for s in seen.strokes] == [((5, 5),)]


@pytest.mark.parametrize("width", [0, -1, float("nan"), float("inf")])
def test_a_stroke_without_a_real_width_is_left_out(width):
    assert not drawing([stroke((5, 5), width=width)], label=3, shape=(10, 10)).strokes


def test_pixels_say_object_background_or_nothing():
    strokes = [stroke((0.5, 0.5), width=1), stroke((2.5, 0.5), width=1, label=0)]
    seen = drawing(strokes, label=3, shape=(1, 4))
    whole = windows.whole((1, 4))
    flat = windows.Window(whole.extent, (1, 4), (1, 4))
    assert seen.pixels(flat).tolist() == [[1, 0, -1, 0]]
    assert seen.newest(flat).tolist() == [[False, False, True, False]]


def test_later_strokes_cover_earlier_ones():
    strokes = [stroke((0, 0.5), (4, 0.5), width=1), stroke((1.5, 0.5), width=1, label=0)]
    mask = np.zeros((1, 4), bool)
    drawing(strokes, label=3, shape=(1, 4)).paint(mask)
    assert mask.tolist() == [[True, False, True, True]]


def test_painting_a_long_stroke_in_pieces_is_painting_it_whole():
    angles = np.linspace(0, 6, 200)
    points = zip(
        (900 + 800 * np.cos(angles)).tolist(), (700 + 650 * np.sin(angles)).tolist(), strict=True
    )
    long = stroke(*points, width=9)
    shape = (1400, 1800)
    mask = np.zeros(shape, bool)
    drawing([long], label=3, shape=shape).paint(mask)
    np.testing.assert_array_equal(mask, array_from_strokes([long], shape) == 3)


def test_without_the_label_there_is_no_object():
    assert not drawing([stroke((5, 5), label=0)], label=3, shape=(10, 10)).has_object
    assert drawing([stroke((5, 5))], label=3, shape=(10, 10)).has_object
