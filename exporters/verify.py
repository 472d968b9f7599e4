"""Whether an export still is what its manifest says."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.manifest import (
    ExportedFile,
    Manifest,
    file_paths,
    hashed_file,
    read_manifest,
)
from datasetbuilder.exporters.registry import FORMATS


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The verdict: ``ok`` when there are no ``problems``, each a plain sentence."""

    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the export is whole and unchanged."""
        return not self.problems


def verify(folder: str | os.PathLike[str]) -> VerifyReport:
    """Compare an export with its manifest: every file's hash, then what the formats say.

    Raises
    ------
    FormatError
        If the folder is no export.
    """
    home = Path(folder)
    manifest = read_manifest(home)
    problems = [*_file_problems(home, manifest), *_format_problems(home, manifest)]
    return VerifyReport(tuple(problems))


def _file_problems(home: Path, manifest: Manifest) -> Iterator[str]:
    known = {file.path for file in manifest.files}
    for file in manifest.files:
        if problem := _changed(home, file):
            yield f"{file.path} {problem}."
    for path in file_paths(home):
        if path not in known:
            yield f"{path} is not in the manifest."


def _changed(home: Path, file: ExportedFile) -> str:
    try:
        found = hashed_file(home, file.path)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if found.size != file.size:
        return f"has {found.size} bytes instead of {file.size}"
    return "" if found.sha256 == file.sha256 else "has other content than when it was exported"


def _format_problems(home: Path, manifest: Manifest) -> Iterator[str]:
    for name, version in manifest.formats.items():
        if name not in FORMATS or version > FORMATS[name].version:
            yield f"Format '{name}' version {version} is not known to this release."
            continue
        for split in manifest.splits:
            yield from _split_problems(home, manifest, name, split)


def _split_problems(home: Path, manifest: Manifest, name: str, split: str) -> Iterator[str]:
    where = name if len(manifest.splits) == 1 else f"{name}, split {split}"
    folder = FORMATS[name].home(home, list(manifest.formats))
    try:
        found = FORMATS[name].tally(folder, manifest.task, split)
    except FormatError as error:
        yield f"{where}: {error}"
        return
    for what, wanted in _expected(manifest, name, split).items():
        if found[what] != wanted:
            yield f"{where}: {found[what]} {what} instead of {wanted}."


def _expected(manifest: Manifest, name: str, split: str) -> Mapping[str, int]:
    if name in manifest.written:
        return manifest.written[name].get(split, {})
    counts = manifest.counts.get(split, {})
    objects = sum(counts.get("annotations", {}).values())
    return {"images": counts.get("images", 0), "annotations": objects}
