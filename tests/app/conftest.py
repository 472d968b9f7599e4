"""A workspace with a small project, its app, and clients with and without a session."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient

from datasetbuilder.api import Project, Workspace, open_workspace
from datasetbuilder.app import cli
from datasetbuilder.app.factory import create_app
from datasetbuilder.app.security.permissions import Role
from datasetbuilder.app.services import Services, services_of
from datasetbuilder.model import Image
from tests.app.requests import Cast, logged_in


@pytest.fixture(scope="session")
def blank_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty workspace to copy: making one takes a second of migrations."""
    folder = tmp_path_factory.mktemp("blank") / "workspace"
    open_workspace(folder).close()
    return folder


@pytest.fixture
def workspace(tmp_path: Path, blank_workspace: Path) -> Iterator[Workspace]:
    copytree(blank_workspace, tmp_path / "workspace")
    with open_workspace(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture
def project(workspace: Workspace) -> Project:
    """Two labels and three images whose files nobody needs."""
    made = workspace.create_project("Cats", labels=["cat", "dog"])
    rows = [
        Image(0, f"{name}.png", 100, 80, uri=f"file:/nowhere/{name}.png", sha256=digit * 64)
        for name, digit in (("one", "1"), ("two", "2"), ("three", "3"))
    ]
    workspace.store.add_images(made.info.id, rows, author="local")
    return made


@pytest.fixture
def image_root(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


class Client(FlaskClient):
    """A client that reads every answer whole, so that no file stays open."""

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> Any:
        return super().open(*args, buffered=buffered, **kwargs)


MakeApp = Callable[..., Dash]


@pytest.fixture
def make_app(workspace: Workspace) -> Iterator[MakeApp]:
    """Makes apps of the workspace and closes them when the test is over."""
    made: list[Dash] = []

    def make(opened: Workspace = workspace, **options: Any) -> Dash:
        app = create_app(opened, **options)
        app.server.test_client_class = Client
        made.append(app)
        return app

    yield make
    for app in made:
        services_of(app).close()


@pytest.fixture
def app(make_app: MakeApp, image_root: Path) -> Dash:
    return make_app(image_roots=[image_root])


@pytest.fixture
def services(app: Dash) -> Services:
    return services_of(app)


@pytest.fixture
def stranger(app: Dash) -> FlaskClient:
    """A client without a session."""
    return app.server.test_client()


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    """A client with a session."""
    return logged_in(app)


@pytest.fixture
def client_as(make_app) -> Callable[[Role | None], FlaskClient]:
    """Makes clients whose person has a role in the project of the test."""

    def make(role: Role | None) -> FlaskClient:
        return logged_in(make_app(access=Cast(role)))

    return make


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[Any, str, str]]:
    """Run a command on a workspace of its own; gives its exit code, output and errors."""
    monkeypatch.setenv("DATASETBUILDER_WORKSPACE", str(tmp_path / "workspace"))

    def call(*arguments: Any) -> tuple[Any, str, str]:
        monkeypatch.setattr(sys, "argv", ["datasetbuilder", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return left.value.code or 0, said.out, said.err

    return call
