"""Putting a backup of the whole database in the place of the one that is there.

The file that was there is kept in ``backups/replaced-<time>/``. A process that is killed on the way
leaves the old database, or the new one, never one with the other's log.
"""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from datasetbuilder.errors import FormatError, StoreUnavailable
from datasetbuilder.projects.space import require_space
from datasetbuilder.projects.sqlite.backups import BACKUPS, best, copies, problem_of
from datasetbuilder.projects.sqlite.connections import DATABASE_NAME
from datasetbuilder.projects.sqlite.mark import Mark
from datasetbuilder.projects.sqlite.workspace_lock import WorkspaceLock

_SQLITE = b"SQLite format 3\0"
_LOGS = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Rescue:
    """What was put in place, and where that lies which was there before."""

    database: Path
    replaced: Path | None


def is_database(file: Path) -> bool:
    """Whether a file is a database, and not a backup of one project."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Findings:
    """What a workspace is like from outside, whether or not it can be opened."""

    problems: tuple[str, ...]
    best: Path | None
    n_copies: int
    command: str | None


def look_from_outside(folder: Path) -> Findings:
    """Read the database and its copies without opening the workspace or writing anything."""
    database, newest = folder / DATABASE_NAME, best(folder)
    problems = []
    if not database.exists():
        problems.append(f"{database} is not there")
    elif (wrong := problem_of(database)) is not None:
        problems.append(f"{database} is damaged: {wrong}")
    command = None
    if newest is not None:
        command = f"datasetbuilder restore {newest.path} --workspace {folder}"
    return Findings(tuple(problems), newest.path if newest else None, len(copies(folder)), command)


def restore_workspace(folder: Path, file: Path) -> Rescue:
    """Make a backup the database of a workspace that no server holds.

    Raises
    ------
    WorkspaceError
        If a server holds the workspace.
    FormatError
        If the backup is damaged.
    StoreUnavailable
        If the disk refuses; then the database is as it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with WorkspaceLock(folder):
        problem = problem_of(file)
        if problem is not None:
            raise FormatError(f"{file} is damaged ({problem}); choose another backup")
        require_space(folder, "The restore", needed=file.stat().st_size)
        try:
            return _replace(folder / DATABASE_NAME, file)
        except OSError as error:
            raise StoreUnavailable(f"{folder} was not restored: {error.strerror}") from None


def _replace(database: Path, file: Path) -> Rescue:
    staged = database.with_suffix(".restoring")
    shutil.copyfile(file, staged)
    _force(staged)
    replaced = _put_aside(database)
    # The log first: a new database must never meet the log of the old one.
    for tail in _LOGS:
        Path(f"{database}{tail}").unlink(missing_ok=True)
    Mark(database.parent).forget()
    _force(database.parent)
    os.replace(staged, database)
    _force(database.parent)
    return Rescue(database, replaced)


def _put_aside(database: Path) -> Path | None:
    there = [path for path in (database, *_logs(database)) if path.exists()]
    if not there:
        return None
    aside = database.parent / BACKUPS / time.strftime("replaced-%Y%m%d-%H%M%S", time.gmtime())
    aside.mkdir(parents=True, exist_ok=True)
    for path in there:
        shutil.copyfile(path, aside / path.name)
    return aside


def _logs(database: Path) -> list[Path]:
    return [Path(f"{database}{tail}") for tail in _LOGS]


def _force(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
