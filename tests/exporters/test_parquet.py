import json
from dataclasses import replace

import numpy as np
import pandas
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from pycocotools import mask as coco_mask

from datasetbuilder.errors import FormatError, UsageError
from datasetbuilder.exporters import parquet
from datasetbuilder.exporters.export import export
from datasetbuilder.geometry import array_from_mask
from datasetbuilder.model import Mask
from tests.exporters.campaigns import CROPS, objects, tags

FROM_PYCOCOTOOLS = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def exported(tmp_path):
    export(objects(), tmp_path / "out", formats=["parquet"])
    return tmp_path / "out"


def train(folder):
    return folder / "data" / "train-00000-of-00001.parquet"


def test_val_is_called_validation_and_the_card_says_which_file_is_which(exported):
    assert sorted(p.relative_to(exported).as_posix() for p in exported.rglob("*.*")) == [
        "README.md",
        "data/train-00000-of-00001.parquet",
        "data/validation-00000-of-00001.parquet",
        "export.json",
    ]
    card = (exported / "README.md").read_text("utf-8")
    assert card.startswith(
        '---\npretty_name: "cells"\ntask_categories:\n- image-segmentation\nconfigs:\n'
        "- config_name: default\n  data_files:\n"
        '  - split: train\n    path: "data/train-*"\n'
        '  - split: validation\n    path: "data/validation-*"\n---\n'
    )
    assert "| 1 | 4 | nucleus | 11 | 6 |" in card


def test_the_physical_types_are_those_that_datasets_knows(exported):
    schema = pq.read_schema(train(exported))
    assert schema.field("image").type == pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    floats = pa.float32()
    assert dict((f.name, f.type) for f in schema.field("objects").type) == {
        "id": pa.list_(pa.int64()),
        "category": pa.list_(pa.int64()),
        "bbox": pa.list_(pa.list_(floats, 4)),
        "area": pa.list_(pa.float64()),
        "iscrowd": pa.list_(pa.bool_()),
        "segmentation": pa.list_(pa.list_(pa.list_(floats))),
        "rle": pa.list_(pa.struct([("size", pa.list_(pa.int32(), 2)), ("counts", pa.string())])),
    }
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == schema.names
    assert features["objects"]["category"]["feature"]["names"] == ["cell", "nucleus"]


def test_pictures_are_not_packed_twice_and_floats_are_split_by_byte(exported):
    group = pq.read_metadata(train(exported)).row_group(0)
    columns = {group.column(k).path_in_schema: group.column(k) for k in range(group.num_columns)}
    assert columns["image.bytes"].compression == "UNCOMPRESSED"
    assert columns["objects.area.list.element"].compression == "ZSTD"
    assert "BYTE_STREAM_SPLIT" in columns["objects.area.list.element"].encodings
    with_dictionary = [path for path, column in columns.items() if column.has_dictionary_page]
    assert with_dictionary == ["objects.category.list.element"]


def test_pandas_reads_it(exported):
    frame = pandas.read_parquet(train(exported))
    assert list(frame["image_id"]) == [1, 2]
    objects_of_ring = frame["objects"].iloc[0]
    assert objects_of_ring["id"].tolist() == [*range(1, 11), 20, 21]
    assert objects_of_ring["category"].tolist() == [1] * 10 + [0, 0]
    assert frame["image"].iloc[1]["path"] == "background.jpg"


def test_arrow_datasets_read_it_with_a_filter(exported):
    found = pyarrow.dataset.dataset(exported / "data", format="parquet")
    table = found.to_table(filter=pyarrow.dataset.field("width") == 56, columns=["image_id"])
    assert table.column("image_id").to_pylist() == [2]


@FROM_PYCOCOTOOLS
def test_pycocotools_decodes_the_rle_column_as_it_is(exported):
    snapshot = objects()
    ((ring, annotations), *_) = snapshot.rows()
    row = pq.read_table(train(exported)).column("objects")[0].as_py()
    masks = [item for item in annotations if isinstance(item.geometry, Mask)]
    assert len(masks) == 10
    for item in masks:
        assert isinstance(item.geometry, Mask)
        place = row["id"].index(item.id)
        mask = coco_mask.decode(row["rle"][place])
        np.testing.assert_array_equal(mask, array_from_mask(item.geometry, ring.shape))
        assert row["area"][place] == mask.sum()


