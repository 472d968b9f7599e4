"""Covered pixels as vertical spans: counted, moved, united and encoded without the image.

The cost of every operation grows with the outline of an object, never with the size of its image.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.model import Bbox

Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """The pixels ``top <= row < bottom`` of each ``column``.

    Spans are sorted by column and row, are never empty, and do not touch within a column.
    """

    column: Integers
    top: Integers
    bottom: Integers

    def __len__(self) -> int:
        return len(self.column)

    @property
    def area(self) -> int:
        """The number of pixels."""
        return int((self.bottom - self.top).sum())

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """``(left, top, right, bottom)`` of the tight box; only where there are pixels."""
        left, right = int(self.column[0]), int(self.column[-1]) + 1
        return left, int(self.top.min()), right, int(self.bottom.max())

    @property
    def bbox(self) -> Bbox | None:
        """``(x, y, width, height)`` of the tight box, or None without pixels."""
        if not len(self):
            return None
        left, top, right, bottom = self.corners
        return float(left), float(top), float(right - left), float(bottom - top)

    def moved(self, x: int, y: int) -> "Spans":
        """The same pixels ``x`` columns to the right and ``y`` rows down."""
        return Spans(self.column + x, self.top + y, self.bottom + y)

    def clipped(self, shape: tuple[int, int]) -> "Spans":
        """The pixels inside an image of ``(height, width)``."""
        height, width = shape
        top, bottom = np.maximum(self.top, 0), np.minimum(self.bottom, height)
        keep = (self.column >= 0) & (self.column < width) & (top < bottom)
        return Spans(self.column[keep], top[keep], bottom[keep])


def spans_from_array(array: ArrayLike) -> Spans:
    """The covered pixels of a boolean array of shape (H, W)."""
    pixels = np.asarray(array, bool)
    height, width = pixels.shape
    edges = np.zeros((width, height + 1), bool)
    edges[:, :-1] = pixels.T
    edges[:, 1:] ^= pixels.T
    column, row = np.nonzero(edges)
    return Spans(column[::2], row[::2], row[1::2])


def array_from_spans(spans: Spans, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The boolean image of shape (H, W); every span must lie inside."""
    counts = counts_from_spans(spans, shape)
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape(shape[::-1]).T


def spans_from_counts(counts: Integers, height: int) -> Spans:
    """The covered pixels of column-major run lengths, background first."""
    ends = np.cumsum(counts)
    return _spans_from_flat(ends[: len(ends) // 2 * 2 : 2], ends[1::2], height)


def counts_from_spans(spans: Spans, shape: tuple[int, int]) -> Integers:
    """Column-major run lengths of the whole image, background first, none empty but the first."""
    height, width = shape
    starts, ends = spans.column * height + spans.top, spans.column * height + spans.bottom
    apart = starts[1:] != ends[:-1]
    starts, ends = starts[np.r_[True, apart][: len(starts)]], ends[np.r_[apart, True][: len(ends)]]
    edges = np.empty(2 * len(starts) + 2, np.int64)
    edges[0], edges[-1] = 0, height * width
    edges[1:-1:2], edges[2:-1:2] = starts, ends
    counts = np.diff(edges)
    return counts[:-1] if counts[-1] == 0 else counts


def union(several: Iterable[Spans]) -> Spans:
    """The pixels that at least one of the spans covers; none may lie left of or above the image."""
    given = list(several)
    column, top, bottom = (
        np.concatenate([getattr(spans, name) for spans in given] or [np.empty(0, np.int64)])
        for name in ("column", "top", "bottom")
    )
    stride = int(bottom.max(initial=0)) + 1
    return _spans_from_flat(column * stride + top, column * stride + bottom, stride)


def difference(kept: Spans, taken: Spans) -> Spans:
    """The pixels that the first covers and the second does not."""
    stride = int(max(kept.bottom.max(initial=0), taken.bottom.max(initial=0))) + 1
    edges = [
        spans.column * stride + row for spans in (kept, taken) for row in (spans.top, spans.bottom)
    ]
    at = np.concatenate(edges)
    turn = np.repeat([1, -1, 2, -2], [len(each) for each in edges])
    order = np.argsort(at, kind="stable")
    # Spans of one kind do not overlap: 1 says "of the first alone", 2 and 3 that it was taken.
    alone = np.cumsum(turn[order])[:-1] == 1
    return _spans_from_flat(at[order][:-1][alone], at[order][1:][alone], stride)


def _spans_from_flat(starts: Integers, ends: Integers, height: int) -> Spans:
    """Cut column-major intervals, in any order and overlapping, into the spans of each column."""
    filled = starts < ends
    starts, ends = _joined(starts[filled], ends[filled])
    first, last = starts // height, (ends - 1) // height
    pieces = last - first + 1
    source = np.repeat(np.arange(len(starts)), pieces)
    column = first[source] + np.arange(len(source)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    top = np.maximum(starts[source] - column * height, 0)
    return Spans(column, top, np.minimum(ends[source] - column * height, height))


def _joined(starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
    order = np.argsort(starts, kind="stable")
    starts, reach = starts[order], np.maximum.accumulate(ends[order])
    apart = starts[1:] > reach[:-1]
    return starts[np.r_[True, apart][: len(starts)]], reach[np.r_[apart, True][: len(reach)]]
