"""The check of the whole database file that goes on behind while people already work."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from datasetbuilder.projects.sqlite.backups import way_out
from datasetbuilder.projects.sqlite.connections import check_connection


class IntegrityCheck:
    """Reads every page once in a thread of its own and tells ``damaged`` what it found, if so."""

    def __init__(
        self, path: Path, damaged: Callable[[str], None], *, known: str | None = None
    ) -> None:
        self.problem = known
        if known is not None:
            damaged(known)
        self._path = path
        self._damaged = damaged
        self._connection = check_connection(path)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="datasetbuilder-check", daemon=True)
        self._thread.start()

    def wait(self) -> str | None:
        """Wait for the end of the check; what is wrong, or None."""
        self._thread.join()
        return self.problem

    def close(self) -> None:
        """Stop the check where it stands; calling it twice does no harm."""
        if self._stopped:
            return
        self._stopped = True
        self._connection.interrupt()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        try:
            rows = self._connection.execute("PRAGMA quick_check(1)").fetchall()
            finding = rows[0][0] if rows else "ok"
        except sqlite3.Error as error:
            finding = str(error)
        if finding != "ok" and not self._stopped:
            self.problem = (
                f"{self._path}: the database file is damaged ({finding}); "
                f"{way_out(self._path.parent)}"
            )
            self._damaged(self.problem)
