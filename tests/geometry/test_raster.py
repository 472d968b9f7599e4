import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import (
    array_from_geometry,
    array_from_mask,
    array_from_polygon,
    checked,
    coco_counts,
    coco_rings,
    coco_rle,
    extent,
    iou,
    mask_from_array,
    mask_from_coco_rle,
    polygon_from_array,
)
from datasetbuilder.model import Box, Mask, Part, Polygon, Tag
from tests.geometry.reference import coco, decoded, encoded, filled_by_coco
from tests.strategies import POLYGON_SHAPE, boxes, masks, polygons

FIFTY_MEGAPIXELS = (5792, 8688)
TRIANGLE = Polygon((Part(((1.0, 1.0), (6.0, 1.0), (1.0, 6.0))),))


def rectangle(left, top, right, bottom):
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def test_a_polygon_on_pixel_corners_covers_the_pixels_between_them():
    polygon = Polygon((Part(rectangle(1.0, 2.0, 4.0, 3.0)),))
    expected = np.zeros((4, 5), bool)
    expected[2, 1:4] = True
    np.testing.assert_array_equal(array_from_polygon(polygon, (4, 5)), expected)


def test_a_hole_is_not_covered():
    polygon = Polygon((Part(rectangle(0.0, 0.0, 5.0, 5.0), (rectangle(1.0, 1.0, 4.0, 4.0),)),))
    assert array_from_polygon(polygon, (5, 5)).sum() == 25 - 9


def test_parts_that_overlap_are_united():
    parts = (Part(rectangle(0.0, 0.0, 4.0, 4.0)), Part(rectangle(2.0, 2.0, 6.0, 6.0)))
    assert array_from_polygon(Polygon(parts), (8, 8)).sum() == 16 + 16 - 4


def test_a_box_covers_the_pixels_that_coco_gives_its_rectangle():
    assert array_from_geometry(Box(1, 2, 3, 1), (5, 5)).sum() == 3


@given(polygons())
def test_a_polygon_covers_what_coco_reads_from_its_segmentation(polygon):
    expected = filled_by_coco(coco_rings(polygon), POLYGON_SHAPE)
    np.testing.assert_array_equal(array_from_polygon(polygon, POLYGON_SHAPE), expected)
    np.testing.assert_array_equal(decoded(coco_rle(polygon, POLYGON_SHAPE)), expected)


@given(polygons(), st.tuples(st.integers(1, 40), st.integers(1, 70)))
def test_a_polygon_over_the_edge_of_the_image_covers_what_coco_fills(polygon, shape):
    expected = filled_by_coco(coco_rings(polygon), shape)
    np.testing.assert_array_equal(array_from_polygon(polygon, shape), expected)


@given(polygons())
def test_the_rle_is_the_canonical_one_of_the_pixels(polygon):
    array = array_from_polygon(polygon, POLYGON_SHAPE)
    assert coco_rle(polygon, POLYGON_SHAPE) == {
        "size": list(POLYGON_SHAPE),
        "counts": encoded(array),
    }
    assert mask_from_coco_rle(coco_counts(polygon, POLYGON_SHAPE)) == mask_from_array(array)


@given(boxes((40, 60)))
def test_a_box_covers_what_pycocotools_fills(box):
    numbers = np.array([[box.x, box.y, box.width, box.height]])
    (rle,) = coco.frPyObjects(numbers, 40, 60)
    np.testing.assert_array_equal(array_from_geometry(box, (40, 60)), decoded(rle))


@given(masks(), st.integers(0, 30), st.integers(0, 30))
def test_a_mask_is_placed_into_its_image_by_its_runs(array, x, y):
    shape = (array.shape[0] + 30, array.shape[1] + 30)
    whole = np.zeros(shape, bool)
    whole[y : y + array.shape[0], x : x + array.shape[1]] = array
    assert coco_rle(mask_from_array(array, offset=(x, y)), shape)["counts"] == encoded(whole)


def test_uncompressed_counts_begin_with_the_background():
    assert coco_counts(Mask(0, 0, 1, 2, "02"), (2, 2)) == {"size": [2, 2], "counts": [0, 2, 2]}
    assert coco_counts(Mask(1, 1, 1, 1, "01"), (2, 2)) == {"size": [2, 2], "counts": [3, 1]}


# --- overlap ----------------------------------------------------------------------------------


