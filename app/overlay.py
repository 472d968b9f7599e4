"""What lies over a picture: a map of shares as a picture of its own, shapes as lines."""

from io import BytesIO

import numpy as np
from PIL import Image as Picture

from datasetbuilder.geometry import polygon_from_mask, ring_from_turned
from datasetbuilder.model import (
    Box,
    Ellipse,
    Geometry,
    Keypoints,
    Mask,
    Point,
    Points,
    Polygon,
    Polyline,
    RotatedBox,
)

_LARGEST = 2048
_COLOR = (230, 30, 60)

Lines = list[list[Point]]


def png(share: np.ndarray) -> bytes:
    """A map of shares between 0 and ½ as a red veil, at most as large as a preview."""
    step = max(1, -(-max(share.shape) // _LARGEST))
    alpha = np.rint(np.clip(share[::step, ::step] * 2, 0, 1) * 200).astype(np.uint8)
    veil = Picture.frombytes("P", alpha.shape[::-1], alpha.tobytes())
    veil.putpalette(bytes(_COLOR) * 256)
    file = BytesIO()
    veil.save(file, "PNG", transparency=bytes(range(256)))
    return file.getvalue()


def lines(geometry: Geometry) -> Lines:
    """The outline of a shape as lines from point to point; closed ones end where they begin."""
    match geometry:
        case Box(x, y, width, height):
            right, bottom = x + width, y + height
            return [[(x, y), (right, y), (right, bottom), (x, bottom), (x, y)]]
        case Polygon():
            return _rings(geometry)
        case Mask():
            return _rings(polygon_from_mask(geometry))
        case RotatedBox() | Ellipse():
            return [_closed(ring_from_turned(geometry))]
        case Polyline(points):
            return [list(points)]
        case Points(points):
            return [_cross(point) for point in points]
        case Keypoints():
            return [_cross((one.x, one.y)) for one in geometry.labelled]
        case _:
            return []


def _rings(polygon: Polygon) -> Lines:
    return [_closed(ring) for part in polygon.parts for ring in (part.exterior, *part.holes)]


def _closed(ring: tuple[Point, ...]) -> list[Point]:
    return [*ring, ring[0]]


def _cross(point: Point) -> list[Point]:
    x, y = point
    return [(x - 3, y), (x + 3, y), (x, y), (x, y - 3), (x, y + 3)]
