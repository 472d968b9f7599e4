"""Geometries to JSON and back."""

from collections.abc import Mapping
from typing import Any

from datasetbuilder.errors import WireError
from datasetbuilder.model import Box, Geometry, Kind, Mask, Part, Polygon, Ring, Tag
from datasetbuilder.wire.fields import (
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


def geometry_from_wire(kind: Kind, value: Any, path: str = "geometry") -> Geometry:
    """Read a geometry of the given kind.

    A polygon is ``{"parts": [[exterior, hole, …], …]}`` with rings of ``[x, y]``; box and mask are
    ``{"x", "y", "width", "height"}``, a mask with ``"counts"`` beside them.
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
        case _:
            raise WireError(path, f"shapes of kind {kind.value} are not supported here")


def _box(data: Mapping[str, Any], path: str) -> Box:
    refuse_unknown(data, ("x", "y", "width", "height"), path)
    x, y, width, height = (
        shortest_float32(required(data, key, read_number, path))
        for key in ("x", "y", "width", "height")
    )
    return Box(x, y, width, height)


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
