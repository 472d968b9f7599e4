"""The narrow band round a rough outline in which the true one is looked for."""

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from datasetbuilder.geometry import array_from_polygon
from datasetbuilder.model import Part, Polygon, Ring
from datasetbuilder.refine.graph import RegionGraph, graph_from_lab
from datasetbuilder.refine.lab import Levels, lab_from_pixels
from datasetbuilder.refine.regions import gradient
from datasetbuilder.refine.window import Window

EDGE_SCALE = 1.5
_CORE_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Band:
    """A work window in which the pixels far inside and far outside the outline are settled.

    Attributes
    ----------
    lab : ndarray of float32, shape (h, w, 3)
    edges : ndarray of float32, shape (h, w)
        Lab gradient.
    rough : ndarray of bool, shape (h, w)
        What the person outlined.
    inside, outside : ndarray of bool, shape (h, w)
        Settled pixels.
    rings : tuple of ndarray, shape (N, 2)
        The rough outline in work pixels, exteriors and holes.
    width : float
        Half the band's width in work pixels.
    """

    lab: NDArray[np.float32]
    edges: NDArray[np.float32]
    rough: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    rings: tuple[NDArray[np.float64], ...]
    width: float

    @cached_property
    def graph(self) -> RegionGraph:
        """The region graph of the window."""
        return graph_from_lab(self.lab)

    @property
    def between(self) -> NDArray[np.bool_]:
        """The pixels to be decided."""
        return ~(self.inside | self.outside)

    def narrowed(self, share: float) -> "Band":
        """The same band with ``share`` of its width."""
        width = self.width * share
        inside, outside = _settled(self.rough, width)
        band = replace(self, inside=inside, outside=outside, width=width)
        if "graph" in self.__dict__:
            band.__dict__["graph"] = self.graph
        return band

    def settled(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask that keeps to the settled pixels."""
        return (mask & ~self.outside) | self.inside


def band_of(
    pixels: NDArray, levels: Levels, polygon: Polygon, window: Window, width: float
) -> Band:
    """The band of ``width`` work pixels on either side of a polygon."""
    work = in_window(polygon, window)
    rough = np.ascontiguousarray(array_from_polygon(work, window.shape))
    lab = lab_from_pixels(window.read(pixels), levels)
    inside, outside = _settled(rough, width)
    rings = tuple(np.array(r) for part in work.parts for r in (part.exterior, *part.holes))
    return Band(lab, gradient(lab, EDGE_SCALE), rough, inside, outside, rings, width)


def in_window(polygon: Polygon, window: Window) -> Polygon:
    """The polygon in work pixels."""
    scale = np.array([window.shape[1], window.shape[0]]) / window.extent.sides
    origin = np.array(window.extent[:2])

    def moved(ring: Ring) -> Ring:
        points = (np.array(ring, float) - origin) * scale
        return tuple((x, y) for x, y in points.tolist())

    return Polygon(
        tuple(Part(moved(p.exterior), tuple(map(moved, p.holes))) for p in polygon.parts)
    )


def _settled(rough: NDArray[np.bool_], width: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    depth = cv2.distanceTransform(rough.astype(np.uint8), cv2.DIST_L2, 5)
    beyond = cv2.distanceTransform((~rough).astype(np.uint8), cv2.DIST_L2, 5)
    # In a thin object the core is its deepest part, however wide the band.
    return depth > min(width, _CORE_SHARE * float(depth.max())), beyond > width
