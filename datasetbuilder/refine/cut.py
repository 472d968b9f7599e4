"""Minimum cut of a region graph into object and background.

References
----------
.. [1] Boykov, Y., Jolly, M.-P. Interactive graph cuts for optimal boundary and region
   segmentation of objects in N-D images. ICCV 2001. DOI 10.1109/ICCV.2001.937505
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

_UNIT = 1000
_SURE = 1e4


def min_cut(
    ends: tuple[NDArray, NDArray],
    weights: NDArray[np.float64],
    evidence: NDArray[np.float64],
    seeds: NDArray[np.int8],
) -> NDArray[np.bool_]:
    """The regions on the object's side of the cheapest cut.

    Parameters
    ----------
    ends : pair of ndarray of int, shape (m,)
        The two regions of each border.
    weights : ndarray, shape (m,)
        What it costs to separate them.
    evidence : ndarray, shape (n,)
        What it costs to go against it: positive speaks for the object.
    seeds : ndarray of int8, shape (n,)
        1 surely object, -1 surely background, 0 to be decided.
    """
    count = len(evidence)
    source = np.where(seeds > 0, _SURE, np.where(seeds < 0, 0, np.maximum(evidence, 0)))
    sink = np.where(seeds < 0, _SURE, np.where(seeds > 0, 0, np.maximum(-evidence, 0)))
    capacities = _capacities(ends, weights, source, sink)
    flow = csgraph.maximum_flow(capacities, count, count + 1, method="dinic").flow
    residual = capacities - flow
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = csgraph.breadth_first_order(residual, count, return_predecessors=False)
    objects = np.zeros(count + 2, bool)
    objects[reached] = True
    return objects[:count]


def _capacities(
    ends: tuple[NDArray, NDArray], weights: NDArray, source: NDArray, sink: NDArray
) -> sparse.csr_array:
    count = len(source)
    border, to_object, to_background = (
        np.rint(np.minimum(values, _SURE) * _UNIT).astype(np.int32)
        for values in (weights, source, sink)
    )
    fed, drained = np.flatnonzero(to_object), np.flatnonzero(to_background)
    rows = [ends[0], ends[1], np.full(len(fed), count), drained]
    columns = [ends[1], ends[0], fed, np.full(len(drained), count + 1)]
    data = np.concatenate([border, border, to_object[fed], to_background[drained]])
    return sparse.coo_array(
        (data, (np.concatenate(rows), np.concatenate(columns))), shape=(count + 2, count + 2)
    ).tocsr()
