"""Which pixels a shape covers: COCO's rule for all of them.

A polygon is what pycocotools fills when it reads the polygon's own :func:`coco_rings`, so the
screen, the stored area and a trainer agree by construction. COCO rounds points to a fifth of a
pixel and counts crossings; the two ways along a cut cancel, so a part is the exterior xor its
holes, and that is the exterior minus its holes wherever the wall between them is a fifth of a
pixel or more. Parts are united. A box is the polygon of its four corners; a rotated box and an
ellipse are the polygon of :func:`~datasetbuilder.geometry.turned.ring_from_turned`. Polylines,
points and keypoints cover no pixel.

Rings are always rasterised where they lie on the whole image (which allocates nothing of its
size): COCO interpolates edges in floating point, and the same ring moved by whole pixels into a
window differs by a pixel in some polygons of a thousand.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry.masks import spans_from_mask
from datasetbuilder.geometry.outline import cut_rings
from datasetbuilder.geometry.rle import checked_shape, spans_from_rings, text_from_counts
from datasetbuilder.geometry.spans import Spans, array_from_spans, counts_from_spans, union
from datasetbuilder.geometry.turned import ring_from_turned
from datasetbuilder.model import (
    Box,
    Ellipse,
    Geometry,
    Keypoints,
    Mask,
    Points,
    Polygon,
    Polyline,
    RotatedBox,
    Tag,
)


def array_from_geometry(geometry: Geometry, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels that a geometry covers on an image.

    Parameters
    ----------
    geometry : Geometry
        What lies outside the image is left out.
    shape : tuple of int
        ``(height, width)`` of the image.

    Returns
    -------
    pixels : ndarray of bool, shape (H, W)

    Raises
    ------
    GeometryError
        If the geometry is a tag, or malformed.
    """
    height, width = checked_shape(shape)
    return array_from_spans(spans_from_geometry(geometry, (height, width)), (height, width))


def array_from_mask(mask: Mask, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The mask on its image, shape (H, W)."""
    return array_from_geometry(mask, shape)


def array_from_polygon(polygon: Polygon, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The polygon on its image, shape (H, W)."""
    return array_from_geometry(polygon, shape)


def coco_rle(geometry: Geometry, shape: tuple[int, int]) -> dict[str, Any]:
    """The covered pixels as COCO's compressed RLE of the whole image, ``counts`` as text."""
    height, width = checked_shape(shape)
    counts = counts_from_spans(spans_from_geometry(geometry, (height, width)), (height, width))
    return {"size": [height, width], "counts": text_from_counts(counts, (height, width))}


def coco_counts(geometry: Geometry, shape: tuple[int, int]) -> dict[str, Any]:
    """The covered pixels as COCO's uncompressed RLE of the whole image, ``counts`` as a list."""
    height, width = checked_shape(shape)
    counts = counts_from_spans(spans_from_geometry(geometry, (height, width)), (height, width))
    return {"size": [height, width], "counts": counts.tolist()}


def iou(a: Geometry, b: Geometry, shape: tuple[int, int]) -> float:
    """Intersection over union: of two boxes as rectangles, otherwise of the covered pixels."""
    if isinstance(a, Box) and isinstance(b, Box):
        return _box_iou(a, b)
    one, other = (spans_from_geometry(geometry, checked_shape(shape)) for geometry in (a, b))
    united = union([one, other]).area
    return (one.area + other.area - united) / united if united else 0.0


def spans_from_geometry(geometry: Geometry, shape: tuple[int, int]) -> Spans:
    """The covered pixels without an image; what lies outside is left out."""
    match geometry:
        case Tag():
            raise GeometryError("a whole-image label has no outline and no pixels of its own")
        case Box(x, y, width, height):
            right, bottom = x + width, y + height
            corners = np.array([(x, y), (x, bottom), (right, bottom), (right, y)], float)
            return spans_from_rings([corners], shape)
        case Polygon():
            return spans_from_rings(cut_rings(geometry), shape)
        case Mask():
            return spans_from_mask(geometry).clipped(shape)
        case RotatedBox() | Ellipse():
            return spans_from_rings([np.array(ring_from_turned(geometry))], shape)
        case Polyline() | Points() | Keypoints():
            nothing = np.empty(0, np.int64)
            return Spans(nothing, nothing, nothing)


def _box_iou(a: Box, b: Box) -> float:
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    shared = max(width, 0.0) * max(height, 0.0)
    total = a.width * a.height + b.width * b.height - shared
    return shared / total if total > 0 else 0.0
