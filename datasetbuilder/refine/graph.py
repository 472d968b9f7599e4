"""The region graph of a work window: what is known once, before anything is drawn."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from datasetbuilder.refine.regions import (
    FINE_SCALE,
    Borders,
    borders_of,
    gradient,
    regions_from_gradient,
)

_EDGE_RANK = 0.9
_EDGE_SLOPE = 1.7
_EDGE_SHIFT = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class RegionGraph:
    """Superpixels of a window, their features, and how strong the edge between neighbours is.

    Attributes
    ----------
    labels : ndarray of int32, shape (h, w)
        The region of each work pixel, 0 to n - 1.
    area : ndarray, shape (n,)
    centre : ndarray, shape (n, 2)
        Mean ``(x, y)`` of each region.
    features : ndarray of float32, shape (n, F)
        Mean and spread of Lab, gradients at three scales, the same of the neighbours, position.
    first, second, length, strength : ndarray, shape (m,)
        Borders: both regions, length in pixels, chance that an object ends there (0 to 1).
    tree : tuple of ndarray
        Minimum spanning tree by strength: ends and cost.
    gradient : ndarray of float32, shape (h, w)
        Lab gradient on which the regions stand.
    """

    labels: NDArray[np.int32]
    area: NDArray[np.float64]
    centre: NDArray[np.float64]
    features: NDArray[np.float32]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    length: NDArray[np.float64]
    strength: NDArray[np.float64]
    tree: tuple[NDArray, NDArray, NDArray]
    gradient: NDArray[np.float32]

    @property
    def count(self) -> int:
        """How many regions there are."""
        return len(self.area)

    def share(self, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How much of each region a mask covers, 0 to 1."""
        return np.bincount(self.labels[mask], minlength=self.count) / self.area


def graph_from_lab(lab: NDArray[np.float32]) -> RegionGraph:
    """Build the region graph of a Lab image."""
    fine = gradient(lab, FINE_SCALE)
    labels = regions_from_gradient(fine)
    borders = borders_of(labels)
    area = np.bincount(labels.ravel()).astype(np.float64)
    maps = [fine, _coarse_gradient(lab, 1), _coarse_gradient(lab, 2)]
    looks = _looks(labels, area, lab, maps)
    centre = _centres(labels, area)
    strength = _strength(borders, looks, maps)
    return RegionGraph(
        labels,
        area,
        centre,
        _features(borders, looks, centre, labels.shape),
        borders.first,
        borders.second,
        borders.length,
        strength,
        _spanning_tree(borders, strength, len(area)),
        fine,
    )


def _coarse_gradient(lab: NDArray[np.float32], halvings: int) -> NDArray[np.float32]:
    small: NDArray = lab
    for _ in range(halvings):
        size = ((small.shape[1] + 1) // 2, (small.shape[0] + 1) // 2)
        small = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
    size = (lab.shape[1], lab.shape[0])
    up = cv2.resize(gradient(small, 1.0), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(up, np.float32)


def _looks(labels: NDArray, area: NDArray, lab: NDArray, maps: list[NDArray]) -> NDArray:
    """Per region: mean Lab, spread of Lab, mean of each gradient map."""
    flat = labels.ravel()

    def mean(values: NDArray) -> NDArray:
        return np.bincount(flat, values.ravel(), len(area)) / area

    means = [mean(lab[..., k]) for k in range(3)]
    squares = [mean(lab[..., k] ** 2) for k in range(3)]
    spreads = [np.sqrt(np.maximum(s - m * m, 0)) for s, m in zip(squares, means, strict=True)]
    return np.column_stack(means + spreads + [mean(values) for values in maps])


def _centres(labels: NDArray, area: NDArray) -> NDArray:
    height, width = labels.shape
    flat = labels.ravel()
    x = np.bincount(flat, np.tile(np.arange(width) + 0.5, height), len(area))
    y = np.bincount(flat, np.repeat(np.arange(height) + 0.5, width), len(area))
    return np.column_stack([x, y]) / area[:, None]


def _features(
    borders: Borders, looks: NDArray, centre: NDArray, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    count = len(looks)
    weights = np.tile(borders.length, 2)
    ends = (
        np.concatenate([borders.first, borders.second]),
        np.concatenate([borders.second, borders.first]),
    )
    touching = sparse.coo_matrix((weights, ends), shape=(count, count)).tocsr()
    total = np.maximum(np.asarray(touching.sum(1)).ravel(), 1)
    around = touching @ looks / total[:, None]
    place = centre / np.array(shape[1::-1])
    return np.column_stack([looks, around, place]).astype(np.float32)


def _strength(borders: Borders, looks: NDArray, maps: list[NDArray]) -> NDArray[np.float64]:
    """Rank the borders of this image among themselves; no trained constants."""
    difference = looks[borders.first, :3] - looks[borders.second, :3]
    evidence = np.log1p(np.sqrt((difference**2).sum(1)))
    for values in maps:
        evidence += np.log1p(borders.mean(values))
    if not len(evidence):
        return evidence
    high, spread = np.quantile(evidence, _EDGE_RANK), evidence.std() + 1e-9
    return 1 / (1 + np.exp(_EDGE_SHIFT - _EDGE_SLOPE * (evidence - high) / spread))


def _spanning_tree(
    borders: Borders, strength: NDArray, count: int
) -> tuple[NDArray, NDArray, NDArray]:
    weighted = sparse.coo_matrix(
        (strength + 1e-6, (borders.first, borders.second)), shape=(count, count)
    )
    tree = csgraph.minimum_spanning_tree(weighted.tocsr()).tocoo()
    return tree.row, tree.col, tree.data
