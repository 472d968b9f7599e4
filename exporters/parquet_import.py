"""Parquet files to import: our own, and object detection sets as Hugging Face has them.

Foreign rows hold a column ``image`` (bytes and path) or ``file_name``, and ``objects`` with
``bbox`` (x, y, width, height) and ``category`` or ``label``; images without a path are told by the
hash of their bytes.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import fields, parquet
from datasetbuilder.exporters.claims import Claim, Entry, claimed
from datasetbuilder.exporters.coco_import import refuse_escaping, score_of
from datasetbuilder.exporters.extension import KEY
from datasetbuilder.model import Box, Geometry, Tag
from datasetbuilder.wire import shortest_float32

_CATEGORY = ("category", "categories", "label", "labels", "category_id", "class")
_ROWS = 64


def read_file(path: Path) -> Iterator[Entry]:
    """Every row of one file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        if KEY.encode() in metadata:
            yield from _own(path)
        else:
            yield from _foreign(path, metadata)
    except (FormatError, pa.ArrowException, OSError) as error:
        said = str(error) if str(error).startswith(path.name) else f"{path.name}: {error}"
        yield Entry("", (), path.name, faults=(said,))


def _own(path: Path) -> Iterator[Entry]:
    names = {label.id: label.name for label in parquet.read_labels(path)}
    for image, annotations in parquet.read(path):
        where = f"{path.name} row of image {image.id}"
        for item in annotations:
            if item.label not in names:
                raise FormatError(f"{where}: there is no class {item.label}")
        claims = tuple(Claim(names[item.label], item, where) for item in annotations)
        yield Entry(image.name, claims, path.name, shape=image.shape, sha256=image.sha256)


def _foreign(path: Path, metadata: Mapping[bytes, bytes]) -> Iterator[Entry]:
    import pyarrow.parquet as pq

    names = class_names(metadata)
    with pq.ParquetFile(path) as file:
        columns = set(file.schema_arrow.names)
        if "objects" not in columns and not columns & {"label", "labels"}:
            raise FormatError(f"{path.name} has neither a column 'objects' nor 'label'")
        row = 0
        for batch in file.iter_batches(_ROWS):
            for cells in batch.to_pylist():
                yield _entry(cells, names, f"{path.name} row {row}", path.name)
                row += 1


def class_names(metadata: Mapping[bytes, bytes]) -> dict[str, Sequence[str]]:
    """The names of every ``ClassLabel`` that Hugging Face's metadata describe, by column."""
    try:
        said = orjson.loads(metadata.get(b"huggingface", b"{}"))
    except orjson.JSONDecodeError:
        return {}
    found: dict[str, Sequence[str]] = {}
    level: list[tuple[str, Any]] = [("", said)]
    for _ in range(16):
        inner: list[tuple[str, Any]] = []
        for key, value in level:
            if isinstance(value, list):
                inner += [(key, item) for item in value]
            elif isinstance(value, Mapping) and value.get("_type") == "ClassLabel":
                found[key] = [str(name) for name in value.get("names", [])]
            elif isinstance(value, Mapping):
                generic = ("feature", "dtype")
                inner += [(key if k in generic else str(k), v) for k, v in value.items()]
        level = inner
    return found


def _entry(
    cells: Mapping[str, Any], names: Mapping[str, Sequence[str]], where: str, name: str
) -> Entry:
    try:
        file_name, sha256 = _image(cells, where)
        claims, faults = _claims(cells, names, where)
    except FormatError as error:
        return Entry("", (), name, faults=(str(error),))
    shape = None
    if isinstance(cells.get("width"), int) and isinstance(cells.get("height"), int):
        shape = cells["height"], cells["width"]
    return Entry(file_name, tuple(claims), name, shape, sha256, tuple(faults))


def _image(cells: Mapping[str, Any], where: str) -> tuple[str, str]:
    image = cells.get("image")
    path, data = (image.get("path"), image.get("bytes")) if isinstance(image, dict) else ("", None)
    path = path or cells.get("file_name") or ""
    if not isinstance(path, str) or (not path and not data):
        raise FormatError(f"{where} has no image and no file_name")
    if path and not isinstance(image, dict):
        refuse_escaping(path, f"{where}.file_name")
    digest = hashlib.sha256(data).hexdigest() if isinstance(data, bytes) else ""
    return path.replace("\\", "/").lstrip("/"), digest


def _claims(
    cells: Mapping[str, Any], names: Mapping[str, Sequence[str]], where: str
) -> tuple[list[Claim], list[str]]:
    if "objects" not in cells:
        key = "label" if "label" in cells else "labels"
        values = cells[key] if isinstance(cells[key], list) else [cells[key]]
        tags = [
            _name(value, names.get(key), f"{where}.{key}") for value in values if value is not None
        ]
        return [claimed(tag, Tag(), where) for tag in tags], []
    claims, faults = [], []
    for k, item in enumerate(_objects(cells["objects"], f"{where}.objects")):
        here = f"{where}.objects[{k}]"
        try:
            claims.append(_claim(item, names, here))
        except FormatError as error:
            faults.append(str(error))
    return claims, faults


def _objects(value: Any, where: str) -> list[Mapping[str, Any]]:
    """A list of objects, or the columns of one."""
    if value is None:
        return []
    if isinstance(value, list):
        return [fields.record(item, f"{where}[{k}]") for k, item in enumerate(value)]
    columns = {k: v for k, v in fields.record(value, where).items() if isinstance(v, list)}
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise FormatError(f"{where}: its columns have different lengths")
    count = lengths.pop() if lengths else 0
    return [{key: column[k] for key, column in columns.items()} for k in range(count)]


def _claim(item: Mapping[str, Any], names: Mapping[str, Sequence[str]], where: str) -> Claim:
    key = next((name for name in _CATEGORY if name in item), None)
    if key is None:
        raise FormatError(f"{where} has no category")
    score = item.get("score")
    said = None if score is None else score_of(score, f"{where}.score")
    geometry = _box(item.get("bbox"), f"{where}.bbox")
    crowd = item.get("iscrowd") in (1, True)
    label = _name(item[key], names.get(key), f"{where}.{key}")
    return claimed(label, geometry, where, score=said, crowd=crowd)


def _box(value: Any, where: str) -> Geometry:
    sides = fields.numbers(value, where)
    if len(sides) != 4:
        raise FormatError(f"{where} must be [x, y, width, height], got {len(sides)} numbers")
    x, y, width, height = (shortest_float32(side) for side in sides)
    if width <= 0 or height <= 0:
        raise FormatError(f"{where} must be wider and higher than 0, got {width:g} × {height:g}")
    return Box(x, y, width, height)


def _name(value: Any, names: Sequence[str] | None, where: str) -> str:
    if isinstance(value, str):
        return fields.text(value, where)
    number = fields.integer(value, where, least=0)
    if names is None:
        return f"class {number}"
    if number >= len(names):
        raise FormatError(f"{where}: there is no class {number}")
    return names[number]
