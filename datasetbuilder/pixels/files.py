"""Opening a file that a stranger may have put there."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

from datasetbuilder.errors import ImageRefused

MAX_BYTES = 512 * 2**20

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_KINDS = (
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISFIFO, "is a named pipe"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISCHR, "is a device"),
    (stat.S_ISBLK, "is a device"),
)


def open_regular(path: Path, *, limit: int = MAX_BYTES) -> BufferedReader:
    """Open a regular file for reading; never a link, pipe or device, and never waiting for one.

    Raises
    ------
    ImageRefused
        With the reason alone; the caller knows the name.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise ImageRefused(_why_not_opened(path, error)) from None
    try:
        _check(os.fstat(descriptor), limit)
    except ImageRefused:
        os.close(descriptor)
        raise
    return open(path, "rb", opener=lambda *_: descriptor)  # so that the file knows its name


def read_regular(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """The whole of a regular file, read once.

    Raises
    ------
    ImageRefused
        With the reason alone; the caller knows the name.
    """
    with open_regular(path, limit=limit) as file:
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise ImageRefused(f"cannot be read: {error.strerror}") from None
    if len(data) > limit:
        raise ImageRefused(_too_large(len(data), limit))
    return data


def _check(status: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((word for test, word in _KINDS if test(status.st_mode)), "is a special file")
        raise ImageRefused(f"{kind}, not an ordinary file")
    if status.st_size == 0:
        raise ImageRefused("is empty (0 bytes)")
    if status.st_size > limit:
        raise ImageRefused(_too_large(status.st_size, limit))


def _too_large(size: int, limit: int) -> str:
    return f"has more than {limit // 2**20} MB, which is the limit ({size / 2**20:.0f} MB)"


def _why_not_opened(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "is not there"
    if error.errno in (errno.ELOOP, errno.EMLINK) or path.is_symlink():
        return "is a link; links are not followed, give the file itself"
    if error.errno == errno.EACCES:
        return "may not be read (permission denied)"
    if error.errno == errno.ENXIO:
        return "is a socket or device, not an ordinary file"
    return f"cannot be opened: {error.strerror}"
