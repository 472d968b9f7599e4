"""Annotations to JSON and back."""

import math
from typing import Any

from datasetbuilder.errors import WireError
from datasetbuilder.model import Annotation, Kind
from datasetbuilder.wire.fields import (
    Reader,
    choice,
    optional,
    read_boolean,
    read_integer,
    read_mapping,
    read_name,
    read_number,
    read_text,
    refuse_unknown,
    required,
    time_to_wire,
)
from datasetbuilder.wire.shapes import geometry_from_wire, geometry_to_wire

MAX_LEVEL = 2**31 - 1
CHANGEABLE = ("label", "set", "kind", "geometry", "attributes", "source", "score", "crowd", "level")


def annotation_to_wire(annotation: Annotation) -> dict[str, Any]:
    """Everything the browser and the event log keep of an annotation."""
    return {
        "uid": annotation.uid,
        "id": annotation.id,
        "image": annotation.image_id,
        "label": annotation.label,
        "set": annotation.set,
        "kind": annotation.kind.value,
        "geometry": geometry_to_wire(annotation.geometry),
        "attributes": dict(annotation.attributes),
        "source": annotation.source,
        "score": annotation.score,
        "crowd": annotation.crowd,
        "level": annotation.level,
        "author": annotation.author,
        "version": annotation.version,
        "area": annotation.area,
        "bbox": annotation.bbox,
        "created_at": time_to_wire(annotation.created_at),
        "updated_at": time_to_wire(annotation.updated_at),
    }


def annotation_fields_from_wire(value: Any, path: str = "payload") -> dict[str, Any]:
    """The fields of an annotation that a person may set, those present only.

    Returns keyword arguments for ``dataclasses.replace``; ``kind`` and ``geometry`` come together
    as ``geometry``.
    """
    data = read_mapping(value, path)
    refuse_unknown(data, CHANGEABLE, path)
    readers: dict[str, Reader[Any]] = {
        "label": read_integer,
        "set": read_name,
        "attributes": _attributes,
        "source": read_name,
        "score": optional(read_number),
        "crowd": read_boolean,
        "level": _level,
    }
    fields = {key: readers[key](data[key], f"{path}.{key}") for key in data if key in readers}
    if "geometry" in data or "kind" in data:
        kind = required(data, "kind", choice(Kind), path)
        geometry = required(data, "geometry", read_mapping, path)
        fields["geometry"] = geometry_from_wire(kind, geometry, f"{path}.geometry")
    return fields


def annotation_from_wire(uid: str, value: Any, path: str = "payload") -> Annotation:
    """An annotation as it is born: what an add operation carries."""
    data = read_mapping(value, path)
    for key in ("label", "kind", "geometry"):
        required(data, key, lambda v, _path: v, path)
    return Annotation(uid=uid, **annotation_fields_from_wire(data, path))


def _level(value: Any, path: str) -> int:
    level = read_integer(value, path)
    if abs(level) > MAX_LEVEL:
        raise WireError(path, f"must be a whole number from -{MAX_LEVEL} to {MAX_LEVEL}")
    return level


def _attributes(value: Any, path: str) -> dict[str, Any]:
    data = read_mapping(value, path)
    return {key: _plain(item, f"{path}.{key}"[:200]) for key, item in data.items()}


def _plain(value: Any, path: str) -> Any:
    """The value itself; a float of NumPy as the plain float that JSON can carry."""
    if isinstance(value, str):
        read_text(value, path)
    elif isinstance(value, float) and not math.isfinite(value):
        raise WireError(path, "must be finite")
    elif isinstance(value, int) and abs(value) > 2**53:
        raise WireError(path, "is too large")
    elif value is not None and not isinstance(value, int | float):
        raise WireError(path, "must be text, a number, true, false or null")
    return float(value) if isinstance(value, float) else value