def test_only_masks_have_an_rle_and_only_polygons_a_segmentation(exported):
    row = pq.read_table(train(exported)).column("objects")[0].as_py()
    polygon, box = row["id"].index(20), row["id"].index(21)
    assert (row["rle"][polygon], row["rle"][box]) == (None, None)
    assert [len(rings) for rings in row["segmentation"]] == [0] * 10 + [2, 0]


def test_the_embedded_picture_is_the_original_without_its_metadata(exported):
    contents = pq.read_table(train(exported)).column("image").combine_chunks().field("bytes")
    ring, background = contents.to_pylist()
    assert ring == (CROPS / "ring.png").read_bytes()
    assert b"Maker" not in background
    assert b"ward 3" not in background


def test_detection_has_no_outlines_in_its_columns(tmp_path):
    export(objects(), tmp_path / "out", formats=["parquet"], task="detection")
    schema = pq.read_schema(train(tmp_path / "out"))
    assert schema.field("objects").type.names == ["id", "category", "bbox", "area", "iscrowd"]


def test_one_class_on_each_image_is_a_label_column(tmp_path):
    export(tags(several=False), tmp_path / "out", formats=["parquet"], task="classification")
    table = pq.read_table(train(tmp_path / "out"))
    assert table.column("label").to_pylist() == [1, None]


def test_several_classes_on_an_image_are_a_labels_column(tmp_path):
    export(tags(several=True), tmp_path / "out", formats=["parquet"], task="classification")
    table = pq.read_table(train(tmp_path / "out"))
    assert table.column("labels").to_pylist() == [[1, 0], []]


def test_without_images_there_are_file_names(tmp_path):
    export(objects(), tmp_path / "out", formats=["parquet"], images="none")
    table = pq.read_table(train(tmp_path / "out"))
    assert table.column("file_name").to_pylist() == ["plate 1/ring.png", "background.jpg"]
    assert "image" not in table.column_names


def test_linked_images_make_an_image_folder(tmp_path):
    export(objects(), tmp_path / "out", formats=["parquet"], images="link")
    assert (tmp_path / "out" / "train" / "plate 1" / "ring.png").is_symlink()
    table = pq.read_table(tmp_path / "out" / "validation" / "metadata.parquet")
    assert table.column("file_name").to_pylist() == ["plate 1/parts.png"]


def test_long_exports_become_several_files(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "GROUP_ROWS", 1)
    monkeypatch.setattr(parquet, "SHARD_BYTES", 1)
    export(objects(), tmp_path / "out", formats=["parquet"])
    assert sorted(p.name for p in (tmp_path / "out" / "data").iterdir()) == [
        "train-00000-of-00002.parquet",
        "train-00001-of-00002.parquet",
        "validation-00000-of-00001.parquet",
    ]


def test_splits_that_would_be_one_in_parquet_are_refused(tmp_path):
    with pytest.raises(UsageError, match="'val' and 'validation' are one in Parquet"):
        export(
            objects(),
            tmp_path / "out",
            formats=["parquet"],
            splits={"validation": 0.5, "val": 0.5},
        )


@pytest.mark.parametrize("images", ["copy", "link", "none"])
@pytest.mark.parametrize("task", ["instances", "detection"])
def test_reading_gives_back_what_was_drawn(tmp_path, task, images):
    snapshot = objects()
    export(snapshot, tmp_path / "out", formats=["parquet"], task=task, images=images)
    read = {}
    for split in ("train", "val"):
        for image, found in parquet.read_split(tmp_path / "out", task, split):
            read[image.id] = (image, found)
    for image, annotations in snapshot.rows():
        found_image, found = read[image.id]
        assert (found_image.name, found_image.state) == (image.name, image.state)
        wanted = sorted(annotations, key=lambda item: item.id)
        assert found == tuple(replace(item, version=0, author="") for item in wanted)


