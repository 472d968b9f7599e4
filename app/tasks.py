"""Long work in the background of the server, with progress and cancel."""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any
from uuid import uuid4

from datasetbuilder.errors import DatasetBuilderError, UnknownName

_log = logging.getLogger(__name__)
NO_TASK = "There is no such task; a restart of the server forgets them."
_REMEMBERED = 200


class TaskState(StrEnum):
    """Where a task stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Cancelled(Exception):
    """Raised inside work that was cancelled; not a fault, the person asked for it."""


@dataclass(eq=False)
class Task:
    """One piece of work; only its own thread writes to it."""

    kind: str
    project: str
    title: str = ""
    id: str = field(default_factory=lambda: uuid4().hex)
    state: TaskState = TaskState.RUNNING
    done: int = 0
    total: int = 0
    message: str = ""
    error: str = ""
    result: Mapping[str, Any] | None = None
    _cancel: threading.Event = field(default_factory=threading.Event)
    _stopped: bool = False

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Say how far the work is; stops it here once it was cancelled."""
        self.done, self.total, self.message = done, total, message
        if self._cancel.is_set():
            raise Cancelled

    def note(self, done: int, total: int, message: str = "") -> None:
        """Say how far the work is, for work that asks `cancelled` itself."""
        self.done, self.total, self.message = done, total, message

    def cancelled(self) -> bool:
        """Whether the person asked to stop; work that is told so stops there."""
        self._stopped = self._cancel.is_set()
        return self._stopped

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._cancel.set()

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state is not TaskState.RUNNING

    def to_wire(self) -> dict[str, Any]:
        """The task as JSON."""
        return {
            "id": self.id,
            "kind": self.kind,
            "project": self.project,
            "title": self.title,
            "state": self.state.value,
            "done": self.done,
            "total": self.total,
            "message": self.message,
            "error": self.error,
            "result": self.result,
        }


class Tasks:
    """The tasks of this server, newest last; a restart forgets them, not what they stored."""

    def __init__(self, *, workers: int = 2) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="task")
        self._tasks: dict[str, Task] = {}
        self._lock = threading.Lock()

    def start(self, task: Task, work: Callable[[Task], Mapping[str, Any]]) -> Task:
        """Carry out ``work(task)`` in the background; what it returns is the result."""
        with self._lock:
            self._tasks[task.id] = task
            self._forget()
        self._pool.submit(_carry_out, task, work)
        return task

    def get(self, task_id: str) -> Task:
        """One task.

        Raises
        ------
        UnknownName
            If there is none with that id.
        """
        with self._lock:
            if task_id not in self._tasks:
                raise UnknownName(NO_TASK)
            return self._tasks[task_id]

    def of(self, project: str, *, kind: str) -> list[Task]:
        """The tasks of a project, newest last."""
        with self._lock:
            return [t for t in self._tasks.values() if (t.project, t.kind) == (project, kind)]

    def close(self) -> None:
        """Cancel everything and wait until it stands still."""
        with self._lock:
            running = list(self._tasks.values())
        for task in running:
            task.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _forget(self) -> None:
        surplus = max(0, len(self._tasks) - _REMEMBERED)
        finished = (key for key, task in self._tasks.items() if task.finished)
        for key in list(islice(finished, surplus)):
            del self._tasks[key]


def _carry_out(task: Task, work: Callable[[Task], Mapping[str, Any]]) -> None:
    if task.cancelled():
        task.state = TaskState.CANCELLED
        return
    try:
        task.result = work(task)
    except Cancelled:
        task.state = TaskState.CANCELLED
    except DatasetBuilderError as error:
        task.error, task.state = str(error), TaskState.FAILED
    except Exception as error:
        # The outermost handler of a background thread: without it a task would run for ever.
        _log.exception("task %s failed", task.kind)
        task.error = f"Stopped by a fault ({type(error).__name__}); see the server's log."
        task.state = TaskState.FAILED
    else:
        # A wish that came after the last step stopped nothing: what was made is there.
        task.state = TaskState.CANCELLED if task._stopped else TaskState.DONE
