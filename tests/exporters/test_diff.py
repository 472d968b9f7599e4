"""Two states of a campaign compared, by uid where they have it and by overlap where not."""

from dataclasses import replace
from pathlib import Path

import pytest

from datasetbuilder.errors import UsageError
from datasetbuilder.exporters.diff import compare, side_of_export, side_of_snapshot
from datasetbuilder.exporters.export import export
from datasetbuilder.model import Box
from tests.exporters.campaigns import objects
from tests.exporters.snapshots import SnapshotFake, drawn, image_of, picture

DATA = picture(40, 40)
IMAGE = image_of(1, "sub/a.png", DATA)
OTHER = image_of(2, "b.png", DATA)
BOXES = (
    drawn(1, IMAGE, Box(1.0, 1.0, 10.0, 10.0)),
    drawn(2, IMAGE, Box(20.0, 20.0, 10.0, 10.0)),
    drawn(3, IMAGE, Box(1.0, 25.0, 5.0, 5.0), label=4),
)
LATER = (
    drawn(1, IMAGE, Box(1.0, 1.0, 10.0, 8.0)),
    drawn(2, IMAGE, Box(20.0, 20.0, 10.0, 10.0), label=4),
    drawn(4, IMAGE, Box(30.0, 1.0, 5.0, 5.0)),
)


def snapshot(*boxes, images=(IMAGE,)) -> SnapshotFake:
    return SnapshotFake(
        [(image, boxes if image is IMAGE else ()) for image in images], {1: DATA, 2: DATA}
    )


def exported(folder: Path, content: SnapshotFake, name: str) -> Path:
    export(content, folder, formats=[name], task="detection", allow_loss=True)
    return folder


@pytest.mark.parametrize("name", ["coco", "parquet", "yolo-detect", "voc"])
def test_what_was_added_removed_and_changed(tmp_path, name):
    before = side_of_export(exported(tmp_path / "a", snapshot(*BOXES), name))
    after = side_of_export(exported(tmp_path / "b", snapshot(*LATER, images=(IMAGE, OTHER)), name))
    report = compare(before, after)
    assert report.rows() == [("cell", 1, 0, 1), ("nucleus", 0, 1, 1)]
    assert [round(x, 3) for x in report.overlaps] == [0.8]
    assert [Path(x).stem for x in report.images_added] == ["b"]
    assert (report.images_removed, report.same) == ([], False)
    assert any("a nucleus was a cell" in line for line in report.details)


@pytest.mark.parametrize("name", ["coco", "parquet"])
def test_an_export_equals_the_project_it_came_from(tmp_path, name):
    export(objects(), tmp_path / "out", formats=[name])
    report = compare(side_of_export(tmp_path / "out"), side_of_snapshot(objects()))
    assert report.same
    assert report.unchanged == 21


def test_other_attributes_are_a_change(tmp_path):
    home = exported(tmp_path / "a", snapshot(*BOXES), "coco")
    now = snapshot(replace(BOXES[0], attributes={"wet": True}), *BOXES[1:])
    report = compare(side_of_export(home), side_of_snapshot(now))
    assert (dict(report.changed), report.mean_iou) == ({"cell": 1}, None)
    assert report.details == ["sub/a.png: a cell has other attributes"]


def test_what_is_no_export_is_told(tmp_path):
    with pytest.raises(UsageError, match="is no folder of an export"):
        side_of_export(tmp_path / "nothing")
