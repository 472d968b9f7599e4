import pickle
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

import datasetbuilder
from datasetbuilder.errors import FormatError, UnknownName
from datasetbuilder.exporters import parquet
from datasetbuilder.exporters.export import export
from datasetbuilder.exporters.torch_view import planes_from_pixels
from datasetbuilder.geometry import array_from_geometry
from datasetbuilder.model import Box, Kind, Part, Polygon
from tests.exporters.campaigns import CROPS, objects, tags
from tests.exporters.snapshots import SnapshotFake, drawn, image_of, picture

FORMATS = ["coco", "parquet"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=[(name, way) for name in FORMATS for way in ("copy", "link")])
def opened(request, tmp_path):
    name, way = request.param
    export(objects(), tmp_path / "out", formats=[name], images=way)
    return datasetbuilder.open_dataset(tmp_path / "out")


def test_images_come_by_position_split_after_split(opened):
    assert len(opened) == 3
    assert opened.splits == ("train", "val")
    assert [sample["image_id"] for sample in opened] == [1, 2, 5]
    assert opened[-1]["file_name"] == "plate 1/parts.png"
    for outside in (3, -4):
        with pytest.raises(IndexError, match=f"image {outside} of 3"):
            opened[outside]


def test_labels_are_positions_in_the_names(opened):
    assert (opened.labels, opened.label_ids) == (("cell", "nucleus"), (1, 4))
    assert opened[0]["labels"].tolist() == [1] * 10 + [0, 0]
    assert opened[0]["ids"].tolist() == [*range(1, 11), 20, 21]


def test_boxes_are_corners(opened):
    boxes = opened[0]["boxes"]
    assert (boxes.dtype, boxes.shape) == (np.float32, (12, 4))
    np.testing.assert_allclose(boxes[-1], [1.1, 2.3, 11.8, 32.8], rtol=1e-6)


def test_masks_are_those_of_the_project(opened):
    for sample, (image, annotations) in zip(opened, objects().rows(), strict=True):
        shapes = [item for item in annotations if item.kind is not Kind.TAG]
        assert sample["masks"].shape == (len(shapes), *image.shape)
        assert sample["area"].tolist() == pytest.approx([item.area for item in shapes])
        assert sample["iscrowd"].tolist() == [item.crowd for item in shapes]
        for mask, item in zip(sample["masks"], shapes, strict=True):
            np.testing.assert_array_equal(mask, array_from_geometry(item.geometry, image.shape))


def test_pixels_are_those_of_the_original(opened):
    for sample, name in zip(opened, ("ring.png", "background.jpg", "parts.png"), strict=True):
        with Pillow.open(CROPS / name) as original:
            np.testing.assert_array_equal(sample["image"], np.asarray(original))
        assert sample["image"].shape[:2] == (sample["height"], sample["width"])


def test_an_image_without_objects_has_empty_arrays(opened):
    sample = opened[1]
    assert sample["boxes"].shape == (0, 4)
    assert sample["masks"].shape == (0, 40, 56)
    assert sample["labels"].shape == (0,)


def test_a_sample_is_a_mapping(opened):
    assert set(opened[0]) == {
        "image", "image_id", "file_name", "width", "height", "labels",
        "ids", "boxes", "area", "iscrowd", "masks",
    }  # fmt: skip
    assert len(opened[0]) == 11
    with pytest.raises(KeyError):
        opened[0]["colour"]


def test_changing_a_sample_does_not_change_the_dataset(opened):
    opened[0]["boxes"][:] = 0
    assert opened[0]["boxes"][-1].tolist() != [0, 0, 0, 0]


def test_a_dataset_travels_to_workers_by_pickle(opened):
    assert len(opened) == 3
    copy = pickle.loads(pickle.dumps(opened))
    np.testing.assert_array_equal(copy[2]["masks"], opened[2]["masks"])


@pytest.mark.parametrize("name", FORMATS)
def test_one_split_is_opened_by_its_name(tmp_path, name):
    export(objects(), tmp_path / "out", formats=[name])
    for split in ("val", "validation"):
        found = datasetbuilder.open_dataset(tmp_path / "out", split=split)
        assert [sample["image_id"] for sample in found] == [5]
    with pytest.raises(UnknownName, match=r"has no split 'test'. Its splits: train, val"):
        datasetbuilder.open_dataset(tmp_path / "out", split="test")


