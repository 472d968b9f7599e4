import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from datasetbuilder.errors import StoreUnavailable, WorkspaceError
from datasetbuilder.projects.schema import HEAD, metadata
from datasetbuilder.projects.sqlite.workspace_lock import WorkspaceLock, network_file_system
from datasetbuilder.projects.store import Store
from tests.projects.campaign import Campaign, writer_thread

HOLD = """
import sys
from pathlib import Path
from datasetbuilder.projects.sqlite.workspace_lock import WorkspaceLock
with WorkspaceLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def release(child: subprocess.Popen[str]) -> None:
    child.communicate()


# --- one server per workspace -----------------------------------------------------------------


def test_a_second_process_is_refused_and_told_who_holds_the_workspace(workspace_folder):
    child = holder(workspace_folder)
    try:
        with pytest.raises(WorkspaceError, match=f"in use by process {child.pid} on .*; use that"):
            Store.open(workspace_folder)
    finally:
        release(child)
    Store.open(workspace_folder).close()


def test_a_second_store_in_the_same_process_is_refused(sqlite_campaign):
    with pytest.raises(WorkspaceError, match=f"in use by process {os.getpid()}"):
        Store.open(sqlite_campaign.store.folder)
    assert sqlite_campaign.do(sqlite_campaign.add("a")).version == 1


def test_a_killed_process_holds_nothing(workspace_folder):
    child = holder(workspace_folder)
    child.kill()
    release(child)
    Store.open(workspace_folder).close()


def test_a_lock_file_without_sense_is_still_a_lock(tmp_path):
    with WorkspaceLock(tmp_path):
        (tmp_path / "workspace.lock").write_text("?")
        with pytest.raises(WorkspaceError, match="in use by another process"):
            WorkspaceLock(tmp_path)


def test_the_lock_names_process_and_host(tmp_path):
    with WorkspaceLock(tmp_path) as lock:
        held = json.loads((tmp_path / "workspace.lock").read_text())
        assert held["pid"] == os.getpid()
        lock.release()
    WorkspaceLock(tmp_path).release()


MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/export /home/ada/net nfs4 rw 0 0
//server/share /mnt/my\\040share cifs rw 0 0
ada@host:/ /mnt/ssh fuse.sshfs rw 0 0
/dev/sdb /home/ada/net/disk xfs rw 0 0
/dev/sdc /mnt/usb fuseblk rw 0 0
broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/ada", None),
        ("/home/ada/net", "nfs4"),
        ("/home/ada/net/deep/er", "nfs4"),
        ("/home/ada/network", None),
        ("/home/ada/net/disk/x", None),
        ("/mnt/my share/x", "cifs"),
        ("/mnt/ssh", "fuse.sshfs"),
        ("/mnt/usb/x", None),
    ],
)
def test_network_file_systems_are_recognised_by_the_mount_above_a_folder(folder, kind):
    assert network_file_system(Path(folder), MOUNTS) == kind


def test_a_workspace_on_a_network_file_system_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "datasetbuilder.projects.sqlite.workspace_lock.network_file_system", lambda folder: "nfs4"
    )
    with pytest.raises(WorkspaceError, match=r"network file system \(nfs4\).*choose a folder"):
        Store.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_the_tests_is_on_a_disk_of_this_machine(tmp_path):
    assert network_file_system(tmp_path) is None


# --- what is in the folder --------------------------------------------------------------------


def test_a_workspace_is_made_where_there_is_none_and_found_again(tmp_path):
    folder = tmp_path / "deep" / "new"
    with Store.open(folder) as store:
        assert store.projects() == []
        store.create_project("Cells")
        assert store.backup is None
    with Store.open(folder) as store:
        assert [info.slug for info in store.projects()] == ["cells"]
        assert store.integrity.wait() is None


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="file/workspace cannot be made"):
        Store.open(tmp_path / "file" / "workspace")


def test_a_path_with_strange_letters_is_a_path(tmp_path):
    with Store.open(tmp_path / "Ä 100%?#&x=1") as store:
        store.create_project("Cells")
        assert len(store.projects()) == 1


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    (tmp_path / "workspace.db").write_text("hello " * 500)
    with pytest.raises(WorkspaceError, match="not a workspace database"):
        Store.open(tmp_path)
    assert (tmp_path / "workspace.db").read_text() == "hello " * 500
    WorkspaceLock(tmp_path).release()


def test_the_database_of_something_else_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "workspace.db") as other:
        other.execute("CREATE TABLE bills (id)")
    other.close()
    with pytest.raises(WorkspaceError, match="a database of something else"):
        Store.open(tmp_path)


# --- schemas ----------------------------------------------------------------------------------


def set_revision(folder: Path, revision: str) -> None:
    with sqlite3.connect(folder / "workspace.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()


def test_a_newer_schema_is_refused_in_plain_words(workspace_folder):
    set_revision(workspace_folder, "9999")
    with pytest.raises(
        WorkspaceError, match=rf"newer version of datasetbuilder \(its schema is 9999.*{HEAD}\)"
    ):
        Store.open(workspace_folder)
    set_revision(workspace_folder, HEAD)
    Store.open(workspace_folder).close()


def test_an_older_schema_is_copied_aside_before_it_is_migrated(workspace_folder, monkeypatch):
    monkeypatch.setattr("datasetbuilder.projects.sqlite.upgrade.HEAD", "next")
    with Store.open(workspace_folder) as store:
        assert store.backup is not None
        assert store.backup.parent == workspace_folder / "backups"
        assert store.projects()[0].slug == "cells"
        with sqlite3.connect(store.backup) as copy:
            assert copy.execute("SELECT slug FROM project").fetchall() == [("cells",)]
        copy.close()


def test_the_migrations_end_at_the_tables_of_the_schema(tmp_path):
    Store.open(tmp_path).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'workspace.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD
    engine.dispose()


def test_clustered_tables_have_no_row_id(tmp_path):
    Store.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "workspace.db") as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        clustered = {name for name, sql in rows if "WITHOUT ROWID" in sql}
    connection.close()
    assert {"annotation", "image", "event", "operation", "stat"} <= clustered


def test_every_table_can_be_made_on_postgresql():
    dialect = postgresql.dialect()
    made = "\n".join(
        [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
        + [
            str(CreateIndex(index).compile(dialect=dialect))
            for table in metadata.sorted_tables
            for index in table.indexes
        ]
    )
    assert "BYTEA" in made
    assert "SERIAL" not in made
    assert "INTEGER" not in made.replace("BIGINTEGER", "")


def test_the_last_write_before_closing_is_on_the_disk(workspace_folder):
    with Store.open(workspace_folder) as store:
        campaign = Campaign(store)
        campaign.do(campaign.add("a"))
        pragma = writer_thread(store)._open().connection.execute("PRAGMA synchronous")
        assert pragma.fetchone()[0] == 2
