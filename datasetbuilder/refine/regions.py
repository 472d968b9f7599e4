"""Superpixels: the basins of a watershed of the Lab gradient, the smallest merged away.

Coordinates here are those of the work window. Borders between regions are given once, ``first`` <
``second``.

References
----------
.. [1] Meyer, F. Topographic distance and watershed lines. Signal Processing 38 (1994).
   DOI 10.1016/0165-1684(94)90060-4
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

FINE_SCALE = 1.2
SMALLEST = 15
LARGEST = 1500
CELL = 24
_ROUNDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Borders:
    """Pairs of touching regions, and the pixel pairs along each border."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    length: NDArray[np.float64]
    pair_border: NDArray[np.intp]
    inside: NDArray[np.intp]
    outside: NDArray[np.intp]

    def mean(self, values: NDArray) -> NDArray[np.float64]:
        """Per border, the mean over its pixel pairs of the larger of the two values."""
        flat = values.ravel()
        larger = np.maximum(flat[self.inside], flat[self.outside])
        return np.bincount(self.pair_border, larger, len(self.first)) / self.length

    def middle(self, values: NDArray) -> NDArray[np.float64]:
        """Per border, the mean over the pixels on both sides of it."""
        flat = values.ravel()
        both = 0.5 * (flat[self.inside] + flat[self.outside])
        return np.bincount(self.pair_border, both, len(self.first)) / self.length

    def ends(self, values: NDArray) -> tuple[NDArray, NDArray]:
        """Per border, the least and the greatest of what :meth:`mean` averages."""
        if not len(self.first):
            return np.zeros(0), np.zeros(0)
        flat = values.ravel()
        order = np.argsort(self.pair_border, kind="stable")
        larger = np.maximum(flat[self.inside], flat[self.outside])[order]
        starts = np.concatenate([[0], np.cumsum(self.length)[:-1]]).astype(np.intp)
        return np.minimum.reduceat(larger, starts), np.maximum.reduceat(larger, starts)


