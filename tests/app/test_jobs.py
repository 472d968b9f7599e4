"""Jobs that people start: images taken in and exports, stopped anywhere and taken up again."""

import shutil

import numpy as np
import pytest
from PIL import Image as Picture

from datasetbuilder.app.job_kinds import Running
from datasetbuilder.app.jobs import (
    Jobs,
    carry_out,
    failed_items,
    interrupt_abandoned,
    new_export_job,
    new_images_job,
    new_previews_job,
    read_job,
)
from datasetbuilder.errors import AlreadyExists, DataError, JobRefused
from datasetbuilder.projects import ingest, jobs
from datasetbuilder.projects.jobs import JobState


class Killed(BaseException):
    """The process ends here; nobody tidies up."""


@pytest.fixture
def empty(workspace):
    return workspace.create_project("Cats", labels=["cat"])


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "six"
    folder.mkdir()
    for k in range(6):
        pixels = np.full((8, 9, 3), 20 * k, np.uint8)
        Picture.fromarray(pixels).save(folder / f"{k}.png")
    return folder


def names(project) -> list[str]:
    return [image.name for image in project.images()]


def dies_after(n: int):
    def watch(done: int, _total: int, _name: str) -> None:
        if done == n:
            raise Killed

    return Running(watch=watch)


@pytest.fixture
def batches_of_two(monkeypatch):
    monkeypatch.setattr(ingest, "BATCH", 2)


