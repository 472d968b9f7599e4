"""Jobs: long work that is written down item by item, so that a killed process loses none of it.

::

    waiting ─► running ─► done | failed
                 │  ▲
                 ▼  │ begin (resume)
        cancelled | interrupted | failed

An item is settled once: the transaction that writes its effect marks it, and a second answer to the
same item changes nothing. Whatever of a job is not settled is done again when it is resumed.

Whoever takes a job up writes its name on it. Where several processes share a database the name has
to be renewed (`job_leases`): what a silent process left is taken up by another, and what the silent
one answers after that is not written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from datasetbuilder.errors import JobRefused, UnknownName
from datasetbuilder.projects.clock import now, time_from_micros
from datasetbuilder.projects.schema import job, job_item, project

_SETTLE = (
    update(job_item)
    .where(job_item.c.job == bindparam("b_job"), job_item.c.id == bindparam("b_id"))
    .values(
        state=bindparam("b_state"),
        attempts=job_item.c.attempts + 1,
        error=bindparam("b_error"),
        result=bindparam("b_result"),
    )
)


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class ItemState(StrEnum):
    """Where one item of a job stands."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


RESUMABLE = (JobState.WAITING, JobState.INTERRUPTED, JobState.CANCELLED, JobState.FAILED)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is written down."""

    id: int
    project_id: int
    project: str
    kind: str
    title: str
    state: JobState
    author: str
    created_at: datetime
    updated_at: datetime
    params: Mapping[str, Any] = field(default_factory=dict)
    n_items: int = 0
    n_done: int = 0
    n_failed: int = 0
    error: str = ""
    result: Mapping[str, Any] | None = None
    owner: str = ""

    @property
    def settled(self) -> int:
        """How many items need no more work."""
        return self.n_done + self.n_failed

    @property
    def active(self) -> bool:
        """Whether something more will happen by itself."""
        return self.state in (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a job; ``item`` says what to work on."""

    id: int
    item: str
    state: ItemState = ItemState.WAITING
    attempts: int = 0
    error: str = ""
    result: Any = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Who takes a job up and until when that holds without being renewed; 0: for good.

    With ``alone`` it waits for other jobs of the kind in the project.
    """

    owner: str = ""
    until: int = 0
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one item: a result, or the reason why there is none."""

    item_id: int
    result: Any = None
    error: str = ""


# --- writing ------------------------------------------------------------------------------------


def create(  # noqa: PLR0913 - the columns of one row, by name
    connection: Connection,
    project_id: int,
    kind: str,
    *,
    params: Mapping[str, Any],
    author: str,
    title: str = "",
) -> int:
    """Write a job down; returns its number."""
    number = (connection.scalar(select(func.max(job.c.id))) or 0) + 1
    row = {
        "id": number,
        "project": project_id,
        "kind": kind,
        "params": json.dumps(params),
        "state": JobState.WAITING.value,
        "author": author,
        "title": title,
        "created_at": now(),
        "updated_at": now(),
    }
    connection.execute(insert(job), row)
    return number


def add_items(connection: Connection, job_id: int, items: Sequence[str]) -> list[Item]:
    """Write down the items that the job does not have yet; all of ``items``, in their order."""
    known = {one.item: one for one in items_of(connection, job_id)}
    last = max((one.id for one in known.values()), default=0)
    fresh = [text for text in dict.fromkeys(items) if text not in known]
    made = {text: Item(number, text) for number, text in enumerate(fresh, start=last + 1)}
    rows = [
        {"job": job_id, "id": one.id, "item": one.item, "state": one.state.value}
        for one in made.values()
    ]
    if rows:
        connection.execute(insert(job_item), rows)
        _change(connection, job_id, n_items=job.c.n_items + len(rows))
    return [known.get(text) or made[text] for text in dict.fromkeys(items)]


