"""Workspaces as earlier versions left them: they open, and nothing in them is lost on the way."""

import gzip
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from datasetbuilder.model import ImageState
from datasetbuilder.projects.schema import HEAD, metadata
from datasetbuilder.projects.sqlite import upgrade as upgrading
from datasetbuilder.projects.sqlite.backups import best, problem_of
from datasetbuilder.projects.store import Store
from tests.projects.schema_fixture import FOLDER

RELEASED = sorted(path.name.removesuffix(".db.gz") for path in FOLDER.glob("*.db.gz"))


@pytest.fixture(params=RELEASED)
def released(request, tmp_path: Path):
    """The database of a workspace of one schema."""
    path = tmp_path / "workspace.db"
    path.write_bytes(gzip.decompress((FOLDER / f"{request.param}.db.gz").read_bytes()))
    return path


def rows_of(path: Path, columns: dict[str, list[str]] | None = None):
    """Columns, count and hash of the rows of every table, or of the given columns alone."""
    found = {}
    with closing(sqlite3.connect(path)) as connection:
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'"
        ).fetchall():
            if columns is not None and table not in columns:
                continue
            there = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            asked = there if columns is None else columns[table]
            rows = sorted(map(repr, connection.execute(f"SELECT {', '.join(asked)} FROM {table}")))
            digest = hashlib.sha256("\n".join(rows).encode()).hexdigest()
            found[table] = (asked, len(rows), digest)
    return found


def test_the_first_schema_is_among_them():
    assert "0001" in RELEASED


def test_a_fixture_has_a_row_in_every_table(released):
    assert [table for table, (_, count, _) in rows_of(released).items() if not count] == []


def test_every_row_and_value_of_an_older_schema_is_there_afterwards(released):
    before = rows_of(released)
    upgrading.upgrade(released)
    columns = {table: asked for table, (asked, _, _) in before.items()}
    assert rows_of(released, columns) == before
    assert upgrading.revision_of(released) == HEAD


def test_an_older_schema_ends_at_the_tables_of_today(released):
    upgrading.upgrade(released)
    engine = create_engine(f"sqlite:///{released}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    engine.dispose()


def test_an_older_workspace_answers_as_it_did(released):
    with Store.open(released.parent) as store:
        project = store.project("cells").id
        drawn = {k: [one.uid for one in store.annotations(project, k)] for k in (1, 2, 3)}
        assert drawn == {1: ["square", "ring", "patch", "whole"], 2: [], 3: ["left", "right"]}
        assert [label.name for label in store.labels(project)] == ["cell", "nucleus", "debris"]
        assert [one.uid for one in store.annotations(project, 2, sets=["model-a"])] == ["imported"]
        assert [one.uid for one in store.scribbles(project, 1)] == ["strokes"]
        assert [one["uid"] for one in store.comments(project, 1)] == ["remark"]
        assert store.image(project, 3).state is ImageState.DONE
        assert store.conflict_counts(project, [1, 2, 3]) == {1: 1}
        assert store.session_user("0" * 64) == "ada"
        assert store.workspace_setting("name") == "bench"
        assert store.integrity.wait() is None


def test_a_split_keeps_the_version_that_waiting_browsers_name(tmp_path):
    path = tmp_path / "workspace.db"
    path.write_bytes(gzip.decompress((FOLDER / "0001.db.gz").read_bytes()))
    upgrading.upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        asked = connection.execute("SELECT id, split, version, split_version FROM image")
        assert asked.fetchall() == [(1, None, 1, 1), (2, "val", 2, 2), (3, None, 2, 2)]


def test_half_a_copy_of_a_killed_upgrade_does_not_stop_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(upgrading.time, "strftime", lambda *_: "20300101-000000")
    path = tmp_path / "workspace.db"
    path.write_bytes(gzip.decompress((FOLDER / "0001.db.gz").read_bytes()))
    copy = tmp_path / "backups" / "workspace-before-migration-from-0001-20300101-000000.db"
    copy.parent.mkdir()
    for name in (copy, copy.with_suffix(".partial")):
        name.write_bytes(b"half of a copy")
    assert upgrading.upgrade(path) == copy
    assert problem_of(copy) is None
    found = best(tmp_path)
    assert found is not None
    assert found.path == copy
    assert not list(copy.parent.glob("*.partial"))
