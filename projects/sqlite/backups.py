"""Copies of the whole database, each looked through before it counts.

They lie in ``backups/`` of the workspace as ``workspace-<time>.db``: one an hour for a day, one a
day for a week, one a week for four weeks, all together at most a tenth of the disk. A copy that is
not finished, or that failed its check, never carries such a name.
"""

import logging
import os
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from datasetbuilder.errors import DatasetBuilderError, StoreUnavailable
from datasetbuilder.projects.space import require_space
from datasetbuilder.projects.sqlite.connections import check_connection, plainly

BACKUPS = "backups"
SHARE = 0.1
"""How much of the disk the copies may take."""

HOUR = timedelta(hours=1)
_KEPT = ((24, "%Y%m%d%H"), (7, "%Y%m%d"), (4, "%G%V"))
_NAME = re.compile(r"workspace-(?:before-migration-from-\w+-)?(\d{8}-\d{6})\.db")
_STAMP = "%Y%m%d-%H%M%S"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Copy:
    """A finished copy of the database."""

    path: Path
    at: datetime
    size: int


def copies(folder: Path) -> list[Copy]:
    """The copies of a workspace, newest first."""
    found = []
    with suppress(OSError):
        for path in (folder / BACKUPS).iterdir():
            name = _NAME.fullmatch(path.name)
            if name and path.is_file():
                at = datetime.strptime(name[1], _STAMP).replace(tzinfo=UTC)
                found.append(Copy(path, at, path.stat().st_size))
    return sorted(found, key=lambda copy: (copy.at, copy.path.name), reverse=True)


def best(folder: Path) -> Copy | None:
    """The newest copy that is whole."""
    return next((copy for copy in copies(folder) if problem_of(copy.path) is None), None)


def way_out(folder: Path) -> str:
    """The sentence that ends every report of a damaged database."""
    newest = next(iter(copies(folder)), None)
    if newest is None:
        return (
            "restore the last good backup, if you have one elsewhere; there is none in its folder"
        )
    return (
        f"restore the last good backup: stop the server, then datasetbuilder restore {newest.path} "
        f"--workspace {folder}"
    )


def problem_of(path: Path) -> str | None:
    """What is wrong with a database file, read from end to end; None when it is whole."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            opened.execute("PRAGMA trusted_schema = OFF")
            (finding,) = opened.execute("PRAGMA quick_check(1)").fetchone()
            return finding if finding != "ok" else _miscounted(opened)
    except sqlite3.Error as error:
        return str(error)


@contextmanager
def finished(target: Path) -> Iterator[Path]:
    """A file to write, which takes the name of ``target`` once it is whole and on the disk."""
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    try:
        yield partial
        _force(partial)
        os.replace(partial, target)
        _force(target.parent)
    finally:
        partial.unlink(missing_ok=True)


_COUNTS = (
    (
        "images",
        "SELECT count(*) FROM image",
        "SELECT coalesce(sum(n), 0) FROM stat WHERE kind = 'images'",
    ),
    (
        "annotations",
        "SELECT count(*) FROM annotation",
        "SELECT coalesce(sum(n), 0) FROM stat WHERE kind = 'annotations'",
    ),
    (
        "events",
        "SELECT count(*) FROM event JOIN project ON project.id = event.project "
        "WHERE project.slug NOT LIKE '~%'",
        "SELECT coalesce(sum(seq), 0) FROM project WHERE slug NOT LIKE '~%'",
    ),
)


def _miscounted(opened: sqlite3.Connection) -> str | None:
    if opened.execute("SELECT 1 FROM project WHERE slug LIKE '~%'").fetchone():
        return None  # half of a restore, which counts nothing yet
    for what, rows, said in _COUNTS:
        there, counted = opened.execute(rows).fetchone()[0], opened.execute(said).fetchone()[0]
        if there != counted:
            return f"it holds {there} {what} and counts {counted}"
    return None


class Backups:
    """Makes and thins the copies of one workspace."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = path.parent / BACKUPS

    def make(self) -> Path:
        """Copy the database as it stands, beside all work, and look through the copy.

        Raises
        ------
        StoreUnavailable
            If the disk has no room, or the database or its copy is damaged.
        """
        require_space(self._path.parent, "The backup", needed=self._path.stat().st_size)
        self._folder.mkdir(exist_ok=True)
        for stale in self._folder.glob("*.partial"):
            stale.unlink(missing_ok=True)
        target = self._folder / f"workspace-{datetime.now(UTC).strftime(_STAMP)}.db"
        try:
            with finished(target) as partial:
                self._copy(partial)
        except OSError as error:
            raise StoreUnavailable(f"{target} was not written: {error.strerror}") from None
        self.thin(datetime.now(UTC))
        return target

    def _copy(self, partial: Path) -> None:
        with plainly(self._path), closing(check_connection(self._path)) as connection:
            connection.execute("PRAGMA query_only = OFF")
            connection.execute("VACUUM INTO ?", (str(partial),))
        problem = problem_of(partial)
        if problem is not None:
            raise StoreUnavailable(f"the copy of {self._path} is not whole: {problem}")

    def thin(self, now: datetime) -> None:
        """Remove the copies that age or size has made superfluous; the newest always stays."""
        there = copies(self._path.parent)
        kept = chosen(there, now)
        room = SHARE * shutil.disk_usage(self._path.parent).total
        for number, copy in enumerate(there):
            room -= copy.size if copy in kept else 0
            if number and (copy not in kept or room < 0):
                with suppress(OSError):
                    copy.path.unlink()


def chosen(there: Iterable[Copy], now: datetime) -> set[Copy]:
    """The newest copy of each of the last 24 hours, 7 days and 4 weeks that have one."""
    kept: set[Copy] = set()
    newest_first = sorted(there, key=lambda copy: copy.at, reverse=True)
    for most, pattern in _KEPT:
        periods: dict[str, Copy] = {}
        for copy in newest_first:
            periods.setdefault(copy.at.strftime(pattern), copy)
        kept.update(list(periods.values())[:most])
    return {copy for copy in kept if copy.at > now - timedelta(weeks=5)} | set(newest_first[:1])


class Keeper:
    """A thread that makes a copy every hour in which something changed."""

    def __init__(
        self, path: Path, changed: Callable[[], int], damaged: Callable[[str], None]
    ) -> None:
        self.problem: str | None = None
        self._backups = Backups(path)
        self._folder = path.parent
        self._changed, self._damaged = changed, damaged
        self._copied: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="datasetbuilder-backups", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop, after the copy that is being made."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(60):
            self.look(datetime.now(UTC))

    def look(self, now: datetime) -> Path | None:
        """Make a copy if one is due; a disk that reports errors puts it off."""
        began = time.monotonic()
        try:
            with plainly(self._folder):
                total = self._changed()
            newest = next(iter(copies(self._folder)), None)
            if total in (0, self._copied) or (newest is not None and now - newest.at < HOUR):
                return None
            made = self._backups.make()
        except (DatasetBuilderError, OSError) as error:
            self.problem = str(error)
            _log.warning("no backup was made: %s", error)
            if "damaged" in self.problem or "not whole" in self.problem:
                self._damaged(f"{error}; {way_out(self._folder)}")
            return None
        self._copied, self.problem = total, None
        _log.info("backup %s in %.1f s", made, time.monotonic() - began)
        return made


def _force(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
