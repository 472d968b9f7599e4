"""COCO documents of others: every problem listed, nothing believed.

Takes instances, detection, classification and result lists (``[{"image_id", "category_id",
"score", …}]``, whose ids are those of an export of the project).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import fields
from datasetbuilder.exporters.claims import Claim, Entry, bytes_of
from datasetbuilder.exporters.coco_objects import (
    annotation_from_record,
    beside_of,
    image_from_record,
    keypoints_from_record,
    label_from_record,
    own_shape,
)
from datasetbuilder.exporters.extension import KEY
from datasetbuilder.exporters.jsontext import parsed_json
from datasetbuilder.model import Annotation, Image, Label, Tag

MAX_CATEGORIES = 100_000


def read_document(path: Path) -> list[Entry]:
    """Every image of a document; what is wrong with it becomes faults of its first entry."""
    name = path.name
    try:
        document = parsed_json(bytes_of(path), name)
        data = fields.record(document, name)
        faults: list[str] = []
        labels = _labels(data, name, faults)
        images = _images(data, name, faults, labels)
        _share_out(data, name, faults, labels, images)
    except FormatError as error:
        return [Entry("", (), name, faults=(_named(str(error), name),))]
    if faults:
        return [Entry("", (), name, faults=tuple(faults))]
    skeletons = {label.name: label.skeleton for label in labels.values() if label.skeleton}
    return [
        replace(_entry(image, claims, name), skeletons=skeletons)
        for image, claims in images.values()
    ]


Found = dict[int, tuple[Image, list[Claim]]]


def _named(problem: str, name: str) -> str:
    return problem if problem.startswith(name) else f"{name}: {problem}"


def _entry(image: Image, claims: list[Claim], name: str) -> Entry:
    known = image.width > 0
    return Entry(
        image.name,
        tuple(claims),
        name,
        shape=image.shape if known else None,
        sha256=image.sha256,
    )


def _labels(data: Mapping[str, Any], name: str, faults: list[str]) -> dict[int, Label]:
    found: dict[int, Label] = {}
    listed = fields.items(fields.required(data, "categories", name), f"{name} categories")
    if len(listed) > MAX_CATEGORIES:
        raise FormatError(f"{name} has {len(listed)} categories, more than {MAX_CATEGORIES}")
    for k, value in enumerate(listed):
        where = f"{name} categories[{k}]"
        try:
            label = label_from_record(value, where)
        except FormatError as error:
            faults.append(str(error))
            continue
        if label.id in found:
            faults.append(f"{where}.id {label.id} appears twice")
        found[label.id] = label
    return found


def _images(
    data: Mapping[str, Any], name: str, faults: list[str], labels: Mapping[int, Label]
) -> Found:
    found: Found = {}
    names = {label.id: label.name for label in labels.values()}
    listed = fields.items(fields.required(data, "images", name), f"{name} images")
    for k, value in enumerate(listed):
        where = f"{name} images[{k}]"
        try:
            image, tags = image_from_record(_with_size(value, where), where)
            image = _with_written_name(image, value)
            refuse_escaping(image.name, f"{where}.file_name")
            if image.id in found:
                raise FormatError(f"{where}.id {image.id} appears twice")
            kept = [*tags, *beside_of(value, image, where)]
            claims = [_claim(item, names, f"{where}.{KEY}") for item in kept]
            found[image.id] = (image, claims)
        except FormatError as error:
            faults.append(str(error))
    return found


def _with_size(value: Any, where: str) -> Mapping[str, Any]:
    """Some tools leave the size out; then it is that of the project's image."""
    data = dict(fields.record(value, where))
    if "width" not in data and "height" not in data:
        data |= {"width": _NO_SIZE, "height": _NO_SIZE}
    return data


_NO_SIZE = fields.MAX_SIDE


def _with_written_name(image: Image, value: Mapping[str, Any]) -> Image:
    unknown = image.width == image.height == _NO_SIZE and "width" not in value
    width, height = (0, 0) if unknown else (image.width, image.height)
    name = image.name.replace("\\", "/").removeprefix("./")
    return Image(image.id, name, width, height, sha256=image.sha256)


def refuse_escaping(name: str, path: str) -> None:
    """Refuse a name that leads out of its folder.

    Raises
    ------
    FormatError
        If it is absolute, climbs up or holds a character of no name.
    """
    parts = name.replace("\\", "/").split("/")
    if name.startswith("/") or ".." in parts or "\x00" in name or name[1:2] == ":":
        raise FormatError(f"{path} leads out of its folder: {name[:100]!r}")


