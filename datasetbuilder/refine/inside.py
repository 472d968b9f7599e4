"""The bright or the dark pixels inside a shape."""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.errors import UnknownName
from datasetbuilder.geometry import array_from_polygon
from datasetbuilder.model import Box, Part, Polygon
from datasetbuilder.refine import window as windows
from datasetbuilder.refine.band import in_window
from datasetbuilder.refine.lab import Levels, lab_from_pixels, levels_of, pixels_from_image
from datasetbuilder.refine.proposal import Proposal, nothing
from datasetbuilder.refine.window import Window

SIDES = ("auto", "bright", "dark")

_OUTSIDE = "The shape lies outside the image."
_FLAT = "The shape covers no pixel: draw it larger."
_NO_CONTRAST = "Inside the shape all pixels are equal: there is nothing to tell apart."
_ALL_OR_NOTHING = "Every pixel or none passes at this level: move the slider."


def threshold(
    image: ArrayLike, shape: Polygon | Box, *, level: float | None = None, side: str = "auto"
) -> Proposal:
    """Propose the bright, or the dark, pixels inside a shape.

    Parameters
    ----------
    image : array_like of shape (H, W) or (H, W, C)
    shape : Polygon or Box
    level : float, optional
        Lightness (0 to 100) that parts bright from dark; by default Otsu's inside the shape.
    side : str
        ``bright``, ``dark``, or ``auto``: the side that touches the shape's outline less.

    Raises
    ------
    UnknownName
        If there is no such side.
    """
    if side not in SIDES:
        raise UnknownName(f"no side {side!r}; there are: {', '.join(SIDES)}")
    pixels = pixels_from_image(image)
    size = (pixels.shape[0], pixels.shape[1])
    polygon = _polygon_of(shape)
    points = np.concatenate([np.array(part.exterior, float) for part in polygon.parts])
    extent = windows.extent_of_points(points, size, room=1.0) if np.isfinite(points).all() else None
    if extent is None:
        return nothing(size, method="threshold", hint=_OUTSIDE)
    crop = Window(extent, (extent.sides[1], extent.sides[0]), size)
    inside = array_from_polygon(in_window(polygon, crop), crop.shape)
    if not inside.any():
        return nothing(size, method="threshold", hint=_FLAT)
    light = _lightness(pixels[extent.slices], levels_of(pixels))
    values = light[inside]
    if np.ptp(values) < 1e-6:
        return nothing(size, method="threshold", hint=_NO_CONTRAST)
    bright = (light > (otsu_level(values) if level is None else level)) & inside
    wanted = bright if _is_bright(side, bright, inside) else inside & ~bright
    mask = np.zeros(size, bool)
    mask[extent.slices] = wanted
    useful = wanted.any() and not np.array_equal(wanted, inside)
    return Proposal(mask, "threshold", 0.0, "" if useful else _ALL_OR_NOTHING)


def _is_bright(side: str, bright: NDArray[np.bool_], inside: NDArray[np.bool_]) -> bool:
    if side != "auto":
        return side == "bright"
    padded = np.pad(inside, 1).astype(np.uint8)
    rim = inside & (cv2.erode(padded, np.ones((3, 3), np.uint8))[1:-1, 1:-1] == 0)
    return bool(bright[rim].mean() <= 0.5)


def _lightness(pixels: NDArray, levels: Levels) -> NDArray[np.float32]:
    return np.ascontiguousarray(lab_from_pixels(pixels, levels)[..., 0])


def otsu_level(values: NDArray[np.float32]) -> float:
    """The level that parts values into two groups as far apart as can be.

    References
    ----------
    .. [1] Otsu, N. A threshold selection method from gray-level histograms. IEEE SMC 9 (1979).
       DOI 10.1109/TSMC.1979.4310076
    """
    low, high = float(values.min()), float(values.max())
    counts, edges = np.histogram(values, bins=256, range=(low, max(high, low + 1e-6)))
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * middles)
    mean_below = sums / np.maximum(below, 1)
    mean_above = (sums[-1] - sums) / np.maximum(above, 1)
    between = below * above * (mean_below - mean_above) ** 2
    return float(edges[1:][between.argmax()])


def _polygon_of(shape: Polygon | Box) -> Polygon:
    if isinstance(shape, Polygon):
        return shape
    x, y, right, bottom = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    return Polygon((Part(((x, y), (right, y), (right, bottom), (x, bottom))),))
