"""A mask's outline with few vertices, for a person to edit."""

import cv2
import numpy as np
from numpy.typing import NDArray

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import (
    array_from_polygon,
    checked,
    polygon_from_array,
)
from datasetbuilder.model import Part, Polygon, Ring
from datasetbuilder.refine.window import extent_of_mask
from datasetbuilder.wire import shortest_float32

LEAST_IOU = 0.98
COARSE = (12.0, 8.0, 5.0)
TOLERANCES = (3.0, 2.0, 1.5, 1.0, 0.75, 0.5, 0.4)


def editable_polygon(mask: NDArray[np.bool_], *, least_iou: float = LEAST_IOU) -> Polygon:
    """The polygon of fewest vertices whose IoU with a mask that is not empty is ``least_iou``.

    Falls back to the exact outline along pixel corners.
    """
    extent = extent_of_mask(mask)
    if extent is None:
        raise GeometryError("the mask covers no pixel")
    crop = mask[extent.slices]
    exact = polygon_from_array(crop)
    for tolerance in TOLERANCES if least_iou >= LEAST_IOU else COARSE + TOLERANCES:
        candidate = _simplified(exact, tolerance, crop.shape)
        if candidate is not None and _iou(candidate, crop) >= least_iou:
            return _moved(candidate, extent.left, extent.top)
    return _moved(exact, extent.left, extent.top)


def _simplified(exact: Polygon, tolerance: float, shape: tuple[int, int]) -> Polygon | None:
    """Douglas-Peucker on the middles of the pixel edges; None if a ring vanishes or crosses."""
    parts = []
    for part in exact.parts:
        rings = [_thinned(ring, tolerance) for ring in (part.exterior, *part.holes)]
        if len(rings[0]) >= 3:
            parts.append(Part(rings[0], tuple(ring for ring in rings[1:] if len(ring) >= 3)))
    try:
        result = checked(Polygon(tuple(parts)), shape)
    except GeometryError:
        return None
    return result if isinstance(result, Polygon) else None


def _thinned(ring: Ring, tolerance: float) -> Ring:
    middles = _edge_middles(np.array(ring))
    kept = cv2.approxPolyDP(middles.astype(np.float32), tolerance, True)[:, 0]
    return tuple((shortest_float32(x), shortest_float32(y)) for x, y in kept.tolist())


def _edge_middles(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """The middle of every unit edge of a pixel-corner ring: the outline without its staircase."""
    sides = np.roll(ring, -1, 0) - ring
    lengths = np.abs(sides).sum(1).astype(int)
    steps = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    unit = np.repeat(np.sign(sides), lengths, axis=0)
    return np.repeat(ring, lengths, axis=0) + (steps + 0.5)[:, None] * unit


def _iou(polygon: Polygon, mask: NDArray[np.bool_]) -> float:
    filled = array_from_polygon(polygon, mask.shape)
    return np.count_nonzero(filled & mask) / np.count_nonzero(filled | mask)


def _moved(polygon: Polygon, x: int, y: int) -> Polygon:
    def ring(points: Ring) -> Ring:
        return tuple((px + x, py + y) for px, py in points)

    return Polygon(tuple(Part(ring(p.exterior), tuple(map(ring, p.holes))) for p in polygon.parts))
