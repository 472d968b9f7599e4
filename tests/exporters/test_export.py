import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from datasetbuilder.errors import (
    AlreadyExists,
    FormatError,
    UnknownName,
    UsageError,
    VerificationError,
)
from datasetbuilder.exporters import coco, staging
from datasetbuilder.exporters.export import export, plan
from datasetbuilder.exporters.grouping import chosen_groups
from datasetbuilder.exporters.registry import FORMATS
from datasetbuilder.exporters.verify import verify
from datasetbuilder.model import Box, Label, Tag
from tests.exporters.campaigns import objects, sketches, tags
from tests.exporters.snapshots import SnapshotFake, drawn, image_of, picture

ROOT = Path(__file__).resolve().parents[2]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def manifest(folder: Path) -> dict:
    return json.loads((folder / "export.json").read_bytes())


# --- bytes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["instances", "detection"])
@pytest.mark.parametrize("images", ["copy", "none"])
def test_the_same_snapshot_gives_the_same_bytes(tmp_path, monkeypatch, task, images):
    for name in ("one", "two"):
        monkeypatch.setenv("TZ", name)
        export(objects(), tmp_path / name, formats=["coco", "parquet"], task=task, images=images)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_nothing_of_this_machine_stands_in_an_export(tmp_path):
    export(objects(), tmp_path / "out", formats=["coco", "parquet"])
    for name, data in contents(tmp_path / "out").items():
        assert str(tmp_path).encode() not in data, name
        assert os.uname().nodename.encode() not in data or len(os.uname().nodename) < 4, name
        assert b"author-of-everything" not in data, name


# --- the manifest and the report --------------------------------------------------------------


def test_the_manifest_says_where_everything_comes_from(tmp_path):
    export(objects(), tmp_path / "out", formats=["coco"], seed=3)
    said = manifest(tmp_path / "out")
    assert (said["project"], said["event"], said["task"]) == ("cells", 17, "instances")
    assert said["formats"] == {"coco": 1}
    assert said["filters"] == {"sets": ["truth"]}
    assert said["splits"] == ["train", "val"]
    assert said["counts"] == {
        "train": {"images": 2, "annotations": {"cell": 2, "nucleus": 11}},
        "val": {"images": 1, "annotations": {"cell": 2, "nucleus": 6}},
    }
    assert [file["path"] for file in said["files"]] == [
        "annotations/instances_train.json",
        "annotations/instances_val.json",
        "images/background.jpg",
        "images/plate 1/parts.png",
        "images/plate 1/ring.png",
    ]


def test_the_report_counts_what_was_written(tmp_path):
    report = export(objects(), tmp_path / "out", formats=["coco", "parquet"])
    assert (report.n_images, report.n_annotations) == (3, 21)
    assert report.lines()[:3] == [
        f"{tmp_path / 'out'}: 3 images, 21 annotations as coco and parquet (instances), "
        "read back and equal to the project.",
        "  train: 2 images, 13 annotations",
        "  val: 1 image, 8 annotations",
    ]
    assert (
        json.loads(json.dumps(report.to_json()))["counts"] == manifest(tmp_path / "out")["counts"]
    )


def test_progress_runs_from_the_first_image_to_the_last(tmp_path):
    said = []
    export(objects(), tmp_path / "out", formats=["coco"], progress=lambda *args: said.append(args))
    assert said == [
        (1, 6, "plate 1/ring.png"),
        (2, 6, "background.jpg"),
        (3, 6, "plate 1/parts.png"),
        (4, 6, "plate 1/ring.png"),
        (5, 6, "background.jpg"),
        (6, 6, "plate 1/parts.png"),
    ]


def test_formats_share_one_folder_of_images(tmp_path):
    export(objects(), tmp_path / "out", formats=["parquet", "coco", "parquet"])
    assert list(manifest(tmp_path / "out")["formats"]) == ["parquet", "coco"]
    assert sum(name.endswith("ring.png") for name in contents(tmp_path / "out")) == 1


# --- losses and notes -------------------------------------------------------------------------


def test_what_would_be_lost_is_said_beforehand_and_refused(tmp_path):
    expected = "20 shapes left out: classification holds whole-image classes"
    assert plan(objects(), formats=["coco"], task="classification").losses == (expected,)
    with pytest.raises(FormatError, match=rf"would lose: {expected}. Allow it with --allow-loss"):
        export(objects(), tmp_path / "out", formats=["coco"], task="classification")
    assert list(tmp_path.iterdir()) == []


