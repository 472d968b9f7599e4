"""The region graph of a work window: what is known once, before anything is drawn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from datasetbuilder.refine.edges import (
    EDGE_COLUMNS,
    LEAST,
    Looks,
    averaging,
    edge_features,
    looks_of,
    strength_from_log_odds,
)
from datasetbuilder.refine.maps import Maps, maps_from_lab
from datasetbuilder.refine.merging import Merged, levels_by_strength
from datasetbuilder.refine.nets import Net, learned
from datasetbuilder.refine.regions import Borders, borders_of, regions_from_gradient

_FAR = 3.0
_NO_EDGE = 1e-3
_STEP = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class RegionGraph:
    """Superpixels of a window, their looks, and how strong the edge between neighbours is.

    Attributes
    ----------
    labels : ndarray of int32, shape (h, w)
        The region of each work pixel, 0 to n - 1.
    area : ndarray, shape (n,)
    centre : ndarray, shape (n, 2)
        Mean ``(x, y)`` of each region.
    looks : Looks
        Colour, gradients and texture of each region and round it.
    first, second, length, strength : ndarray, shape (m,)
        Borders: both regions, length in pixels, chance that an object ends there (0 to 1).
    tree : tuple of ndarray
        Minimum spanning tree by strength: ends and cost.
    levels : tuple of ndarray of int, shape (n,)
        The group of each region at eight stages of merging, the coarsest last.
    roads : tuple of csr_array
        Three costs of going from region to region.
    around : csr_array
        Averages over neighbours; strong edges let little through.
    gradient : ndarray of float32, shape (h, w)
        Lab gradient on which the regions stand.
    """

    labels: NDArray[np.int32]
    area: NDArray[np.float64]
    centre: NDArray[np.float64]
    looks: Looks
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    length: NDArray[np.float64]
    strength: NDArray[np.float64]
    tree: tuple[NDArray, NDArray, NDArray]
    levels: tuple[NDArray[np.intp], ...]
    roads: tuple[sparse.csr_array, ...]
    around: sparse.csr_array
    gradient: NDArray[np.float32]

    @property
    def count(self) -> int:
        """How many regions there are."""
        return len(self.area)

    @property
    def flat(self) -> bool:
        """Whether no border shows any contrast."""
        return not len(self.strength) or float(self.strength.max()) <= LEAST

    @property
    def features(self) -> NDArray[np.float32]:
        """Looks, the looks around, and place: what a classifier of regions learns from."""
        place = self.centre / np.array(self.labels.shape[::-1])
        return np.column_stack([self.looks.own, self.looks.around, place]).astype(np.float32)

    def share(self, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How much of each region a mask covers, 0 to 1."""
        return np.bincount(self.labels[mask], minlength=self.count) / self.area


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Regions with their looks and borders, before anything is said about edges."""

    labels: NDArray[np.int32]
    maps: Maps
    borders: Borders
    looks: Looks

    def edge_features(self) -> NDArray[np.float32]:
        """What the net of edges looks at."""
        return edge_features(self.borders, self.looks, self.maps)


def ground_from_lab(lab: NDArray[np.float32]) -> Ground:
    """The regions of a Lab image."""
    maps = maps_from_lab(lab)
    labels = regions_from_gradient(maps.fine)
    borders = borders_of(labels)
    return Ground(labels, maps, borders, looks_of(labels, borders, lab, maps))


def graph_from_lab(lab: NDArray[np.float32], *, edges: Net | None = None) -> RegionGraph:
    """Build the region graph of a Lab image; ``edges`` takes the place of the learned net."""
    ground = ground_from_lab(lab)
    net = learned("edges") if edges is None else edges
    seen = ground.edge_features()
    strength = strength_from_log_odds(net.log_odds(seen))
    strength[seen[:, EDGE_COLUMNS].sum(1) < _NO_EDGE] = strength_from_log_odds(np.array(-np.inf))
    return graph_from_ground(ground, strength)


def graph_from_ground(ground: Ground, strength: NDArray[np.float64]) -> RegionGraph:
    """The graph of regions whose edges are known."""
    borders, looks = ground.borders, ground.looks
    count = len(looks.area)
    centre = _centres(ground.labels, looks.area)
    through = borders.length * (1 - strength) ** 4 + 1e-6
    return RegionGraph(
        ground.labels,
        looks.area,
        centre,
        looks,
        borders.first,
        borders.second,
        borders.length,
        strength,
        _spanning_tree(borders, strength, count),
        levels_by_strength(_start(borders, looks, strength)),
        _roads(borders, centre, strength, ground.labels.shape),
        averaging(borders, count, through),
        ground.maps.fine,
    )


def _start(borders: Borders, looks: Looks, strength: NDArray) -> Merged:
    count = len(looks.area)
    return Merged(
        np.arange(count),
        looks.area,
        np.zeros((count, 0)),
        borders.first,
        borders.second,
        borders.length,
        strength * borders.length,
    )


def _roads(
    borders: Borders, centre: NDArray, strength: NDArray, shape: tuple[int, ...]
) -> tuple[sparse.csr_array, ...]:
    steps = centre[borders.first] - centre[borders.second]
    away = np.hypot(steps[:, 0], steps[:, 1]) / np.hypot(shape[0], shape[1])
    wall = -np.log1p(-strength)
    costs = (wall + _STEP, 2 * np.minimum(wall, _FAR) ** 2 + 0.3 * away, wall + 5 * away)
    ends = (borders.first, borders.second)
    count = len(centre)
    halves = [sparse.coo_array((cost + 1e-9, ends), shape=(count, count)) for cost in costs]
    return tuple((half + half.T).tocsr() for half in halves)


def _centres(labels: NDArray, area: NDArray) -> NDArray:
    height, width = labels.shape
    flat = labels.ravel()
    x = np.bincount(flat, np.tile(np.arange(width) + 0.5, height), len(area))
    y = np.bincount(flat, np.repeat(np.arange(height) + 0.5, width), len(area))
    return np.column_stack([x, y]) / area[:, None]


def _spanning_tree(
    borders: Borders, strength: NDArray, count: int
) -> tuple[NDArray, NDArray, NDArray]:
    weighted = sparse.coo_matrix(
        (strength + 1e-6, (borders.first, borders.second)), shape=(count, count)
    )
    tree = csgraph.minimum_spanning_tree(weighted.tocsr()).tocoo()
    return tree.row, tree.col, tree.data
