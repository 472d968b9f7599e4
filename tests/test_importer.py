"""Bringing annotations into a project: one event, nothing twice, nothing overwritten."""

import json
from pathlib import Path

import pytest

from datasetbuilder.api import open_workspace
from datasetbuilder.model import Annotation, Box, Part, Polygon, Tag

CROPS = Path(__file__).parent / "data" / "crops"
FRAME = Polygon(
    (
        Part(
            ((2.0, 2.0), (20.25, 2.5), (20.0, 18.0), (2.0, 18.0)),
            (((6.0, 6.0), (6.0, 12.0), (12.0, 12.0), (12.0, 6.0)),),
        ),
    )
)


@pytest.fixture
def workspace(tmp_path):
    with open_workspace(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture
def project(workspace):
    """Two images; shapes of each kind on the first."""
    made = workspace.create_project("Cells", labels=["cell", "nucleus"])
    made.add_images([CROPS / "ring.png", CROPS / "background.jpg"], copy=True)
    shapes = [
        Annotation("uid-1", 1, Box(1.1, 2.3, 10.7, 20.5), attributes={"sure": True}, score=0.5),
        Annotation("uid-2", 2, FRAME),
        Annotation("uid-3", 2, Tag()),
    ]
    made.annotate(made.images()[0].id, shapes)
    return made


def drawn(project, image_id=1, sets=("truth",)):
    names = {label.id: label.name for label in project.labels()}
    return [
        (item.uid, names[item.label], item.geometry, dict(item.attributes), item.score, item.source)
        for item in project.annotations(image_id, sets=sets)
    ]


def elsewhere(workspace):
    """A project of the same images without a label."""
    made = workspace.create_project("Copy")
    made.add_images([CROPS / "ring.png", CROPS / "background.jpg"], copy=True)
    return made


@pytest.mark.parametrize("name", ["coco", "parquet", "labelme"])
def test_a_project_goes_out_and_comes_into_another_unchanged(workspace, project, tmp_path, name):
    project.export(tmp_path / "out", formats=[name])
    copy = elsewhere(workspace)
    report = copy.import_annotations(tmp_path / "out")
    assert (report.format, report.added, report.whole) == (name, 3, True)
    assert sorted(drawn(copy)) == sorted(drawn(project))


def test_an_import_is_one_event(workspace, project, tmp_path):
    project.export(tmp_path / "out", formats=["coco"])
    copy = elsewhere(workspace)
    before = copy.info.seq
    copy.import_annotations(tmp_path / "out")
    events = copy.events(after=before)
    assert [event.target.type.value for event in events] == ["label", "label", "batch"]
    assert copy.info.n_annotations == 3


def test_what_is_there_already_does_not_come_in_twice(project, tmp_path):
    project.export(tmp_path / "out", formats=["coco"])
    report = project.import_annotations(tmp_path / "out")
    assert (report.added, report.unchanged) == (0, 3)
    project.export(tmp_path / "boxes", formats=["yolo-detect"], allow_loss=True)
    first = project.import_annotations(tmp_path / "boxes", way="prelabels")
    second = project.import_annotations(tmp_path / "boxes", way="prelabels")
    assert (first.added, second.added, second.unchanged) == (2, 0, 2)


def test_prelabels_lie_in_a_set_of_their_own(project, tmp_path):
    document = {
        "images": [{"id": 1, "file_name": "ring.png"}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "score": 0.75}
        ],
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    before = drawn(project)
    project.import_annotations(tmp_path / "a.json", way="prelabels", set_name="model 7")
    ((_, label, geometry, _, score, source),) = drawn(project, sets=("model 7",))
    assert (label, geometry, score, source) == ("cell", Box(1.0, 1.0, 2.0, 2.0), 0.75, "model")
    assert drawn(project) == before


def test_a_dry_run_says_all_and_stores_nothing(workspace, project, tmp_path):
    project.export(tmp_path / "out", formats=["coco"])
    copy = elsewhere(workspace)
    before = copy.info.seq
    report = copy.import_annotations(tmp_path / "out", dry_run=True)
    assert copy.info.seq == before
    assert list(report.lines()) == [
        "Read as coco: 3 annotations would be added to 1 images.",
        "  cell: 1 (new label)",
        "  nucleus: 2 (new label)",
    ]


def test_a_refused_file_leaves_the_project_as_it_was(project, tmp_path):
    text = '{"images": [{"id": 1, "file_name": "ring.png"}], "categories": [], "annotations": [1]}'
    (tmp_path / "a.json").write_text(text)
    before = project.info
    report = project.import_annotations(tmp_path / "a.json")
    assert report.problems == ("a.json annotations[0] must be an object, got int",)
    assert project.info == before


def test_what_was_changed_since_is_left_as_it_is(project, tmp_path):
    project.export(tmp_path / "out", formats=["coco"])
    path = next((tmp_path / "out/annotations").iterdir())
    path.write_text(path.read_text().replace("[1.1,2.3,", "[1.2,2.3,"))
    before = drawn(project)
    report = project.import_annotations(path)
    assert (report.added, report.unchanged) == (0, 3)
    assert report.notes == ("1 exist with another shape and were left as they are",)
    assert drawn(project) == before


def test_what_was_removed_comes_back_under_a_new_name(project, tmp_path):
    from datasetbuilder.model import Operation, OperationKind, Target, TargetType

    project.export(tmp_path / "out", formats=["coco"])
    target = Target(TargetType.ANNOTATION, "uid-1", 1)
    project.apply([Operation("op-1", OperationKind.REMOVE, target, base_version=1)])
    report = project.import_annotations(tmp_path / "out")
    assert (report.added, report.unchanged) == (1, 2)
    uids = [item[0] for item in drawn(project)]
    assert len(uids) == 3
    assert "uid-1" not in uids
