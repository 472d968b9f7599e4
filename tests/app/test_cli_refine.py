"""Refine tools on folders, and a project whose finished image teaches the others."""

import json

import numpy as np
import orjson
import pytest
from PIL import Image

from datasetbuilder import open_workspace
from datasetbuilder.model import Operation, OperationKind, Outcome, Target, TargetType

pytestmark = pytest.mark.slow


def disk(seed, row, column):
    """A bright disk of radius 9 on a dark, noisy ground, and where it is."""
    rows, columns = np.mgrid[:60, :80]
    truth = np.hypot(rows - row, columns - column) <= 9
    noise = np.random.default_rng(seed).integers(-8, 9, truth.shape)
    return (np.where(truth, 200, 40) + noise).astype(np.uint8), truth


@pytest.fixture
def images(tmp_path):
    """Three pictures, the first with strokes and with a rough outline beside it."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name, place in (("one", (30, 30)), ("two", (25, 55)), ("three", (40, 20))):
        Image.fromarray(disk(len(name), *place)[0]).save(folder / f"{name}.png")
    drawn = np.zeros((60, 80), np.uint8)
    drawn[29:32, 25:36], drawn[4:7, 10:70] = 7, 255
    Image.fromarray(drawn).save(folder / "one_scribbles.png")
    points = [[19, 20], [42, 18], [43, 42], [18, 41]]
    shape = {"label": "cell", "points": points, "shape_type": "polygon"}
    (folder / "one.json").write_bytes(orjson.dumps({"shapes": [shape], "imagePath": "one.png"}))
    return folder


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def test_strokes_beside_an_image_become_its_label_image(run, images, tmp_path):
    assert run("refine", "scribbles", images, tmp_path / "out")[:2] == (0, "1 files written\n")
    labels = np.array(Image.open(tmp_path / "out" / "one_labels.png"))
    assert np.unique(labels).tolist() == [0, 7]
    assert overlap(labels == 7, disk(3, 30, 30)[1]) > 0.9


def test_rough_outlines_are_pulled_onto_their_objects(run, images, tmp_path):
    assert run("refine", "outlines", images, tmp_path / "out", "--width", "8")[0] == 0
    document = json.loads((tmp_path / "out" / "one.json").read_text())
    (shape,) = document["shapes"]
    assert (document["imagePath"], shape["label"]) == ("one.png", "cell")
    assert len(shape["points"]) > 4


def test_one_bad_file_is_told_and_the_rest_goes_on(run, images, tmp_path):
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(images / "two_scribbles.png")
    code, said, _ = run("refine", "scribbles", images, tmp_path / "out")
    assert code == 1
    assert "1 files written\ntwo.png: the strokes are (5, 5), the image (60, 80)" in said
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["one_labels.png"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--method", "magic"], "no method 'magic'"),
        (["--parts", "some"], "no way with parts 'some'"),
    ],
)
def test_wrong_names_are_refused_before_anything_is_written(run, images, tmp_path, more, said):
    code, _, errors = run("refine", "scribbles", images, tmp_path / "out", *more)
    assert code == 2
    assert said in errors
    assert not (tmp_path / "out").exists()


def test_an_existing_folder_is_left_alone(run, images):
    code, _, errors = run("refine", "scribbles", images, images)
    assert code == 1
    assert "exists" in errors


def test_a_finished_image_teaches_the_others(run, images, tmp_path):
    for odd in ("one_scribbles.png", "one.json"):
        (images / odd).unlink()
    assert run("new", "Cells", images, "--labels", "cell")[0] == 0
    with open_workspace(tmp_path / "workspace") as opened:
        project = opened.project("cells")
        first = next(image for image in project.images() if image.name == "one.png")
        project.annotate(first.id, [("cell", disk(3, 30, 30)[1])])
        target = Target(TargetType.IMAGE_STATE, str(first.id), first.id)
        base = project.image(first.id).version
        change = Operation("done", OperationKind.CHANGE, target, {"state": "done"}, base)
        assert project.apply([change])[0].outcome == Outcome.ACCEPTED

    code, said, _ = run("teach", "cells", tmp_path / "taught")
    assert (code, "of cell written to" in said) == (0, True)
    code, said, _ = run("prelabel", "cells", tmp_path / "taught", "--json")
    assert (code, json.loads(said)["images"]) == (0, 2)

    with open_workspace(tmp_path / "workspace") as opened:
        project = opened.project("cells")
        assert len(project.annotations(first.id)) == 1
        for image in project.images():
            if image.id != first.id:
                (found,) = project.annotations(image.id, sets=("prelabel",))
                assert found.score is not None
                assert found.score > 0.8
                assert project.annotations(image.id) == ()

    code, said, _ = run("prelabel", "cells", tmp_path / "taught")
    assert code == 1
    assert "set 'prelabel' already holds objects here" in said


def test_a_classifier_labels_a_folder(run, images, tmp_path):
    from datasetbuilder.refine import teaching
    from datasetbuilder.refine.taking_along import write_classifier

    image, truth = disk(3, 30, 30)
    write_classifier(
        teaching.teach([teaching.Example(image, truth.astype(int))]), tmp_path / "taught"
    )
    assert run("refine", "predict", tmp_path / "taught", images, tmp_path / "out")[0] == 0
    labels = np.array(Image.open(tmp_path / "out" / "two_labels.png"))
    assert overlap(labels == 1, disk(3, 25, 55)[1]) > 0.8
