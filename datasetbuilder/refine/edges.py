"""How likely an object ends between two regions: features of every border, and a tiny net."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from datasetbuilder.refine.maps import Maps
from datasetbuilder.refine.merging import Merged, seen_by_borders
from datasetbuilder.refine.regions import Borders

EDGE_COLUMNS = [0, 3]  # mean gradient of light and of colour along the border
LEAST = 1e-4
_LIGHT, _TEXTURE, _LIGHT_SPREAD = 3, 6, 7


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """What regions look like.

    Attributes
    ----------
    sums : ndarray, shape (n, 10)
        Over the pixels of each region: Lab, light gradients at three scales, texture, squared Lab.
    area : ndarray, shape (n,)
    own, around, far : ndarray, shape (n, 10)
        Means (Lab, gradients, texture) and spread of Lab, of the region, of its neighbours and of
        their neighbours three steps away.
    """

    sums: NDArray[np.float64]
    area: NDArray[np.float64]
    own: NDArray[np.float64]
    around: NDArray[np.float64]
    far: NDArray[np.float64]


def looks_of(labels: NDArray, borders: Borders, lab: NDArray, maps: Maps) -> Looks:
    """Average pixels over regions, and regions over neighbours by the length of the border."""
    flat = labels.ravel()
    area = np.bincount(flat).astype(np.float64)
    channels = [lab[..., k] for k in range(3)] + [*maps.light, maps.texture]
    channels += [lab[..., k] ** 2 for k in range(3)]
    columns = [np.bincount(flat, c.ravel(), len(area)) for c in channels]
    sums = np.column_stack(columns).astype(np.float64)
    own = _means(sums, area)
    spread = averaging(borders, len(area))
    around = spread @ own
    return Looks(sums, area, own, around, spread @ (spread @ around))


def averaging(
    borders: Borders, count: int, weights: NDArray[np.float64] | None = None
) -> sparse.csr_array:
    """The matrix that replaces each region's value by the mean of its neighbours'."""
    weights = borders.length if weights is None else weights
    ends = (borders.first, borders.second)
    half = sparse.coo_array((weights, ends), shape=(count, count))
    touching = (half + half.T).tocsr()
    total = np.maximum(np.asarray(touching.sum(1)).ravel(), 1e-9)
    return sparse.csr_array(sparse.diags_array(1 / total) @ touching)


def edge_features(borders: Borders, looks: Looks, maps: Maps) -> NDArray[np.float32]:
    """62 numbers for every border."""
    along = _along(borders, maps)
    typical = along.mean(0) + 1e-6 if len(along) else np.ones(along.shape[1])
    columns = [*along.T, *(along[:, k] / typical[k] for k in (0, 3, 6, 8))]
    for means in (looks.own, looks.around, looks.far):
        columns += _apart(means, borders.first, borders.second)
    columns += _sizes_and_busyness(borders, looks, along[:, 0])
    gradient = (along[:, 0] + along[:, 3]) * borders.length
    start = Merged(
        np.arange(len(looks.area)),
        looks.area,
        looks.sums,
        borders.first,
        borders.second,
        borders.length,
        gradient,
    )
    coarser, gone = seen_by_borders(start, _between)
    count = len(borders.first)
    columns += [*coarser, gone, np.full(count, typical[0]), np.full(count, typical[3])]
    return np.column_stack(columns).astype(np.float32)


def strength_from_log_odds(log_odds: NDArray) -> NDArray[np.float64]:
    """Chances between 0 and 1, both left out."""
    return np.clip(1 / (1 + np.exp(-log_odds)), LEAST, 1 - LEAST)


def _along(borders: Borders, maps: Maps) -> NDArray[np.float64]:
    columns = []
    for fine in (maps.light[0], maps.colour[0]):
        columns += [borders.mean(fine), *borders.ends(fine)]
    for light, colour in zip(maps.light[1:], maps.colour[1:], strict=True):
        columns += [borders.middle(light), borders.middle(colour)]
    return np.column_stack([*columns, borders.middle(maps.texture_edge)])


def _sizes_and_busyness(borders: Borders, looks: Looks, edge: NDArray) -> list[NDArray]:
    first, second, own = borders.first, borders.second, looks.own
    calm = np.minimum(own[first, _LIGHT], own[second, _LIGHT])
    busy = np.maximum(own[first, _LIGHT], own[second, _LIGHT])
    small = np.minimum(looks.area[first], looks.area[second])
    large = np.maximum(looks.area[first], looks.area[second])
    texture = own[first, _TEXTURE] + own[second, _TEXTURE]
    sizes = [np.log(small), np.log(large), borders.length / np.sqrt(small)]
    return [edge - calm, edge - busy, calm, texture, *sizes]


def _apart(means: NDArray, one: NDArray, other: NDArray) -> list[NDArray]:
    difference = means[one] - means[other]
    return [
        np.abs(difference[:, 0]),
        np.hypot(difference[:, 1], difference[:, 2]),
        np.abs(difference[:, _TEXTURE]),
        np.abs(difference[:, _LIGHT_SPREAD]),
    ]


def _between(now: Merged, one: NDArray, other: NDArray) -> list[NDArray]:
    small = np.minimum(now.area[one], now.area[other])
    apart = _apart(_means(now.sums, now.area), one, other)[:3]
    return [*apart, now.border_value(one, other), np.log(small)]


def _means(sums: NDArray, area: NDArray) -> NDArray[np.float64]:
    means = sums[:, :7] / area[:, None]
    variance = sums[:, 7:] / area[:, None] - means[:, :3] ** 2
    return np.column_stack([means, np.sqrt(np.maximum(variance, 0))])
