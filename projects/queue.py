"""The queue of a project: which image is next for somebody, held for them while they are on it.

A lease says who works on an image, until when. It is given in the transaction that looks for the
image, so no two people get the same one; an image whose lease ran out is found again like any
other. What was assigned to somebody comes first for them and is not offered to others.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)

from datasetbuilder.errors import DataError
from datasetbuilder.model import TRUTH, ImageState
from datasetbuilder.projects import database, rounds
from datasetbuilder.projects.clock import micros_from_time, now, time_from_micros
from datasetbuilder.projects.schema import NO_DAY, annotation, assignment, image, lease

LEASE = 30 * 60 * 1_000_000
"""How many microseconds an image is held for somebody who says nothing any more."""
ORDERS = ("order", "random")
_OPEN = tuple(
    state.value for state in (ImageState.REJECTED, ImageState.IN_PROGRESS, ImageState.NEW)
)
"""What is still to be worked on, in the order in which it is offered."""


NOBODY = ""
"""The assignee of an image that is meant for whoever comes first."""
_ASSIGN = (
    update(image)
    .where(image.c.project == bindparam("p"), image.c.id == bindparam("i"))
    .values(assignee=bindparam("who"), due_at=bindparam("due"))
)


@dataclass(frozen=True, slots=True)
class Lease:
    """An image that somebody works on."""

    image_id: int
    user: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Workload:
    """How much is assigned to somebody, how much of it is open, and by when the next is due."""

    user: str
    images: int
    open: int
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Share:
    """Which images are to be assigned, to whom in turn, and by when."""

    users: Sequence[str]
    first: int = 1
    last: int | None = None
    state: ImageState | None = None
    label: int | None = None
    due: datetime | None = None


def take(
    connection: Connection,
    project_id: int,
    user: str,
    *,
    leaving: int | None = None,
    order: str = "order",
) -> Lease | None:
    """Hold the next image for somebody; None when nothing is left for them.

    Whoever leaves no image comes back to the one that is held for them. Whoever leaves one goes on
    behind it. A rater goes on in their own part of a round, which needs no holding.
    """
    moment = now()
    if rounds.is_rater(connection, project_id, user):
        rated = rounds.next_image(connection, project_id, user, leaving)
        return None if rated is None else Lease(rated, user, time_from_micros(moment + LEASE))
    if leaving is not None:
        give_back(connection, project_id, user, leaving)
    found = None if leaving is not None else _mine(connection, project_id, user, moment)
    if found is None:
        search = _Search(project_id, user, moment, leaving or 0)
        found = _candidate(connection, search, order)
    return None if found is None else _hold(connection, project_id, found, user, moment)


def give_back(connection: Connection, project_id: int, user: str, image_id: int) -> None:
    """Hold an image no longer."""
    connection.execute(
        delete(lease).where(*_lease_of(project_id, user), lease.c.image_id == image_id)
    )


def renew(connection: Connection, project_id: int, user: str, image_id: int) -> None:
    """Hold an image on, while somebody says that they are there."""
    mine = (*_lease_of(project_id, user), lease.c.image_id == image_id)
    connection.execute(update(lease).where(*mine), {"until": now() + LEASE})


def leases(connection: Connection, project_id: int) -> list[Lease]:
    """Which images are held, by id."""
    asked = (
        select(lease)
        .where(lease.c.project == project_id, lease.c.until > now())
        .order_by(lease.c.image_id)
    )
    return [
        Lease(row.image_id, row.user_name, time_from_micros(row.until))
        for row in connection.execute(asked)
    ]


def assign(connection: Connection, project_id: int, share: Share, *, actor: str) -> int:
    """Assign images to people in turn; an earlier assignment gives way. How many there were."""
    if not share.users:
        raise DataError("Name at least one person to assign to.")
    due = None if share.due is None else micros_from_time(share.due)
    rows = [
        {
            "project": project_id,
            "image_id": image_id,
            "user_name": share.users[index % len(share.users)],
            "due_at": due,
            "assigned_by": actor,
            "created_at": now(),
        }
        for index, image_id in enumerate(connection.execute(_chosen(project_id, share)).scalars())
    ]
    if rows:
        columns = ("user_name", "due_at", "assigned_by", "created_at")
        connection.execute(database.insert_replacing(connection, assignment, *columns), rows)
        whose = [
            {"p": project_id, "i": row["image_id"], "who": row["user_name"], "due": due or NO_DAY}
            for row in rows
        ]
        connection.execute(_ASSIGN, whose)
    return len(rows)


def unassign(connection: Connection, project_id: int, share: Share) -> int:
    """Take assignments back, of these people or of everyone; how many there were."""
    wanted = [assignment.c.project == project_id]
    wanted.append(assignment.c.image_id.in_(_chosen(project_id, share)))
    if share.users:
        wanted.append(assignment.c.user_name.in_(share.users))
    freed = connection.execute(select(assignment.c.image_id).where(*wanted)).scalars().all()
    if freed:
        connection.execute(delete(assignment).where(*wanted))
        free = [{"p": project_id, "i": one, "who": NOBODY, "due": NO_DAY} for one in freed]
        connection.execute(_ASSIGN, free)
    return len(freed)


def workloads(connection: Connection, project_id: int) -> list[Workload]:
    """What is assigned, per person by name."""
    is_open = image.c.state.in_(_OPEN)
    asked = (
        select(
            image.c.assignee.label("user_name"),
            func.count().label("images"),
            func.count().filter(is_open).label("open"),
            func.min(image.c.due_at).filter(is_open).label("due"),
        )
        .where(image.c.project == project_id, image.c.assignee > NOBODY)
        .group_by(image.c.assignee)
        .order_by(image.c.assignee)
    )
    return [
        Workload(
            row.user_name,
            row.images,
            row.open,
            None if row.due in (None, NO_DAY) else time_from_micros(row.due),
        )
        for row in connection.execute(asked)
    ]


# --- how an image is found --------------------------------------------------------------------


def _mine(connection: Connection, project_id: int, user: str, moment: int) -> int | None:
    asked = (
        select(lease.c.image_id)
        .join(image, _same_image(lease))
        .where(*_lease_of(project_id, user), lease.c.until > moment, image.c.state.in_(_OPEN))
        .order_by(lease.c.taken_at.desc())
        .limit(1)
    )
    return connection.execute(asked).scalar()


@dataclass(frozen=True, slots=True)
class _Search:
    """Whose next image is looked for, when, and which one they leave."""

    project_id: int
    user: str
    moment: int
    leaving: int


def _candidate(connection: Connection, search: _Search, order: str) -> int | None:
    assigned = _assigned(connection, search)
    if assigned is not None:
        return assigned
    start = search.leaving
    if order == "random":
        most = connection.execute(_MOST, {"p": search.project_id}).scalar() or 0
        start = random.randrange(most + 1)
    return _walk(connection, search, NOBODY, NO_DAY, start)


def _assigned(connection: Connection, search: _Search) -> int | None:
    """The next of what is meant for somebody, by the day when it is due."""
    due = -1
    while (due := _next_due(connection, search, due)) is not None:
        found = _walk(connection, search, search.user, due, search.leaving)
        if found is not None:
            return found
    return None


def _next_due(connection: Connection, search: _Search, after: int) -> int | None:
    keys = {"p": search.project_id, "who": search.user, "after": after}
    days = connection.execute(_DAYS, keys).scalars().all()
    return min((day for day in days if day is not None), default=None)


def _walk(
    connection: Connection, search: _Search, assignee: str, due: int, start: int
) -> int | None:
    """The first image behind a place that nobody else holds, else the first of all.

    From the very beginning what was rejected comes first, then what is in progress.
    """
    keys = {
        "p": search.project_id,
        "who": assignee,
        "due": due,
        "start": start,
        "leaving": search.leaving,
        "user": search.user,
        "moment": search.moment,
    }
    for question in (_BEHIND, _BEFORE) if start else (_BEHIND,):
        found = [(row.rank, row.id) for row in connection.execute(question, keys).all()]
        if found:
            return min(found)[1] if start == 0 else min(image_id for _, image_id in found)
    return None


def _same_image(table: Any) -> ColumnElement[bool]:
    return and_(table.c.project == image.c.project, table.c.image_id == image.c.id)


def _lease_of(project_id: int, user: str) -> tuple[ColumnElement[bool], ...]:
    return (lease.c.project == project_id, lease.c.user_name == user)


def _hold(connection: Connection, project_id: int, image_id: int, user: str, moment: int) -> Lease:
    here = (lease.c.project == project_id, lease.c.image_id == image_id)
    connection.execute(delete(lease).where(*here))
    until = moment + LEASE
    row = {
        "project": project_id,
        "image_id": image_id,
        "user_name": user,
        "taken_at": moment,
        "until": until,
    }
    connection.execute(insert(lease), row)
    return Lease(image_id, user, time_from_micros(until))


def _chosen(project_id: int, share: Share) -> Any:
    asked = select(image.c.id).where(image.c.project == project_id, image.c.id >= share.first)
    if share.last is not None:
        asked = asked.where(image.c.id <= share.last)
    if share.state is not None:
        asked = asked.where(image.c.state == share.state.value)
    if share.label is not None:
        carried = exists().where(
            annotation.c.project == project_id,
            annotation.c.image_id == image.c.id,
            annotation.c.set_name == TRUTH,
            annotation.c.label == share.label,
        )
        asked = asked.where(carried)
    return asked.order_by(image.c.id)


# --- the questions, each made once --------------------------------------------------------------

_WHOSE = (image.c.project == bindparam("p"), image.c.assignee == bindparam("who"))
_MOST = select(func.max(image.c.id)).where(image.c.project == bindparam("p"))
_DAYS = union_all(
    *(
        select(func.min(image.c.due_at)).where(
            *_WHOSE, image.c.state == state, image.c.due_at > bindparam("after")
        )
        for state in _OPEN
    )
)


def _seeks(place: ColumnElement[bool]) -> CompoundSelect[Any]:
    """A seek in the index for each state: its rank in ``_OPEN`` and the first image there."""
    held = (
        exists()
        .where(
            _same_image(lease),
            lease.c.user_name != bindparam("user"),
            lease.c.until > bindparam("moment"),
        )
        .correlate(image)
    )
    return union_all(
        *(
            select(
                select(literal(rank).label("rank"), image.c.id)
                .where(
                    *_WHOSE,
                    image.c.state == state,
                    image.c.due_at == bindparam("due"),
                    place,
                    image.c.id != bindparam("leaving"),
                    ~held,
                )
                .order_by(image.c.id)
                .limit(1)
                .subquery()
            )
            for rank, state in enumerate(_OPEN)
        )
    )


_BEHIND = _seeks(image.c.id > bindparam("start"))
_BEFORE = _seeks(image.c.id <= bindparam("start"))
