"""What only a database shared by many processes can do, and how its failures are told."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.pool import NullPool

from datasetbuilder.errors import DataError, StoreUnavailable, UsageError, WorkspaceError
from datasetbuilder.model import Image, Outcome
from datasetbuilder.projects.postgresql import connections, writer
from datasetbuilder.projects.postgresql.writer import Writer
from datasetbuilder.projects.schema import HEAD, metadata
from datasetbuilder.projects.store import Store
from tests.postgresql import PostgresqlServer
from tests.projects.campaign import Campaign, box

ROOT = Path(__file__).parents[2]
ADDING = """
import sys
from pathlib import Path
from datasetbuilder.projects.store import Store
from tests.projects.campaign import Campaign

folder, address, name = sys.argv[1:]
with Store.open(Path(folder), address) as store:
    campaign = Campaign(store, client=name)
    print("open", flush=True)
    sys.stdin.readline()
    for k in range(25):
        print(campaign.do(campaign.add(f"{name}-{k}", image=1 + k % 3)).seq, flush=True)
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def address(postgresql_server: PostgresqlServer) -> str:
    """An empty database."""
    return postgresql_server.new_database()


@pytest.fixture
def shared(campaign_address: str, tmp_path: Path):
    """The small campaign, open."""
    with Store.open(tmp_path / "files", campaign_address) as store:
        yield Campaign(store)


@pytest.fixture(scope="module")
def fragile(postgresql_server: PostgresqlServer):
    """A server that may be killed: it loses nothing that it has acknowledged."""
    server = PostgresqlServer(settings={"fsync": "on"})
    server.start()
    yield server
    server.remove()


def pg_writer(campaign: Campaign) -> Writer:
    assert isinstance(campaign.store._writer, Writer)
    return campaign.store._writer


