"""What ``doctor`` looks at: the database, the images, the disk and the versions in use."""

import platform
import shutil
import sqlite3
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from datasetbuilder import __version__
from datasetbuilder.api import Project, Workspace
from datasetbuilder.errors import DatasetBuilderError
from datasetbuilder.projects.space import LOW_BYTES, free_bytes
from datasetbuilder.projects.sqlite.rescue import look_from_outside

_LIBRARIES = ("dash", "plotly", "numpy", "scikit-image", "pillow", "pyarrow", "sqlalchemy")


_OF_A_SERVER = "none of ours: the database server's own, by pg_dump"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was looked at and what is wrong with it."""

    workspace: str
    versions: dict[str, str]
    projects: dict[str, dict[str, int]]
    free_bytes: int
    problems: tuple[str, ...]
    best_backup: str = "none"
    command: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The diagnosis as JSON."""
        return {
            "workspace": self.workspace,
            "versions": self.versions,
            "projects": self.projects,
            "free_bytes": self.free_bytes,
            "problems": list(self.problems),
            "best_backup": self.best_backup,
            "restore": self.command,
        }

    def lines(self) -> list[str]:
        """The diagnosis for people."""
        said = [f"workspace {self.workspace}, {self.free_bytes / 2**30:.1f} GiB free"]
        said += [f"{name} {number}" for name, number in self.versions.items()]
        for slug, counts in self.projects.items():
            said.append(f"{slug}: " + ", ".join(f"{n} {words}" for words, n in counts.items()))
        said.append(f"last good backup of the workspace: {self.best_backup}")
        said += [f"problem: {problem}" for problem in self.problems]
        if self.problems and self.command:
            said.append(
                f"If the database itself is at fault, this brings the backup back: {self.command}"
            )
        return [*said, "No problem found." if not self.problems else "See the problems above."]


def examine(workspace: Workspace) -> Diagnosis:
    """Read the whole database and open every image file once."""
    damage = workspace.store.integrity.wait()
    problems = [damage] if damage else []
    projects = {}
    for project in workspace.projects():
        counts, missing = _project_counts(project)
        projects[project.slug] = counts
        problems += missing
    free = shutil.disk_usage(workspace.root).free
    if free < LOW_BYTES:
        problems.append(f"only {free / 2**20:.0f} MiB are free on the disk of {workspace.root}")
    about = (str(workspace.root), _versions(), projects, free, tuple(problems))
    if workspace.store.is_shared:
        return Diagnosis(*about, best_backup=_OF_A_SERVER)
    found = look_from_outside(workspace.root)
    return Diagnosis(*about, _named(found.best), found.command if damage else None)


def examine_closed(folder: Path, reason: str) -> Diagnosis:
    """What can be said of a workspace that does not open, and how to go on."""
    root = folder.expanduser().absolute()
    found = look_from_outside(root)
    free = free_bytes(root) or 0
    problems = (reason, *found.problems)
    return Diagnosis(str(root), _versions(), {}, free, problems, _named(found.best), found.command)


def _named(best: Path | None) -> str:
    return "none" if best is None else str(best)


def _project_counts(project: Project) -> tuple[dict[str, int], list[str]]:
    info = project.info
    missing = []
    for image in project.images():
        try:
            project.workspace.library.open_original(project.slug, image).close()
        except (DatasetBuilderError, OSError) as error:
            missing.append(f"{project.slug}: image {image.id} ({image.name}): {error}")
    counts = {
        "images": info.n_images,
        "annotations": info.n_annotations,
        "events": info.seq,
        "unreadable images": len(missing),
    }
    return counts, missing


def _versions() -> dict[str, str]:
    found = {
        "datasetbuilder": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    return found | {name: version(name) for name in _LIBRARIES}
