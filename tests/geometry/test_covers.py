import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import Covers, array_from_geometry, iou, mask_from_array
from datasetbuilder.model import Box, Mask, Points, Tag
from tests.strategies import POLYGON_SHAPE, boxes, masks, polygons, turned, uncovering

drawn = st.one_of(
    boxes(POLYGON_SHAPE),
    polygons(),
    turned(POLYGON_SHAPE),
    masks(20).map(lambda array: mask_from_array(array, offset=(5, 3))),
    uncovering(POLYGON_SHAPE),
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(drawn, max_size=5))
def test_many_shapes_overlap_as_any_two_of_them_do(geometries):
    expected = [[iou(a, b, POLYGON_SHAPE) for b in geometries] for a in geometries]
    found = Covers(geometries, POLYGON_SHAPE).iou()
    np.testing.assert_allclose(found, np.array(expected).reshape(found.shape), atol=1e-12)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(drawn, min_size=2, max_size=4))
def test_united_shapes_cover_and_share_the_pixels_that_they_do_as_arrays(geometries):
    arrays = [array_from_geometry(one, POLYGON_SHAPE) for one in geometries]
    others = np.logical_or.reduce(arrays[1:])
    both = (arrays[0] & others).sum()
    found = Covers(geometries, POLYGON_SHAPE).shared([[0], range(1, len(geometries)), []])
    expected = [[arrays[0].sum(), both, 0], [both, others.sum(), 0], [0, 0, 0]]
    np.testing.assert_array_equal(found, expected)


def test_a_mask_that_runs_over_columns_is_cut_where_the_image_cuts():
    whole = Mask(1, 1, 2, 2, mask_from_array(np.ones((2, 2))).counts)
    found = Covers([whole, Box(1, 1, 2, 2), Tag(), Points(((1.0, 1.0),))], (4, 5))
    np.testing.assert_array_equal(found.iou()[:2, :2], [[1, 1], [1, 1]])
    assert found.iou()[2:].sum() == 0


@pytest.mark.parametrize(
    "counts", ["", "é", "0", "P", "o", "@" * 9, "0000000000"], ids=lambda text: text or "nothing"
)
def test_a_mask_whose_runs_are_wrong_is_refused_among_sound_ones(counts):
    sound = mask_from_array(np.ones((2, 2)))
    with pytest.raises(GeometryError, match="run lengths"):
        Covers([sound, Mask(0, 0, 2, 2, counts)], (4, 5))
