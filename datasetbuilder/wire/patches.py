"""Patches of masks: the wire form of what a brush stroke changed."""

from typing import Any

from datasetbuilder.errors import WireError
from datasetbuilder.model import Kind, Mask, Patch
from datasetbuilder.wire.annotations import annotation_fields_from_wire
from datasetbuilder.wire.fields import (
    read_integer,
    read_mapping,
    refuse_unknown,
    required,
)
from datasetbuilder.wire.shapes import geometry_from_wire, geometry_to_wire


def patch_to_wire(patch: Patch) -> dict[str, Any]:
    """``{"added": mask, "taken": mask, "area": n}``; a side without pixels is left out."""
    sides = {"added": patch.added, "taken": patch.taken}
    wire: dict[str, Any] = {
        name: geometry_to_wire(side) for name, side in sides.items() if side is not None
    }
    return {**wire, "area": patch.area}


def patch_from_wire(value: Any, path: str = "patch") -> Patch:
    """Read a patch; one that changes nothing is refused."""
    data = read_mapping(value, path)
    refuse_unknown(data, ("added", "taken", "area"), path)
    added, taken = (_side(data.get(name), f"{path}.{name}") for name in ("added", "taken"))
    if added is None and taken is None:
        raise WireError(path, "needs pixels that were added or taken")
    return Patch(added, taken, required(data, "area", read_integer, path))


def annotation_change_from_wire(value: Any, path: str = "payload") -> dict[str, Any]:
    """What a change of an annotation sets: its fields, or a ``patch`` in place of the geometry."""
    data = dict(read_mapping(value, path))
    if "patch" not in data:
        return annotation_fields_from_wire(data, path)
    patch = patch_from_wire(data.pop("patch"), f"{path}.patch")
    if not data.keys().isdisjoint({"kind", "geometry"}):
        raise WireError(f"{path}.patch", "stands in place of kind and geometry, not beside them")
    return {**annotation_fields_from_wire(data, path), "patch": patch}


def _side(value: Any, path: str) -> Mask | None:
    if value is None:
        return None
    mask = geometry_from_wire(Kind.MASK, value, path)
    assert isinstance(mask, Mask)
    return mask
