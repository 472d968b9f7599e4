"""``export.json``: where an export comes from, what it holds, and the hash of every file.

No clock, host or path stands in it: the same snapshot and options give the same bytes.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import fields

NAME = "export.json"
VERSION = 1
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of an export: its path with ``/``, its size and its SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``export.json`` says.

    Attributes
    ----------
    project : str
    seq : int
        The last event that went in.
    task : str
    formats : mapping of str to int
        Version of the writer, by format.
    splits : tuple of str
        ``all`` alone when the export is not split.
    options, counts : mapping
    written : mapping
        Images and annotations by format and split, for formats that do not hold everything.
    files : tuple of ExportedFile
    """

    project: str
    seq: int
    task: str
    formats: Mapping[str, int]
    splits: tuple[str, ...]
    options: Mapping[str, Any]
    counts: Mapping[str, Any]
    written: Mapping[str, Any]
    files: tuple[ExportedFile, ...]


def write_manifest(folder: Path, about: Mapping[str, Any]) -> None:
    """Write ``export.json``, one file to the line."""
    head = orjson.dumps(about, option=orjson.OPT_INDENT_2).removesuffix(b"\n}")
    with (folder / NAME).open("wb") as out:
        out.write(head + b',\n  "files": [')
        separator = b"\n    "
        for file in hashed_files(folder):
            line = {"path": file.path, "size": file.size, "sha256": file.sha256}
            out.write(separator + orjson.dumps(line))
            separator = b",\n    "
        out.write(b"\n  ]\n}\n")


def hashed_files(folder: Path) -> Iterator[ExportedFile]:
    """Every file of an export but the manifest, by path."""
    for path in file_paths(folder):
        try:
            yield hashed_file(folder, path)
        except OSError as error:
            raise FormatError(f"{path} cannot be read: {error.strerror}.") from error


def hashed_file(folder: Path, path: str) -> ExportedFile:
    """One file with its size and hash."""
    digest, size = hashlib.sha256(), 0
    with (folder / path).open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return ExportedFile(path, size, digest.hexdigest())


def file_paths(folder: Path, prefix: str = "") -> Iterator[str]:
    """The paths of all files below a folder, manifest left out, in one order everywhere."""
    with os.scandir(folder / prefix) as listed:
        entries = sorted(listed, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from file_paths(folder, path + "/")
        elif path != NAME:
            yield path


def read_manifest(folder: Path) -> Manifest:
    """Read ``export.json``.

    Raises
    ------
    FormatError
        If the folder has none or it is broken.
    """
    try:
        data = fields.record(orjson.loads((folder / NAME).read_bytes()), NAME)
    except (FileNotFoundError, NotADirectoryError):
        raise FormatError(f"{folder} has no {NAME}: it is no export of datasetbuilder.") from None
    except (orjson.JSONDecodeError, OSError) as error:
        raise FormatError(f"{NAME} cannot be read: {error}") from error
    return _manifest(data)


def _manifest(data: Mapping[str, Any]) -> Manifest:
    def get(key: str) -> Any:
        return fields.required(data, key, NAME)

    version = fields.integer(get("manifest"), "export.json.manifest")
    if version > VERSION:
        raise FormatError(f"{NAME} was written by a newer release (version {version}).")
    formats = fields.record(get("formats"), "formats")
    splits = fields.items(get("splits"), "splits")
    return Manifest(
        project=fields.text(get("project"), "project"),
        seq=fields.integer(get("event"), "event", least=0),
        task=fields.text(get("task"), "task"),
        formats={name: fields.integer(value, "formats") for name, value in formats.items()},
        splits=tuple(fields.text(name, "splits") for name in splits),
        options=fields.record(get("options"), "options"),
        counts=fields.record(get("counts"), "counts"),
        written=fields.record(data.get("written", {}), "written"),
        files=tuple(_file(item, k) for k, item in enumerate(fields.items(get("files"), "files"))),
    )


def _file(value: Any, index: int) -> ExportedFile:
    here = f"files[{index}]"
    data = fields.record(value, here)
    path = fields.text(data.get("path"), f"{here}.path")
    if path.startswith("/") or "\\" in path or any(p in ("", ".", "..") for p in path.split("/")):
        raise FormatError(f"{here}.path leads out of the export: {path}")
    size = fields.integer(data.get("size"), f"{here}.size", least=0)
    return ExportedFile(path, size, fields.text(data.get("sha256"), f"{here}.sha256"))
