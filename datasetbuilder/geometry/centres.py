"""Outlines through the centres of edge pixels, as OpenCV and the YOLO trainers fill them.

Those programs cut coordinates to whole pixels, fill, and draw the edge itself too: an outline along
pixel corners would grow there by a column and a row, one through the centres does not.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.geometry.masks import crop_from_mask
from datasetbuilder.geometry.outline import Points, joined
from datasetbuilder.model import Mask

HALF = 0.5
LEAST = 3


def centre_ring_from_mask(mask: Mask) -> Points:
    """One ring through the centres of the mask's edge pixels, shape (N, 2), N at least 3.

    Holes and further pieces are reached by a path of no width; OpenCV draws that path, so such a
    mask comes back with a line of pixels more.
    """
    ring = centre_ring_from_array(crop_from_mask(mask))
    return ring + np.array([mask.x, mask.y])


def centre_ring_from_array(array: ArrayLike) -> Points:
    """One ring through the centres of the edge pixels of a boolean array of shape (H, W)."""
    cv2 = _opencv()
    pixels = np.ascontiguousarray(array, np.uint8)
    found, _ = cv2.findContours(pixels, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    rings = [np.asarray(ring[:, 0], float) for ring in found]
    ring = joined(rings) if len(rings) > 1 else rings[0]
    if len(ring) < LEAST:
        ring = np.vstack([ring, np.repeat(ring[-1:], LEAST - len(ring), axis=0)])
    return ring + HALF


def array_from_centre_ring(ring: ArrayLike, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels that OpenCV fills inside such a ring."""
    corners = np.floor(np.asarray(ring, float)).astype(np.int32)
    filled = np.zeros(shape, np.uint8)
    _opencv().fillPoly(filled, [corners], 1)
    return filled.astype(bool)


def pixel_centres(mask: Mask) -> Points:
    """The centres of the mask's pixels, shape (N, 2)."""
    rows, columns = np.nonzero(crop_from_mask(mask))
    return np.stack([columns + mask.x + HALF, rows + mask.y + HALF], axis=1)


def _opencv() -> Any:
    # Loaded here: a server that starts needs no outline of this kind.
    import cv2

    return cv2
