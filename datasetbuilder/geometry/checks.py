"""What may be stored: inside the image, without crossings, covering something."""

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry.areas import area_from_part, parts_from_area
from datasetbuilder.geometry.lines import (
    checked_keypoints,
    checked_points,
    checked_polyline,
)
from datasetbuilder.geometry.masks import mask_from_spans, spans_from_mask
from datasetbuilder.geometry.outline import cut_rings
from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.geometry.rle import (
    MAX_COORDINATE,
    checked_shape,
    measure_rings,
    points_from_ring,
)
from datasetbuilder.model import (
    Box,
    Ellipse,
    Geometry,
    Keypoints,
    Mask,
    Part,
    Points,
    Polygon,
    Polyline,
    Ring,
    RotatedBox,
    Tag,
)
from datasetbuilder.wire import shortest_float32

_PLAIN = {
    "Self-intersection": "{ring} crosses itself near {place}",
    "Ring Self-intersection": "{ring} touches itself near {place}",
    "Hole lies outside shell": "a hole lies outside the outline near {place}",
    "Holes are nested": "a hole lies inside another hole near {place}",
    "Nested holes": "a hole lies inside another hole near {place}",
    "Interior is disconnected": "the holes cut the shape into pieces near {place}",
    "Duplicate Rings": "a hole lies on another ring near {place}",
}


def checked(geometry: Geometry, shape: tuple[int, int]) -> Geometry:
    """The geometry as it may be stored for an image.

    What reaches over the image's edge is cut off. A box or polygon that lies inside keeps its very
    numbers; of a polygon only a repeated closing point is dropped. A mask comes back canonical:
    tight, one text for one set of pixels. A rotated box or an ellipse would be another shape when
    cut: it keeps its numbers as long as it covers a pixel of the image, and only its area and its
    bounding box end at the edge. A polyline is cut at the edge, points outside are left out,
    keypoints outside are no longer labelled.

    Parameters
    ----------
    geometry : Geometry
    shape : tuple of int
        ``(height, width)`` of the image.

    Raises
    ------
    GeometryError
        If the shape lies outside the image, covers no pixel, crosses itself, or is malformed.
    """
    size = checked_shape(shape)
    match geometry:
        case Tag():
            return geometry
        case Box():
            return _checked_box(geometry, size)
        case Polygon():
            return _checked_polygon(geometry, size)
        case Mask():
            return _checked_mask(geometry, size)
        case RotatedBox() | Ellipse():
            return _checked_turned(geometry, size)
        case Polyline():
            return checked_polyline(geometry, size)
        case Points():
            return checked_points(geometry, size)
        case Keypoints():
            return checked_keypoints(geometry, size)


def _outside(what: str, shape: tuple[int, int]) -> GeometryError:
    return GeometryError(f"the {what} lies outside the image of {shape[1]} × {shape[0]} pixels")


# --- boxes and masks --------------------------------------------------------------------------


def _checked_box(box: Box, shape: tuple[int, int]) -> Box:
    if not all(abs(n) <= MAX_COORDINATE for n in (box.x, box.y, box.width, box.height)):
        raise GeometryError("the box has a number that is not finite and below ten million")
    if box.width <= 0 or box.height <= 0:
        raise GeometryError(
            f"the box is {box.width:g} × {box.height:g} pixels: it must be wider and higher than 0"
        )
    x, width = _clipped_side(box.x, box.width, shape[1])
    y, height = _clipped_side(box.y, box.height, shape[0])
    if width <= 0 or height <= 0:
        raise _outside("box", shape)
    return Box(x, y, width, height)


def _clipped_side(start: float, length: float, limit: int) -> tuple[float, float]:
    """Start and length within 0 … limit; untouched when they already are."""
    if start >= 0 and start + length <= limit:
        return start, length
    low = max(start, 0.0)
    inside = shortest_float32(min(start + length, limit) - low)
    if low + inside > limit:
        inside = shortest_float32(float(np.nextafter(np.float32(inside), np.float32(0))))
    return low, inside