def test_two_boxes_overlap_as_rectangles():
    assert iou(Box(0, 0, 4, 2), Box(2, 0, 4, 2), (9, 9)) == pytest.approx(4 / 12)
    assert iou(Box(0, 0, 2, 2), Box(2, 0, 2, 2), (9, 9)) == 0
    assert iou(Box(0.25, 0, 0.5, 0.5), Box(0.25, 0, 0.5, 0.5), (9, 9)) == 1


def test_a_box_and_a_polygon_overlap_by_their_pixels():
    polygon = Polygon((Part(rectangle(0.0, 0.0, 4.0, 4.0)),))
    assert iou(Box(0, 0, 4, 2), polygon, (9, 9)) == 0.5


def test_shapes_outside_the_image_do_not_overlap():
    away = Mask(20, 20, 1, 1, "01")
    assert iou(away, away, (9, 9)) == 0


@given(masks(10), masks(10))
def test_masks_overlap_by_their_pixels(one, other):
    shape = (10, 10)
    a, b = mask_from_array(one), mask_from_array(other)
    first, second = array_from_mask(a, shape), array_from_mask(b, shape)
    expected = (first & second).sum() / (first | second).sum()
    assert iou(a, b, shape) == iou(b, a, shape) == pytest.approx(expected)


# --- size -------------------------------------------------------------------------------------


def small_objects():
    blob = np.hypot(*(np.indices((41, 41)) - 20)) < 20
    blob[15:20, 15:20] = False
    at = (8600, 5700)
    return {
        "box": Box(8600, 5700, 40, 40),
        "mask": mask_from_array(blob, offset=at),
        "polygon": polygon_from_array(blob, offset=at),
    }


@pytest.mark.parametrize("kind", ["box", "mask", "polygon"])
def test_an_object_costs_its_own_size_and_not_that_of_its_image(kind):
    geometry = small_objects()[kind]
    tracemalloc.start()
    assert checked(geometry, FIFTY_MEGAPIXELS) == geometry
    extent(geometry, FIFTY_MEGAPIXELS)
    coco_rle(geometry, FIFTY_MEGAPIXELS)
    iou(geometry, small_objects()["mask"], FIFTY_MEGAPIXELS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_an_object_of_a_large_image_is_the_same_as_alone():
    for geometry in small_objects().values():
        found = mask_from_coco_rle(coco_rle(geometry, FIFTY_MEGAPIXELS))
        assert (found.x, found.y) >= (8600, 5700)
        assert extent(geometry, FIFTY_MEGAPIXELS).area == extent(found, FIFTY_MEGAPIXELS).area


# --- malformed --------------------------------------------------------------------------------

NAN, INF = float("nan"), float("inf")
RAGGED: Any = ((0.0, 0.0), (4.0,), (4.0, 4.0))


@pytest.mark.parametrize(
    ("geometry", "shape", "message"),
    [
        (Tag(), (5, 5), "a whole-image label has no outline and no pixels"),
        (TRIANGLE, (5,), r"the size of the image must be \[height, width\]"),
        (TRIANGLE, (5, 0), "the size of the image must be 1 to 1000000 pixels, got 0"),
        (TRIANGLE, (5, NAN), "the size of the image must be whole numbers, got nan"),
        (TRIANGLE, (50_000, 50_000), "2500000000 pixels, more than 2147483647"),
        (Polygon((Part(((0.0, 0.0), (1.0, 1.0))),)), (5, 5), "at least 3 points, got 2"),
        (Polygon((Part(()),)), (5, 5), "must be a list of .x, y. points"),
        (Polygon((Part(((0.0, 0.0), (4.0, NAN), (4.0, 4.0))),)), (5, 5), r"\(4\.0, nan\) is not"),
        (Polygon((Part(((0.0, 0.0), (4.0, 0.0), (INF, 4.0))),)), (5, 5), r"\(inf, 4\.0\) is not"),
        (Polygon((Part(RAGGED),)), (5, 5), "must be a list of"),
        (Polygon((Part(((0.0, 0.0), (9e6, 0.0), (4.0, 4.0))),)), (5, 5), "longer than 4000000"),
        (Box(0, NAN, 2, 2), (5, 5), "is not finite"),
        (Box(0, 0, 9e6, 2), (5, 5), "longer than 4000000 pixels"),
    ],
)
def test_what_pycocotools_would_crash_on_is_refused_before(geometry, shape, message):
    with pytest.raises(GeometryError, match=message):
        array_from_geometry(geometry, shape)
