"""Gold images: their answer is known, and it measures raters who do not know which they are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from datasetbuilder.model import Annotation, Image, ImageState
from datasetbuilder.projects import database
from datasetbuilder.projects import images as image_rows
from datasetbuilder.projects.clock import now, time_from_micros
from datasetbuilder.projects.ratings import drawn_in
from datasetbuilder.projects.schema import gold, image, rating
from datasetbuilder.projects.sets import GOLD


def gold_images(connection: Connection, project_id: int) -> list[int]:
    """The ids of the gold images."""
    asked = select(gold.c.image_id).where(gold.c.project == project_id).order_by(gold.c.image_id)
    return list(connection.execute(asked).scalars())


def add_gold(connection: Connection, project_id: int, image_id: int, *, author: str) -> None:
    """Hide an image among the work of later rounds; its answer lies in the set `gold`."""
    row = {"project": project_id, "image_id": image_id, "author": author, "created_at": now()}
    connection.execute(database.insert_once(connection, gold), row)


def remove_gold(connection: Connection, project_id: int, image_id: int) -> None:
    """Measure nobody by an image any longer; what was measured is no longer told."""
    here = (gold.c.project == project_id, gold.c.image_id == image_id)
    connection.execute(gold.delete().where(*here))


@dataclass(frozen=True, slots=True)
class Trial:
    """What one rater drew on one gold image, beside its answer."""

    image: Image
    user: str
    done_at: datetime
    drawn: tuple[Annotation, ...]
    answer: tuple[Annotation, ...]


def trials(connection: Connection, project_id: int, user: str | None = None) -> list[Trial]:
    """The gold images that raters are done with, in the order in which they were done."""
    asked = (
        select(rating.c.image_id, rating.c.user_name, rating.c.set_name, rating.c.done_at)
        .join(gold, (gold.c.project == rating.c.project) & (gold.c.image_id == rating.c.image_id))
        .where(
            rating.c.project == project_id,
            rating.c.gold.is_(True),
            rating.c.state == ImageState.DONE.value,
        )
        .order_by(rating.c.done_at, rating.c.user_name, rating.c.image_id)
    )
    if user is not None:
        asked = asked.where(rating.c.user_name == user)
    rows = connection.execute(asked).all()
    ids = sorted({row.image_id for row in rows})
    drawn = drawn_in(connection, project_id, ids, [GOLD, *sorted({row.set_name for row in rows})])
    question = image_rows.SELECT.where(image.c.project == project_id, image.c.id.in_(ids))
    images = {row.id: image_rows.image_from_row(row) for row in connection.execute(question).all()}
    return [
        Trial(
            images[row.image_id],
            row.user_name,
            time_from_micros(row.done_at),
            tuple(drawn.get((row.image_id, row.set_name), ())),
            tuple(drawn.get((row.image_id, GOLD), ())),
        )
        for row in rows
    ]
