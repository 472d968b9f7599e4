"""Imports over REST: an upload or a path, looked at, then stored."""

import io
import json
import zipfile

import pytest

from datasetbuilder.projects import jobs
from tests.app.test_rest_images import png, upload

IMPORTS = "/api/v1/projects/cats/imports"
COCO = {
    "images": [{"id": 1, "file_name": "cat.png", "width": 40, "height": 30}],
    "categories": [{"id": 7, "name": "cat"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2, 10, 8]}],
}


@pytest.fixture
def cats(client, workspace):
    made = workspace.create_project("Cats", labels=["cat"])
    upload(client, ("cat.png", png()))
    return made


def sent(client, name: str, data: bytes):
    return client.post(IMPORTS, data={"files": [(io.BytesIO(data), name)]})


def finished(client, job: dict) -> dict:
    """The job once it ended; the server goes on and takes the next."""
    while job["state"] in ("waiting", "running"):
        job = client.get(f"/api/v1/projects/cats/jobs/{job['id']}").json["job"]
    return job


def looked(client, services, **body) -> dict:
    answer = client.post(IMPORTS, json=body)
    assert answer.status_code == 202, answer.json
    return finished(client, answer.json["job"])


def zipped(name: str, data: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr(name, data)
    return archive.getvalue()


@pytest.mark.parametrize("packed", [False, True])
def test_an_upload_is_looked_at_and_then_stored(client, services, cats, packed):
    data = json.dumps(COCO).encode()
    name, data = ("a.zip", zipped("ann/a.json", data)) if packed else ("a.json", data)
    answer = sent(client, name, data)
    assert answer.status_code == 201, answer.json
    key = answer.json["upload"]
    said = looked(client, services, upload=key)["result"]
    assert (said["format"], said["dry_run"], said["added"]) == ("coco", True, 1)
    assert cats.annotations(1) == ()
    said = looked(client, services, upload=key, dry_run=False)["result"]
    assert (said["dry_run"], said["counts"], said["problems"]) == (False, {"cat": 1}, [])
    assert len(cats.annotations(1)) == 1


def test_a_dry_run_names_file_and_field_of_what_is_wrong(client, services, cats):
    wrong = {**COCO, "annotations": [{**COCO["annotations"][0], "bbox": [1, 2, -10, 8]}]}
    key = sent(client, "a.json", json.dumps(wrong).encode()).json["upload"]
    said = looked(client, services, upload=key)["result"]
    (problem,) = said["problems"]
    assert "a.json" in problem
    assert "bbox" in problem


def test_prelabels_go_to_a_set_of_their_own(client, services, cats):
    key = sent(client, "a.json", json.dumps(COCO).encode()).json["upload"]
    looked(client, services, upload=key, way="prelabels", dry_run=False)
    assert cats.annotations(1) == ()
    assert len(cats.annotations(1, sets=("prelabel",))) == 1


def test_a_path_must_lie_below_an_image_root(client, services, cats, image_root, tmp_path):
    (image_root / "a.json").write_text(json.dumps(COCO))
    assert looked(client, services, path=str(image_root / "a.json"))["result"]["added"] == 1
    outside = tmp_path.parent / "a.json"
    assert client.post(IMPORTS, json={"path": str(outside)}).status_code == 403


def test_an_archive_that_leads_out_of_itself_is_refused(client, services, cats, workspace):
    answer = sent(client, "a.zip", zipped("../../evil.json", b"{}"))
    assert answer.status_code == 422
    assert "leads out" in json.dumps(answer.json)
    assert not list(workspace.root.rglob("evil.json"))


@pytest.mark.parametrize("body", [{}, {"upload": "x", "path": "/y"}, {"upload": "../../x"}])
def test_a_source_that_is_none_is_refused(client, cats, body):
    assert client.post(IMPORTS, json=body).status_code in (400, 422)


def test_an_import_from_elsewhere_is_not_taken_up_in_the_browser(client, cats, tmp_path):
    params = {"source": str(tmp_path / "outside" / "a.json")}
    job = cats.workspace.store.submit(
        lambda t: jobs.create(t.connection, cats.info.id, "import", params=params, author="local")
    )
    answer = client.post(f"/api/v1/projects/cats/jobs/{job}/resume", json={})
    assert answer.status_code == 403
    assert "image root" in answer.json["error"]