def _checked_turned(turned: RotatedBox | Ellipse, shape: tuple[int, int]) -> RotatedBox | Ellipse:
    name, sides = "rotated box", ("width", "height")
    if isinstance(turned, Ellipse):
        name, sides = "ellipse", ("rx", "ry")
    numbers = [getattr(turned, key) for key in ("cx", "cy", *sides, "angle")]
    if not all(abs(n) <= MAX_COORDINATE for n in numbers):
        raise GeometryError(f"the {name} has a number that is not finite and below ten million")
    if min(numbers[2:4]) <= 0:
        raise GeometryError(f"the {name} must be wider and higher than 0")
    canonical = replace(turned, angle=canonical_angle(turned.angle))
    if not len(spans_from_geometry(canonical, shape)):
        raise GeometryError(
            f"the {name} covers no pixel of the image of {shape[1]} × {shape[0]} pixels"
        )
    return canonical


def canonical_angle(angle: float) -> float:
    """The angle from −180 up to, not including, 180 degrees; one inside keeps its very number."""
    if -180 <= angle < 180:
        return angle + 0.0
    return shortest_float32((angle + 180) % 360 - 180)


def _checked_mask(mask: Mask, shape: tuple[int, int]) -> Mask:
    if mask.width > shape[1] or mask.height > shape[0]:
        raise GeometryError(
            f"the mask of {mask.width} × {mask.height} pixels is larger than the image of "
            f"{shape[1]} × {shape[0]}"
        )
    given = spans_from_mask(mask)
    inside = given.clipped(shape)
    if len(given) and not len(inside):
        raise _outside("mask", shape)
    return mask_from_spans(inside)


# --- polygons ---------------------------------------------------------------------------------


def _checked_polygon(polygon: Polygon, shape: tuple[int, int]) -> Polygon:
    if not polygon.parts:
        raise GeometryError("the polygon has no parts")
    parts = tuple(
        Part(_opened(part.exterior), tuple(_opened(hole) for hole in part.holes))
        for part in polygon.parts
    )
    for number, part in enumerate(parts, 1):
        _check_part(part, f"part {number}: " if len(parts) > 1 else "")
    inside = parts if all(_is_inside(part, shape) for part in parts) else _clipped(parts, shape)
    result = Polygon(inside)
    if not measure_rings(cut_rings(result), shape)[0]:
        raise GeometryError("the polygon covers no pixel: draw it larger")
    return result


def _opened(ring: Ring) -> Ring:
    """The ring without a repeated closing point."""
    points_from_ring(ring)
    opened = ring[:-1] if ring[0] == ring[-1] else ring
    if (distinct := len(set(opened))) < 3:
        raise GeometryError(f"a ring needs at least 3 different points, got {distinct}")
    return opened


def _check_part(part: Part, where: str) -> None:
    for index, ring in enumerate((part.exterior, *part.holes)):
        name = f"{where}the outline" if index == 0 else f"{where}hole {index}"
        _refuse_invalid(shapely.Polygon(ring), name)
    if part.holes:
        _refuse_invalid(
            area_from_part(part), f"{where}a hole meets the outline or another hole: it"
        )


def _refuse_invalid(polygon: shapely.Polygon, ring: str) -> None:
    if polygon.is_valid:
        return
    reason, place = _reason(polygon)
    plain = _PLAIN.get(reason, f"{{ring}} is not valid ({reason}) near {{place}}")
    raise GeometryError(plain.format(ring=ring, place=place))


def _reason(polygon: shapely.Polygon) -> tuple[str, str]:
    found = re.fullmatch(r"(.*)\[(\S+) (\S+)\]", shapely.is_valid_reason(polygon))
    if found is None:
        return shapely.is_valid_reason(polygon), "its first point"
    return found[1], f"({float(found[2]):.1f}, {float(found[3]):.1f})"


def _is_inside(part: Part, shape: tuple[int, int]) -> bool:
    height, width = shape
    points: NDArray[np.float64] = np.array(part.exterior)
    return bool((points >= 0).all() and (points <= (width, height)).all())


def _clipped(parts: Iterable[Part], shape: tuple[int, int]) -> tuple[Part, ...]:
    frame = shapely.box(0, 0, shape[1], shape[0])
    kept: list[Part] = []
    for part in parts:
        if _is_inside(part, shape):
            kept.append(part)
        else:
            kept += parts_from_area(shapely.intersection(area_from_part(part), frame))
    if not kept:
        raise _outside("polygon", shape)
    return tuple(kept)
