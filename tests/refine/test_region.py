import numpy as np
import pytest

from datasetbuilder.errors import UnknownName
from datasetbuilder.model import BACKGROUND, Box
from datasetbuilder.refine import region, scribbles
from tests.refine.pictures import OBJECT, cup, iou, nucleus, read, ring, stroke, white_cell


def two_tone(height=60, width=80):
    """Dark, with a bright square of 20 × 20 at (30, 20)."""
    image = np.full((height, width), 40, np.uint8)
    image[20:40, 30:50] = 200
    return image


def square():
    truth = np.zeros((60, 80), bool)
    truth[20:40, 30:50] = True
    return truth


def box_round(truth):
    rows, columns = np.flatnonzero(truth.any(1)), np.flatnonzero(truth.any(0))
    return Box(
        float(columns[0]),
        float(rows[0]),
        float(columns[-1] + 1 - columns[0]),
        float(rows[-1] + 1 - rows[0]),
    )


# --- box --------------------------------------------------------------------------------------


@pytest.mark.parametrize("picture", [cup, white_cell, nucleus])
def test_a_box_round_a_clear_object_becomes_its_mask(picture):
    shown = picture()
    assert iou(region.from_box(shown.image, box_round(shown.truth)).mask, shown.truth) > 0.85


@pytest.mark.parametrize("method", region.BOX_METHODS)
def test_every_method_finds_a_square_in_its_box(method):
    proposal = region.from_box(two_tone(), Box(28, 18, 24, 24), method=method)
    assert iou(proposal.mask, square()) > 0.8
    assert proposal.method == method


@pytest.mark.parametrize("method", region.BOX_METHODS)
@pytest.mark.parametrize("box", [Box(10, 10, 30, 20), Box(-20, -20, 200, 200), Box(0, 0, 3, 3)])
def test_a_mask_stays_in_its_box_whatever_the_image(method, box):
    image = np.full((60, 80), 77, np.uint8)
    mask = region.from_box(image, box, method=method).mask
    rows, columns = np.nonzero(mask)
    assert mask.shape == (60, 80)
    if len(rows):
        assert columns.min() >= box.x - 1
        assert columns.max() <= box.x + box.width
        assert rows.min() >= box.y - 1
        assert rows.max() <= box.y + box.height


@pytest.mark.parametrize(
    ("box", "hint"),
    [
        (Box(200, 200, 10, 10), "The box lies outside the image."),
        (Box(float("nan"), 0, 10, 10), "The box lies outside the image."),
        (Box(10, 10, 0.2, 10), "The box covers less than a pixel: draw it larger."),
    ],
)
def test_a_box_that_holds_nothing_says_so(box, hint):
    proposal = region.from_box(two_tone(), box)
    assert (proposal.empty, proposal.hint) == (True, hint)


def test_a_prepared_image_serves_many_boxes():
    prepared = scribbles.prepare(two_tone())
    first = region.from_box(prepared, Box(28, 18, 24, 24))
    again = region.from_box(prepared, Box(28, 18, 24, 24))
    np.testing.assert_array_equal(first.mask, again.mask)


def test_an_unknown_box_method_is_refused_with_the_known_ones():
    with pytest.raises(UnknownName, match=r"'magic'.*auto.*grabcut"):
        region.from_box(two_tone(), Box(1, 1, 9, 9), method="magic")


def test_a_16_bit_box_works():
    image = two_tone().astype(np.uint16) * 150 + 300
    assert iou(region.from_box(image, Box(28, 18, 24, 24)).mask, square()) > 0.85


# --- wand -------------------------------------------------------------------------------------


def test_a_click_takes_what_looks_like_the_pixel_under_it():
    assert iou(region.wand(two_tone(), (40.5, 30.5)).mask, square()) > 0.9


def test_a_click_on_a_nucleus_takes_the_nucleus():
    picture = nucleus()
    assert iou(region.wand(picture.image, (12.5, 91.5)).mask, picture.truth) > 0.7


def test_a_larger_tolerance_takes_no_less():
    image = read("cat.jpg")
    taken = [np.count_nonzero(region.wand(image, (60, 60), tolerance=t).mask) for t in (2, 8, 30)]
    assert taken == sorted(taken)
    assert taken[0] < taken[2]


@pytest.mark.parametrize("tolerance", [0.0, -5.0])
def test_without_tolerance_the_pixel_itself_is_taken(tolerance):
    mask = region.wand(two_tone(), (40.5, 30.5), tolerance=tolerance).mask
    assert mask[30, 40]


