"""Picks: images that somebody chose on a chart, a map or in a table, for the gallery to show.

A pick is named by what is in it, so that the same choice has the same address for everybody. It
lies in the cache: an address whose pick is gone says so.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

from datasetbuilder.api import Project
from datasetbuilder.errors import UnknownName

MOST = 1_000_000
_NAME = re.compile(r"[0-9a-f]{20}")


def keep_pick(project: Project, image_ids: Iterable[int]) -> str:
    """Keep a choice of images; returns its name."""
    text = json.dumps(sorted(set(image_ids)), separators=(",", ":"))
    name = hashlib.sha256(text.encode()).hexdigest()[:20]
    path = _path(project, name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_suffix(".tmp")
        staged.write_text(text, encoding="utf-8")
        staged.replace(path)
    return name


def read_pick(project: Project, name: str) -> list[int]:
    """The ids of a pick, in their order.

    Raises
    ------
    UnknownName
        If there is no such pick, or no longer.
    """
    try:
        if _NAME.fullmatch(name):
            return json.loads(_path(project, name).read_text(encoding="utf-8"))
    except OSError:
        pass
    raise UnknownName("This choice of images is no longer kept; choose them again.") from None


def _path(project: Project, name: str) -> Path:
    folder = f"{project.info.id}-{project.slug}"
    return project.workspace.library.cache / "picks" / folder / f"{name}.json"
