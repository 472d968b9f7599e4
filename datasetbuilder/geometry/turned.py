"""Rotated boxes and ellipses as the polygons that stand for them.

The vertex rule is fixed, for what a shape covers is decided by it: a rotated box has its four
corners, first the one that is top left before the turn, on clockwise. An ellipse has n vertices at
equal steps of its parameter, first the end of its ``rx`` axis, on clockwise; n is the least
multiple of eight, from 16 on, with which the chord of a circle of the longer radius stays within a
sixteenth of a pixel of its arc (COCO's own grid is a fifth).

Angles are degrees clockwise on the screen. Coordinates are rounded to a ten-thousandth of a pixel,
which takes away what the sines of different machines differ by, and hold the shortest decimal of a
float32.
"""

import math

import numpy as np
import orjson
from numpy.typing import NDArray

from datasetbuilder.model import Ellipse, Part, Polygon, Ring, RotatedBox

_CHORD = 1 / 16
_LEAST_VERTICES = 16
_STEP = 8


def ring_from_turned(shape: RotatedBox | Ellipse) -> Ring:
    """The vertices that stand for the shape."""
    if isinstance(shape, RotatedBox):
        half = np.array([shape.width / 2, shape.height / 2])
        unit = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
    else:
        half = np.array([shape.rx, shape.ry])
        unit = _circle(vertices_of_ellipse(shape))
    return _placed(unit * half, shape)


def polygon_from_turned(shape: RotatedBox | Ellipse) -> Polygon:
    """The polygon that covers exactly the shape's pixels."""
    return Polygon((Part(ring_from_turned(shape)),))


def vertices_of_ellipse(ellipse: Ellipse) -> int:
    """How many vertices stand for an ellipse."""
    longest = max(ellipse.rx, ellipse.ry)
    if longest <= _CHORD:
        return _LEAST_VERTICES
    exact = math.pi / math.acos(1 - _CHORD / longest)
    # Not one step more where the machine's arc cosine is a rounding error off.
    return max(_LEAST_VERTICES, math.ceil(exact / _STEP - 1e-9) * _STEP)


def _circle(count: int) -> NDArray[np.float64]:
    angles = 2 * np.pi * np.arange(count) / count
    return np.stack([np.cos(angles), np.sin(angles)], 1)


def _placed(points: NDArray[np.float64], shape: RotatedBox | Ellipse) -> Ring:
    turn = math.radians(shape.angle)
    cosine, sine = math.cos(turn), math.sin(turn)
    turned = points @ np.array([(cosine, sine), (-sine, cosine)]) + (shape.cx, shape.cy)
    # Adding 0 makes no zero negative.
    singles = (np.round(turned, 4) + 0.0).astype(np.float32)
    pairs = orjson.loads(orjson.dumps(singles, option=orjson.OPT_SERIALIZE_NUMPY))
    return tuple((x, y) for x, y in pairs)
