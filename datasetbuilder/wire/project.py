"""Labels and images to JSON and back."""

from typing import Any

from datasetbuilder.errors import WireError
from datasetbuilder.model import Image, Label, Skeleton
from datasetbuilder.wire.attributes import (
    attribute_to_wire,
    attributes_from_wire,
    group_from_wire,
    group_to_wire,
)
from datasetbuilder.wire.fields import (
    MAX_KEYPOINTS,
    Reader,
    optional,
    read_integer,
    read_list,
    read_mapping,
    read_name,
    read_text,
    refuse_unknown,
    required,
)


def label_to_wire(label: Label) -> dict[str, Any]:
    """A label as JSON."""
    return {
        "id": label.id,
        "uid": label.uid,
        "name": label.name,
        "color": label.color,
        "supercategory": label.supercategory,
        "skeleton": None if label.skeleton is None else skeleton_to_wire(label.skeleton),
        "attributes": [attribute_to_wire(attribute) for attribute in label.attributes],
        "group": None if label.group is None else group_to_wire(label.group),
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
        "skeleton": optional(skeleton_from_wire),
        "attributes": attributes_from_wire,
        "group": optional(group_from_wire),
        "merge_into": read_integer,
    }
    refuse_unknown(data, tuple(readers), path)
    return {key: readers[key](data[key], f"{path}.{key}") for key in data}


def skeleton_to_wire(skeleton: Skeleton) -> dict[str, Any]:
    """A skeleton as JSON; edges are pairs of positions in ``names``."""
    return {"names": list(skeleton.names), "edges": [list(edge) for edge in skeleton.edges]}


def skeleton_from_wire(value: Any, path: str = "skeleton") -> Skeleton:
    """Read a skeleton: every name once, every edge between two of them."""
    data = read_mapping(value, path)
    refuse_unknown(data, ("names", "edges"), path)
    listed = required(data, "names", read_list, path)
    if not 1 <= len(listed) <= MAX_KEYPOINTS:
        raise WireError(f"{path}.names", f"needs 1 to {MAX_KEYPOINTS} names, got {len(listed)}")
    names = tuple(read_name(name, f"{path}.names[{k}]").strip() for k, name in enumerate(listed))
    for k, name in enumerate(names):
        if name in names[:k]:
            raise WireError(f"{path}.names[{k}]", f'is a second "{name}"')
    edges = read_list(data.get("edges", ()), f"{path}.edges")
    found = [_edge(edge, len(names), f"{path}.edges[{k}]") for k, edge in enumerate(edges)]
    return Skeleton(names, tuple(dict.fromkeys(found)))


def _edge(value: Any, count: int, path: str) -> tuple[int, int]:
    ends = [read_integer(end, f"{path}[{k}]") for k, end in enumerate(read_list(value, path))]
    if len(ends) != 2 or ends[0] == ends[1] or not all(0 <= end < count for end in ends):
        raise WireError(path, f"must be two different positions from 0 to {count - 1}")
    return min(ends), max(ends)


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
