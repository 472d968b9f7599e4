"""What the formats that cannot say everything write, and what they announce to lose."""

import csv
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import parse

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from datasetbuilder.errors import FormatError, UnknownName, UsageError, VerificationError
from datasetbuilder.exporters.export import export, plan
from datasetbuilder.exporters.options import TASKS
from datasetbuilder.exporters.registry import FORMATS
from datasetbuilder.exporters.verify import verify
from datasetbuilder.geometry import array_from_geometry
from datasetbuilder.model import (
    Box,
    Ellipse,
    Keypoint,
    Keypoints,
    Kind,
    Label,
    Part,
    Points,
    Polygon,
    Polyline,
    RotatedBox,
    Tag,
)
from tests.exporters.campaigns import objects, poses, tags
from tests.exporters.snapshots import SnapshotFake, drawn, image_of, picture

OTHERS = [name for name in FORMATS if name not in ("coco", "parquet")]
PICTURED = ("masks", "instances", "annotations")


def written(folder: Path, snapshot: SnapshotFake, name: str, **options: object) -> Path:
    export(snapshot, folder, formats=[name], allow_loss=True, **options)  # type: ignore[arg-type]
    return folder


def snapshot_for(name: str) -> SnapshotFake:
    if name in ("coco-keypoints", "yolo-pose"):
        return poses()
    return tags(several=True) if name == "classes" else objects()


def square(x: float, y: float, side: float) -> Polygon:
    return Polygon((Part(((x, y), (x + side, y), (x + side, y + side), (x, y + side))),))


# --- losses -----------------------------------------------------------------------------------

LOST = {
    "yolo-detect": [
        "1 whole-image class left out",
        "2 crowds left out",
        "attributes of 1 object left out",
        "scores of 1 object left out",
        "19 outlines become boxes",
    ],
    "yolo-segment": [
        "1 whole-image class left out",
        "2 crowds left out",
        "attributes of 1 object left out",
        "scores of 1 object left out",
        "1 box without an outline left out",
        "17 masks written as outlines through the centres of edge pixels",
        "holes of 2 objects joined to the outline",
        "pieces of 3 objects joined into one outline",
    ],
    "yolo-obb": [
        "1 whole-image class left out",
        "2 crowds left out",
        "attributes of 1 object left out",
        "scores of 1 object left out",
        "1 box becomes a rotated box",
        "19 outlines become the least rotated boxes around them",
        "corners of 1 object cut off at the edge of the image",
    ],
    "masks": [
        "1 whole-image class left out",
        "1 box without an outline left out",
        "2 outlines become pixels",
        "6 objects partly hidden by others",
        "2 crowds written as ignored",
        "1 object without its attributes",
        "1 object without its score",
        "objects of one class are not told apart",
    ],
    "voc": [
        "1 whole-image class left out",
        "19 outlines become boxes",
        "1 box widened to whole pixels",
        "2 crowds written as difficult",
        "1 object without its attributes",
        "1 object without its score",
    ],
    "csv": ["19 outlines left out: a table holds measurements"],
}


@pytest.mark.parametrize("name", LOST)
def test_what_a_format_would_lose_is_said_beforehand(name):
    said = plan(objects(), formats=[name]).losses
    assert [line.removeprefix(f"{name}: ") for line in said] == LOST[name]


@pytest.mark.parametrize("name", ["yolo-detect", "yolo-segment", "masks", "voc", "csv", "classes"])
def test_a_lossy_export_is_refused_until_it_is_allowed(tmp_path, name):
    with pytest.raises(FormatError, match=f"would lose: {name}: .*Allow it with --allow-loss"):
        export(snapshot_for(name), tmp_path / "out", formats=[name])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["labelme", "webdataset"])
def test_formats_with_room_for_everything_lose_nothing(name):
    assert plan(objects(), formats=[name]).losses == ()


def test_boxes_alone_lose_nothing_in_yolo(tmp_path):
    data = picture()
    image = image_of(1, "a.png", data)
    box = drawn(1, image, Box(1.25, 2.5, 3.1, 4.7))
    export(SnapshotFake([(image, (box,))], {1: data}), tmp_path / "out", formats=["yolo-detect"])
    assert (tmp_path / "out/labels/train/a.txt").read_text() == (
        "0 0.2333333333 0.60625 0.2583333333 0.5875\n"
    )


