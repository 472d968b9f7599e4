"""A command with a job that is killed or stopped in the middle, and how it goes on."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture

from datasetbuilder.api import open_workspace
from datasetbuilder.app.cli_place import place_words
from datasetbuilder.projects import jobs
from datasetbuilder.projects.job_engine import Engine
from datasetbuilder.projects.jobs import JobState

# The command itself, waiting for its parent in the middle of the work.
COMMAND = """
import signal, sys
from contextlib import contextmanager
from datasetbuilder.app import cli, console

@contextmanager
def bar(what, *, quiet):
    def told(done, total, name):
        if done == 70:
            print("in the middle", flush=True)
            sys.stdin.readline()
    yield told

signal.signal(signal.SIGINT, signal.default_int_handler)
console.progress_bar = bar
cli.main()
"""
NAMES = [f"{k}.png" for k in range(100)]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "a hundred"
    folder.mkdir()
    for k, name in enumerate(NAMES):
        Picture.fromarray(np.full((8, 9), k, np.uint8)).save(folder / name)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_workspace(tmp_path / "work space") as workspace:
        workspace.create_project("Cats")
    return tmp_path / "work space"


@contextmanager
def adding(folder: Path, pictures: Path) -> Iterator[subprocess.Popen[str]]:
    words = ["add", "cats", str(pictures), "--copy", "--workspace", str(folder)]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [sys.executable, "-c", COMMAND, *words]
    with subprocess.Popen(command, text=True, start_new_session=True, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in the middle\n"
        yield process


def resumed(words: list[str]) -> str:
    command = [sys.executable, "-m", "datasetbuilder", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def look(folder: Path) -> tuple[jobs.Job, list[str], int]:
    """The job, the names of the images, and how many copied files there are."""
    with open_workspace(folder) as workspace:
        with workspace.store.reading() as connection:
            (job,) = jobs.jobs(connection)
        names = [image.name for image in workspace.project("cats").images()]
    return job, names, len(list((folder / "projects" / "cats" / "images").rglob("*.png")))


@pytest.mark.slow
def test_an_intake_that_is_killed_goes_on_with_every_image_exactly_once(folder, pictures):
    with adding(folder, pictures) as process:
        process.kill()
    job, names, _ = look(folder)
    assert (job.state, job.n_done, names) == (JobState.RUNNING, 64, NAMES[:64])
    said = resumed(["jobs", "resume", str(job.id), "--workspace", str(folder)])
    assert said == "Job 1 is done: 100 of 100, 0 failed.\n"
    job, names, copies = look(folder)
    assert (job.state, names, copies) == (JobState.DONE, NAMES, 100)


@pytest.mark.slow
def test_ctrl_c_ends_cleanly_and_names_the_command_to_go_on_with(folder, pictures):
    with adding(folder, pictures) as process:
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in said) == (130, False)
    job, names, copies = look(folder)
    assert (job.state, job.n_done, len(names)) == (JobState.CANCELLED, copies, copies)
    hint = said.strip().partition("Go on with: datasetbuilder ")[2]
    assert hint == f"jobs resume 1 --workspace '{folder}'"
    resumed(shlex.split(hint))
    assert look(folder)[1:] == (NAMES, 100)


@pytest.mark.parametrize(
    ("database", "engine", "words"),
    [
        (None, None, "--workspace '/my work'"),
        (
            "postgresql+psycopg://ada:secret@host/labels",
            None,
            "--database postgresql+psycopg://ada@host/labels --workspace '/my work'",
        ),
        (
            "postgresql+psycopg://tester@/t0?host=/tmp",
            Engine(scheduler="tcp://host:8786"),
            "--database 'postgresql+psycopg://tester@/t0?host=/tmp' --workspace '/my work' "
            "--scheduler tcp://host:8786",
        ),
    ],
)
def test_the_way_on_names_the_options_in_use_and_no_password(database, engine, words):
    place: Any = SimpleNamespace(root=Path("/my work"), database=database)
    assert place_words(place, engine) == words
