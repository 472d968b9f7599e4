import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import coco
from datasetbuilder.exporters.export import export
from datasetbuilder.geometry import array_from_geometry, array_from_mask
from datasetbuilder.model import Box, Kind, Mask, Part, Polygon, Tag
from tests.exporters.campaigns import nuclei, objects, tags
from tests.exporters.snapshots import SnapshotFake, drawn, image_of, picture

FROM_PYCOCOTOOLS = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def document(folder: Path, name: str) -> dict:
    return json.loads((folder / "annotations" / f"{name}.json").read_bytes())


def annotation(folder: Path, name: str, wanted: int) -> dict:
    (found,) = [a for a in document(folder, name)["annotations"] if a["id"] == wanted]
    return found


@pytest.fixture
def exported(tmp_path):
    export(objects(), tmp_path / "out", formats=["coco"])
    return tmp_path / "out"


def as_pycocotools_sees_it(path: Path, capsys) -> COCO:
    found = COCO(str(path))
    capsys.readouterr()
    return found


# --- what the file says -----------------------------------------------------------------------


def test_an_export_that_is_not_split_is_one_document(tmp_path):
    snapshot = tags(several=True)
    unsplit = [(replace(image, split=None), found) for image, found in snapshot.content]
    export(
        replace(snapshot, content=unsplit),
        tmp_path / "out",
        formats=["coco"],
        task="classification",
    )
    assert [p.name for p in (tmp_path / "out" / "annotations").iterdir()] == ["classification.json"]


def test_splits_have_a_document_each_and_share_the_images(exported):
    assert sorted(p.relative_to(exported).as_posix() for p in exported.rglob("*.*")) == [
        "annotations/instances_train.json",
        "annotations/instances_val.json",
        "export.json",
        "images/background.jpg",
        "images/plate 1/parts.png",
        "images/plate 1/ring.png",
    ]


def test_ids_are_those_of_the_project(exported):
    found = document(exported, "instances_val")
    assert [c["id"] for c in found["categories"]] == [1, 4]
    assert [(i["id"], i["file_name"]) for i in found["images"]] == [(5, "plate 1/parts.png")]
    assert [a["id"] for a in found["annotations"]] == [40, 41, 42, 43, 44, 45, 60, 61]
    assert {a["category_id"] for a in found["annotations"]} == {1, 4}


def test_an_image_without_objects_is_kept(exported):
    found = document(exported, "instances_train")
    assert [i["id"] for i in found["images"]] == [1, 2]
    assert {a["image_id"] for a in found["annotations"]} == {1}


def test_a_box_has_no_segmentation_and_its_own_area(exported):
    found = annotation(exported, "instances_train", 21)
    assert "segmentation" not in found
    assert found["bbox"] == [1.1, 2.3, 10.7, 30.5]
    assert (found["area"], found["iscrowd"]) == (pytest.approx(10.7 * 30.5), 0)
    assert found["datasetbuilder"] == {
        "uid": "uid-21",
        "kind": "box",
        "source": "model",
        "score": 0.75,
    }


def test_a_drawn_polygon_keeps_its_numbers_and_its_holes(exported):
    found = annotation(exported, "instances_train", 20)
    assert len(found["segmentation"]) == 2
    assert found["segmentation"][1] == [30.0, 30.0, 40.1, 30.0, 35.0, 39.7]
    assert found["attributes"] == {"grade": 2, "sure": True}
    assert found["datasetbuilder"]["geometry"]["parts"][0][1][0] == [6.0, 6.0]


def test_a_crowd_is_written_as_uncompressed_counts(exported):
    for wanted in (60, 61):
        found = annotation(exported, "instances_val", wanted)
        assert found["iscrowd"] == 1
        assert found["segmentation"]["size"] == [40, 48]
        assert sum(found["segmentation"]["counts"]) == 40 * 48


def test_no_segmentation_is_ever_empty(exported):
    for name in ("instances_train", "instances_val"):
        for found in document(exported, name)["annotations"]:
            assert found.get("segmentation", "absent")
            assert "iscrowd" in found


def test_whole_image_classes_wait_beside_the_objects(exported):
    (ring, _) = document(exported, "instances_train")["images"]
    assert ring["datasetbuilder"]["tags"] == [
        {"id": 22, "category_id": 4, "uid": "uid-22", "kind": "tag"}
    ]


def test_detection_has_boxes_alone(tmp_path):
    export(objects(), tmp_path / "out", formats=["coco"], task="detection")
    found = document(tmp_path / "out", "detection_train")["annotations"]
    assert [a["id"] for a in found] == [*range(1, 11), 20, 21]
    assert not any("segmentation" in a for a in found)
    assert all(len(a["bbox"]) == 4 and a["area"] > 0 for a in found)


def test_classification_names_image_and_category_alone(tmp_path):
    export(tags(several=True), tmp_path / "out", formats=["coco"], task="classification")
    found = document(tmp_path / "out", "classification_train")["annotations"]
    assert [(a["id"], a["image_id"], a["category_id"]) for a in found] == [(1, 1, 4), (2, 1, 1)]
    assert {key for a in found for key in a} == {
        "id",
        "image_id",
        "category_id",
        "datasetbuilder",
    }