def child(folder: Path, address: str, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ADDING, str(folder), address, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


# --- many processes ---------------------------------------------------------------------------


def test_event_numbers_have_no_gaps_under_three_processes(shared, campaign_address, tmp_path):
    children = [child(tmp_path / "files", campaign_address, name) for name in "abc"]
    for one in children:
        assert one.stdout is not None
        assert one.stdout.readline() == "open\n"
    answers = [one.communicate("go\n")[0].split() for one in children if one.stdin]

    assert sorted(int(seq) for found in answers for seq in found) == list(range(4, 79))
    assert [one.seq for one in shared.store.events(shared.id)] == list(range(1, 79))
    ids = [one.id for k in (1, 2, 3) for one in shared.store.annotations(shared.id, k)]
    assert sorted(ids) == list(range(1, 76))
    assert shared.info.n_annotations == 75


def test_one_process_sees_what_another_wrote_and_meets_its_versions(
    shared, campaign_address, tmp_path
):
    with Store.open(tmp_path / "files", campaign_address) as store:
        other = Campaign(store, author="bob", client="tab-2")
        shared.do(shared.add("a"))
        seen = store.changes(1, 1, since=3, client="tab-2").states
        assert "a" in [state.target.key for state in seen]
        assert other.do(other.change("a", box(x=5), 1)).version == 2
        assert shared.do(shared.change("a", box(x=9), 1)).outcome is Outcome.CONFLICT


def test_a_project_is_made_once_however_many_ask(shared, campaign_address, tmp_path):
    with Store.open(tmp_path / "files", campaign_address) as store, ThreadPoolExecutor(2) as pool:
        one = pool.submit(shared.store.create_project, "Leaves")
        two = pool.submit(store.create_project, "Nuclei")
        assert {one.result().slug, two.result().slug} == {"leaves", "nuclei"}
        assert sorted(info.id for info in store.projects()) == [1, 2, 3]


def test_processes_that_start_together_make_the_tables_once(address, tmp_path):
    children = [child(tmp_path / "files", address, name) for name in "abc"]
    told = [one.stdout.readline() for one in children if one.stdout]
    for one in children:
        one.kill()
        one.communicate()
    assert told == ["open\n"] * 3


def test_who_waits_for_the_same_project_shares_a_transaction(shared):
    turns = pg_writer(shared)
    started, go = threading.Event(), threading.Event()
    transactions = []

    def first(transaction):
        transactions.append(transaction)
        started.set()
        assert go.wait(30)

    with ThreadPoolExecutor(6) as pool:
        blocking = pool.submit(turns.submit, first, project=1)
        assert started.wait(30)
        rest = [pool.submit(turns.submit, transactions.append, project=1) for _ in range(5)]
        while len(turns._turns[1]._waiting) < 5:
            threading.Event().wait(0.001)
        # Another project does not wait.
        assert turns.submit(lambda transaction: "done", project=2) == "done"
        go.set()
        for done in (blocking, *rest):
            done.result()
    assert transactions[0] is not transactions[1]
    assert len({id(transaction) for transaction in transactions[1:]}) == 1


def test_a_failing_write_does_not_take_its_neighbours_with_it(shared):
    def wrong(transaction):
        transaction.connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    with ThreadPoolExecutor(2) as pool:
        bad = pool.submit(shared.store.submit, wrong, project=1)
        good = pool.submit(shared.do, shared.add("a"))
        with pytest.raises(ProgrammingError, match="nowhere"):
            bad.result()
        assert good.result().outcome is Outcome.ACCEPTED


# --- the schema -------------------------------------------------------------------------------


def test_the_migrations_end_at_the_tables_of_the_schema(address, tmp_path):
    Store.open(tmp_path, address).close()
    engine = create_engine(address, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD


def test_text_is_ordered_by_its_bytes_as_on_sqlite(address, tmp_path):
    with Store.open(tmp_path, address) as store:
        for name in ("beta", "Zeta", "alpha", "Äpfel"):
            store.create_project(name)
        assert [info.name for info in store.projects()] == ["Zeta", "alpha", "beta", "Äpfel"]


def test_a_newer_schema_is_refused_in_plain_words(postgresql_server, address, tmp_path):
    Store.open(tmp_path, address).close()
    postgresql_server.run_sql("UPDATE alembic_version SET version_num = '9999'", address)
    with pytest.raises(WorkspaceError, match=rf"newer version .*schema is 9999.*{HEAD}\)"):
        Store.open(tmp_path, address)


def test_the_tables_of_something_else_are_left_alone(postgresql_server, address, tmp_path):
    postgresql_server.run_sql("CREATE TABLE bills (id int)", address)
    with pytest.raises(WorkspaceError, match="holds tables of something else"):
        Store.open(tmp_path, address)


def test_an_older_schema_is_not_changed_under_others(
    shared, postgresql_server, campaign_address, tmp_path
):
    shared.do(shared.add("a"))
    postgresql_server.run_sql("UPDATE alembic_version SET version_num = '0001'", campaign_address)
    try:
        with pytest.raises(WorkspaceError, match=r"is in use \(connection \d+ from this machine"):
            Store.open(tmp_path / "files", campaign_address)
    finally:
        postgresql_server.run_sql(
            f"UPDATE alembic_version SET version_num = '{HEAD}'", campaign_address
        )


def test_a_server_that_was_overtaken_by_an_upgrade_writes_no_more(
    shared, postgresql_server, campaign_address
):
    postgresql_server.run_sql("UPDATE alembic_version SET version_num = '9999'", campaign_address)
    cut_others(postgresql_server)
    try:
        with pytest.raises(StoreUnavailable, match="has upgraded the database; restart this"):
            shared.do(shared.add("a"))
    finally:
        postgresql_server.run_sql(
            f"UPDATE alembic_version SET version_num = '{HEAD}'", campaign_address
        )
    assert shared.do(shared.add("a")).outcome is Outcome.ACCEPTED


# --- a server that fails ----------------------------------------------------------------------


def test_while_the_server_is_down_nothing_is_saved_and_afterwards_it_goes_on(fragile, tmp_path):
    address = fragile.new_database()
    with Store.open(tmp_path, address) as store:
        project = store.create_project("Cells")
        assert store.labels(project.id) == ()
        fragile.stop("immediate")
        try:
            for attempt in (
                lambda: store.set_workspace_setting("a", 1),
                lambda: store.create_project("Leaves"),
                store.projects,
            ):
                with pytest.raises(StoreUnavailable, match="does not answer; it is saved as soon"):
                    attempt()
        finally:
            fragile.start()
        store.set_workspace_setting("a", 2)
        assert store.workspace_setting("a") == 2
        assert [info.slug for info in store.projects()] == ["cells"]


def test_a_connection_that_was_cut_is_taken_up_again_unnoticed(shared, postgresql_server):
    shared.do(shared.add("a"))
    cut_others(postgresql_server)
    assert shared.do(shared.add("b")).outcome is Outcome.ACCEPTED
    cut_others(postgresql_server)
    assert shared.uids() == ["a", "b"]


def cut_others(server: PostgresqlServer) -> None:
    server.run_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "undone"])
