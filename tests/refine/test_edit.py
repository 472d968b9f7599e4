import numpy as np
import pytest

from datasetbuilder.errors import GeometryError
from datasetbuilder.model import BACKGROUND
from datasetbuilder.refine import edit
from tests.refine.pictures import cup, iou, read, stroke


def drawn(*rows):
    """A mask from lines of text: # is set."""
    return np.array([[sign == "#" for sign in row] for row in rows])


def disk(x, y, radius, shape=(60, 90)):
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.hypot(columns + 0.5 - x, rows + 0.5 - y) <= radius


def touching():
    """Two disks of radius 16 that overlap in a neck of about 18 pixels at x = 44."""
    return disk(31, 30, 16) | disk(57, 30, 16)


# --- merge ------------------------------------------------------------------------------------


def test_merged_masks_cover_what_any_of_them_covers():
    proposal = edit.merge([drawn("##.."), drawn(".##.")])
    np.testing.assert_array_equal(proposal.mask, drawn("###."))


@pytest.mark.parametrize(
    ("masks", "reason"),
    [
        ([], "no masks"),
        ([drawn("#"), drawn("##")], "different sizes"),
        ([np.zeros(3, bool)], "is an array"),
    ],
)
def test_masks_that_do_not_fit_are_refused(masks, reason):
    with pytest.raises(GeometryError, match=reason):
        edit.merge(masks)


# --- split ------------------------------------------------------------------------------------


def test_a_stroke_beside_the_neck_cuts_along_the_neck():
    mask = touching()
    slanted = stroke((40, 8), (51, 52), width=2)
    pieces = edit.split(mask, slanted)
    assert len(pieces) == 2
    left = next(piece.mask for piece in pieces if piece.mask[30, 25])
    assert iou(left, mask & (np.arange(90) < 44)[None]) > 0.97
    np.testing.assert_array_equal(pieces[0].mask | pieces[1].mask, mask)
    assert not (pieces[0].mask & pieces[1].mask).any()


def test_a_stroke_that_ends_inside_cuts_nothing_and_says_so():
    mask = touching()
    (kept,) = edit.split(mask, stroke((44, 30), (44, 33), width=2))
    np.testing.assert_array_equal(kept.mask, mask)
    assert kept.hint == "The stroke does not part the mask: draw it right across."


@pytest.mark.parametrize(
    "odd",
    [
        stroke((-50, -50), (-40, -60)),
        stroke((5, 5)),
        stroke((float("nan"), 3)),
        stroke((44, 30), (44, 30)),
        stroke((1e9, 1e9), (2e9, 1e9)),
        stroke((44, 30), width=0),
    ],
)
def test_an_odd_stroke_leaves_the_mask_as_it_was(odd):
    mask = touching()
    (kept,) = edit.split(mask, odd)
    np.testing.assert_array_equal(kept.mask, mask)
    assert kept.hint


def test_three_objects_in_a_row_fall_apart_at_one_stroke_each():
    mask = disk(20, 30, 12) | disk(40, 30, 12) | disk(60, 30, 12)
    first, second = edit.split(mask, stroke((30, 10), (30, 50), width=2))
    assert sorted(np.count_nonzero(p.mask[30]) > 30 for p in (first, second)) == [False, True]
    assert len(edit.split(first.mask, stroke((50, 10), (50, 50), width=2))) == 2


def test_touching_disks_fall_apart_without_a_stroke():
    pieces = edit.split_touching(touching())
    assert len(pieces) == 2
    np.testing.assert_array_equal(pieces[0].mask | pieces[1].mask, touching())


def test_a_single_disk_stays_one():
    (kept,) = edit.split_touching(disk(40, 30, 20))
    assert kept.hint == "No neck was found: draw a stroke where it should be cut."


def test_real_touching_nuclei_fall_apart_along_the_neck():
    labels = read("nuclei_labels.png")
    both = (labels == 10) | (labels == 11)
    pieces = edit.split_touching(both, neck=1.0)
    assert len(pieces) == 2
    assert iou(pieces[0].mask, labels == 10) > 0.8


# --- holes, specks, outlines ------------------------------------------------------------------


def test_holes_are_filled_up_to_a_size_and_bays_are_no_holes():
    mask = drawn(
        "#########",
        "#.##..###",
        "#####.###",
        "########.",
        "#########",
    )  # fmt: skip
    small = drawn(
        "#########",
        "####..###",
        "#####.###",
        "########.",
        "#########",
    )  # fmt: skip
    np.testing.assert_array_equal(edit.fill_holes(mask, largest=1).mask, small)
    filled = edit.fill_holes(mask).mask
    assert np.count_nonzero(~filled) == 1
    assert not filled[3, 8]


def test_a_mask_that_covers_everything_has_no_holes():
    proposal = edit.fill_holes(np.ones((3, 3), bool))
    assert proposal.mask.all()
    assert proposal.hint == "Nothing changes: the mask has no holes of that size."


def test_specks_go_and_without_a_size_the_largest_piece_stays():
    mask = drawn("###..#", "###...", "....##")
    assert np.count_nonzero(edit.remove_specks(mask, smallest=2).mask) == 8
    assert np.count_nonzero(edit.remove_specks(mask).mask) == 6


