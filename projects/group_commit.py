"""Many writes in one transaction, so that they share one sync of the disk."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy import Connection

from datasetbuilder.projects.ledger import Transaction

GROUP = 64
"""How many operations one transaction takes at most, unless a single request holds more."""

_T = TypeVar("_T")


@dataclass(slots=True)
class Write(Generic[_T]):
    """A function of a transaction that somebody waits for."""

    work: Callable[[Transaction], _T]
    weight: int
    done: Future = field(default_factory=Future)


def carried_out(connection: Connection, group: Sequence[Write]) -> list[object]:
    """What each write of a group returned, all inside the transaction that is open."""
    transaction = Transaction(connection)
    answers = [write.work(transaction) for write in group]
    transaction.flush()
    return answers


def settle(group: Sequence[Write], attempt: Callable[[Sequence[Write]], list[object]]) -> None:
    """Wake everybody of a group; those who cannot be served together are tried one by one."""
    try:
        answers = attempt(group)
    # The outermost handler of a write: whatever happened belongs to those who wait.
    except BaseException as error:
        if len(group) > 1:
            for write in group:
                settle([write], attempt)
        else:
            group[0].done.set_exception(error)
        return
    for write, answer in zip(group, answers, strict=True):
        write.done.set_result(answer)