def test_the_usual_task_is_chosen_when_none_is_named(tmp_path):
    report = export(objects(), tmp_path / "out", formats=["voc"], allow_loss=True)
    assert report.task == "detection"
    with pytest.raises(UnknownName, match=r"No task suits all of these formats \(classes: class"):
        export(objects(), tmp_path / "two", formats=["classes", "voc"])


def every_other_kind() -> SnapshotFake:
    data = picture(40, 40)
    image = image_of(1, "a.png", data)
    shapes = (
        RotatedBox(20.0, 20.0, 10.0, 6.0, 30.0),
        Ellipse(10.0, 30.0, 8.0, 4.0, 15.0),
        Polyline(((1.0, 1.0), (9.0, 9.0))),
        Points(((3.0, 3.0),)),
        Keypoints((Keypoint(4.0, 4.0),)),
    )
    found = tuple(drawn(k, image, shape) for k, shape in enumerate(shapes, 1))
    return SnapshotFake([(image, found)], {1: data})


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("yolo-detect", ["3 lines or points left out", "2 outlines become boxes"]),
        (
            "yolo-segment",
            ["3 lines or points left out", "2 turned boxes or ellipses written as corners"],
        ),
        ("voc", ["3 lines or points left out", "2 outlines become boxes"]),
        ("csv", ["5 outlines left out: a table holds measurements"]),
        ("labelme", []),
        ("webdataset", []),
    ],
)
def test_turned_shapes_lines_and_points_are_kept_or_told(tmp_path, name, lost):
    said = [
        line.removeprefix(f"{name}: ") for line in plan(every_other_kind(), formats=[name]).losses
    ]
    assert [line for line in said if "whole pixels" not in line] == lost
    home = written(tmp_path / "out", every_other_kind(), name)
    assert verify(home).ok


# --- common -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OTHERS)
def test_every_export_is_whole_and_the_same_twice(tmp_path, name):
    one = written(tmp_path / "one", snapshot_for(name), name)
    two = written(tmp_path / "two", snapshot_for(name), name)
    assert verify(one).problems == ()
    assert (one / "export.json").read_bytes() == (two / "export.json").read_bytes()


@pytest.mark.parametrize("name", OTHERS)
def test_a_damaged_export_is_noticed(tmp_path, name):
    home = written(tmp_path / "out", snapshot_for(name), name)
    victim = next(
        path
        for path in sorted(home.rglob("*"))
        if path.suffix in (".txt", ".xml", ".json", ".csv", ".tar")
        and path.name != "export.json"
        and path.stat().st_size
    )
    victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    assert not verify(home).ok


@pytest.mark.parametrize("name", OTHERS)
def test_images_without_objects_are_kept(tmp_path, name):
    home = written(tmp_path / "out", snapshot_for(name), name)
    said = json.loads((home / "export.json").read_bytes())
    counts = said.get("written", {}).get(name) or said["counts"]
    assert (counts["train"]["images"], counts["val"]["images"]) == (2, 1)


@pytest.mark.parametrize("name", OTHERS)
def test_images_can_be_left_where_they_are(tmp_path, name):
    home = written(tmp_path / "out", snapshot_for(name), name, images="none")
    assert not [
        path
        for path in home.rglob("*")
        if path.name == "ring.png" and not set(PICTURED) & set(path.parts)
    ]
    assert verify(home).ok


@pytest.mark.parametrize("name", sorted(set(OTHERS) - {"webdataset"}))
def test_images_can_be_links(tmp_path, name):
    home = written(tmp_path / "out", snapshot_for(name), name, images="link")
    links = [path for path in home.rglob("*") if path.is_symlink()]
    assert len(links) == 3
    assert all(path.is_file() for path in links)


def test_a_tar_file_refuses_to_link(tmp_path):
    with pytest.raises(UsageError, match="A tar file holds its images"):
        written(tmp_path / "out", objects(), "webdataset", images="link")


def test_two_images_that_differ_by_their_ending_keep_their_own_labels(tmp_path):
    data, other = picture(), picture(kind="JPEG", shade=3)
    first, second = image_of(1, "a.png", data), image_of(2, "a.jpg", other)
    content = [
        (first, (drawn(1, first, Box(1.0, 1.0, 2.0, 2.0)),)),
        (second, (drawn(2, second, Box(2.0, 2.0, 4.0, 4.0), label=4),)),
    ]
    home = written(tmp_path / "out", SnapshotFake(content, {1: data, 2: other}), "yolo-detect")
    names = sorted(path.name for path in (home / "labels/train").iterdir())
    assert names == ["a.txt", "a~2.txt"]
    assert (home / "images/train/a~2.jpg").is_file()
    assert (home / "labels/train/a~2.txt").read_text().startswith("1 ")