def test_what_may_be_lost_is_listed_in_report_and_manifest(tmp_path):
    report = export(
        objects(), tmp_path / "out", formats=["coco"], task="classification", allow_loss=True
    )
    assert report.losses == ("20 shapes left out: classification holds whole-image classes",)
    assert manifest(tmp_path / "out")["losses"] == list(report.losses)
    assert report.n_annotations == 1


@pytest.mark.parametrize("name", ["coco", "parquet"])
@pytest.mark.parametrize("task", ["detection", "instances"])
def test_shapes_of_all_kinds_are_kept_without_loss(name, task):
    assert plan(objects(), formats=[name], task=task).losses == ()


def test_a_plan_says_what_the_report_will(tmp_path):
    options = {"formats": ["coco"], "images": "link", "splits": {"train": 0.5, "val": 0.5}}
    planned = plan(objects(), **options)
    report = export(objects(), tmp_path / "out", **options)
    assert (planned.counts, planned.losses, planned.notes) == (
        report.counts,
        report.losses,
        report.notes,
    )


@pytest.mark.parametrize(
    ("task", "note"),
    [
        ("instances", "1 box without an outline: no mask is written for them."),
        ("instances", "1 whole-image class kept beside the objects."),
        ("detection", "19 outlines kept beside the box; trainers see boxes."),
    ],
)
def test_what_may_surprise_is_noted(tmp_path, task, note):
    report = export(objects(), tmp_path / "out", formats=["coco"], task=task, images="none")
    assert note in report.notes


def test_kinds_without_a_column_are_written_in_full_and_noted(tmp_path):
    report = export(sketches(), tmp_path / "out", formats=["coco", "parquet"], images="none")
    box = "with area 0, no mask and the box round the points; trainers see that box."
    assert (report.losses, report.notes) == (
        (),
        (
            "1 rotated box written as an outline of four corners.",
            "1 ellipse written as an outline of vertices.",
            f"1 polyline {box}",
            f"1 object of points {box}",
            f"1 object of keypoints {box}",
        ),
    )


def test_images_that_nobody_looked_at_are_noted(tmp_path):
    report = export(tags(several=False), tmp_path / "out", formats=["coco"], task="classification")
    assert report.notes == ("3 images are not labelled yet, exported all the same.",)


# --- what is meant, and what stays together ------------------------------------------------------


def test_an_expression_chooses_images_and_annotations(tmp_path):
    expression = "status in (accepted, done) and label = cell"
    report = export(objects(), tmp_path / "out", formats=["coco"], where=expression)
    assert (report.n_images, report.n_annotations) == (2, 2)
    said = manifest(tmp_path / "out")["filters"]
    assert said == {"sets": ["truth"], "where": expression}
    assert verify(tmp_path / "out").ok