def test_labels_come_back_with_their_ids_and_colours(exported):
    assert parquet.read_labels(train(exported)) == objects().labels


def rewritten(path, **columns):
    table = pq.read_table(path)
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        table = table.set_column(place, field, [pa.array(values, field.type)])
    pq.write_table(table, path)


def cell(path, name, row=0):
    return pq.read_table(path).column(name)[row].as_py()


OBJECT_FAULTS = [
    ({"category": [9] * 12}, r"image 1.objects\[0\].category must be between 0 and 1, got 9"),
    ({"id": [0] * 12}, r"image 1.objects\[0\].id must be between"),
    ({"area": [float("nan")] * 12}, r"image 1.objects\[0\].area must be finite"),
    ({"area": [1.0]}, "the columns of its objects have different lengths"),
    ({"rle": [{"size": [1, 1], "counts": "1"}] * 12}, r"objects\[0\].rle: the size"),
    ({"rle": [{"size": [48, 48], "counts": "1"}] * 12}, r"objects\[0\].rle: the run lengths"),
    ({"rle": [None] * 12}, "says it is a mask, but no column holds its shape"),
    ({"segmentation": [[[1.0, 2.0]]] * 12}, "must be at least 3 pairs"),
]


@pytest.mark.parametrize(("fault", "message"), OBJECT_FAULTS)
def test_malformed_objects_are_refused_by_row_and_field(exported, fault, message):
    path = train(exported)
    first, second = cell(path, "objects"), cell(path, "objects", 1)
    rewritten(path, objects=[first | fault, second])
    with pytest.raises(FormatError, match=rf"train-00000-of-00001.parquet: .*{message}"):
        list(parquet.read(path))


ROW_FAULTS = [
    ({"image_id": [0, 2]}, "image_id must be between 1"),
    ({"width": [None, 56]}, "row of image 1.width must be a whole number, got nothing"),
    ({"height": [-1, 40]}, "row of image 1.height must be between 1"),
    ({"datasetbuilder": ["{", "{}"]}, "row of image 1.datasetbuilder cannot be read"),
    ({"datasetbuilder": ['{"state":"odd"}', "{}"]}, "datasetbuilder cannot be read"),
    ({"datasetbuilder": ["[]", "{}"]}, "datasetbuilder must be an object"),
    ({"datasetbuilder": ['{"tags":[{"id":1}]}', "{}"]}, "category_id must be a whole number"),
]


@pytest.mark.parametrize(("fault", "message"), ROW_FAULTS)
def test_malformed_rows_are_refused_by_field(exported, fault, message):
    rewritten(train(exported), **fault)
    with pytest.raises(FormatError, match=message):
        list(parquet.read(train(exported)))


def test_a_class_column_that_contradicts_its_tags_is_refused(tmp_path):
    export(tags(several=False), tmp_path / "out", formats=["parquet"], task="classification")
    rewritten(train(tmp_path / "out"), label=[0, None])
    with pytest.raises(FormatError, match="name different classes"):
        list(parquet.read(train(tmp_path / "out")))


def test_a_file_of_others_is_refused_with_the_reason(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(FormatError, match=r"a.parquet: its schema names no labels"):
        list(parquet.read(tmp_path / "a.parquet"))


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_a_file_that_was_cut_short_is_refused(exported, kept):
    data = train(exported).read_bytes()
    train(exported).write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(FormatError, match=r"train-00000-of-00001.parquet"):
        list(parquet.read(train(exported)))


def test_a_missing_shard_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "GROUP_ROWS", 1)
    monkeypatch.setattr(parquet, "SHARD_BYTES", 1)
    export(objects(), tmp_path / "out", formats=["parquet"])
    (tmp_path / "out" / "data" / "train-00001-of-00002.parquet").unlink()
    with pytest.raises(FormatError, match="1 files of 2 are there"):
        list(parquet.read_split(tmp_path / "out", "instances", "train"))
