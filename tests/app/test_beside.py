"""A command or a script beside a running server reads by itself and hands over what it writes."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasetbuilder.api import open_workspace
from datasetbuilder.errors import UnknownName, WorkspaceBusy, WorkspaceError
from datasetbuilder.model import Box
from datasetbuilder.projects.doorkey import TOKEN_NAME, find
from tests.app.requests import logged_in

ROOT = Path(__file__).parents[2]
SERVER = """
import sys
from pathlib import Path
from datasetbuilder.api import Workspace
from datasetbuilder.app.serving import Server

with Workspace(Path(sys.argv[1])) as workspace:
    server = Server(workspace)
    print("ready", flush=True)
    import threading
    threading.Thread(target=lambda: (sys.stdin.read(), server.stop()), daemon=True).start()
    try:
        server.run()
    finally:
        server.close()
"""


@pytest.fixture
def folder(tmp_path: Path, blank_workspace: Path) -> Path:
    import shutil

    shutil.copytree(blank_workspace, tmp_path / "workspace")
    return tmp_path / "workspace"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    rows, columns = np.mgrid[0:48, 0:64]
    Image.fromarray(((rows + columns) % 256).astype("uint8")).save(tmp_path / "pictures" / "a.png")
    return tmp_path / "pictures"


@pytest.fixture
def serving(folder: Path) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    yield child
    child.kill()
    child.communicate()


@pytest.mark.slow
def test_a_script_makes_a_project_adds_images_and_draws_beside_the_server(
    folder, pictures, serving, tmp_path
):
    with open_workspace(folder) as workspace:
        project = workspace.create_project("Cells", labels=["cell"])
        assert [image.name for image in project.add_images(pictures).added] == ["a.png"]
        (drawn,) = project.annotate(1, [("cell", Box(1, 2, 10, 12))])
        assert (drawn.id, drawn.area) == (1, 120)
        assert [event.seq for event in project.events()] == [1, 2, 3]
        project.export(tmp_path / "out")
        assert project.backup(tmp_path / "cells.zip").seq == 3
        assert workspace.store.integrity.wait() is None
        with pytest.raises(UnknownName, match="has no label"):
            project.annotate(1, [("dog", Box(1, 2, 10, 12))])
        with pytest.raises(WorkspaceError, match="cannot be handed over"):
            workspace.restore(tmp_path / "cells.zip")
        with pytest.raises(WorkspaceBusy, match=f"in use by process {serving.pid}"):
            open_workspace(folder, beside=False)

    serving.communicate()
    assert not (folder / TOKEN_NAME).exists()
    with open_workspace(folder) as workspace:
        assert workspace.project("cells").info.n_annotations == 1


@pytest.mark.slow
def test_the_commands_work_beside_the_server(folder, pictures, serving, tmp_path):
    def typed(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "datasetbuilder", *map(str, words)]
        command += ["--workspace", str(folder)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert typed("new", "Cells", pictures, "--labels", "cell").stdout == "cells: 1 images added.\n"
    assert json.loads(typed("info", "cells", "--json").stdout)["images"] == 1
    assert "cells" in typed("list").stdout
    second = typed("serve", "--no-browser")
    assert (second.returncode, "in use by process" in second.stderr) == (2, True)


@pytest.mark.slow
def test_the_key_a_killed_server_left_behind_opens_nothing_and_bars_nothing(folder, serving):
    assert find(folder) is not None
    serving.kill()
    serving.wait()
    assert (folder / TOKEN_NAME).exists()
    with open_workspace(folder) as workspace:
        workspace.create_project("Cells")
        with pytest.raises(WorkspaceBusy):
            open_workspace(folder)


def test_the_key_is_for_its_owner_alone_and_gone_when_the_server_ends(workspace):
    from datasetbuilder.app.serving import Server

    server = Server(workspace)
    path = workspace.root / TOKEN_NAME
    key = find(workspace.root)
    assert key is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key.origin == server.origin
    assert key.token not in repr(key)
    server.close()
    assert not path.exists()


ASK = {"call": "create_project", "name": "Dogs", "author": "x"}


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 401),
        ({"Authorization": "Bearer wrong"}, "127.0.0.1", 401),
        ({"Authorization": "Basic secret"}, "127.0.0.1", 401),
        ({"Authorization": "Bearer secret"}, "192.168.1.7", 401),
        ({"Authorization": "Bearer secret", "Sec-Fetch-Site": "cross-site"}, "127.0.0.1", 403),
        ({"Authorization": "Bearer secret"}, "127.0.0.1", 200),
    ],
)
def test_only_the_key_opens_the_route_and_only_from_this_machine(
    headers, address, status, app, services, stranger
):
    services.sessions.admit_programs("secret")
    answer = stranger.post(
        "/api/v1/beside", json=ASK, headers=headers, environ_base={"REMOTE_ADDR": address}
    )
    assert answer.status_code == status


def test_a_session_does_not_open_the_route_and_the_key_opens_no_other(app, services):
    services.sessions.admit_programs("secret")
    assert logged_in(app).post("/api/v1/beside", json=ASK).status_code == 403
    key = {"Authorization": "Bearer secret"}
    stranger = app.server.test_client()
    assert stranger.get("/api/v1/projects", headers=key).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"call": "close"},
        {"call": "apply", "author": "x"},
        {"call": "add_images", "author": "x", "project": 1, "images": [{"id": 1}]},
        {"call": "create_project", "name": "x", "author": "x", "more": 1},
        {"call": "start_intake", "author": "x", "project": "x", "sources": [], "copy_files": True},
        {"call": "start_export", "author": "x", "project": "x", "folder": "/x", "options": {}},
        {"call": "job", "author": "x", "project": "x", "job": 0},
    ],
)
def test_a_malformed_call_is_refused(body, services, stranger):
    services.sessions.admit_programs("secret")
    key = {"Authorization": "Bearer secret"}
    assert stranger.post("/api/v1/beside", json=body, headers=key).status_code == 400


@pytest.mark.slow
def test_what_add_and_export_do_beside_the_server_are_jobs_of_the_server(
    folder, pictures, serving, tmp_path
):
    def typed(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "datasetbuilder", *map(str, words)]
        command += ["--workspace", str(folder)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    with open_workspace(folder) as workspace:
        workspace.create_project("Cells", labels=["cell"])
    (pictures / "torn.png").write_bytes(b"none")
    added = typed("add", "cells", pictures, "--json")
    assert added.returncode == 1
    told = json.loads(added.stdout)
    assert (told["added"], told["unchanged"], told["ignored"]) == (["a.png"], 0, 0)
    assert [one["name"] for one in told["refused"]] == ["torn.png"]
    out = ("export", "cells", tmp_path / "out", "--format", "coco", "--task", "detection")
    exported = typed(*out, "--json")
    assert exported.stdout, exported.stderr
    assert json.loads(exported.stdout)["images"] == 1
    taken = typed(*out)
    assert (taken.returncode, "is not empty" in taken.stderr) == (2, True)
    assert typed("previews", "cells").stdout == "0 images have new previews, 0 failed.\n"
    refused = typed("jobs", "resume", 1)
    assert (refused.returncode, "Job 1 is done" in refused.stderr) == (2, True)
    listed = json.loads(typed("jobs", "list", "--json").stdout)["jobs"]
    kinds = ["previews", "export", "images"]
    assert [(one["kind"], one["state"]) for one in listed] == [(kind, "done") for kind in kinds]