def test_several_formats_lie_side_by_side(tmp_path):
    export(objects(), tmp_path / "out", formats=["coco", "yolo-detect", "voc"], allow_loss=True)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["annotations", "export.json", "images", "voc", "yolo-detect"]
    assert verify(tmp_path / "out").ok


@pytest.mark.parametrize("name", OTHERS)
def test_a_writer_that_errs_is_caught(tmp_path, monkeypatch, name):
    true = FORMATS[name]

    def write(job, folder):
        snapshot = snapshot_for(name)
        wrong = [
            (image, tuple(replace(item, label=1, id=item.id) for item in found))
            for image, found in snapshot.content
        ]
        true.write(replace(job, snapshot=replace(snapshot, content=wrong)), folder)

    monkeypatch.setitem(FORMATS, name, replace(true, write=write))
    with pytest.raises(VerificationError, match="read back, differs from the project"):
        export(snapshot_for(name), tmp_path / "out", formats=[name], allow_loss=True)
    assert list(tmp_path.iterdir()) == []


# --- yolo -------------------------------------------------------------------------------------


def filled_by_opencv(line: str, shape: tuple[int, int]) -> np.ndarray:
    """The pixels a YOLO trainer fills: cut to whole pixels, filled with the edge."""
    shares = np.array([float(word) for word in line.split()[1:]]).reshape(-1, 2)
    corners = (shares * [shape[1], shape[0]]).astype(np.int32)
    return cv2.fillPoly(np.zeros(shape, np.uint8), [corners], 1).astype(bool)


def test_a_trainer_fills_the_very_pixels_of_a_mask(tmp_path):
    snapshot = objects()
    home = written(tmp_path / "out", snapshot, "yolo-segment")
    image, found = snapshot.content[2]
    lines = (home / "labels/val/plate 1/parts.txt").read_text().splitlines()
    masks = [item for item in found if item.kind is Kind.MASK and not item.crowd]
    exact = 0
    for item, line in zip(masks, lines, strict=True):
        pixels = array_from_geometry(item.geometry, image.shape)
        filled = filled_by_opencv(line, image.shape)
        assert not (pixels & ~filled).any()
        exact += bool((pixels == filled).all())
    assert exact >= len(masks) - 2  # the mask in two parts gets a line between them


def test_data_yaml_names_classes_and_folders(tmp_path):
    home = written(tmp_path / "out", objects(), "yolo-detect")
    assert (home / "data.yaml").read_text() == (
        'train: images/train\nval: images/val\nnc: 2\nnames:\n  0: "cell"\n  1: "nucleus"\n'
    )
    assert (home / "labels/train/background.txt").read_bytes() == b""


# --- classes ----------------------------------------------------------------------------------


def test_each_class_has_a_folder_and_a_number(tmp_path):
    labels = (Label(1, "=cmd", "#111111"), Label(4, "a/b", "#222222"), Label(5, "A_b", "#333333"))
    snapshot = replace(tags(several=False), labels=labels)
    home = written(tmp_path / "out", snapshot, "classes")
    assert (home / "classes.csv").read_text() == (
        "label_id,label,folder,number\n1,'=cmd,'=cmd,0\n4,a/b,a_b,2\n5,A_b,A_b~5,1\n"
    )
    assert (home / "train/a_b/ring.png").is_file()
    assert (home / "val/=cmd/parts.png").is_file()
    assert (home / "unlabelled/train/background.jpg").is_file()


# --- masks ------------------------------------------------------------------------------------


def test_values_are_label_ids_and_crowds_are_ignored(tmp_path):
    data = picture(4, 3)
    image = image_of(1, "a.png", data)
    shapes = (
        drawn(1, image, square(0, 0, 2), label=4),
        drawn(2, image, square(1, 1, 2), crowd=True),
        drawn(3, image, square(1, 0, 1)),
    )
    home = tmp_path / "out"
    written(home, SnapshotFake([(image, shapes)], {1: data}), "masks", task="semantic")
    values = np.asarray(Pillow.open(home / "masks/train/a.png"))
    assert values.tolist() == [[4, 1, 0, 0], [4, 4, 255, 0], [0, 255, 255, 0]]