# --- what pycocotools sees --------------------------------------------------------------------


@FROM_PYCOCOTOOLS
@pytest.mark.parametrize("segmentation", ["polygon", "rle", "counts"])
@pytest.mark.parametrize("name", ["fluo_small_0402a81e", "white_ef3ef194"])
def test_pycocotools_sees_every_nucleus_pixel_for_pixel(tmp_path, capsys, name, segmentation):
    snapshot = nuclei(name)
    export(snapshot, tmp_path / "out", formats=["coco"], images="none", segmentation=segmentation)
    read = as_pycocotools_sees_it(tmp_path / "out" / "annotations" / "instances.json", capsys)
    ((image, annotations),) = snapshot.rows()
    assert len(annotations) > 70
    for item in annotations:
        assert isinstance(item.geometry, Mask)
        record = read.anns[item.id]
        mask = read.annToMask(record)
        np.testing.assert_array_equal(mask, array_from_mask(item.geometry, image.shape))
        assert record["area"] == mask.sum()


@FROM_PYCOCOTOOLS
def test_pycocotools_sees_crowds_and_holes_as_the_project_does(exported, capsys):
    for split in ("train", "val"):
        path = exported / "annotations" / f"instances_{split}.json"
        read = as_pycocotools_sees_it(path, capsys)
        for image, annotations in objects().rows():
            if image.split != split:
                continue
            for item in annotations:
                if item.kind in (Kind.TAG, Kind.BOX):
                    continue
                mask = read.annToMask(read.anns[item.id])
                np.testing.assert_array_equal(mask, array_from_geometry(item.geometry, image.shape))


# --- and back ---------------------------------------------------------------------------------


@pytest.mark.parametrize("segmentation", ["polygon", "rle", "counts"])
def test_reading_gives_back_what_was_drawn(tmp_path, segmentation):
    snapshot = objects()
    export(snapshot, tmp_path / "out", formats=["coco"], segmentation=segmentation)
    read = {}
    for split in ("train", "val"):
        for image, found in coco.read_split(tmp_path / "out", "instances", split):
            read[image.id] = (image, found)
    for image, annotations in snapshot.rows():
        found_image, found = read[image.id]
        assert (found_image.name, found_image.sha256) == (image.name, image.sha256)
        wanted = sorted(annotations, key=lambda item: item.id)
        assert found == tuple(replace(item, version=0, author="") for item in wanted)


def test_labels_come_back_with_their_colours(exported):
    assert coco.read_labels(exported / "annotations" / "instances_train.json") == objects().labels


def test_a_document_in_another_layout_reads_the_same(exported, tmp_path):
    path = exported / "annotations" / "instances_train.json"
    shuffled = json.loads(path.read_bytes())
    shuffled["images"].reverse()
    shuffled["annotations"].reverse()
    (tmp_path / "other.json").write_text("\ufeff" + json.dumps(shuffled, indent=1), "utf-8")
    assert list(coco.read(tmp_path / "other.json")) == list(coco.read(path))


def test_a_document_of_others_without_our_key_is_read_by_its_standard_fields(tmp_path):
    (tmp_path / "plain.json").write_text(
        json.dumps(
            {
                "images": [{"id": 0, "file_name": "a/b.jpg", "width": 10, "height": 8}],
                "categories": [{"id": 90, "name": "tooth brush"}],
                "annotations": [
                    {
                        "id": 3,
                        "image_id": 0,
                        "category_id": 90,
                        "segmentation": [[1, 1, 5, 1, 5, 6]],
                        "bbox": [1, 1, 4, 5],
                    },
                    {"id": 4, "image_id": 0, "category_id": 90, "bbox": [1, 2, 3, 4]},
                    {
                        "id": 5,
                        "image_id": 0,
                        "category_id": 90,
                        "iscrowd": 1,
                        "segmentation": {"size": [8, 10], "counts": [10, 4, 66]},
                    },
                    {"id": 6, "image_id": 0, "category_id": 90},
                ],
            }
        ),
        "utf-8",
    )
    ((image, found),) = coco.read(tmp_path / "plain.json")
    assert image.name == "a/b.jpg"
    assert [item.geometry for item in found] == [
        Polygon((Part(((1.0, 1.0), (5.0, 1.0), (5.0, 6.0))),)),
        Box(1.0, 2.0, 3.0, 4.0),
        Mask(1, 2, 1, 4, found[2].geometry.counts),  # type: ignore[union-attr]
        Tag(),
    ]


