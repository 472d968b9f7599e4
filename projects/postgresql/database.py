"""The database of a workspace on a PostgreSQL server."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection

from datasetbuilder.projects.database import Database
from datasetbuilder.projects.postgresql.connections import plainly, reader_engine, shown, url_of
from datasetbuilder.projects.postgresql.upgrade import upgrade
from datasetbuilder.projects.postgresql.writer import Writer


class NothingToCheck:
    """The server checks its own files; there is nothing to read page by page from here."""

    problem: str | None = None

    def wait(self) -> str | None:
        """Nothing is wrong as far as is known."""
        return None


class PostgresqlDatabase(Database):
    """One schema of a PostgreSQL database, open in as many processes as like."""

    def __init__(self, address: str) -> None:
        self._url = url_of(address)
        self.name = shown(self._url)
        self.is_shared = True
        self.backup = None
        self.integrity = NothingToCheck()
        with self.plainly():
            upgrade(self._url)
        self._writer = Writer(self._url)
        self.writer = self._writer
        self._readers = reader_engine(self._url)

    def plainly(self) -> AbstractContextManager[None]:
        """Raise ``StoreUnavailable`` in plain words for what a failing server raises."""
        return plainly(self._url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and never waits for writers."""
        with self.plainly(), self._readers.connect() as connection:
            yield connection

    def close(self) -> None:
        """Finish what is being written and let the connections go."""
        self._writer.close()
        self._readers.dispose()