def test_objects_are_numbered_and_listed(tmp_path):
    home = written(tmp_path / "out", objects(), "masks", task="instances")
    numbers = np.asarray(Pillow.open(home / "instances/train/plate 1/ring.png"))
    rows = list(csv.DictReader((home / "instances.csv").read_text().splitlines()))
    ring = [row for row in rows if row["image"] == "train/plate 1/ring.png"]
    assert numbers.dtype == np.uint16
    assert numbers.max() == len(ring) == 11
    assert ring[-1] == {
        "image": "train/plate 1/ring.png",
        "split": "train",
        "value": "11",
        "annotation_id": "20",
        "label_id": "1",
        "label": "cell",
    }


# --- voc, labelme, webdataset, csv ------------------------------------------------------------


def test_voc_counts_pixels_from_one(tmp_path):
    data = picture()
    image = image_of(1, "a.png", data)
    shapes = (drawn(1, image, Box(0.0, 0.0, 2.0, 3.0)), drawn(2, image, Box(1.5, 1.0, 2.0, 2.5)))
    home = written(tmp_path / "out", SnapshotFake([(image, shapes)], {1: data}), "voc")
    boxes = parse(home / "Annotations/a.xml").getroot().findall("object/bndbox")
    said = [[int(child.text or "") for child in box] for box in boxes]
    assert said == [[1, 1, 2, 3], [2, 2, 4, 4]]
    assert (home / "ImageSets/Main/trainval.txt").read_text() == "a\n"


def test_labelme_shapes_are_what_labelme_draws(tmp_path):
    home = written(tmp_path / "out", objects(), "labelme")
    said = json.loads((home / "train/plate 1/ring.json").read_bytes())
    assert said["imagePath"] == "ring.png"
    assert said["flags"] == {"nucleus": True}
    kinds = [shape["shape_type"] for shape in said["shapes"]]
    assert (kinds.count("mask"), kinds.count("polygon"), kinds.count("rectangle")) == (10, 2, 1)
    two_parts = [shape for shape in said["shapes"] if shape["shape_type"] == "polygon"]
    assert {shape["group_id"] for shape in two_parts} == {20}


def test_a_tar_file_keeps_image_and_records_together(tmp_path):
    home = written(tmp_path / "out", objects(), "webdataset")
    with tarfile.open(home / "train-000000.tar") as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == [
        "000000001.png",
        "000000001.json",
        "000000002.jpg",
        "000000002.json",
    ]
    assert {(member.mtime, member.uid, member.uname) for member in members} == {(0, 0, "")}


def test_the_table_measures_every_object(tmp_path):
    data = picture()
    image = image_of(1, "=1+1.png", data)
    square = Polygon((Part(((2.0, 2.0), (6.0, 2.0), (6.0, 6.0), (2.0, 6.0))),))
    shapes = (
        drawn(1, image, square, attributes={"grade": 2}),
        drawn(2, image, Tag(), label=4, source="@model", score=0.5),
    )
    home = written(tmp_path / "out", SnapshotFake([(image, shapes)], {1: data}), "csv")
    lines = (home / "objects.csv").read_text().splitlines()
    assert lines[1] == (
        "1,'=1+1.png,all,1,1,cell,polygon,2,2,4,4,16,4,4,16,4.6188,4.6188,90,0.785398,"
        '0,,person,"{""grade"":2}"'
    )
    assert lines[2] == "1,'=1+1.png,all,2,4,nucleus,tag,,,,,,,,,,,,,0,0.5,'@model,"


def test_names_that_no_file_system_likes_are_made_portable(tmp_path):
    made: Callable[[str], SnapshotFake] = lambda name: SnapshotFake(  # noqa: E731
        [(image_of(1, name, picture()), ())], {1: picture()}
    )
    for k, name in enumerate(OTHERS):
        if name != "classes":
            written(tmp_path / str(k), made('a:b"c?.png'), name)
            assert verify(tmp_path / str(k)).ok


def test_every_task_that_is_offered_has_a_format_that_holds_it():
    assert set(TASKS) == {task for item in FORMATS.values() for task in item.tasks}
