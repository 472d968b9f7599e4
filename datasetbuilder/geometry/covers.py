"""The pixels of all shapes of an image, coded once so that each is compared with each.

An image of five annotators holds a hundred shapes and ten thousand pairs. Shapes are coded together
and compared where their bounding boxes meet, which costs microseconds a pair.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.geometry.outline import cut_rings
from datasetbuilder.geometry.rle import (
    areas_of_codes,
    checked_shape,
    code_from_counts,
    codes_from_rings,
    counts_from_texts,
    overlaps,
    united_code,
)
from datasetbuilder.geometry.turned import ring_from_turned
from datasetbuilder.model import Box, Ellipse, Geometry, Mask, Polygon, RotatedBox


class Covers:
    """What each of several geometries covers on an image of ``(height, width)``.

    Parameters
    ----------
    geometries : sequence of Geometry
        Tags, lines, points and keypoints cover nothing.
    shape : tuple of int
        ``(height, width)`` of the image.
    """

    def __init__(self, geometries: Sequence[Geometry], shape: tuple[int, int]) -> None:
        self._shape = checked_shape(shape)
        self._empty = code_from_counts(np.array([shape[0] * shape[1]]), self._shape)
        self._codes: list[Any] = [self._empty] * len(geometries)
        self._boxes = [n for n, one in enumerate(geometries) if isinstance(one, Box)]
        self._corners = np.array(
            [
                (one.x, one.y, one.x + one.width, one.y + one.height)
                for one in geometries
                if isinstance(one, Box)
            ]
        ).reshape(-1, 4)
        self._code(geometries, _ringed, codes_from_rings)
        self._code(geometries, _masked, _codes_from_masks)

    def _code(
        self,
        geometries: Sequence[Geometry],
        prepare: Callable[[Geometry], Any],
        coded: Callable[[list[Any], tuple[int, int]], list[Any]],
    ) -> None:
        prepared = [(n, prepare(one)) for n, one in enumerate(geometries)]
        chosen = [(n, one) for n, one in prepared if one is not None]
        codes = coded([one for _, one in chosen], self._shape)
        for (n, _), code in zip(chosen, codes, strict=True):
            self._codes[n] = code

    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each with each, shape (N, N): of two boxes as rectangles."""
        found = overlaps(self._codes, self._codes)
        if self._boxes:
            found[np.ix_(self._boxes, self._boxes)] = _rectangles(self._corners)
        return found

    def shared(self, groups: Sequence[Iterable[int]]) -> NDArray[np.int64]:
        """How many pixels the shapes of one group and those of another both cover.

        Shape (G, G); the diagonal says how many pixels a group covers by itself.
        """
        codes = [self._united([self._codes[n] for n in group]) for group in groups]
        area = areas_of_codes(codes)
        iou = overlaps(codes, codes)
        # Of n = shared / (a + b - shared) the shared pixels are a whole number again.
        return np.rint(iou * (area[:, None] + area[None, :]) / (1 + iou)).astype(np.int64)

    def _united(self, codes: list[Any]) -> Any:
        if len(codes) < 2:
            return codes[0] if codes else self._empty
        return united_code(codes)


def _ringed(geometry: Geometry) -> list[NDArray[np.floating[Any]]] | None:
    match geometry:
        case Polygon():
            return list(cut_rings(geometry))
        case Box(x, y, width, height):
            right, bottom = x + width, y + height
            return [np.array([(x, y), (x, bottom), (right, bottom), (right, y)], float)]
        case RotatedBox() | Ellipse():
            return [np.array(ring_from_turned(geometry))]
        case _:
            return None


def _masked(geometry: Geometry) -> Mask | None:
    return geometry if isinstance(geometry, Mask) else None


def _codes_from_masks(masks: list[Mask], shape: tuple[int, int]) -> list[Any]:
    """Masks lie in crops of their own height; their runs are cut anew by the image's columns."""
    if not masks:
        return []
    height, width = shape
    sizes = [(mask.height, mask.width) for mask in masks]
    counts, runs = counts_from_texts([mask.counts for mask in masks], sizes)
    owner = np.repeat(np.arange(len(masks)), runs)
    reach = np.cumsum(counts)
    begun = np.cumsum(runs) - runs
    reach -= np.repeat(np.r_[0, reach[begun[1:] - 1]], runs)
    painted = ((np.arange(len(counts)) - begun[owner]) % 2 == 1) & (counts > 0)
    ends, owner = reach[painted], owner[painted]
    starts = ends - counts[painted]
    crop = np.array([mask.height for mask in masks])[owner]
    first = starts // crop
    pieces = (ends - 1) // crop - first + 1
    source = np.repeat(np.arange(len(starts)), pieces)
    column = first[source] + np.arange(len(source)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    owner, crop = owner[source], crop[source]
    left, above = (np.array([getattr(mask, side) for mask in masks])[owner] for side in "xy")
    top = np.maximum(starts[source] - column * crop, 0) + above
    bottom = np.minimum(ends[source] - column * crop, crop) + above
    column = column + left
    top, bottom = np.maximum(top, 0), np.minimum(bottom, height)
    inside = (column >= 0) & (column < width) & (top < bottom)
    edges = np.stack([column * height + top, column * height + bottom], 1)[inside]
    cuts = np.searchsorted(owner[inside], np.arange(len(masks) + 1))
    return [code_from_counts(_gaps(edges[a:b], height * width), shape) for a, b in pairwise(cuts)]


def _gaps(edges: NDArray[np.int64], end: int) -> NDArray[np.int64]:
    """Run lengths of the image from the places where they change."""
    whole = np.empty(edges.size + 2, np.int64)
    whole[0], whole[-1] = 0, end
    whole[1:-1] = edges.ravel()
    return whole[1:] - whole[:-1]


def _rectangles(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    low = np.maximum(corners[:, None, :2], corners[None, :, :2])
    high = np.minimum(corners[:, None, 2:], corners[None, :, 2:])
    shared = np.maximum(high - low, 0.0).prod(2)
    area = (corners[:, 2:] - corners[:, :2]).prod(1)
    total = area[:, None] + area[None, :] - shared
    return np.divide(shared, total, out=np.zeros_like(shared), where=total > 0)