def begin(connection: Connection, job_id: int, claim: Claim | None = None) -> bool:
    """Take a job up, or up again; False if it runs, waits for another or is done.

    Failed items get another chance.
    """
    claim = claim or Claim()
    taken = connection.execute(
        update(job)
        .where(job.c.id == job_id, _may_begin(claim))
        .values(
            state=JobState.RUNNING.value,
            error="",
            n_failed=0,
            updated_at=now(),
            owner=claim.owner,
            held_until=claim.until,
            stop_asked=0,
        )
    )
    if not taken.rowcount:
        return False
    connection.execute(
        update(job_item)
        .where(job_item.c.job == job_id, job_item.c.state == ItemState.FAILED.value)
        .values(state=ItemState.WAITING.value, error="")
    )
    return True


def _may_begin(claim: Claim) -> ColumnElement[bool]:
    free = job.c.state.in_([state.value for state in RESUMABLE])
    if claim.until:
        free = or_(free, _abandoned())
    if claim.alone:
        other = job.alias()
        busy = exists().where(
            other.c.id != job.c.id,
            other.c.project == job.c.project,
            other.c.kind == job.c.kind,
            other.c.state == JobState.RUNNING.value,
            other.c.held_until >= now(),
        )
        free = free & ~busy
    return free


def _abandoned() -> ColumnElement[bool]:
    """Whether a job's process has been silent for too long."""
    return (job.c.state == JobState.RUNNING.value) & (job.c.held_until < now())


def attempt(connection: Connection, job_id: int, item_ids: Sequence[int]) -> None:
    """Count one more try of items whose worker died."""
    connection.execute(
        update(job_item)
        .where(job_item.c.job == job_id, job_item.c.id.in_(item_ids))
        .values(attempts=job_item.c.attempts + 1)
    )


def unsettled(connection: Connection, job_id: int, item_ids: Sequence[int]) -> set[int]:
    """Those of the items that nobody has settled."""
    return set(
        connection.scalars(
            select(job_item.c.id).where(
                job_item.c.job == job_id,
                job_item.c.id.in_(item_ids),
                job_item.c.state == ItemState.WAITING.value,
            )
        )
    )


def settle(
    connection: Connection, job_id: int, answers: Sequence[Settled], *, owner: str = ""
) -> list[Settled]:
    """Mark items done or failed and count them; returns those that were not settled before.

    The effect of the returned ones, and of no others, belongs into the same transaction.

    Raises
    ------
    JobRefused
        If the job is no longer its owner's.
    """
    _require_owner(connection, job_id, owner)
    waiting = unsettled(connection, job_id, [one.item_id for one in answers])
    first: dict[int, Settled] = {}
    for one in answers:
        if one.item_id in waiting:
            first.setdefault(one.item_id, one)
    rows = [
        {
            "b_job": job_id,
            "b_id": one.item_id,
            "b_state": (ItemState.FAILED if one.error else ItemState.DONE).value,
            "b_error": one.error,
            "b_result": None if one.result is None else json.dumps(one.result),
        }
        for one in first.values()
    ]
    if rows:
        connection.execute(_SETTLE, rows)
    failed = sum(bool(one.error) for one in first.values())
    _change(
        connection,
        job_id,
        n_done=job.c.n_done + len(first) - failed,
        n_failed=job.c.n_failed + failed,
    )
    return list(first.values())


def finish(  # noqa: PLR0913 - how it ended, by name
    connection: Connection,
    job_id: int,
    state: JobState,
    *,
    error: str = "",
    result: Mapping[str, Any] | None = None,
    owner: str = "",
) -> None:
    """Say how a running job of ``owner`` ended; any other stays as it is."""
    connection.execute(
        update(job)
        .where(job.c.id == job_id, job.c.state == JobState.RUNNING.value, job.c.owner == owner)
        .values(
            state=state.value,
            error=error,
            result=None if result is None else json.dumps(result),
            updated_at=now(),
        )
    )


