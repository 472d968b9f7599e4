import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import (
    array_from_mask,
    crop_from_mask,
    mask_from_array,
    mask_from_coco_rle,
)
from datasetbuilder.model import Mask
from tests.geometry.reference import encoded
from tests.strategies import masks


def test_a_mask_is_cropped_to_its_pixels():
    array = np.zeros((6, 7), bool)
    array[2:4, 3:6] = True
    assert mask_from_array(array) == Mask(3, 2, 3, 2, "06")


def test_an_offset_says_where_the_array_lies():
    assert mask_from_array(np.ones((1, 1), bool), offset=(40, 50)) == Mask(40, 50, 1, 1, "01")


def test_numbers_other_than_zero_count_as_set():
    assert mask_from_array(np.array([[0, 7]])) == Mask(1, 0, 1, 1, "01")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 3), bool), "covers no pixel"),
        (np.zeros((0, 3), bool), "covers no pixel"),
        (np.ones(4, bool), "must have two dimensions, got 1"),
        (np.ones((2, 2, 3), bool), "must have two dimensions, got 3"),
    ],
)
def test_an_array_that_is_no_mask_is_refused(array, message):
    with pytest.raises(GeometryError, match=message):
        mask_from_array(array)


@given(masks(), st.integers(0, 9), st.integers(0, 9))
def test_a_mask_gives_its_array_back(array, x, y):
    mask = mask_from_array(array, offset=(x, y))
    shape = (array.shape[0] + y + 3, array.shape[1] + x + 2)
    expected = np.zeros(shape, bool)
    expected[y : y + array.shape[0], x : x + array.shape[1]] = array
    np.testing.assert_array_equal(array_from_mask(mask, shape), expected)


@given(masks())
def test_the_crop_is_tight_and_its_text_is_that_of_pycocotools(array):
    mask = mask_from_array(array)
    crop = crop_from_mask(mask)
    assert crop.shape == (mask.height, mask.width)
    assert all(edge.any() for edge in (crop[0], crop[-1], crop[:, 0], crop[:, -1]))
    assert mask.counts == encoded(crop)


@given(masks(), st.integers(0, 4), st.integers(0, 4))
def test_the_same_pixels_are_the_same_mask_whatever_surrounds_them(array, x, y):
    padded = np.pad(array, ((y, 2), (x, 1)))
    assert mask_from_array(padded, offset=(-x, -y)) == mask_from_array(array)


def test_what_reaches_over_the_image_is_left_out():
    mask = mask_from_array(np.ones((4, 4), bool), offset=(-2, 3))
    expected = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 1, 0], [1, 1, 0]], bool)
    np.testing.assert_array_equal(array_from_mask(mask, (5, 3)), expected)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (Mask(0, 0, 0, 2, "0"), "the mask must be 1 to 1000000 pixels, got 0"),
        (Mask(0, 0, 2, -1, "0"), "the mask must be 1 to 1000000 pixels, got -1"),
        (Mask(0, 0, 900_000, 900_000, "0"), "the mask has 810000000000 pixels"),
        (Mask(0, 0, 2, 2, "03"), "add up to 3 pixels, not to 2 × 2 = 4"),
        (Mask(0, 0, 2, 2, ""), "are empty"),
        (Mask(0, 0, 2, 2, "~"), "outside COCO's code"),
        (Mask(0.5, 0, 2, 2, "04"), r"lies on whole pixels, got \(0\.5, 0\)"),  # pyright: ignore
        (Mask(10**9, 0, 2, 2, "04"), "far outside any image"),
    ],
)
def test_a_malformed_mask_is_refused_with_its_reason(mask, message):
    with pytest.raises(GeometryError, match=message):
        crop_from_mask(mask)


def test_a_mask_from_a_padded_rle_is_cropped():
    # 3 rows, 4 columns; the middle pixel of column 2, with empty runs on the way
    assert mask_from_coco_rle({"size": [3, 4], "counts": [7, 0, 0, 1, 4]}) == Mask(2, 1, 1, 1, "01")
