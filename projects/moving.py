"""Moving a workspace between a file and a PostgreSQL server, row by row and looked through.

Everything arrives in one transaction, or in a file that gets its name last: a move that is killed
leaves the source as it was and the target empty. The source is retired only after the target was
read back and found equal in every table.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Table, create_engine, func, insert, select
from sqlalchemy.pool import StaticPool

from datasetbuilder.errors import UsageError, WorkspaceError
from datasetbuilder.projects import sessions
from datasetbuilder.projects.postgresql.connections import (
    MOVED,
    plain_engine,
    plainly,
    shown,
    url_of,
)
from datasetbuilder.projects.postgresql.upgrade import build, require_alone, require_empty, upgrade
from datasetbuilder.projects.schema import metadata
from datasetbuilder.projects.sqlite.connections import DATABASE_NAME, migration_connection
from datasetbuilder.projects.sqlite.database import SqliteDatabase
from datasetbuilder.projects.sqlite.upgrade import upgrade as upgrade_file
from datasetbuilder.projects.sqlite.workspace_lock import WorkspaceLock

_BLOCK = 500

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class MovedTable:
    """How many rows of a table were moved, and the hash of all of them on both sides."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Move:
    """A move that is done: to where, every table, and where the old database lies."""

    target: str
    tables: tuple[MovedTable, ...]
    retired: str

    @property
    def rows(self) -> int:
        """All rows together."""
        return sum(table.rows for table in self.tables)


def move(
    folder: Path, database: str | None, target: str, *, progress: Progress = lambda *_: None
) -> Move:
    """Move the workspace of a folder or a database to ``target``, an address or ``sqlite``.

    Raises
    ------
    UsageError
        If source and target are of one kind.
    """
    if database and target == "sqlite":
        return move_to_file(database, folder, progress)
    if database or target == "sqlite":
        raise UsageError(
            "a folder is moved by: datasetbuilder migrate URL --workspace DIR; a database by:"
            " datasetbuilder migrate sqlite --database URL --workspace DIR"
        )
    return move_to_server(folder, target, progress)


def move_to_server(folder: Path, address: str, progress: Progress) -> Move:
    """Move the database of a folder to a server; its images stay where they are.

    Raises
    ------
    WorkspaceError
        If the folder has no database, somebody has it open, or the target is not empty.
    """
    path, url = folder / DATABASE_NAME, url_of(address)
    if not path.exists():
        raise WorkspaceError(f"{folder} holds no database to move; name its folder by --workspace")
    database = SqliteDatabase(folder)
    try:
        with plainly(url), plain_engine(url).begin() as target, database.snapshot() as source:
            require_empty(target, url)
            build(target, url)
            tables = _copied(source, target, progress)
    finally:
        database.close()
    retired = path.with_name("backups") / f"workspace-moved-{_stamp()}.db"
    retired.parent.mkdir(exist_ok=True)
    path.rename(retired)
    return Move(shown(url), tables, str(retired))


def move_to_file(address: str, folder: Path, progress: Progress) -> Move:
    """Move the database of a server into the folder of its images.

    Raises
    ------
    WorkspaceError
        If the folder has a database, or other processes have the server's open.
    """
    path, url = folder / DATABASE_NAME, url_of(address)
    folder.mkdir(parents=True, exist_ok=True)
    with WorkspaceLock(folder), plainly(url):
        if path.exists():
            raise WorkspaceError(f"{path} is there already; move it away first")
        upgrade(url)
        with plain_engine(url).begin() as source:
            source.exec_driver_sql("SET LOCAL statement_timeout = 0")
            require_alone(source, url)
            with _new_file(path) as target:
                tables = _copied(source, target, progress)
            sessions.set_setting(source, MOVED, str(path))
    return Move(str(path), tables, shown(url))


@contextmanager
def _new_file(path: Path) -> Iterator[Connection]:
    """A database that gets its name when everything in it is right."""
    draft = path.with_name(f"{path.name}.moving")
    _remove(draft)
    try:
        upgrade_file(draft)
        with closing(migration_connection(draft)) as raw:
            engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
            with engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                connection.exec_driver_sql("COMMIT")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        _synced(draft)
        draft.rename(path)
        _synced(path.parent)
    finally:
        _remove(draft)


def _copied(source: Connection, target: Connection, progress: Progress) -> tuple[MovedTable, ...]:
    """Copy every table and compare what arrived; WorkspaceError if anything differs."""
    tables = metadata.sorted_tables
    total = 2 * sum(
        source.execute(select(func.count()).select_from(t)).scalar_one() for t in tables
    )
    done, moved = 0, []
    for table in tables:
        for block in _blocks(source, table):
            target.execute(insert(table), [dict(row._mapping) for row in block])
            done += len(block)
            progress(done, total, table.name)
    for table in tables:
        here, there = _fingerprint(source, table), _fingerprint(target, table)
        if here != there:
            raise WorkspaceError(
                f"the table {table.name} arrived with {there.rows} rows that differ from its"
                f" {here.rows}; nothing was moved"
            )
        done += here.rows
        progress(done, total, table.name)
        moved.append(here)
    return tuple(moved)


def _blocks(connection: Connection, table: Table) -> Iterator[list[Any]]:
    question = select(table).order_by(*table.primary_key.columns)
    with connection.execute(question, execution_options={"yield_per": _BLOCK}) as rows:
        yield from (list(block) for block in rows.partitions())


def _fingerprint(connection: Connection, table: Table) -> MovedTable:
    seen, rows = sha256(), 0
    for block in _blocks(connection, table):
        rows += len(block)
        for row in block:
            seen.update(orjson.dumps([_written(value) for value in row]) + b"\n")
    return MovedTable(table.name, rows, seen.hexdigest())


def _written(value: object) -> object:
    return value.hex() if isinstance(value, bytes | memoryview) else value


def _stamp() -> str:
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime())


def _remove(draft: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        draft.with_name(draft.name + ending).unlink(missing_ok=True)


def _synced(path: Path) -> None:
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
