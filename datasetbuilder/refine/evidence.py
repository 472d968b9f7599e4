"""What the strokes say about every region, by rules that need no learning.

Each is one function from the graph and the seeds to one number per region; a method adds up those
it believes in.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from datasetbuilder.refine.graph import RegionGraph
from datasetbuilder.refine.regions import components

TREES = 50
MOST_ROWS = 300  # of one kind
MOST_CERTAIN = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The strokes as pixels of the work window, and what they make of its regions.

    Attributes
    ----------
    pixels : ndarray of int8, shape (h, w)
        1 drawn as object, -1 drawn as background, 0 not drawn.
    seeds : ndarray of int8, shape (n,)
        The same per region, by majority.
    newest : ndarray of bool, shape (h, w)
        Pixels of the newest stroke.
    previous : ndarray of float, shape (n,) or None
        Share of each region that the answer before the newest stroke covered.
    belief : ndarray of float, shape (n,) or None
        How sure that answer was: log-odds.
    """

    pixels: NDArray[np.int8]
    seeds: NDArray[np.int8]
    newest: NDArray[np.bool_]
    previous: NDArray[np.float64] | None = None
    belief: NDArray[np.float64] | None = None


def seeds_from_pixels(
    graph: RegionGraph, pixels: NDArray[np.int8], *, least: float = 0.0
) -> NDArray[np.int8]:
    """Per region the label that most of its drawn pixels have; 0 where nothing was drawn.

    A region of which less than ``least`` is drawn with that label was only grazed and stays open,
    unless no region of its kind was drawn better.
    """
    objects = np.bincount(graph.labels[pixels > 0], minlength=graph.count)
    background = np.bincount(graph.labels[pixels < 0], minlength=graph.count)
    seeds = np.where(objects + background > 0, np.where(objects >= background, 1, -1), 0)
    sure = np.maximum(objects, background) >= least * graph.area
    for kind in (1, -1):
        if not (sure & (seeds == kind)).any():
            sure |= seeds == kind
    return np.where(sure, seeds, 0).astype(np.int8)


def frame_regions(graph: RegionGraph) -> NDArray[np.intp]:
    """The regions that touch the window's frame."""
    labels = graph.labels
    sides = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    return np.unique(np.concatenate(sides)).astype(np.intp)


def forest_log_odds(graph: RegionGraph, seeds: NDArray[np.int8]) -> NDArray[np.float64]:
    """Extra trees on the features of the seed regions.

    References
    ----------
    .. [1] Geurts, P., Ernst, D., Wehenkel, L. Extremely randomized trees. Machine Learning 63
       (2006). DOI 10.1007/s10994-006-6226-1
    """
    from sklearn import config_context
    from sklearn.tree import ExtraTreeRegressor

    rows = np.concatenate([_thinned(np.flatnonzero(seeds == kind)) for kind in (1, -1)])
    looks, answer = graph.features[rows], (seeds[rows] > 0).astype(np.float64)
    # Both classes weigh the same. Trees one by one: the ensemble class costs four times as much.
    weight = np.where(answer > 0, 1 / answer.sum(), 1 / (1 - answer).sum()) * (len(rows) / 2)
    share = looks.shape[1] ** -0.5
    chance = np.zeros(graph.count)
    with config_context(skip_parameter_validation=True, assume_finite=True):
        for number in range(TREES):
            tree = ExtraTreeRegressor(max_features=share, random_state=number)
            tree.fit(looks, answer, sample_weight=weight, check_input=False)
            chance += tree.tree_.predict(graph.features)[:, 0]
    chance = np.clip(chance / TREES, 0.5 / TREES, 1 - 0.5 / TREES)
    return np.clip(np.log(chance / (1 - chance)), -MOST_CERTAIN, MOST_CERTAIN)


def spanning_forest(graph: RegionGraph, seeds: NDArray[np.int8]) -> NDArray[np.float64]:
    """1 or -1: whose seed reaches the region first over weak edges (minimum spanning forest).

    References
    ----------
    .. [1] Cousty, J., et al. Watershed cuts: minimum spanning forests and the drop of water
       principle. IEEE TPAMI 31 (2009). DOI 10.1109/TPAMI.2008.173
    """
    count, (first, second, cost) = graph.count, graph.tree
    rooted = np.flatnonzero(seeds)
    ends = (
        np.concatenate([first, np.full(len(rooted), count)]),
        np.concatenate([second, rooted]),
    )
    costs = np.concatenate([cost, np.full(len(rooted), 1e-9)])
    joined = sparse.coo_matrix((costs, ends), shape=(count + 1, count + 1)).tocsr()
    tree = csgraph.minimum_spanning_tree(joined).tocoo()
    inner = (tree.row != count) & (tree.col != count)
    total, group = components(count, tree.row[inner], tree.col[inner])
    label = np.zeros(total)
    label[group[rooted]] = seeds[rooted]
    return label[group]


def persistence(graph: RegionGraph, drawn: Drawn, *, reach: float) -> NDArray[np.float64]:
    """The previous answer, -1 to 1, fading to 0 at the newest stroke over ``reach`` x diagonal."""
    if drawn.previous is None or not drawn.newest.any():
        return np.zeros(graph.count)
    away = cv2.distanceTransform((~drawn.newest).astype(np.uint8), cv2.DIST_L2, 5)
    away = np.bincount(graph.labels.ravel(), away.ravel(), graph.count) / graph.area
    diagonal = float(np.hypot(*graph.labels.shape))
    return (2 * drawn.previous - 1) * (1 - np.exp(-((away / (reach * diagonal)) ** 2)))


def _thinned(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    step = -(-len(rows) // MOST_ROWS)
    return rows[:: max(step, 1)]