def test_a_commit_whose_answer_was_lost_is_done_exactly_once(shared, postgresql_server, kept):
    """The line breaks after COMMIT was carried out, or just before it."""
    broken = []

    def break_line(connection):
        if not broken:
            broken.append(True)
            raw = connection.connection.dbapi_connection
            if kept:
                raw.commit()
            raw.close()

    event.listen(pg_writer(shared)._engine, "commit", break_line)
    # Images have no op_id that would make a second attempt harmless.
    (added,) = shared.store.add_images(1, [Image(0, "late.png", 10, 10)], author="ada")

    assert broken
    assert added.id == 4
    assert [one.seq for one in shared.store.events(1)] == [1, 2, 3, 4]
    assert [one.name for one in shared.store.images(1, after=3)] == ["late.png"]


def test_a_commit_of_unknown_fate_is_called_unknown(shared, monkeypatch):
    def lost(*_):
        raise DBAPIError(
            "COMMIT", None, psycopg.OperationalError("gone"), connection_invalidated=True
        )

    monkeypatch.setattr(writer, "_PATIENCE", (0.0,))
    monkeypatch.setattr(writer, "plain_engine", lambda url: Gone())
    event.listen(pg_writer(shared)._engine, "commit", lost)
    with pytest.raises(StoreUnavailable, match="is not known, sending it again is safe"):
        shared.do(shared.add("a"))


class Gone:
    def connect(self):
        raise DBAPIError("", None, psycopg.OperationalError("gone"))


def test_who_holds_a_project_for_long_is_not_waited_for(shared, campaign_address):
    with psycopg.connect(campaign_address.replace("+psycopg", "")) as other:
        other.execute("SELECT 1 FROM project WHERE id = 1 FOR UPDATE")
        with short_patience(shared), pytest.raises(StoreUnavailable, match="holds the project"):
            shared.do(shared.add("a"))
    assert shared.do(shared.add("a")).outcome is Outcome.ACCEPTED


@contextmanager
def short_patience(campaign: Campaign) -> Iterator[None]:
    engine = pg_writer(campaign)._engine

    def hurry(connection):
        connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")

    event.listen(engine, "begin", hurry)
    yield
    event.remove(engine, "begin", hurry)


def test_a_full_disk_and_other_states_have_words():
    url = connections.url_of("postgresql://ada@host/cells")

    def told(state: str) -> str:
        cause = psycopg.errors.lookup(state)("x")
        return str(connections.unavailable(DBAPIError("", None, cause), url))

    assert "disk of the database server is full" in told("53100")
    assert "takes no writes now" in told("25006")
    assert "refuses this user" in told("28P01")
    assert "does not answer" in told("57P01")
    assert told("42601") == "None"


def test_a_name_that_the_database_cannot_hold_is_refused_as_wrong(shared):
    with pytest.raises(DataError, match="the database cannot hold this"):
        shared.store.create_project("a\0b")
    assert shared.do(shared.add("a")).outcome is Outcome.ACCEPTED


# --- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["mysql://host/x", "cells", "sqlite:///x.db", ""])
def test_what_is_no_address_is_refused(wrong, tmp_path):
    with pytest.raises(UsageError, match=r"postgresql\+psycopg://user@host/name"):
        Store.open(tmp_path, wrong)


@pytest.mark.parametrize("where", ["ada:secret@127.0.0.1:1/cells", "127.0.0.1:1/c?password=secret"])
def test_a_password_is_never_shown(tmp_path, where):
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1/c") as refused:
        Store.open(tmp_path, f"postgresql+psycopg://{where}")
    assert "secret" not in str(refused.value)


def test_without_psycopg_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"pip install 'datasetbuilder\[postgresql\]'"):
        Store.open(tmp_path, "postgresql://host/cells")


def test_a_folder_with_a_database_of_its_own_is_not_mixed_up(workspace_folder, address):
    with pytest.raises(WorkspaceError, match="holds a workspace with a database of its own"):
        Store.open(workspace_folder, address)


def test_a_folder_with_the_images_of_another_database_is_not_mixed_up(
    postgresql_server, address, tmp_path
):
    Store.open(tmp_path, address).close()
    Store.open(tmp_path, address).close()
    with pytest.raises(WorkspaceError, match="holds the images of another database"):
        Store.open(tmp_path, postgresql_server.new_database())


def test_a_closed_store_saves_nothing(shared):
    shared.store.close()
    with pytest.raises(StoreUnavailable, match="the workspace is closed"):
        shared.store.set_workspace_setting("a", 1)
