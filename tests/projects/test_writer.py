import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from datasetbuilder.errors import StoreUnavailable, UnknownName
from datasetbuilder.model import Outcome
from datasetbuilder.projects.store import Store
from tests.projects.campaign import Campaign, box, writer_thread

CHILD = """
import sys
from pathlib import Path
from datasetbuilder.projects.store import Store
from tests.projects.campaign import Campaign

with Store.open(Path(sys.argv[1])) as store:
    campaign = Campaign(store)
    for k in range(10_000):
        uid = f"{sys.argv[2]}-{k}"
        assert campaign.do(campaign.add(uid)).outcome == "accepted"
        print(uid, flush=True)
"""


def acknowledged_before_being_killed(folder: Path, name: str, n: int) -> list[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), name],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    told = [child.stdout.readline().strip() for _ in range(n)]
    child.kill()
    told += [line.strip() for line in child.stdout if line.endswith("\n")]
    child.stdout.close()
    child.wait()
    return told


@pytest.mark.slow
def test_what_was_acknowledged_before_a_kill_is_there_after_it(workspace_folder):
    told = []
    for round_ in range(3):
        told += acknowledged_before_being_killed(workspace_folder, f"r{round_}", 5 + 9 * round_)
        with Store.open(workspace_folder) as store:
            campaign = Campaign(store)
            stored = campaign.uids()
            events = store.events(campaign.id, after=3)
            assert store.integrity.wait() is None
        assert set(told) <= set(stored)
        assert [event.target.key for event in events] == stored
        assert [event.seq for event in events] == list(range(4, 4 + len(stored)))
    assert len(told) >= 5 + 14 + 23


# --- many writers -----------------------------------------------------------------------------


def test_event_numbers_have_no_gaps_under_eight_threads(campaign):
    def work(thread: int) -> list[int]:
        mine = Campaign(campaign.store, client=f"tab-{thread}")
        numbers = []
        for k in range(15):
            uid = f"{thread}-{k}"
            numbers.append(mine.do(mine.add(uid, image=1 + k % 3)).seq or 0)
            mine.do(mine.add(f"bad-{uid}", box(9)))
        return numbers

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for found in pool.map(work, range(8)) for number in found]

    assert sorted(numbers) == list(range(4, 4 + 120))
    assert [event.seq for event in campaign.store.events(campaign.id)] == list(range(1, 124))
    ids = [one.id for k in (1, 2, 3) for one in campaign.store.annotations(campaign.id, k)]
    assert sorted(ids) == list(range(1, 121))
    assert campaign.info.n_annotations == 120


def test_writes_that_gather_while_one_runs_share_a_transaction(sqlite_campaign):
    writer = writer_thread(sqlite_campaign.store)
    started, go = threading.Event(), threading.Event()
    transactions = []

    def first(transaction):
        transactions.append(transaction)
        started.set()
        assert go.wait(30)

    with ThreadPoolExecutor(6) as pool:
        blocking = pool.submit(writer.submit, first)
        assert started.wait(30)
        rest = [pool.submit(writer.submit, transactions.append) for _ in range(5)]
        while writer._queue.qsize() < 5:
            threading.Event().wait(0.001)
        go.set()
        for done in (blocking, *rest):
            done.result()
    assert transactions[0] is not transactions[1]
    assert len({id(transaction) for transaction in transactions[1:]}) == 1


def test_a_failing_write_does_not_take_its_neighbours_with_it(sqlite_campaign):
    writer = writer_thread(sqlite_campaign.store)
    started, go = threading.Event(), threading.Event()

    def first(transaction):
        started.set()
        assert go.wait(30)

    def good(transaction):
        transaction.connection.execute(text("INSERT INTO setting VALUES ('good', '1')"))
        return "done"

    with ThreadPoolExecutor(3) as pool:
        blocking = pool.submit(writer.submit, first)
        assert started.wait(30)
        bad = pool.submit(writer.submit, lambda transaction: transaction.ledger(77))
        fine = pool.submit(writer.submit, good)
        while writer._queue.qsize() < 2:
            threading.Event().wait(0.001)
        go.set()
        blocking.result()
        with pytest.raises(UnknownName):
            bad.result()
        assert fine.result() == "done"
    assert sqlite_campaign.store.workspace_setting("good") == 1


def test_a_closed_store_saves_nothing(workspace_folder):
    with Store.open(workspace_folder) as store:
        campaign = Campaign(store)
    with pytest.raises(StoreUnavailable, match="the workspace is closed"):
        store.set_workspace_setting("a", 1)
    store.close()
    with Store.open(workspace_folder) as store:
        assert Campaign(store).do(campaign.add("a")).outcome is Outcome.ACCEPTED