def test_groups_stay_in_one_split_and_the_manifest_proves_it(tmp_path):
    (tmp_path / "patients.csv").write_text("name,patient\nring.png,p1\nbackground.jpg,p1\n")
    loose = [(replace(image, split=None), found) for image, found in objects().content]
    options = {
        "formats": ["coco"],
        "splits": {"train": 0.5, "val": 0.5},
        "groups": chosen_groups("patient", tmp_path / "patients.csv"),
        "stratify": True,
    }
    export(replace(objects(), content=loose), tmp_path / "out", **options)
    said = manifest(tmp_path / "out")
    assert (said["options"]["group_by"], said["options"]["stratify"]) == ("patient", True)
    assert said["proof"] == {
        "groups": 1,
        "groups_across": 0,
        "duplicates": 0,
        "duplicates_across": 0,
        "likeness_known": 0,
    }
    assert sorted(part["images"] for part in said["counts"].values()) == [1, 2]


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"formats": ["yolo"]},
            UnknownName,
            "no format called 'yolo'. Known: coco, coco-keypoints",
        ),
        ({"formats": []}, UsageError, "at least one format"),
        ({"formats": "coco"}, UsageError, "as a list"),
        ({"task": "poetry"}, UnknownName, "no task called 'poetry'. Known: classification, det"),
        ({"images": "burn"}, UnknownName, "no way with images called 'burn'. Known: copy, link"),
        ({"segmentation": "x"}, UnknownName, "no way to write masks called 'x'"),
        ({"splits": {"train": 0.5}}, UsageError, "add up to 0.5"),
        ({"splits": {}}, UsageError, "No split is named"),
        ({"stratify": True}, UsageError, "need shares"),
        ({"where": "label = "}, UsageError, "Expected a value"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_written(tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        export(objects(), tmp_path / "out", **({"formats": ["coco"]} | options))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_never_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(AlreadyExists, match=r"is not empty, and an export never overwrites"):
        export(objects(), tmp_path, formats=["coco"])
    assert contents(tmp_path) == {"mine.txt": b"keep me"}


def test_a_file_or_a_dangling_link_is_never_replaced(tmp_path):
    (tmp_path / "file").write_text("keep me")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(AlreadyExists, match="is no folder"):
            export(objects(), tmp_path / name, formats=["coco"])


def test_an_empty_folder_may_be_filled(tmp_path):
    (tmp_path / "out").mkdir()
    export(objects(), tmp_path / "out", formats=["coco"])
    assert verify(tmp_path / "out").ok


def test_folders_on_the_way_are_made(tmp_path):
    export(objects(), tmp_path / "a" / "b" / "out", formats=["coco"])
    assert verify(tmp_path / "a" / "b" / "out").ok


def test_a_folder_that_is_taken_meanwhile_is_not_overwritten(tmp_path, monkeypatch):
    def write(job, folder):
        coco.write(job, folder)
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "theirs").write_text("keep me")

    monkeypatch.setitem(FORMATS, "coco", replace(FORMATS["coco"], write=write))
    with pytest.raises(AlreadyExists, match="is not empty"):
        export(objects(), tmp_path / "out", formats=["coco"])
    assert contents(tmp_path) == {"out/theirs": b"keep me"}


def test_two_labels_of_one_name_are_refused(tmp_path):
    snapshot = replace(objects(), labels=(Label(1, "cell", "#111111"), Label(4, "cell", "#222222")))
    with pytest.raises(FormatError, match="2 labels are called 'cell'"):
        export(snapshot, tmp_path / "out", formats=["coco"])


def test_an_annotation_without_a_label_is_refused(tmp_path):
    data = picture()
    image = image_of(1, "a.png", data)
    snapshot = SnapshotFake([(image, (drawn(1, image, Tag(), label=9),))], {1: data})
    with pytest.raises(FormatError, match="Annotation 1 has label 9, which is gone"):
        export(snapshot, tmp_path / "out", formats=["coco"])


# --- reading back -----------------------------------------------------------------------------


def corrupted(name, change):
    def write(job, folder):
        FORMATS_BEFORE[name].write(job, folder)
        path = next((folder / "annotations").glob("*train.json"))
        path.write_bytes(change(path.read_bytes()))

    return replace(FORMATS_BEFORE[name], write=write)


FORMATS_BEFORE = dict(FORMATS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: d.replace(b'"area":267.0', b'"area":266.0'),
            "area of annotation 4 is 266.0 inst",
        ),
        (
            lambda d: d.replace(b'"category_id":4,"iscr', b'"category_id":1,"iscr', 1),
            "label of ann",
        ),
        (lambda d: d.replace(b"40.1", b"40.2", 1), "are not the same"),
        (lambda d: d.replace(b'"score":0.75', b'"score":0.7'), "score of annotation 21 is 0.7"),
        (lambda d: d.replace(b"[1.1,2.3,", b"[1.2,2.3,"), "geometry of annotation 21 is Box"),
        (
            lambda d: d.replace(b'"width":56', b'"width":57'),
            r"image 2 \(background.jpg\): width is 57",
        ),
        (lambda d: d.replace(b'"id":21,', b'"id":99,'), "annotation 21 is missing"),
        (lambda d: d.replace(b'"image_id":1', b'"image_id":3', 1), "image_id 3 is no image"),
        (lambda d: d[:-40], "instances_train.json"),
    ],
)
def test_a_writer_that_errs_is_caught_and_nothing_is_kept(tmp_path, monkeypatch, change, message):
    monkeypatch.setitem(FORMATS, "coco", corrupted("coco", change))
    with pytest.raises(VerificationError, match=message):
        export(objects(), tmp_path / "out", formats=["coco"])
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_forgets_an_image_is_caught(tmp_path, monkeypatch):
    def write(job, folder):
        fewer = replace(objects(), content=objects().content[1:])
        coco.write(replace(job, snapshot=fewer), folder)

    monkeypatch.setitem(FORMATS, "coco", replace(FORMATS["coco"], write=write))
    with pytest.raises(VerificationError, match=r"image 1 \(plate 1/ring.png\) is missing"):
        export(objects(), tmp_path / "out", formats=["coco"])


