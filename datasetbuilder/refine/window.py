"""The part of an image that a refine tool works on, at the scale it works at.

Nothing is ever computed on the whole of a large image: a window round the drawing is read, shrunk
(or a small one enlarged) to at most a fifth of a megapixel, and the answer is carried back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from datasetbuilder.model import Stroke

WORK_AREA = 200_000
ENLARGED_AREA = 80_000
WHOLE_AREA = 320_000
LARGEST_ENLARGEMENT = 4.0
ROOM = 0.5
LEAST_ROOM = 64


class Extent(NamedTuple):
    """A rectangle of whole pixels; ``right`` and ``bottom`` are one past the last."""

    left: int
    top: int
    right: int
    bottom: int

    def united(self, other: "Extent") -> "Extent":
        """The smallest rectangle that holds both."""
        low = np.minimum(self[:2], other[:2])
        high = np.maximum(self[2:], other[2:])
        return Extent(int(low[0]), int(low[1]), int(high[0]), int(high[1]))

    def grown(self, by: int, shape: tuple[int, int]) -> "Extent":
        """The rectangle with room on every side, clipped to an image of ``shape``."""
        return Extent(
            max(self.left - by, 0),
            max(self.top - by, 0),
            min(self.right + by, shape[1]),
            min(self.bottom + by, shape[0]),
        )

    @property
    def sides(self) -> tuple[int, int]:
        """``(width, height)``."""
        return self.right - self.left, self.bottom - self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of these pixels in an array of the image."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True, slots=True)
class Window:
    """Pixels ``extent`` of an image of ``image_shape``, worked on as an array of ``shape``."""

    extent: Extent
    shape: tuple[int, int]
    image_shape: tuple[int, int]

    @property
    def scale(self) -> float:
        """Work pixels per image pixel."""
        return self.shape[1] / self.extent.sides[0]

    def read(self, image: NDArray) -> NDArray:
        """The window's pixels at work scale: averaged when shrunk, interpolated when enlarged."""
        crop = np.ascontiguousarray(image[self.extent.slices])
        if crop.shape[:2] == self.shape:
            return crop
        if crop.dtype not in (np.uint8, np.uint16, np.float32):
            crop = crop.astype(np.float32)
        how = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_LINEAR
        return cv2.resize(crop, self.shape[::-1], interpolation=how)

    def covered(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask of the image as work pixels that are at least half covered."""
        crop = mask[self.extent.slices].astype(np.uint8) * np.uint8(255)
        how = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_LINEAR
        return cv2.resize(crop, self.shape[::-1], interpolation=how) >= 128

    def mask_from_work(self, work: NDArray[np.bool_], *, smooth: float = 0.0) -> NDArray[np.bool_]:
        """Carry a mask of work pixels to the whole image.

        ``smooth`` rounds its outline by a Gaussian of that many image pixels.
        """
        sides, scale = self.extent.sides, self.scale
        soft = work.astype(np.float32)
        blur = max(smooth * scale, 0.5 if scale < 1 else 0.0)
        if blur > 0:
            soft = cv2.GaussianBlur(soft, (0, 0), blur, borderType=cv2.BORDER_REPLICATE)
        if work.shape != sides[::-1]:
            how = cv2.INTER_LINEAR if scale < 1 else cv2.INTER_AREA
            soft = cv2.resize(soft, sides, interpolation=how)
        mask = np.zeros(self.image_shape, bool)
        mask[self.extent.slices] = soft >= 0.5
        return mask

    def strokes(self, strokes: Iterable[Stroke]) -> list[Stroke]:
        """Strokes of the image in work pixels, never thinner than one."""
        scale = np.array([self.shape[1], self.shape[0]]) / self.extent.sides
        origin = np.array(self.extent[:2])
        return [
            replace(
                stroke,
                points=tuple(map(tuple, ((np.array(stroke.points) - origin) * scale).tolist())),
                width=max(stroke.width * float(scale.mean()), 1.0),
            )
            for stroke in strokes
        ]


def whole(shape: tuple[int, int]) -> Window:
    """The window that is the whole image."""
    return scaled(Extent(0, 0, shape[1], shape[0]), shape)


def around(extents: Iterable[Extent], shape: tuple[int, int]) -> Window:
    """The window to work in for things drawn one after the other.

    It changes only when something is drawn near its edge or beyond, so that most strokes find
    their window prepared.
    """
    drawn: Extent | None = None
    current: Extent | None = None
    for extent in extents:
        drawn = extent if drawn is None else drawn.united(extent)
        if current is None or not _holds(current, drawn, shape):
            current = drawn.grown(max(int(ROOM * max(drawn.sides)), LEAST_ROOM), shape)
    if current is None or _is_most_of(current, shape):
        return whole(shape)
    return scaled(current, shape)


def scaled(extent: Extent, shape: tuple[int, int], *, area: int = WORK_AREA) -> Window:
    """The window on an extent that has about ``area`` work pixels, fewer where it is enlarged."""
    width, height = extent.sides
    scale = (area / (width * height)) ** 0.5
    if scale > 1:
        enlarged = (min(area, ENLARGED_AREA) / (width * height)) ** 0.5
        scale = min(max(enlarged, 1.0), LARGEST_ENLARGEMENT)
    if 0.75 < scale < 1.25:
        scale = 1.0
    work = (max(round(height * scale), 1), max(round(width * scale), 1))
    return Window(extent, work, shape)


def extent_of_points(points: NDArray, shape: tuple[int, int], *, room: float) -> Extent | None:
    """The pixels of the image within ``room`` of finite points; None when there are none."""
    low, high = np.floor(points.min(0) - room), np.ceil(points.max(0) + room)
    left, top = np.clip(low, 0, shape[::-1]).astype(int).tolist()
    right, bottom = np.clip(high, 0, shape[::-1]).astype(int).tolist()
    return Extent(left, top, right, bottom) if right > left and bottom > top else None


def extent_of_stroke(stroke: Stroke, shape: tuple[int, int]) -> Extent | None:
    """The pixels of the image that a stroke can touch; None when it lies outside."""
    points = np.array(stroke.points, float)
    return extent_of_points(points, shape, room=stroke.width / 2 + 1)


def extent_of_mask(mask: NDArray[np.bool_]) -> Extent | None:
    """The tight rectangle round the set pixels; None when there are none."""
    rows = np.flatnonzero(mask.any(1))
    if not len(rows):
        return None
    columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(0))
    return Extent(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _holds(outer: Extent, inner: Extent, shape: tuple[int, int]) -> bool:
    margin = max(outer.sides) // 12
    return outer == outer.united(inner.grown(margin, shape))


def _is_most_of(extent: Extent, shape: tuple[int, int]) -> bool:
    area = shape[0] * shape[1]
    return area <= WHOLE_AREA and 3 * extent.sides[0] * extent.sides[1] > area
