"""Connections to a PostgreSQL server: addresses, sessions, locks, words for its failures."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import DataError as Unfit
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.pool import NullPool

from datasetbuilder.errors import DataError, StoreUnavailable, UsageError, WorkspaceError
from datasetbuilder.projects.schema import HEAD

MOVED = "moved_to"
"""The setting of a workspace that was moved elsewhere: where it is."""

OPEN, UPGRADE, WORKSPACE = 1_684_108_385, 1_684_108_386, 1_684_108_387
"""What the advisory locks stand for: that it is open, its schema changes, something is written."""

_LOCK_WAIT = "5s"
_ISOLATION = "REPEATABLE READ"
_SETUP = (
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') IN ('off', 'local')",
    f"SET lock_timeout = '{_LOCK_WAIT}'",
)
_WRITER_SETUP = (
    *_SETUP,
    "SET statement_timeout = '60s'",
    # A process that stops in the middle of a write must not keep the project for itself.
    "SET idle_in_transaction_session_timeout = '60s'",
    f"SELECT pg_advisory_lock_shared({OPEN}, hashtext(current_schema()))",
)
_LIBPQ = {
    "connect_timeout": "5",
    "application_name": "datasetbuilder",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
_HOW = "pip install 'datasetbuilder[postgresql]'"
_NO_ANSWER = "the database server does not answer; it is saved as soon as it runs again"
_REASONS = {
    "08": _NO_ANSWER,
    "57P": _NO_ANSWER,
    "25P03": _NO_ANSWER,
    "53100": "the disk of the database server is full; free some space, then it is saved at the"
    " next attempt",
    "53300": "the database server has no free connection; raise max_connections or run fewer"
    " web processes",
    "53": "the database server is short of memory or disk; look at its log",
    "55P03": "another process holds the project for longer than " + _LOCK_WAIT,
    "57014": "the database server took too long; it is tried again",
    "40": "other processes wrote at the same moment; it is saved at the next attempt",
    "25006": "the database server takes no writes now (it is a standby or read-only)",
    "28": "the database server refuses this user or password",
    "3D000": "the database is not there; make it with createdb",
    "3F000": "the schema is not there; make it, or take search_path out of the address",
    "42501": "this user may not write there; grant it the right to create tables",
    "58": "the database server reports an error of its disk; look at its log",
    "XX": "the database server reports damaged data; look at its log and restore a backup",
}


def url_of(address: str) -> URL:
    """The address of a database, checked.

    Raises
    ------
    UsageError
        If it is no address of a PostgreSQL database, or psycopg is not installed.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise UsageError(
            "a database is named as postgresql+psycopg://user@host/name; "
            "without --database the workspace is a folder"
        )
    if not url.database:
        raise UsageError(f"{shown(url)} names no database; put /name behind the host")
    _require_psycopg()
    return url.set(drivername="postgresql+psycopg")


def _require_psycopg() -> None:
    try:
        import psycopg
    except ImportError as error:
        raise UsageError(f"PostgreSQL needs the package psycopg ({error}): {_HOW}") from None
    del psycopg


def shown(url: URL) -> str:
    """The address without the password, as it may be printed."""
    return url.difference_update_query(["password"]).render_as_string(hide_password=True)


def writer_engine(url: URL) -> Engine:
    """Connections that write, each of which has looked whether this version may write there.

    READ COMMITTED, since the first statement of a write waits for the project's lock: a snapshot
    that was taken before that wait would not see what the holder of the lock has written.
    """
    engine = create_engine(
        url,
        connect_args=_LIBPQ,
        isolation_level="READ COMMITTED",
        pool_size=4,
        max_overflow=12,
    )

    def prepare(connection: Any, _record: object) -> None:
        _run(connection, _WRITER_SETUP)
        _check_schema(connection, url)

    event.listen(engine, "connect", prepare)
    return engine


def reader_engine(url: URL) -> Engine:
    """Connections that only read, each transaction one state of the database."""
    engine = create_engine(
        url,
        connect_args=_LIBPQ,
        isolation_level=_ISOLATION,
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=True,
        execution_options={"postgresql_readonly": True},
    )
    event.listen(engine, "connect", lambda connection, _record: _run(connection, _SETUP))
    return engine


def plain_engine(url: URL) -> Engine:
    """Single connections for what is done rarely: upgrading, moving, asking what became of it."""
    engine = create_engine(
        url, connect_args=_LIBPQ, isolation_level="READ COMMITTED", poolclass=NullPool
    )
    event.listen(engine, "connect", lambda connection, _record: _run(connection, _SETUP))
    return engine


def _run(connection: Any, statements: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.commit()


def _check_schema(connection: Any, url: URL) -> None:
    """Refuse a database that another process has upgraded or moved since this one began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version_num FROM alembic_version")
        revisions = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT value FROM setting WHERE key = %s", (MOVED,))
        moved = cursor.fetchone()
    connection.commit()
    if revisions != [HEAD]:
        raise StoreUnavailable(
            f"{shown(url)}: not saved, another version of datasetbuilder has upgraded the"
            " database; restart this server with that version"
        )
    if moved is not None:
        raise WorkspaceError(f"{shown(url)} was moved to {moved[0]}; open that one")


def holders(connection: Connection) -> list[str]:
    """Who has the workspace open for writing, this connection not counted."""
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT a.pid, coalesce(host(a.client_addr), 'this machine')"
        " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
        " WHERE l.locktype = 'advisory' AND l.classid = %s"
        " AND l.objid = hashtext(current_schema())::bigint & 4294967295"
        " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND l.granted AND a.pid <> pg_backend_pid()",
        (OPEN,),
    ).all()
    return [f"connection {pid} from {place}" for pid, place in rows]


@contextmanager
def plainly(url: URL) -> Iterator[None]:
    """Raise ``StoreUnavailable`` in plain words for what a failing server raises."""
    try:
        yield
    except (DBAPIError, NoFreeConnection) as error:
        refusal = unavailable(error, url)
        if refusal is None:
            raise
        raise refusal from error


def unavailable(error: Exception, url: URL) -> StoreUnavailable | DataError | None:
    """What a failing server is called in plain words, or None for a fault of ours."""
    if isinstance(error, Unfit):
        return DataError(f"the database cannot hold this: {_first_line(error)}")
    if isinstance(error, NoFreeConnection):
        return _not_saved(url, "all connections to the database are in use; try again")
    if isinstance(error, IntegrityError) or not isinstance(error, DBAPIError):
        return None
    state = getattr(error.orig, "sqlstate", None) or ""
    for length in range(len(state), 1, -1):
        if state[:length] in _REASONS:
            return _not_saved(url, _REASONS[state[:length]])
    if error.connection_invalidated or (not state and _is_operational(error)):
        return _not_saved(url, f"{_NO_ANSWER} ({_first_line(error)})")
    return None


def _not_saved(url: URL, reason: str) -> StoreUnavailable:
    return StoreUnavailable(f"{shown(url)}: not saved, {reason}")


def _is_operational(error: DBAPIError) -> bool:
    import psycopg

    return isinstance(error.orig, psycopg.OperationalError | psycopg.InterfaceError)


def _first_line(error: DBAPIError) -> str:
    return next(iter(str(error.orig).strip().splitlines()), "no reason given")[:200]
