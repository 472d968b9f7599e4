"""From the frame of the original to that of a corrected picture, and the shapes with it.

A frame is a projective map of continuous coordinates and the size of the result. Labels stay in the
original frame; `placed` says where they are seen. Quarter turns and crops are exact: a mask keeps
every pixel. Any other frame takes the pixel of the original that holds the centre of each pixel.
"""

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry.centres import HALF
from datasetbuilder.geometry.checks import canonical_angle, checked
from datasetbuilder.geometry.masks import crop_from_mask, mask_from_array
from datasetbuilder.geometry.turned import polygon_from_turned
from datasetbuilder.model import (
    Box,
    Ellipse,
    Geometry,
    Keypoints,
    Mask,
    Part,
    Points,
    Polygon,
    Polyline,
    Ring,
    RotatedBox,
    Tag,
)

Matrix: TypeAlias = NDArray[np.floating]
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Where each place of an original is in the result.

    Attributes
    ----------
    matrix : ndarray of float, shape (3, 3)
        Takes ``(x, y, 1)`` of the original to the result.
    size : tuple of int
        ``(height, width)`` of the result.
    exact : bool
        Whether pixels go to pixels: quarter turns and crops alone.
    """

    matrix: Matrix
    size: tuple[int, int]
    exact: bool = True

    @classmethod
    def whole(cls, shape: tuple[int, int]) -> "Frame":
        """The original as it is."""
        return cls(np.eye(3), shape)

    def then(self, matrix: ArrayLike, size: tuple[int, int], *, exact: bool) -> "Frame":
        """One more step behind this one."""
        return Frame(np.asarray(matrix, float) @ self.matrix, size, self.exact and exact)

    @property
    def turn(self) -> float | None:
        """The angle by which everything is turned, clockwise on the screen; None if it is bent."""
        a, b = self.matrix[0, :2], self.matrix[1, :2]
        flat = np.allclose(self.matrix[2], (0, 0, 1), rtol=0, atol=_TINY)
        if not flat or not np.allclose((b[1], -b[0]), a, rtol=0, atol=1e-9):
            return None
        return math.degrees(math.atan2(b[0], a[0]))

    def points(self, points: ArrayLike) -> NDArray[np.float64]:
        """Where points of the original are in the result, shape (N, 2)."""
        return _mapped(self.matrix, np.asarray(points, float).reshape(-1, 2))

    def original(self, points: ArrayLike) -> NDArray[np.float64]:
        """Where points of the result are in the original, shape (N, 2)."""
        return _mapped(np.linalg.inv(self.matrix), np.asarray(points, float).reshape(-1, 2))


def _mapped(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    lifted = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return lifted[:, :2] / lifted[:, 2:]


def placed(geometry: Geometry, frame: Frame) -> Geometry | None:
    """A shape of the original as it lies in the result; None where nothing of it is left.

    Nothing is left of what ends up outside, and of what the result has no valid shape for.

    A box stays a box where it can, becomes a rotated box in a turned frame and a polygon in a bent
    one; so do rotated boxes and ellipses.
    """
    try:
        moved = _moved(geometry, frame)
        return None if moved is None else checked(moved, frame.size)
    except GeometryError:
        return None


def _moved(geometry: Geometry, frame: Frame) -> Geometry | None:
    match geometry:
        case Tag():
            return geometry
        case Box():
            return _moved_box(geometry, frame)
        case RotatedBox() | Ellipse():
            return _moved_turned(geometry, frame)
        case Mask():
            return _moved_mask(geometry, frame)
        case Polygon(parts):
            rings = ((part.exterior, part.holes) for part in parts)
            moved = (
                (_ring(out, frame), tuple(_ring(x, frame) for x in holes)) for out, holes in rings
            )
            return Polygon(tuple(Part(out, holes) for out, holes in moved))
        case Polyline(points):
            return Polyline(_ring(points, frame))
        case Points(points):
            return Points(_ring(points, frame))
        case Keypoints(points):
            places = frame.points([(one.x, one.y) for one in points]).tolist()
            found = zip(points, places, strict=True)
            return Keypoints(tuple(replace(one, x=x, y=y) for one, (x, y) in found))


def _ring(ring: Ring, frame: Frame) -> Ring:
    return tuple((x, y) for x, y in frame.points(ring).tolist())


def _corners(box: Box) -> list[tuple[float, float]]:
    right, bottom = box.x + box.width, box.y + box.height
    return [(box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom)]


def _moved_box(box: Box, frame: Frame) -> Geometry:
    corners = frame.points(_corners(box))
    turn = frame.turn
    if turn is None:
        return Polygon((Part(tuple((x, y) for x, y in corners.tolist())),))
    if abs(turn / 90 - round(turn / 90)) < _TINY:
        (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        return Box(left, top, right - left, bottom - top)
    x, y = corners.mean(axis=0).tolist()
    return RotatedBox(x, y, box.width, box.height, canonical_angle(turn))


def _moved_turned(shape: RotatedBox | Ellipse, frame: Frame) -> Geometry | None:
    turn = frame.turn
    if turn is None:
        return _moved(polygon_from_turned(shape), frame)
    ((x, y),) = frame.points([(shape.cx, shape.cy)]).tolist()
    return replace(shape, cx=x, cy=y, angle=canonical_angle(shape.angle + turn))


def _moved_mask(mask: Mask, frame: Frame) -> Mask | None:
    """Ask for each pixel of the result which pixel of the original is there."""
    box = Box(mask.x, mask.y, mask.width, mask.height)
    corners = frame.points(_corners(box))
    left, top = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
    right, bottom = min(right, frame.size[1]), min(bottom, frame.size[0])
    if right <= left or bottom <= top:
        return None
    column, row = sources(frame, (left, top, right, bottom))
    crop = crop_from_mask(mask)
    column, row = column - mask.x, row - mask.y
    inside = (column >= 0) & (row >= 0) & (column < mask.width) & (row < mask.height)
    pixels = np.zeros(inside.shape, bool)
    pixels[inside] = crop[row[inside], column[inside]]
    return mask_from_array(pixels, offset=(left, top)) if pixels.any() else None


def sources(
    frame: Frame, window: tuple[int, int, int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which column and row of the original holds the centre of each pixel of a window.

    Parameters
    ----------
    frame : Frame
    window : tuple of int
        ``(left, top, right, bottom)`` in the result.

    Returns
    -------
    column, row : ndarray of int, shape (bottom - top, right - left)
        They may lie outside of the original.
    """
    left, top, right, bottom = window
    x, y = np.meshgrid(np.arange(left, right) + HALF, np.arange(top, bottom) + HALF)
    found = np.floor(frame.original(np.column_stack([x.ravel(), y.ravel()]))).astype(np.int64)
    return found[:, 0].reshape(x.shape), found[:, 1].reshape(x.shape)
