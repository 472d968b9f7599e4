"""Panoptic segments: which object has a pixel, and that all of it comes back."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from datasetbuilder.exporters.export import export, plan
from datasetbuilder.exporters.importing import ImportPlan, plan_import
from datasetbuilder.model import Annotation, Box, Label, Mask, Part, Polygon, Polyline
from tests.exporters.campaigns import objects
from tests.exporters.snapshots import LABELS, SnapshotFake, drawn, image_of, picture

DATA = picture(4, 3)
IMAGE = image_of(1, "a.png", DATA)
SKY = Label(7, "sky", "#0000ff", "label-7", "sky-stuff")


def square(x: float, y: float, side: float) -> Polygon:
    return Polygon((Part(((x, y), (x + side, y), (x + side, y + side), (x, y + side))),))


def of_shapes(*shapes: Annotation) -> SnapshotFake:
    return SnapshotFake([(IMAGE, shapes)], {1: DATA}, (*LABELS, SKY))


def overlapping() -> SnapshotFake:
    return of_shapes(
        drawn(1, IMAGE, square(0, 0, 2), label=4),
        drawn(2, IMAGE, square(1, 1, 2), crowd=True),
        drawn(300, IMAGE, square(1, 0, 1), attributes={"sure": True}),
        drawn(301, IMAGE, Box(0.0, 0.0, 2.0, 2.0)),
        drawn(302, IMAGE, Polyline(((0.0, 0.0), (3.0, 2.0)))),
    )


def numbers(folder: Path, path: str = "annotations/panoptic/a.png") -> list[list[int]]:
    """The ids of a picture, as panopticapi's rgb2id has them."""
    planes = np.asarray(Pillow.open(folder / path)).astype(int)
    return (planes[..., 0] + 256 * planes[..., 1] + 256 * 256 * planes[..., 2]).tolist()


def document(folder: Path) -> dict:
    return json.loads((folder / "annotations/panoptic.json").read_bytes())


def planned(folder: Path, snapshot: SnapshotFake) -> ImportPlan:
    return plan_import(folder, snapshot.images(), snapshot.labels)


def bare(folder: Path) -> dict:
    """The document as others write it."""
    said = document(folder)
    for item in (*said["images"], *said["categories"], *said["annotations"][0]["segments_info"]):
        item.pop("datasetbuilder", None)
    said.pop("info")
    return said


def test_the_later_object_has_the_pixel_and_crowds_lie_below(tmp_path):
    export(overlapping(), tmp_path / "out", formats=["coco-panoptic"])
    assert numbers(tmp_path / "out") == [[1, 300, 0, 0], [1, 1, 2, 0], [0, 2, 2, 0]]
    said = document(tmp_path / "out")
    (record,) = said["annotations"]
    assert (record["image_id"], record["file_name"]) == (1, "a.png")
    kept = [
        {key: value for key, value in info.items() if key != "datasetbuilder"}
        for info in record["segments_info"]
    ]
    assert kept == [
        {"id": 2, "category_id": 1, "area": 3, "bbox": [1, 1, 2, 2], "iscrowd": 1},
        {"id": 1, "category_id": 4, "area": 3, "bbox": [0, 0, 2, 2], "iscrowd": 0},
        {"id": 300, "category_id": 1, "area": 1, "bbox": [1, 0, 1, 1], "iscrowd": 0},
    ]
    assert [item["isthing"] for item in said["categories"]] == [1, 1, 0]


def test_what_the_pixels_do_not_show_is_said(tmp_path):
    found = plan(overlapping(), formats=["coco-panoptic"])
    assert found.losses == ()
    assert found.notes[:3] == (
        "2 shapes without pixels kept beside the image; trainers see none.",
        "1 object lies partly under a later one, which has the pixels; the shapes are kept "
        "beside them.",
        "1 crowd below all objects.",
    )


@pytest.mark.parametrize("snapshot", [objects(), overlapping()], ids=["crops", "overlapping"])
def test_a_project_comes_back_exactly(tmp_path, snapshot):
    export(snapshot, tmp_path / "out", formats=["coco-panoptic"], images="none")
    found = planned(tmp_path / "out", snapshot)
    assert (found.format, found.problems, found.unmatched) == ("coco-panoptic", [], [])
    wanted = {item.uid: item for _, items in snapshot.rows() for item in items}
    assert {item.uid for _, item in found.annotations} == wanted.keys()
    for _, item in found.annotations:
        for field in ("geometry", "attributes", "source", "score", "crowd", "image_id"):
            assert getattr(item, field) == getattr(wanted[item.uid], field), field


def test_the_objects_of_stuff_are_one_segment_and_come_back_as_two(tmp_path):
    shapes = (
        drawn(5, IMAGE, square(0, 0, 1), label=7),
        drawn(6, IMAGE, square(2, 0, 1), label=7),
    )
    snapshot = of_shapes(*shapes)
    export(snapshot, tmp_path / "out", formats=["coco-panoptic"])
    assert numbers(tmp_path / "out")[0] == [5, 0, 5, 0]
    assert [i["id"] for i in document(tmp_path / "out")["annotations"][0]["segments_info"]] == [5]
    found = planned(tmp_path / "out", snapshot)
    assert {item.uid: item.geometry for _, item in found.annotations} == {
        item.uid: item.geometry for item in shapes
    }


