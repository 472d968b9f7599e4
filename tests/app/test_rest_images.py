"""Projects and images over REST: listing, taking in folders and uploads, pixels."""

import io
import threading
import zipfile

import numpy as np
import pytest
from PIL import Image as Picture

IMAGES = "/api/v1/projects/cats/images"
JOBS = "/api/v1/projects/cats/jobs"


def png(seed: int = 0, size: tuple[int, int] = (40, 30)) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Picture.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def upload(client, *files: tuple[str, bytes]):
    data = {"files": [(io.BytesIO(content), name) for name, content in files]}
    return client.post(IMAGES, data=data, content_type="multipart/form-data")


@pytest.fixture
def empty(workspace):
    return workspace.create_project("Cats", labels=["cat"])


def settled(client, services, job: dict) -> dict:
    """The job after its work is over."""
    services.jobs._pool.shutdown(wait=True)
    return client.get(f"/api/v1/projects/{job['project']}/jobs/{job['id']}").json["job"]


# --- projects -------------------------------------------------------------------------------------


def test_a_project_is_made_and_listed(client):
    made = client.post("/api/v1/projects", json={"name": "Blood Cells", "labels": ["RBC", "WBC"]})
    assert made.status_code == 201
    assert made.json["project"]["slug"] == "blood-cells"
    assert [label["name"] for label in made.json["labels"]] == ["RBC", "WBC"]
    (listed,) = client.get("/api/v1/projects").json["projects"]
    assert (listed["name"], listed["n_images"], listed["states"]["new"]) == ("Blood Cells", 0, 0)


def test_a_name_is_taken_once(client, empty):
    answer = client.post("/api/v1/projects", json={"name": "Cats"})
    assert answer.status_code == 409
    assert "Cats" in answer.json["error"]


def test_images_come_page_by_page(client, project):
    first = client.get(f"{IMAGES}?limit=2").json
    assert [image["id"] for image in first["images"]] == [1, 2]
    second = client.get(f"{IMAGES}?limit=2&after={first['next']}").json
    assert ([image["id"] for image in second["images"]], second["next"]) == ([3], None)


def test_images_are_filtered_by_state(client, project):
    assert client.get(f"{IMAGES}?state=done").json == {"images": [], "next": None}
    assert len(client.get(f"{IMAGES}?state=new").json["images"]) == 3


def test_no_answer_tells_where_a_file_lies(client, project):
    assert "nowhere" not in client.get(IMAGES).text
    assert "nowhere" not in client.get(f"{IMAGES}/1/annotations").text


def test_an_image_comes_with_its_neighbours(client, project):
    opened = client.get(f"{IMAGES}/2/annotations").json
    assert (opened["previous"], opened["next"], opened["position"]) == (1, 3, 2)


# --- taking in ------------------------------------------------------------------------------------


def test_an_upload_goes_in_and_a_bad_file_is_reported(client, empty):
    answer = upload(client, ("cat.png", png()), ("broken.png", png()[:60]), ("x.png", b"text"))
    assert answer.status_code == 200
    assert [image["name"] for image in answer.json["added"]] == ["cat.png"]
    assert sorted(item["name"] for item in answer.json["refused"]) == ["broken.png", "x.png"]
    assert all(item["reason"] for item in answer.json["refused"])
    assert empty.info.n_images == 1


def test_an_upload_sent_again_is_unchanged(client, empty):
    upload(client, ("cat.png", png()))
    again = upload(client, ("cat.png", png())).json
    assert (again["added"], again["unchanged"]) == ([], 1)


def test_an_uploaded_archive_is_unpacked(client, empty):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/cat.png", png(1))
        archive.writestr("../../evil.png", png(2))
    answer = upload(client, ("cats.zip", packed.getvalue())).json
    assert all(
        "evil" not in image["name"] or ".." not in image["name"] for image in answer["added"]
    )


