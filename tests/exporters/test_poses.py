"""Keypoints as COCO and as YOLO have them: out, evaluated, and in again."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.bodies import bodies
from datasetbuilder.exporters.export import export, plan
from datasetbuilder.exporters.importing import ImportPlan, plan_import
from datasetbuilder.exporters.yolo_names import PointShape, read_points
from datasetbuilder.exporters.yolo_pose import flip_of
from datasetbuilder.exporters.yolo_rows import row_from_text
from datasetbuilder.model import (
    Annotation,
    Box,
    Keypoint,
    Keypoints,
    Kind,
    Mask,
    Skeleton,
    Visibility,
)
from tests.exporters.campaigns import FACE, poses
from tests.exporters.snapshots import LABELS, drawn, image_of, picture

IMAGE = image_of(1, "a.png", picture(40, 30))
GONE = Keypoint(0.0, 0.0, Visibility.UNLABELLED)


def placed(number: int, *points: tuple[float, float], label: int = 1) -> Annotation:
    shape = Keypoints(tuple(Keypoint(x, y) for x, y in points))
    return drawn(number, IMAGE, shape, label=label)


def planned(folder: Path, **options: object) -> ImportPlan:
    snapshot = poses()
    return plan_import(folder, snapshot.images(), snapshot.labels, **options)  # type: ignore[arg-type]


# --- which shape lies around ------------------------------------------------------------------


def test_the_tightest_shape_of_the_label_is_taken_and_none_twice():
    wide, tight = drawn(1, IMAGE, Box(0, 0, 30, 30)), drawn(2, IMAGE, Box(1, 1, 9, 9))
    other = drawn(3, IMAGE, Box(1, 1, 8, 8), label=4)
    first, second = placed(5, (2, 2), (8, 8)), placed(6, (3, 3), (4, 4))
    found = bodies([wide, tight, other, first, second])
    assert {key: item.id for key, item in found.items()} == {5: 2, 6: 1}


def test_a_shape_that_leaves_a_labelled_point_outside_is_not_taken():
    box = drawn(1, IMAGE, Box(0, 0, 5, 5))
    shape = Keypoints((Keypoint(1, 1), GONE, Keypoint(6, 1)))
    assert bodies([box, drawn(2, IMAGE, shape)]) == {}


# --- coco -------------------------------------------------------------------------------------


def document(folder: Path, split: str) -> dict:
    return json.loads((folder / f"annotations/keypoints_{split}.json").read_bytes())


def exported(folder: Path, name: str) -> Path:
    export(poses(), folder, formats=[name], images="none", allow_loss=True)
    return folder


def test_an_object_takes_box_area_and_outline_of_the_shape_around_it(tmp_path):
    home = exported(tmp_path / "out", "coco-keypoints")
    (boxed,) = document(home, "train")["annotations"]
    assert (boxed["id"], boxed["bbox"], boxed["area"]) == (2, [2.5, 3.0, 30.25, 40.0], 1210.0)
    assert boxed["keypoints"] == [5.5, 6.25, 2, 9.0, 6.25, 1, 5.5, 10.5, 2]
    assert boxed["num_keypoints"] == 3
    masked, alone, crowd = document(home, "val")["annotations"]
    assert masked["segmentation"]
    assert (alone["bbox"], alone["area"]) == ([30, 31, 4, 5], 20)
    assert (crowd["iscrowd"], crowd["num_keypoints"], crowd["keypoints"]) == (1, 0, [0] * 9)
    assert document(home, "val")["categories"][1]["skeleton"] == [[1, 2], [1, 3]]


def test_nothing_is_lost_in_coco_and_all_of_it_comes_back(tmp_path):
    assert plan(poses(), formats=["coco-keypoints"]).losses == ()
    found = planned(exported(tmp_path / "out", "coco-keypoints"))
    assert (found.format, found.problems, found.notes) == ("coco-keypoints", [], [])
    wanted = {item.uid: item for _, items in poses().rows() for item in items}
    assert {item.uid for _, item in found.annotations} == wanted.keys()
    for _, item in found.annotations:
        for field in ("geometry", "attributes", "source", "score", "crowd", "image_id"):
            assert getattr(item, field) == getattr(wanted[item.uid], field), field


def evaluated(folder: Path, split: str, *, shift: float) -> float:
    """COCO's own AP of the truth moved by some pixels."""
    path = folder / f"annotations/keypoints_{split}.json"
    truth: Any = COCO(str(path))
    results = [
        {
            "image_id": item["image_id"],
            "category_id": item["category_id"],
            "keypoints": [v + shift * (k % 3 == 0) for k, v in enumerate(item["keypoints"])],
            "score": 0.9,
        }
        for item in truth.dataset["annotations"]
        if item["num_keypoints"]
    ]
    run = COCOeval(truth, truth.loadRes(results), "keypoints")
    run.params.kpt_oks_sigmas = np.full(3, 0.05)
    run.evaluate()
    run.accumulate()
    run.summarize()
    return float(run.stats[0])