def test_closing_leaves_a_single_file(workspace_folder):
    with Store.open(workspace_folder) as store:
        Campaign(store).do(Campaign(store).add("a"))
    assert not (workspace_folder / "workspace.db-wal").exists()


# --- a disk that refuses ----------------------------------------------------------------------


def limit_pages(campaign: Campaign, pages: int) -> None:
    connection = writer_thread(campaign.store)._open()
    connection.connection.execute(f"PRAGMA max_page_count = {pages}").close()


def test_a_full_disk_keeps_nothing_and_saves_again_when_there_is_room(sqlite_campaign):
    sqlite_campaign.do(sqlite_campaign.add("before"))
    limit_pages(sqlite_campaign, 1)
    big = sqlite_campaign.add(
        "big", {**box(), "attributes": {f"k{n}": "x" * 2000 for n in range(50)}}
    )
    info = sqlite_campaign.info
    with pytest.raises(StoreUnavailable, match="not saved, the disk is full"):
        sqlite_campaign.run(sqlite_campaign.add("c"), big)

    assert sqlite_campaign.uids() == ["before"]
    assert sqlite_campaign.info == info
    # The writer has opened the file afresh, without the limit: as when space was made.
    first, second = sqlite_campaign.run(sqlite_campaign.add("c"), big)
    assert (first.outcome, second.outcome) == (Outcome.ACCEPTED, Outcome.ACCEPTED)
    assert [first.seq, second.seq] == [5, 6]
    assert sqlite_campaign.uids() == ["before", "c", "big"]


def test_reads_go_on_while_the_disk_is_full(sqlite_campaign):
    sqlite_campaign.do(sqlite_campaign.add("a"))
    limit_pages(sqlite_campaign, 1)
    big = {**box(), "attributes": {f"k{n}": "x" * 2000 for n in range(50)}}
    with pytest.raises(StoreUnavailable):
        sqlite_campaign.do(sqlite_campaign.add("big", big))
    assert sqlite_campaign.store.image(sqlite_campaign.id, 1).n_annotations == 1


def test_a_file_that_turned_read_only_is_written_again_when_it_may_be(sqlite_campaign):
    writer_thread(sqlite_campaign.store)._open().connection.execute(
        "PRAGMA query_only = ON"
    ).close()
    with pytest.raises(StoreUnavailable, match="read-only; make it writable again"):
        sqlite_campaign.do(sqlite_campaign.add("a"))
    assert sqlite_campaign.do(sqlite_campaign.add("b")).outcome is Outcome.ACCEPTED
    assert sqlite_campaign.uids() == ["b"]


def test_a_database_held_by_another_program_is_named_and_nothing_is_saved(sqlite_campaign):
    writer_thread(sqlite_campaign.store)._open().connection.execute(
        "PRAGMA busy_timeout = 1"
    ).close()
    with sqlite3.connect(
        sqlite_campaign.store.folder / "workspace.db", isolation_level=None
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another process holds the database"):
            sqlite_campaign.do(sqlite_campaign.add("a"))
        other.execute("ROLLBACK")
    other.close()
    assert sqlite_campaign.do(sqlite_campaign.add("a")).outcome is Outcome.ACCEPTED


def test_a_fault_of_ours_is_not_called_a_full_disk(sqlite_campaign):
    def wrong(transaction):
        transaction.connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    with pytest.raises(OperationalError, match="no such table: nowhere"):
        sqlite_campaign.store._writer.submit(wrong)
    assert sqlite_campaign.do(sqlite_campaign.add("a")).outcome is Outcome.ACCEPTED


def test_a_damaged_database_is_noticed_behind_and_takes_no_more_writes(workspace_folder):
    with Store.open(workspace_folder) as store:
        campaign = Campaign(store)
        for k in range(0, 300, 50):
            campaign.run(*[campaign.add(f"u{k + n}") for n in range(50)])
    path = workspace_folder / "workspace.db"
    data = bytearray(path.read_bytes())
    size = 8192
    for page in range(len(data) // size - 12, len(data) // size):
        data[page * size : page * size + 200] = b"\xff" * 200
    path.write_bytes(data)

    with Store.open(workspace_folder) as store:
        problem = store.integrity.wait()
        assert problem is not None
        assert "damaged" in problem
        assert "restore the last good backup" in problem
        with pytest.raises(StoreUnavailable, match="damaged"):
            store.set_workspace_setting("a", 1)
