"""The queue of a project: which image is next for somebody, held for them while they are on it.

A lease says who works on an image, until when. It is given in the transaction that looks for the
image, so no two people get the same one; an image whose lease ran out is found again like any
other. What was assigned to somebody comes first for them and is not offered to others.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select, update

from datasetbuilder.errors import DataError
from datasetbuilder.model import TRUTH, ImageState
from datasetbuilder.projects import database
from datasetbuilder.projects.clock import micros_from_time, now, time_from_micros
from datasetbuilder.projects.schema import annotation, assignment, image, lease

LEASE = 30 * 60 * 1_000_000
"""How many microseconds an image is held for somebody who says nothing any more."""
ORDERS = ("order", "random")
_OPEN = tuple(
    state.value for state in (ImageState.REJECTED, ImageState.IN_PROGRESS, ImageState.NEW)
)
"""What is still to be worked on, in the order in which it is offered."""


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
    behind it.
    """
    moment = now()
    if leaving is not None:
        give_back(connection, project_id, user, leaving)
    found = None if leaving is not None else _mine(connection, project_id, user, moment)
    if found is None:
        found = _candidate(connection, project_id, user, leaving or 0, moment, order)
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
    return len(rows)


def unassign(connection: Connection, project_id: int, share: Share) -> int:
    """Take assignments back, of these people or of everyone; how many there were."""
    wanted = [assignment.c.project == project_id]
    wanted.append(assignment.c.image_id.in_(_chosen(project_id, share)))
    if share.users:
        wanted.append(assignment.c.user_name.in_(share.users))
    return connection.execute(delete(assignment).where(*wanted)).rowcount


def workloads(connection: Connection, project_id: int) -> list[Workload]:
    """What is assigned, per person by name."""
    is_open = image.c.state.in_(_OPEN)
    asked = (
        select(
            assignment.c.user_name,
            func.count().label("images"),
            func.count().filter(is_open).label("open"),
            func.min(assignment.c.due_at).filter(is_open).label("due"),
        )
        .join(image, _same_image(assignment))
        .where(assignment.c.project == project_id)
        .group_by(assignment.c.user_name)
        .order_by(assignment.c.user_name)
    )
    return [
        Workload(
            row.user_name,
            row.images,
            row.open,
            None if row.due is None else time_from_micros(row.due),
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


def _candidate(  # noqa: PLR0913 - one search, all of it given
    connection: Connection, project_id: int, user: str, leaving: int, moment: int, order: str
) -> int | None:
    assigned = _assigned(connection, project_id, user, leaving, moment)
    if assigned is not None:
        return assigned
    start = leaving
    if order == "random":
        most = select(func.max(image.c.id)).where(image.c.project == project_id)
        start = random.randrange((connection.execute(most).scalar() or 0) + 1)
    for part in _parts(start, leaving):
        found = _free(connection, project_id, user, moment, part, by_state=start == 0)
        if found is not None:
            return found
    return None


def _parts(start: int, leaving: int) -> Iterator[ColumnElement[bool]]:
    """The images behind a place, then those before it; the one that was left is not among them."""
    yield and_(image.c.id > start, image.c.id != leaving)
    if start:
        yield and_(image.c.id <= start, image.c.id != leaving)


def _free(  # noqa: PLR0913 - one search, all of it given
    connection: Connection,
    project_id: int,
    user: str,
    moment: int,
    part: ColumnElement[bool],
    *,
    by_state: bool,
) -> int | None:
    """The first image that nobody holds and nobody was assigned; by ``_OPEN`` if asked."""
    found = []
    for state in _OPEN:
        asked = (
            select(image.c.id)
            .where(
                image.c.project == project_id,
                image.c.state == state,
                part,
                ~_held_by_another(user, moment),
                ~exists().where(_same_image(assignment)).correlate(image),
            )
            .order_by(image.c.id)
            .limit(1)
        )
        first = connection.execute(asked).scalar()
        if first is not None and by_state:
            return first
        found += [] if first is None else [first]
    return min(found, default=None)


def _assigned(
    connection: Connection, project_id: int, user: str, leaving: int, moment: int
) -> int | None:
    asked = (
        select(image.c.id)
        .join(assignment, _same_image(assignment))
        .where(
            assignment.c.project == project_id,
            assignment.c.user_name == user,
            image.c.state.in_(_OPEN),
            image.c.id != leaving,
            ~_held_by_another(user, moment),
        )
        .order_by(func.coalesce(assignment.c.due_at, 2**62), image.c.id <= leaving, image.c.id)
        .limit(1)
    )
    return connection.execute(asked).scalar()


def _held_by_another(user: str, moment: int) -> Any:
    return (
        exists()
        .where(_same_image(lease), lease.c.user_name != user, lease.c.until > moment)
        .correlate(image)
    )


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
