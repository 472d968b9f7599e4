"""Bringing a workspace's database to the schema of this version.

The recorded revision is read first, so that a workspace that is up to date opens without loading
alembic. An older one is copied aside, then migrated in a single transaction: a process that is
killed on the way leaves the old schema or the new one.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from datasetbuilder.errors import WorkspaceError
from datasetbuilder.projects.migrating import known_revisions, migrate
from datasetbuilder.projects.schema import HEAD
from datasetbuilder.projects.sqlite.backups import finished, problem_of, way_out
from datasetbuilder.projects.sqlite.connections import check_connection, migration_connection


def upgrade(path: Path) -> Path | None:
    """Create or migrate the database at ``path``.

    Returns
    -------
    backup : Path or None
        The copy that was made before an older schema was touched.

    Raises
    ------
    WorkspaceError
        If the file is no workspace or was written by a newer version.
    """
    revision = None if _is_empty(path) else revision_of(path)
    if revision == HEAD:
        return None
    connection = migration_connection(path)
    try:
        backup = None if revision is None else _backup(connection, path, revision)
        _migrate(connection, path, revision)
    finally:
        connection.close()
    return backup


def _is_empty(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


def revision_of(path: Path) -> str | None:
    """The recorded schema of a database, None when it has no tables."""
    # Read-only: the file of something else must not be touched.
    try:
        with closing(check_connection(path)) as connection:
            return _recorded(connection, path)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
            raise WorkspaceError(
                f"{path} is damaged or not a workspace database; {way_out(path.parent)}, or "
                "choose another folder"
            ) from None
        raise


def _recorded(connection: sqlite3.Connection, path: Path) -> str | None:
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise WorkspaceError(f"{path} is a database of something else; choose another folder")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def _backup(connection: sqlite3.Connection, path: Path, revision: str) -> Path:
    folder = path.parent / "backups"
    folder.mkdir(exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    target = folder / f"{path.stem}-before-migration-from-{revision}-{stamp}.db"
    with finished(target) as partial:
        connection.execute("VACUUM INTO ?", (str(partial),))
        problem = problem_of(partial)
        if problem is not None:
            raise WorkspaceError(
                f"{path} is damaged ({problem}) and was not brought to this version's schema; "
                f"{way_out(path.parent)}"
            )
    return target


def _migrate(connection: sqlite3.Connection, path: Path, revision: str | None) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    if revision is not None and revision not in known_revisions():
        raise WorkspaceError(
            f"{path} was written by a newer version of datasetbuilder (its schema is {revision}, "
            f"this version knows {HEAD}); update datasetbuilder to open it"
        )
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as live:
        live.exec_driver_sql("BEGIN IMMEDIATE")
        migrate(live)
        broken = live.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            live.exec_driver_sql("ROLLBACK")
            raise WorkspaceError(f"{path}: the migration would leave a dangling row {broken}")
        live.exec_driver_sql("COMMIT")