@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.parametrize("n", [1, 3, 4, 6])
def test_an_intake_that_is_killed_goes_on_where_it_stood(
    workspace, empty, pictures, batches_of_two, n, copy
):
    job = new_images_job(empty, [pictures], copy=copy)
    with pytest.raises(Killed):
        carry_out(workspace, job.id, dies_after(n))
    kept = names(empty)
    stood = read_job(workspace, job.id)
    assert (stood.state, stood.n_done, len(kept)) == (JobState.RUNNING, n // 2 * 2, n // 2 * 2)
    interrupt_abandoned(workspace)
    events = len(empty.events())
    done = carry_out(workspace, job.id, Running())
    assert names(empty) == [f"{k}.png" for k in range(6)]
    assert (done.state, done.n_done) == (JobState.DONE, 6)
    assert done.result is not None
    assert (done.result["added"], done.result["unchanged"]) == (6, 0)
    assert (len(empty.events()) > events) is (n < 6)


def test_a_file_that_is_refused_is_a_failed_item_and_the_rest_goes_in(workspace, empty, pictures):
    (pictures / "2.png").write_bytes(b"none")
    done = carry_out(workspace, new_images_job(empty, [pictures]).id, Running())
    assert (done.state, done.n_done, done.n_failed) == (JobState.DONE, 5, 1)
    (failed,) = failed_items(workspace, done.id)
    assert failed.error.startswith("2.png: ")
    assert done.result is not None
    assert done.result["refused"][0]["name"] == "2.png"


def test_a_file_that_is_gone_when_the_job_goes_on_is_named(
    workspace, empty, pictures, batches_of_two
):
    job = new_images_job(empty, [pictures])
    with pytest.raises(Killed):
        carry_out(workspace, job.id, dies_after(3))
    interrupt_abandoned(workspace)
    (pictures / "5.png").unlink()
    done = carry_out(workspace, job.id, Running())
    assert (done.n_done, done.n_failed, len(names(empty))) == (5, 1, 5)
    assert failed_items(workspace, job.id)[0].error.endswith("is no longer there")


def test_a_cancelled_intake_keeps_what_went_in_and_can_go_on(workspace, empty, pictures):
    running = Running(watch=lambda done, _total, _name: running.cancel() if done == 2 else None)
    job = new_images_job(empty, [pictures])
    assert carry_out(workspace, job.id, running).state is JobState.CANCELLED
    assert names(empty) == ["0.png", "1.png"]
    assert carry_out(workspace, job.id, Running()).state is JobState.DONE
    assert len(names(empty)) == 6


def test_a_server_takes_up_what_the_last_one_left(workspace, empty, pictures, batches_of_two):
    job = new_images_job(empty, [pictures])
    with pytest.raises(Killed):
        carry_out(workspace, job.id, dies_after(3))
    server = Jobs(workspace)
    server.resume_interrupted()
    server._pool.shutdown(wait=True)
    assert read_job(workspace, job.id).state is JobState.DONE
    assert len(names(empty)) == 6


def test_a_server_that_ends_leaves_its_jobs_to_the_next_one(
    workspace, empty, pictures, monkeypatch
):
    server = Jobs(workspace)
    take_in = type(empty).add_images

    def ends(self, *given, **options):
        server._closing = True
        for running in server._running.values():
            running.cancel()
        return take_in(self, *given, **options)

    monkeypatch.setattr(type(empty), "add_images", ends)
    job = server.start(new_images_job(empty, [pictures]).id)
    server._pool.shutdown(wait=True)
    assert read_job(workspace, job.id).state is JobState.INTERRUPTED


def test_a_job_runs_once(workspace, empty, pictures):
    job = new_images_job(empty, [pictures])
    carry_out(workspace, job.id, Running())
    with pytest.raises(JobRefused, match="is done"):
        carry_out(workspace, job.id, Running())


def test_a_refusal_ends_the_job_with_its_sentence(workspace, empty, tmp_path):
    (tmp_path / "bare").mkdir()
    job = new_images_job(empty, [tmp_path / "bare"])
    with pytest.raises(DataError):
        carry_out(workspace, job.id, Running())
    stood = read_job(workspace, job.id)
    assert (stood.state, "image" in stood.error) == (JobState.FAILED, True)


def test_a_fault_ends_the_job_and_is_logged(workspace, empty, pictures, monkeypatch, caplog):
    def broken(_self, *_given, **_options):
        raise ZeroDivisionError

    monkeypatch.setattr(type(empty), "add_images", broken)
    server = Jobs(workspace)
    job = server.start(new_images_job(empty, [pictures]).id)
    server._pool.shutdown(wait=True)
    assert "ZeroDivisionError" in read_job(workspace, job.id).error
    assert f"job {job.id} failed" in caplog.text


# --- exports --------------------------------------------------------------------------------------

CHOICES = {"formats": ["coco"], "task": "detection"}


@pytest.fixture
def filled(workspace, empty, pictures):
    carry_out(workspace, new_images_job(empty, [pictures]).id, Running())
    return empty


def test_an_export_that_was_killed_before_it_appeared_is_started_again(workspace, filled, tmp_path):
    job = new_export_job(filled, tmp_path / "out", CHOICES)
    with pytest.raises(Killed):
        carry_out(workspace, job.id, dies_after(3))
    assert not (tmp_path / "out").exists()
    interrupt_abandoned(workspace)
    assert carry_out(workspace, job.id, Running()).state is JobState.DONE
    assert (tmp_path / "out" / "export.json").is_file()


def test_an_export_that_was_killed_after_it_appeared_is_done(
    workspace, filled, tmp_path, monkeypatch
):
    job = new_export_job(filled, tmp_path / "out", CHOICES)
    export = type(filled).export

    def dies(self, *given, **options):
        export(self, *given, **options)
        raise Killed

    monkeypatch.setattr(type(filled), "export", dies)
    with pytest.raises(Killed):
        carry_out(workspace, job.id, Running())
    monkeypatch.setattr(type(filled), "export", export)
    written = (tmp_path / "out" / "export.json").stat().st_mtime_ns
    interrupt_abandoned(workspace)
    done = carry_out(workspace, job.id, Running())
    assert (done.state, done.n_done) == (JobState.DONE, 1)
    assert (tmp_path / "out" / "export.json").stat().st_mtime_ns == written


def test_an_export_of_somebody_else_is_never_taken_for_ours(workspace, filled, tmp_path):
    carry_out(workspace, new_export_job(filled, tmp_path / "out", CHOICES).id, Running())
    job = new_export_job(filled, tmp_path / "out", CHOICES)
    for _ in range(2):
        with pytest.raises(AlreadyExists):
            carry_out(workspace, job.id, Running())
    assert read_job(workspace, job.id).state is JobState.FAILED


# --- stopping and showing -------------------------------------------------------------------------


def test_a_stopped_job_that_reads_outside_the_roots_is_not_resumed_over_rest(
    client, empty, services, pictures
):
    job = new_images_job(empty, [pictures])
    address = f"/api/v1/projects/cats/jobs/{job.id}"
    assert client.delete(address).json["job"]["state"] == "cancelled"
    refused = client.post(f"{address}/resume", json={})
    assert refused.status_code == 403


def test_a_done_job_is_neither_stopped_nor_resumed(client, empty, services, image_root, pictures):
    pictures.rename(image_root / "six")
    job = new_images_job(empty, [image_root / "six"])
    address = f"/api/v1/projects/cats/jobs/{job.id}"
    assert client.post(f"{address}/resume", json={}).status_code == 202
    services.jobs._pool.shutdown(wait=True)
    shown = client.get(address).json
    assert (shown["job"]["state"], shown["job"]["done"], shown["failed"]) == ("done", 6, [])
    assert client.post(f"{address}/resume", json={}).status_code == 409
    assert client.delete(address).status_code == 409


def test_a_job_that_runs_elsewhere_is_not_stopped_here(client, workspace, empty, pictures):
    job = new_images_job(empty, [pictures])
    workspace.store.submit(lambda t: jobs.begin(t.connection, job.id))
    answer = client.delete(f"/api/v1/projects/cats/jobs/{job.id}")
    assert (answer.status_code, "another process" in answer.json["error"]) == (409, True)


# --- previews -------------------------------------------------------------------------------------


def renditions(workspace) -> list[str]:
    return sorted(path.name for path in (workspace.root / "cache").rglob("*.*") if path.is_file())


@pytest.mark.slow
def test_previews_that_were_lost_are_made_again_and_an_unreadable_one_is_named(
    workspace, filled, pictures, client, services
):
    made = renditions(workspace)
    assert len(made) == 12
    shutil.rmtree(workspace.root / "cache")
    (pictures / "2.png").unlink()
    answer = client.post("/api/v1/projects/cats/previews", json={})
    assert (answer.status_code, answer.json["job"]["kind"]) == (202, "previews")
    services.jobs._pool.shutdown(wait=True)
    job = read_job(workspace, answer.json["job"]["id"])
    assert (job.state, job.n_done, job.n_failed) == (JobState.DONE, 5, 1)
    assert failed_items(workspace, job.id)[0].error.startswith("2.png: its original")
    assert len(renditions(workspace)) == 10
    again = carry_out(workspace, new_previews_job(filled).id, Running())
    assert (again.n_items, again.n_failed) == (1, 1)
