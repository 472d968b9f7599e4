"""What a project's objects are like: how many, how large, where, by whom and when.

Everything is counted over the table of `datasetbuilder.insight.objects`; a bin is told by its edges
so that whoever shows it can ask for what is in it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pandas import DataFrame

_MOST_BINS = 24
_MOST_NAMES = 40


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How many values lie between each pair of neighbouring edges, the last edge included."""

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]


def counted(values: Any) -> list[tuple[str, int]]:
    """How often each word occurs, the most frequent first, ties by name; at most forty."""
    found = values.value_counts()
    pairs = sorted(((str(name), int(n)) for name, n in found.items()), key=lambda p: (-p[1], p[0]))
    return pairs[:_MOST_NAMES]


def crossed(table: "DataFrame", across: str, by: str) -> dict[str, list[tuple[str, int]]]:
    """For each word of ``by`` how often it meets each word of ``across``; the words in order."""
    found: dict[str, list[tuple[str, int]]] = {}
    groups: Any = table.groupby([by, across], sort=True).size()
    for (one, other), n in groups.items():
        found.setdefault(str(one), []).append((str(other), int(n)))
    return found


def histogram(values: NDArray[np.float64], *, even: str = "linear") -> Histogram:
    """Count numbers in at most 24 bins between the least and the greatest.

    Parameters
    ----------
    values : ndarray of float
        What is not finite is left out, and with ``even="log"`` what is not positive.
    even : {'linear', 'log', 'whole'}
        Bins of equal width, of equal ratio, or of whole numbers with an edge between each two.
    """
    kept = values[np.isfinite(values) & ((values > 0) | (even != "log"))]
    if not len(kept):
        return Histogram(np.zeros(1), np.zeros(0, np.int64))
    low, high = float(kept.min()), float(kept.max())
    edges = _edges(low, high, even)
    return Histogram(edges, np.histogram(kept, edges)[0].astype(np.int64))


def _edges(low: float, high: float, even: str) -> NDArray[np.float64]:
    if even == "whole":
        step = max(1, int(np.ceil((high - low + 1) / _MOST_BINS)))
        return np.arange(np.floor(low), high + step + 1, step) - 0.5
    if low == high:
        return np.array([low, low])
    if even == "log":
        edges = np.geomspace(low, high, _MOST_BINS + 1)
        edges[[0, -1]] = low, high
        return edges
    return np.linspace(low, high, _MOST_BINS + 1)


def places(table: "DataFrame", *, side: int = 20) -> NDArray[np.int64]:
    """How many objects have their middle in each of ``side`` by ``side`` parts of their image.

    Returns
    -------
    counts : ndarray of int, shape (side, side)
        Row by row from the top.
    """
    x, y = table["relative_x"].to_numpy(float), table["relative_y"].to_numpy(float)
    known = np.isfinite(x) & np.isfinite(y)
    column = np.clip((x[known] * side).astype(int), 0, side - 1)
    row = np.clip((y[known] * side).astype(int), 0, side - 1)
    return np.bincount(row * side + column, minlength=side * side).reshape(side, side)
