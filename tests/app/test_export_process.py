"""A large export runs in a process of its own, with the same result, faults and end."""

import os
import signal
from pathlib import Path

import pytest

from datasetbuilder.app import export_process
from datasetbuilder.app.export_process import export_project
from datasetbuilder.errors import AlreadyExists, DataError, UnknownName
from datasetbuilder.model import Annotation, Box

pytestmark = pytest.mark.slow

OPTIONS = {"formats": ["coco", "parquet"], "task": "detection", "images": "none"}


class Cancelled(Exception):
    """What the person asked for."""


@pytest.fixture(autouse=True)
def always_apart(monkeypatch):
    monkeypatch.setattr(export_process, "WORTH_A_PROCESS", 0)


@pytest.fixture
def labelled(workspace, project):
    boxes = [
        Annotation(f"box-{k}", 1 + k % 2, Box(k, k, 20, 10), image_id=1 + k % 3) for k in range(30)
    ]
    workspace.store.add_annotations(project.info.id, boxes, author="ann")
    return project


def unheard(_done: int, _total: int, _name: str) -> None:
    """Nobody looks."""


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_writes_the_bytes_that_an_export_here_writes(labelled, tmp_path, monkeypatch):
    monkeypatch.setattr(type(labelled), "export", None)
    apart = export_project(labelled, tmp_path / "apart", OPTIONS, unheard)
    monkeypatch.undo()
    here = labelled.export(tmp_path / "here", **OPTIONS)
    assert bytes_below(tmp_path / "apart") == bytes_below(tmp_path / "here")
    assert (apart.n_images, apart.counts) == (3, here.counts)


def test_how_far_it_is_is_told_to_the_end(labelled, tmp_path):
    told = []
    export_project(labelled, tmp_path / "out", OPTIONS, lambda *far: told.append(far))
    assert told[-1][:2] == (12, 12)


def test_a_refusal_comes_back_as_it_was(labelled, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    with pytest.raises(AlreadyExists, match="never overwrites"):
        export_project(labelled, tmp_path / "taken", OPTIONS, unheard)
    with pytest.raises((DataError, UnknownName), match="no-such-format"):
        export_project(labelled, tmp_path / "out", {"formats": ["no-such-format"]}, unheard)


def test_one_that_is_stopped_leaves_nothing(labelled, tmp_path):
    def stop(_done: int, _total: int, _name: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        export_project(labelled, tmp_path / "out" / "one", OPTIONS, stop)
    assert not (tmp_path / "out").exists()


def test_a_child_that_is_killed_is_told_and_no_folder_stays(labelled, tmp_path):
    from multiprocessing import active_children

    def kill(_done: int, _total: int, _name: str) -> None:
        for child in active_children():
            if child.name == "export":
                os.kill(child.pid or 0, signal.SIGKILL)

    with pytest.raises(DataError, match="ended unexpectedly"):
        export_project(labelled, tmp_path / "one", OPTIONS, kill)
    assert not (tmp_path / "one").exists()
