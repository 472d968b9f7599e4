"""Labels and images to JSON and back."""

from typing import Any

from datasetbuilder.errors import WireError
from datasetbuilder.model import Image, Label
from datasetbuilder.wire.fields import (
    Reader,
    read_integer,
    read_mapping,
    read_name,
    read_text,
    refuse_unknown,
)


def label_to_wire(label: Label) -> dict[str, Any]:
    """A label as JSON."""
    return {
        "id": label.id,
        "uid": label.uid,
        "name": label.name,
        "color": label.color,
        "supercategory": label.supercategory,
        "deleted": label.deleted,
        "merged_into": label.merged_into,
        "version": label.version,
    }


def label_fields_from_wire(value: Any, path: str = "payload") -> dict[str, Any]:
    """The fields of a label that a person may set, plus ``merge_into`` on a remove."""
    data = read_mapping(value, path)
    readers: dict[str, Reader[Any]] = {
        "name": read_name,
        "color": _color,
        "supercategory": read_text,
        "merge_into": read_integer,
    }
    refuse_unknown(data, tuple(readers), path)
    return {key: readers[key](data[key], f"{path}.{key}") for key in data}


def _color(value: Any, path: str) -> str:
    text = read_text(value, path).lower()
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
        "split_version": image.split_version,
    }
