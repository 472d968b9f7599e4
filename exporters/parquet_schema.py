"""The columns of a Parquet export and the metadata that `datasets` reads them by.

`datasets` shows pictures and class names only where the physical types equal its own to the letter
(``binary`` before ``string``, ``int64`` classes); otherwise it falls back to plain structs and
numbers without a word. Hence the types below are a contract.
"""

from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from datasetbuilder.exporters.extension import KEY
from datasetbuilder.exporters.options import CLASSIFICATION, COPY, INSTANCES
from datasetbuilder.model import Label

CATEGORY = "objects.category.list.element"
_CLASS_COLUMNS = (CATEGORY, "label", "labels.list.element")
_IMAGE_BYTES = "image.bytes"


def _objects_type(task: str) -> pa.StructType:
    columns = [
        ("id", pa.list_(pa.int64())),
        ("category", pa.list_(pa.int64())),
        ("bbox", pa.list_(pa.list_(pa.float32(), 4))),
        ("area", pa.list_(pa.float64())),
        ("iscrowd", pa.list_(pa.bool_())),
    ]
    if task == INSTANCES:
        rle = pa.struct([("size", pa.list_(pa.int32(), 2)), ("counts", pa.string())])
        columns += [
            ("segmentation", pa.list_(pa.list_(pa.list_(pa.float32())))),
            ("rle", pa.list_(rle)),
        ]
    return pa.struct(columns)


def schema_of(
    labels: tuple[Label, ...], *, task: str, images: str, several: bool, about: dict[str, Any]
) -> pa.Schema:
    """The schema of an export.

    Parameters
    ----------
    labels : tuple of Label
        In the order of their class numbers.
    task, images : str
        As in the options of the export.
    several : bool
        Whether an image may have several whole-image classes.
    about : dict
        Project, event and labels, for our own reader.
    """
    if images == COPY:
        image = pa.field("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    else:
        image = pa.field("file_name", pa.string())
    columns = [
        image,
        pa.field("image_id", pa.int64()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
    ]
    if task != CLASSIFICATION:
        columns.append(pa.field("objects", _objects_type(task)))
    elif several:
        columns.append(pa.field("labels", pa.list_(pa.int64())))
    else:
        columns.append(pa.field("label", pa.int64()))
    columns.append(pa.field(KEY, pa.string()))
    names = [column.name for column in columns]
    features = _features([label.name for label in labels], task)
    kept = {name: features[name] for name in names}
    metadata = {"huggingface": orjson.dumps({"info": {"features": kept}}), KEY: orjson.dumps(about)}
    return pa.schema(columns, metadata=metadata)


def _features(names: list[str], task: str) -> dict[str, Any]:
    classes = {"names": names, "_type": "ClassLabel"}
    objects = {
        "id": _list(_value("int64")),
        "category": _list(classes),
        "bbox": _list(_list(_value("float32"), length=4)),
        "area": _list(_value("float64")),
        "iscrowd": _list(_value("bool")),
    }
    if task == INSTANCES:
        objects["segmentation"] = _list(_list(_list(_value("float32"))))
        size = _list(_value("int32"), length=2)
        objects["rle"] = _list({"size": size, "counts": _value("string")})
    return {
        "image": {"_type": "Image"},
        "file_name": _value("string"),
        "image_id": _value("int64"),
        "width": _value("int32"),
        "height": _value("int32"),
        "label": classes,
        "labels": _list(classes),
        "objects": objects,
        KEY: _value("string"),
    }


def _value(dtype: str) -> dict[str, Any]:
    return {"dtype": dtype, "_type": "Value"}


def _list(feature: dict[str, Any], **fixed: int) -> dict[str, Any]:
    return {"feature": feature, **fixed, "_type": "List"}


def writer_options(schema: pa.Schema) -> dict[str, Any]:
    """How each column is coded: measured smallest and fastest for image annotations."""
    sink = pa.BufferOutputStream()
    pq.ParquetWriter(sink, schema).close()
    written = pq.ParquetFile(sink.getvalue()).schema
    leaves = [written.column(k) for k in range(len(written))]
    paths = [leaf.path for leaf in leaves]
    packed = [path for path in paths if path != _IMAGE_BYTES]
    floats = [leaf.path for leaf in leaves if leaf.physical_type in ("FLOAT", "DOUBLE")]
    return {
        "compression": {path: "zstd" if path in packed else "none" for path in paths},
        "compression_level": dict.fromkeys(packed, 3),
        "use_dictionary": [path for path in paths if path in _CLASS_COLUMNS],
        "column_encoding": dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
        "write_statistics": packed,
        "write_page_index": True,
    }
