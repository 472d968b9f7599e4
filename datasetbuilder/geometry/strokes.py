"""Brush lines as pixels.

A pixel is painted when its centre lies within half the brush width of the line. The set of such
rows in one column is a single interval for each straight piece, so a stroke is painted column by
column without looking at the pixels around it.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry.rle import MAX_COORDINATE, checked_shape, points_from_ring
from datasetbuilder.geometry.spans import Integers, Spans, union
from datasetbuilder.model import Stroke

UNTOUCHED = -1

_CENTRE = 0.5
_FLAT = 1e-15
_BLOCK = 1_000_000
_MAX_COLUMNS = 50_000_000
_Floats: TypeAlias = NDArray[np.floating[Any]]


def array_from_strokes(strokes: Iterable[Stroke], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Paint strokes in their order, later ones over earlier ones.

    Parameters
    ----------
    strokes : iterable of Stroke
    shape : tuple of int
        ``(height, width)`` of the image.

    Returns
    -------
    raster : ndarray of int32, shape (H, W)
        The label of the last stroke over each pixel, 0 for background, -1 where there is none.
    """
    height, width = checked_shape(shape)
    raster = np.full((height, width), UNTOUCHED, np.int32)
    for stroke in strokes:
        spans = spans_from_stroke(stroke, (height, width))
        lengths = spans.bottom - spans.top
        first = np.repeat(np.cumsum(lengths) - lengths, lengths)
        rows = np.repeat(spans.top, lengths) + np.arange(len(first)) - first
        raster[rows, np.repeat(spans.column, lengths)] = stroke.label
    return raster


def spans_from_stroke(stroke: Stroke, shape: tuple[int, int]) -> Spans:
    """The pixels under one stroke; the one under its first point if no centre is near enough."""
    points = points_from_ring(stroke.points)
    if not 0 < stroke.width <= MAX_COORDINATE:
        raise GeometryError(
            f"a stroke must be wider than 0 and below ten million pixels, got {stroke.width}"
        )
    ends = points[1:] if len(points) > 1 else points
    starts = points[: len(ends)]
    painted = union(_capsules(starts, ends, stroke.width / 2, shape))
    return painted if len(painted) else _pixel(points[0], shape)


def _pixel(point: _Floats, shape: tuple[int, int]) -> Spans:
    column, row = (np.array([int(v)]) for v in np.floor(point))
    return Spans(column, row, row + 1).clipped(shape)


def _capsules(
    starts: _Floats, ends: _Floats, radius: float, shape: tuple[int, int]
) -> Iterator[Spans]:
    """For every straight piece and every column it reaches, the rows within the radius."""
    width = shape[1]
    low = np.minimum(starts, ends)[:, 0] - radius - _CENTRE
    high = np.maximum(starts, ends)[:, 0] + radius - _CENTRE
    first = np.clip(np.ceil(low), 0, width).astype(np.int64)
    columns = np.maximum(np.clip(np.floor(high) + 1, 0, width).astype(np.int64) - first, 0)
    if (total := int(columns.sum())) > _MAX_COLUMNS:
        raise GeometryError(f"the stroke is too long to paint: {total} columns in all its pieces")
    block = np.cumsum(columns) // _BLOCK
    for chosen in np.split(np.arange(len(starts)), np.flatnonzero(np.diff(block)) + 1):
        piece = np.repeat(chosen, columns[chosen])
        before = np.repeat(np.cumsum(columns[chosen]) - columns[chosen], columns[chosen])
        column = first[piece] + np.arange(len(piece)) - before
        upper, lower = _rows(starts[piece], ends[piece], radius, column + _CENTRE)
        yield union([_between_rows(column, upper, lower, shape[0])])


def _between_rows(column: Integers, upper: _Floats, lower: _Floats, height: int) -> Spans:
    """The pixels of each column whose centres lie between two bounds."""
    top = np.clip(np.ceil(upper - _CENTRE), 0, height).astype(np.int64)
    bottom = np.clip(np.floor(lower - _CENTRE) + 1, 0, height).astype(np.int64)
    keep = top < bottom
    return Spans(column[keep], top[keep], bottom[keep])


def _rows(starts: _Floats, ends: _Floats, radius: float, x: _Floats) -> tuple[_Floats, _Floats]:
    """The interval of y within the radius of each piece on the vertical line at x; +∞, −∞ if none.

    A piece with round ends is convex: the union of its two disks and its straight band on the line
    is one interval.
    """
    bounds = [_disk(starts, radius, x), _disk(ends, radius, x), _band(starts, ends, radius, x)]
    uppers, lowers = zip(*bounds, strict=True)
    return np.minimum.reduce(uppers), np.maximum.reduce(lowers)


def _disk(centres: _Floats, radius: float, x: _Floats) -> tuple[_Floats, _Floats]:
    square = radius**2 - (x - centres[:, 0]) ** 2
    reach = np.sqrt(np.maximum(square, 0))
    y = centres[:, 1]
    return np.where(square < 0, np.inf, y - reach), np.where(square < 0, -np.inf, y + reach)


def _band(starts: _Floats, ends: _Floats, radius: float, x: _Floats) -> tuple[_Floats, _Floats]:
    """Where a vertical line runs through the rectangle of the given half width around a piece."""
    along = ends - starts
    length = np.hypot(along[:, 0], along[:, 1])
    unit = np.divide(along, length[:, None], out=np.zeros_like(along), where=length[:, None] > 0)
    offset = x - starts[:, 0]
    # y − start.y between the bounds of 0 ≤ ux·dx + uy·dy ≤ length and |ux·dy − uy·dx| ≤ radius
    first = _between(unit[:, 1], -unit[:, 0] * offset, length - unit[:, 0] * offset)
    second = _between(unit[:, 0], unit[:, 1] * offset - radius, unit[:, 1] * offset + radius)
    upper, lower = np.maximum(first[0], second[0]), np.minimum(first[1], second[1])
    empty = (upper > lower) | (length == 0)
    y = starts[:, 1]
    return np.where(empty, np.inf, y + upper), np.where(empty, -np.inf, y + lower)


def _between(factor: _Floats, low: _Floats, high: _Floats) -> tuple[_Floats, _Floats]:
    """The interval of d with ``low <= factor * d <= high``."""
    flat = np.abs(factor) < _FLAT
    safe = np.where(flat, 1.0, factor)
    one, other = low / safe, high / safe
    inside = (low <= 0) & (high >= 0)
    upper = np.where(flat, np.where(inside, -np.inf, np.inf), np.minimum(one, other))
    lower = np.where(flat, np.where(inside, np.inf, -np.inf), np.maximum(one, other))
    return upper, lower