def test_growing_and_shrinking_go_by_whole_pixels():
    dot = np.zeros((7, 7), bool)
    dot[3, 3] = True
    grown = edit.grow(dot, pixels=1).mask
    np.testing.assert_array_equal(grown[2:5, 2:5], drawn(".#.", "###", ".#."))
    np.testing.assert_array_equal(edit.shrink(grown, pixels=1).mask, dot)


def test_shrinking_keeps_to_the_border_of_the_image():
    mask = drawn("###..", "###..", "###..", "###..")
    shrunk = edit.shrink(mask, pixels=1).mask
    np.testing.assert_array_equal(shrunk, drawn("##...", "##...", "##...", "##..."))


def test_smoothing_takes_off_a_spike_and_keeps_the_body():
    mask = disk(40, 30, 15)
    spiked = mask.copy()
    spiked[30, 55:75] = True
    assert iou(edit.smooth(spiked, radius=2).mask, mask) > 0.97


@pytest.mark.parametrize(
    "change",
    [
        edit.fill_holes,
        edit.remove_specks,
        edit.smooth,
        edit.grow,
        edit.shrink,
        edit.simplify,
        lambda mask: edit.split(mask, stroke((1, 1), (2, 2)))[0],
        lambda mask: edit.split_touching(mask)[0],
        lambda mask: edit.merge([mask]),
    ],
)
def test_an_empty_mask_stays_empty_and_says_so(change):
    proposal = change(np.zeros((5, 4), bool))
    assert (proposal.empty, proposal.hint) == (True, "The mask covers no pixel.")


@pytest.mark.parametrize(
    "change", [lambda m: edit.shrink(m, pixels=9), lambda m: edit.remove_specks(m, smallest=99)]
)
def test_what_would_leave_nothing_says_so(change):
    proposal = change(drawn("....", ".##.", ".##.", "...."))
    assert proposal.empty
    assert "Nothing would be left" in proposal.hint


@pytest.mark.parametrize("amount", [0.0, -3.0, float("nan"), float("inf")])
@pytest.mark.parametrize(
    "change",
    [
        lambda m, v: edit.smooth(m, radius=v),
        lambda m, v: edit.grow(m, pixels=v),
        lambda m, v: edit.shrink(m, pixels=v),
    ],
)
def test_an_impossible_amount_changes_nothing(change, amount):
    mask = drawn("....", ".##.", ".##.", "....")
    proposal = change(mask, amount)
    np.testing.assert_array_equal(proposal.mask, mask)
    assert proposal.hint.startswith("Nothing changes")


def test_no_edit_changes_what_it_was_given():
    mask = touching()
    kept = mask.copy()
    edit.split(mask, stroke((44, 5), (44, 55)))
    for change in (edit.fill_holes, edit.remove_specks, edit.smooth, edit.grow, edit.shrink):
        change(mask)
    np.testing.assert_array_equal(mask, kept)


# --- outlines and cutouts ---------------------------------------------------------------------


def test_fewer_vertices_the_less_exact_an_outline_may_be():
    mask = cup().truth
    exact, coarse = edit.simplify(mask), edit.simplify(mask, least_iou=0.9)
    assert iou(exact.mask, mask) >= 0.98
    assert 0.9 <= iou(coarse.mask, mask) < 0.98
    counts = [len(p.polygon.parts[0].exterior) for p in (coarse, exact) if p.polygon is not None]
    assert counts[0] < counts[1]


def test_a_cutout_has_the_objects_colours_and_is_clear_elsewhere():
    image = np.full((4, 5), 90, np.uint8)
    image[1:3, 1:4] = 200
    mask = np.zeros((4, 5), bool)
    mask[1, 1:4] = mask[2, 2] = True
    cut = edit.remove_background(image, mask)
    assert cut.shape == (2, 3, 4)
    assert cut[0, 0].tolist() == [200, 200, 200, 255]
    assert cut[1, 0].tolist() == [0, 0, 0, 0]


def test_a_cutout_of_a_16_bit_image_is_shown_as_on_the_screen():
    image = np.array([[300, 300, 4000, 4000]] * 4, np.uint16)
    cut = edit.remove_background(image, image > 1000)
    assert (cut[..., :3] == 255).all()


def test_a_soft_rim_is_half_clear():
    mask = disk(40, 30, 15)
    cut = edit.remove_background(np.full((60, 90, 3), 120, np.uint8), mask, soft=2.0)
    assert np.count_nonzero((cut[..., 3] > 20) & (cut[..., 3] < 230)) > 0


@pytest.mark.parametrize(
    ("mask", "reason"), [(np.zeros((4, 5), bool), "no pixel"), (np.ones((2, 2), bool), "the image")]
)
def test_a_cutout_of_nothing_or_of_another_image_is_refused(mask, reason):
    with pytest.raises(GeometryError, match=reason):
        edit.remove_background(np.zeros((4, 5), np.uint8), mask)


def test_strokes_of_the_background_label_cut_too():
    assert len(edit.split(touching(), stroke((44, 5), (44, 55), label=BACKGROUND))) == 2