def test_nothing_of_an_upload_is_left_in_staging(client, empty, workspace):
    upload(client, ("cat.png", png()), ("broken.png", b"x"))
    left = [path for path in workspace.root.rglob("incoming/**/*") if path.is_file()]
    assert left == []
    assert not list(workspace.root.rglob("broken.png"))


def test_a_folder_inside_a_root_is_read_in_the_background(client, services, empty, image_root):
    (image_root / "a.png").write_bytes(png(1))
    (image_root / "b.png").write_bytes(b"no image")
    answer = client.post(IMAGES, json={"folder": str(image_root)})
    assert answer.status_code == 202
    job = settled(client, services, answer.json["job"])
    assert job["state"] == "done"
    assert job["result"]["added"] == 1
    assert [item["name"] for item in job["result"]["refused"]] == ["b.png"]


def test_a_folder_without_images_fails_with_its_sentence(client, services, empty, image_root):
    answer = client.post(IMAGES, json={"folder": str(image_root)})
    job = settled(client, services, answer.json["job"])
    assert job["state"] == "failed"
    assert "image" in job["error"]


@pytest.mark.parametrize("folder", ["/etc", "/", "..", "relative"])
def test_a_folder_outside_the_roots_is_refused_at_once(client, services, empty, folder):
    answer = client.post(IMAGES, json={"folder": folder})
    assert answer.status_code in (403, 422)
    assert client.get(f"{JOBS}").json["jobs"] == []


def test_a_job_can_be_cancelled(client, services, empty, image_root, monkeypatch):
    started, go_on = threading.Event(), threading.Event()

    def slow(_self, _sources, *, progress, cancelled, **_options):
        started.set()
        assert go_on.wait(10)
        progress(0, 9, "a.png")
        assert cancelled()
        from datasetbuilder.projects.ingest import IngestReport

        return IngestReport(cancelled=True)

    monkeypatch.setattr(type(empty), "add_images", slow)
    job = client.post(IMAGES, json={"folder": str(image_root)}).json["job"]
    assert job["state"] == "running"
    assert started.wait(10)
    assert client.delete(f"{JOBS}/{job['id']}").status_code == 200
    go_on.set()
    assert settled(client, services, job)["state"] == "cancelled"


# --- pixels ---------------------------------------------------------------------------------------


@pytest.fixture
def picture(client, empty):
    """An uploaded image of 40 x 30 pixels."""
    return upload(client, ("cat.png", png())).json["added"][0]


def test_pixels_are_kept_by_the_browser_as_long_as_they_are_true(client, picture):
    for kind in ("thumb", "preview", "full"):
        address = f"{IMAGES}/{picture['id']}/pixels/{kind}"
        answer = client.get(f"{address}?v={picture['sha256'][:12]}")
        assert answer.status_code == 200
        assert answer.mimetype.startswith("image/")
        assert Picture.open(io.BytesIO(answer.data)).size == (40, 30)
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_pixels_of_no_named_version_are_asked_for_again(client, picture):
    for version in ("", "?v=", "?v=0", "?v=ffffffffffff"):
        address = f"{IMAGES}/{picture['id']}/pixels/thumb{version}"
        answer = client.get(address)
        assert answer.headers["Cache-Control"] == "private, no-cache"
        again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


def test_an_image_whose_file_is_gone_says_so(client, project):
    answer = client.get(f"{IMAGES}/1/pixels/full")
    assert answer.status_code == 410
    assert "one.png" in answer.json["error"]


def test_an_image_that_is_none_is_not_found(client, project):
    assert client.get(f"{IMAGES}/99/pixels/thumb").status_code == 404


# --- the next image -------------------------------------------------------------------------------


def test_the_next_image_is_one_to_work_on(client, project):
    answer = client.get("/p/cats/annotate/next")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/p/cats/annotate/1")


def test_a_project_without_images_leads_to_its_gallery(client, empty):
    assert client.get("/p/cats/annotate/next").headers["Location"] == "/p/cats/images"
