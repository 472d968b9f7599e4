"""Nothing leaves: no request to where data points, no file outside a folder, no secret on disk."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pytest
from PIL import Image as Picture

from datasetbuilder.app.security.passwords import Passwords
from datasetbuilder.app.services import services_of
from tests.app.people import PASSWORD, browser_of
from tests.app.requests import box_operation

# --- requests to where user data points -----------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[tuple[str, SimpleQueue[bytes]]]:
    """An address on this machine, and whatever anybody said to it."""
    heard: SimpleQueue[bytes] = SimpleQueue()
    ears = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                caller, _ = ears.accept()
            except OSError:
                return
            with caller:
                caller.settimeout(2)
                heard.put(caller.recv(1000))

    listening = threading.Thread(target=listen)
    listening.start()
    host, port = ears.getsockname()[:2]
    yield f"http://{host}:{port}", heard
    ears.shutdown(socket.SHUT_RDWR)
    ears.close()
    listening.join()


@pytest.fixture
def pictured(workspace, tmp_path):
    """A project with one real picture."""
    folder = tmp_path / "originals"
    folder.mkdir()
    Picture.fromarray(np.zeros((30, 40, 3), np.uint8)).save(folder / "cat.png")
    made = workspace.create_project("Cats", labels=["cat"])
    made.add_images([folder])
    return made


def coco_pointing_at(address: str) -> str:
    place = f"{address}/cat.png"
    image = {"id": 1, "file_name": "cat.png", "width": 40, "height": 30, "coco_url": place}
    other = {"id": 2, "file_name": place, "width": 40, "height": 30, "flickr_url": place}
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}
    return json.dumps(
        {
            "info": {"url": place},
            "licenses": [{"id": 1, "url": place}],
            "images": [image, other],
            "categories": [{"id": 1, "name": "cat"}],
            "annotations": [box],
        }
    )


def label_studio_pointing_at(address: str) -> str:
    value = {"x": 10, "y": 10, "width": 20, "height": 20, "rectanglelabels": ["cat"]}
    result = {"type": "rectanglelabels", "original_width": 40, "original_height": 30}
    result |= {"value": value, "from_name": "label", "to_name": "image"}
    task = {"id": 1, "data": {"image": f"{address}/cat.png"}, "annotations": [{"result": [result]}]}
    return json.dumps([task])


def voc_pointing_at(address: str) -> str:
    return (
        f'<!DOCTYPE a [<!ENTITY x SYSTEM "{address}/x">]><annotation>'
        f"<filename>cat.png</filename><source><image>{address}</image></source>&x;</annotation>"
    )


POINTING = {
    "coco.json": coco_pointing_at,
    "tasks.json": label_studio_pointing_at,
    "cat.xml": voc_pointing_at,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", POINTING)
def test_an_import_asks_no_address_that_it_names(pictured, tmp_path, listener, name):
    address, heard = listener
    (tmp_path / name).write_text(POINTING[name](address))
    pictured.import_annotations(tmp_path / name, dry_run=True)
    assert heard.empty()


def test_an_address_is_no_source_of_images(client, pictured, listener):
    address, heard = listener
    answer = client.post("/api/v1/projects/cats/images", json={"folder": f"{address}/cats.zip"})
    assert answer.status_code in (400, 403, 422)
    assert heard.empty()


def test_the_listener_hears_what_is_said_to_it(listener):
    address, heard = listener
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as caller:
        caller.sendall(b"hello")
    assert heard.get(timeout=5) == b"hello"


# --- files outside a folder -----------------------------------------------------------------------

ESCAPES = [
    "../workspace.db",
    "..%2fworkspace.db",
    "%2e%2e/workspace.db",
    "%252e%252e%252fworkspace.db",
    "..\\workspace.db",
    "..%5cworkspace.db",
    "%00/../workspace.db",
    "x%00.zip",
    "//etc/passwd",
    "..;/workspace.db",
    "....//workspace.db",
    "%c0%ae%c0%ae/workspace.db",
]
FILES = [
    "/api/v1/projects/cats/exports/{}.zip",
    "/api/v1/projects/{}/images",
    "/api/v1/projects/cats/images/{}/annotations",
    "/api/v1/projects/cats/images/1/pixels/{}",
    "/assets/{}",
    "/_dash-component-suites/dash/{}",
]


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_no_address_leads_out_of_its_folder(client, pictured, file):
    shell = client.get("/").data[:3000]
    for escape in ESCAPES:
        answer = client.get(file.format(escape))
        assert answer.status_code in (301, 308, 400, 404) or answer.data.startswith(shell), escape


# --- secrets --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_no_secret_is_written_anywhere(app, client, workspace, pictured, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    people = workspace.store.people
    people.add("boss", password_hash=Passwords().hash(PASSWORD), admin=True, actor="local")
    wrong = {"name": "boss", "password": "not the right one"}
    assert client.post("/api/v1/session", json=wrong).status_code == 401
    sessions = services_of(app).sessions
    session = browser_of(app, "boss").get_cookie(sessions.cookie).value
    token = client.post("/api/v1/tokens", json={"name": "robot", "scope": "read"}).json["token"]
    invite = client.post("/api/v1/invites", json={"name": "eve"}).json["address"]
    invite = invite.partition("token=")[2]
    secrets = {PASSWORD, "not the right one", session, token, sessions.one_time_token(), invite}
    body = {"client": "tab", "since": 0, "operations": [box_operation(1)]}
    client.post("/api/v1/projects/cats/images/1/operations", json=body)
    pictured.export(tmp_path / "out" / "set", formats=["coco", "parquet"], task="detection")
    pictured.backup(tmp_path / "out" / "cats.zip")
    written = {
        path: path.read_bytes()
        for folder in (tmp_path / "out", workspace.root)
        for path in folder.rglob("*")
        if path.is_file()
    }
    written[Path("log")] = caplog.text.encode()
    assert any(b"boss" in content for content in written.values())
    for secret in secrets:
        found = [str(path) for path, content in written.items() if secret.encode() in content]
        assert found == [], secret
