"""The command line as a person types it: words, exit codes, JSON."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.main import get_group
from typer.testing import CliRunner

from datasetbuilder.api import open_workspace
from datasetbuilder.app import cli as module

pytestmark = pytest.mark.slow

PHOTO = Path(__file__).parent.parent / "data" / "images"


@pytest.fixture
def images(tmp_path):
    """Two small pictures with something to see in them."""
    folder = tmp_path / "images"
    folder.mkdir()
    rows, columns = np.mgrid[0:48, 0:64]
    for k in (1, 2):
        pixels = np.stack([rows * 5 % 256, columns * 4 % 256, rows * columns * k % 256], axis=-1)
        Image.fromarray(pixels.astype("uint8")).save(folder / f"picture {k}.png")
    return folder


def test_a_folder_becomes_a_project_and_the_project_an_export(run, images, tmp_path):
    assert run("new", "Cells", images, "--labels", "RBC, WBC")[:2] == (
        0,
        "cells: 2 images added.\n",
    )
    code, said, _ = run("info", "cells", "--json")
    about = json.loads(said)
    assert (code, about["images"], about["states"]["new"]) == (0, 2, 2)
    assert [label["name"] for label in about["labels"]] == ["RBC", "WBC"]

    code, said, _ = run("export", "cells", tmp_path / "out", "--format", "coco", "--json")
    assert (code, json.loads(said)["images"]) == (0, 2)
    assert run("verify", tmp_path / "out")[0] == 0


def test_a_bad_file_is_named_and_the_rest_goes_in(run, images):
    (images / "notes.png").write_text("these are words")
    good = (images / "picture 1.png").read_bytes()
    (images / "cut.png").write_bytes(good[: len(good) // 2])

    code, said, errors = run("new", "Cells", images)

    assert code == 1
    assert "2 images added (2 refused)" in said
    assert "refused cut.png: " in errors
    assert "refused notes.png: " in errors


def test_adding_the_same_folder_again_changes_nothing(run, images):
    run("new", "Cells", images)
    code, said, _ = run("add", "cells", images)
    assert (code, said) == (0, "cells: 0 images added (2 already there).\n")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("new", "Other", "{tmp}/missing"), 2, "missing does not exist"),
        (("new", "Other", "{tmp}/empty"), 1, "no image"),
        (("info", "nothing"), 2, 'there is no project "nothing"'),
        (("add", "nothing", "{tmp}/images"), 2, 'there is no project "nothing"'),
        (("export", "cells", "{tmp}/out", "--format", "pascal"), 2, "coco, coco-keypoints"),
        (("export", "cells", "{tmp}/images", "--format", "coco"), 2, "images"),
        (("export", "cells", "{tmp}/out", "--format", "coco", "--task", "song"), 2, "song"),
        (("export", "cells", "{tmp}/out", "--format", "coco", "--split", "a=2"), 2, "'a'"),
        (("verify", "{tmp}/images"), 1, "images"),
    ],
)
def test_wrong_use_is_told_in_one_sentence(run, images, tmp_path, arguments, code, words):
    (tmp_path / "empty").mkdir()
    run("new", "cells", images)

    left, _, errors = run(*(part.format(tmp=tmp_path) for part in arguments))

    assert left == code
    assert words in errors
    assert errors.count("\n") == 1
    assert "Traceback" not in errors


def test_a_refused_start_leaves_no_project_behind(run, tmp_path):
    (tmp_path / "empty").mkdir()
    run("new", "Cells", tmp_path / "empty")
    assert json.loads(run("list", "--json")[1]) == {"projects": []}


def test_the_name_of_a_project_is_taken_once(run, images):
    run("new", "Cells", images)
    code, _, errors = run("new", "Cells", images)
    assert code == 2
    assert "Cells" in errors


def test_a_doctor_names_the_image_that_is_gone(run, images):
    run("new", "Cells", images)
    assert run("doctor")[0] == 0
    (images / "picture 2.png").unlink()
    code, said, _ = run("doctor")
    assert code == 1
    assert "picture 2.png" in said


def test_every_command_explains_itself():
    runner = CliRunner()
    names = list(get_group(module.cli).commands)
    assert {"serve", "new", "export", "verify", "backup", "restore", "doctor"} <= set(names)
    for name in names:
        result = runner.invoke(module.cli, [name, "--help"])
        assert result.exit_code == 0, name


def test_help_loads_neither_dash_nor_a_model():
    check = (
        "import sys; from datasetbuilder.app import cli; "
        "print([m for m in ('dash', 'sklearn', 'skimage', 'pandas') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_a_project_is_backed_up_and_restored_by_typing(run, images, tmp_path):
    run("new", "Cells", images, "--labels", "RBC")
    file = tmp_path / "cells.zip"
    code, said, _ = run("backup", "cells", file)
    assert code == 0
    assert "2 images, 0 annotations, every event up to 2, 2 originals. Read back: whole." in said
    assert run("restore", file)[:2] == (
        0,
        "cells-2: 2 images and 0 annotations restored, up to event 2.\n",
    )
    code, said, _ = run("restore", file, "--as", "Old cells", "--json")
    assert (code, json.loads(said)["project"]) == (0, "old-cells")
    code, _, errors = run("backup", "cells", file)
    assert code == 2
    assert "never overwrites" in errors


def test_a_restore_of_something_else_is_refused(run, images):
    code, _, errors = run("restore", images / "picture 1.png")
    assert code == 1
    assert "is not a whole zip archive" in errors


def test_formats_lists_what_is_written_and_what_import_reads(run):
    code, said, _ = run("formats", "--json")
    listed = json.loads(said)
    assert code == 0
    assert {"name": "voc", "tasks": ["detection"]} in listed["formats"]
    assert listed["readers"][-3:] == ["via", "cvat", "labelstudio"]
    assert "import reads" in run("formats")[1]


@pytest.mark.parametrize(
    "words",
    [("add", "cats", "nowhere"), ("export", "cats", "out", "--format", "coke")],
)
def test_a_mistyped_word_leaves_no_failed_job_behind(run, tmp_path, words):
    with open_workspace(tmp_path / "workspace") as workspace:
        workspace.create_project("Cats")
    assert run(*words)[0] == 2
    assert json.loads(run("jobs", "list", "--json")[1]) == {"jobs": []}
