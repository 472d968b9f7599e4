"""An export in a process of its own, so that it takes no processor time from those who save.

In a thread of the server an export of 100,000 objects makes every answer wait its turn, ten times
as long as usual. The child reads by itself from one snapshot, at low priority, and writes nothing
but the folder; it ends by itself when the server does.
"""

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from datasetbuilder.api import Project, Workspace
from datasetbuilder.app.refining import Failure
from datasetbuilder.errors import DataError, DatasetBuilderError
from datasetbuilder.exporters.export import ExportReport

WORTH_A_PROCESS = 2_000
_NICENESS = 10
_SAID_EVERY = 0.05
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Errand:
    """What to export, as it crosses to the child."""

    root: str
    database: str | None
    slug: str
    folder: str
    options: Mapping[str, Any]


class _Stopped(Exception):
    """The parent asked to stop, or is gone."""


def export_project(
    project: Project,
    folder: Path,
    options: Mapping[str, Any],
    progress: Callable[[int, int, str], None],
) -> ExportReport:
    """Export in a child; a small project here, since a child takes a second to start.

    Raises
    ------
    DatasetBuilderError
        As `Project.export` does.
    """
    info = project.info
    if info.n_images + info.n_annotations < WORTH_A_PROCESS:
        return project.export(folder, **options, progress=progress)
    workspace = project.workspace
    if options.get("splits"):
        project.learn_likenesses(progress=progress)
    errand = Errand(str(workspace.root), workspace.database, project.slug, str(folder), options)
    report = _sent(errand, progress)
    project.keep_splits(report.dealt)
    return report


def _sent(errand: Errand, progress: Callable[[int, int, str], None]) -> ExportReport:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_carry_out, args=(theirs, errand), name="export")
    child.start()
    theirs.close()
    try:
        return _followed(ours, progress)
    finally:
        ours.close()
        child.join(_PATIENCE)
        if child.is_alive():
            child.kill()


def _followed(pipe: Any, progress: Callable[[int, int, str], None]) -> ExportReport:
    while True:
        try:
            told = pipe.recv()
        except EOFError:
            raise DataError("The export ended unexpectedly; nothing of it was left.") from None
        if isinstance(told, ExportReport):
            return told
        if isinstance(told, Failure):
            raise told.to_error()
        progress(*told)


def _carry_out(pipe: Any, errand: Errand) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    try:
        with Workspace(Path(errand.root), errand.database, read_only=True) as workspace:
            project = workspace.project(errand.slug)
            told = _Told(pipe)
            pipe.send(project.export(errand.folder, **errand.options, progress=told.progress))
    except _Stopped:
        pass
    except DatasetBuilderError as error:
        pipe.send(Failure(type(error).__name__, str(error)))


class _Told:
    """Tells the parent how far the work is, and stops it when nobody listens any more."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._last = 0.0

    def progress(self, done: int, total: int, message: str = "") -> None:
        now = time.monotonic()
        if now - self._last < _SAID_EVERY and done < total:
            return
        self._last = now
        try:
            self._pipe.send((done, total, message))
        except OSError:
            raise _Stopped from None
