"""Who did how much when, read from the log of a project: the server's own clock counts.

Between two events of one person lies work if the gap is short; a longer one is a break, and nobody
is measured by how long a page stood open.
"""

from collections import Counter
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, and_, case, func, select

from datasetbuilder.model import ImageState, OperationKind, TargetType
from datasetbuilder.projects.schema import event, payload

BREAK = 100_000_000
"""From how many microseconds between two events on the time is a break."""
_DAY = 86_400_000_000
_FINISHED = (ImageState.DONE.value, ImageState.ACCEPTED.value, ImageState.SKIPPED.value)


@dataclass(frozen=True, slots=True)
class Work:
    """What one person did with one tool on one day.

    ``day`` counts days since 1970 in UTC; ``seconds`` are those before its events, breaks left out.
    """

    author: str
    day: int
    tool: str
    events: int
    objects: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FinishedDay:
    """How many images one person finished on one day."""

    author: str
    day: int
    images: int


def work(connection: Connection, project_id: int, *, user: str | None = None) -> list[Work]:
    """What was done, by person, day and tool; of one person or of all."""
    mine = [event.c.project == project_id, event.c.image_id.is_not(None)]
    if user is not None:
        mine.append(event.c.author == user)
    before = func.lag(event.c.at).over(partition_by=event.c.author, order_by=event.c.seq)
    is_object = and_(
        event.c.target_type == TargetType.ANNOTATION.value,
        event.c.kind == OperationKind.ADD.value,
    )
    steps = (
        select(
            event.c.author,
            (event.c.at // _DAY).label("day"),
            event.c.tool,
            case((is_object, 1), else_=0).label("object"),
            (event.c.at - before).label("gap"),
        )
        .where(*mine)
        .subquery()
    )
    spent = case((steps.c.gap.between(0, BREAK), steps.c.gap), else_=0)
    keys = (steps.c.author, steps.c.day, steps.c.tool)
    asked = (
        select(*keys, func.count(), func.sum(steps.c.object), func.sum(spent))
        .group_by(*keys)
        .order_by(*keys)
    )
    return [
        Work(author, int(day), tool, n, int(objects), int(micros) / 1e6)
        for author, day, tool, n, objects, micros in connection.execute(asked)
    ]


def finished_days(
    connection: Connection, project_id: int, *, user: str | None = None
) -> list[FinishedDay]:
    """How many images were finished, by person and day; one that went back counts again."""
    asked = (
        select(event.c.author, event.c.at, payload.c.data)
        .join(
            payload,
            and_(payload.c.project == event.c.project, payload.c.hash == event.c.after_hash),
        )
        .where(
            event.c.project == project_id,
            event.c.target_type == TargetType.IMAGE_STATE.value,
        )
    )
    if user is not None:
        asked = asked.where(event.c.author == user)
    counts: Counter[tuple[str, int]] = Counter()
    for author, at, data in connection.execute(asked):
        if orjson.loads(data).get("state") in _FINISHED:
            counts[author, at // _DAY] += 1
    return [FinishedDay(author, day, n) for (author, day), n in sorted(counts.items())]