def test_an_object_that_is_hidden_whole_is_no_segment_but_comes_back(tmp_path):
    snapshot = of_shapes(drawn(1, IMAGE, square(0, 0, 1)), drawn(2, IMAGE, square(0, 0, 2)))
    export(snapshot, tmp_path / "out", formats=["coco-panoptic"])
    (record,) = document(tmp_path / "out")["annotations"]
    assert [info["id"] for info in record["segments_info"]] == [2]
    assert {item.uid for _, item in planned(tmp_path / "out", snapshot).annotations} == {
        "uid-1",
        "uid-2",
    }


def test_an_object_of_a_higher_level_has_the_pixel(tmp_path):
    upper = drawn(1, IMAGE, square(0, 0, 1), label=4, level=1)
    later = drawn(2, IMAGE, square(0, 0, 2))
    snapshot = of_shapes(upper, later)
    for name in ("coco-panoptic", "masks"):
        export(snapshot, tmp_path / name, formats=[name], allow_loss=True)
    assert numbers(tmp_path / "coco-panoptic")[0][:2] == [1, 2]
    numbered = np.asarray(Pillow.open(tmp_path / "masks/masks/train/a.png"))
    assert numbered[0, :2].tolist() == [4, 1]
    back = planned(tmp_path / "coco-panoptic", snapshot).annotations
    found = {item.uid: item.level for _, item in back}
    assert found == {"uid-1": 1, "uid-2": 0}


def test_numbers_stay_within_three_bytes(tmp_path):
    snapshot = of_shapes(drawn(2**24, IMAGE, square(0, 0, 1)), drawn(2**30, IMAGE, square(2, 0, 1)))
    export(snapshot, tmp_path / "out", formats=["coco-panoptic"])
    assert numbers(tmp_path / "out")[0] == [1, 0, 2, 0]
    assert len(planned(tmp_path / "out", snapshot).annotations) == 2


def test_segments_of_others_become_masks(tmp_path):
    export(overlapping(), tmp_path / "out", formats=["coco-panoptic"])
    (tmp_path / "out/annotations/panoptic.json").write_text(json.dumps(bare(tmp_path / "out")))
    found = planned(tmp_path / "out/annotations/panoptic.json", overlapping())
    assert (found.format, found.problems) == ("coco-panoptic", [])
    assert [(label, item.crowd) for label, item in found.annotations] == [
        ("nucleus", False),
        ("cell", True),
        ("cell", False),
    ]
    assert all(isinstance(item.geometry, Mask) for _, item in found.annotations)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda s: s["annotations"][0]["segments_info"].pop(), "lacks segment 300 of the picture"),
        (
            lambda s: s["annotations"][0]["segments_info"][0].update(id=9),
            "segments_info[0].id 9 is not in the picture",
        ),
        (
            lambda s: s["annotations"][0]["segments_info"][1].update(id=2),
            "segments_info[1].id 2 is twice",
        ),
        (lambda s: s["annotations"][0].update(file_name="b.png"), "b.png is missing"),
        (lambda s: s["annotations"][0].update(file_name="../a.png"), "leads out of its folder"),
        (lambda s: s["images"][0].update(width=5), "a.png is not of the image's size (3, 5)"),
        (lambda s: s["annotations"][0].update(image_id=4), "image_id 4 is no image"),
        (lambda s: s["categories"].pop(0), "category_id 1 is no category"),
    ],
)
def test_a_record_that_does_not_fit_its_picture_is_refused(tmp_path, change, problem):
    export(overlapping(), tmp_path / "out", formats=["coco-panoptic"])
    said = bare(tmp_path / "out")
    change(said)
    path = tmp_path / "out/annotations/panoptic.json"
    path.write_text(json.dumps(said))
    found = planned(path, overlapping())
    assert found.annotations == []
    (line,) = found.problems
    assert problem in line
    assert line.startswith("panoptic.json annotations[0]")


def test_a_picture_that_was_changed_is_not_believed_against_its_shapes(tmp_path):
    export(overlapping(), tmp_path / "out", formats=["coco-panoptic"])
    path = tmp_path / "out/annotations/panoptic/a.png"
    planes = np.asarray(Pillow.open(path)).copy()
    planes[2, 3, 0] = 1
    Pillow.fromarray(planes).save(path)
    (line,) = planned(tmp_path / "out", overlapping()).problems
    assert "the picture and the shape kept beside it are not the same" in line


def test_a_grey_picture_is_no_picture_of_segments(tmp_path):
    export(overlapping(), tmp_path / "out", formats=["coco-panoptic"])
    Pillow.new("L", (4, 3)).save(tmp_path / "out/annotations/panoptic/a.png")
    (line,) = planned(tmp_path / "out", overlapping()).problems
    assert "a.png is no picture of three colours (L)" in line


def test_two_images_that_differ_by_their_ending_have_pictures_of_their_own(tmp_path):
    second = replace(IMAGE, id=2, name="a.jpg")
    content = [(IMAGE, ()), (second, (drawn(1, second, square(0, 0, 1)),))]
    export(
        SnapshotFake(content), tmp_path / "out", formats=["coco-panoptic"], images="none"
    )  # fmt: skip
    assert numbers(tmp_path / "out", "annotations/panoptic/a~2.png")[0][0] == 1
