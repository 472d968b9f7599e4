"""A folder that appears whole or not at all.

Files are written into a staging folder beside the target, forced to the disk, and the folder is
renamed. A staging folder is locked while its process lives; one that a killed process left behind
is swept away by the next export to the same place.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from datasetbuilder.errors import AlreadyExists

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock
    fcntl = None

_PREFIX = ".datasetbuilder-export-"
_LOCK = ".lock"
_CONTENT = "content"


def refuse_taken(target: Path) -> None:
    """Refuse a target that is anything but an empty or missing folder.

    Raises
    ------
    AlreadyExists
        Naming the way out.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise AlreadyExists(f"{target} is no folder. Name one that does not exist yet.")
    if target.is_dir() and any(target.iterdir()):
        raise AlreadyExists(
            f"{target} is not empty, and an export never overwrites. Name another folder, or move "
            "this one away first."
        )


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A folder to write into that becomes ``target`` when the block ends well.

    Raises
    ------
    AlreadyExists
        If the target is or becomes taken.
    """
    refuse_taken(target)
    made = _make_parents(target.parent)
    sweep(target.parent)
    try:
        with _locked_folder(target.parent) as staging:
            content = staging / _CONTENT
            content.mkdir()
            yield content
            _force_to_disk(content)
            _rename(content, target)
            _force_folder(target.parent)
    except BaseException:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def sweep(parent: Path) -> None:
    """Remove the staging folders in ``parent`` whose process is gone."""
    for stale in parent.glob(_PREFIX + "*"):
        with suppress(OSError), (stale / _LOCK).open("rb") as lock:
            if _take(lock.fileno()):
                shutil.rmtree(stale, ignore_errors=True)


@contextmanager
def _locked_folder(parent: Path) -> Iterator[Path]:
    """A new folder that others leave alone; it goes with all that is in it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        try:
            with (folder / _LOCK).open("wb") as lock:
                # another export may have taken the folder for a stale one before it was locked
                if fcntl is None or (_take(lock.fileno()) and (folder / _LOCK).exists()):
                    yield folder
                    return
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _take(descriptor: int) -> bool:
    if fcntl is None:  # pragma: no cover - without locks nothing is known to be stale
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _make_parents(parent: Path) -> list[Path]:
    missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    parent.mkdir(parents=True, exist_ok=True)
    return missing


def _rename(content: Path, target: Path) -> None:
    refuse_taken(target)
    if os.name == "nt" and target.is_dir():  # pragma: no cover - there a rename needs a free name
        target.rmdir()
    try:
        content.rename(target)
    except OSError as error:
        refuse_taken(target)
        raise error


def _force_to_disk(folder: Path) -> None:
    for home, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(home, name)
            if not os.path.islink(path):
                _force(path, os.O_RDWR)
        _force_folder(Path(home))


def _force_folder(folder: Path) -> None:
    if os.name != "nt":
        _force(folder, os.O_RDONLY)


def _force(path: str | Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
