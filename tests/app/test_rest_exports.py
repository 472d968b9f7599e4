"""Exports over REST: started, followed, listed, downloaded."""

import io
import zipfile

import pytest

from datasetbuilder.app.rest.exports import free_name
from datasetbuilder.app.security.permissions import Role
from datasetbuilder.app.services import services_of
from datasetbuilder.app.tasks import Task
from tests.app.requests import box_operation
from tests.app.test_rest_images import png, settled, upload

EXPORTS = "/api/v1/projects/cats/exports"


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
    task = settled(client, services, answer.json["task"])
    assert (task["state"], task["error"]) == ("done", "")
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
    task = settled(client, services, answer.json["task"])
    assert task["state"] == "failed"
    assert "no-such-format" in task["error"]
    listing = client.get(EXPORTS).json
    assert (listing["exports"], listing["tasks"][0]["state"]) == ([], "failed")


def test_a_cancelled_export_leaves_nothing(client, services, workspace, labelled, monkeypatch):
    start = services.tasks.start

    def start_cancelled(task, work):
        def cancelled(running):
            running.cancel()
            return work(running)

        return start(task, cancelled)

    monkeypatch.setattr(
        type(services.tasks), "start", lambda _self, *given: start_cancelled(*given)
    )
    answer = client.post(EXPORTS, json={"formats": ["coco"], "task": "detection"})
    assert settled(client, services, answer.json["task"])["state"] == "cancelled"
    folder = workspace.root / "projects" / "cats" / "exports"
    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.parametrize("split", ["train=2", "train", "=", "train=0.5,train=0.5"])
def test_shares_without_meaning_are_refused_at_once(client, services, labelled, split):
    answer = client.post(EXPORTS, json={"formats": ["coco"], "split": split})
    assert answer.status_code == 400
    assert services.tasks.of("cats", kind="export") == []


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
def test_a_task_is_shown_to_those_who_may_start_one(client_as, role, kind, status):
    visitor = client_as(role)
    task = Task(kind, "cats")
    services_of(visitor.application).tasks.start(task, lambda _task: {})
    assert visitor.get(f"/api/v1/tasks/{task.id}").status_code == status
    assert visitor.delete(f"/api/v1/tasks/{task.id}").status_code == status


def test_a_task_of_a_foreign_project_is_shown_to_nobody(client_as):
    visitor = client_as(Role.ADMIN)
    task = Task("export", "dogs")
    services_of(visitor.application).tasks.start(task, lambda _task: {})
    assert visitor.get(f"/api/v1/tasks/{task.id}").status_code == 404
