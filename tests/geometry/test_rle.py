import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import array_from_mask, mask_from_coco_rings, mask_from_coco_rle
from datasetbuilder.geometry.rle import (
    checked_shape,
    counts_from_list,
    counts_from_rle,
    counts_from_text,
    spans_from_rings,
    text_from_counts,
)
from datasetbuilder.geometry.spans import array_from_spans, spans_from_counts
from datasetbuilder.model import Mask
from tests.geometry.reference import encoded, filled_by_coco
from tests.strategies import masks, shapes


@given(masks())
def test_reading_the_text_of_pycocotools_gives_its_pixels(mask):
    counts = counts_from_text(encoded(mask), mask.shape)
    spans = spans_from_counts(counts, mask.shape[0])
    np.testing.assert_array_equal(array_from_spans(spans, mask.shape), mask)


@given(masks())
def test_reading_a_text_and_writing_it_again_is_the_identity(mask):
    text = encoded(mask)
    assert text_from_counts(counts_from_text(text, mask.shape), mask.shape) == text


@given(st.lists(st.integers(1, 40_000_000), min_size=1, max_size=8))
def test_long_runs_survive_the_code(counts):
    shape = (1, sum(counts))
    text = text_from_counts(np.array(counts), shape)
    assert counts_from_text(text, shape).tolist() == counts


@given(st.text(st.characters(codec="ascii"), max_size=30), shapes(8))
def test_any_text_is_either_refused_or_fills_the_image(text, shape):
    try:
        counts = counts_from_text(text, shape)
    except GeometryError:
        return
    assert counts.min() >= 0
    assert counts.sum() == shape[0] * shape[1]


@given(st.binary(max_size=30), shapes(8))
def test_any_bytes_are_either_refused_or_fill_the_image(text, shape):
    try:
        counts = counts_from_text(text, shape)
    except GeometryError:
        return
    assert counts.sum() == shape[0] * shape[1]


def test_a_mask_from_rle_lies_where_its_pixels_lie():
    # 4 rows, 3 columns; rows 1 and 2 of column 1
    assert mask_from_coco_rle({"size": [4, 3], "counts": [5, 2, 5]}) == Mask(1, 1, 1, 2, "02")


@given(masks())
def test_text_bytes_and_list_of_counts_mean_the_same_mask(mask):
    text, size = encoded(mask), list(mask.shape)
    counts = counts_from_text(text, mask.shape).tolist()
    read = {mask_from_coco_rle({"size": size, "counts": c}) for c in (text, text.encode(), counts)}
    assert len(read) == 1


RING = [(1.0, 1.0), (4.0, 1.0), (4.0, 4.0)]
MALFORMED_RLE = [
    (None, "an RLE must be an object"),
    ({"size": [2, 2]}, 'with "size" and "counts"'),
    ({"size": 4, "counts": [4]}, r"must be \[height, width\], got 4"),
    ({"size": "22", "counts": [4]}, r"must be \[height, width\], got '22'"),
    ({"size": [2, 2, 2], "counts": [8]}, r"must be \[height, width\]"),
    ({"size": [2, "2"], "counts": [4]}, "must be whole numbers, got '2'"),
    ({"size": [2, 2.0], "counts": [4]}, r"must be whole numbers, got 2\.0"),
    ({"size": [True, 4], "counts": [4]}, "must be whole numbers, got True"),
    ({"size": [0, 2], "counts": []}, "must be 1 to 1000000 pixels, got 0"),
    ({"size": [-2, -2], "counts": [4]}, "must be 1 to 1000000 pixels, got -2"),
    ({"size": [10**12, 1], "counts": [10**12]}, "must be 1 to 1000000 pixels"),
    ({"size": [100_000, 100_000], "counts": [10**10]}, "10000000000 pixels, more than 2147483647"),
    ({"size": [2, 2], "counts": 4}, "must be text or a list, got int"),
    ({"size": [2, 2], "counts": None}, "must be text or a list, got NoneType"),
    ({"size": [2, 2], "counts": [2, "2"]}, "must be whole numbers"),
    ({"size": [2, 2], "counts": [2.0, 2.0]}, "must be whole numbers"),
    ({"size": [2, 2], "counts": [float("nan")]}, "must be whole numbers"),
    ({"size": [2, 2], "counts": [True, 3]}, "must be whole numbers"),
    ({"size": [2, 2], "counts": [-1, 5]}, "between 0 and 2147483647"),
    ({"size": [2, 2], "counts": [0, 2**32 + 4]}, "between 0 and 2147483647"),
    ({"size": [2, 2], "counts": [1, 2]}, "add up to 3 pixels, not to 2 × 2 = 4"),
    ({"size": [2, 2], "counts": [1, 4]}, "add up to 5 pixels, not to 2 × 2 = 4"),
    ({"size": [2, 2], "counts": []}, "add up to 0 pixels"),
    ({"size": [2, 2], "counts": [4]}, "covers no pixel"),
    ({"size": [2, 2], "counts": ""}, "are empty"),
    ({"size": [2, 2], "counts": "4"}, "covers no pixel"),
    ({"size": [2, 2], "counts": "5"}, "add up to 5 pixels"),
    ({"size": [2, 2], "counts": "0é"}, "a character outside COCO's code"),
    ({"size": [2, 2], "counts": "0 "}, "a character outside COCO's code"),
    ({"size": [2, 2], "counts": "0z"}, "a character outside COCO's code"),
    ({"size": [2, 2], "counts": "0\x00"}, "a character outside COCO's code"),
    ({"size": [2, 2], "counts": "4P"}, "break off in the middle of a number"),
    ({"size": [2, 2], "counts": "oooooooooooooooo0"}, "a number that is too large"),
    ({"size": [2, 2], "counts": "O"}, "must not be negative or overflow"),
]


