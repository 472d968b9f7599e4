"""Geometries to JSON and back."""

from collections.abc import Mapping
from typing import Any

from datasetbuilder.errors import WireError
from datasetbuilder.model import (
    Box,
    Ellipse,
    Geometry,
    Keypoint,
    Keypoints,
    Kind,
    Mask,
    Part,
    Points,
    Polygon,
    Polyline,
    Ring,
    RotatedBox,
    Tag,
    Visibility,
)
from datasetbuilder.wire.fields import (
    MAX_KEYPOINTS,
    MAX_VERTICES,
    read_integer,
    read_list,
    read_mapping,
    read_number,
    read_point,
    refuse_unknown,
    required,
    shortest_float32,
)

_MAX_RLE = 20_000_000


def geometry_to_wire(geometry: Geometry) -> dict[str, Any]:
    """The geometry as JSON; its kind travels beside it."""
    match geometry:
        case Tag():
            return {}
        case Box(x, y, width, height):
            return {"x": x, "y": y, "width": width, "height": height}
        case Mask(x, y, width, height, counts):
            return {"x": x, "y": y, "width": width, "height": height, "counts": counts}
        case Polygon(parts):
            return {"parts": [[part.exterior, *part.holes] for part in parts]}
        case RotatedBox(cx, cy, width, height, angle):
            return {"cx": cx, "cy": cy, "width": width, "height": height, "angle": angle}
        case Ellipse(cx, cy, rx, ry, angle):
            return {"cx": cx, "cy": cy, "rx": rx, "ry": ry, "angle": angle}
        case Polyline(points) | Points(points):
            return {"points": points}
        case Keypoints(points):
            return {"points": [(point.x, point.y, int(point.visibility)) for point in points]}


def geometry_from_wire(kind: Kind, value: Any, path: str = "geometry") -> Geometry:
    """Read a geometry of the given kind.

    A polygon is ``{"parts": [[exterior, hole, …], …]}`` with rings of ``[x, y]``; box and mask are
    ``{"x", "y", "width", "height"}``, a mask with ``"counts"`` beside them; a rotated box is
    ``{"cx", "cy", "width", "height", "angle"}``, an ellipse has ``"rx"`` and ``"ry"`` for width and
    height; polyline and points are ``{"points": [[x, y], …]}``, keypoints
    ``{"points": [[x, y, visibility], …]}``.
    """
    data = read_mapping(value, path)
    match kind:
        case Kind.TAG:
            refuse_unknown(data, (), path)
            return Tag()
        case Kind.BOX:
            return _box(data, path)
        case Kind.POLYGON:
            return _polygon(data, path)
        case Kind.MASK:
            return _mask(data, path)
        case Kind.ROTATED_BOX:
            return RotatedBox(*_numbers(data, ("cx", "cy", "width", "height", "angle"), path))
        case Kind.ELLIPSE:
            return Ellipse(*_numbers(data, ("cx", "cy", "rx", "ry", "angle"), path))
        case Kind.POLYLINE:
            return Polyline(_line(data, 2, path))
        case Kind.POINTS:
            return Points(_line(data, 1, path))
        case Kind.KEYPOINTS:
            return _keypoints(data, path)


def _numbers(data: Mapping[str, Any], keys: tuple[str, ...], path: str) -> list[float]:
    refuse_unknown(data, keys, path)
    return [shortest_float32(required(data, key, read_number, path)) for key in keys]


def _box(data: Mapping[str, Any], path: str) -> Box:
    return Box(*_numbers(data, ("x", "y", "width", "height"), path))


def _polygon(data: Mapping[str, Any], path: str) -> Polygon:
    refuse_unknown(data, ("parts",), path)
    budget = [MAX_VERTICES]
    parts = []
    for index, rings in enumerate(required(data, "parts", read_list, path)):
        here = f"{path}.parts[{index}]"
        read = [
            _ring(ring, f"{here}[{k}]", budget) for k, ring in enumerate(read_list(rings, here))
        ]
        if not read:
            raise WireError(here, "needs an exterior ring")
        parts.append(Part(read[0], tuple(read[1:])))
    if not parts:
        raise WireError(f"{path}.parts", "must not be empty")
    return Polygon(tuple(parts))


def _ring(value: Any, path: str, budget: list[int]) -> Ring:
    points = read_list(value, path)
    if len(points) < 3:
        raise WireError(path, f"needs at least 3 points, got {len(points)}")
    budget[0] -= len(points)
    if budget[0] < 0:
        raise WireError(path, f"the polygon has more than {MAX_VERTICES} points")
    return tuple(read_point(point, f"{path}[{k}]") for k, point in enumerate(points))


def _mask(data: Mapping[str, Any], path: str) -> Mask:
    refuse_unknown(data, ("x", "y", "width", "height", "counts"), path)
    x, y, width, height = (
        required(data, key, read_integer, path) for key in ("x", "y", "width", "height")
    )
    counts = data.get("counts")
    if not isinstance(counts, str) or not counts.isascii() or len(counts) > _MAX_RLE:
        raise WireError(f"{path}.counts", "must be a compressed run-length text")
    return Mask(x, y, width, height, counts)


def _line(data: Mapping[str, Any], least: int, path: str) -> Ring:
    refuse_unknown(data, ("points",), path)
    here = f"{path}.points"
    points = required(data, "points", read_list, path)
    if not least <= len(points) <= MAX_VERTICES:
        raise WireError(here, f"needs {least} to {MAX_VERTICES} points, got {len(points)}")
    return tuple(read_point(point, f"{here}[{k}]") for k, point in enumerate(points))


def _keypoints(data: Mapping[str, Any], path: str) -> Keypoints:
    refuse_unknown(data, ("points",), path)
    here = f"{path}.points"
    points = required(data, "points", read_list, path)
    if not 1 <= len(points) <= MAX_KEYPOINTS:
        raise WireError(here, f"needs 1 to {MAX_KEYPOINTS} points, got {len(points)}")
    return Keypoints(tuple(_keypoint(point, f"{here}[{k}]") for k, point in enumerate(points)))


def _keypoint(value: Any, path: str) -> Keypoint:
    numbers = read_list(value, path)
    if len(numbers) != 3:
        raise WireError(path, f"must be [x, y, visibility], got {len(numbers)} numbers")
    x, y = read_point(numbers[:2], path)
    visibility = read_integer(numbers[2], f"{path}[2]")
    if visibility not in (0, 1, 2):
        raise WireError(f"{path}[2]", "must be 0 (not labelled), 1 (hidden) or 2 (visible)")
    return Keypoint(x, y, Visibility(visibility))
