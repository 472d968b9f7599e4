"""Zip archives: looked through as a whole first, then unpacked member by member.

`zipfile` renames hostile members into the target, lets the last of two equal names win and unpacks
a thousandfold without a word. Here an archive with one such member is refused whole.
"""

import lzma
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from datasetbuilder.errors import ImageRefused
from datasetbuilder.pixels.files import MAX_BYTES, open_regular

MAX_MEMBERS = 100_000
MAX_RATIO = 100
MAX_ARCHIVE_BYTES = 100 * 2**30
MAX_NAME_BYTES = 1_000

_RATIO_FREE_BYTES = 10 * 2**20
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_FAULTS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, NotImplementedError,
    OSError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold at most; ``ratio`` is its size unpacked over its own."""

    members: int = MAX_MEMBERS
    member_bytes: int = MAX_BYTES
    ratio: int = MAX_RATIO


_OF_IMAGES = Limits()


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its path inside with ``/``, and where it was unpacked."""

    name: str
    path: Path


class Archive:
    """A zip archive that has been found harmless.

    Parameters
    ----------
    path : Path
        A regular file.
    limits : Limits, optional
        By default those for pictures that somebody sent.

    Raises
    ------
    ImageRefused
        With the reason alone, naming the member at fault.
    """

    def __init__(self, path: Path, limits: Limits = _OF_IMAGES) -> None:
        self._file = open_regular(path, limit=MAX_ARCHIVE_BYTES)
        try:
            self._zip = zipfile.ZipFile(self._file)
            size = os.fstat(self._file.fileno()).st_size
            self._members = _checked(self._zip.infolist(), size, limits)
        except ImageRefused:
            self._file.close()
            raise
        except _FAULTS as error:
            self._file.close()
            raise ImageRefused(f"is not a whole zip archive ({error})") from None

    def names(self) -> tuple[str, ...]:
        """The paths of all files inside."""
        return tuple(self._members)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of one member.

        Raises
        ------
        ImageRefused
            If it is not there, damaged, or not of the size that the archive says.
        """
        info = self._members.get(name)
        if info is None:
            raise ImageRefused(f"has no {name}")
        try:
            source = self._zip.open(info)
        except _FAULTS as error:
            raise ImageRefused(f"is damaged at {name} ({error})") from None
        with source:
            given = 0
            while chunk := _read(source, name):
                given += len(chunk)
                if given > info.file_size:
                    raise ImageRefused(f"is damaged: {name} is larger than the archive says")
                yield chunk
        if given != info.file_size:
            raise ImageRefused(f"is damaged: {name} is shorter than the archive says")

    def unpacked_bytes(self, names: Iterable[str]) -> int:
        """How much the members take when they are unpacked, by what the archive says."""
        return sum(self._members[name].file_size for name in names)

    def unpack(self, names: tuple[str, ...], folder: Path) -> Iterator[Member]:
        """Write members into a folder, under numbers instead of their names.

        Raises
        ------
        ImageRefused
            If a member is damaged or larger than it says, or the disk too small; what was written
            stays in ``folder`` for the caller to throw away.
        """
        needed = self.unpacked_bytes(names)
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise ImageRefused(
                f"needs {needed / 2**20:.0f} MB unpacked; the workspace's disk has "
                f"{free / 2**20:.0f} MB left"
            )
        for number, name in enumerate(names):
            target = folder / f"{number}.member"
            self._write(name, target)
            yield Member(name, target)

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def _write(self, name: str, target: Path) -> None:
        with target.open("xb") as file:
            for chunk in self.chunks(name):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())


def _read(source: IO[bytes], name: str) -> bytes:
    try:
        return source.read(2**20)
    except _FAULTS as error:
        raise ImageRefused(f"is damaged at {name} ({error})") from None


def _checked(infos: list[zipfile.ZipInfo], size: int, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > limits.members:
        raise ImageRefused(f"has {len(infos)} entries; the limit is {limits.members}")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = _name(info)
        if info.is_dir():
            continue
        if name in members:
            raise ImageRefused(f"holds {name} twice")
        _check_member(info, name, limits)
        members[name] = info
    _check_sizes(members, size, limits)
    return members


def _name(info: zipfile.ZipInfo) -> str:
    """The member's path, refused where it could lead outside or mean something else elsewhere."""
    name = _decoded_name(info)
    path = PurePosixPath(name)
    if not path.parts or "\0" in name or info.orig_filename.count("\0"):
        raise ImageRefused("holds a member without a proper name")
    if "\\" in name or path.is_absolute() or name[1:2] == ":" or ".." in path.parts:
        raise ImageRefused(f"holds {name!r}, which leads outside the archive")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise ImageRefused(f"holds a name of more than {MAX_NAME_BYTES} bytes")
    return str(path)


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """The name as UTF-8 where its bytes are that; many writers forget to set the flag."""
    if info.flag_bits & _UTF8_FLAG:
        return info.orig_filename
    try:
        return info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeDecodeError:
        return info.orig_filename


def _check_member(info: zipfile.ZipInfo, name: str, limits: Limits) -> None:
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise ImageRefused(f"holds {name}, which is a link or device, not an ordinary file")
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise ImageRefused(f"is encrypted ({name}); unpack it with its password and add the folder")
    if info.compress_type not in _METHODS:
        raise ImageRefused(f"holds {name} in a compression that is not known here")
    if info.file_size > limits.member_bytes:
        raise ImageRefused(f"holds {name} of more than {limits.member_bytes >> 20} MB")


def _check_sizes(members: dict[str, zipfile.ZipInfo], size: int, limits: Limits) -> None:
    packed = sum(info.compress_size for info in members.values())
    unpacked = sum(info.file_size for info in members.values())
    if packed > size:
        raise ImageRefused("holds members that overlap each other")
    if unpacked > MAX_ARCHIVE_BYTES:
        raise ImageRefused(f"unpacks to more than {MAX_ARCHIVE_BYTES >> 30} GB")
    if unpacked > _RATIO_FREE_BYTES and unpacked > limits.ratio * size:
        raise ImageRefused(
            f"unpacks to {unpacked >> 20} MB from {size >> 10} kB; more than {limits.ratio} times "
            f"its size is taken for an attack"
        )
