"""Recipes: where places go, which pixels come out, and what is refused."""

import numpy as np
import pytest

from datasetbuilder.errors import DataError, WireError
from datasetbuilder.geometry import array_from_geometry, mask_from_array
from datasetbuilder.geometry.frames import Frame, placed
from datasetbuilder.model import Box, Ellipse, Keypoint, Keypoints, Part, Polygon, RotatedBox, Tag
from datasetbuilder.pixels.correction import (
    Crop,
    Denoise,
    Gamma,
    Perspective,
    QuarterTurn,
    Straighten,
    corrected,
    degrees_from_horizon,
    frame_of,
    recipe_from_wire,
    recipe_to_wire,
)

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4)
SLANTED = (Straighten(3.7, whole=True),)


def unused(image_id: int) -> np.ndarray:
    raise AssertionError("no other image is needed")


def done(pixels, *recipe):
    return corrected(pixels, recipe, reference=unused)


def test_straightening_by_3_7_degrees_and_back_keeps_vertices_to_a_thousandth():
    frame = frame_of(SLANTED, (2848, 4272))
    points = np.random.default_rng(0).uniform(0, 2848, (500, 2))
    back = frame.original(frame.points(points))
    assert np.abs(back - points).max() < 1e-3
    again = frame_of((*SLANTED, Straighten(-3.7, whole=True)), (2848, 4272))
    shift = again.points([(0, 0)])[0]
    assert np.abs(again.points(points) - shift - points).max() < 1e-3


def test_a_turn_by_ninety_degrees_goes_clockwise():
    assert done(RAMP, QuarterTurn(1)).tolist() == np.rot90(RAMP, -1).tolist()
    assert done(RAMP, QuarterTurn(-1)).tolist() == np.rot90(RAMP).tolist()
    (corner,) = frame_of([QuarterTurn(1)], (3, 4)).points([(0, 0)]).tolist()
    assert corner == [3, 0]


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_quarter_turns_and_crops_keep_pixels_and_masks_bit_for_bit(quarters):
    random = np.random.default_rng(quarters)
    picture = random.integers(0, 65535, (31, 47, 2), dtype=np.uint16)
    pixels = random.random((31, 47)) > 0.6
    recipe = [Crop(5, 3, 30, 20), QuarterTurn(quarters), Crop(1, 2, 14, 15)]
    expected = np.rot90(picture[3:23, 5:35], -quarters)[2:17, 1:15]
    np.testing.assert_array_equal(done(picture, *recipe), expected)
    frame = frame_of(recipe, (31, 47))
    moved = placed(mask_from_array(pixels), frame)
    assert frame.exact
    assert moved is not None
    expected = np.rot90(pixels[3:23, 5:35], -quarters)[2:17, 1:15]
    np.testing.assert_array_equal(array_from_geometry(moved, frame.size), expected)


def test_a_picture_is_turned_to_where_its_labels_go():
    picture = np.zeros((200, 300), np.uint8)
    picture[80:120, 100:160] = 255
    frame = frame_of(SLANTED, picture.shape)
    seen = done(picture, *SLANTED) > 127
    box = placed(Box(100, 80, 60, 40), frame)
    assert isinstance(box, RotatedBox)
    assert box.angle == pytest.approx(3.7)
    assert (array_from_geometry(box, frame.size) != seen).sum() < 60
    mask = placed(mask_from_array(picture > 0), frame)
    assert mask is not None
    assert (array_from_geometry(mask, frame.size) != seen).sum() < 60


def test_without_the_whole_no_edge_is_seen():
    bright = np.full((120, 200), 200, np.uint8)
    assert done(bright, Straighten(10)).min() == 200
    assert done(bright, Straighten(10, whole=True)).min() == 0


@pytest.mark.parametrize(
    ("start", "end", "degrees"),
    [
        ((0, 0), (10, 0), 0),
        ((0, 0), (100, 10), -5.710593),
        ((100, 10), (0, 0), -5.710593),
        ((0, 0), (10, 100), 5.710593),
    ],
)
def test_a_drawn_horizon_says_how_far_to_turn(start, end, degrees):
    assert degrees_from_horizon(start, end) == pytest.approx(degrees)


def test_a_horizon_without_a_length_is_refused():
    with pytest.raises(DataError, match="no length"):
        degrees_from_horizon((3, 3), (3, 3))


