import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco

from datasetbuilder.geometry.spans import (
    Spans,
    array_from_spans,
    counts_from_spans,
    spans_from_array,
    spans_from_counts,
    union,
)
from tests.strategies import masks, shapes

DRAWN = np.array(
    [
        [0, 1, 0, 0],
        [0, 1, 0, 1],
        [0, 0, 0, 1],
        [0, 1, 0, 0],
    ],
    bool,
)


def rows(spans):
    return list(
        zip(*(part.tolist() for part in (spans.column, spans.top, spans.bottom)), strict=True)
    )


def test_spans_are_the_vertical_runs_of_each_column():
    assert rows(spans_from_array(DRAWN)) == [(1, 0, 2), (1, 3, 4), (3, 1, 3)]


def test_a_run_that_goes_on_in_the_next_column_is_two_spans_but_one_count():
    array = np.array([[0, 1], [1, 0]], bool)
    spans = spans_from_array(array)
    assert rows(spans) == [(0, 1, 2), (1, 0, 1)]
    assert counts_from_spans(spans, (2, 2)).tolist() == [1, 2, 1]


def test_a_full_image_is_one_count_after_an_empty_one():
    spans = spans_from_array(np.ones((3, 2), bool))
    assert counts_from_spans(spans, (3, 2)).tolist() == [0, 6]


def test_an_empty_image_is_one_count():
    spans = spans_from_array(np.zeros((3, 2), bool))
    assert counts_from_spans(spans, (3, 2)).tolist() == [6]
    assert (spans.area, spans.bbox) == (0, None)


def test_counts_with_empty_runs_in_the_middle_mean_the_same_pixels():
    spans = spans_from_counts(np.array([1, 2, 0, 1, 4]), 4)
    assert rows(spans) == [(0, 1, 4)]


def test_moving_and_clipping_leaves_what_is_inside():
    spans = spans_from_array(DRAWN).moved(-2, -2).clipped((4, 4))
    assert rows(spans) == [(1, 0, 1)]
    assert rows(spans_from_array(DRAWN).moved(2, 3).clipped((4, 4))) == [(3, 3, 4)]


def test_the_union_of_nothing_is_empty():
    assert len(union([])) == 0


def test_the_union_joins_overlaps_and_touching_spans():
    one, other = spans_from_array(DRAWN), spans_from_array(np.roll(DRAWN, 1, 0))
    assert rows(union([one, other])) == [(1, 0, 4), (3, 1, 4)]


@given(masks())
def test_pixels_to_spans_and_back_is_the_identity(mask):
    np.testing.assert_array_equal(array_from_spans(spans_from_array(mask), mask.shape), mask)


@given(masks())
def test_spans_to_counts_and_back_is_the_identity(mask):
    spans = spans_from_array(mask)
    back = spans_from_counts(counts_from_spans(spans, mask.shape), mask.shape[0])
    assert rows(back) == rows(spans)


@given(masks())
def test_area_and_box_are_those_of_pycocotools(mask):
    spans = spans_from_array(mask)
    rle = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert spans.area == coco.area(rle)
    assert spans.bbox == tuple(coco.toBbox(rle).tolist())


@given(shapes(12).flatmap(lambda s: st.lists(hnp.arrays(bool, s), min_size=1, max_size=4)))
def test_the_union_covers_what_any_covers(arrays):
    united = union([spans_from_array(array) for array in arrays])
    expected = np.any(arrays, axis=0)
    np.testing.assert_array_equal(array_from_spans(united, expected.shape), expected)
    assert rows(united) == rows(spans_from_array(expected))


@given(masks(12), st.integers(-14, 14), st.integers(-14, 14))
def test_moved_and_clipped_pixels_are_those_of_a_shifted_window(mask, x, y):
    canvas = np.zeros((60, 60), bool)
    canvas[20 + y : 20 + y + mask.shape[0], 20 + x : 20 + x + mask.shape[1]] = mask
    height, width = mask.shape
    spans = spans_from_array(mask).moved(x, y).clipped(mask.shape)
    np.testing.assert_array_equal(
        array_from_spans(spans, mask.shape), canvas[20 : 20 + height, 20 : 20 + width]
    )


def test_spans_are_immutable():
    with pytest.raises(AttributeError):
        Spans(*[np.zeros(0, np.int64)] * 3).column = np.ones(1)  # pyright: ignore
