"""Images with their annotations to Parquet columns and back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from datasetbuilder.errors import FormatError, GeometryError
from datasetbuilder.exporters import fields
from datasetbuilder.exporters.coco_objects import (
    check_agreement,
    has_holes,
    measured,
    polygon_from_rings,
    rings_of,
)
from datasetbuilder.exporters.extension import (
    KEY,
    extension_from_annotation,
    geometry_of,
    kind_of,
    remaining_fields,
)
from datasetbuilder.exporters.job import Row
from datasetbuilder.exporters.options import CLASSIFICATION, INSTANCES
from datasetbuilder.exporters.survey import held, set_aside
from datasetbuilder.geometry import coco_rle, mask_from_coco_rle
from datasetbuilder.model import (
    Annotation,
    Box,
    Geometry,
    Image,
    ImageState,
    Kind,
    Mask,
    Polygon,
    Tag,
)
from datasetbuilder.wire import shortest_float32

ClassNumbers = Mapping[int, int]

# --- writing ----------------------------------------------------------------------------------


def cells_from_row(
    row: Row, task: str, numbers: ClassNumbers, file_name: str, contents: bytes | None
) -> dict[str, Any]:
    """All cells of one image; a schema takes those that it has columns for.

    Parameters
    ----------
    row : tuple of Image and tuple of Annotation
    task : str
    numbers : mapping of int to int
        The class number, from 0, of each label id.
    file_name : str
        The image's path in the export.
    contents : bytes or None
        The image file, where it is embedded.
    """
    image, annotations = row
    tags, objects = set_aside(held(annotations, task), task)
    cells: dict[str, Any] = {
        "image": {"bytes": contents, "path": file_name},
        "file_name": file_name,
        "image_id": image.id,
        "width": image.width,
        "height": image.height,
    }
    if task == CLASSIFICATION:
        classes = list(dict.fromkeys(numbers[item.label] for item in objects))
        cells |= {"labels": classes, "label": classes[0] if classes else None}
        tags = objects
    else:
        cells["objects"] = _objects(objects, image, task, numbers)
    beside = [] if task == CLASSIFICATION else objects
    cells[KEY] = _extension(image, file_name, tags, beside, task).decode()
    return cells


def _objects(
    annotations: Sequence[Annotation], image: Image, task: str, numbers: ClassNumbers
) -> dict[str, list[Any]]:
    measures = [measured(item, image) for item in annotations]
    columns: dict[str, list[Any]] = {
        "id": [item.id for item in annotations],
        "category": [numbers[item.label] for item in annotations],
        "bbox": [bbox for _, bbox in measures],
        "area": [area for area, _ in measures],
        "iscrowd": [item.crowd for item in annotations],
    }
    if task == INSTANCES:
        shapes = [item.geometry for item in annotations]
        columns["segmentation"] = [rings_of(shape) for shape in shapes]
        columns["rle"] = [_rle(shape, image) for shape in shapes]
    return columns


def _rle(shape: Geometry, image: Image) -> dict[str, Any] | None:
    return coco_rle(shape, image.shape) if isinstance(shape, Mask) else None


def _extension(
    image: Image,
    file_name: str,
    tags: Sequence[Annotation],
    objects: Sequence[Annotation],
    task: str,
) -> bytes:
    said: dict[str, Any] = {"sha256": image.sha256, "state": image.state.value}
    if file_name != image.name:
        said["name"] = image.name
    if tags:
        said["tags"] = [
            {"id": tag.id, "category_id": tag.label}
            | extension_from_annotation(tag, with_geometry=False)
            for tag in tags
        ]
    if objects:
        said["objects"] = [
            extension_from_annotation(item, with_geometry=not _is_told(item.geometry, task))
            for item in objects
        ]
    return orjson.dumps(said)


def _is_told(shape: Geometry, task: str) -> bool:
    """Whether the columns alone give the geometry back."""
    if isinstance(shape, Polygon):
        return task == INSTANCES and not has_holes(shape)
    return isinstance(shape, Box) or (isinstance(shape, Mask) and task == INSTANCES)


# --- reading ----------------------------------------------------------------------------------


def rows_from_batch(batch: pa.RecordBatch, label_ids: Sequence[int]) -> Iterator[Row]:
    """The images of a batch with their annotations.

    Parameters
    ----------
    batch : RecordBatch
        Without the bytes of the images.
    label_ids : sequence of int
        The label id of each class number.

    Raises
    ------
    FormatError
        Naming the row and the field at fault.
    """
    columns = {name: batch.column(name) for name in batch.schema.names}
    objects = _object_columns(columns["objects"]) if "objects" in columns else None
    plain = {
        name: columns[name].to_pylist()
        for name in ("file_name", "image_id", "width", "height", "label", "labels", KEY)
        if name in columns
    }
    if "image" in columns:
        plain["file_name"] = columns["image"].field("path").to_pylist()
    for row in range(batch.num_rows):
        cells = {name: values[row] for name, values in plain.items()}
        path = f"row of image {cells.get('image_id')}"
        image, extension = _image(cells, path)
        found = list(_tags(extension, image, path))
        _check_classes(cells, found, label_ids, path)
        if objects is not None:
            cut = {name: values[row] for name, values in objects.items()}
            found += _annotations(cut, extension, image, label_ids, path)
        yield image, tuple(sorted(found, key=lambda item: item.id))


def _object_columns(objects: pa.StructArray) -> dict[str, list[Any]]:
    """Per row and object; every float32 as the shortest decimal that means it."""
    return {field.name: _shortest(objects.field(field.name)) for field in objects.type}


def _shortest(column: pa.Array) -> list[Any]:
    kind = column.type
    if pa.types.is_float32(kind):
        return _shortest_numbers(np.asarray(column, np.float32))
    if pa.types.is_fixed_size_list(kind) and pa.types.is_float32(kind.value_type):
        flat = _shortest(column.flatten())
        step = kind.list_size
        return [flat[start : start + step] for start in range(0, len(flat), step)]
    if pa.types.is_list(kind):
        flat, start, cut = _shortest(column.flatten()), 0, []
        for length in column.value_lengths().to_pylist():
            cut.append(flat[start : start + (length or 0)])
            start += length or 0
        return cut
    return column.to_pylist()


def _shortest_numbers(values: np.ndarray) -> list[float]:
    said = orjson.loads(orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY))
    subnormal = (values != 0) & (np.abs(values) < np.finfo(np.float32).tiny)
    for place in np.flatnonzero(subnormal):  # orjson gives them fewer digits than the wire does
        said[place] = shortest_float32(float(values[place]))
    return said


def _image(cells: Mapping[str, Any], path: str) -> tuple[Image, Mapping[str, Any]]:
    text = cells.get(KEY) or "{}"
    try:
        extension = fields.record(orjson.loads(text), f"{path}.{KEY}")
        state = ImageState(extension.get("state", ImageState.NEW))
    except ValueError as error:
        raise FormatError(f"{path}.{KEY} cannot be read: {error}") from error
    file_name = fields.text(cells.get("file_name"), f"{path}.file_name")
    image = Image(
        id=fields.integer(cells.get("image_id"), f"{path}.image_id"),
        name=str(extension.get("name", file_name)),
        width=fields.integer(cells.get("width"), f"{path}.width", most=fields.MAX_SIDE),
        height=fields.integer(cells.get("height"), f"{path}.height", most=fields.MAX_SIDE),
        sha256=str(extension.get("sha256", "")),
        state=state,
    )
    return image, extension


def _tags(extension: Mapping[str, Any], image: Image, path: str) -> Iterator[Annotation]:
    here = f"{path}.{KEY}.tags"
    for index, value in enumerate(fields.items(extension.get("tags", []), here)):
        data = fields.record(value, f"{here}[{index}]")
        yield Annotation(
            id=fields.integer(data.get("id"), f"{here}[{index}].id"),
            label=fields.integer(data.get("category_id"), f"{here}[{index}].category_id"),
            image_id=image.id,
            geometry=Tag(),
            **remaining_fields(data, f"{here}[{index}]"),
        )


def _check_classes(
    cells: Mapping[str, Any], tags: Sequence[Annotation], label_ids: Sequence[int], path: str
) -> None:
    """The class column must say what the tags beside it say."""
    if "label" in cells:
        numbers = [] if cells["label"] is None else [cells["label"]]
    elif "labels" in cells:
        numbers = cells["labels"]
    else:
        return
    most = len(label_ids) - 1
    named = {label_ids[fields.integer(n, f"{path}.label", least=0, most=most)] for n in numbers}
    if named != {tag.label for tag in tags}:
        raise FormatError(f"{path}: its class column and {KEY}.tags name different classes")


def _annotations(
    cut: Mapping[str, list[Any]],
    extension: Mapping[str, Any],
    image: Image,
    label_ids: Sequence[int],
    path: str,
) -> Iterator[Annotation]:
    count = len(cut["id"])
    beside = fields.items(extension.get("objects", [{}] * count), f"{path}.{KEY}.objects")
    if any(len(column) != count for column in (*cut.values(), beside)):
        raise FormatError(f"{path}: the columns of its objects have different lengths")
    for index in range(count):
        cells = {name: column[index] for name, column in cut.items()}
        here = f"{path}.objects[{index}]"
        said = fields.record(beside[index], here)
        label = fields.integer(
            cells["category"], here + ".category", least=0, most=len(label_ids) - 1
        )
        yield Annotation(
            id=fields.integer(cells["id"], f"{here}.id"),
            label=label_ids[label],
            image_id=image.id,
            geometry=_geometry(cells, said, image, here),
            crowd=bool(cells["iscrowd"]),
            area=fields.number(cells["area"], f"{here}.area"),
            bbox=_bbox(cells["bbox"], here),
            **remaining_fields(said, here),
        )


def _geometry(
    cells: Mapping[str, Any], extension: Mapping[str, Any], image: Image, path: str
) -> Geometry:
    kind = kind_of(extension, path)
    rle, rings = cells.get("rle"), cells.get("segmentation")
    if kept := geometry_of(extension, path):
        if rings:
            check_agreement(kept, rings, image, f"{path}.segmentation")
        return kept
    if rle is not None and kind in (None, Kind.MASK):
        try:
            return _checked_mask(rle, image)
        except GeometryError as error:
            raise FormatError(f"{path}.rle: {error}") from error
    if rings and kind in (None, Kind.POLYGON):
        return polygon_from_rings(rings, f"{path}.segmentation")
    if kind in (None, Kind.BOX):
        return Box(*_bbox(cells["bbox"], path))
    raise FormatError(f"{path} says it is a {kind}, but no column holds its shape")


def _checked_mask(rle: Mapping[str, Any], image: Image) -> Mask:
    if list(rle["size"]) != list(image.shape):
        raise GeometryError(f"the size {rle['size']} is not {list(image.shape)}")
    return mask_from_coco_rle(rle)


def _bbox(value: Any, path: str) -> tuple[float, float, float, float]:
    x, y, width, height = fields.numbers(value, f"{path}.bbox")
    return x, y, width, height
