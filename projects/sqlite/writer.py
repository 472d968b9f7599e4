"""The one thread that writes.

Whoever wants to write hands over a function of the open transaction and waits. The thread takes
what has gathered meanwhile into one transaction, so that many writers share one sync of the disk,
and wakes them only after COMMIT has returned.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from datasetbuilder.errors import StoreUnavailable
from datasetbuilder.projects.group_commit import GROUP, Write, carried_out, settle
from datasetbuilder.projects.ledger import Transaction
from datasetbuilder.projects.sqlite.connections import (
    TOTAL,
    is_damage,
    optimize,
    unavailable,
    writer_engine,
)

_T = TypeVar("_T")


class Writer:
    """Runs functions of a transaction one after the other and commits them in groups.

    ``committed`` is told the sum of all event numbers after every COMMIT, before the answers leave;
    ``suspected`` is called when the database says that its file is damaged.
    """

    def __init__(
        self,
        path: Path,
        committed: Callable[[int], None] = lambda total: None,
        suspected: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._suspected = suspected
        self._committed = committed
        self._engine = writer_engine(path)
        self._queue: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._refusal: str | None = None
        self._thread = threading.Thread(target=self._run, name="datasetbuilder-writer", daemon=True)
        self._thread.start()

    def submit(
        self, work: Callable[[Transaction], _T], *, weight: int = 1, project: int | None = None
    ) -> _T:
        """Run ``work`` in a transaction and return what it returned, after COMMIT.

        Raises
        ------
        StoreUnavailable
            If the database could not be written; nothing of ``work`` was kept.
        """
        write = Write(work, weight)
        with self._lock:
            if self._closed:
                raise StoreUnavailable(f"{self._path}: not saved, the workspace is closed")
            self._queue.put(write)
        return write.done.result()

    def refuse(self, reason: str) -> None:
        """Answer every further write with ``StoreUnavailable``."""
        self._refusal = reason

    def close(self) -> None:
        """Finish what waits, then let the connection go."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        running = True
        while running:
            first = self._queue.get()
            group = [] if first is None else [first]
            running = first is not None and self._gather(group)
            if group:
                settle(group, self._attempt)
        self._let_go(tidy=True)

    def _gather(self, group: list[Write]) -> bool:
        weight = group[0].weight
        while weight < GROUP:
            try:
                write = self._queue.get_nowait()
            except queue.Empty:
                return True
            if write is None:
                return False
            group.append(write)
            weight += write.weight
        return True

    def _attempt(self, group: Sequence[Write]) -> list[object]:
        if self._refusal is not None:
            raise StoreUnavailable(self._refusal)
        try:
            connection = self._open()
            with connection.begin():
                answers = carried_out(connection, group)
                total = connection.exec_driver_sql(TOTAL).scalar_one()
        except DBAPIError as error:
            refusal = unavailable(error, self._path)
            if refusal is None:
                raise
            if is_damage(error):
                self._suspected()
            # A file that was opened while it could not be written stays so until it is reopened.
            self._let_go()
            raise refusal from error
        self._committed(total)
        return answers

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _let_go(self, *, tidy: bool = False) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if tidy:
                optimize(connection)
            connection.close()
        except DBAPIError:
            connection.invalidate()
