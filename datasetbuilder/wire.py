"""Model to JSON and back: the form that REST, the event log and the browser share.

Every reader takes the path of what it reads, so that a refusal names the very field. Unknown fields
are refused: a misspelt one must not vanish silently.
"""

import math
import struct
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from datasetbuilder.errors import WireError
from datasetbuilder.model import (
    Annotation,
    Box,
    Event,
    Geometry,
    Image,
    Kind,
    Label,
    Mask,
    Operation,
    OperationKind,
    Part,
    Polygon,
    Result,
    Ring,
    Scribble,
    Stroke,
    Tag,
    Target,
    TargetType,
)

MAX_TEXT = 2_000
MAX_VERTICES = 200_000
_MAX_RLE = 20_000_000

_T = TypeVar("_T")
_Reader = Callable[[Any, str], _T]


def shortest_float32(value: float) -> float:
    """The double nearest to the shortest decimal of ``value`` as a float32.

    This is what COCO text says, what a float32 column gives back through the same function, and
    what is rasterised: one number from the screen to the trainer.
    """
    single = struct.unpack("f", struct.pack("f", value))[0]
    for digits in range(6, 10):
        candidate = float(f"{single:.{digits}g}")
        if struct.unpack("f", struct.pack("f", candidate))[0] == single:
            return candidate
    return single


# --- primitive readers ------------------------------------------------------------------------


