"""What a person points at, a folder, a file or a zip archive, as a list of candidates."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from datasetbuilder.errors import DataError, ImageRefused, UsageError
from datasetbuilder.projects.archive import Archive

_READ = ("jpg", "jpeg", "jpe", "jfif", "png", "apng", "tif", "tiff", "webp", "bmp", "dib", "gif")
_PICTURES_REFUSED = ("heic", "heif", "avif", "jxl", "jp2", "jpx", "psd", "svg", "eps", "dcm")
EXTENSIONS = frozenset((*_READ, *_PICTURES_REFUSED))

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that did not go in, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be an image.

    ``name`` is its path inside the source, ``source`` the source's own name, which keeps equal
    names of two sources apart; ``staged`` files belong to the intake and are moved, not copied.
    """

    name: str
    source: str
    path: Path
    staged: bool = False


@dataclass(slots=True)
class Scan:
    """What the sources hold."""

    candidates: list[Candidate] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    ignored: int = 0


def scan(
    sources: Sequence[Path], new_folder: Callable[[], Path], *, uploads: Path | None = None
) -> Scan:
    """List the files of all sources in their natural order.

    Parameters
    ----------
    sources : sequence of Path
        Folders (with their sub-folders), files and zip archives.
    new_folder : callable
        Gives an empty folder to unpack an archive into.
    uploads : Path, optional
        Files below this folder came from a browser: where they lie means nothing to anybody.

    Raises
    ------
    UsageError
        If a source does not exist.
    DataError
        If no source holds anything that looks like an image.
    """
    for source in sources:
        _require(source)
    found = Scan()
    for source in sources:
        _scan_one(source, new_folder, uploads, found)
    if not found.candidates and not found.refused:
        shown = [s.name if _is_below(s, uploads) else str(s) for s in sources]
        raise DataError(_nothing_found(", ".join(shown), found.ignored))
    return found


def require_images(sources: Sequence[Path]) -> None:
    """Refuse sources that hold nothing to read, before anything is made for them.

    An archive is believed; `scan` looks into it.

    Raises
    ------
    UsageError
        If a source does not exist.
    DataError
        If no source holds anything that looks like an image.
    """
    if any(source.suffix.lower() == ".zip" and source.is_file() for source in sources):
        return
    scan(sources, Path)


def natural_key(name: str) -> list[list[tuple[bool, int, str]]]:
    """Sorts ``cell2`` before ``cell10``, and the files of a folder together."""
    return [[_natural(part) for part in _DIGITS.split(piece)] for piece in name.split("/")]


def _natural(part: str) -> tuple[bool, int, str]:
    is_number = part.isascii() and part.isdigit() and len(part) < 4000
    return not is_number, int(part) if is_number else 0, part


def _require(source: Path) -> None:
    if not os.path.lexists(source):
        raise UsageError(f"{source} does not exist. Name a folder, an image or a zip archive.")


def _nothing_found(where: str, ignored: int) -> str:
    files = "1 other file" if ignored == 1 else f"{ignored} other files"
    others = f" ({files} ignored)" if ignored else ""
    return f"{where} holds no images{others}. JPEG, PNG, TIFF, WebP, BMP and GIF are read."


def _scan_one(
    source: Path, new_folder: Callable[[], Path], uploads: Path | None, found: Scan
) -> None:
    if source.is_dir():
        _scan_folder(source.resolve(), found)
    elif source.suffix.lower() == ".zip":
        _scan_archive(source.absolute(), new_folder(), found)
    else:
        path = source.absolute()
        folder = "upload" if _is_below(path, uploads) else path.parent.name
        _admit([(path.name, path)], folder, found)


def _is_below(path: Path, folder: Path | None) -> bool:
    return folder is not None and path.is_relative_to(folder)


# --- folders ----------------------------------------------------------------------------------


def _scan_folder(root: Path, found: Scan) -> None:
    files: list[tuple[str, Path]] = []
    pending: list[tuple[str, Path]] = [("", root)]
    while pending:
        prefix, folder = pending.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            reason = f"cannot be listed: {error.strerror}"
            found.refused.append(Refusal(printable(prefix) or str(root), reason))
            continue
        for entry in entries:
            name = f"{prefix}{entry.name}"
            if entry.name.startswith("."):
                found.ignored += 1
            elif entry.is_dir(follow_symlinks=False):
                pending.append((f"{name}/", Path(entry.path)))
            elif entry.is_symlink() and os.path.isdir(entry.path):
                reason = "is a link to a folder; links are not followed"
                found.refused.append(Refusal(printable(name), reason))
            elif _looks_like_an_image(entry.name):
                files.append((name, Path(entry.path)))
            else:
                found.ignored += 1
    _admit(files, root.name, found)


def _admit(files: Iterable[tuple[str, Path]], source: str, found: Scan) -> None:
    for name, path in sorted(files, key=lambda file: natural_key(file[0])):
        if _is_utf8(name):
            found.candidates.append(Candidate(name, source if _is_utf8(source) else "folder", path))
        else:
            hexadecimal = os.fsencode(name).hex(" ")
            reason = f"its name is not UTF-8 (bytes {hexadecimal}); rename the file"
            found.refused.append(Refusal(printable(name), reason))


def _looks_like_an_image(name: str) -> bool:
    return PurePosixPath(name).suffix.lower().lstrip(".") in EXTENSIONS


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(name: str) -> str:
    """A file name as text that can be stored, whatever its bytes are."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


# --- archives ---------------------------------------------------------------------------------


def _scan_archive(path: Path, folder: Path, found: Scan) -> None:
    """Unpack an archive; one that is refused leaves no candidate."""
    try:
        archive = Archive(path)
    except ImageRefused as refused:
        found.refused.append(Refusal(printable(path.name), str(refused)))
        return
    try:
        names = archive.names()
        wanted = sorted(filter(_is_wanted_member, names), key=natural_key)
        members = list(archive.unpack(tuple(wanted), folder))
    except ImageRefused as refused:
        found.refused.append(Refusal(printable(path.name), str(refused)))
        return
    finally:
        archive.close()
    source = path.stem if _is_utf8(path.stem) else "archive"
    found.ignored += len(names) - len(wanted)
    found.candidates += [Candidate(m.name, source, m.path, staged=True) for m in members]


def _is_wanted_member(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") for part in parts) or parts[0] == "__MACOSX"
    return not hidden and _looks_like_an_image(name)
