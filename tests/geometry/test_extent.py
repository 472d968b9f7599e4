from hypothesis import given

from datasetbuilder.geometry import Extent, coco_rle, extent
from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.model import Box, Mask, Part, Polygon, Tag
from tests.geometry.reference import coco
from tests.strategies import POLYGON_SHAPE, polygons

RING = ((5.0, 5.0), (15.0, 5.0), (15.0, 15.0), (5.0, 15.0))
HOLE = ((8.0, 8.0), (12.0, 8.0), (12.0, 12.0), (8.0, 12.0))


def test_a_whole_image_label_has_no_extent():
    assert extent(Tag(), (20, 20)) == Extent(0.0, None)


def test_a_box_is_measured_as_drawn():
    assert extent(Box(1.5, 2.25, 4.5, 2.0), (20, 20)) == Extent(9.0, (1.5, 2.25, 4.5, 2.0))


def test_a_hole_does_not_count():
    polygon = Polygon((Part(RING, (HOLE,)),))
    assert extent(polygon, (20, 20)) == Extent(84.0, (5.0, 5.0, 10.0, 10.0))


def test_the_box_of_a_polygon_is_that_of_its_pixels():
    # Corners in the outer half of a pixel cover none of it.
    polygon = Polygon((Part(((1.75, 1.75), (6.25, 1.75), (6.25, 6.25), (1.75, 6.25))),))
    assert extent(polygon, (20, 20)) == Extent(16.0, (2.0, 2.0, 4.0, 4.0))


def test_parts_share_one_box():
    far = Part(tuple((x + 30, y) for x, y in RING))
    assert extent(Polygon((Part(RING), far)), (20, 60)) == Extent(200.0, (5.0, 5.0, 40.0, 10.0))


def test_a_mask_is_its_pixels():
    assert extent(Mask(3, 2, 2, 2, "121"), (9, 9)) == Extent(2.0, (3.0, 2.0, 2.0, 2.0))


def test_a_mask_over_the_edge_counts_inside_only():
    assert extent(Mask(7, 0, 4, 1, "04"), (9, 9)) == Extent(2.0, (7.0, 0.0, 2.0, 1.0))


def test_nothing_inside_the_image_has_no_box():
    assert extent(Mask(20, 0, 4, 1, "04"), (9, 9)) == Extent(0.0, None)


@given(polygons())
def test_area_and_box_are_those_of_coco(polygon):
    found = extent(polygon, POLYGON_SHAPE)
    rle = coco_rle(polygon, POLYGON_SHAPE)
    assert found == Extent(float(coco.area(rle)), tuple(coco.toBbox(rle).tolist()))


@given(polygons())
def test_a_polygon_is_measured_by_the_very_pixels_it_covers(polygon):
    spans = spans_from_geometry(polygon, POLYGON_SHAPE)
    assert extent(polygon, POLYGON_SHAPE) == Extent(float(spans.area), spans.bbox)


def test_a_shape_of_whole_columns_has_their_box():
    ring = ((3.0, 0.0), (3.0, 20.0), (7.0, 20.0), (7.0, 0.0))
    assert extent(Polygon((Part(ring),)), (20, 20)) == Extent(80.0, (3.0, 0.0, 4.0, 20.0))