def test_cocos_own_evaluation_takes_the_document(tmp_path, capsys):
    home = exported(tmp_path / "out", "coco-keypoints")
    for split in ("train", "val"):
        assert evaluated(home, split, shift=0) == pytest.approx(1)
    assert 0 < evaluated(home, "train", shift=3) < 1
    assert evaluated(home, "train", shift=40) == 0
    capsys.readouterr()


def test_keypoints_of_others_come_with_the_outline_around_them_and_their_skeleton(tmp_path):
    record = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 30, 20], "area": 9}
    points = {"keypoints": [2, 3, 2, 0, 0, 0, 9, 9, 1], "num_keypoints": 2}
    text = {
        "images": [{"id": 7, "file_name": "ring.png"}],
        "categories": [
            {"id": 3, "name": "face", "keypoints": ["a", "b", "c"], "skeleton": [[1, 3]]}
        ],
        "annotations": [
            record | points | {"segmentation": [[1, 2, 31, 2, 31, 22]]},
            record | points | {"id": 2},
            record | {"id": 3, "keypoints": [0] * 9, "num_keypoints": 0},
        ],
    }
    (tmp_path / "a.json").write_text(json.dumps(text))
    found = planned(tmp_path / "a.json")
    kinds = [item.kind for _, item in found.annotations]
    assert kinds == [Kind.KEYPOINTS, Kind.POLYGON, Kind.KEYPOINTS, Kind.BOX, Kind.BOX]
    shape = Keypoints((Keypoint(2.0, 3.0), GONE, Keypoint(9.0, 9.0, Visibility.HIDDEN)))
    assert found.annotations[0][1].geometry == shape
    assert found.skeletons == {"face": Skeleton(("a", "b", "c"), ((0, 2),))}


def test_results_whose_visibilities_are_scores_are_read(tmp_path):
    result = {"image_id": 1, "category_id": 4, "keypoints": [2, 3, 0.7, 0, 0, 0, 9, 9, 1.2]}
    (tmp_path / "r.json").write_text(json.dumps([result | {"score": 0.5}]))
    ((label, item),) = planned(tmp_path / "r.json", way="prelabels").annotations
    assert (label, item.score) == ("nucleus", 0.5)
    assert item.geometry == Keypoints((Keypoint(2.0, 3.0), GONE, Keypoint(9.0, 9.0)))


@pytest.mark.parametrize(
    ("skeleton", "problem", "note"),
    [
        (None, "", "'nucleus' has no skeleton in the project and gets none by an import"),
        (Skeleton(("a", "b")), "has 2 keypoints in the project, but 3 in the file", ""),
        (Skeleton(("a", "b", "c")), "", "'nucleus' keeps the skeleton of the project"),
    ],
)
def test_another_skeleton_in_the_project_is_told(tmp_path, skeleton, problem, note):
    home = exported(tmp_path / "out", "coco-keypoints")
    labels = (LABELS[0], replace(LABELS[1], skeleton=skeleton))
    found = plan_import(home, poses().images(), labels)
    assert problem in "".join(found.problems)
    assert note in "".join(found.notes)
    assert bool(found.annotations) != bool(problem)


# --- yolo -------------------------------------------------------------------------------------


