"""Area and bounding box of a shape, from the pixels that trainers will see."""

from dataclasses import dataclass

from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.geometry.rle import checked_shape
from datasetbuilder.model import Bbox, Box, Geometry, Tag


@dataclass(frozen=True, slots=True)
class Extent:
    """``area`` in pixels and ``bbox`` as ``(x, y, width, height)``, None where nothing is drawn."""

    area: float
    bbox: Bbox | None


def extent(geometry: Geometry, shape: tuple[int, int]) -> Extent:
    """Area and bounding box of a geometry on an image of ``(height, width)``.

    A box is measured as drawn; polygons and masks by the pixels they cover.
    """
    match geometry:
        case Tag():
            return Extent(0.0, None)
        case Box(x, y, width, height):
            return Extent(float(width * height), (x, y, width, height))
        case _:
            spans = spans_from_geometry(geometry, checked_shape(shape))
            return Extent(float(spans.area), spans.bbox)