def energy(channels: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Squared gradient of each channel after smoothing by ``scale`` pixels."""
    smooth = cv2.GaussianBlur(channels, (0, 0), scale)
    along_x = cv2.Sobel(smooth, -1, 1, 0, ksize=1) * 0.5
    along_y = cv2.Sobel(smooth, -1, 0, 1, ksize=1) * 0.5
    return np.asarray(along_x * along_x + along_y * along_y, np.float32)


def gradient(channels: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Gradient magnitude over all channels after smoothing by ``scale`` pixels."""
    squared = energy(channels, scale)
    return np.sqrt(squared if squared.ndim == 2 else squared.sum(2))


def regions_from_gradient(
    height: NDArray[np.float32], *, smallest: float = SMALLEST
) -> NDArray[np.int32]:
    """Label every pixel with its basin, 0 to n - 1; basins under ``smallest`` pixels are merged.

    Each goes to the neighbour over its weakest border, in three rounds. Wide flat basins are cut
    along a grid first, so that place still means something where the image says nothing.
    """
    labels = _broken_up(basins_of(height))
    borders = borders_of(labels)
    area = np.bincount(labels.ravel()).astype(np.float64)
    first, second, length = borders.first, borders.second, borders.length
    total = borders.mean(height) * length
    merged = np.arange(len(area))
    for _ in range(_ROUNDS):
        if not (area < smallest).any() or not len(first):
            break
        pairs = _weakest_of_small(first, second, total / length, area < smallest)
        count, group = components(len(area), *pairs)
        merged, area = group[merged], np.bincount(group, area, count)
        first, second, total, length = contracted(group, count, first, second, (total, length))
    return merged[labels].astype(np.int32)


def basins_of(height: NDArray[np.float32]) -> NDArray[np.int64]:
    """Label every pixel with the minimum that water on it runs down to, 0 to n - 1.

    Water goes to the lowest of the four neighbours; level ground without a way down is one minimum
    as far as it reaches. A third of the time of a flooding from the minima, and as good.

    References
    ----------
    .. [1] Cousty, J., et al. Watershed cuts: minimum spanning forests and the drop of water
       principle. IEEE TPAMI 31 (2009). DOI 10.1109/TPAMI.2008.173
    """
    way = _lowest_neighbours(height).ravel()
    still = np.flatnonzero(way == np.arange(way.size))
    way[still] = _first_of_level(still, height.shape)[still]
    while True:
        further = way[way]
        if np.array_equal(further, way):
            break
        way = further
    number = np.zeros(way.size, np.int64)
    number[way] = 1
    return (np.cumsum(number) - 1)[way].reshape(height.shape)


_STEPS = (
    (np.s_[1:, :], np.s_[:-1, :]),
    (np.s_[:-1, :], np.s_[1:, :]),
    (np.s_[:, 1:], np.s_[:, :-1]),
    (np.s_[:, :-1], np.s_[:, 1:]),
)


def _lowest_neighbours(height: NDArray) -> NDArray[np.int64]:
    """Index of the lowest lower neighbour of each pixel, its own where there is none."""
    index = np.arange(height.size, dtype=np.int64).reshape(height.shape)
    lowest, way = height.copy(), index.copy()
    for here, there in _STEPS:
        lower = height[there] < lowest[here]
        lowest[here][lower] = height[there][lower]
        way[here][lower] = index[there][lower]
    return way


def _first_of_level(still: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """For pixels without a way down, the first of those that they touch."""
    count, width = shape[0] * shape[1], shape[1]
    flat = np.zeros(count, bool)
    flat[still] = True
    grid = flat.reshape(shape)
    row, column = np.divmod(np.flatnonzero((grid[:, 1:] & grid[:, :-1]).ravel()), max(width - 1, 1))
    beside, below = row * width + column, np.flatnonzero((grid[1:] & grid[:-1]).ravel())
    _, group = components(
        count, np.concatenate([beside, below]), np.concatenate([beside + 1, below + width])
    )
    first = np.zeros(int(group.max()) + 1, np.int64)
    first[group[still][::-1]] = still[::-1]
    return first[group]


def borders_of(labels: NDArray[np.integer]) -> Borders:
    """Every border between touching regions of a label image."""
    count, width = int(labels.max()) + 1, labels.shape[1]
    flat = labels.ravel()
    row, column = np.divmod(np.flatnonzero(labels[:, 1:] != labels[:, :-1]), max(width - 1, 1))
    below = np.flatnonzero((labels[1:] != labels[:-1]).ravel())
    here = np.concatenate([row * width + column, below])
    there = np.concatenate([row * width + column + 1, below + width])
    key, border, length = np.unique(
        _key(flat[here], flat[there], count), return_inverse=True, return_counts=True
    )
    return Borders(key // count, key % count, length.astype(float), border, here, there)


def components(
    count: int, first: NDArray[np.intp], second: NDArray[np.intp]
) -> tuple[int, NDArray[np.int32]]:
    """Connected components of a graph given by its edges."""
    edges = sparse.coo_matrix((np.ones(len(first)), (first, second)), shape=(count, count))
    return csgraph.connected_components(edges, directed=False)


def _broken_up(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    wide = (np.bincount(labels.ravel()) > LARGEST)[labels]
    if not wide.any():
        return labels
    rows, columns = np.ogrid[: labels.shape[0], : labels.shape[1]]
    across = labels.shape[1] // CELL + 1
    cell = (rows // CELL) * across + columns // CELL
    key = labels * (int(cell.max()) + 1) + np.where(wide, cell, 0)
    _, broken = np.unique(key, return_inverse=True)
    return broken.reshape(labels.shape).astype(np.int64)


def _key(one: NDArray, other: NDArray, count: int) -> NDArray[np.int64]:
    return np.minimum(one, other).astype(np.int64) * count + np.maximum(one, other)


def _weakest_of_small(
    first: NDArray, second: NDArray, weight: NDArray, small: NDArray[np.bool_]
) -> tuple[NDArray, NDArray]:
    source, target = np.concatenate([first, second]), np.concatenate([second, first])
    chosen = np.flatnonzero(small[source])
    order = chosen[np.lexsort((np.tile(weight, 2)[chosen], source[chosen]))]
    source, target = source[order], target[order]
    lead = np.ones(len(source), bool)
    lead[1:] = source[1:] != source[:-1]
    return source[lead], target[lead]


def contracted(
    group: NDArray, count: int, first: NDArray, second: NDArray, sums: tuple[NDArray, ...]
) -> tuple[NDArray, ...]:
    """Borders of merged regions; ``sums`` are added up over borders that became one."""
    one, other = group[first], group[second]
    kept = one != other
    key, inverse = np.unique(_key(one[kept], other[kept], count), return_inverse=True)
    added = (np.bincount(inverse, values[kept], len(key)) for values in sums)
    return key // count, key % count, *added
