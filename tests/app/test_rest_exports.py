"""Exports over REST: started, followed, listed, downloaded."""

import io
import zipfile

import pytest

from datasetbuilder.app.rest.exports import free_name
from datasetbuilder.app.security.permissions import Role
from datasetbuilder.projects import jobs
from tests.app.requests import box_operation
from tests.app.test_rest_images import png, settled, upload
from tests.app.test_rest_imports import finished

EXPORTS = "/api/v1/projects/cats/exports"
JOBS = "/api/v1/projects/cats/jobs"


@pytest.fixture
def labelled(client, workspace):
    """One image with one box."""
    made = workspace.create_project("Cats", labels=["cat"])
    upload(client, ("cat.png", png()))
    body = {"client": "tab", "since": 0, "operations": [box_operation(1)]}
    address = "/api/v1/projects/cats/images/1/operations"
    assert client.post(address, json=body).json["results"][0]["outcome"] == "accepted"
    return made


def test_an_export_is_made_listed_and_downloaded(client, services, labelled):
    answer = client.post(EXPORTS, json={"formats": ["coco"], "task": "detection"})
    assert answer.status_code == 202
    job = settled(client, services, answer.json["job"])
    assert (job["state"], job["error"]) == ("done", "")
    (listed,) = client.get(EXPORTS).json["exports"]
    assert (listed["formats"], listed["task"]) == (["coco"], "detection")
    assert (listed["images"], listed["annotations"], listed["problem"]) == (1, 1, "")
    download = client.get(listed["download"])
    assert download.mimetype == "application/zip"
    assert download.headers["Content-Disposition"].startswith("attachment;")
    names = zipfile.ZipFile(io.BytesIO(download.data)).namelist()
    assert f"{listed['name']}/export.json" in names
    assert any(name.endswith("cat.png") for name in names)


def test_an_export_that_fails_says_why_and_leaves_nothing(client, services, labelled):
    answer = client.post(EXPORTS, json={"formats": ["no-such-format"]})
    job = settled(client, services, answer.json["job"])
    assert job["state"] == "failed"
    assert "no-such-format" in job["error"]
    assert client.get(EXPORTS).json["exports"] == []


def test_a_cancelled_export_leaves_nothing(client, services, workspace, labelled, monkeypatch):
    export = type(labelled).export

    def cancelled(self, *given, progress, **options):
        for running in services.jobs._running.values():
            running.cancel()
        return export(self, *given, progress=progress, **options)

    monkeypatch.setattr(type(labelled), "export", cancelled)
    answer = client.post(EXPORTS, json={"formats": ["coco"], "task": "detection"})
    assert settled(client, services, answer.json["job"])["state"] == "cancelled"
    folder = workspace.root / "projects" / "cats" / "exports"
    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.parametrize("split", ["train=2", "train", "=", "train=0.5,train=0.5"])
def test_shares_without_meaning_are_refused_at_once(client, services, labelled, split):
    answer = client.post(EXPORTS, json={"formats": ["coco"], "split": split})
    assert answer.status_code == 400
    assert client.get(JOBS).json["jobs"] == []


def test_a_manifest_that_cannot_be_read_spoils_its_own_line_only(client, workspace, labelled):
    folder = workspace.root / "projects" / "cats" / "exports" / "2026-01-01-coco"
    folder.mkdir(parents=True)
    (folder / "export.json").write_text("{")
    (listed,) = client.get(EXPORTS).json["exports"]
    assert listed["name"] == "2026-01-01-coco"
    assert "export.json" in listed["problem"]


def test_two_exports_of_one_second_have_two_names(tmp_path):
    first = free_name(tmp_path, ["coco", "parquet"])
    (tmp_path / first).mkdir()
    second = free_name(tmp_path, ["coco", "parquet"])
    assert first != second
    assert first.endswith("-coco-parquet")


def test_a_name_of_an_export_is_safe_whatever_the_formats(tmp_path):
    assert ".." not in free_name(tmp_path, ["../../x", "Ünï"])
    assert "/" not in free_name(tmp_path, ["../../x"])


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        (Role.VIEWER, "export", 403),
        (Role.ANNOTATOR, "export", 403),
        (Role.REVIEWER, "export", 200),
        (Role.REVIEWER, "images", 403),
        (Role.ADMIN, "images", 200),
    ],
)
def test_a_job_is_shown_to_those_who_may_start_one(client_as, project, role, kind, status):
    job_id = project.workspace.store.submit(
        lambda t: jobs.create(t.connection, project.info.id, kind, params={}, author="local")
    )
    visitor = client_as(role)
    assert visitor.get(f"{JOBS}/{job_id}").status_code == status
    assert len(visitor.get(JOBS).json["jobs"]) == (status == 200)
    assert visitor.delete(f"{JOBS}/{job_id}").status_code == status


def test_an_export_is_verified_and_compared_as_jobs(client, labelled):
    started = client.post(EXPORTS, json={"formats": ["coco"], "task": "detection"})
    finished(client, started.json["job"])
    (listed,) = client.get(EXPORTS).json["exports"]
    address = f"{EXPORTS}/{listed['name']}"
    said = finished(client, client.post(f"{address}/verify", json={}).json["job"])["result"]
    assert said == {"ok": True, "problems": [], "n_problems": 0}
    said = finished(client, client.post(f"{address}/diff", json={}).json["job"])["result"]
    assert (said["same"], said["unchanged"]) == (True, 1)
    assert client.post(f"{EXPORTS}/nothing/verify", json={}).status_code == 404
    assert client.post(f"{address}/diff", json={"other": "nothing"}).status_code == 404
