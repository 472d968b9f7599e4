"""Backups go from a file to a server's database and back, and doctor looks at both."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from datasetbuilder.api import Workspace, open_workspace
from datasetbuilder.app.cli import cli
from datasetbuilder.app.diagnosis import examine
from datasetbuilder.model import Outcome
from tests.postgresql import PostgresqlServer
from tests.projects.campaign import Campaign
from tests.projects.rich import draw_everything, originals, row_counts, small_pictures, table_hashes

pytestmark = pytest.mark.slow


@pytest.fixture
def address(postgresql_server: PostgresqlServer) -> str:
    """An empty database."""
    return postgresql_server.new_database()


def opened(folder: Path, database: str | None) -> Workspace:
    """The workspace of a folder, or of a database with its files there."""
    return open_workspace(database, files=folder) if database else open_workspace(folder)


def fill(folder: Path, database: str | None, pictures: Path) -> None:
    """A project with something in every table that a backup keeps."""
    with opened(folder, database) as workspace:
        project = workspace.create_project("Cells", labels=["cell", ("nucleus", "#112233")])
        project.add_images(small_pictures(pictures), copy=True, author="ada")
        draw_everything(Campaign(workspace.store))


@pytest.mark.parametrize("begins", ["sqlite", "postgresql"])
def test_a_project_goes_to_the_other_database_and_back_row_for_row(begins, address, tmp_path):
    file, back = tmp_path / "cells.zip", tmp_path / "back.zip"
    first, second = (None, address) if begins == "sqlite" else (address, None)
    fill(tmp_path / "first", first, tmp_path / "pictures")
    with opened(tmp_path / "first", first) as workspace:
        before = table_hashes(workspace.store, 1)
        pictures = originals(workspace.library, workspace.store, "cells")
        workspace.project("cells").backup(file)
        assert [name for name, n in row_counts(workspace.store, 1).items() if n == 0] == []
    with opened(tmp_path / "second", second) as workspace:
        report = workspace.restore(file)
        assert (report.n_images, report.n_annotations, report.n_files) == (3, 7, 3)
        assert table_hashes(workspace.store, 1) == before
        assert originals(workspace.library, workspace.store, "cells") == pictures
        campaign = Campaign(workspace.store)
        assert campaign.do(campaign.add("next")).id == 9
        workspace.project("cells").backup(back)
    with opened(tmp_path / "first", first) as workspace:
        assert workspace.restore(back).slug == "cells-2"
        late = Campaign(workspace.store)
        again = late.do(late.add("square", op_id="first-op"))
        assert (again.outcome, again.id) == (Outcome.ACCEPTED, 1)


def test_doctor_looks_at_the_database_of_a_server(address, tmp_path):
    fill(tmp_path / "files", address, tmp_path / "pictures")
    with opened(tmp_path / "files", address) as workspace:
        found = examine(workspace)
        assert found.problems == ()
        assert found.projects["cells"]["images"] == 3
        assert found.projects["cells"]["unreadable images"] == 0
        first = workspace.project("cells").image(1)
        (original,) = (tmp_path / "files" / "projects").rglob(f"{first.sha256}.png")
        original.unlink()
        (problem,) = examine(workspace).problems
        assert "picture 1.png" in problem


def test_the_commands_speak_of_a_server_as_of_a_file(address, tmp_path):
    def said(*arguments: object, code: int = 0) -> str:
        done = CliRunner().invoke(cli, [str(one) for one in arguments])
        assert done.exit_code == code, (done.output, done.exception)
        return done.output

    files = tmp_path / "files"
    there = ("--workspace", files, "--database", address)
    fill(files, address, tmp_path / "pictures")
    looked = json.loads(said("doctor", *there, "--json"))
    assert (looked["problems"], looked["projects"]["cells"]["annotations"]) == ([], 6)
    assert "pg_dump" in looked["best_backup"]
    assert "7 annotations" in said("backup", "cells", tmp_path / "cells.zip", *there)
    assert "7 annotations restored" in said("restore", tmp_path / "cells.zip", *there)
