"""Rectangles at an angle: their corners, the smallest one around a shape, and back.

The sine and cosine of an angle are rounded to twelve decimals, so that machines whose libraries
differ in the last bit write the same corners.
"""

import math

import numpy as np
import shapely
from numpy.typing import ArrayLike

from datasetbuilder.geometry.outline import Points, polygon_from_mask
from datasetbuilder.model import Box, Ellipse, Geometry, Mask, Polygon, RotatedBox
from datasetbuilder.wire import shortest_float32

_DECIMALS = 12
_UNIT = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
_SQUARE = 1e-3
"""How far, in pixels, the corners of a rectangle may be off."""
_EXACT = 1e-6
_TIE = 1 + 1e-9


def corners_from_rotated_box(box: RotatedBox) -> Points:
    """The four corners, shape (4, 2), the one that is top left before the turn first, clockwise."""
    turn = math.radians(box.angle)
    cosine, sine = round(math.cos(turn), _DECIMALS), round(math.sin(turn), _DECIMALS)
    sized = _UNIT * (box.width, box.height)
    return sized @ np.array([(cosine, sine), (-sine, cosine)]) + (box.cx, box.cy)


def rotated_box_around(geometry: Geometry) -> RotatedBox:
    """The rotated box that the shape is, or the smallest one around it.

    Parameters
    ----------
    geometry : Geometry
        A shape with an outline, or a box.

    Raises
    ------
    TypeError
        If it covers no pixels.
    """
    match geometry:
        case RotatedBox():
            return geometry
        case Ellipse(cx, cy, rx, ry, angle):
            return RotatedBox(cx, cy, 2 * rx, 2 * ry, angle)
        case Box(x, y, width, height):
            return RotatedBox(x + width / 2, y + height / 2, width, height)
        case Mask():
            return _least_around(polygon_from_mask(geometry))
        case Polygon():
            return _least_around(geometry)
    raise TypeError(f"nothing lies in a shape of kind {geometry.kind}")


def rotated_box_from_corners(corners: ArrayLike) -> RotatedBox | None:
    """The rotated box with these four corners in turn, None where they are no rectangle.

    Of all boxes whose corners differ by less than a millionth of a pixel it is the one whose
    numbers are the shortest.
    """
    points = np.asarray(corners, float)
    if _turns_left(points):
        points = points[[0, 3, 2, 1]]
    found = _measured(points)
    if min(found.width, found.height) <= 0:
        return None
    if np.abs(corners_from_rotated_box(found) - points).max() > _SQUARE:
        return None
    return _plainest(found, points)


def _turns_left(points: Points) -> bool:
    x, y = points.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) < 0


def _measured(points: Points) -> RotatedBox:
    cx, cy = points.mean(axis=0).tolist()
    along = (points[1] - points[0] + points[2] - points[3]) / 2
    across = (points[3] - points[0] + points[2] - points[1]) / 2
    angle = math.degrees(math.atan2(along[1], along[0]))
    return RotatedBox(cx, cy, math.hypot(*along), math.hypot(*across), angle)


def _plainest(found: RotatedBox, points: Points) -> RotatedBox:
    numbers = found.cx, found.cy, found.width, found.height, found.angle
    for decimals in range(1, 5):
        plain = RotatedBox(*(round(number, decimals) + 0.0 for number in numbers))
        if np.abs(corners_from_rotated_box(plain) - points).max() < _EXACT:
            return plain
    return RotatedBox(*(shortest_float32(number) for number in numbers))


def _least_around(polygon: Polygon) -> RotatedBox:
    """Smallest over the directions of the hull's edges; the first of equals, at most 45° turned."""
    outer = [point for part in polygon.parts for point in part.exterior]
    hull = shapely.get_coordinates(shapely.convex_hull(shapely.MultiPoint(outer)))
    edges = np.diff(hull, axis=0)
    angles = np.degrees(np.arctan2(edges[:, 1], edges[:, 0])) if len(edges) else np.zeros(1)
    best, least = None, math.inf
    for angle in sorted({round((a + 45) % 90 - 45, 9) + 0.0 for a in angles.tolist()}, key=abs):
        box = _around(hull, angle)
        if box.width * box.height * _TIE < least:
            best, least = box, box.width * box.height
    assert best is not None
    return best


def _around(points: Points, angle: float) -> RotatedBox:
    turn = math.radians(angle)
    cosine, sine = round(math.cos(turn), _DECIMALS), round(math.sin(turn), _DECIMALS)
    back = np.array([(cosine, -sine), (sine, cosine)])
    turned = points @ back
    low, high = turned.min(axis=0), turned.max(axis=0)
    width, height = (high - low).tolist()
    cx, cy = ((low + high) / 2 @ back.T).tolist()
    return RotatedBox(cx, cy, width, height, angle)
