"""The check of the whole database file that goes on behind while people already work."""

import logging
import re
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from datasetbuilder.projects.sqlite.backups import way_out
from datasetbuilder.projects.sqlite.connections import (
    check_connection,
    is_damage,
    unavailable,
)

AGAIN = 60.0
"""After how many seconds the check is tried again when the disk did not let it."""

_ERROR_CODE = re.compile(r"error code[ =](\d+)")
_log = logging.getLogger(__name__)


class IntegrityCheck:
    """Reads every page once in a thread of its own and tells ``damaged`` what it found, if so.

    A disk that cannot be read just then is no damage: nothing is refused, and it looks again.
    SQLite calls a file damaged whose reading was cut short, so that word alone is a suspicion:
    whoever hears it lets the check look again, with a connection that remembers nothing.
    """

    def __init__(
        self, path: Path, damaged: Callable[[str], None], *, known: str | None = None
    ) -> None:
        self.problem = known
        if known is not None:
            damaged(known)
        self._path = path
        self._damaged = damaged
        self._connection: sqlite3.Connection | None = check_connection(path)
        self._is_put_off = False
        self._stopped, self._looked, self._wake = (threading.Event() for _ in range(3))
        self._thread = threading.Thread(target=self._run, name="datasetbuilder-check", daemon=True)
        self._thread.start()

    def wait(self) -> str | None:
        """Wait until the file was looked through; what is wrong, or None."""
        self._looked.wait()
        return self.problem

    def suspect(self) -> None:
        """Look through the file again: somebody was told that it is damaged."""
        self._looked.clear()
        self._wake.set()

    def close(self) -> None:
        """Stop the check where it stands; calling it twice does no harm."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._wake.set()
        with suppress(sqlite3.Error, AttributeError):
            self._connection.interrupt()  # type: ignore[union-attr]
        self._thread.join()
        self._let_go()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            done = self._look()
            self._looked.set()
            self._wake.wait(None if done else AGAIN)

    def _look(self) -> bool:
        """Look through the file; False if the disk did not let us, which is no damage."""
        try:
            finding = self._heard() or self._heard() or "the file is damaged"
        except sqlite3.Error as error:
            self._put_off(error)
            return False
        if self._stopped.is_set():
            return True
        if finding != "ok":
            self.problem = (
                f"{self._path}: the database file is damaged ({finding}); "
                f"{way_out(self._path.parent)}"
            )
            self._damaged(self.problem)
        elif self._is_put_off:
            self.problem, self._is_put_off = None, False
        return True

    def _heard(self) -> str | None:
        """What the check finds; None if damage stopped it, to be believed the second time."""
        try:
            return self._finding()
        except sqlite3.Error as error:
            self._let_go()
            if not is_damage(error):
                raise
            return None

    def _finding(self) -> str:
        if self._connection is None:
            self._connection = check_connection(self._path)
        rows = self._connection.execute("PRAGMA quick_check(1)").fetchall()
        finding = rows[0][0] if rows else "ok"
        code = _ERROR_CODE.search(finding)
        if code and int(code[1]) & 0xFF == sqlite3.SQLITE_IOERR:
            raise sqlite3.OperationalError("disk I/O error")
        return finding

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _put_off(self, error: sqlite3.Error) -> None:
        if self._stopped.is_set():
            return
        refusal = unavailable(error, self._path, "not looked through")
        words = str(refusal) if refusal else f"{self._path}: not looked through, {error}"
        _log.warning("%s", words)
        if self.problem is None:
            self.problem, self._is_put_off = words, True
