"""Scribbles and their strokes to JSON and back."""

from typing import Any

from datasetbuilder.errors import WireError
from datasetbuilder.model import Scribble, Stroke
from datasetbuilder.wire.fields import (
    MAX_VERTICES,
    read_integer,
    read_list,
    read_mapping,
    read_name,
    read_number,
    read_point,
    refuse_unknown,
    required,
    shortest_float32,
)


def scribble_to_wire(scribble: Scribble) -> dict[str, Any]:
    """A scribble with its strokes in the order they were drawn."""
    return {
        "uid": scribble.uid,
        "image": scribble.image_id,
        "set": scribble.set,
        "author": scribble.author,
        "version": scribble.version,
        "strokes": strokes_to_wire(scribble.strokes),
    }


def scribble_fields_from_wire(value: Any, path: str = "payload") -> dict[str, Any]:
    """The fields of a scribble that a person may set."""
    data = read_mapping(value, path)
    refuse_unknown(data, ("strokes", "set"), path)
    fields: dict[str, Any] = {}
    if "strokes" in data:
        fields["strokes"] = strokes_from_wire(data["strokes"], f"{path}.strokes")
    if "set" in data:
        fields["set"] = read_name(data["set"], f"{path}.set")
    return fields


def strokes_to_wire(strokes: tuple[Stroke, ...]) -> list[dict[str, Any]]:
    """Strokes as JSON."""
    return [{"points": s.points, "width": s.width, "label": s.label} for s in strokes]


def strokes_from_wire(value: Any, path: str = "strokes") -> tuple[Stroke, ...]:
    """Read strokes, oldest first."""
    return tuple(_stroke(item, f"{path}[{k}]") for k, item in enumerate(read_list(value, path)))


def _stroke(value: Any, path: str) -> Stroke:
    data = read_mapping(value, path)
    refuse_unknown(data, ("points", "width", "label"), path)
    points = required(data, "points", read_list, path)
    if not 1 <= len(points) <= MAX_VERTICES:
        raise WireError(f"{path}.points", f"needs 1 to {MAX_VERTICES} points, got {len(points)}")
    width = required(data, "width", read_number, path)
    if width <= 0:
        raise WireError(f"{path}.width", "must be greater than 0")
    label = required(data, "label", read_integer, path)
    if label < 0:
        raise WireError(f"{path}.label", "must be 0 for background or a label's id")
    read = tuple(read_point(point, f"{path}.points[{k}]") for k, point in enumerate(points))
    return Stroke(read, shortest_float32(width), label)
