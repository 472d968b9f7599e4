"""A damaged, cut or vanished database, copies of it, and the way back."""

import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from datasetbuilder.errors import FormatError, StoreUnavailable, WorkspaceError
from datasetbuilder.projects import space
from datasetbuilder.projects.sqlite import backups
from datasetbuilder.projects.sqlite.backups import Backups, Copy, Keeper, chosen, copies, problem_of
from datasetbuilder.projects.sqlite.integrity import IntegrityCheck
from datasetbuilder.projects.sqlite.mark import MARK_NAME, Mark
from datasetbuilder.projects.sqlite.rescue import is_database, look_from_outside, restore_workspace
from datasetbuilder.projects.store import Store
from tests.projects.campaign import Campaign

pytestmark = pytest.mark.slow

CRASH = """
import os, sys
from pathlib import Path
from datasetbuilder.projects.store import Store
from tests.projects.campaign import Campaign

campaign = Campaign(Store.open(Path(sys.argv[1])))
for k in range(int(sys.argv[2])):
    campaign.do(campaign.add(f"crash-{k}"))
os.kill(os.getpid(), 9)
"""


def crash_after(folder: Path, saves: int) -> None:
    child = [sys.executable, "-c", CRASH, str(folder), str(saves)]
    assert subprocess.run(child, cwd=Path(__file__).parents[2]).returncode == -9


def garble(path: Path, first: int, last: int) -> None:
    """Turn every bit of some pages."""
    data = bytearray(path.read_bytes())
    for at in range(first * 8192, min(last * 8192, len(data))):
        data[at] ^= 0xFF
    path.write_bytes(data)


# --- the log of the last commits ---------------------------------------------------------------


def test_after_a_crash_everything_is_there_and_saves_go_on(workspace_folder):
    crash_after(workspace_folder, 5)
    with Store.open(workspace_folder) as store:
        campaign = Campaign(store)
        assert len(campaign.uids()) == 5
        assert store.integrity.wait() is None
        assert campaign.do(campaign.add("next")).seq == 9


@pytest.mark.parametrize("fault", ["deleted", "emptied", "cut", "flipped"])
def test_a_log_that_lost_acknowledged_work_is_noticed_and_nothing_more_is_saved(
    fault, workspace_folder
):
    crash_after(workspace_folder, 5)
    log = workspace_folder / "workspace.db-wal"
    data = log.read_bytes()
    if fault == "deleted":
        log.unlink()
    elif fault == "emptied":
        log.write_bytes(b"")
    elif fault == "cut":
        log.write_bytes(data[: len(data) // 2])
    else:
        middle = len(data) // 2
        log.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])

    with Store.open(workspace_folder) as store:
        problem = store.integrity.wait()
        assert problem is not None
        assert "changes that were acknowledged" in problem
        assert "restore the last good backup" in problem
        with pytest.raises(StoreUnavailable, match="Nothing is saved until you decide"):
            Campaign(store).do(Campaign(store).add("next"))
        assert store.project("cells").n_images == 3

    (workspace_folder / MARK_NAME).unlink()
    with Store.open(workspace_folder) as store:
        assert store.integrity.wait() is None
        assert Campaign(store).do(Campaign(store).add("next")).version == 1


def test_a_mark_without_sense_says_nothing(tmp_path):
    mark = Mark(tmp_path)
    assert mark.read() is None
    mark.write(12)
    assert mark.read() == 12
    mark.write(13)
    data = mark.path.read_bytes()
    mark.path.write_bytes(data[:8] + b"\xff" + data[9:])
    assert mark.read() is None
    mark.path.write_bytes(data[:10])
    assert mark.read() is None
    mark.close()


# --- copies -----------------------------------------------------------------------------------


@pytest.fixture
def campaign(sqlite_campaign):
    """What is copied and damaged here is a file."""
    return sqlite_campaign


