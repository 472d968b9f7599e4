"""Area and bounding box of a shape, from the pixels that trainers will see."""

import math
from dataclasses import dataclass

from datasetbuilder.geometry.outline import cut_rings
from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.geometry.rle import checked_shape, measure_rings
from datasetbuilder.model import (
    Bbox,
    Box,
    Geometry,
    Keypoints,
    Points,
    Polygon,
    Polyline,
    Ring,
    Tag,
)


@dataclass(frozen=True, slots=True)
class Extent:
    """``area`` in pixels and ``bbox`` as ``(x, y, width, height)``, None where nothing is drawn."""

    area: float
    bbox: Bbox | None


def extent(geometry: Geometry, shape: tuple[int, int]) -> Extent:
    """Area and bounding box of a geometry on an image of ``(height, width)``.

    A box is measured as drawn; shapes that cover pixels by these. Polylines, points and keypoints
    have no area, and the box of the pixels that hold their labelled points, at least one wide and
    high, since trainers refuse boxes without an inside.
    """
    size = checked_shape(shape)
    match geometry:
        case Tag():
            return Extent(0.0, None)
        case Box(x, y, width, height):
            return Extent(float(width * height), (x, y, width, height))
        case Polyline(points) | Points(points):
            return Extent(0.0, _bbox_of_points(points, size))
        case Keypoints():
            places = tuple((point.x, point.y) for point in geometry.labelled)
            return Extent(0.0, _bbox_of_points(places, size) if places else None)
        case Polygon():
            area, bbox = measure_rings(cut_rings(geometry), size)
            return Extent(float(area), bbox)
        case _:
            spans = spans_from_geometry(geometry, size)
            return Extent(float(spans.area), spans.bbox)


def _bbox_of_points(points: Ring, shape: tuple[int, int]) -> Bbox:
    height, width = shape
    left, right = _side([x for x, _ in points], width)
    top, bottom = _side([y for _, y in points], height)
    return float(left), float(top), float(right - left), float(bottom - top)


def _side(values: list[float], limit: int) -> tuple[int, int]:
    """From the first pixel that holds a value to behind the last; the far edge is in the last."""
    low = min(math.floor(min(values)), limit - 1)
    return low, max(low + 1, math.ceil(max(values)))
