import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import (
    array_from_geometry,
    array_from_polygon,
    checked,
    mask_from_array,
)
from datasetbuilder.model import Box, Mask, Part, Polygon, Tag
from datasetbuilder.wire import geometry_from_wire, geometry_to_wire, shortest_float32
from tests.strategies import POLYGON_SHAPE, boxes, coordinates, masks, polygons

SHAPE = (10, 20)


def rectangle(left, top, right, bottom):
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def polygon(exterior, *holes):
    return Polygon((Part(exterior, holes),))


def corners(geometry):
    return [point for part in geometry.parts for point in part.exterior]


def checked_or_reason(geometry, shape):
    try:
        return checked(geometry, shape), ""
    except GeometryError as error:
        return None, str(error)


# --- what is kept -----------------------------------------------------------------------------


def test_a_tag_is_always_right():
    assert checked(Tag(), SHAPE) == Tag()


@pytest.mark.parametrize(
    "box", [Box(0, 0, 20, 10), Box(0.1, 0.2, 0.3, 0.4), Box(19.5, 9.9375, 0.5, 0.0625)]
)
def test_a_box_inside_keeps_its_very_numbers(box):
    assert checked(box, SHAPE) == box


@given(boxes(SHAPE))
def test_any_box_inside_keeps_its_very_numbers(box):
    assert checked(box, SHAPE) == box


@given(polygons())
def test_a_polygon_inside_keeps_its_very_vertices(drawn):
    assert checked(drawn, POLYGON_SHAPE) == drawn


@given(masks())
def test_a_tight_mask_inside_is_the_same(array):
    mask = mask_from_array(array)
    assert checked(mask, array.shape) == mask


def test_a_polygon_up_to_the_edge_is_inside():
    whole = polygon(rectangle(0.0, 0.0, 20.0, 10.0))
    assert checked(whole, SHAPE) == whole


def test_holes_and_parts_may_touch_at_a_point():
    touching = polygon(rectangle(0.0, 0.0, 8.0, 8.0), ((0.0, 4.0), (4.0, 2.0), (4.0, 6.0)))
    assert checked(touching, SHAPE) == touching
    two = Polygon((Part(rectangle(0.0, 0.0, 4.0, 4.0)), Part(rectangle(4.0, 4.0, 8.0, 8.0))))
    assert checked(two, SHAPE) == two


def test_parts_may_overlap():
    two = Polygon((Part(rectangle(0.0, 0.0, 4.0, 4.0)), Part(rectangle(2.0, 2.0, 8.0, 8.0))))
    assert checked(two, SHAPE) == two


def test_a_repeated_closing_point_is_dropped_and_nothing_else():
    ring, hole = rectangle(0.0, 0.0, 8.0, 8.0), rectangle(2.0, 2.0, 4.0, 4.0)
    closed = polygon((*ring, ring[0]), (*hole, hole[0]))
    assert checked(closed, SHAPE) == polygon(ring, hole)
    doubled = polygon((ring[0], *ring))
    assert checked(doubled, SHAPE) == doubled


# --- what is cut off --------------------------------------------------------------------------


def test_a_box_over_the_edge_is_cut_off():
    assert checked(Box(-3, -2, 10, 5), SHAPE) == Box(0, 0, 7, 3)
    assert checked(Box(15, 8, 10, 5), SHAPE) == Box(15, 8, 5, 2)
    assert checked(Box(-5, -5, 100, 100), SHAPE) == Box(0, 0, 20, 10)


def test_a_polygon_over_the_edge_is_cut_off():
    clipped = checked(polygon(rectangle(-5.0, 2.0, 6.0, 50.0)), SHAPE)
    assert isinstance(clipped, Polygon)
    assert set(corners(clipped)) == {(0, 2), (6, 2), (6, 10), (0, 10)}


def test_a_polygon_cut_in_two_by_the_edge_is_two_parts():
    bay = ((-4.0, 1.0), (6.0, 1.0), (6.0, 3.0), (-2.0, 3.0))
    back = ((-2.0, 5.0), (6.0, 5.0), (6.0, 7.0), (-4.0, 7.0))
    clipped = checked(polygon((*bay, *back)), SHAPE)
    assert isinstance(clipped, Polygon)
    assert len(clipped.parts) == 2


def test_a_hole_over_the_edge_becomes_a_bay():
    ring, hole = rectangle(-5.0, 1.0, 8.0, 9.0), rectangle(-3.0, 3.0, 4.0, 6.0)
    clipped = checked(polygon(ring, hole), SHAPE)
    assert isinstance(clipped, Polygon)
    assert [part.holes for part in clipped.parts] == [()]
    expected = np.zeros(SHAPE, bool)
    expected[1:9, :8] = True
    expected[3:6, :4] = False
    np.testing.assert_array_equal(array_from_polygon(clipped, SHAPE), expected)


