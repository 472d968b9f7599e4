"""What strokes say about every region, as a row of cues for the net of evidence.

A cue is larger where the region rather belongs to the object, or says how much to believe others.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from datasetbuilder.refine.evidence import Drawn, spanning_forest
from datasetbuilder.refine.graph import RegionGraph

_MOST_SEEDS = 200
_COLOUR_UNITS = np.array([12.0, 8.0, 8.0])
_LOOK_UNITS = np.array([15.0, 10.0, 10.0])
_KERNELS = (0.35, 1.0)
_FURTHEST = 50.0
_NO_LEVEL = 9.0


def stroke_cues(graph: RegionGraph, drawn: Drawn) -> NDArray[np.float32]:
    """43 cues for every region; there must be seeds of both kinds."""
    columns = [
        *_likeness(graph, drawn.seeds),
        *_journeys(graph, drawn.seeds),
        spanning_forest(graph, drawn.seeds),
        *_straight(graph, drawn.pixels, drawn.seeds),
        *_memory(graph, drawn),
        *_place(graph, drawn.seeds),
        *_votes(graph, drawn.seeds),
    ]
    return np.column_stack(columns).astype(np.float32)


def context_cues(
    graph: RegionGraph, seeds: NDArray[np.int8], log_odds: NDArray[np.float64]
) -> NDArray[np.float32]:
    """What a first answer says about a region's surroundings: neighbours, and larger groups."""
    first = np.where(seeds > 0, 5.0, np.where(seeds < 0, -5.0, np.clip(log_odds, -5, 5)))
    near = graph.around @ first
    far = graph.around @ (graph.around @ near)
    columns = [first, near, graph.around @ (graph.around @ far), np.abs(first - near)]
    for group in graph.levels:
        size = np.bincount(group, graph.area)
        columns.append((np.bincount(group, first * graph.area) / size)[group])
    return np.column_stack(columns).astype(np.float32)


def _likeness(graph: RegionGraph, seeds: NDArray[np.int8]) -> Iterator[NDArray]:
    """How much more a region looks like the object's seeds than like the background's."""
    own, around = graph.looks.own, graph.looks.around
    spread = own.std(0) + 1e-6
    looks = [own[:, :3] / _LOOK_UNITS, around[:, :3] / _LOOK_UNITS]
    looks.append(around[:, 3:] / spread[3:] * 0.5)
    for values in (own[:, :3] / _COLOUR_UNITS, np.column_stack(looks)):
        values = values.astype(np.float32)
        squares = (values**2).sum(1)
        away = []
        for kind in (1, -1):
            seen = values[_thinned(np.flatnonzero(seeds == kind))]
            square = squares[:, None] + (seen**2).sum(1)[None] - 2 * values @ seen.T
            away.append(np.maximum(square, 0))
        for width in _KERNELS:
            odds = [np.log(np.exp(a / (-2 * width**2)).mean(1) + 1e-6) for a in away]
            yield odds[0] - odds[1]
        yield from (np.sqrt(a.min(1)) for a in away)


def _journeys(graph: RegionGraph, seeds: NDArray[np.int8]) -> Iterator[NDArray]:
    """How far it is to the seeds of either kind by each of the roads."""
    for road in graph.roads:
        to_object, to_background = (
            _journey(road, np.flatnonzero(seeds == kind)) for kind in (1, -1)
        )
        yield np.log((to_background + 0.05) / (to_object + 0.05))
        yield np.log(to_object + 0.05)
        yield np.log(to_background + 0.05)


def _journey(road: sparse.csr_array, start: NDArray[np.intp]) -> NDArray[np.float64]:
    away = csgraph.dijkstra(road, indices=start, min_only=True, limit=_FURTHEST)
    return np.minimum(away, _FURTHEST)


def _straight(
    graph: RegionGraph, pixels: NDArray[np.int8], seeds: NDArray[np.int8]
) -> tuple[NDArray, NDArray, NDArray]:
    """Distance as the crow flies, from the middle of the region to the nearest stroke."""
    diagonal = float(np.hypot(*graph.labels.shape))
    columns, rows = np.floor(graph.centre).astype(int).T
    away = []
    for kind in (1, -1):
        there = pixels == kind
        if not there.any():
            there = (seeds == kind)[graph.labels]
        distance = cv2.distanceTransform((~there).astype(np.uint8), cv2.DIST_L2, 5)
        away.append(distance[rows, columns] / diagonal)
    return np.log((away[1] + 0.01) / (away[0] + 0.01)), away[0], away[1]


def _memory(graph: RegionGraph, drawn: Drawn) -> list[NDArray]:
    """The answer before the newest stroke, and how near that stroke is."""
    fresh = np.bincount(graph.labels[drawn.newest], minlength=graph.count) > 0
    fresh &= drawn.seeds != 0
    if drawn.previous is None or not fresh.any():
        return [np.zeros(graph.count)] * 6
    away = _journey(graph.roads[2], np.flatnonzero(fresh))
    kind = 1.0 if drawn.seeds[fresh].mean() > 0 else -1.0
    before = np.where(drawn.previous > 0.5, 1.0, -1.0)
    belief = 3 * (2 * drawn.previous - 1) if drawn.belief is None else drawn.belief
    near = np.exp(-away)
    return [
        before,
        belief,
        kind * np.exp(-away / 0.5),
        kind * np.exp(-away / 2),
        before * near,
        np.where(before != kind, near, 0),
    ]


def _place(graph: RegionGraph, seeds: NDArray[np.int8]) -> list[NDArray]:
    height, width = graph.labels.shape
    x, y = graph.centre.T
    border = np.minimum(np.minimum(x, y), np.minimum(width - x, height - y))
    counts = [np.log(np.count_nonzero(seeds == kind)) for kind in (1, -1)]
    return [
        *(np.full(graph.count, value) for value in counts),
        np.log(graph.area),
        y / height,
        x / width,
        border / np.hypot(height, width),
    ]


def _votes(graph: RegionGraph, seeds: NDArray[np.int8]) -> list[NDArray]:
    """Which seeds lie in the same group at each level, and at the first level that has any."""
    nearest, level = np.zeros(graph.count), np.full(graph.count, _NO_LEVEL)
    columns = []
    for number, group in enumerate(graph.levels):
        size = int(group.max()) + 1
        objects = np.bincount(group, seeds > 0, size)
        background = np.bincount(group, seeds < 0, size)
        vote = np.log((objects + 0.5) / (background + 0.5))[group]
        columns.append(vote)
        reached = (objects + background > 0)[group] & (level == _NO_LEVEL)
        level[reached], nearest[reached] = number, np.sign(vote[reached])
    return [*columns, nearest, level]


def _thinned(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    return rows[:: max(-(-len(rows) // _MOST_SEEDS), 1)]
