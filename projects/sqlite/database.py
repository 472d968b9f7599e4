"""The database of a workspace as one file in its folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from datasetbuilder.errors import StoreUnavailable
from datasetbuilder.projects.database import Database
from datasetbuilder.projects.sqlite.backups import Keeper, way_out
from datasetbuilder.projects.sqlite.connections import (
    DATABASE_NAME,
    acknowledged_total,
    is_damage,
    plainly,
    reader_engine,
)
from datasetbuilder.projects.sqlite.integrity import IntegrityCheck
from datasetbuilder.projects.sqlite.mark import Mark
from datasetbuilder.projects.sqlite.upgrade import upgrade
from datasetbuilder.projects.sqlite.workspace_lock import WorkspaceLock
from datasetbuilder.projects.sqlite.writer import Writer


class SqliteDatabase(Database):
    """The file of a workspace, held by this process alone."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / DATABASE_NAME
        self.name = str(self.path)
        self.is_shared = False
        self._lock = WorkspaceLock(folder)
        self._keeper: Keeper | None = None
        try:
            with self.plainly():
                self.backup = upgrade(self.path)
                self._mark = Mark(folder)
                behind = self._behind()
                self._thread = Writer(self.path, self._mark.write, self._suspect)
                self._readers = reader_engine(self.path)
                self._check = IntegrityCheck(self.path, self._thread.refuse, known=behind)
        except BaseException:
            self._lock.release()
            raise
        self.writer = self._thread
        self.integrity = self._check

    def _behind(self) -> str | None:
        """What is wrong if the database lacks work that was acknowledged, as far as that shows."""
        told, there = self._mark.read(), acknowledged_total(self.path)
        if told is None or told <= there:
            return None
        return (
            f"{self.path} lacks {told - there} changes that were acknowledged: its -wal file was "
            "deleted, or an older file was put in its place. Nothing is saved until you decide: "
            f"{way_out(self.path.parent)}; or, to go on with what is there, delete "
            f"{self._mark.path}"
        )

    @contextmanager
    def plainly(self) -> Iterator[None]:
        """Raise ``StoreUnavailable`` in plain words for what a failing disk or database raises."""
        try:
            with plainly(self.path):
                yield
        except StoreUnavailable as error:
            if is_damage(error.__cause__):
                self._suspect()
            raise

    def _suspect(self) -> None:
        if hasattr(self, "_check"):
            self._check.suspect()

    def keep_backups(self) -> None:
        """Copy the database in the background, every hour in which something changed."""
        if self._keeper is None:
            self._keeper = Keeper(
                self.path, lambda: acknowledged_total(self.path), self._thread.refuse
            )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the file and never waits for the writer."""
        with self.plainly(), self._readers.connect() as connection:
            try:
                yield connection
            except BaseException:
                # A result that nobody reads to its end would hold the next reader in the past.
                connection.invalidate()
                raise

    def close(self) -> None:
        """Finish what is being written and let the file go."""
        if self._keeper is not None:
            self._keeper.close()
        self._check.close()
        self._readers.dispose()
        self._thread.close()
        self._mark.close()
        self._lock.release()
