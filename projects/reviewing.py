"""Which images wait for a reviewer, and who finished them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, and_, exists, or_, select

from datasetbuilder.insight.sampling import ReviewRule
from datasetbuilder.model import TRUTH, Image, ImageState, TargetType
from datasetbuilder.projects import images as image_rows
from datasetbuilder.projects.clock import time_from_micros
from datasetbuilder.projects.reviews import row_of
from datasetbuilder.projects.schema import annotation, event, image, payload, review

_PAGE = 1_000
_VERDICTS = (ImageState.ACCEPTED.value, ImageState.REJECTED.value)
_after = payload.c.hash == event.c.after_hash


@dataclass(frozen=True, slots=True)
class Finished:
    """Who finished an image and who accepted it, and when."""

    by: str = ""
    at: datetime | None = None
    accepted_by: str | None = None
    accepted_at: datetime | None = None
    seconded_by: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer said of an image, and the number of the event that says so."""

    seq: int
    by: str
    at: datetime
    state: ImageState
    comment: str


@dataclass(frozen=True, slots=True)
class Due:
    """An image that waits for a reviewer, and why: ``share``, ``score`` or ``second``."""

    image: Image
    finished: Finished
    reason: str


def finished(connection: Connection, project_id: int, image_id: int) -> Finished:
    """Who finished an image and who accepted it."""
    row = row_of(connection, project_id, image_id)
    return Finished() if row is None else _finished(row)


def last_verdict(connection: Connection, project_id: int, image_id: int) -> Verdict | None:
    """What the last review of an image said, None if it was never reviewed."""
    asked = (
        select(event.c.seq, event.c.author, event.c.at, payload.c.data)
        .join(payload, (payload.c.project == event.c.project) & _after)
        .where(
            event.c.project == project_id,
            event.c.image_id == image_id,
            event.c.target_type == TargetType.IMAGE_STATE.value,
        )
        .order_by(event.c.seq.desc())
    )
    for row in connection.execute(asked).all():
        said = orjson.loads(row.data)
        if said["state"] in _VERDICTS:
            at = time_from_micros(row.at)
            return Verdict(row.seq, row.author, at, ImageState(said["state"]), said["comment"])
    return None


def waiting(  # noqa: PLR0913 - one page of one person's queue, all of it given
    connection: Connection,
    project_id: int,
    rule: ReviewRule,
    *,
    user: str,
    after: int = 0,
    limit: int = 100,
) -> list[Due]:
    """The images behind ``after`` that wait for this reviewer, by id, at most ``limit``."""
    found: list[Due] = []
    for row in _candidates(connection, project_id, rule, user, after):
        reason = _reason(rule, row)
        if reason:
            found.append(Due(image_rows.image_from_row(row), _finished(row), reason))
        if len(found) == limit:
            break
    return found


def _candidates(
    connection: Connection, project_id: int, rule: ReviewRule, user: str, after: int
) -> Iterator[Row[Any]]:
    asked = _asked(project_id, rule, user)
    while True:
        rows = connection.execute(asked.where(image.c.id > after).limit(_PAGE)).all()
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1].id


def _asked(project_id: int, rule: ReviewRule, user: str) -> Select[Any]:
    doubtful = exists().where(
        annotation.c.project == project_id,
        annotation.c.image_id == image.c.id,
        annotation.c.set_name == TRUTH,
        annotation.c.score < (rule.below or 0.0),
    )
    open_states = [image.c.state == ImageState.DONE.value]
    if rule.second:
        others = and_(review.c.accepted_by != user, review.c.seconded_by.is_(None))
        open_states.append(and_(image.c.state == ImageState.ACCEPTED.value, others))
    return (
        image_rows.SELECT.add_columns(
            review.c.done_by,
            review.c.nth,
            review.c.done_at,
            review.c.accepted_by,
            review.c.accepted_at,
            review.c.seconded_by,
            doubtful.label("doubtful"),
        )
        .outerjoin(
            review, (review.c.project == image.c.project) & (review.c.image_id == image.c.id)
        )
        .where(image.c.project == project_id, or_(*open_states))
        .order_by(image.c.id)
    )


def _reason(rule: ReviewRule, row: Row[Any]) -> str:
    if row.state == ImageState.ACCEPTED:
        return "second" if rule.draws_second(row.id) else ""
    if rule.draws(row.done_by or "", row.nth or row.id):
        return "share"
    return "score" if rule.below is not None and row.doubtful else ""


def _finished(row: Row[Any]) -> Finished:
    return Finished(
        by=row.done_by or "",
        at=_time(row.done_at),
        accepted_by=row.accepted_by,
        accepted_at=_time(row.accepted_at),
        seconded_by=row.seconded_by,
    )


def _time(micros: int | None) -> datetime | None:
    return None if micros is None else time_from_micros(micros)
