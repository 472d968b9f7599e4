"""Stitching: tiles of a grid that overlap, put together into one picture.

Each pair of neighbours is compared in the strip that they share; the places of all tiles are those
that agree best with all pairs, in least squares. What remains of each pair is told.

References
----------
.. [1] M. Guizar-Sicairos, S. Thurman, J. Fienup: Efficient subpixel image registration algorithms.
       Optics Letters 33(2), 2008 (as in scikit-image's `phase_cross_correlation`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.errors import DataError

Pixels: TypeAlias = NDArray[Any]
Pair: TypeAlias = tuple[int, int]
Shift: TypeAlias = tuple[float, float]

_MOST_STEPS = 40
_LEAST_ALIKE = 0.3
_UNMATCHED = 1e-3
_WHOLE = 0.25
_NARROWEST = 8


@dataclass(frozen=True, slots=True)
class Residual:
    """How well two neighbours fit.

    Attributes
    ----------
    pair : tuple of int
        The tiles, numbered row by row from 0.
    matched : bool
        Whether their strips are alike; else they lie as the grid says.
    alike : float
        The correlation of their strips, from -1 to 1.
    error : float
        By how many pixels the place of the second differs from where this pair alone puts it.
    """

    pair: Pair
    matched: bool
    alike: float
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Stitched:
    """The picture, where the top-left corner of each tile is in it, and how well pairs fit."""

    pixels: Pixels
    places: NDArray[np.float64]
    residuals: tuple[Residual, ...]


def stitched(
    tiles: Sequence[Pixels],
    columns: int,
    *,
    overlap: float = 0.1,
    blending: bool = True,
    correspondences: Mapping[Pair, Shift] | None = None,
) -> Stitched:
    """Put the tiles of a grid together.

    Parameters
    ----------
    tiles : sequence of ndarray
        Row by row, of one size, type and number of channels.
    columns : int
        How many stand in a row.
    overlap : float, optional
        Which share of its width and height a tile has in common with its neighbour.
    blending : bool, optional
        Fade neighbours into each other; else each pixel is of the tile whose edge is farther.
    correspondences : mapping, optional
        Of a pair of tiles, where the second lies from the first, in pixels: what a person has
        seen goes before what is measured.

    Raises
    ------
    DataError
        If the tiles make no such grid.
    """
    rows = _checked(tiles, columns, overlap)
    shape = tiles[0].shape[:2]
    known = correspondences or {}
    pairs = _pairs(rows, columns)
    found = {
        pair: (known[pair], 1.0) if pair in known else _compared(tiles, pair, columns, overlap)
        for pair in pairs
    }
    usual = {pair: _usual(pair, shape, columns, overlap) for pair in pairs}
    places = _settled(found, usual, rows * columns)
    residuals = tuple(_residual(pair, found[pair], places) for pair in pairs)
    places = places - places.min(axis=0)
    return Stitched(_painted(tiles, places, blending=blending), places, residuals)


def _checked(tiles: Sequence[Pixels], columns: int, overlap: float) -> int:
    if columns < 1 or not tiles or len(tiles) % columns:
        raise DataError(f"{len(tiles)} tiles fill no rows of {columns}; say how many are in a row.")
    kinds = {(tile.shape, tile.dtype) for tile in tiles}
    if len(kinds) > 1:
        raise DataError(
            "The tiles differ in size, depth or channels; a grid has tiles of one kind."
        )
    height, width = tiles[0].shape[:2]
    least = min(height, width) * overlap
    if not 0 < overlap < 1 or (len(tiles) > 1 and least < _NARROWEST):
        raise DataError(
            f"An overlap of {overlap:g} is too little to compare tiles of {width} by {height} "
            f"pixels: {_NARROWEST} pixels at least, and less than the whole."
        )
    return len(tiles) // columns


def _pairs(rows: int, columns: int) -> list[Pair]:
    across = [(k, k + 1) for k in range(rows * columns) if (k + 1) % columns]
    return across + [(k, k + columns) for k in range((rows - 1) * columns)]


def _usual(pair: Pair, shape: tuple[int, int], columns: int, overlap: float) -> Shift:
    """Where the grid puts the second tile of a pair, from the first."""
    height, width = shape
    beside = pair[1] - pair[0] == 1 and columns > 1
    return (width - round(width * overlap), 0) if beside else (0, height - round(height * overlap))


def _compared(
    tiles: Sequence[Pixels], pair: Pair, columns: int, overlap: float
) -> tuple[Shift | None, float]:
    """Where the second tile lies from the first, None if they are not alike; how alike they are."""
    from skimage.registration import phase_cross_correlation

    one, other = (_grey(tiles[number]) for number in pair)
    right, down = (round(side) for side in _usual(pair, one.shape, columns, overlap))
    strips = one[down:, right:], other[: one.shape[0] - down, : one.shape[1] - right]
    if min(strips[0].std(), strips[1].std()) == 0:
        return None, 0.0
    edge = np.outer(*(np.hanning(side + 2)[1:-1] for side in strips[0].shape))
    first, second = ((strip - strip.mean()) * edge for strip in strips)
    starts = {(right, down)}
    ways: Any = ("phase", None)
    for way in ways:
        (y, x), _, _ = phase_cross_correlation(first, second, normalization=way)
        starts.add((right + round(float(x)), down + round(float(y))))
    best, alike = max((_climbed(one, other, start) for start in starts), key=lambda item: item[1])
    # where tiles do not match they lie as the grid says, and the residual tells so
    return (_between(one, other, best) if alike >= _LEAST_ALIKE else None), alike


def _climbed(one: Pixels, other: Pixels, start: tuple[int, int]) -> tuple[tuple[int, int], float]:
    """The whole-pixel shift, step by step from a start, at which the strips are most alike."""
    seen = {start: _correlation(one, other, start)}
    best = start
    for _ in range(_MOST_STEPS):
        x, y = best
        for near in ((x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)):
            if near not in seen:
                seen[near] = _correlation(one, other, near)
        top = max(seen, key=lambda place: seen[place])
        if top == best:
            break
        best = top
    return best, seen[best]


def _between(one: Pixels, other: Pixels, best: tuple[int, int]) -> Shift:
    """The top of the parabola through the likeness at a shift and on both sides of it."""
    x, y = best
    middle = _correlation(one, other, best)
    sides = [[_correlation(one, other, (x + s, y)) for s in (-1, 1)]]
    sides.append([_correlation(one, other, (x, y + s)) for s in (-1, 1)])
    found = []
    for at, (low, high) in zip(best, sides, strict=True):
        bend = low - 2 * middle + high
        found.append(at + (0.5 * (low - high) / bend if bend < 0 else 0.0))
    return found[0], found[1]


def _grey(tile: Pixels) -> NDArray[np.float64]:
    return tile.astype(np.float64) if tile.ndim == 2 else tile[..., :3].astype(np.float64).mean(-1)


def _correlation(one: Pixels, other: Pixels, shift: Shift) -> float:
    """Of what both show where they lie so; -1 where they share next to nothing."""
    x, y = int(shift[0]), int(shift[1])
    first = one[max(y, 0) : one.shape[0] + min(y, 0), max(x, 0) : one.shape[1] + min(x, 0)]
    second = other[max(-y, 0) :, max(-x, 0) :][: first.shape[0], : first.shape[1]]
    if min(first.shape) < 4 or first.std() == 0 or second.std() == 0:
        return -1.0
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def _settled(
    found: Mapping[Pair, tuple[Shift | None, float]], usual: Mapping[Pair, Shift], n: int
) -> NDArray[np.float64]:
    """The places that agree best with all pairs; one that does not match hardly counts."""
    equations = np.zeros((len(found) + 1, n))
    goals = np.zeros((len(found) + 1, 2))
    equations[-1, 0] = 1
    for row, (pair, (shift, alike)) in enumerate(found.items()):
        weight = alike**4 if shift is not None else _UNMATCHED
        equations[row, pair[0]], equations[row, pair[1]] = -weight, weight
        goals[row] = np.array(shift if shift is not None else usual[pair]) * weight
    places: Any = np.linalg.lstsq(equations, goals, rcond=None)[0]
    return places


def _residual(
    pair: Pair, found: tuple[Shift | None, float], places: NDArray[np.float64]
) -> Residual:
    shift, alike = found
    off = (places[pair[1]] - places[pair[0]]) - np.array(shift or (0, 0))
    return Residual(
        pair, shift is not None, alike, float(np.hypot(*off)) if shift else float("nan")
    )


def _painted(tiles: Sequence[Pixels], places: NDArray[np.float64], *, blending: bool) -> Pixels:
    """Tiles that lie nearly on whole pixels are not resampled."""
    if np.abs(places - np.rint(places)).max() < _WHOLE:
        places = np.rint(places)
    height, width = tiles[0].shape[:2]
    wide, high = np.ceil(places.max(axis=0) + np.array([width, height])).astype(int)
    channels = 1 if tiles[0].ndim == 2 else tiles[0].shape[2]
    total, weights = np.zeros((high, wide, channels)), np.zeros((high, wide, 1))
    for tile, (x, y) in zip(tiles, places, strict=True):
        left, top = int(np.floor(x)), int(np.floor(y))
        values, weight = _moved(tile, x - left, y - top)
        bottom, right = min(top + values.shape[0], high), min(left + values.shape[1], wide)
        inside = np.s_[: bottom - top, : right - left]
        values, weight = values[inside], weight[inside]
        part = np.s_[top:bottom, left:right]
        if blending:
            total[part] += values * weight
            weights[part] += weight
        else:
            better = weight > weights[part]
            total[part] = np.where(better, values, total[part])
            weights[part] = np.where(better, weight, weights[part])
    picture = total / np.maximum(weights, 1e-12) if blending else total
    return _as_type(picture[..., 0] if tiles[0].ndim == 2 else picture, tiles[0].dtype)


def _as_type(picture: Pixels, kind: np.dtype[Any]) -> Pixels:
    if np.issubdtype(kind, np.integer):
        limits = np.iinfo(kind)
        return np.clip(np.rint(picture), limits.min, limits.max).astype(kind)
    return picture.astype(kind)


def _moved(tile: Pixels, x: float, y: float) -> tuple[Pixels, NDArray[np.float64]]:
    """A tile by parts of a pixel, and how much each of its pixels counts: less at the edge."""
    import cv2

    height, width = tile.shape[:2]
    ramps = [np.minimum(np.arange(1, side + 1), np.arange(side, 0, -1)) for side in (height, width)]
    weight = np.minimum.outer(ramps[0], ramps[1]).astype(np.float64)
    values = tile.astype(np.float64)
    if x or y:
        matrix = np.array([[1, 0, x], [0, 1, y]])
        size = (width + 1, height + 1)
        values = _warped(values, matrix, size, cv2.BORDER_REPLICATE)
        weight = _warped(weight, matrix, size, cv2.BORDER_CONSTANT)
    return values.reshape(*values.shape[:2], -1), weight[..., None]


def _warped(values: Pixels, matrix: Pixels, size: tuple[int, int], border: int) -> Pixels:
    import cv2

    found: Any = cv2.warpAffine(values, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border)
    return found
