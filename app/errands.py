"""Long work in a process of its own, so that it takes no processor time from those who save.

In a thread of the server the work on 100,000 objects makes every answer wait its turn, ten times as
long as usual. The child reads by itself from one snapshot, at low priority, and never writes to the
workspace's database; it ends by itself when the server does.
"""

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

from datasetbuilder.api import Project, Workspace
from datasetbuilder.app.refining import Failure
from datasetbuilder.errors import DataError, DatasetBuilderError

_NICENESS = 10
_SAID_EVERY = 0.05
_PATIENCE = 30.0

Progress: TypeAlias = Callable[[int, int, str], None]
Work: TypeAlias = Callable[[Project, Mapping[str, Any], Progress], Any]


@dataclass(frozen=True, slots=True)
class Errand:
    """What to do with which project, as it crosses to the child; ``work`` is named by its module.

    ``name`` says in a sentence what ended when the child dies.
    """

    name: str
    work: Work
    root: str
    database: str | None
    slug: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Result:
    value: Any


class _Stopped(Exception):
    """The parent asked to stop, or is gone."""


def run_errand(
    name: str, work: Work, project: Project, options: Mapping[str, Any], progress: Progress
) -> Any:
    """Do the work in a child, and return what it returned.

    Raises
    ------
    DatasetBuilderError
        As the work does, or if the child ended unexpectedly.
    """
    workspace = project.workspace
    errand = Errand(name, work, str(workspace.root), workspace.database, project.slug, options)
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_carry_out, args=(theirs, errand), name=name)
    child.start()
    theirs.close()
    try:
        return _followed(ours, errand, progress)
    finally:
        ours.close()
        child.join(_PATIENCE)
        if child.is_alive():
            child.kill()


def _followed(pipe: Any, errand: Errand, progress: Progress) -> Any:
    while True:
        try:
            told = pipe.recv()
        except EOFError:
            words = f"The {errand.name} ended unexpectedly; nothing of it was left."
            raise DataError(words) from None
        if isinstance(told, _Result):
            return told.value
        if isinstance(told, Failure):
            raise told.to_error()
        progress(*told)


def _carry_out(pipe: Any, errand: Errand) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    try:
        with Workspace(Path(errand.root), errand.database, read_only=True) as workspace:
            told = _Told(pipe)
            project = workspace.project(errand.slug)
            pipe.send(_Result(errand.work(project, errand.options, told.progress)))
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
