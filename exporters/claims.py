"""What an annotation file says, before anybody believes it: entries of images with their claims.

Readers of files that others wrote give entries; matching them to the images and labels of a
project is the importer's work. Every number in them was checked by the reader.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from datasetbuilder.errors import FormatError
from datasetbuilder.model import Annotation, Geometry, Skeleton

SizeOf: TypeAlias = Callable[[str], tuple[int, int] | None]
"""``(height, width)`` of the image that a file calls so, None when there is no such image."""

MAX_BYTES = 2 * 2**30
MAX_ENTRY_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Claim:
    """One object or whole-image class as a file names it.

    Attributes
    ----------
    label : str
        Name of its class in the file.
    annotation : Annotation
        All the rest; its own label and image say nothing.
    path : str
        Where in the file it stands.
    """

    label: str
    annotation: Annotation
    path: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file says of one image.

    Attributes
    ----------
    name : str
        The image as the file calls it, folders with ``/``.
    claims : tuple of Claim
    path : str
        Where in which file it stands.
    shape : tuple of int, or None
        ``(height, width)`` if the file says so.
    sha256 : str
        Hash of the image file, if it is told.
    faults : tuple of str
        What is wrong with it, each naming file and field.
    skeletons : mapping of str to Skeleton
        What the file's classes call their keypoints.
    """

    name: str
    claims: tuple[Claim, ...]
    path: str
    shape: tuple[int, int] | None = None
    sha256: str = ""
    faults: tuple[str, ...] = field(default=())
    skeletons: Mapping[str, Skeleton] = field(default_factory=dict)


def claimed(  # noqa: PLR0913 - the fields of one claim
    label: str,
    geometry: Geometry,
    path: str,
    *,
    attributes: dict[str, object] | None = None,
    score: float | None = None,
    crowd: bool = False,
) -> Claim:
    """A claim of a format that knows no more than this."""
    annotation = Annotation("", 0, geometry, attributes=attributes or {}, score=score, crowd=crowd)
    return Claim(label, annotation, path)


def text_of(path: Path, *, limit: int = MAX_ENTRY_BYTES) -> str:
    """The text of an annotation file, with or without a byte order mark.

    Raises
    ------
    FormatError
        If it is too large, no regular file, or no UTF-8.
    """
    return bytes_of(path, limit=limit).decode("utf-8-sig")


def bytes_of(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """The bytes of an annotation file that is sound text.

    Raises
    ------
    FormatError
        If it is too large, no regular file, or no UTF-8.
    """
    if path.is_symlink() or not path.is_file():
        raise FormatError(f"{path.name} is no regular file")
    if (size := path.stat().st_size) > limit:
        raise FormatError(f"{path.name} has {size} bytes, more than {limit}")
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path.name} is not UTF-8 text (byte {error.start})") from None
    return data


def files_below(folder: Path, *suffixes: str) -> Iterator[Path]:
    """The regular files with one of the endings, in one order everywhere; links are left out."""
    for path in sorted(folder.rglob("*"), key=lambda p: p.relative_to(folder).as_posix()):
        if path.suffix.lower() in suffixes and path.is_file() and not path.is_symlink():
            yield path