def test_a_copy_is_made_beside_the_work_and_is_whole(campaign):
    campaign.do(campaign.add("a"))
    made = Backups(campaign.store.folder / "workspace.db").make()
    campaign.do(campaign.add("b"))
    assert problem_of(made) is None
    assert [copy.path for copy in copies(campaign.store.folder)] == [made]
    with sqlite3.connect(made) as opened:
        assert opened.execute("SELECT uid FROM annotation").fetchall() == [("a",)]
    opened.close()


def test_a_copy_waits_an_hour_and_for_a_change(campaign, monkeypatch):
    folder = campaign.store.folder
    total = [5]
    keeper = Keeper(folder / "workspace.db", lambda: total[0], lambda problem: None)
    keeper.close()
    now = datetime.now(UTC)
    assert keeper.look(now) is not None
    total[0] = 6
    assert keeper.look(now + timedelta(minutes=30)) is None
    assert keeper.look(now + timedelta(minutes=61)) is not None
    assert keeper.look(now + timedelta(hours=9)) is None


def test_without_room_no_copy_is_begun(campaign, monkeypatch):
    monkeypatch.setattr(space, "free_bytes", lambda folder: 100 * 2**20)
    with pytest.raises(StoreUnavailable, match="The backup stops: the disk of"):
        Backups(campaign.store.folder / "workspace.db").make()
    assert copies(campaign.store.folder) == []


def test_a_copy_of_a_damaged_database_never_counts_and_writing_ends(workspace_folder):
    told: list[str] = []
    path = workspace_folder / "workspace.db"
    good = Backups(path).make()
    with Store.open(workspace_folder) as store:
        campaign = Campaign(store)
        campaign.run(*[campaign.add(f"u{k}") for k in range(200)])
    garble(path, 20, 200)
    keeper = Keeper(path, lambda: 9, told.append)
    keeper.close()
    assert keeper.look(datetime.now(UTC) + timedelta(hours=2)) is None
    assert [copy.path for copy in copies(workspace_folder)] == [good]
    assert len(told) == 1
    assert f"datasetbuilder restore {good} --workspace {workspace_folder}" in told[0]
    assert list((workspace_folder / "backups").glob("*.partial")) == []


def test_copies_are_thinned_to_hours_days_and_weeks():
    now = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    hourly = [Copy(Path(f"h{k}"), now - timedelta(hours=k), 1) for k in range(24 * 40)]
    kept = sorted(chosen(hourly, now), key=lambda copy: copy.at, reverse=True)
    ages = [round((now - copy.at).total_seconds() / 3600) for copy in kept]
    assert ages[:24] == list(range(24))
    assert len(kept) == 24 + 5 + 3
    assert ages[-1] < 24 * 7 * 5
    assert chosen([], now) == set()
    old = Copy(Path("old"), now - timedelta(days=400), 1)
    assert chosen([old], now) == {old}


def test_the_copies_together_take_no_more_than_their_share(workspace_folder, monkeypatch):
    path = workspace_folder / "workspace.db"
    made = Backups(path).make()
    older = made.with_name("workspace-20200101-000000.db")
    shutil.copy(made, older)
    monkeypatch.setattr(backups, "chosen", lambda there, now: set(there))
    Backups(path).thin(datetime.now(UTC))
    assert len(copies(workspace_folder)) == 2
    monkeypatch.setattr(backups, "SHARE", 0)
    Backups(path).thin(datetime.now(UTC))
    assert [copy.path for copy in copies(workspace_folder)] == [made]


# --- the way back -----------------------------------------------------------------------------


