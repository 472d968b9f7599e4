"""What a target looks like after a payload, for those who read payloads later."""

from collections.abc import Mapping
from typing import Any

from datasetbuilder import geometry
from datasetbuilder.errors import DataError
from datasetbuilder.geometry.rle import MAX_SIDE
from datasetbuilder.model import Kind, Mask
from datasetbuilder.wire import geometry_from_wire, geometry_to_wire, patch_from_wire

_ANYWHERE = (MAX_SIDE, MAX_SIDE)


def after_payload(state: Mapping[str, Any] | None, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The wire form of a target with the fields of a payload; a patch becomes the whole mask.

    A patch that does not fit the mask leaves it as it is.
    """
    whole = {**(state or {}), **payload}
    patch = whole.pop("patch", None)
    if patch is None or whole.get("kind") != Kind.MASK.value:
        return whole
    try:
        mask = geometry_from_wire(Kind.MASK, whole["geometry"])
        assert isinstance(mask, Mask)
        patched = geometry.patched(mask, patch_from_wire(patch), _ANYWHERE)
    except DataError:
        return whole
    return {**whole, "geometry": geometry_to_wire(patched)}
