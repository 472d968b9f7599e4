"""Bringing a PostgreSQL workspace to the schema of this version.

The steps run in one transaction: who is killed on the way leaves the old schema or the new one. Of
several processes that start together one does the work and the others find it done.
"""

import orjson
from sqlalchemy import URL, Connection, select

from datasetbuilder.errors import WorkspaceError
from datasetbuilder.projects.migrating import known_revisions, migrate
from datasetbuilder.projects.postgresql.connections import (
    MOVED,
    OPEN,
    UPGRADE,
    holders,
    plain_engine,
    shown,
)
from datasetbuilder.projects.schema import HEAD, setting

_OLDEST = 130000
_SCHEMA = "hashtext(current_schema())"
_MOVED = select(setting.c.value).where(setting.c.key == MOVED)
_COLLATED = (
    "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_schema = current_schema() AND data_type = 'text'"
    " AND collation_name IS DISTINCT FROM 'C'"
)


def upgrade(url: URL) -> None:
    """Create or migrate the tables.

    Raises
    ------
    WorkspaceError
        If the database is of something else or of a newer version, the server is too old, or other
        processes have an older workspace open.
    """
    with plain_engine(url).connect() as connection:
        _check_server(connection, url)
        if _revision(connection, url) != HEAD:
            connection.rollback()
            build(connection, url)
            connection.commit()
        moved = connection.execute(_MOVED).scalar()
    if moved is not None:
        raise WorkspaceError(f"{shown(url)} was moved to {orjson.loads(moved)}; open that one")


def build(connection: Connection, url: URL) -> None:
    """Bring the schema up inside the open transaction, alone."""
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE}, {_SCHEMA})")
    revision = _revision(connection, url)
    if revision == HEAD:
        return
    if revision is not None and revision not in known_revisions():
        raise WorkspaceError(
            f"{shown(url)} was written by a newer version of datasetbuilder (its schema is "
            f"{revision}, this version knows {HEAD}); update datasetbuilder to open it"
        )
    require_alone(connection, url)
    migrate(connection)
    _order_text_by_its_bytes(connection)


def require_empty(connection: Connection, url: URL) -> None:
    """Refuse a database with tables; WorkspaceError says how to go on."""
    if _revision(connection, url) is not None:
        raise WorkspaceError(
            f"{shown(url)} holds a workspace already; name an empty database (createdb), or an"
            " empty schema by ?options=-csearch_path%3Dname"
        )


def require_alone(connection: Connection, url: URL) -> None:
    """Keep others out until the end of the transaction; WorkspaceError if somebody is in."""
    question = f"SELECT pg_try_advisory_xact_lock({OPEN}, {_SCHEMA})"
    if not connection.exec_driver_sql(question).scalar():
        raise WorkspaceError(
            f"{shown(url)} is in use ({', '.join(holders(connection)) or 'somebody'}); stop the"
            " servers and commands that have it open, then try again"
        )


def _check_server(connection: Connection, url: URL) -> None:
    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    if version < _OLDEST:
        raise WorkspaceError(
            f"{shown(url)} is served by PostgreSQL {version // 10_000}; version 13 is the oldest"
            " that can be used"
        )
    if connection.exec_driver_sql("SELECT current_schema()").scalar() is None:
        raise WorkspaceError(f"{shown(url)}: the schema is not there; make it, or mend search_path")


def _revision(connection: Connection, url: URL) -> str | None:
    tables = set(
        connection.exec_driver_sql(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        ).scalars()
    )
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise WorkspaceError(
            f"{shown(url)} holds tables of something else; choose an empty database, or an empty"
            " schema by ?options=-csearch_path%3Dname"
        )
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _order_text_by_its_bytes(connection: Connection) -> None:
    """Compare text as SQLite does, whatever language the database was made for."""
    for table, column in connection.exec_driver_sql(_COLLATED).all():
        connection.exec_driver_sql(
            f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE text COLLATE "C"'
        )
