"""How far the workspace had acknowledged work, in a small file beside the database.

SQLite takes a missing or cut ``-wal`` file for an empty one and says nothing: commits since the
last checkpoint are then gone without a word. So the sum of all event numbers is written down after
every COMMIT, without a sync of its own. After a crash of the program the mark is right; after a
power cut it may be older than the database, never newer. A database that is behind its mark has
lost acknowledged work, or an older file was put in its place.
"""

import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path

MARK_NAME = "workspace.mark"
_MARK = struct.Struct("<8sQI")
_WORD = b"dsbmark1"


class Mark:
    """The mark of one workspace, written by whoever holds it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / MARK_NAME
        self._handle = -1

    def read(self) -> int | None:
        """What was acknowledged at least, None where nothing tells."""
        try:
            data = self.path.read_bytes()
        except OSError:
            return None
        if len(data) != _MARK.size:
            return None
        word, total, check = _MARK.unpack(data)
        return total if word == _WORD and check == _check(total) else None

    def write(self, total: int) -> None:
        """Note what was acknowledged; a disk that refuses makes the mark older, not wrong."""
        with suppress(OSError):
            if self._handle < 0:
                self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            os.lseek(self._handle, 0, os.SEEK_SET)
            os.write(self._handle, _MARK.pack(_WORD, total, _check(total)))

    def forget(self) -> None:
        """Begin afresh, after a database was restored on purpose."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let the file go; it may be written again."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)


def _check(total: int) -> int:
    return zlib.crc32(_WORD + total.to_bytes(8, "little"))
