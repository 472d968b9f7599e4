"""Lengths and angles of lines, in pixels and degrees."""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.errors import GeometryError


def vertices(points: ArrayLike) -> NDArray[np.float64]:
    """The vertices of a line, shape (N, 2).

    Raises
    ------
    GeometryError
        If there is none, or a coordinate is not finite.
    """
    line = np.asarray(points, float)
    if line.ndim != 2 or line.shape[1:] != (2,) or not len(line):
        raise GeometryError("a line needs vertices (x, y), one at least")
    if not np.isfinite(line).all():
        raise GeometryError("a vertex of the line is not a finite number")
    return line


def length(points: ArrayLike) -> float:
    """How long a line is from its first vertex to its last, in pixels."""
    return float(np.hypot(*np.diff(vertices(points), axis=0).T).sum())


def angles(points: ArrayLike) -> tuple[float, ...]:
    """The angles at the inner vertices of a line, in degrees from 0 to 180.

    A straight line has 180 there; where a vertex is repeated there is no angle and NaN stands.
    """
    steps = np.diff(vertices(points), axis=0)
    return tuple(_angle(-before, after) for before, after in pairwise(steps))


def _angle(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if not (one.any() and other.any()):
        return math.nan
    cross = one[0] * other[1] - one[1] * other[0]
    return math.degrees(math.atan2(abs(cross), float(one @ other)))
