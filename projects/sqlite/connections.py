"""Connections to the file of a workspace: engines, pragmas, and the words for a failing disk."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool, QueuePool

from datasetbuilder.errors import StoreUnavailable

DATABASE_NAME = "workspace.db"
TOTAL = "SELECT coalesce(sum(seq), 0) FROM project"
_BUSY_MS = 5_000
_WRITER_PRAGMAS = (
    "page_size = 8192",
    f"busy_timeout = {_BUSY_MS}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "wal_autocheckpoint = 1000",
    "cache_size = -32768",
    "temp_store = MEMORY",
)
_READER_PRAGMAS = (
    f"busy_timeout = {_BUSY_MS}",
    "query_only = ON",
    "cache_size = -16384",
    "temp_store = MEMORY",
)
_REASONS = {
    "SQLITE_FULL": "the disk is full; free some space, then it is saved at the next attempt",
    "SQLITE_READONLY": "the disk or the file is read-only; make it writable again",
    "SQLITE_CANTOPEN": "the database file cannot be opened; check that its folder is there and"
    " may be written",
    "SQLITE_IOERR": "the disk reports an error while reading or writing; check the disk",
    "SQLITE_BUSY": "another process holds the database; close it",
    "SQLITE_LOCKED": "another process holds the database; close it",
    "SQLITE_CORRUPT": "the database file is damaged; restore the last good backup",
    "SQLITE_NOTADB": "the file is not a workspace database; restore the last good backup",
}


def writer_engine(path: Path) -> Engine:
    """The engine of the one connection that writes and checkpoints."""
    engine = create_engine(
        "sqlite://", creator=lambda: _connect(path, "rwc", _WRITER_PRAGMAS), poolclass=NullPool
    )
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def reader_engine(path: Path) -> Engine:
    """The engine of the connections that can only read."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: _connect(path, "ro", _READER_PRAGMAS),
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=56,
    )
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
    return engine


def _connect(path: Path, mode: str, pragmas: Iterable[str]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=_BUSY_MS / 1000,
    )
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def migration_connection(path: Path) -> sqlite3.Connection:
    """A raw connection without foreign keys, as altering a table by copying it needs."""
    connection = _connect(path, "rwc", _WRITER_PRAGMAS)
    connection.execute("PRAGMA foreign_keys = OFF").close()
    return connection


def check_connection(path: Path) -> sqlite3.Connection:
    """A raw read-only connection for the integrity check, to be interrupted at will."""
    return _connect(path, "ro", _READER_PRAGMAS)


def optimize(connection: Connection) -> None:
    """Let the database refresh the statistics that its planner uses."""
    connection.connection.execute("PRAGMA optimize").close()


def acknowledged_total(path: Path) -> int:
    """The sum of the event numbers of all projects: it grows with every change."""
    with closing(check_connection(path)) as connection:
        return connection.execute(TOTAL).fetchone()[0]


def is_damage(error: BaseException | None) -> bool:
    """Whether an error says that the file itself is damaged."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


@contextmanager
def plainly(path: Path) -> Iterator[None]:
    """Raise ``StoreUnavailable`` in plain words for what a failing disk or database raises."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        refusal = unavailable(error, path, "not opened or read")
        if refusal is None:
            raise
        raise refusal from error


def unavailable(error: Exception, path: Path, what: str = "not saved") -> StoreUnavailable | None:
    """What a failing disk or database is called in plain words, or None for a fault of ours."""
    if isinstance(error, IntegrityError) or not isinstance(error, DBAPIError | sqlite3.Error):
        return None
    cause = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(cause, "sqlite_errorname", "") or ""
    for prefix, reason in _REASONS.items():
        if name.startswith(prefix):
            return StoreUnavailable(f"{path}: {what}, {reason}")
    return None
