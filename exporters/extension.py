"""What a standard field cannot say, kept beside it under a key of our own.

Readers skip a key they do not know, and our own reader gives the annotation back as it was. Who
drew it and when stays in the project.
"""

from collections.abc import Mapping
from typing import Any

from datasetbuilder import wire
from datasetbuilder.errors import FormatError, WireError
from datasetbuilder.exporters import fields
from datasetbuilder.model import TRUTH, Annotation, Geometry, Kind

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
    """``uid``, attributes, source, score and set as arguments of an `Annotation`."""
    here = f"{path}.{KEY}"
    score = extension.get("score")
    return {
        "uid": str(extension.get("uid", "")),
        "attributes": dict(fields.record(extension.get("attributes", {}), f"{here}.attributes")),
        "source": fields.text(extension.get("source", _USUAL_SOURCE), f"{here}.source"),
        "score": None if score is None else fields.number(score, f"{here}.score"),
        "set": fields.text(extension.get("set", TRUTH), f"{here}.set"),
    }
