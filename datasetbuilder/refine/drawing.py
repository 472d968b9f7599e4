"""Strokes as pixels: of a work window, of the whole image, and back from a raster."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.geometry import array_from_strokes
from datasetbuilder.model import Stroke
from datasetbuilder.refine.window import Extent, Window, extent_of_stroke

_CHUNK_AREA = 250_000
_FEWEST_POINTS = 8


@dataclass(frozen=True, slots=True)
class Drawing:
    """The strokes that touch the image, the newest last, seen from one label."""

    strokes: tuple[Stroke, ...]
    extents: tuple[Extent, ...]
    label: int
    shape: tuple[int, int]

    @property
    def has_object(self) -> bool:
        """Whether any stroke carries the label."""
        return any(stroke.label == self.label for stroke in self.strokes)

    def pixels(self, window: Window) -> NDArray[np.int8]:
        """Work pixels: 1 drawn with the label, -1 drawn with another or as background, else 0."""
        raster = array_from_strokes(window.strokes(self.strokes), window.shape)
        return np.where(raster < 0, 0, np.where(raster == self.label, 1, -1)).astype(np.int8)

    def newest(self, window: Window) -> NDArray[np.bool_]:
        """Work pixels of the last stroke."""
        return array_from_strokes(window.strokes(self.strokes[-1:]), window.shape) >= 0

    def paint(self, mask: NDArray[np.bool_]) -> None:
        """Make drawn pixels of a mask of the whole image what they were drawn as, in place."""
        for stroke in self.strokes:
            for piece in _pieces(stroke, self.shape):
                extent = extent_of_stroke(piece, self.shape)
                if extent is not None:
                    mask[extent.slices][_stamp(piece, extent)] = stroke.label == self.label


def drawing(strokes: Sequence[Stroke], *, label: int, shape: tuple[int, int]) -> Drawing:
    """Leave out strokes that do not touch the image or have no finite place."""
    seen = [
        (stroke, extent)
        for stroke in strokes
        if _finite(stroke) and (extent := extent_of_stroke(stroke, shape)) is not None
    ]
    return Drawing(tuple(s for s, _ in seen), tuple(e for _, e in seen), label, shape)


def strokes_from_raster(raster: ArrayLike) -> tuple[Stroke, ...]:
    """Strokes one pixel wide that cover exactly the drawn pixels of a raster.

    Parameters
    ----------
    raster : array_like of int, shape (H, W)
        -1 not drawn, 0 background, else a label id.

    Returns
    -------
    strokes : tuple of Stroke
        One for each connected piece of one label, the largest piece last.
    """
    values = np.asarray(raster)
    strokes = []
    for label in np.unique(values[values >= 0]).tolist():
        count, pieces = cv2.connectedComponents((values == label).astype(np.uint8), connectivity=4)
        for piece in range(1, count):
            rows, columns = np.nonzero(pieces == piece)
            walk = _walk(set(zip(rows.tolist(), columns.tolist(), strict=True)))
            points = tuple((column + 0.5, row + 0.5) for row, column in walk)
            strokes.append((len(rows), Stroke(points, 1.0, label)))
    return tuple(stroke for _, stroke in sorted(strokes, key=itemgetter(0)))


def _walk(pixels: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Visit every pixel of a 4-connected set, stepping only between neighbours in it."""
    start = min(pixels)
    path, trail, waiting = [start], [start], pixels - {start}
    while waiting:
        row, column = trail[-1]
        steps = ((row, column + 1), (row + 1, column), (row, column - 1), (row - 1, column))
        onward = next((step for step in steps if step in waiting), None)
        if onward is None:
            trail.pop()
            path.append(trail[-1])
        else:
            waiting.remove(onward)
            trail.append(onward)
            path.append(onward)
    return path


def _finite(stroke: Stroke) -> bool:
    points = np.array(stroke.points, float)
    return bool(
        points.size and np.isfinite(points).all() and np.isfinite(stroke.width) and stroke.width > 0
    )


def _pieces(stroke: Stroke, shape: tuple[int, int]) -> Iterator[Stroke]:
    """Cut a far-reaching stroke, so that no piece needs a large raster."""
    extent = extent_of_stroke(stroke, shape)
    if extent is None:
        return
    width, height = extent.sides
    if width * height <= _CHUNK_AREA or len(stroke.points) <= _FEWEST_POINTS:
        yield stroke
        return
    middle = len(stroke.points) // 2
    yield from _pieces(replace(stroke, points=stroke.points[: middle + 1]), shape)
    yield from _pieces(replace(stroke, points=stroke.points[middle:]), shape)


def _stamp(stroke: Stroke, extent: Extent) -> NDArray[np.bool_]:
    moved = tuple((x - extent.left, y - extent.top) for x, y in stroke.points)
    shape = (extent.bottom - extent.top, extent.right - extent.left)
    return array_from_strokes([replace(stroke, points=moved)], shape) >= 0
