import numpy as np
import pytest

from datasetbuilder.errors import GeometryError, UnknownName
from datasetbuilder.geometry import array_from_polygon, array_from_strokes
from datasetbuilder.model import BACKGROUND
from datasetbuilder.refine import scribbles
from datasetbuilder.refine.proposal import Proposal
from tests.refine.pictures import OBJECT, PICTURES, cup, iou, nucleus, read, stroke, white_cell

NAMED = [method for method in scribbles.METHODS if method != "auto"]


def answer(image, *strokes, **settings):
    return scribbles.segment(scribbles.prepare(image), strokes, label=OBJECT, **settings)


def two_tone(height=60, width=80):
    """Dark, with a bright square of 20 × 20 at (30, 20)."""
    image = np.full((height, width), 40, np.uint8)
    image[20:40, 30:50] = 200
    return image


IN = stroke((34, 30), (46, 30), width=2)
OUT = stroke((10, 10), (70, 10), (70, 50), label=BACKGROUND, width=2)


def square():
    truth = np.zeros((60, 80), bool)
    truth[20:40, 30:50] = True
    return truth


# --- real pictures ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_stroke_inside_and_one_around_are_enough_for_a_clear_object(name):
    picture = PICTURES[name]()
    assert iou(answer(picture.image, *picture.strokes).mask, picture.truth) > 0.92


@pytest.mark.parametrize("method", NAMED)
@pytest.mark.parametrize("name", ["cup", "white cell"])
def test_every_method_finds_the_clear_objects(name, method):
    picture = PICTURES[name]()
    proposal = answer(picture.image, *picture.strokes, method=method)
    assert iou(proposal.mask, picture.truth) > 0.9
    assert proposal.method == method


@pytest.mark.parametrize("name", PICTURES)
def test_one_stroke_alone_takes_the_frame_for_background(name):
    picture = PICTURES[name]()
    assert iou(answer(picture.image, picture.strokes[0]).mask, picture.truth) > 0.85


def test_auto_is_the_learned_evidence():
    picture = white_cell()
    auto = answer(picture.image, *picture.strokes)
    named = answer(picture.image, *picture.strokes, method="learned evidence")
    assert auto.method == "learned evidence"
    np.testing.assert_array_equal(auto.mask, named.mask)


def test_a_correction_on_the_left_leaves_the_right_as_it_was():
    picture = cup()
    prepared = scribbles.prepare(picture.image)
    first = scribbles.segment(prepared, picture.strokes, label=OBJECT)
    left = stroke((48, 95), (46, 120), label=BACKGROUND, width=6)
    second = scribbles.segment(prepared, [*picture.strokes, left], label=OBJECT, previous=first)
    assert (first.mask[:, :130] != second.mask[:, :130]).any()
    np.testing.assert_array_equal(first.mask[:, 160:], second.mask[:, 160:])


def test_a_wrong_part_is_given_up_after_a_background_stroke_on_it():
    picture = cup()
    prepared = scribbles.prepare(picture.image)
    handle = stroke((80, 235), (90, 250), width=5)
    first = scribbles.segment(prepared, [*picture.strokes, handle], label=OBJECT)
    undone = stroke((80, 235), (90, 250), label=BACKGROUND, width=7)
    second = scribbles.segment(
        prepared, [*picture.strokes, handle, undone], label=OBJECT, previous=first
    )
    assert iou(second.mask, picture.truth) > iou(first.mask, picture.truth)
    assert not second.mask[236:250, 84:86].any()


@pytest.mark.parametrize("method", NAMED)
def test_drawn_pixels_come_out_as_drawn(method):
    picture = cup()
    across = stroke((30, 20), (290, 240), width=5)
    against = stroke((160, 60), (160, 140), label=BACKGROUND, width=3)
    strokes = (*picture.strokes, across, against)
    mask = answer(picture.image, *strokes, method=method).mask
    drawn = array_from_strokes(strokes, mask.shape)
    assert mask[drawn == OBJECT].all()
    assert not mask[drawn == BACKGROUND].any()


def test_the_same_strokes_give_the_same_mask_whatever_was_asked_before():
    picture = white_cell()
    fresh = answer(picture.image, *picture.strokes)
    used = scribbles.prepare(picture.image)
    for count in (1, 2):
        for method in NAMED:
            scribbles.segment(used, picture.strokes[:count], label=OBJECT, method=method)
    again = scribbles.segment(used, picture.strokes, label=OBJECT)
    np.testing.assert_array_equal(fresh.mask, again.mask)
    assert fresh.quality == again.quality