def test_the_wand_crosses_a_large_image_in_windows():
    image = np.full((1500, 2600), 30, np.uint8)
    image[700:760, 50:2500] = 220
    mask = region.wand(image, (1300.5, 730.5)).mask
    truth = image > 100
    assert iou(mask, truth) > 0.9


@pytest.mark.parametrize("point", [(-1, 5), (80, 5), (5, 60), (float("nan"), 5)])
def test_a_click_outside_says_so(point):
    proposal = region.wand(two_tone(), point)
    assert (proposal.empty, proposal.hint) == (True, "The place lies outside the image.")


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (2, 2)])
def test_the_wand_works_on_the_smallest_images(shape):
    assert region.wand(np.zeros(shape, np.uint8), (0.5, 0.5)).mask[0, 0]


# --- growing and superpixels ------------------------------------------------------------------

IN = stroke((36, 30), (44, 30), width=3)
OUT = stroke((10, 10), (70, 10), label=BACKGROUND, width=3)


def test_a_region_grows_to_the_edge_of_its_colour():
    proposal = region.grow(scribbles.prepare(two_tone()), [IN], label=OBJECT)
    assert iou(proposal.mask, square()) > 0.85


def test_strokes_of_others_are_walls():
    wall = stroke((40, 15), (40, 45), label=BACKGROUND, width=3)
    seed = stroke((34, 30), width=3)
    mask = region.grow(scribbles.prepare(two_tone()), [seed, wall], label=OBJECT).mask
    assert mask[30, 33]
    assert not mask[30, 46]


def test_growing_needs_a_stroke_on_the_object():
    proposal = region.grow(scribbles.prepare(two_tone()), [OUT], label=OBJECT)
    assert (proposal.empty, proposal.hint) == (True, "Draw a stroke on the object.")


def test_a_touch_takes_whole_superpixels_and_a_background_touch_gives_them_up():
    prepared = scribbles.prepare(cup().image)
    taken = region.superpixels(prepared, [stroke((100, 120), (200, 120), width=3)], label=OBJECT)
    assert np.count_nonzero(taken.mask) > 400
    back = stroke((90, 120), (210, 120), label=BACKGROUND, width=9)
    left = region.superpixels(prepared, [back], label=OBJECT, into=taken.mask)
    assert np.count_nonzero(left.mask) < np.count_nonzero(taken.mask)


def test_large_superpixels_are_larger():
    prepared = scribbles.prepare(cup().image)
    touch = [stroke((160, 120), width=2)]
    sizes = [
        np.count_nonzero(region.superpixels(prepared, touch, label=OBJECT, size=size).mask)
        for size in region.SIZES
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]


def test_an_unknown_size_is_refused():
    with pytest.raises(UnknownName, match=r"'huge'.*small, medium, large"):
        region.superpixels(scribbles.prepare(two_tone()), [IN], label=OBJECT, size="huge")


def test_superpixels_without_a_touch_ask_for_one():
    proposal = region.superpixels(scribbles.prepare(two_tone()), [], label=OBJECT)
    assert (proposal.empty, proposal.hint) == (True, "Draw a stroke on the object.")


# --- threshold --------------------------------------------------------------------------------

SHAPE = ring((25, 15), (55, 15), (55, 45), (25, 45))


def test_inside_a_shape_the_side_away_from_its_outline_is_taken():
    np.testing.assert_array_equal(region.threshold(two_tone(), SHAPE).mask, square())


def test_the_dark_side_is_the_rest_of_the_shape():
    dark = region.threshold(two_tone(), SHAPE, side="dark").mask
    bright = region.threshold(two_tone(), SHAPE, side="bright").mask
    assert not (dark & bright).any()
    assert np.count_nonzero(dark | bright) == 900


def test_a_box_is_a_shape_too():
    np.testing.assert_array_equal(region.threshold(two_tone(), Box(25, 15, 30, 30)).mask, square())


@pytest.mark.parametrize(
    ("image", "shape", "settings", "hint"),
    [
        (two_tone(), ring((500, 5), (510, 5), (510, 9)), {}, "The shape lies outside the image."),
        (two_tone(), ring((3.1, 3.1), (3.2, 3.1), (3.2, 3.2)), {}, "draw it larger"),
        (np.full((60, 80), 9, np.uint8), SHAPE, {}, "there is nothing to tell apart"),
        (two_tone(), SHAPE, {"level": 100.0, "side": "bright"}, "move the slider"),
    ],
)
def test_a_threshold_that_tells_nothing_apart_says_so(image, shape, settings, hint):
    assert hint in region.threshold(image, shape, **settings).hint


def test_an_unknown_side_is_refused():
    with pytest.raises(UnknownName, match="bright, dark"):
        region.threshold(two_tone(), SHAPE, side="left")
