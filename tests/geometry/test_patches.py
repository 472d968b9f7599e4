"""A patch makes of a mask exactly the mask that was meant."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datasetbuilder.errors import GeometryError, WireError
from datasetbuilder.geometry import crop_from_mask, mask_from_array, patched
from datasetbuilder.model import Mask, Patch
from datasetbuilder.wire import patch_from_wire, patch_to_wire
from tests.strategies import masks

BEFORE = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0]], bool)
AFTER = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0]], bool)


def side(pixels: NDArray[np.bool_]) -> Mask | None:
    return mask_from_array(pixels) if pixels.any() else None


def between(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Patch:
    return Patch(side(after & ~before), side(before & ~after), int(after.sum()))


@given(masks(), st.data())
def test_a_patch_and_the_whole_mask_lead_to_the_same_mask(before, data):
    after = data.draw(masks().filter(lambda each: each.any()))
    shape = tuple(np.maximum(before.shape, after.shape))
    whole = [np.zeros(shape, bool) for _ in range(2)]
    for canvas, pixels in zip(whole, (before, after), strict=True):
        canvas[: pixels.shape[0], : pixels.shape[1]] = pixels
    patch = between(*whole)
    once = patched(mask_from_array(whole[0]), patch, shape)
    assert once == mask_from_array(whole[1])
    assert patched(once, patch, shape) == once


def test_one_pixel_comes_and_one_goes():
    made = patched(mask_from_array(BEFORE), between(BEFORE, AFTER), BEFORE.shape)
    assert (made.x, made.y) == (0, 0)
    np.testing.assert_array_equal(crop_from_mask(made), AFTER[:, :3])


def test_a_patch_for_another_mask_is_refused():
    patch = between(BEFORE, AFTER)
    with pytest.raises(GeometryError, match=r"2 pixels, not of 4 .* send the whole one"):
        patched(mask_from_array(BEFORE[:2]), patch, BEFORE.shape)


def test_a_patch_that_takes_everything_leaves_no_mask():
    patch = Patch(None, mask_from_array(BEFORE), 0)
    with pytest.raises(GeometryError, match="no pixel"):
        patched(mask_from_array(BEFORE), patch, BEFORE.shape)


def test_nothing_is_added_outside_the_image():
    added = mask_from_array(np.ones((1, 3), bool), offset=(2, 1))
    made = patched(mask_from_array(BEFORE), Patch(added, None, 5), BEFORE.shape)
    wider = BEFORE.copy()
    wider[1, 3] = True
    assert made == mask_from_array(wider)


def test_a_patch_goes_over_the_wire_and_back():
    patch = between(BEFORE, AFTER)
    assert patch_from_wire(patch_to_wire(patch)) == patch
    assert "taken" not in patch_to_wire(Patch(patch.added, None, 5))


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        ({"area": 3}, "needs pixels"),
        ({"added": {"x": 0}, "area": 3}, r"patch\.added\."),
        ({"added": None, "taken": None, "area": 3}, "needs pixels"),
        ({**patch_to_wire(between(BEFORE, AFTER)), "left": 1}, "left"),
        ({"added": patch_to_wire(between(BEFORE, AFTER))["added"]}, r"patch\.area: is missing"),
    ],
)
def test_a_malformed_patch_is_refused(wire, why):
    with pytest.raises(WireError, match=why):
        patch_from_wire(wire)