def _mapping(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise WireError(path, f"must be an object, got {_name(value)}")
    return value


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise WireError(path, f"must be a list, got {_name(value)}")
    return list(value)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise WireError(path, f"must be text, got {_name(value)}")
    if len(value) > MAX_TEXT:
        raise WireError(path, f"is longer than {MAX_TEXT} characters")
    return value


def _name_text(value: Any, path: str) -> str:
    text = _text(value, path)
    if not text.strip():
        raise WireError(path, "must not be empty")
    return text


def _boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise WireError(path, f"must be true or false, got {_name(value)}")
    return value


def _integer(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WireError(path, f"must be a whole number, got {_name(value)}")
    if abs(value) > 2**53:
        raise WireError(path, "is too large")
    return value


def _number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(path, f"must be a number, got {_name(value)}")
    if not abs(value) <= 1e7:  # nor is NaN
        raise WireError(path, "must be finite and below ten million")
    return float(value)


def _optional(read: _Reader[_T]) -> Callable[[Any, str], _T | None]:
    return lambda value, path: None if value is None else read(value, path)


def _name(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__


def _only(data: Mapping[str, Any], allowed: tuple[str, ...], path: str) -> None:
    for key in data:
        if key not in allowed:
            raise WireError(f"{path}.{key}"[:200], f"is not known; known are {', '.join(allowed)}")


def _required(data: Mapping[str, Any], key: str, read: _Reader[_T], path: str) -> _T:
    if key not in data:
        raise WireError(f"{path}.{key}", "is missing")
    return read(data[key], f"{path}.{key}")


def _choice(kind: Callable[[str], _T]) -> _Reader[_T]:
    def read(value: Any, path: str) -> _T:
        try:
            return kind(_text(value, path))
        except ValueError as error:
            raise WireError(path, str(error)) from None

    return read


# --- geometry ---------------------------------------------------------------------------------


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
    data = _mapping(value, path)
    match kind:
        case Kind.TAG:
            _only(data, (), path)
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
    _only(data, ("x", "y", "width", "height"), path)
    x, y, width, height = (
        shortest_float32(_required(data, key, _number, path))
        for key in ("x", "y", "width", "height")
    )
    return Box(x, y, width, height)


def _polygon(data: Mapping[str, Any], path: str) -> Polygon:
    _only(data, ("parts",), path)
    budget = [MAX_VERTICES]
    parts = []
    for index, rings in enumerate(_required(data, "parts", _list, path)):
        here = f"{path}.parts[{index}]"
        read = [_ring(ring, f"{here}[{k}]", budget) for k, ring in enumerate(_list(rings, here))]
        if not read:
            raise WireError(here, "needs an exterior ring")
        parts.append(Part(read[0], tuple(read[1:])))
    if not parts:
        raise WireError(f"{path}.parts", "must not be empty")
    return Polygon(tuple(parts))


def _ring(value: Any, path: str, budget: list[int]) -> Ring:
    points = _list(value, path)
    if len(points) < 3:
        raise WireError(path, f"needs at least 3 points, got {len(points)}")
    budget[0] -= len(points)
    if budget[0] < 0:
        raise WireError(path, f"the polygon has more than {MAX_VERTICES} points")
    return tuple(_point(point, f"{path}[{k}]") for k, point in enumerate(points))


def _point(value: Any, path: str) -> tuple[float, float]:
    pair = _list(value, path)
    if len(pair) != 2:
        raise WireError(path, f"must be [x, y], got {len(pair)} numbers")
    x, y = (shortest_float32(_number(v, path)) for v in pair)
    return x, y


def _mask(data: Mapping[str, Any], path: str) -> Mask:
    _only(data, ("x", "y", "width", "height", "counts"), path)
    x, y, width, height = (
        _required(data, key, _integer, path) for key in ("x", "y", "width", "height")
    )
    counts = data.get("counts")
    if not isinstance(counts, str) or not counts.isascii() or len(counts) > _MAX_RLE:
        raise WireError(f"{path}.counts", "must be a compressed run-length text")
    return Mask(x, y, width, height, counts)


# --- annotations ------------------------------------------------------------------------------

CHANGEABLE = ("label", "set", "kind", "geometry", "attributes", "source", "score", "crowd")


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
        "author": annotation.author,
        "version": annotation.version,
        "area": annotation.area,
        "bbox": annotation.bbox,
        "created_at": _time(annotation.created_at),
        "updated_at": _time(annotation.updated_at),
    }


def annotation_fields_from_wire(value: Any, path: str = "payload") -> dict[str, Any]:
    """The fields of an annotation that a person may set, those present only.

    Returns keyword arguments for ``dataclasses.replace``; ``kind`` and ``geometry`` come together
    as ``geometry``.
    """
    data = _mapping(value, path)
    _only(data, CHANGEABLE, path)
    readers: dict[str, _Reader[Any]] = {
        "label": _integer,
        "set": _name_text,
        "attributes": _attributes,
        "source": _name_text,
        "score": _optional(_number),
        "crowd": _boolean,
    }
    fields = {key: readers[key](data[key], f"{path}.{key}") for key in data if key in readers}
    if "geometry" in data or "kind" in data:
        kind = _required(data, "kind", _choice(Kind), path)
        geometry = _required(data, "geometry", _mapping, path)
        fields["geometry"] = geometry_from_wire(kind, geometry, f"{path}.geometry")
    return fields


def annotation_from_wire(uid: str, value: Any, path: str = "payload") -> Annotation:
    """An annotation as it is born: what an add operation carries."""
    data = _mapping(value, path)
    for key in ("label", "kind", "geometry"):
        _required(data, key, lambda v, _path: v, path)
    return Annotation(uid=uid, **annotation_fields_from_wire(data, path))


def _attributes(value: Any, path: str) -> dict[str, Any]:
    data = _mapping(value, path)
    return {key: _plain(item, f"{path}.{key}"[:200]) for key, item in data.items()}


def _plain(value: Any, path: str) -> Any:
    """The value itself; a float of NumPy as the plain float that JSON can carry."""
    if isinstance(value, str):
        _text(value, path)
    elif isinstance(value, float) and not math.isfinite(value):
        raise WireError(path, "must be finite")
    elif isinstance(value, int) and abs(value) > 2**53:
        raise WireError(path, "is too large")
    elif value is not None and not isinstance(value, int | float):
        raise WireError(path, "must be text, a number, true, false or null")
    return float(value) if isinstance(value, float) else value


# --- scribbles --------------------------------------------------------------------------------


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
    data = _mapping(value, path)
    _only(data, ("strokes", "set"), path)
    fields: dict[str, Any] = {}
    if "strokes" in data:
        fields["strokes"] = strokes_from_wire(data["strokes"], f"{path}.strokes")
    if "set" in data:
        fields["set"] = _name_text(data["set"], f"{path}.set")
    return fields


def strokes_to_wire(strokes: tuple[Stroke, ...]) -> list[dict[str, Any]]:
    """Strokes as JSON."""
    return [{"points": s.points, "width": s.width, "label": s.label} for s in strokes]


def strokes_from_wire(value: Any, path: str = "strokes") -> tuple[Stroke, ...]:
    """Read strokes, oldest first."""
    return tuple(_stroke(item, f"{path}[{k}]") for k, item in enumerate(_list(value, path)))


def _stroke(value: Any, path: str) -> Stroke:
    data = _mapping(value, path)
    _only(data, ("points", "width", "label"), path)
    points = _required(data, "points", _list, path)
    if not 1 <= len(points) <= MAX_VERTICES:
        raise WireError(f"{path}.points", f"needs 1 to {MAX_VERTICES} points, got {len(points)}")
    width = _required(data, "width", _number, path)
    if width <= 0:
        raise WireError(f"{path}.width", "must be greater than 0")
    label = _required(data, "label", _integer, path)
    if label < 0:
        raise WireError(f"{path}.label", "must be 0 for background or a label's id")
    read = tuple(_point(point, f"{path}.points[{k}]") for k, point in enumerate(points))
    return Stroke(read, shortest_float32(width), label)


# --- labels and images ------------------------------------------------------------------------


def label_to_wire(label: Label) -> dict[str, Any]:
    """A label as JSON."""
    return {
        "id": label.id,
        "uid": label.uid,
        "name": label.name,
        "color": label.color,
        "supercategory": label.supercategory,
        "deleted": label.deleted,
        "version": label.version,
    }


def label_fields_from_wire(value: Any, path: str = "payload") -> dict[str, Any]:
    """The fields of a label that a person may set, plus ``merge_into`` on a remove."""
    data = _mapping(value, path)
    readers: dict[str, _Reader[Any]] = {
        "name": _name_text,
        "color": _color,
        "supercategory": _text,
        "merge_into": _integer,
    }
    _only(data, tuple(readers), path)
    return {key: readers[key](data[key], f"{path}.{key}") for key in data}


def _color(value: Any, path: str) -> str:
    text = _text(value, path).lower()
    if len(text) != 7 or text[0] != "#" or any(c not in "0123456789abcdef" for c in text[1:]):
        raise WireError(path, "must be a colour such as #e4572e")
    return text


def image_to_wire(image: Image) -> dict[str, Any]:
    """An image as the browser needs it; never its place on the disk."""
    return {
        "id": image.id,
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "format": image.format,
        "dtype": image.dtype,
        "channels": image.channels,
        "orientation": image.orientation,
        "sha256": image.sha256,
        "state": image.state.value,
        "comment": image.comment,
        "split": image.split,
        "n_annotations": image.n_annotations,
        "version": image.version,
    }


# --- operations, results, events --------------------------------------------------------------


def operation_to_wire(operation: Operation) -> dict[str, Any]:
    """An operation as JSON."""
    return {
        "op_id": operation.op_id,
        "group_id": operation.group_id,
        "kind": operation.kind.value,
        "target": target_to_wire(operation.target),
        "payload": dict(operation.payload),
        "base_version": operation.base_version,
        "tool": operation.tool,
    }


def operation_from_wire(value: Any, path: str = "operation") -> Operation:
    """Read one operation; its payload is read by whoever knows the target."""
    data = _mapping(value, path)
    _only(data, ("op_id", "group_id", "kind", "target", "payload", "base_version", "tool"), path)
    return Operation(
        op_id=_required(data, "op_id", _identifier, path),
        kind=_required(data, "kind", _choice(OperationKind), path),
        target=_required(data, "target", _target, path),
        payload=_mapping(data.get("payload") or {}, f"{path}.payload"),
        base_version=_base(data.get("base_version"), f"{path}.base_version"),
        group_id=_optional(_identifier)(data.get("group_id"), f"{path}.group_id"),
        tool=_text(data.get("tool") or "", f"{path}.tool"),
    )


def target_to_wire(target: Target) -> dict[str, Any]:
    """A target as JSON."""
    return {"type": target.type.value, "key": target.key, "image": target.image_id}


def _target(value: Any, path: str) -> Target:
    data = _mapping(value, path)
    _only(data, ("type", "key", "image"), path)
    return Target(
        type=_required(data, "type", _choice(TargetType), path),
        key=_required(data, "key", _identifier, path),
        image_id=_optional(_integer)(data.get("image"), f"{path}.image"),
    )


def _identifier(value: Any, path: str) -> str:
    text = _name_text(value, path)
    if len(text) > 64 or not all(c.isalnum() or c in "-_." for c in text):
        raise WireError(path, "must be at most 64 letters, digits, '-', '_' or '.'")
    return text


def _base(value: Any, path: str) -> int | str | None:
    if value is None or isinstance(value, str):
        return _optional(_identifier)(value, path)
    return _integer(value, path)


def result_to_wire(result: Result) -> dict[str, Any]:
    """The store's answer as JSON."""
    return {
        "op_id": result.op_id,
        "outcome": result.outcome.value,
        "seq": result.seq,
        "version": result.version,
        "id": result.id,
        "current": result.current,
        "reason": result.reason,
    }


def event_to_wire(event: Event) -> dict[str, Any]:
    """A line of the log as JSON."""
    return {
        "seq": event.seq,
        "at": _time(event.at),
        "author": event.author,
        "tool": event.tool,
        "kind": event.kind.value,
        "target": target_to_wire(event.target),
        "after": event.after,
        "previous_seq": event.previous_seq,
        "op_id": event.op_id,
        "group_id": event.group_id,
    }


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
