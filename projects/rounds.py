"""Rounds: images dealt to raters, who label them blind to each other, and which of them is next.

Each rater draws in a set of their own. Gold images, whose answer is known, go to every rater of a
round in places that tell nothing.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from datasetbuilder.errors import DataError, UnknownName
from datasetbuilder.model import ImageState
from datasetbuilder.projects import database
from datasetbuilder.projects.clock import now, time_from_micros
from datasetbuilder.projects.gold import gold_images
from datasetbuilder.projects.ratings import OPEN
from datasetbuilder.projects.schema import annotation_set, image, rating, rating_round
from datasetbuilder.projects.sets import BLIND, set_of


@dataclass(frozen=True, slots=True)
class Deal:
    """Which images several people are to label blind, and how many people each."""

    name: str
    raters: Sequence[str]
    per_image: int = 2
    first: int = 1
    last: int | None = None
    state: ImageState | None = None
    images: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rater is with their part of a round."""

    user: str
    images: int
    done: int


@dataclass(frozen=True, slots=True)
class Round:
    """Images that were dealt to raters at one time."""

    id: int
    name: str
    author: str
    created_at: datetime
    closed_at: datetime | None
    images: int
    raters: tuple[Progress, ...]


def start(connection: Connection, project_id: int, deal: Deal, *, author: str) -> int:
    """Deal images to raters in turn, gold images to every one; the number of the round.

    Raises
    ------
    DataError
        If there are too few raters, or nothing that these raters have not labelled already.
    """
    raters = list(dict.fromkeys(deal.raters))
    if not 1 <= deal.per_image <= len(raters):
        raise DataError(
            f"{deal.per_image} raters for each image cannot be dealt among {len(raters)}. "
            "Name more raters, or ask for fewer of them for each image."
        )
    number = _next_round(connection, project_id)
    hidden = set(gold_images(connection, project_id))
    chosen = [one for one in _chosen(connection, project_id, deal) if one not in hidden]
    given = _dealt(chosen, raters, deal.per_image) + [
        (image_id, user) for image_id in sorted(hidden) for user in raters
    ]
    known = {tuple(row) for row in connection.execute(_PAIRS, {"p": project_id})}
    fresh = [pair for pair in given if pair not in known]
    if not any(image_id not in hidden for image_id, _ in fresh):
        raise DataError("Every one of these images was dealt to these raters before.")
    row = {
        "project": project_id,
        "id": number,
        "name": deal.name,
        "author": author,
        "created_at": now(),
    }
    connection.execute(insert(rating_round), row)
    _own_sets(connection, project_id, raters)
    places = _places({image_id for image_id, _ in fresh}, seed=number)
    rows = [
        {
            "project": project_id,
            "image_id": image_id,
            "user_name": user,
            "round": number,
            "set_name": set_of(user),
            "place": number * 2**40 + places[image_id],
            "gold": image_id in hidden,
            "state": ImageState.NEW.value,
        }
        for image_id, user in fresh
    ]
    connection.execute(insert(rating), rows)
    return number


def _next_round(connection: Connection, project_id: int) -> int:
    asked = select(func.max(rating_round.c.id)).where(rating_round.c.project == project_id)
    return (connection.execute(asked).scalar() or 0) + 1


def _chosen(connection: Connection, project_id: int, deal: Deal) -> list[int]:
    asked = select(image.c.id).where(image.c.project == project_id).order_by(image.c.id)
    if deal.images is not None:
        asked = asked.where(image.c.id.in_(list(deal.images)))
    else:
        asked = asked.where(image.c.id >= deal.first)
        if deal.last is not None:
            asked = asked.where(image.c.id <= deal.last)
    if deal.state is not None:
        asked = asked.where(image.c.state == deal.state.value)
    return list(connection.execute(asked).scalars())


def _dealt(images: Sequence[int], raters: Sequence[str], each: int) -> list[tuple[int, str]]:
    return [
        (image_id, raters[(place * each + n) % len(raters)])
        for place, image_id in enumerate(images)
        for n in range(each)
    ]


def _places(images: set[int], *, seed: int) -> dict[int, int]:
    """A place for each image, in an order that does not tell which ones were put among them."""
    order = sorted(images)
    random.Random(seed).shuffle(order)
    return {image_id: place for place, image_id in enumerate(order)}


