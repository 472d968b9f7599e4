"""Which database a workspace has."""

from pathlib import Path

from datasetbuilder.errors import StoreUnavailable, WorkspaceError
from datasetbuilder.projects.database import Database
from datasetbuilder.projects.sqlite.connections import DATABASE_NAME
from datasetbuilder.projects.sqlite.database import SqliteDatabase


def open_database(folder: Path, address: str | None) -> Database:
    """The database in the folder, or the one of a server at an address."""
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

    return PostgresqlDatabase(address)
