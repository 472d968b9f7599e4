"""The driver of a job: hands items to the engine and writes what comes back; nobody else does."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias

from datasetbuilder.projects import jobs
from datasetbuilder.projects.job_chunk import Task
from datasetbuilder.projects.job_engine import CHUNK, Answer, Engine
from datasetbuilder.projects.jobs import ItemState, Job, Settled
from datasetbuilder.projects.ledger import Transaction
from datasetbuilder.projects.store import Store

Progress: TypeAlias = Callable[[int, int, str], None]
Effect: TypeAlias = Callable[[Transaction, Job, Sequence[Settled]], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """How the items of one kind of job are worked on, and what their results write.

    ``effect`` runs in the transaction that marks the items and gets each result once.
    """

    task: Task
    effect: Effect | None = None
    chunk: int = CHUNK


def run_items(  # noqa: PLR0913 - where, what and how far, by name
    store: Store,
    job: Job,
    kind: Kind,
    engine: Engine,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> bool:
    """Work on every item that is not settled; False if it was cancelled before the last."""
    with store.reading() as connection:
        waiting = jobs.items_of(connection, job.id, state=ItemState.WAITING)
        about = jobs.job_with_id(connection, job.id)
    done, total = about.settled, about.n_items
    if not waiting:
        return True
    with closing(engine.run(kind.task, job.params, waiting, chunk=kind.chunk)) as answers:
        for answer in answers:
            done += _write(store, job, kind, answer)
            if progress is not None:
                progress(done, total, "")
            if done < total and cancelled():
                return False
    return True


def _write(store: Store, job: Job, kind: Kind, answer: Answer) -> int:
    if not answer.settled:
        died = [item.id for item in answer.items]
        store.submit(lambda t: jobs.attempt(t.connection, job.id, died))
        return 0

    def write(transaction: Transaction) -> int:
        fresh = jobs.settle(transaction.connection, job.id, answer.settled, owner=job.owner)
        good = [one for one in fresh if not one.error]
        if kind.effect is not None and good:
            kind.effect(transaction, job, good)
        return len(fresh)

    return store.submit(write, weight=len(answer.settled))
