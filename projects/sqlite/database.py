"""The database of a workspace as one file in its folder."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from datasetbuilder.errors import StoreUnavailable
from datasetbuilder.projects.database import Database
from datasetbuilder.projects.sqlite.connections import DATABASE_NAME, plainly, reader_engine
from datasetbuilder.projects.sqlite.integrity import IntegrityCheck
from datasetbuilder.projects.sqlite.upgrade import upgrade
from datasetbuilder.projects.sqlite.workspace_lock import WorkspaceLock
from datasetbuilder.projects.sqlite.writer import Writer


class SqliteDatabase(Database):
    """The file of a workspace, held by this process alone."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / DATABASE_NAME
        self._lock = WorkspaceLock(folder)
        try:
            with self.plainly():
                self.backup = upgrade(self.path)
                self._thread = Writer(self.path)
                self._readers = reader_engine(self.path)
                self._check = IntegrityCheck(self.path, self._thread.refuse)
        except BaseException:
            self._lock.release()
            raise
        self.writer = self._thread
        self.integrity = self._check

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the database in a folder, making both if they are not there."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"{folder} cannot be made: {error.strerror}") from None
        return cls(folder)

    def plainly(self) -> AbstractContextManager[None]:
        """Raise ``StoreUnavailable`` in plain words for what a failing disk or database raises."""
        return plainly(self.path)

    def close(self) -> None:
        """Finish what is being written and let the file go."""
        self._check.close()
        self._readers.dispose()
        self._thread.close()
        self._lock.release()