def test_a_part_inside_keeps_its_vertices_when_another_is_cut_off():
    inside = Part(((1.1, 1.3), (5.7, 1.9), (3.3, 4.1)))
    clipped = checked(Polygon((inside, Part(rectangle(15.0, 5.0, 30.0, 8.0)))), SHAPE)
    assert isinstance(clipped, Polygon)
    assert clipped.parts[0] == inside


def test_a_part_outside_is_left_out():
    inside, outside = Part(rectangle(1.0, 1.0, 4.0, 4.0)), Part(rectangle(30.0, 1.0, 40.0, 4.0))
    assert checked(Polygon((inside, outside)), SHAPE) == Polygon((inside,))


def test_a_mask_over_the_edge_is_cut_off_and_cropped():
    mask = mask_from_array(np.ones((4, 4), bool), offset=(-3, 8))
    assert checked(mask, SHAPE) == Mask(0, 8, 1, 2, "02")


def test_a_loose_mask_is_cropped():
    # 3 × 3 at (2, 2) with its middle set only
    assert checked(Mask(2, 2, 3, 3, "414"), SHAPE) == Mask(3, 3, 1, 1, "01")


@given(boxes((40, 60)), st.tuples(st.integers(1, 40), st.integers(1, 60)))
def test_a_box_cut_off_lies_inside_and_stays_as_it_is(box, shape):
    assume(box.x < shape[1] and box.y < shape[0])
    clipped = checked(box, shape)
    assert isinstance(clipped, Box)
    assert 0 <= clipped.x < clipped.x + clipped.width <= shape[1]
    assert 0 <= clipped.y < clipped.y + clipped.height <= shape[0]
    assert checked(clipped, shape) == clipped
    assert geometry_from_wire(clipped.kind, geometry_to_wire(clipped)) == clipped


@given(coordinates(0, 3000), st.integers(3001, 9000))
def test_rounding_never_pushes_a_box_over_the_edge(x, limit):
    box = checked(Box(x, 0, 1e6, 1), (5, limit))
    assert isinstance(box, Box)
    assert box.width == shortest_float32(box.width)
    assert limit - 1e-3 < box.x + box.width <= limit


@given(polygons(), st.tuples(st.integers(1, 32), st.integers(1, 64)))
def test_a_polygon_cut_off_lies_inside_and_stays_as_it_is(drawn, shape):
    clipped, reason = checked_or_reason(drawn, shape)
    if clipped is None:
        assert "outside" in reason or "covers no pixel" in reason
        return
    points = np.array(corners(clipped))
    assert (points >= 0).all()
    assert (points <= shape[::-1]).all()
    assert checked(clipped, shape) == clipped
    assert geometry_from_wire(clipped.kind, geometry_to_wire(clipped)) == clipped


@given(polygons(), st.tuples(st.integers(4, 32), st.integers(4, 64)))
def test_cutting_off_takes_the_area_outside_and_no_other(drawn, shape):
    frame = shapely.box(0, 0, shape[1], shape[0])
    left = sum(
        shapely.intersection(shapely.Polygon(part.exterior, part.holes), frame).area
        for part in drawn.parts
    )
    assume(left > 4)
    clipped = checked(drawn, shape)
    assert isinstance(clipped, Polygon)
    areas = [shapely.Polygon(part.exterior, part.holes).area for part in clipped.parts]
    assert sum(areas) == pytest.approx(left, abs=1e-3)


@given(masks(), st.integers(-8, 8), st.integers(-8, 8))
def test_a_mask_cut_off_covers_the_same_pixels_of_the_image(array, x, y):
    mask = mask_from_array(array, offset=(x, y))
    covered = array_from_geometry(mask, (24, 24))
    assume(covered.any())
    clipped = checked(mask, (24, 24))
    np.testing.assert_array_equal(array_from_geometry(clipped, (24, 24)), covered)
    assert checked(clipped, (24, 24)) == clipped


# --- what is refused --------------------------------------------------------------------------