def test_neither_the_image_nor_the_previous_answer_is_changed():
    picture = nucleus()
    before = picture.image.copy()
    prepared = scribbles.prepare(picture.image)
    first = scribbles.segment(prepared, picture.strokes[:1], label=OBJECT)
    kept = first.mask.copy()
    scribbles.segment(prepared, picture.strokes, label=OBJECT, previous=first)
    np.testing.assert_array_equal(picture.image, before)
    np.testing.assert_array_equal(first.mask, kept)


def test_quality_is_higher_for_an_outline_on_edges():
    picture = cup()
    clear = answer(picture.image, *picture.strokes)
    ring = stroke((95, 95), (145, 95), (145, 125), (95, 125), (95, 95), label=BACKGROUND, width=4)
    unclear = answer(
        picture.image, stroke((110, 110), (130, 110), width=8), ring, method="watershed"
    )
    assert 0 <= unclear.quality < clear.quality <= 1


# --- labels -----------------------------------------------------------------------------------


def test_strokes_of_other_labels_are_background():
    image = two_tone()
    other = stroke(*OUT.points, label=7, width=2)
    as_background = answer(image, IN, OUT)
    as_other = answer(image, IN, other)
    np.testing.assert_array_equal(as_background.mask, as_other.mask)


def test_each_of_two_labels_gets_its_own_object():
    image = two_tone()
    image[20:40, 60:75] = 120
    second = stroke((64, 30), (71, 30), label=8, width=2)
    prepared = scribbles.prepare(image)
    one = scribbles.segment(prepared, [IN, second, OUT], label=OBJECT)
    other = scribbles.segment(prepared, [IN, second, OUT], label=8)
    assert iou(one.mask, square()) > 0.9
    assert not (one.mask & other.mask).any()
    assert other.mask[30, 68]


def test_parts_without_a_stroke_of_their_own_are_left_out():
    image = two_tone()
    image[45:55, 5:15] = 200
    assert not answer(image, IN, OUT).mask[45:55, 5:15].any()


# --- depths and channels ----------------------------------------------------------------------


def as_float(image):
    return image.astype(np.float64) / 255


def as_16_bit(image):
    return image.astype(np.uint16) * 150 + 300