@pytest.mark.parametrize(("rle", "message"), MALFORMED_RLE)
def test_a_malformed_rle_is_refused_with_its_reason(rle, message):
    with pytest.raises(GeometryError, match=message):
        mask_from_coco_rle(rle)


MALFORMED_RINGS = [
    ([[1, 1, 4, 1, 4]], "must hold x, y, x, y, …, got 5 numbers"),
    ([[1, 1, 4, 4]], "at least 3 points, got 2"),
    ([[1, 1, 4, 1, float("nan"), 4]], r"the point \(nan, 4\.0\) is not finite"),
    ([[1, 1, 4, 1, 4, float("inf")]], r"the point \(4\.0, inf\) is not finite"),
    ([[1, 1, 4, 1, 4, 1e300]], r"the point \(4\.0, 1e\+300\) is not finite and below"),
    ([[0, 0, 9, 9, 9e6, 9]], "longer than 4000000 pixels"),
    ([[1, 1, 4, 1, 4, "four"]], "must be a list of .x, y. points"),
    ([[]], "must be a list of .x, y. points"),
    ([], "covers no pixel"),
    ([[1, 1, 4, 1, 2, 1]], "covers no pixel"),
]


@pytest.mark.parametrize(("rings", "message"), MALFORMED_RINGS)
def test_malformed_coco_rings_are_refused_with_their_reason(rings, message):
    with pytest.raises(GeometryError, match=message):
        mask_from_coco_rings(rings, (8, 8))


def test_rings_that_cross_themselves_are_kept_as_the_pixels_coco_fills():
    bow = [[0.0, 0.0, 8.0, 8.0, 8.0, 0.0, 0.0, 8.0]]
    mask = mask_from_coco_rings(bow, (8, 8))
    np.testing.assert_array_equal(array_from_mask(mask, (8, 8)), filled_by_coco(bow, (8, 8)))


def test_many_rings_are_no_more_than_one_call_each():
    # pycocotools.mask.area fails on 256 objects and more; nothing here may lean on it.
    rings = [np.add(RING, (k % 20 * 5, k // 20 * 5)) for k in range(400)]
    assert (
        spans_from_rings(rings, (100, 100)).area == 400 * spans_from_rings(rings[:1], (5, 5)).area
    )


def test_no_rings_cover_nothing():
    assert spans_from_rings([], (4, 4)).area == 0


def test_numpy_integers_are_whole_numbers():
    assert checked_shape((np.int64(3), np.int32(4))) == (3, 4)
    assert counts_from_list([np.uint32(3), 9], (3, 4)).tolist() == [3, 9]


def test_a_size_and_its_counts_come_back_together():
    counts, shape = counts_from_rle({"size": [2, 3], "counts": [1, 5]})
    assert (counts.tolist(), shape) == ([1, 5], (2, 3))