def _share_out(
    data: Mapping[str, Any],
    name: str,
    faults: list[str],
    labels: Mapping[int, Label],
    images: Found,
) -> None:
    listed = fields.items(fields.required(data, "annotations", name), f"{name} annotations")
    seen: set[int] = set()
    names = {label.id: label.name for label in labels.values()}
    for k, value in enumerate(listed):
        where = f"{name} annotations[{k}]"
        try:
            record = fields.record(value, where)
            owner = fields.integer(
                fields.required(record, "image_id", where), f"{where}.image_id", least=0
            )
            if owner not in images:
                raise FormatError(f"{where}.image_id {owner} is no image of the document")
            image, claims = images[owner]
            annotation = read_annotation(record, image, where, fallback=k + 1)
            if annotation.id in seen:
                raise FormatError(f"{where}.id {annotation.id} appears twice")
            seen.add(annotation.id)
            claims += [
                _claim(item, names, where) for item in with_keypoints(record, annotation, where)
            ]
        except FormatError as error:
            faults.append(str(error))


def with_keypoints(
    record: Mapping[str, Any], annotation: Annotation, where: str
) -> list[Annotation]:
    """The keypoints of a record of others, before the outline or box that stands around them.

    A record of our own tells what it is; those without a labelled keypoint are what they were.
    """
    extension = fields.record(record.get(KEY) or {}, f"{where}.{KEY}")
    if "kind" in extension or not has_keypoints(record):
        return [annotation]
    shape = keypoints_from_record(record, where)
    if not shape.labelled:
        return [annotation]
    posed = replace(annotation, geometry=shape, bbox=None, crowd=False)
    return [posed] if isinstance(annotation.geometry, Tag) else [posed, annotation]


def has_keypoints(record: Mapping[str, Any]) -> bool:
    """Whether a record has keypoints, labelled ones as far as it says."""
    return bool(record.get("keypoints")) and record.get("num_keypoints") != 0


def read_annotation(
    record: Mapping[str, Any], image: Image, where: str, *, fallback: int
) -> Annotation:
    """One record, with the score and attributes that other tools put beside the standard fields."""
    said = dict(record)
    said.setdefault("id", fallback)
    if image.width == 0:
        image = Image(image.id, image.name, *_size_of(said))
    extension = dict(fields.record(said.get(KEY) or {}, f"{where}.{KEY}"))
    if "score" in said and "score" not in extension:
        extension["score"] = score_of(said["score"], f"{where}.score")
    if isinstance(said.get("attributes"), Mapping) and "attributes" not in extension:
        extension["attributes"] = plain_attributes(said["attributes"])
    if extension:
        said[KEY] = extension
    return annotation_from_record(own_shape(said), image, where)


def _size_of(record: Mapping[str, Any]) -> tuple[int, int]:
    """The size that run lengths name, for an image that has none."""
    segmentation = record.get("segmentation")
    size = segmentation.get("size") if isinstance(segmentation, Mapping) else None
    if isinstance(size, list) and len(size) == 2 and all(isinstance(n, int) for n in size):
        return size[1], size[0]
    return _NO_SIZE, _NO_SIZE


def score_of(value: Any, path: str) -> float:
    """A score between 0 and 1."""
    score = fields.number(value, path)
    if not 0 <= score <= 1:
        raise FormatError(f"{path} must be between 0 and 1, got {score:g}")
    return score


def plain_attributes(value: Mapping[str, Any]) -> dict[str, object]:
    """The attributes that are plain values; what means nothing is left out."""
    plain = (str, int, float, bool)
    return {
        str(k)[:200]: v for k, v in value.items() if isinstance(v, plain) and v not in (False, "")
    }


def _claim(annotation: Annotation, labels: Mapping[int, str], where: str) -> Claim:
    if annotation.label not in labels:
        raise FormatError(f"{where}.category_id {annotation.label} is no category of the document")
    return Claim(labels[annotation.label], annotation, where)


def read_results(path: Path, images: Mapping[int, Image], labels: Mapping[int, str]) -> list[Entry]:
    """A list of results as COCO's evaluation takes it; ids are those of the project."""
    name, faults = path.name, list[str]()
    claims: dict[int, list[Claim]] = {}
    try:
        listed: Sequence[Any] = fields.items(parsed_json(bytes_of(path), name), name)
    except FormatError as error:
        return [Entry("", (), name, faults=(_named(str(error), name),))]
    for k, value in enumerate(listed):
        where = f"{name} [{k}]"
        try:
            record = fields.record(value, where)
            owner = fields.integer(record.get("image_id"), f"{where}.image_id")
            if owner not in images:
                raise FormatError(f"{where}.image_id {owner} is no image of the project")
            record = _seen(record, where)
            found = read_annotation(record, images[owner], where, fallback=k + 1)
            kept = with_keypoints(record, found, where)[:1]
            claims.setdefault(owner, []).append(_claim(kept[0], labels, where))
        except FormatError as error:
            faults.append(str(error))
    if faults:
        return [Entry("", (), name, faults=tuple(faults))]
    return [Entry(images[k].name, tuple(found), name) for k, found in sorted(claims.items())]


def _seen(record: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """A result whose visibilities are scores, or anything: what has a place counts as visible."""
    if not has_keypoints(record):
        return record
    flat = list(fields.numbers(record["keypoints"], f"{where}.keypoints"))
    for k in range(2, len(flat), 3):
        flat[k] = 2.0 if flat[k - 2] or flat[k - 1] else 0.0
    return dict(record) | {"keypoints": flat}
