"""Two jobs at once: in one server, and in two servers of one database."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from datasetbuilder.api import Workspace, open_workspace
from datasetbuilder.app.jobs import (
    Jobs,
    interrupt_abandoned,
    new_export_job,
    new_images_job,
    read_job,
)
from datasetbuilder.errors import JobRefused
from datasetbuilder.projects import jobs
from datasetbuilder.projects.jobs import Claim, JobState
from tests.app.test_killed_commands import COMMAND, NAMES

pytestmark = pytest.mark.slow


def draw(folder: Path, names: list[str], *, shade: int = 0) -> Path:
    folder.mkdir()
    for k, name in enumerate(names):
        Picture.fromarray(np.full((8, 9), k + shade, np.uint8)).save(folder / name)
    return folder


def finished(server: Jobs) -> None:
    server._pool.shutdown(wait=True)


def state(workspace: Workspace, job: jobs.Job) -> JobState:
    return read_job(workspace, job.id).state


# --- one server -----------------------------------------------------------------------------------


def test_two_intakes_of_one_project_follow_each_other_and_share_out_the_names(workspace, tmp_path):
    project = workspace.create_project("Cats")
    one = draw(tmp_path / "one", NAMES[:20])
    two = draw(tmp_path / "two", NAMES[:20], shade=100)
    server = Jobs(workspace)
    started = [server.start(new_images_job(project, [one, two]).id) for _ in range(2)]
    finished(server)
    assert [state(workspace, job) for job in started] == [JobState.DONE] * 2
    expected = [*NAMES[:20], *(f"two/{name}" for name in NAMES[:20])]
    assert sorted(image.name for image in project.images()) == sorted(expected)
    results = [read_job(workspace, job.id).result or {} for job in started]
    assert sorted((one["added"], one["unchanged"]) for one in results) == [(0, 40), (40, 0)]


def test_an_intake_and_two_exports_of_one_project_run_side_by_side(workspace, tmp_path):
    project = workspace.create_project("Cats")
    project.add_images(draw(tmp_path / "one", NAMES[:10]))
    two = draw(tmp_path / "two", NAMES[10:30], shade=100)
    server = Jobs(workspace, workers=3)
    options = {"formats": ["coco"], "task": "detection"}
    made = [
        new_images_job(project, [two]),
        *(new_export_job(project, tmp_path / name, options) for name in ("a", "b")),
    ]
    for job in made:
        server.start(job.id)
    finished(server)
    assert [state(workspace, job) for job in made] == [JobState.DONE] * 3
    assert project.info.n_images == 30
    assert (tmp_path / "a" / "export.json").is_file()
    assert (tmp_path / "b" / "export.json").is_file()


# --- two servers of one database ------------------------------------------------------------------


@pytest.fixture
def address(postgresql_server, tmp_path) -> str:
    address = postgresql_server.new_database()
    with open_workspace(address, files=tmp_path / "files") as workspace:
        workspace.create_project("Cats")
    return address


@pytest.fixture
def pair(address, tmp_path):
    """Two processes' view of the database."""
    with (
        open_workspace(address, files=tmp_path / "files") as one,
        open_workspace(address, files=tmp_path / "files") as two,
    ):
        yield one, two


def test_of_two_servers_that_take_a_job_up_at_once_one_runs_it(pair, tmp_path):
    job = new_images_job(pair[0].project("cats"), [draw(tmp_path / "one", NAMES[:8])])
    servers = [Jobs(workspace) for workspace in pair]

    def start(server: Jobs) -> bool:
        try:
            server.start(job.id)
        except JobRefused:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(start, servers)) == [False, True]
    for server in servers:
        finished(server)
    assert state(pair[0], job) is JobState.DONE
    assert len(pair[1].project("cats").images()) == 8


def test_an_intake_waits_for_the_one_that_another_server_runs(pair, tmp_path):
    one, two = pair
    project = one.project("cats")
    running, waiting = (
        new_images_job(project, [draw(tmp_path / name, NAMES[:3])]) for name in "ab"
    )
    held = Claim("another server", 2**60, alone=True)
    one.store.submit(lambda t: jobs.begin(t.connection, running.id, held))
    server = Jobs(two)
    assert server.start(waiting.id).state is JobState.WAITING
    one.store.submit(
        lambda t: jobs.finish(t.connection, running.id, JobState.CANCELLED, owner=held.owner)
    )
    server.take_over()
    finished(server)
    assert state(two, waiting) is JobState.DONE


def test_a_cancel_at_one_server_stops_the_job_of_the_other(pair, tmp_path):
    one, two = pair
    job = new_images_job(one.project("cats"), [draw(tmp_path / "one", NAMES[:3])])
    one.store.submit(lambda t: jobs.begin(t.connection, job.id, Claim("one", 2**60)))
    Jobs(two).cancel(job.id)
    with pytest.raises(JobRefused, match="is running"):
        Jobs(two).start(job.id)
    one.store.submit(lambda t: jobs.finish(t.connection, job.id, JobState.CANCELLED, owner="one"))
    assert state(two, job) is JobState.CANCELLED


def test_the_job_of_a_killed_process_is_taken_over_once_it_was_silent(
    address, postgresql_server, tmp_path
):
    files, pictures = tmp_path / "files", draw(tmp_path / "one", NAMES)
    words = ["add", "cats", str(pictures), "--database", address, "--workspace", str(files)]
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", COMMAND, *words]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in the middle\n"
        os.kill(process.pid, signal.SIGKILL)
    with open_workspace(address, files=files) as workspace:
        project = workspace.project("cats")
        interrupt_abandoned(workspace)
        with workspace.store.reading() as connection:
            (job,) = jobs.jobs(connection)
        assert (job.state, job.n_done, project.info.n_images) == (JobState.RUNNING, 64, 64)
        # It is silent from here on; the clock is put on instead of waiting.
        postgresql_server.run_sql("UPDATE job SET held_until = 1", address)
        server = Jobs(workspace)
        server.take_over()
        finished(server)
        assert state(workspace, job) is JobState.DONE
        assert [image.name for image in project.images()] == NAMES