MALFORMED = [
    ({"images": None}, "images must be a list, got nothing"),
    ({"images": [{"id": 1, "file_name": "a", "width": 0, "height": 8}]}, r"images\[0\].width"),
    ({"images": [{"id": 1, "file_name": "a", "width": 5}]}, r"images\[0\].height is missing"),
    ({"images": [{"id": True, "file_name": "a", "width": 5, "height": 8}]}, r"images\[0\].id"),
    ({"images": [{"id": 1, "file_name": 3, "width": 5, "height": 8}]}, r"images\[0\].file_name"),
    ({"categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}, "has the id 1 twice"),
    ({"categories": [{"id": 1}]}, r"categories\[0\].name is missing"),
    ({"annotation": {"id": 2.5}}, r"annotations\[0\].id must be a whole number, got float"),
    ({"annotation": {"image_id": 9}}, r"annotations\[0\].image_id 9 is no image"),
    ({"annotation": {"category_id": 7}}, r"annotations\[0\].category_id 7 is no category"),
    ({"annotation": {"bbox": [1, 2, 3]}}, r"annotations\[0\].bbox must be \[x, y, width, height\]"),
    ({"annotation": {"bbox": [1, 2, -3, 4]}}, r"annotations\[0\].bbox has a negative"),
    ({"annotation": {"bbox": [1, 2, "3", 4]}}, r"annotations\[0\].bbox\[2\] must be a number"),
    ({"annotation": {"bbox": [1, 2, 1e300, 4]}}, r"annotations\[0\].bbox\[2\] must be finite"),
    ({"annotation": {"bbox": [-1e308, 1e308, 1e308, 1e308]}}, r"bbox\[0\] must be finite"),
    ({"annotation": {"bbox": [1.0, 2.0, 3.0, 1e300]}}, r"bbox\[3\] must be finite"),
    ({"annotation": {"iscrowd": 2}}, r"annotations\[0\].iscrowd must be between 0 and 1"),
    ({"annotation": {"segmentation": [[1, 2, 3, 4]]}}, "at least 3 pairs"),
    ({"annotation": {"segmentation": [[1, 2, 3, 4, 5, 6, 7]]}}, "at least 3 pairs"),
    ({"annotation": {"segmentation": "xyz"}}, r"annotations\[0\].segmentation must be a list"),
    ({"annotation": {"segmentation": {"counts": [1]}}}, r"annotations\[0\].segmentation"),
    ({"annotation": {"segmentation": {"size": [9, 9], "counts": [81]}}}, "segmentation"),
    ({"annotation": {"segmentation": {"size": [8, 10], "counts": [1, 2]}}}, "add up to 3"),
    ({"annotation": {"segmentation": {"size": [8, 10], "counts": "~~~"}}}, "segmentation"),
    ({"annotation": {"datasetbuilder": {"kind": "blob"}}}, "datasetbuilder.kind is unknown"),
    ({"annotation": {"datasetbuilder": {"attributes": 3}}}, "attributes must be an object"),
    (
        {"annotation": {"datasetbuilder": {"kind": "box", "geometry": {"x": 1}}}},
        r"annotations\[0\].datasetbuilder.geometry.y: is missing",
    ),
    (
        {
            "annotation": {
                "segmentation": [[1, 1, 5, 1, 5, 6]],
                "datasetbuilder": {
                    "kind": "polygon",
                    "geometry": {"parts": [[[[0, 0], [5, 0], [5, 5]]]]},
                },
            }
        },
        "and the shape kept beside it are not the same",
    ),
]


@pytest.mark.parametrize(("fault", "message"), MALFORMED)
def test_a_malformed_document_is_refused_by_file_and_field(tmp_path, fault, message):
    sound = {"id": 3, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "iscrowd": 0}
    data = {
        "images": [{"id": 1, "file_name": "a.png", "width": 10, "height": 8}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [sound | fault.get("annotation", {})],
    }
    data |= {key: value for key, value in fault.items() if key != "annotation"}
    (tmp_path / "bad.json").write_text(json.dumps(data))
    with pytest.raises(FormatError, match=rf"bad.json: .*{message}"):
        list(coco.read(tmp_path / "bad.json"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"images": []}', "\x00", '{"images": NaN}'])
def test_a_file_that_is_no_coco_document_is_refused(tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(FormatError, match=r"bad\.json"):
        list(coco.read(tmp_path / "bad.json"))


def test_a_missing_document_is_refused(tmp_path):
    with pytest.raises(FormatError, match=r"none\.json is missing"):
        list(coco.read(tmp_path / "none.json"))


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.99])
def test_a_document_that_was_cut_short_is_refused(exported, kept):
    path = exported / "annotations" / "instances_train.json"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(FormatError, match=r"instances_train\.json"):
        list(coco.read(path))


def test_ids_that_appear_twice_are_refused(tmp_path):
    data = picture()
    image = image_of(1, "a.png", data)
    shape = drawn(1, image, Box(1.0, 1.0, 2.0, 2.0))
    export(SnapshotFake([(image, (shape,))], {1: data}), tmp_path / "out", formats=["coco"])
    path = tmp_path / "out" / "annotations" / "instances.json"
    whole = json.loads(path.read_bytes())
    whole["annotations"] *= 2
    path.write_text(json.dumps(whole))
    with pytest.raises(FormatError, match="annotations has the id 1 twice"):
        list(coco.read(path))
