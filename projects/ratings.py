"""Ratings: how far each rater is with each image that was dealt to them, and what they drew.

A rating stands beside the state of the image that everybody else sees.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from datasetbuilder.model import Annotation, Image, ImageState, Target
from datasetbuilder.projects import annotations as annotation_rows
from datasetbuilder.projects import images as image_rows
from datasetbuilder.projects.clock import time_from_micros
from datasetbuilder.projects.images import StateKeeper
from datasetbuilder.projects.kept import Fields, Held, Refusal, Stamp
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.schema import annotation, image, rating
from datasetbuilder.wire import image_to_wire

OPEN = (ImageState.REJECTED.value, ImageState.IN_PROGRESS.value, ImageState.NEW.value)
"""The states in which a rater has still to look at an image."""
_BLOCK = 200

Rated = tuple[Image, dict[str, tuple[Annotation, ...]]]


@dataclass(frozen=True, slots=True)
class Rating:
    """How far one rater is with one image, and in which set they draw it."""

    image_id: int
    user: str
    set_name: str
    state: ImageState
    comment: str = ""
    version: int = 1
    done_at: datetime | None = None


def of_rater(
    connection: Connection, project_id: int, user: str, image_ids: Sequence[int]
) -> dict[int, Rating]:
    """Somebody's ratings of these images, if any."""
    asked = select(rating).where(
        rating.c.project == project_id,
        rating.c.user_name == user,
        rating.c.image_id.in_(list(image_ids)),
    )
    return {row.image_id: _rating_from_row(row) for row in connection.execute(asked).all()}


def state_counts(connection: Connection, project_id: int, user: str) -> dict[ImageState, int]:
    """How many images somebody rates, by how far they are."""
    asked = (
        select(rating.c.state, func.count())
        .where(rating.c.project == project_id, rating.c.user_name == user)
        .group_by(rating.c.state)
    )
    return {ImageState(state): n for state, n in connection.execute(asked)}


def _rating_from_row(row: Any) -> Rating:
    return Rating(
        image_id=row.image_id,
        user=row.user_name,
        set_name=row.set_name,
        state=ImageState(row.state),
        comment=row.comment,
        version=row.version,
        done_at=None if row.done_at is None else time_from_micros(row.done_at),
    )


def as_rated(found: Image, by: Rating) -> Image:
    """An image as its rater sees it: with their own state."""
    return replace(found, state=by.state, comment=by.comment, version=by.version)


_IMAGE = image_rows.SELECT.where(image.c.project == bindparam("p"), image.c.id == bindparam("i"))
_OF_SET = select(rating).where(
    rating.c.project == bindparam("p"),
    rating.c.image_id == bindparam("i"),
    rating.c.set_name == bindparam("s"),
)
_SAVE = (
    update(rating)
    .where(
        rating.c.project == bindparam("p"),
        rating.c.image_id == bindparam("i"),
        rating.c.set_name == bindparam("s"),
    )
    .values(
        state=bindparam("new_state"),
        comment=bindparam("new_comment"),
        version=bindparam("new_version"),
        seq=bindparam("new_seq"),
        done_at=bindparam("new_done"),
    )
)


def rated_target(image_id: int, set_name: str) -> str:
    """The key of the state that an image has for the rater who draws in a set."""
    return f"{image_id}@{set_name}"


class AnyStateKeeper:
    """Keeps where an image stands, for everybody or, with the name of a set, for its rater."""

    def __init__(self) -> None:
        self._plain = StateKeeper()

    def held(self, ledger: Ledger, target: Target) -> Held | None:
        """The image that the target names."""
        number, at, set_name = target.key.partition("@")
        if not at:
            return self._plain.held(ledger, target)
        if number != str(target.image_id):
            raise Refusal(f"target.key: must be the image's id, {target.image_id}")
        keys = {"p": ledger.project_id, "i": target.image_id, "s": set_name}
        row = ledger.connection.execute(_IMAGE, keys).first()
        rated = ledger.connection.execute(_OF_SET, keys).first()
        return None if row is None or rated is None else _held(row, rated)

    def change(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Write the next version."""
        if not held.set_name:
            return self._plain.change(ledger, target, held, fields, stamp)
        keys = {"p": ledger.project_id, "i": target.image_id, "s": held.set_name}
        new = {
            "new_state": fields["state"],
            "new_comment": fields["comment"],
            "new_version": held.version + 1,
            "new_seq": stamp.seq,
            "new_done": None if fields["state"] in OPEN else stamp.at,
        }
        ledger.connection.execute(_SAVE, {**keys, **new})
        row = ledger.connection.execute(_IMAGE, keys).one()
        return _held(row, ledger.connection.execute(_OF_SET, keys).one())


def _held(row: Any, rated: Any) -> Held:
    found = as_rated(image_rows.image_from_row(row), _rating_from_row(rated))
    return Held(
        version=rated.version,
        seq=rated.seq,
        current=image_to_wire(replace(found, n_annotations=0)),
        value=found,
        image_id=found.id,
        object_id=found.id,
        set_name=rated.set_name,
        in_batch=rated.seq is None,
    )


# --- what was drawn ---------------------------------------------------------------------------


def rated_images(
    connection: Connection,
    project_id: int,
    *,
    number: int | None = None,
    image_ids: Sequence[int] | None = None,
) -> Iterator[Rated]:
    """Images with what each rater who is done with them drew, by id; of one round or of all."""
    asked = (
        select(rating.c.image_id, rating.c.user_name, rating.c.set_name)
        .where(rating.c.project == project_id, rating.c.state == ImageState.DONE.value)
        .order_by(rating.c.image_id, rating.c.user_name)
    )
    if number is not None:
        asked = asked.where(rating.c.round == number)
    if image_ids is not None:
        asked = asked.where(rating.c.image_id.in_(list(image_ids)))
    by_image: dict[int, dict[str, str]] = {}
    for image_id, user, set_name in connection.execute(asked):
        by_image.setdefault(image_id, {})[set_name] = user
    ids = sorted(by_image)
    for start_at in range(0, len(ids), _BLOCK):
        block = ids[start_at : start_at + _BLOCK]
        yield from _with_drawn(connection, project_id, {one: by_image[one] for one in block})


def _with_drawn(
    connection: Connection, project_id: int, by_image: Mapping[int, Mapping[str, str]]
) -> Iterator[Rated]:
    question = image_rows.SELECT.where(
        image.c.project == project_id, image.c.id.in_(list(by_image))
    ).order_by(image.c.id)
    sets = {name for users in by_image.values() for name in users}
    drawn = drawn_in(connection, project_id, list(by_image), sorted(sets))
    for row in connection.execute(question).all():
        found = image_rows.image_from_row(row)
        users = by_image[found.id]
        yield found, {user: tuple(drawn.get((found.id, name), ())) for name, user in users.items()}


def drawn_in(
    connection: Connection, project_id: int, image_ids: Sequence[int], sets: Sequence[str]
) -> dict[tuple[int, str], list[Annotation]]:
    """The annotations of these images, by image and set."""
    rows = connection.execute(
        annotation_rows.SELECT.where(
            annotation.c.project == project_id,
            annotation.c.image_id.in_(list(image_ids)),
            annotation.c.set_name.in_(list(sets)),
        ).order_by(annotation.c.image_id, annotation.c.id)
    ).all()
    found: dict[tuple[int, str], list[Annotation]] = {}
    for one in annotation_rows.annotations_from_rows(rows):
        found.setdefault((one.image_id, one.set), []).append(one)
    return found
