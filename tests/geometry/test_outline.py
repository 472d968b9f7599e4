import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import (
    array_from_polygon,
    checked,
    coco_rings,
    mask_from_array,
    polygon_from_array,
    polygon_from_mask,
    rings_from_array,
)
from datasetbuilder.model import Part, Polygon
from tests.geometry.reference import filled_by_coco
from tests.strategies import POLYGON_SHAPE, masks, polygons

ONE_PIXEL = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def drawn(*rows):
    return np.array([[c == "#" for c in row] for row in rows])


def square(low, high):
    return ((low, low), (high, low), (high, high), (low, high))


def test_a_pixel_is_outlined_by_its_four_corners_clockwise():
    (ring,) = rings_from_array(drawn("#"))
    assert ring.tolist() == [list(corner) for corner in ONE_PIXEL]


def test_an_empty_array_has_no_rings():
    assert rings_from_array(np.zeros((3, 4), bool)) == []
    assert rings_from_array(np.zeros((0, 4), bool)) == []


def test_a_straight_side_has_no_point_in_its_middle():
    (ring,) = rings_from_array(drawn("###", "###"))
    assert sorted(map(tuple, ring.tolist())) == [(0, 0), (0, 2), (3, 0), (3, 2)]


def test_a_hole_is_a_ring_of_the_part_around_it():
    polygon = polygon_from_array(drawn("###", "#.#", "###"))
    (part,) = polygon.parts
    assert set(part.exterior) == {(0, 0), (3, 0), (3, 3), (0, 3)}
    assert [set(hole) for hole in part.holes] == [{(1, 1), (2, 1), (2, 2), (1, 2)}]


def test_a_hole_runs_against_its_exterior():
    exterior, hole = rings_from_array(drawn("###", "#.#", "###"))
    assert shapely.LinearRing(exterior).is_ccw != shapely.LinearRing(hole).is_ccw


def test_an_island_in_a_hole_is_a_part_of_its_own():
    polygon = polygon_from_array(drawn("#####", "#...#", "#.#.#", "#...#", "#####"))
    assert [len(part.holes) for part in polygon.parts] == [1, 0]
    assert set(polygon.parts[1].exterior) == {(2, 2), (3, 2), (3, 3), (2, 3)}


def test_pixels_that_touch_by_a_corner_are_two_parts():
    polygon = polygon_from_array(drawn("#.", ".#"))
    assert polygon.parts == (
        Part(ONE_PIXEL),
        Part(tuple((x + 1, y + 1) for x, y in ONE_PIXEL)),
    )


def test_holes_that_touch_by_a_corner_are_two_holes():
    (part,) = polygon_from_array(drawn("####", "#.##", "##.#", "####")).parts
    assert len(part.holes) == 2


def test_a_bay_closed_by_a_corner_is_a_hole_and_the_outline_does_not_touch_itself():
    (part,) = polygon_from_array(drawn("####", "#.##", "##..", "####")).parts
    assert len(part.exterior) == len(set(part.exterior))
    assert [set(hole) for hole in part.holes] == [{(1, 1), (2, 1), (2, 2), (1, 2)}]


def test_an_offset_moves_the_polygon():
    assert polygon_from_array(drawn("#"), offset=(5, 7)).parts[0].exterior[0] == (5.0, 7.0)


def test_an_array_without_pixels_has_no_polygon():
    with pytest.raises(GeometryError, match="covers no pixel"):
        polygon_from_array(np.zeros((2, 2), bool))


def test_a_stack_is_not_outlined():
    with pytest.raises(GeometryError, match="must have two dimensions, got 3"):
        rings_from_array(np.zeros((2, 2, 2), bool))


def test_a_hole_is_cut_open_from_the_nearest_corner():
    polygon = Polygon((Part(square(0.0, 10.0), (square(2.0, 4.0),)),))
    (flat,) = coco_rings(polygon)
    points = list(zip(flat[::2], flat[1::2], strict=True))
    assert points == [
        *[(0, 0), (2, 2), (4, 2), (4, 4), (2, 4), (2, 2), (0, 0)],
        *[(10, 0), (10, 10), (0, 10)],
    ]


def test_two_holes_may_be_cut_open_from_one_corner():
    holes = (square(1.0, 3.0), square(4.0, 6.0))
    exterior = ((0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0))
    (flat,) = coco_rings(Polygon((Part(exterior, holes),)))
    expected = np.zeros((20, 20), bool)
    expected[:] = True
    expected[1:3, 1:3] = expected[4:6, 4:6] = False
    np.testing.assert_array_equal(filled_by_coco([flat], (20, 20)), expected)


def test_a_ring_without_holes_is_written_as_it_was_drawn():
    ring = ((0.3, 0.7), (9.12, 1.5), (4.5, 8.0625))
    assert coco_rings(Polygon((Part(ring),))) == [[0.3, 0.7, 9.12, 1.5, 4.5, 8.0625]]


@settings(max_examples=300)
@given(masks())
def test_outlining_and_filling_gives_the_mask_back(mask):
    polygon = polygon_from_array(mask)
    np.testing.assert_array_equal(array_from_polygon(polygon, mask.shape), mask)
    np.testing.assert_array_equal(filled_by_coco(coco_rings(polygon), mask.shape), mask)


@given(masks())
def test_a_mask_and_its_polygon_are_written_alike(mask):
    rings = coco_rings(mask_from_array(mask, offset=(3, 5)))
    polygon = polygon_from_mask(mask_from_array(mask, offset=(3, 5)))
    assert rings == coco_rings(polygon)


@given(masks())
def test_every_outline_is_a_polygon_that_may_be_stored(mask):
    polygon = polygon_from_array(mask)
    assert checked(polygon, mask.shape) == polygon
    for part in polygon.parts:
        assert shapely.Polygon(part.exterior, part.holes).is_valid


@given(masks())
def test_outlines_enclose_as_much_as_there_are_pixels(mask):
    parts = polygon_from_array(mask).parts
    area = sum(shapely.Polygon(part.exterior, part.holes).area for part in parts)
    assert area == mask.sum()


@given(polygons())
def test_a_cut_leaves_out_exactly_the_pixels_of_the_hole(polygon):
    expected = np.zeros(POLYGON_SHAPE, bool)
    for part in polygon.parts:
        filled = filled_by_coco([np.ravel(part.exterior).tolist()], POLYGON_SHAPE)
        for hole in part.holes:
            filled &= ~filled_by_coco([np.ravel(hole).tolist()], POLYGON_SHAPE)
        expected |= filled
    np.testing.assert_array_equal(filled_by_coco(coco_rings(polygon), POLYGON_SHAPE), expected)


def test_a_checkerboard_and_its_opposite_come_back():
    board = np.indices((9, 11)).sum(0) % 2 == 0
    for mask in (board, ~board):
        np.testing.assert_array_equal(array_from_polygon(polygon_from_array(mask), (9, 11)), mask)


def test_a_comb_of_lines_one_pixel_wide_comes_back():
    mask = np.zeros((12, 15), bool)
    mask[:, ::2] = mask[5] = True
    np.testing.assert_array_equal(array_from_polygon(polygon_from_array(mask), (12, 15)), mask)
