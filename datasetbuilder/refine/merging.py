"""Regions merged step by step, each with its best neighbour where both agree.

References
----------
.. [1] Haxhimusa, Y., Kropatsch, W. Hierarchy of partitions with dual graph contraction. DAGM 2003.
   DOI 10.1007/978-3-540-45243-0_44
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.refine.regions import components, contracted

LOOK_LEVELS = (1500, 600, 250, 100, 40)
STRENGTH_LEVELS = (2000, 1000, 500, 250, 120, 60, 30, 15)
_NEVER = 99


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """A partition: the group of each region at the start, and the borders between groups.

    ``total`` is the sum of a border value over pixels, ``sums`` what was summed per region.
    """

    group: NDArray[np.intp]
    area: NDArray[np.float64]
    sums: NDArray[np.float64]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    length: NDArray[np.float64]
    total: NDArray[np.float64]

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.area)

    def border_value(self, one: NDArray, other: NDArray) -> NDArray[np.float64]:
        """The mean border value between pairs of groups; 0 inside a group."""
        if not len(self.first):
            return np.zeros(len(one))
        keys = self.first * self.count + self.second
        wanted = np.minimum(one, other) * self.count + np.maximum(one, other)
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(one != other, (self.total / self.length)[place], 0.0)


def merged_steps(start: Merged, cost: Callable[[Merged], NDArray[np.float64]]) -> Iterator[Merged]:
    """Merge mutual best neighbours until one region is left or nothing merges."""
    now = start
    while now.count > 2 and len(now.first):
        after = _merged(now, cost(now))
        if after.count == now.count:
            return
        now = after
        yield now


def _merged(now: Merged, cost: NDArray[np.float64]) -> Merged:
    best = np.full(now.count, np.inf)
    np.minimum.at(best, now.first, cost)
    np.minimum.at(best, now.second, cost)
    mutual = (cost <= best[now.first]) & (cost <= best[now.second])
    count, joined = components(now.count, now.first[mutual], now.second[mutual])
    joined = joined.astype(np.intp)
    first, second, length, total = contracted(
        joined, count, now.first, now.second, (now.length, now.total)
    )
    sums = np.zeros((count, now.sums.shape[1]))
    for column, values in enumerate(now.sums.T):
        sums[:, column] = np.bincount(joined, values, count)
    area = np.bincount(joined, now.area, count).astype(np.float64)
    return Merged(joined[now.group], area, sums, first, second, length, total)


def look_cost(now: Merged) -> NDArray[np.float64]:
    """Difference of mean Lab and texture, and the gradient between, small regions first."""
    means = now.sums / now.area[:, None]
    apart = means[now.first] - means[now.second]
    look = np.sqrt((apart[:, :3] ** 2).sum(1) + (20 * apart[:, 6]) ** 2)
    size = np.minimum(now.area[now.first], now.area[now.second])
    return (look + 2 * now.total / now.length) * size**0.4


def strength_cost(now: Merged) -> NDArray[np.float64]:
    """Mean strength of the border, small regions first."""
    size = np.minimum(now.area[now.first], now.area[now.second])
    return (now.total / now.length + 0.002) * size**0.25


def levels_by_strength(start: Merged) -> tuple[NDArray[np.intp], ...]:
    """The group of each region when about 2000, 1000, … 15 groups are left."""
    found: list[NDArray[np.intp]] = []
    now = start
    for now in merged_steps(start, strength_cost):
        while len(found) < len(STRENGTH_LEVELS) and now.count <= STRENGTH_LEVELS[len(found)]:
            found.append(now.group)
    return tuple(found + [now.group] * (len(STRENGTH_LEVELS) - len(found)))


def seen_by_borders(
    start: Merged, describe: Callable[[Merged, NDArray, NDArray], list[NDArray]]
) -> tuple[list[NDArray], NDArray[np.float64]]:
    """What each border at the start looks like at five coarser levels, and when it goes.

    ``describe`` says for a partition and pairs of groups what lies between them.
    """
    first, second = start.first, start.second
    gone = np.full(len(first), _NEVER, float)
    columns: list[list[NDArray]] = []
    now, turn = start, 0
    for turn, now in enumerate(merged_steps(start, look_cost), start=1):
        one, other = now.group[first], now.group[second]
        gone[(one == other) & (gone == _NEVER)] = turn
        while len(columns) < len(LOOK_LEVELS) and now.count <= LOOK_LEVELS[len(columns)]:
            columns.append(describe(now, one, other))
    while len(columns) < len(LOOK_LEVELS):
        last = columns[-1] if columns else describe(now, now.group[first], now.group[second])
        columns.append(last)
    gone = np.where(gone == _NEVER, turn + 3, gone)
    return [column for level in columns for column in level], gone
