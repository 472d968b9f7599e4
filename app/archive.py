"""A folder as a zip that is made while it is sent."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20
_NO_CLOCK = (1980, 1, 1, 0, 0, 0)


class _Outbox:
    """Takes what zipfile writes and hands it on; cannot seek, so zipfile writes forwards only."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def missing_files(folder: Path) -> list[str]:
    """The links of a folder that lead nowhere: what a zip of it could not hold."""
    broken = (path for path in folder.rglob("*") if path.is_symlink() and not path.exists())
    return sorted(path.relative_to(folder).as_posix() for path in broken)


def zip_stream(folder: Path) -> Iterator[bytes]:
    """The files of a folder as a zip, in name order, images stored as they are.

    Memory does not grow with the folder; the same folder gives the same bytes.
    """
    outbox = _Outbox()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[arg-type]
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(
                f"{folder.name}/{path.relative_to(folder).as_posix()}", _NO_CLOCK
            )
            entry.external_attr = 0o644 << 16
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as sink:
                while chunk := source.read(_CHUNK):
                    sink.write(chunk)
                    yield outbox.take()
    yield outbox.take()