def test_a_line_is_a_box_and_its_keypoints(tmp_path):
    home = exported(tmp_path / "out", "yolo-pose")
    assert (home / "labels/train/plate 1/ring.txt").read_text() == (
        "1 0.3671875 0.4791666667 0.6302083333 0.8333333333 "
        "0.1145833333 0.1302083333 2 0.1875 0.1302083333 1 0.1145833333 0.21875 2\n"
    )
    assert (home / "data.yaml").read_text() == (
        "train: images/train\nval: images/val\nnc: 2\nkpt_shape: [3, 3]\nflip_idx: [0, 2, 1]\n"
        'kpt_names:\n  1:\n    - "nose"\n    - "left eye"\n    - "right eye"\n'
        'names:\n  0: "cell"\n  1: "nucleus"\n'
    )


def test_yolo_says_what_it_loses_and_gives_the_rest_back(tmp_path):
    losses = plan(poses(), formats=["yolo-pose"]).losses
    assert [line.removeprefix("yolo-pose: ") for line in losses] == [
        "1 line or point left out",
        "1 whole-image class left out",
        "4 other shapes: only boxes around keypoints are written",
        "attributes of 1 object left out",
        "scores of 1 object left out",
        "the edges of skeletons left out",
    ]
    found = planned(exported(tmp_path / "out", "yolo-pose"))
    assert (found.format, found.problems) == ("yolo-pose", [])
    by_id = {item.id: item for _, items in poses().rows() for item in items}
    shapes = [item.geometry for _, item in found.annotations]
    mask = by_id[8].geometry
    assert isinstance(mask, Mask)
    box = shapes.pop(3)
    assert isinstance(box, Box)
    sides = (mask.x, mask.y, mask.width, mask.height)
    assert (box.x, box.y, box.width, box.height) == pytest.approx(sides, abs=1e-6)
    assert shapes == [by_id[k].geometry for k in (2, 1, 7, 9)]
    assert found.skeletons == {"nucleus": Skeleton(FACE.names)}


@pytest.mark.parametrize(
    ("names", "flipped"),
    [
        (("nose", "left_eye", "right_eye"), [0, 2, 1]),
        (("L ear", "R ear"), [1, 0]),
        (("left", "top"), []),
        (("a", "b"), []),
        (("left-to-right", "x"), []),
    ],
)
def test_names_tell_which_keypoint_a_mirrored_picture_has(names, flipped):
    assert flip_of([Skeleton(names)], len(names)) == flipped


def test_skeletons_that_do_not_agree_tell_nothing_about_mirrors():
    assert flip_of([Skeleton(("left", "right")), Skeleton(("a", "b", "c"))], 3) == []
    assert flip_of([Skeleton(("left", "right"))], 4) == [1, 0, 2, 3]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("kpt_shape: [2, 3] # two\n", PointShape(2, 3)),
        ("kpt_shape:\n- 2\n- 2\n", PointShape(2, 2)),
        ("kpt_shape: [2, 3]\nkpt_names:\n  0: [a, b]\n", PointShape(2, 3, {0: ("a", "b")})),
        ("names: [a]\n", PointShape()),
    ],
)
def test_data_yaml_tells_how_keypoints_are_written(tmp_path, text, shape):
    (tmp_path / "data.yaml").write_text(text)
    assert read_points(tmp_path / "data.yaml") == shape


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("0 0.5 0.5 0.2 0.2 0.1 0.1 2", "a class, a box and 2 keypoints of 3 numbers, got 7"),
        ("0 0.5 0.5 0.2 0.2 0.1 0.1 3 0 0 0", "column 6: a visibility must be 0, 1 or 2, got 3"),
        ("0 0.5 0.5 0.2 0.2 0.1 1.1 2 0 0 0", "column 6 must be between 0 and 1, got 1.1"),
        ("0 0.5 0.5 0 0.2 0.1 0.1 2 0 0 0", "width and height must be above 0"),
    ],
)
def test_a_bad_line_of_a_pose_is_named(line, problem):
    with pytest.raises(FormatError, match=problem):
        row_from_text(line, (10, 10), "pose", "a.txt line 1", PointShape(2, 3))


def test_poses_of_others_without_visibilities_are_read():
    row = row_from_text("0 0.5 0.5 0.4 0.4 0.5 0.6 0 0", (10, 10), "pose", "a", PointShape(2, 2))
    assert row.geometry == Keypoints((Keypoint(5.0, 6.0), GONE))
    assert row.box == Box(3.0, 3.0, 4.0, 4.0)