# --- interruptions ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("stop", "seen", "message"),
    [
        (KeyboardInterrupt, KeyboardInterrupt, None),
        (OSError(28, "No space left"), FormatError, "cannot be written: .*No space left. Nothing"),
    ],
)
def test_an_interruption_leaves_nothing(tmp_path, name, stop, seen, message):
    class Interrupted(SnapshotFake):
        def open_pixels(self, image):
            if image.id == 5:
                raise stop
            return super().open_pixels(image)

    snapshot = Interrupted(objects().content, objects().files)
    with pytest.raises(seen, match=message):
        export(snapshot, tmp_path / "deep" / "out", formats=[name], allow_loss=True)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import sys
from pathlib import Path
from datasetbuilder.exporters.export import export
from tests.exporters.campaigns import objects
from tests.exporters.snapshots import SnapshotFake

class Stuck(SnapshotFake):
    def open_pixels(self, image):
        if image.id == 5:
            print("stuck", flush=True)
            sys.stdin.read()
        return super().open_pixels(image)

export(Stuck(objects().content, objects().files), Path(sys.argv[1]), formats=["coco"])
"""


@pytest.fixture
def stuck(tmp_path):
    """An export in another process, in the middle of its images."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "out")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"stuck\n"
    yield process
    process.kill()
    process.communicate()


def test_a_killed_export_leaves_no_folder_and_the_next_one_sweeps(tmp_path, stuck):
    stuck.send_signal(signal.SIGKILL)
    stuck.wait()
    (stale,) = tmp_path.iterdir()
    assert stale.name.startswith(".datasetbuilder-export-")
    export(objects(), tmp_path / "out", formats=["coco"])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_export_that_still_runs_is_not_swept(tmp_path, stuck):
    export(objects(), tmp_path / "other", formats=["coco"])
    assert stuck.poll() is None
    assert len(list(tmp_path.glob(".datasetbuilder-export-*"))) == 1
    stuck.communicate(b"")
    assert verify(tmp_path / "out").ok
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "out"]


def test_a_folder_that_was_swept_before_it_was_locked_is_made_again(tmp_path, monkeypatch):
    swept = []
    take = staging._take

    def swept_once(descriptor):
        if not swept:
            swept.append(next(tmp_path.glob(".datasetbuilder-export-*")))
            shutil.rmtree(swept[0])
        return take(descriptor)

    monkeypatch.setattr(staging, "_take", swept_once)
    export(objects(), tmp_path / "out", formats=["coco"])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_place_that_cannot_be_written_is_said_plainly(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FormatError, match=r"cannot be written: .*/file'"):
        export(objects(), tmp_path / "file" / "out", formats=["coco"])


def test_everything_is_forced_to_the_disk_before_it_appears(tmp_path, monkeypatch):
    order = []
    rename = staging._rename
    monkeypatch.setattr(staging, "_force", lambda path, flags: order.append(Path(path).name))
    monkeypatch.setattr(staging, "_rename", lambda *a: (order.append("rename"), rename(*a)))
    export(objects(), tmp_path / "out", formats=["coco"])
    assert order[-2:] == ["rename", tmp_path.name]
    assert {"ring.png", "instances_val.json", "export.json", "images"} <= set(order[:-2])


# --- empty campaigns --------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_a_campaign_without_images_is_exported_empty(tmp_path, name):
    report = export(SnapshotFake([]), tmp_path / "out", formats=[name])
    assert report.n_images == 0
    assert verify(tmp_path / "out").ok


@pytest.mark.parametrize("name", FORMATS)
def test_a_campaign_without_labels_is_exported(tmp_path, name):
    data = picture()
    snapshot = SnapshotFake([(image_of(1, "a.png", data), ())], {1: data}, labels=())
    export(snapshot, tmp_path / "out", formats=[name])
    assert verify(tmp_path / "out").ok


def test_a_shape_that_the_store_did_not_measure_is_measured(tmp_path):
    data = picture()
    image = image_of(1, "a.png", data)
    shape = drawn(1, image, Box(1.0, 2.0, 3.0, 4.0), area=0.0, bbox=None)
    export(SnapshotFake([(image, (shape,))], {1: data}), tmp_path / "out", formats=["coco"])
    (found,) = json.loads((tmp_path / "out/annotations/instances.json").read_bytes())["annotations"]
    assert (found["area"], found["bbox"]) == (12.0, [1.0, 2.0, 3.0, 4.0])
