"""What a standard field cannot say, kept beside it under a key of our own.

Readers skip a key they do not know, and our own reader gives the annotation back as it was. Who
drew it and when stays in the project.
"""

from collections.abc import Mapping
from typing import Any

from datasetbuilder import wire
from datasetbuilder.errors import FormatError, WireError
from datasetbuilder.exporters import fields
from datasetbuilder.model import TRUTH, Annotation, Geometry, Kind, Label

KEY = "datasetbuilder"
_USUAL_SOURCE = "person"


def extension_from_annotation(annotation: Annotation, *, with_geometry: bool) -> dict[str, Any]:
    """The fields that no format has; usual values are left out.

    Parameters
    ----------
    annotation : Annotation
    with_geometry : bool
        Whether the geometry cannot be told from the standard fields.
    """
    said: dict[str, Any] = {"uid": annotation.uid, "kind": annotation.kind.value}
    if annotation.attributes:
        said["attributes"] = dict(sorted(annotation.attributes.items()))
    if annotation.source != _USUAL_SOURCE:
        said["source"] = annotation.source
    if annotation.score is not None:
        said["score"] = annotation.score
    if annotation.set != TRUTH:
        said["set"] = annotation.set
    if annotation.level:
        said["level"] = annotation.level
    if with_geometry:
        said["geometry"] = wire.geometry_to_wire(annotation.geometry)
    return said


def extension_of(holder: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The extension of a record, empty in files of others."""
    return fields.record(holder.get(KEY) or {}, f"{path}.{KEY}")


def kind_of(extension: Mapping[str, Any], path: str) -> Kind | None:
    """The kind that the annotation was drawn as, if it is said."""
    if "kind" not in extension:
        return None
    try:
        return Kind(extension["kind"])
    except ValueError:
        raise FormatError(f"{path}.{KEY}.kind is unknown: {extension['kind']!r:.60}") from None


def geometry_of(extension: Mapping[str, Any], path: str) -> Geometry | None:
    """The geometry kept in the extension, if it is."""
    kind = kind_of(extension, path)
    if kind is None or "geometry" not in extension:
        return None
    try:
        return wire.geometry_from_wire(kind, extension["geometry"], f"{path}.{KEY}.geometry")
    except WireError as error:
        raise FormatError(str(error)) from error


def remaining_fields(extension: Mapping[str, Any], path: str) -> dict[str, Any]:
    """``uid``, attributes, source, score, set and level as arguments of an `Annotation`."""
    here = f"{path}.{KEY}"
    score = extension.get("score")
    return {
        "uid": str(extension.get("uid", "")),
        "attributes": dict(fields.record(extension.get("attributes", {}), f"{here}.attributes")),
        "source": fields.text(extension.get("source", _USUAL_SOURCE), f"{here}.source"),
        "score": None if score is None else fields.number(score, f"{here}.score"),
        "set": fields.text(extension.get("set", TRUTH), f"{here}.set"),
        "level": _level(extension.get("level", 0), f"{here}.level"),
    }


def _level(value: Any, path: str) -> int:
    try:
        return wire.annotation_fields_from_wire({"level": value}, path)["level"]
    except WireError as error:
        raise FormatError(str(error)) from error


def asked_of(label: Label) -> dict[str, Any]:
    """What a label asks of its objects, and its group, as far as there is any."""
    said: dict[str, Any] = {}
    if label.attributes:
        said["attributes"] = [wire.attribute_to_wire(attribute) for attribute in label.attributes]
    if label.group is not None:
        said["group"] = wire.group_to_wire(label.group)
    return said


def asking(said: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The same as arguments of a `Label`."""
    known = {name: said[name] for name in ("attributes", "group") if name in said}
    try:
        return wire.label_fields_from_wire(known, path)
    except WireError as error:
        raise FormatError(str(error)) from error