def _own_sets(connection: Connection, project_id: int, raters: Sequence[str]) -> None:
    rows = [
        {
            "project": project_id,
            "name": set_of(user),
            "purpose": BLIND,
            "owner": user,
            "created_at": now(),
        }
        for user in raters
    ]
    wanted = database.insert_replacing(connection, annotation_set, "purpose", "owner")
    connection.execute(wanted, rows)


def close(connection: Connection, project_id: int, number: int) -> None:
    """End a round: its raters see again what everybody sees, unless another round holds them.

    Raises
    ------
    UnknownName
        If there is no such round.
    """
    here = (rating_round.c.project == project_id, rating_round.c.id == number)
    changed = connection.execute(
        update(rating_round).where(*here, rating_round.c.closed_at.is_(None)), {"closed_at": now()}
    )
    if (
        not changed.rowcount
        and connection.execute(select(rating_round.c.id).where(*here)).first() is None
    ):
        raise UnknownName(f"the project has no round {number}")
    held = (
        select(rating.c.set_name)
        .join(rating_round, _same_round())
        .where(rating.c.project == project_id, rating_round.c.closed_at.is_(None))
    )
    connection.execute(
        update(annotation_set)
        .where(
            annotation_set.c.project == project_id,
            annotation_set.c.purpose == BLIND,
            annotation_set.c.name.not_in(held),
        )
        .values(owner=None)
    )


def rounds(connection: Connection, project_id: int) -> list[Round]:
    """The rounds, the newest first."""
    done = rating.c.state.not_in(OPEN)
    asked = (
        select(
            rating.c.round,
            rating.c.user_name,
            func.count().label("images"),
            func.count().filter(done).label("done"),
        )
        .where(rating.c.project == project_id)
        .group_by(rating.c.round, rating.c.user_name)
        .order_by(rating.c.round, rating.c.user_name)
    )
    parts: dict[int, list[Progress]] = {}
    for number, user, images, n_done in connection.execute(asked):
        parts.setdefault(number, []).append(Progress(user, images, n_done))
    counted = select(rating.c.round, func.count(rating.c.image_id.distinct())).where(
        rating.c.project == project_id
    )
    sizes = {number: n for number, n in connection.execute(counted.group_by(rating.c.round))}
    rows = connection.execute(
        select(rating_round)
        .where(rating_round.c.project == project_id)
        .order_by(rating_round.c.id.desc())
    )
    return [
        Round(
            row.id,
            row.name,
            row.author,
            time_from_micros(row.created_at),
            None if row.closed_at is None else time_from_micros(row.closed_at),
            sizes.get(row.id, 0),
            tuple(parts.get(row.id, ())),
        )
        for row in rows.all()
    ]


def _same_round() -> Any:
    return (rating_round.c.project == rating.c.project) & (rating_round.c.id == rating.c.round)


_PAIRS = select(rating.c.image_id, rating.c.user_name).where(rating.c.project == bindparam("p"))


# --- the next image of a rater ----------------------------------------------------------------

_OPEN_RATING = (
    select(rating.c.image_id)
    .join(rating_round, _same_round())
    .where(
        rating.c.project == bindparam("p"),
        rating.c.user_name == bindparam("user"),
        rating.c.state.in_(OPEN),
        rating.c.image_id != bindparam("leaving"),
        rating.c.place > bindparam("behind"),
        rating_round.c.closed_at.is_(None),
    )
    .order_by(rating.c.place)
    .limit(1)
)
_PLACE = select(rating.c.place).where(
    rating.c.project == bindparam("p"),
    rating.c.user_name == bindparam("user"),
    rating.c.image_id == bindparam("leaving"),
)
_IN_ROUND = (
    select(rating.c.image_id)
    .join(rating_round, _same_round())
    .where(
        rating.c.project == bindparam("p"),
        rating.c.user_name == bindparam("user"),
        rating_round.c.closed_at.is_(None),
    )
    .limit(1)
)


def is_rater(connection: Connection, project_id: int, user: str) -> bool:
    """Whether somebody has a part in a round that is open."""
    return connection.execute(_IN_ROUND, {"p": project_id, "user": user}).first() is not None


def next_image(
    connection: Connection, project_id: int, user: str, leaving: int | None
) -> int | None:
    """The next image of a rater, behind the one that they leave, else the first that is open."""
    keys = {"p": project_id, "user": user, "leaving": leaving or 0}
    place = connection.execute(_PLACE, keys).scalar() if leaving else None
    for behind in (-1,) if place is None else (place, -1):
        found = connection.execute(_OPEN_RATING, {**keys, "behind": behind}).scalar()
        if found is not None:
            return found
    return None