def cancel_waiting(connection: Connection, job_id: int) -> bool:
    """Cancel a job that nobody runs; False if there is nothing to cancel."""
    idle = (JobState.WAITING.value, JobState.INTERRUPTED.value, JobState.FAILED.value)
    done = connection.execute(
        update(job)
        .where(job.c.id == job_id, job.c.state.in_(idle))
        .values(state=JobState.CANCELLED.value, updated_at=now())
    )
    return bool(done.rowcount)


def interrupt(connection: Connection, job_id: int, owner: str | None = None) -> None:
    """Leave a job that its process stopped, not a person, to be taken up by the next one."""
    stopped = (JobState.RUNNING.value, JobState.CANCELLED.value)
    mine = job.c.id == job_id
    if owner is not None:
        mine = mine & (job.c.owner == owner)
    connection.execute(
        update(job)
        .where(mine, job.c.state.in_(stopped))
        .values(state=JobState.INTERRUPTED.value, updated_at=now())
    )


def interrupt_abandoned(connection: Connection, *, silent: bool = False) -> list[int]:
    """Mark what dead processes left running.

    Asked by the only process of a workspace: all that runs. With ``silent`` what nobody renewed.
    """
    running = job.c.state == JobState.RUNNING.value
    left = list(connection.scalars(select(job.c.id).where(_abandoned() if silent else running)))
    if left:
        connection.execute(
            update(job)
            .where(job.c.id.in_(left), running)
            .values(state=JobState.INTERRUPTED.value, updated_at=now())
        )
    return left


def _require_owner(connection: Connection, job_id: int, owner: str) -> None:
    row = connection.execute(
        select(job.c.owner).where(job.c.id == job_id).with_for_update()
    ).first()
    if row is None or row.owner != owner:
        raise JobRefused(
            f"Job {job_id} was taken up by another process, since this one was silent for too "
            "long; nothing more of it is written here."
        )


def _change(connection: Connection, job_id: int, **values: Any) -> None:
    connection.execute(update(job).where(job.c.id == job_id).values(updated_at=now(), **values))


# --- reading ------------------------------------------------------------------------------------

_JOBS = select(job, project.c.slug).join(project, project.c.id == job.c.project)


def job_with_id(connection: Connection, job_id: int) -> Job:
    """One job; UnknownName if there is none with that number."""
    row = connection.execute(_JOBS.where(job.c.id == job_id)).first()
    if row is None:
        raise UnknownName(f"There is no job {job_id}. See: datasetbuilder jobs list")
    return _job(row)


def jobs(
    connection: Connection,
    project_id: int | None = None,
    *,
    states: Sequence[JobState] | None = None,
    limit: int = 100,
) -> list[Job]:
    """The jobs of a project, or all, the newest first."""
    question = _JOBS if project_id is None else _JOBS.where(job.c.project == project_id)
    if states is not None:
        question = question.where(job.c.state.in_([state.value for state in states]))
    return [
        _job(row) for row in connection.execute(question.order_by(job.c.id.desc()).limit(limit))
    ]


def items_of(
    connection: Connection,
    job_id: int,
    *,
    state: ItemState | None = None,
    limit: int | None = None,
) -> list[Item]:
    """The items of a job, in their order."""
    question = select(job_item).where(job_item.c.job == job_id).order_by(job_item.c.id)
    if state is not None:
        question = question.where(job_item.c.state == state.value)
    return [_item(row) for row in connection.execute(question.limit(limit))]


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        project_id=row.project,
        project=row.slug,
        kind=row.kind,
        title=row.title,
        state=JobState(row.state),
        author=row.author,
        created_at=time_from_micros(row.created_at),
        updated_at=time_from_micros(row.updated_at),
        params=json.loads(row.params),
        n_items=row.n_items,
        n_done=row.n_done,
        n_failed=row.n_failed,
        error=row.error,
        result=None if row.result is None else json.loads(row.result),
        owner=row.owner,
    )


def _item(row: Row[Any]) -> Item:
    result = None if row.result is None else json.loads(row.result)
    return Item(row.id, row.item, ItemState(row.state), row.attempts, row.error, result)
