"""Zip archives of annotation files, unpacked within limits and never outside of their folder."""

import shutil
import zipfile
from pathlib import Path

from datasetbuilder.errors import DataError

MOST_FILES = 500_000
MOST_BYTES = 8 * 2**30


def unpacked(archive: Path, folder: Path) -> None:
    """Unpack an archive into a folder.

    Raises
    ------
    DataError
        If it is no archive, holds too much, is encrypted, or a name leads out of the folder.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [one for one in opened.infolist() if not one.is_dir()]
            _check(archive.name, members)
            for member in members:
                _extract(opened, member, folder / member.filename)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise DataError(f"{archive.name} is no sound zip archive: {error}") from None


def _check(name: str, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_FILES or sum(one.file_size for one in members) > MOST_BYTES:
        raise DataError(
            f"{name} holds more than {MOST_FILES:,} files or {MOST_BYTES >> 30} GiB; put it below "
            "an image root and import it by its path."
        )
    for one in members:
        parts = one.filename.split("/")
        odd = any(part in ("", ".", "..") for part in parts) or "\\" in one.filename
        if odd or (one.external_attr >> 28) == 0xA:
            raise DataError(f"{name}: {one.filename[:200]} leads out of the archive.")


def _extract(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(member) as source, target.open("xb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
    except (FileExistsError, NotADirectoryError, OSError, ValueError) as error:
        raise DataError(f"{member.filename[:200]} cannot be unpacked: {error}") from None
