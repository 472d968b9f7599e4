"""Jobs on a Dask cluster: a real scheduler, two workers, and one of them killed."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from datasetbuilder.api import Workspace
from datasetbuilder.app import cli
from datasetbuilder.app.job_kinds import Running
from datasetbuilder.app.jobs import carry_out, new_images_job
from datasetbuilder.errors import UsageError
from datasetbuilder.projects import job_engine
from datasetbuilder.projects.job_engine import Engine, require_cluster
from datasetbuilder.projects.jobs import JobState
from tests.dask_cluster import Cluster


def draw(folder: Path, n: int) -> Path:
    folder.mkdir()
    for k in range(n):
        Picture.fromarray(np.full((8, 9, 3), k, np.uint8)).save(folder / f"{k}.png")
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    pytest.importorskip("distributed")
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.start(workers=1)
        yield made
    finally:
        made.stop()


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_an_intake_costs_no_image(
    cluster, workspace: Workspace, tmp_path
):
    from distributed import Client

    victim = cluster.start_worker()
    with Client(cluster.address) as client:
        client.wait_for_workers(2, timeout=60)
    project = workspace.create_project("Cats")
    pictures = draw(tmp_path / "pictures", 64)
    (pictures / "7.png").write_bytes(b"no image")

    def watch(done: int, _total: int, _name: str) -> None:
        if done == 10:
            victim.kill()

    running = Running(watch=watch, engine=Engine(scheduler=cluster.address))
    done = carry_out(workspace, new_images_job(project, [pictures]).id, running)
    assert victim.wait() != 0
    assert (done.state, done.n_done, done.n_failed) == (JobState.DONE, 63, 1)
    assert [one.name for one in project.images()] == [f"{k}.png" for k in range(64) if k != 7]
    assert all(
        (workspace.library.rendition("cats", one, "thumb")).stat().st_size
        for one in project.images()
    )


@pytest.mark.slow
def test_commands_have_their_images_read_by_the_cluster(cluster, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DATASETBUILDER_WORKSPACE", str(tmp_path / "workspace"))
    pictures = draw(tmp_path / "pictures", 3)

    def typed(*words: object) -> str:
        monkeypatch.setattr(sys, "argv", ["datasetbuilder", *map(str, words)])
        with pytest.raises(SystemExit):
            cli.main()
        return capsys.readouterr().out

    there = ("--scheduler", cluster.address, "--json")
    made = json.loads(typed("new", "Cats", pictures, "--copy", *there))
    assert made["added"] == ["0.png", "1.png", "2.png"]
    again = json.loads(typed("add", "cats", pictures, *there))
    assert (again["added"], again["unchanged"]) == ([], 3)
    out = ("export", "cats", tmp_path / "out", "--format", "coco", "--split", "train=0.5,val=0.5")
    assert json.loads(typed(*out, *there))["images"] == 3


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("localhost:8786", "write tcp://host:8786"),
        pytest.param(
            "tcp://127.0.0.1", "does not answer: missing port number", marks=pytest.mark.slow
        ),
    ],
)
def test_what_is_no_address_of_a_scheduler_is_said(address, said):
    with pytest.raises(UsageError, match=said):
        require_cluster(address)


@pytest.mark.slow
def test_nobody_at_the_address_is_said_before_anything_is_made(tmp_path, monkeypatch, capsys):
    pytest.importorskip("distributed")
    monkeypatch.setattr(job_engine, "_PATIENCE", 0.2)
    monkeypatch.setenv("DATASETBUILDER_WORKSPACE", str(tmp_path / "workspace"))
    pictures = draw(tmp_path / "pictures", 1)
    words = ["new", "Cats", str(pictures), "--scheduler", "tcp://127.0.0.1:9"]
    monkeypatch.setattr(sys, "argv", ["datasetbuilder", *words])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr().err
    assert (left.value.code, "tcp://127.0.0.1:9 does not answer" in said) == (2, True)
    assert not (tmp_path / "workspace").exists()


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"datasetbuilder\[dask\]"):
        require_cluster("tcp://127.0.0.1:8786")
