"""The database of a workspace that a server holds, as another program on this machine sees it.

Reading needs nobody's leave: a read-only connection sees one state, whatever is written meanwhile.
Writing stays with the server; a second writer, or a second connection that checkpoints, is never
opened.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Connection

from datasetbuilder.errors import WorkspaceError
from datasetbuilder.projects.database import Database
from datasetbuilder.projects.schema import HEAD
from datasetbuilder.projects.sqlite.backups import problem_of
from datasetbuilder.projects.sqlite.connections import DATABASE_NAME, plainly, reader_engine
from datasetbuilder.projects.sqlite.upgrade import revision_of


class _NoWriter:
    """Says who writes here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def submit(
        self, work: Callable[..., Any], *, weight: int = 1, project: int | None = None
    ) -> NoReturn:
        """Refuse."""
        raise WorkspaceError(
            f"a server holds {self._folder}, and this cannot be handed over to it; do it on the"
            " server's pages, or stop the server first"
        )

    def refuse(self, reason: str) -> None:
        """Nothing to refuse: nothing is written from here."""


class _CheckOnDemand:
    """The server checks in the background; here only who asks is told."""

    problem: str | None = None

    def __init__(self, path: Path) -> None:
        self._path = path

    def wait(self) -> str | None:
        """Read the file from end to end; what is wrong, or None."""
        self.problem = problem_of(self._path)
        return self.problem


class BesideDatabase(Database):
    """The file of a workspace that another process holds."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / DATABASE_NAME
        with self.plainly():
            revision = revision_of(self.path)
        if revision != HEAD:
            raise WorkspaceError(
                f"the server of {folder} is another version of datasetbuilder (its schema is"
                f" {revision}, this version knows {HEAD}); use the same version"
            )
        self.name = str(self.path)
        self.is_shared = True
        self.backup = None
        self.writer = _NoWriter(folder)
        self.integrity = _CheckOnDemand(self.path)
        self._readers = reader_engine(self.path)

    def plainly(self) -> AbstractContextManager[None]:
        """Raise ``StoreUnavailable`` in plain words for what a failing disk or database raises."""
        return plainly(self.path)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and never waits for writers."""
        with self.plainly(), self._readers.connect() as connection:
            try:
                yield connection
            except BaseException:
                # A result that nobody reads to its end would hold the next reader in the past.
                connection.invalidate()
                raise

    def close(self) -> None:
        """Let the file go."""
        self._readers.dispose()
