"""What labels ask of their objects, and groups of whole-image labels, as JSON and back."""

from typing import Any

from datasetbuilder.errors import WireError
from datasetbuilder.model import Attribute, AttributeKind, LabelGroup
from datasetbuilder.wire.fields import (
    choice,
    read_boolean,
    read_list,
    read_mapping,
    read_name,
    read_number,
    read_text,
    refuse_unknown,
    required,
)

MAX_ATTRIBUTES = 50
MAX_OPTIONS = 500
NOTE = "note"
"""The attribute that every object may have, whatever its label asks: a few words of a person."""


def attribute_to_wire(attribute: Attribute) -> dict[str, Any]:
    """What is asked; what goes without saying is left out."""
    said: dict[str, Any] = {"name": attribute.name, "kind": attribute.kind.value}
    if attribute.options:
        said["options"] = list(attribute.options)
    if attribute.required:
        said["required"] = True
    if attribute.default is not None:
        said["default"] = attribute.default
    return said


def attributes_from_wire(value: Any, path: str = "attributes") -> tuple[Attribute, ...]:
    """What a label asks, every name once."""
    listed = read_list(value, path)
    if len(listed) > MAX_ATTRIBUTES:
        raise WireError(path, f"holds {len(listed)} attributes, more than {MAX_ATTRIBUTES}")
    found = tuple(_attribute(item, f"{path}[{k}]") for k, item in enumerate(listed))
    names = [attribute.name for attribute in found]
    for k, name in enumerate(names):
        if name in names[:k]:
            raise WireError(f"{path}[{k}].name", f'is a second "{name}"')
    return found


def _attribute(value: Any, path: str) -> Attribute:
    data = read_mapping(value, path)
    refuse_unknown(data, ("name", "kind", "options", "required", "default"), path)
    kind = required(data, "kind", choice(AttributeKind), path)
    name = required(data, "name", read_name, path).strip()
    if name == NOTE:
        raise WireError(f"{path}.name", f'cannot be "{NOTE}": every object has one anyway')
    options = _options(data.get("options", ()), kind, f"{path}.options")
    default = data.get("default")
    if default is not None:
        default = _answer(default, kind, options, f"{path}.default")
    needed = read_boolean(data.get("required", False), f"{path}.required")
    return Attribute(name, kind, options, needed, default)


def _options(value: Any, kind: AttributeKind, path: str) -> tuple[str, ...]:
    listed = read_list(value, path)
    options = tuple(read_name(item, f"{path}[{k}]").strip() for k, item in enumerate(listed))
    if kind is not AttributeKind.CHOICE and options:
        raise WireError(path, "only a choice has options")
    if kind is AttributeKind.CHOICE and not 2 <= len(options) <= MAX_OPTIONS:
        raise WireError(path, f"a choice needs 2 to {MAX_OPTIONS} options, got {len(options)}")
    if len(set(options)) != len(options):
        raise WireError(path, "names an option twice")
    return options


def _answer(value: Any, kind: AttributeKind, options: tuple[str, ...], path: str) -> Any:
    match kind:
        case AttributeKind.CHECK:
            return read_boolean(value, path)
        case AttributeKind.NUMBER:
            return read_number(value, path)
        case AttributeKind.TEXT:
            return read_text(value, path)
        case AttributeKind.CHOICE:
            if value not in options:
                raise WireError(path, f"must be one of {', '.join(options)}")
            return value


def group_to_wire(group: LabelGroup) -> dict[str, Any]:
    """``{"name": …, "several": …}``."""
    return {"name": group.name, "several": group.several}


def group_from_wire(value: Any, path: str = "group") -> LabelGroup:
    """Read the group of a label."""
    data = read_mapping(value, path)
    refuse_unknown(data, ("name", "several"), path)
    name = " ".join(required(data, "name", read_name, path).split())
    return LabelGroup(name, read_boolean(data.get("several", False), f"{path}.several"))