NAN, INF = float("nan"), float("inf")
BOW = ((0.0, 0.0), (8.0, 8.0), (8.0, 0.0), (0.0, 8.0))
SQUARE = rectangle(0.0, 0.0, 8.0, 8.0)
REFUSED = [
    (Box(1, 1, 0, 5), r"the box is 0 × 5 pixels: it must be wider and higher than 0"),
    (Box(1, 1, 5, -2), r"the box is 5 × -2 pixels"),
    (Box(20, 1, 5, 5), r"the box lies outside the image of 20 × 10 pixels"),
    (Box(-9, 1, 5, 5), "the box lies outside the image"),
    (Box(-5, 1, 5, 5), "the box lies outside the image"),
    (Box(NAN, 1, 5, 5), "the box has a number that is not finite"),
    (Box(1, 1, INF, 5), "the box has a number that is not finite"),
    (Box(1, 1e300, 5, 5), "the box has a number that is not finite and below ten million"),
    (Polygon(()), "the polygon has no parts"),
    (polygon(()), "must be a list of .x, y. points"),
    (polygon(((1.0, 1.0), (5.0, 5.0))), "at least 3 different points, got 2"),
    (polygon(((1.0, 1.0), (5.0, 5.0), (1.0, 1.0))), "at least 3 different points, got 2"),
    (polygon(((1.0, 1.0), (1.0, 1.0), (5.0, 5.0), (5.0, 5.0))), "3 different points, got 2"),
    (polygon(((1.0, 1.0), (5.0, NAN), (5.0, 5.0))), r"the point \(5\.0, nan\) is not finite"),
    (polygon(((1.0, 1.0), (1e8, 1.0), (5.0, 5.0))), r"\(100000000\.0, 1\.0\) is not"),
    (polygon(((1.0, 1.0), (INF, 1.0), (5.0, 5.0))), r"the point \(inf, 1\.0\) is not finite"),
    (polygon(((1.0, 1.0), (5.0,), (5.0, 5.0))), "must be a list of"),  # pyright: ignore
    (polygon(BOW), r"^the outline crosses itself near \(4\.0, 4\.0\)$"),
    (
        Polygon((Part(rectangle(9.0, 0.0, 12.0, 3.0)), Part(BOW))),
        r"^part 2: the outline crosses itself near \(4\.0, 4\.0\)$",
    ),
    (
        polygon(((0.0, 0.0), (4.0, 4.0), (8.0, 0.0), (8.0, 8.0), (4.0, 4.0), (0.0, 8.0))),
        r"the outline touches itself near \(4\.0, 4\.0\)",
    ),
    (
        polygon(rectangle(0.0, 0.0, 9.0, 9.0), BOW),
        r"hole 1 crosses itself near \(4\.0, 4\.0\)",
    ),
    (polygon(((1.0, 1.0), (5.0, 1.0), (9.0, 1.0))), "the outline"),
    (polygon(SQUARE, rectangle(4.0, 4.0, 9.0, 6.0)), r"a hole meets the outline .* near \(8\.0"),
    (polygon(SQUARE, rectangle(10.0, 1.0, 12.0, 3.0)), "a hole lies outside the outline near"),
    (
        polygon(SQUARE, rectangle(1.0, 1.0, 6.0, 6.0), rectangle(2.0, 2.0, 4.0, 4.0)),
        "a hole lies inside another hole near",
    ),
    (polygon(SQUARE, SQUARE), "near"),
    (
        polygon(SQUARE, ((4.0, 0.0), (6.0, 4.0), (4.0, 8.0), (2.0, 4.0))),
        "the holes cut the shape into pieces near",
    ),
    (polygon(rectangle(30.0, 1.0, 40.0, 3.0)), "the polygon lies outside the image of 20 × 10"),
    (polygon(rectangle(-8.0, 1.0, 0.0, 3.0)), "the polygon lies outside the image"),
    (polygon(rectangle(1.1, 1.1, 1.2, 1.2)), "the polygon covers no pixel: draw it larger"),
    (Mask(0, 0, 2, 2, "4"), "covers no pixel"),
    (Mask(20, 0, 2, 2, "04"), "the mask lies outside the image of 20 × 10 pixels"),
    (Mask(-2, 0, 2, 2, "04"), "the mask lies outside the image"),
    (Mask(0, 0, 21, 2, "0"), "the mask of 21 × 2 pixels is larger than the image of 20 × 10"),
    (Mask(0, 0, 2, 2, "05"), "add up to 5 pixels, not to 2 × 2 = 4"),
    (Mask(0, 0, 0, 2, ""), "must be 1 to 1000000 pixels, got 0"),
    (Mask(0, 0, 2, 2, "é"), "a character outside COCO's code"),
]


@pytest.mark.parametrize(("geometry", "message"), REFUSED)
def test_a_shape_without_meaning_is_refused_with_its_reason(geometry, message):
    with pytest.raises(GeometryError, match=message):
        checked(geometry, SHAPE)


@pytest.mark.parametrize("geometry", [Tag(), Box(0, 0, 1, 1), polygon(SQUARE)])
def test_hardly_anything_can_be_checked_on_an_image_of_no_size(geometry):
    with pytest.raises(GeometryError, match="must be 1 to 1000000 pixels, got 0"):
        checked(geometry, (0, 20))