def as_colour(image):
    return np.dstack([image, image // 2, 255 - image])


def as_two_channels(image):
    return np.dstack([image, image // 3])


def as_colour_with_alpha(image):
    return np.dstack([image, image, image, np.full_like(image, 255)])


def as_boolean(image):
    return image > 100


def with_nan(image):
    values = image.astype(np.float32)
    values[0, :3] = [np.nan, np.inf, -np.inf]
    return values


@pytest.mark.parametrize(
    "form",
    [
        as_float,
        as_16_bit,
        as_colour,
        as_two_channels,
        as_colour_with_alpha,
        as_boolean,
        with_nan,
        lambda image: image[..., None],
        lambda image: image.astype(np.int32) - 500,
        lambda image: image[:, ::-1][:, ::-1],
    ],
)
def test_images_of_any_depth_and_channels_work(form):
    assert iou(answer(form(two_tone()), IN, OUT).mask, square()) > 0.9


def test_a_real_16_bit_image_works():
    image = read("nuclei_16bit.png")
    row, column = np.unravel_index(image.argmax(), image.shape)
    x, y = column + 0.5, row + 0.5
    mask = answer(image, stroke((x - 2, y), (x + 2, y), width=2)).mask
    assert 20 < np.count_nonzero(mask) < 4000


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((0, 5), np.uint8), "with pixels"),
        (np.zeros(5, np.uint8), "is an array"),
        (np.zeros((2, 2, 2, 2), np.uint8), "is an array"),
        (np.full((4, 4), "a"), "holds numbers"),
        (np.zeros((4, 4), complex), "holds numbers"),
    ],
)
def test_what_is_not_an_image_is_refused(image, reason):
    with pytest.raises(GeometryError, match=reason):
        scribbles.prepare(image)


# --- edges of the possible --------------------------------------------------------------------


def test_an_unknown_method_is_refused_with_the_known_ones():
    with pytest.raises(UnknownName, match=r"'magic'.*superpixel random forest.*watershed"):
        answer(two_tone(), IN, OUT, method="magic")


@pytest.mark.parametrize("method", NAMED)
@pytest.mark.parametrize(
    ("strokes", "hint"),
    [
        ([], "Draw a stroke on the object."),
        ([OUT], "Draw a stroke on the object."),
        ([stroke((-50, -50), (-40, -40))], "The strokes lie outside the image."),
        ([stroke((500, 30)), OUT], "The strokes lie outside the image."),
        ([stroke((float("nan"), 3))], "The strokes lie outside the image."),
        ([stroke((30, 30), width=0)], "The strokes lie outside the image."),
    ],
)
def test_without_a_stroke_on_the_object_the_answer_is_empty_and_says_why(method, strokes, hint):
    proposal = answer(two_tone(), *strokes, method=method)
    assert (proposal.empty, proposal.hint, proposal.quality) == (True, hint, 0.0)
    assert proposal.mask.shape == (60, 80)
    assert proposal.rings == ()
    assert proposal.polygon is None


@pytest.mark.parametrize("method", NAMED)
@pytest.mark.parametrize(
    "strokes",
    [
        [IN],
        [IN, IN],
        [IN, OUT],
        [stroke((40, 30), width=1), OUT],
        [stroke((0, 0), (79, 0), width=3)],
        [stroke((0, 0), width=1), stroke((79.9, 59.9), label=BACKGROUND, width=1)],
        [stroke((-20, 30), (100, 30), width=3), OUT],
        [stroke((40, 30), width=500)],
        [stroke((40, 30), width=500), OUT],
        [IN, stroke((40, 30), width=500, label=BACKGROUND)],
    ],
)
def test_odd_strokes_have_an_answer_that_keeps_them(method, strokes):
    proposal = answer(two_tone(), *strokes, method=method)
    drawn = array_from_strokes(strokes, (60, 80))
    assert proposal.mask[drawn == OBJECT].all()
    assert not proposal.mask[drawn == BACKGROUND].any()
    assert 0 <= proposal.quality <= 1


@pytest.mark.parametrize("method", NAMED)
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 2), (3, 50)])
def test_the_smallest_images_have_an_answer(method, shape):
    image = np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape)
    proposal = answer(image, stroke((0.5, 0.5), width=1), method=method)
    assert proposal.mask.shape == shape
    assert proposal.mask[0, 0]


@pytest.mark.parametrize("method", NAMED)
def test_an_image_without_contrast_is_divided_by_place(method):
    image = np.full((100, 160), 77, np.uint8)
    left = stroke((40, 20), (40, 80), width=3)
    right = stroke((120, 20), (120, 80), label=BACKGROUND, width=3)
    mask = answer(image, left, right, method=method).mask
    assert mask[50, 30]
    assert not mask[50, 130]


@pytest.mark.parametrize("method", NAMED)
def test_an_object_of_one_pixel_stays_small(method):
    image = np.full((50, 50), 30, np.uint8)
    image[25, 20] = 250
    dot = stroke((20.5, 25.5), width=1)
    around = stroke((10, 15), (30, 15), (30, 35), (10, 35), (10, 15), label=BACKGROUND, width=1)
    mask = answer(image, dot, around, method=method).mask
    assert mask[25, 20]
    assert np.count_nonzero(mask) < 200


def test_an_object_at_the_border_reaches_the_border():
    image = np.full((60, 80), 40, np.uint8)
    image[:30, 25:60] = 200
    strokes = (
        stroke((30, 5), (50, 20), width=2),
        stroke((12, 5), (12, 45), (70, 45), (70, 5), label=BACKGROUND, width=2),
    )
    mask = answer(image, *strokes).mask
    truth = np.zeros((60, 80), bool)
    truth[:30, 25:60] = True
    assert iou(mask, truth) > 0.9
    assert mask[0, 30:55].all()


def test_smoothing_rounds_corners_but_not_strokes():
    plain = answer(two_tone(), IN, OUT).mask
    corner = stroke((30.5, 20.5), width=1)
    smooth = answer(two_tone(), IN, OUT, smooth=4.0).mask
    held = answer(two_tone(), IN, OUT, corner, smooth=4.0).mask
    assert plain[20, 30]
    assert not smooth[20, 30]
    assert held[20, 30]


def test_a_previous_answer_may_be_empty():
    empty = Proposal(np.zeros((60, 80), bool), "watershed")
    assert iou(answer(two_tone(), IN, OUT, previous=empty).mask, square()) > 0.9


# --- large images -----------------------------------------------------------------------------


