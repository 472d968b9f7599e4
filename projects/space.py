"""The room that is left on a disk: imports and exports leave enough of it for saves."""

import shutil
from collections.abc import Callable
from pathlib import Path

from datasetbuilder.errors import StoreUnavailable

LOW_BYTES = 200 * 2**20
"""Below this much free space only saves go on."""

_LOOK_EVERY = 16


def free_bytes(folder: Path) -> int | None:
    """What is free where a folder is or is to be made; None where nobody can say."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def watching_space(
    folder: Path, what: str, progress: Callable[[int, int, str], None] | None
) -> Callable[[int, int, str], None]:
    """A progress that stops the work when the disk runs low; refuses at once if it is low already.

    What is called ``what`` stops with ``StoreUnavailable``, as in `require_space`.
    """
    require_space(folder, what)

    def told(done: int, total: int, name: str) -> None:
        if done % _LOOK_EVERY == 0:
            require_space(folder, what)
        if progress is not None:
            progress(done, total, name)

    return told


def require_space(folder: Path, what: str, *, needed: int = 0) -> None:
    """Refuse to fill a disk up.

    Parameters
    ----------
    folder : Path
        Where is going to be written.
    what : str
        What is going to be written there, to begin the sentence with.
    needed : int, optional
        How many bytes it takes, as far as that is known.

    Raises
    ------
    StoreUnavailable
        If less than ``LOW_BYTES`` would be left.
    """
    free = free_bytes(folder)
    if free is None or free - needed >= LOW_BYTES:
        return
    asks = f" and it takes {needed / 2**20:.0f} MB" if needed else ""
    raise StoreUnavailable(
        f"{what} stops: the disk of {folder} has {free / 2**20:.0f} MB left{asks}. The last "
        f"{LOW_BYTES / 2**20:.0f} MB are kept for what people save; free some space, then try again"
    )
