"""Tables that took long to compute, kept in the cache of the workspace by event number.

::

    cache/explore/<project>/<name>-<columns>-<set>-<event>.parquet    the table
    cache/explore/<project>/<name>-<columns>-<set>-<event>.json       what is said of it

A table never changes; a newer one lies beside it, and the one before last goes.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasetbuilder.api import Project
from datasetbuilder.errors import AlreadyExists
from datasetbuilder.exporters.measurements import read_parquet, write_table

if TYPE_CHECKING:
    from pandas import DataFrame

_KEPT = 2
_COLUMNS = 2
"""To be raised when a table gets other columns: one of an older release is then not found."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A table of the cache: of which event, and what was said of it."""

    path: Path
    seq: int
    about: Mapping[str, Any]

    def table(self) -> "DataFrame":
        """The table itself; it is shared, so nobody changes it."""
        return _read(self.path)


def keep(  # noqa: PLR0913 - what, whose, when, all by name
    project: Project,
    name: str,
    sets: Sequence[str],
    *,
    seq: int,
    table: "DataFrame",
    about: Mapping[str, Any],
) -> Kept:
    """Keep a table; the same one twice is kept once."""
    path = _folder(project) / f"{_stem(name, sets)}-{seq}.parquet"
    with suppress(AlreadyExists):
        write_table(table, path)
    staged = path.with_suffix(f".{os.getpid()}.tmp")
    staged.write_text(json.dumps(about), encoding="utf-8")
    staged.replace(path.with_suffix(".json"))
    for old in _found(project, name, sets)[_KEPT:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".json").unlink(missing_ok=True)
    return Kept(path, seq, about)


def newest(project: Project, name: str, sets: Sequence[str]) -> Kept | None:
    """The newest kept table of that name over these sets, None if there is none."""
    for path in _found(project, name, sets):
        try:
            about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return Kept(path, _seq(path), about)
    return None


def _folder(project: Project) -> Path:
    return project.workspace.library.cache / "explore" / f"{project.info.id}-{project.slug}"


def _stem(name: str, sets: Sequence[str]) -> str:
    chosen = hashlib.sha256(json.dumps(sorted(sets)).encode()).hexdigest()[:12]
    return f"{name}-{_COLUMNS}-{chosen}"


def _found(project: Project, name: str, sets: Sequence[str]) -> list[Path]:
    """The newest first."""
    found = _folder(project).glob(f"{_stem(name, sets)}-*.parquet")
    return sorted(found, key=_seq, reverse=True)


def _seq(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


@lru_cache(maxsize=4)
def _read(path: Path) -> "DataFrame":
    return read_parquet(path)
