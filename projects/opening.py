"""Which database a workspace has, and which folder a database has."""

import hashlib
import re
from pathlib import Path
from uuid import uuid4

from datasetbuilder.errors import StoreUnavailable, WorkspaceError
from datasetbuilder.projects import sessions
from datasetbuilder.projects.database import Database
from datasetbuilder.projects.sqlite.connections import DATABASE_NAME
from datasetbuilder.projects.sqlite.database import SqliteDatabase

_ID_NAME = "workspace.id"
_ID_SETTING = "id"


def open_database(folder: Path, address: str | None) -> Database:
    """The database in the folder, or the one of a server at an address.

    Raises
    ------
    WorkspaceError
        If the folder belongs to another database.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"{folder} cannot be made: {error.strerror}") from None
    if address is None:
        return SqliteDatabase(folder)
    if (folder / DATABASE_NAME).exists():
        raise WorkspaceError(
            f"{folder} holds a workspace with a database of its own; name another folder by"
            " --workspace, or move that workspace by: datasetbuilder migrate"
        )
    from datasetbuilder.projects.postgresql.database import PostgresqlDatabase

    database = PostgresqlDatabase(address)
    try:
        _require_own(folder, database)
    except BaseException:
        database.close()
        raise
    return database


def folder_name(address: str) -> str:
    """What the folder of a database is called where nobody names one."""
    from datasetbuilder.projects.postgresql.connections import url_of

    url = url_of(address)
    where = f"{url.host or ''}:{url.port or ''}/{url.database}?{sorted(url.query.items())}"
    plain = re.sub(r"[^A-Za-z0-9]+", "-", f"{url.host or 'local'}-{url.database}").strip("-")
    return f"{plain[:60]}-{hashlib.sha256(where.encode()).hexdigest()[:8]}"


def _require_own(folder: Path, database: Database) -> None:
    """Two databases with a project of one name would mix up their images in one folder."""
    with database.reading() as connection:
        number = sessions.setting_value(connection, _ID_SETTING, None)
    if number is None:
        number = database.writer.submit(
            lambda t: sessions.first_setting(t.connection, _ID_SETTING, uuid4().hex)
        )
    mark = folder / _ID_NAME
    try:
        if not mark.exists():
            mark.write_text(number, encoding="utf-8")
        found = mark.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StoreUnavailable(f"{mark} cannot be used: {error.strerror}") from None
    if found != number:
        raise WorkspaceError(
            f"{folder} holds the images of another database; name another folder by --workspace"
        )