def test_four_points_become_the_corners_of_a_rectangle():
    step = Perspective(((10, 10), (90, 20), (95, 80), (5, 70)))
    frame = frame_of([step], (100, 100))
    height, width = frame.size
    corners = [[0, 0], [width, 0], [width, height], [0, height]]
    np.testing.assert_allclose(frame.points(step.points), corners, atol=1e-9)
    assert isinstance(placed(Box(30, 30, 20, 20), frame), Polygon)


@pytest.mark.parametrize(
    "step",
    [
        Crop(10, 0, 5, 5),
        Perspective(((0, 0), (9, 9), (9, 0), (0, 9))),
        Perspective(((0, 0), (0, 0), (0, 0), (0, 0))),
    ],
)
def test_what_cannot_be_carried_out_says_so(step):
    with pytest.raises(DataError):
        frame_of([step], (3, 4))


def test_every_kind_of_shape_follows_a_quarter_turn():
    frame = frame_of([QuarterTurn(1)], (100, 200))
    assert placed(Tag(), frame) == Tag()
    assert placed(Box(10, 20, 30, 40), frame) == Box(40, 10, 40, 30)
    moved = placed(Ellipse(50, 50, 20, 10, 0), frame)
    assert isinstance(moved, Ellipse)
    assert (moved.cx, moved.cy, moved.angle) == pytest.approx((50, 50, 90))
    ring = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0))
    polygon = placed(Polygon((Part(ring),)), frame)
    assert polygon == Polygon((Part(((100.0, 0.0), (100.0, 10.0), (90.0, 10.0))),))
    points = placed(Keypoints((Keypoint(5, 6),)), frame)
    assert points == Keypoints((Keypoint(94, 5),))


def test_what_a_crop_leaves_out_is_gone():
    frame = frame_of([Crop(0, 0, 10, 10)], (100, 100))
    assert placed(Box(50, 50, 10, 10), frame) is None
    assert placed(mask_from_array(np.eye(3, dtype=bool), offset=(50, 50)), frame) is None
    assert placed(Box(5, 5, 10, 10), frame) == Box(5, 5, 5, 5)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_values_keep_their_depth(kind):
    picture = (np.linspace(0, 1, 64).reshape(8, 8) * 200).astype(kind)
    for step in (Gamma(0.5), Denoise("bilateral", 0.5), Straighten(5)):
        assert done(picture, step).dtype == kind
    assert done(picture, Gamma(1.0)).tolist() == picture.tolist()
    flat = np.full((4, 4), 7, kind)
    assert done(flat, Denoise("median", 0)).tolist() == flat.tolist()


def test_a_recipe_survives_json():
    recipe = (Straighten(3.7), Crop(1, 2, 30, 40), Denoise("median", 0.5), Gamma(2))
    assert recipe_from_wire(recipe_to_wire(recipe)) == recipe


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("straighten", "recipe"),
        ([{"correction": "blur"}], r"recipe\[0\].correction"),
        ([{"correction": "gamma"}], r"recipe\[0\]"),
        ([{"correction": "gamma", "value": 0}], r"recipe\[0\].value"),
        ([{"correction": "gamma", "value": True}], r"recipe\[0\].value"),
        ([{"correction": "gamma", "value": 1, "x": 1}], r"recipe\[0\].x"),
        ([{"correction": "crop", "x": 0.5, "y": 0, "width": 1, "height": 1}], r"recipe\[0\].x"),
        ([{"correction": "denoise", "method": "magic"}], r"recipe\[0\].method"),
        ([{"correction": "straighten", "degrees": 1, "whole": 1}], r"recipe\[0\].whole"),
    ],
)
def test_a_recipe_that_is_none_is_refused_by_its_place(said, path):
    with pytest.raises(WireError, match=path):
        recipe_from_wire(said)


def test_four_points_survive_json_as_lists():
    said = [{"correction": "perspective", "points": [[0, 0], [9, 0], [9, 9], [0, 9]]}]
    assert recipe_from_wire(said)[0] == Perspective(((0, 0), (9, 0), (9, 9), (0, 9)))


def test_a_frame_that_does_nothing_is_exact():
    frame = Frame.whole((3, 4))
    assert (frame.turn, frame.exact, frame.size) == (0, True, (3, 4))