def large(height=2400, width=3200):
    """Noise of two grey levels: an ellipse of 1040 × 800 pixels round (1600, 1200)."""
    rows, columns = np.ogrid[:height, :width]
    truth = ((columns - 1600) / 520) ** 2 + ((rows - 1200) / 400) ** 2 < 1
    noise = np.random.default_rng(0).integers(0, 20, (height, width), dtype=np.uint8)
    return noise + np.where(truth, 160, 60).astype(np.uint8), truth


def test_on_a_large_image_a_window_is_enough():
    image, truth = large()
    strokes = (
        stroke((1300, 1200), (1900, 1200), width=20),
        stroke((850, 1200), (1600, 450), (2350, 1200), (1600, 1950), label=BACKGROUND, width=20),
    )
    prepared = scribbles.prepare(image)
    first = scribbles.segment(prepared, strokes[:1], label=OBJECT)
    second = scribbles.segment(prepared, strokes, label=OBJECT, previous=first)
    assert iou(second.mask, truth) > 0.97
    drawn = array_from_strokes(strokes, truth.shape)
    assert second.mask[drawn == OBJECT].all()
    assert not second.mask[drawn == BACKGROUND].any()


def test_the_outline_of_a_proposal_fills_to_its_mask():
    picture = white_cell()
    proposal = answer(picture.image, *picture.strokes)
    polygon = proposal.polygon
    assert polygon is not None
    assert iou(array_from_polygon(polygon, picture.truth.shape), proposal.mask) >= 0.98
    assert sum(len(part.exterior) for part in polygon.parts) < len(np.concatenate(proposal.rings))


# --- several labels, and parts ----------------------------------------------------------------


def two_squares():
    image = two_tone()
    image[20:40, 60:75] = 120
    return image


SECOND = stroke((64, 30), (71, 30), label=8, width=2)


def each(image, *strokes, **settings):
    return scribbles.segment_each(scribbles.prepare(image), strokes, **settings)


@pytest.mark.parametrize("method", NAMED)
def test_every_label_that_was_drawn_gets_its_mask_and_no_pixel_has_two(method):
    found = each(two_squares(), SECOND, IN, OUT, method=method)
    assert list(found) == [8, OBJECT]
    assert iou(found[OBJECT].mask, square()) > 0.8
    assert found[8].mask[30, 68]
    assert not (found[8].mask & found[OBJECT].mask).any()


@pytest.mark.parametrize("method", NAMED)
def test_what_two_labels_want_goes_to_one_of_them(method):
    """One flat field with a stroke of either label and no background at all."""
    image = np.full((60, 80), 90, np.uint8)
    left, right = stroke((20, 10), (20, 50)), stroke((60, 10), (60, 50), label=8)
    found = each(image, left, right, method=method, smooth=2.0)
    assert not (found[8].mask & found[OBJECT].mask).any()
    assert found[OBJECT].mask[30, 20]
    assert found[8].mask[30, 60]


def test_drawn_pixels_stay_with_the_label_drawn_last():
    across = stroke((60, 30), (74, 30), label=OBJECT, width=3)
    found = each(two_squares(), IN, SECOND, OUT, across)
    assert found[OBJECT].mask[30, 60:74].all()
    assert not found[8].mask[30, 60:74].any()


def test_one_label_alone_is_answered_as_by_segment():
    image = two_tone()
    np.testing.assert_array_equal(each(image, IN, OUT)[OBJECT].mask, answer(image, IN, OUT).mask)


def test_a_label_outside_the_image_is_told_and_the_others_are_answered():
    found = each(two_tone(), IN, OUT, stroke((-50, -50), label=8))
    assert iou(found[OBJECT].mask, square()) > 0.9
    assert (found[8].empty, found[8].hint) == (True, "The strokes lie outside the image.")


@pytest.mark.parametrize("strokes", [[], [OUT]])
def test_without_any_label_there_is_no_proposal(strokes):
    assert each(two_tone(), *strokes) == {}


def test_all_parts_that_look_like_the_object_are_taken_when_asked_for():
    image = two_tone()
    image[45:55, 5:15] = 200
    assert not answer(image, IN, OUT).mask[50, 10]
    assert answer(image, IN, OUT, parts="all").mask[50, 10]


def test_an_unknown_way_with_parts_is_refused():
    with pytest.raises(UnknownName, match=r"'some'.*touched, all"):
        answer(two_tone(), IN, OUT, parts="some")
