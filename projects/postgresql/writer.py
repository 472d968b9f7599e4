"""Writing from many threads of many processes, one transaction at a time in each project.

The transaction that writes in a project holds the project's row, which the ledger locks as it
reads it. Within a process those who wait for the same project share a transaction: whoever gets
the turn carries out what has gathered, for all of them, and everybody returns after COMMIT.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from datasetbuilder.errors import StoreUnavailable
from datasetbuilder.projects.group_commit import GROUP, Write, carried_out, settle
from datasetbuilder.projects.ledger import Transaction
from datasetbuilder.projects.postgresql.connections import (
    WORKSPACE,
    plain_engine,
    shown,
    unavailable,
    writer_engine,
)

_TRIES = 3
_AGAIN = ("40001", "40P01")
_PATIENCE = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)

_T = TypeVar("_T")


class Writer:
    """Runs functions of a transaction, those of one project one after the other."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = writer_engine(url)
        self._turns: dict[int | None, _Turn] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._refusal: str | None = None

    def submit(
        self, work: Callable[[Transaction], _T], *, weight: int = 1, project: int | None = None
    ) -> _T:
        """Run ``work`` in a transaction and return what it returned, after COMMIT."""
        with self._lock:
            if self._closed:
                raise StoreUnavailable(f"{shown(self._url)}: not saved, the workspace is closed")
            turn = self._turns.setdefault(project, _Turn())
        write = Write(work, weight)
        turn.take(write, lambda group: self._attempt(group, alone=project is None))
        return write.done.result()

    def refuse(self, reason: str) -> None:
        """Answer every further write with ``StoreUnavailable``."""
        self._refusal = reason

    def close(self) -> None:
        """Finish what waits, then let the connections go."""
        with self._lock:
            self._closed = True
        for turn in self._turns.values():
            turn.wait()
        self._engine.dispose()

    def _attempt(self, group: Sequence[Write], *, alone: bool) -> list[object]:
        if self._refusal is not None:
            raise StoreUnavailable(self._refusal)
        for left in reversed(range(_TRIES)):
            try:
                return self._once(group, alone=alone)
            except (DBAPIError, NoFreeConnection) as error:
                if left and _may_be_tried_again(error):
                    continue
                refusal = unavailable(error, self._url)
                if refusal is None:
                    raise
                raise refusal from error
        raise AssertionError("the last try returns or raises")

    def _once(self, group: Sequence[Write], *, alone: bool) -> list[object]:
        with self._engine.connect() as connection:
            begun = connection.begin()
            number = _begin(connection, alone=alone)
            answers = carried_out(connection, group)
            try:
                begun.commit()
            except DBAPIError as error:
                if not error.connection_invalidated or not self._was_committed(number):
                    raise
        return answers

    def _was_committed(self, number: str) -> bool:
        """What became of a COMMIT whose answer was lost."""
        engine = plain_engine(self._url)
        for pause in _PATIENCE:
            try:
                with engine.connect() as connection:
                    fate = connection.exec_driver_sql(
                        "SELECT pg_xact_status(%s::text::xid8)", (number,)
                    ).scalar()
            except DBAPIError:
                fate = None
            if fate in ("committed", "aborted"):
                return fate == "committed"
            time.sleep(pause)
        raise StoreUnavailable(
            f"{shown(self._url)}: the database server was lost in the middle of saving and does not"
            " answer; whether the last change was kept is not known, sending it again is safe"
        )


class _Turn:
    """Those who wait to write in one project; one of them works for all."""

    def __init__(self) -> None:
        self._waiting: deque[Write] = deque()
        self._working = threading.Lock()

    def take(self, write: Write, attempt: Callable[[Sequence[Write]], list[object]]) -> None:
        """Return when the write is done, by this thread or by another."""
        self._waiting.append(write)
        with self._working:
            while not write.done.done():
                settle(self._gathered(), attempt)

    def wait(self) -> None:
        """Return when nobody works."""
        with self._working:
            pass

    def _gathered(self) -> list[Write]:
        group = [self._waiting.popleft()]
        weight = group[0].weight
        while weight < GROUP and self._waiting:
            group.append(self._waiting.popleft())
            weight += group[-1].weight
        return group


def _begin(connection: Connection, *, alone: bool) -> str:
    """The number of the transaction; ``alone`` keeps out others who write in the workspace."""
    if alone:
        connection.exec_driver_sql(
            f"SELECT pg_advisory_xact_lock({WORKSPACE}, hashtext(current_schema()))"
        )
    return connection.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one()


def _may_be_tried_again(error: Exception) -> bool:
    """Whether nothing was kept and the next attempt may well succeed."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _AGAIN