def test_a_damaged_workspace_is_seen_from_outside_and_comes_back(workspace_folder):
    with Store.open(workspace_folder) as store:
        campaign = Campaign(store)
        campaign.do(campaign.add("before"))
        good = Backups(workspace_folder / "workspace.db").make()
        campaign.do(campaign.add("after"))
    garble(workspace_folder / "workspace.db", 0, 30)

    with pytest.raises((WorkspaceError, StoreUnavailable), match="datasetbuilder restore"):
        Store.open(workspace_folder)
    found = look_from_outside(workspace_folder)
    assert found.best == good
    assert found.command == f"datasetbuilder restore {good} --workspace {workspace_folder}"
    assert len(found.problems) == 1

    done = restore_workspace(workspace_folder, good)
    assert done.replaced is not None
    assert (done.replaced / "workspace.db").exists()
    with Store.open(workspace_folder) as store:
        campaign = Campaign(store)
        assert store.integrity.wait() is None
        assert campaign.uids() == ["before"]
        assert campaign.do(campaign.add("next")).version == 1


def test_the_log_of_the_old_database_never_meets_the_restored_one(workspace_folder):
    good = Backups(workspace_folder / "workspace.db").make()
    crash_after(workspace_folder, 5)
    done = restore_workspace(workspace_folder, good)
    assert done.replaced is not None
    assert (done.replaced / "workspace.db-wal").stat().st_size > 0
    with Store.open(workspace_folder) as store:
        assert store.integrity.wait() is None
        assert Campaign(store).uids() == []


def test_nothing_is_restored_under_a_server_or_from_a_damaged_copy(campaign, tmp_path):
    folder = campaign.store.folder
    good = Backups(folder / "workspace.db").make()
    with pytest.raises(WorkspaceError, match="in use by process"):
        restore_workspace(folder, good)
    bad = tmp_path / "bad.db"
    shutil.copy(good, bad)
    garble(bad, 5, 9)
    with pytest.raises(FormatError, match="is damaged"):
        restore_workspace(tmp_path / "other", bad)
    assert not (tmp_path / "other" / "workspace.db").exists()


def test_a_database_and_a_project_s_file_are_told_apart(campaign, tmp_path):
    assert is_database(campaign.store.folder / "workspace.db")
    (tmp_path / "a.zip").write_bytes(b"PK\3\4")
    assert not is_database(tmp_path / "a.zip")
    assert not is_database(tmp_path / "nothing")


def test_a_disk_that_is_read_only_says_so(workspace_folder):
    if os.getuid() == 0:
        pytest.skip("root writes everywhere")
    workspace_folder.chmod(0o500)
    try:
        with pytest.raises(StoreUnavailable, match="cannot be written"):
            Store.open(workspace_folder)
    finally:
        workspace_folder.chmod(0o700)


# --- a disk that reports errors -------------------------------------------------------------------


def test_a_file_that_is_called_damaged_by_mistake_is_looked_at_again_and_written(workspace_folder):
    with Store.open(workspace_folder) as store:
        campaign = Campaign(store)
        with pytest.raises(StoreUnavailable, match="is damaged"):
            store.submit(lambda t: raise_damage())
        assert store.integrity.wait() is None
        assert campaign.do(campaign.add("next")).outcome == "accepted"


def test_a_disk_that_cannot_be_read_is_no_damage_and_the_check_looks_again(workspace_folder):
    told = []
    check = IntegrityCheck(workspace_folder / "workspace.db", told.append)
    assert check.wait() is None
    finding, check._finding = check._finding, raise_io_error
    check.suspect()
    assert "the disk reports an error" in str(check.wait())
    check._finding = finding
    check.suspect()
    assert check.wait() is None
    check.close()
    assert told == []


def test_a_copy_is_put_off_while_the_disk_reports_errors(workspace_folder):
    keeper = Keeper(workspace_folder / "workspace.db", raise_io_error, lambda problem: None)
    try:
        assert keeper.look(datetime.now(UTC)) is None
        assert "the disk reports an error" in str(keeper.problem)
    finally:
        keeper.close()


def raise_damage():
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorname = "SQLITE_CORRUPT"
    raise DBAPIError("SELECT 1", {}, error)


def raise_io_error():
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_READ"
    raise error
