"""Which object of one rater is which object of another."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Matrix: TypeAlias = NDArray[np.float64]
Pair: TypeAlias = tuple[int, int, float]
"""Two objects by their positions, and their IoU."""


def close_pairs(iou: Matrix, raters: Sequence[int], threshold: float) -> list[Pair]:
    """The objects of different raters that may be one: alike enough, the earlier rater's first."""
    if not len(raters):
        return []
    whose = np.asarray(raters)
    ours, theirs = np.nonzero((iou >= threshold) & (whose[:, None] < whose[None, :]))
    found = zip(ours.tolist(), theirs.tolist(), iou[ours, theirs].tolist(), strict=True)
    return list(found)


def matched(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs of two raters that hold: as many as possible, then as alike as possible."""
    ours, theirs = {one for one, _, _ in pairs}, {other for _, other, _ in pairs}
    if len(ours) == len(theirs) == len(pairs):
        return list(pairs)
    # Loaded here: it takes longer than all else of this package.
    from scipy.optimize import linear_sum_assignment

    rows = {one: n for n, one in enumerate(sorted(ours))}
    columns = {other: n for n, other in enumerate(sorted(theirs))}
    worth = np.zeros((len(rows), len(columns)))
    held = {(rows[one], columns[other]): (one, other, iou) for one, other, iou in pairs}
    for place, (_, _, iou) in held.items():
        # All the likeness together weighs less than one more pair.
        worth[place] = 1 + iou / (min(worth.shape) + 1)
    chosen = np.stack(linear_sum_assignment(worth, maximize=True), 1).tolist()
    return [held[row, column] for row, column in chosen if (row, column) in held]


def findings(pairs: Iterable[Pair], raters: Sequence[int]) -> list[tuple[int, ...]]:
    """Objects of several raters put together where they are one: each rater once at most.

    Parameters
    ----------
    pairs : iterable of Pair
        What `close_pairs` gives.
    raters : sequence of int
        Whose each object is.

    Returns
    -------
    found : list of tuple of int
        Positions of objects, by the first of each.
    """
    members: list[set[int]] = [{n} for n in range(len(raters))]
    whose = [{rater} for rater in raters]
    for _, one, other in sorted([(-iou, a, b) for a, b, iou in _held(pairs, raters)]):
        ours, theirs = members[one], members[other]
        if ours is theirs or not whose[one].isdisjoint(whose[other]):
            continue
        ours |= theirs
        whose[one] |= whose[other]
        for n in theirs:
            members[n], whose[n] = ours, whose[one]
    return [tuple(sorted(one)) for n, one in enumerate(members) if min(one) == n]


def _held(pairs: Iterable[Pair], raters: Sequence[int]) -> Iterable[Pair]:
    by_raters: dict[tuple[int, int], list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_raters[raters[pair[0]], raters[pair[1]]].append(pair)
    for mine in by_raters.values():
        yield from matched(mine)


def most_typical(iou: Sequence[Sequence[float]], members: Sequence[int]) -> int:
    """The one of these that is most like the others; of equals the first."""
    if len(members) < 3:
        return members[0]
    alike = [round(sum([iou[one][other] for other in members]), 9) for one in members]
    return members[alike.index(max(alike))]
