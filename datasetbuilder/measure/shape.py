"""Lengths and shapes of what was drawn, in pixels of the upright image."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from datasetbuilder.geometry import pixel_centres, polygon_from_mask
from datasetbuilder.geometry.masks import mask_from_spans
from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.model import Box, Geometry, Mask, Polygon, Ring

_PIXEL_SPREAD = 1 / 12
"""Second moment of one pixel about its own centre."""


@dataclass(frozen=True, slots=True)
class Region:
    """The measurements of one shape.

    Attributes
    ----------
    centroid : tuple of float
        ``(x, y)`` of the middle of the covered pixels.
    perimeter : float
        Length of all outlines, holes included.
    major_axis, minor_axis : float
        Axes of the ellipse with the same second moments.
    orientation : float
        Of the major axis, from the x axis towards y, in degrees from 0 up to 180.
    """

    centroid: tuple[float, float]
    perimeter: float
    major_axis: float
    minor_axis: float
    orientation: float


def region(geometry: Geometry, shape: tuple[int, int]) -> Region:
    """Measure a box, polygon or mask.

    Parameters
    ----------
    geometry : Box, Polygon or Mask
    shape : tuple of int
        ``(height, width)`` of the image.
    """
    if isinstance(geometry, Box):
        return _box(geometry)
    mask = mask_from_spans(spans_from_geometry(geometry, shape))
    points = pixel_centres(mask)
    spread = np.cov(points.T, bias=True) if len(points) > 1 else np.zeros((2, 2))
    sizes, directions = np.linalg.eigh(spread + np.eye(2) * _PIXEL_SPREAD)
    angle = math.degrees(math.atan2(directions[1, 1], directions[0, 1]))
    x, y = points.mean(0)
    return Region(
        centroid=(float(x), float(y)),
        perimeter=_perimeter(geometry, mask),
        major_axis=4 * math.sqrt(sizes[1]),
        minor_axis=4 * math.sqrt(sizes[0]),
        orientation=angle % 180,
    )


def _box(box: Box) -> Region:
    sides = sorted((box.width, box.height))
    return Region(
        centroid=(box.x + box.width / 2, box.y + box.height / 2),
        perimeter=2 * sum(sides),
        major_axis=4 * math.sqrt(sides[1] ** 2 * _PIXEL_SPREAD),
        minor_axis=4 * math.sqrt(sides[0] ** 2 * _PIXEL_SPREAD),
        orientation=0.0 if box.width >= box.height else 90.0,
    )


def _perimeter(geometry: Geometry, mask: Mask) -> float:
    """Of what was drawn; a mask's edge is walked through the middles of its pixel sides."""
    drawn = geometry if isinstance(geometry, Polygon) else polygon_from_mask(mask)
    length = _length if isinstance(geometry, Polygon) else _smoothed
    return sum(length(ring) for part in drawn.parts for ring in (part.exterior, *part.holes))


def _length(ring: Sequence[tuple[float, float]]) -> float:
    return sum(math.dist(a, b) for a, b in pairwise([*ring, ring[0]]))


def _smoothed(ring: Ring) -> float:
    """Without the corners of the staircase, which would make a slope as long as both its sides."""
    corners = np.array([*ring, ring[0]])
    steps = np.diff(corners, axis=0)
    units = np.repeat(np.sign(steps), np.abs(steps).sum(1).astype(int), axis=0)
    middles = corners[0] + np.cumsum(units, axis=0) - units / 2
    return float(np.hypot(*(np.roll(middles, -1, axis=0) - middles).T).sum())