def test_where_both_formats_are_there_either_is_opened(tmp_path):
    export(objects(), tmp_path / "out", formats=["coco", "parquet"])
    for name in (None, *FORMATS):
        assert len(datasetbuilder.open_dataset(tmp_path / "out", format=name)) == 3
    with pytest.raises(UnknownName, match=r"has no 'yolo' to open. It has: parquet, coco"):
        datasetbuilder.open_dataset(tmp_path / "out", format="yolo")


def test_pictures_come_from_the_right_file_and_group(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "GROUP_ROWS", 1)
    monkeypatch.setattr(parquet, "SHARD_BYTES", 1)
    export(objects(), tmp_path / "out", formats=["parquet"])
    found = datasetbuilder.open_dataset(tmp_path / "out")
    assert [found[k]["image"].shape for k in (2, 0, 1, 0)] == [
        (40, 48),
        (48, 48),
        (40, 56, 3),
        (48, 48),
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_without_images_says_so_and_takes_them_from_elsewhere(tmp_path, name):
    flat = [(replace(i, name=Path(i.name).name), found) for i, found in objects().content]
    export(replace(objects(), content=flat), tmp_path / "out", formats=[name], images="none")
    bare = datasetbuilder.open_dataset(tmp_path / "out")
    assert bare[0]["masks"].shape == (12, 48, 48)
    with pytest.raises(FormatError, match=r"exported without its pixels .*images=…"):
        bare[0]["image"]
    found = datasetbuilder.open_dataset(tmp_path / "out", images=CROPS)
    assert found[0]["image"].shape == (48, 48)


@pytest.mark.parametrize("name", FORMATS)
def test_an_image_file_that_went_away_is_named(tmp_path, name):
    export(objects(), tmp_path / "out", formats=[name], images="link")
    next((tmp_path / "out").rglob("background.jpg")).unlink()
    with pytest.raises(FormatError, match=r"background.jpg cannot be read"):
        datasetbuilder.open_dataset(tmp_path / "out")[1]["image"]


def test_a_file_name_that_leads_out_is_not_followed(tmp_path):
    export(objects(), tmp_path / "out", formats=["coco"])
    path = tmp_path / "out" / "annotations" / "instances_train.json"
    path.write_bytes(path.read_bytes().replace(b'"background.jpg"', b'"../../../a.jpg"'))
    with pytest.raises(FormatError, match="leads out of the folder of images"):
        datasetbuilder.open_dataset(tmp_path / "out")[1]["image"]


def test_a_folder_that_is_no_export_is_refused(tmp_path):
    with pytest.raises(FormatError, match=r"has no export.json"):
        datasetbuilder.open_dataset(tmp_path)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_whole_image_classes_are_read(tmp_path, name, several):
    export(tags(several=several), tmp_path / "out", formats=[name], task="classification")
    found = datasetbuilder.open_dataset(tmp_path / "out")
    classes = [sorted(sample["labels"].tolist()) for sample in found]
    assert classes == [[0, 1] if several else [1], [], [0]]
    assert "boxes" not in found[0]


def test_reading_needs_nothing_of_the_app(tmp_path):
    export(objects(), tmp_path / "out", formats=["coco"])
    script = (
        "import sys, datasetbuilder\n"
        "open_dataset = datasetbuilder.open_dataset\n"
        "heavy = {'pyarrow', 'pandas', 'PIL', 'pycocotools', 'torch', 'dash', 'sqlalchemy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert open_dataset(sys.argv[1])[0]['masks'].shape == (12, 48, 48)\n"
        "heavy -= {'PIL', 'pycocotools'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "out")], cwd=ROOT, check=True)


# --- torch ------------------------------------------------------------------------------------


@pytest.fixture
def torch(monkeypatch):
    """What the reader asks of torch; arrays stand for tensors."""
    stand_in = types.ModuleType("torch")
    stand_in.from_numpy = np.asarray  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", stand_in)


def square(x: float, y: float, side: float) -> Polygon:
    return Polygon((Part(((x, y), (x + side, y), (x + side, y + side), (x, y + side))),))


def dataset(tmp_path, snapshot, **options):
    export(snapshot, tmp_path / "out", formats=["parquet"], **options)
    return datasetbuilder.open_dataset(tmp_path / "out")


def test_without_torch_the_way_to_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(FormatError, match=r"pip install 'datasetbuilder\[torch\]'"):
        dataset(tmp_path, objects()).torch()


@pytest.mark.usefixtures("torch")
def test_instances_have_the_shapes_of_torchvision(tmp_path):
    view = dataset(tmp_path, objects()).torch()
    assert len(view) == 3
    image, target = view[0]
    assert (image.dtype, image.shape) == (np.float32, (3, 48, 48))
    assert (target["boxes"].dtype, target["boxes"].shape) == (np.float32, (12, 4))
    assert (target["labels"].dtype, set(target["labels"])) == (np.int64, {1, 2})
    assert (target["masks"].dtype, target["masks"].shape) == (np.uint8, (12, 48, 48))
    assert target["image_id"] == 1


@pytest.mark.usefixtures("torch")
def test_an_export_of_instances_serves_for_detection(tmp_path):
    _, target = dataset(tmp_path, objects()).torch("detection")[1]
    assert set(target) == {"boxes", "labels", "image_id", "area", "iscrowd"}
    assert target["boxes"].shape == (0, 4)


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize("name", ["coco", "parquet"])
def test_instances_serve_as_a_map_of_classes(tmp_path, name):
    data = picture(4, 3)
    image = image_of(1, "a.png", data)
    shapes = (
        drawn(1, image, square(0, 0, 2), label=4, level=1),
        drawn(2, image, square(1, 1, 2), crowd=True),
        drawn(3, image, square(1, 0, 2)),
        drawn(4, image, Box(0.0, 0.0, 4.0, 3.0)),
    )
    export(SnapshotFake([(image, shapes)], {1: data}), tmp_path / "out", formats=[name])
    _, target = datasetbuilder.open_dataset(tmp_path / "out").torch("semantic")[0]
    assert target.dtype == np.int64
    assert target.tolist() == [[2, 2, 1, 0], [2, 2, 1, 0], [0, 255, 255, 0]]


@pytest.mark.usefixtures("torch")
def test_an_export_of_boxes_does_not_serve_for_instances(tmp_path):
    found = dataset(tmp_path, objects(), task="detection")
    with pytest.raises(FormatError, match=r"exported for detection and cannot serve for instances"):
        found.torch("instances")
    with pytest.raises(UnknownName, match="no task called 'poetry'"):
        found.torch("poetry")


@pytest.mark.usefixtures("torch")
def test_one_class_on_every_image_is_a_number(tmp_path):
    labelled = [row for row in tags(several=False).content if row[1]]
    view = dataset(tmp_path, replace(tags(several=False), content=labelled), task="classification")
    assert [target for _, target in view.torch()] == [1, 0]


@pytest.mark.usefixtures("torch")
def test_several_classes_or_none_are_a_vector(tmp_path):
    view = dataset(tmp_path, tags(several=True), task="classification").torch()
    assert [view[k][1].tolist() for k in range(3)] == [[1, 1], [0, 0], [1, 0]]


@pytest.mark.parametrize(
    ("pixels", "planes"),
    [
        (np.array([[0, 255]], np.uint8), [[[0, 1]], [[0, 1]], [[0, 1]]]),
        (np.array([[0, 65535]], np.uint16), [[[0, 1]], [[0, 1]], [[0, 1]]]),
        (np.array([[[0, 51, 255]]], np.uint8), [[[0]], [[0.2]], [[1]]]),
        (np.array([[0.5]], np.float32), [[[0.5]], [[0.5]], [[0.5]]]),
    ],
)
def test_pixels_become_planes_between_0_and_1(pixels, planes):
    found = planes_from_pixels(pixels)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, planes, rtol=1e-6)
