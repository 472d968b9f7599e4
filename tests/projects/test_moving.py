"""A workspace moves to a server and back, equal in every row, or stays where it was."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from datasetbuilder.api import open_workspace
from datasetbuilder.errors import UsageError, WorkspaceError
from datasetbuilder.projects import moving
from datasetbuilder.projects.moving import move
from datasetbuilder.projects.schema import metadata
from datasetbuilder.projects.store import Store
from tests.postgresql import PostgresqlServer
from tests.projects.campaign import Campaign
from tests.projects.rich import draw_everything, small_pictures

pytestmark = pytest.mark.slow

KILLED = """
import os, signal, sys
from pathlib import Path
from datasetbuilder.projects.moving import move

def progress(done, total, table):
    if table == sys.argv[4]:
        os.kill(os.getpid(), signal.SIGKILL)

move(Path(sys.argv[1]), sys.argv[2] or None, sys.argv[3], progress=progress)
"""


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    """A folder with a project that has something in nearly every table."""
    folder = tmp_path / "rich"
    with open_workspace(folder) as workspace:
        project = workspace.create_project("Cells", labels=["cell", ("nucleus", "#112233")])
        project.add_images(small_pictures(tmp_path / "pictures"), copy=True, author="ada")
        draw_everything(Campaign(workspace.store))
    return folder


@pytest.fixture
def address(postgresql_server: PostgresqlServer) -> str:
    """An empty database."""
    return postgresql_server.new_database()


def rows(address: str) -> dict[str, list[tuple]]:
    engine = create_engine(address, poolclass=NullPool)
    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


def rows_of_file(path: Path) -> dict[str, list[tuple]]:
    return rows(f"sqlite:///{path}")


def killed(folder: Path, database: str, target: str, table: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), database, target, table],
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == -signal.SIGKILL


def test_there_and_back_every_row_is_the_same(rich, address):
    before = rows_of_file(rich / "workspace.db")
    told = []
    there = move(rich, None, address, progress=lambda *step: told.append(step))
    assert rows(address) == before
    assert not (rich / "workspace.db").exists()
    assert rows_of_file(Path(there.retired)) == before
    assert there.rows == sum(map(len, before.values())) > 30
    assert {table.name: table.rows for table in there.tables} == {
        name: len(found) for name, found in before.items()
    }
    assert told[-1][0] == told[-1][1] == 2 * there.rows

    back = move(rich, address, "sqlite")
    assert rows_of_file(rich / "workspace.db") == before
    assert back.tables == there.tables
    with Store.open(rich) as store:
        assert store.integrity.wait() is None


def test_what_was_moved_is_opened_where_it_is_only(rich, address):
    with open_workspace(rich) as workspace:
        told = [(project.slug, project.info) for project in workspace.projects()]
    move(rich, None, address)
    with open_workspace(address, files=rich) as workspace:
        assert [(project.slug, project.info) for project in workspace.projects()] == told
        image = workspace.projects()[0].images()[0]
        assert workspace.projects()[0].pixels(image.id).shape[:2] == image.shape
    move(rich, address, "sqlite")
    with pytest.raises(WorkspaceError, match=r"was moved to .*workspace.db; open that one"):
        Store.open(rich.parent / "elsewhere", address)


def test_nothing_is_moved_into_what_is_not_empty(rich, address, tmp_path):
    Store.open(tmp_path / "other", address).close()
    before = rows_of_file(rich / "workspace.db")
    with pytest.raises(WorkspaceError, match="holds a workspace already; name an empty database"):
        move(rich, None, address)
    with pytest.raises(WorkspaceError, match=r"workspace.db is there already"):
        move(rich, address, "sqlite")
    assert rows_of_file(rich / "workspace.db") == before


def test_who_is_killed_on_the_way_there_has_moved_nothing(rich, address, postgresql_server):
    before = rows_of_file(rich / "workspace.db")
    killed(rich, "", address, "event")
    assert rows_of_file(rich / "workspace.db") == before
    move(rich, None, address)
    assert rows(address) == before


def test_who_is_killed_on_the_way_back_has_moved_nothing(rich, address):
    move(rich, None, address)
    before = rows(address)
    killed(rich, address, "sqlite", "event")
    assert not (rich / "workspace.db").exists()
    assert rows(address) == before
    move(rich, address, "sqlite")
    assert rows_of_file(rich / "workspace.db") == before
    assert [path.name for path in rich.glob("*.moving*")] == []


def test_a_row_that_arrives_changed_stops_the_move(rich, address, monkeypatch):
    fingerprint = moving._fingerprint

    def damaged(connection, table):
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("UPDATE annotation SET area = area + 1e-9")
        return fingerprint(connection, table)

    before = rows_of_file(rich / "workspace.db")
    with monkeypatch.context() as patch:
        patch.setattr(moving, "_fingerprint", damaged)
        with pytest.raises(WorkspaceError, match="annotation arrived with 7 rows that differ"):
            move(rich, None, address)
    assert rows_of_file(rich / "workspace.db") == before
    move(rich, None, address)
    assert rows(address) == before


def test_a_database_that_others_write_in_is_not_moved(rich, address):
    move(rich, None, address)
    with Store.open(rich, address) as store:
        store.set_workspace_setting("a", 1)
        with pytest.raises(WorkspaceError, match="is in use"):
            move(rich, address, "sqlite")
    move(rich, address, "sqlite")


def test_a_folder_that_is_served_is_not_moved(rich, address):
    with Store.open(rich), pytest.raises(WorkspaceError, match=f"in use by process {os.getpid()}"):
        move(rich, None, address)


def test_what_cannot_be_meant_is_refused(rich, address, tmp_path):
    with pytest.raises(UsageError, match="a folder is moved by"):
        move(rich, None, "sqlite")
    with pytest.raises(UsageError, match="a database by"):
        move(rich, address, address)
    with pytest.raises(WorkspaceError, match="holds no database to move"):
        move(tmp_path / "nothing", None, address)
