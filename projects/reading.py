"""Questions to the store, each answered inside one read transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, exists, func, select

from datasetbuilder.errors import UnknownName
from datasetbuilder.model import (
    TRUTH,
    Annotation,
    Image,
    ImageState,
    Label,
    Scribble,
)
from datasetbuilder.projects import annotations as annotation_rows
from datasetbuilder.projects import comments as comment_rows
from datasetbuilder.projects import images as image_rows
from datasetbuilder.projects import labels as label_rows
from datasetbuilder.projects import scribbles as scribble_rows
from datasetbuilder.projects.clock import time_from_micros
from datasetbuilder.projects.schema import (
    annotation,
    comment,
    image,
    label,
    project,
    scribble,
    stat,
)


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """A project at a glance; the counts come from counters and cost nothing."""

    id: int
    slug: str
    name: str
    created_at: datetime
    seq: int
    n_images: int
    n_annotations: int
    states: Mapping[ImageState, int]
    label_counts: Mapping[int, int]
    settings: Mapping[str, Any] = field(default_factory=dict)
    settings_version: int = 1


# --- projects and labels ----------------------------------------------------------------------

HIDDEN = "~"
"""How the slug of a project begins that is being restored; no name makes such a slug."""

_WHOLE = select(project).where(project.c.slug.not_like(f"{HIDDEN}%"))


def projects(connection: Connection) -> list[ProjectInfo]:
    """Every project, by name."""
    rows = connection.execute(_WHOLE.order_by(project.c.name, project.c.id)).all()
    return [_info(connection, row) for row in rows]


def project_named(connection: Connection, name: str) -> ProjectInfo:
    """The project with a slug, else with a name; UnknownName with what there is."""
    for column in (project.c.slug, project.c.name):
        row = connection.execute(_WHOLE.where(column == name)).first()
        if row is not None:
            return _info(connection, row)
    slugs = _WHOLE.with_only_columns(project.c.slug).order_by(project.c.slug)
    known = connection.execute(slugs).scalars().all()
    there = f"there are: {', '.join(known)}" if known else "there are no projects yet"
    raise UnknownName(f'there is no project "{name}"; {there}')


def _info(connection: Connection, row: Row[Any]) -> ProjectInfo:
    counts: dict[tuple[str, str, str], int] = {
        (kind, set_name, key): n
        for kind, set_name, key, n in connection.execute(
            select(stat.c.kind, stat.c.set_name, stat.c.key, stat.c.n).where(
                stat.c.project == row.id
            )
        )
    }
    states = {state: counts.get(("state", "", state.value), 0) for state in ImageState}
    labels = {
        int(key): n
        for (kind, set_name, key), n in counts.items()
        if kind == "label" and set_name == TRUTH and n
    }
    return ProjectInfo(
        id=row.id,
        slug=row.slug,
        name=row.name,
        created_at=time_from_micros(row.created_at),
        seq=row.seq,
        n_images=counts.get(("images", "", ""), 0),
        n_annotations=counts.get(("annotations", TRUTH, ""), 0),
        states=MappingProxyType(states),
        label_counts=MappingProxyType(labels),
        settings=MappingProxyType(orjson.loads(row.settings)),
        settings_version=row.settings_version,
    )


def labels(connection: Connection, project_id: int, *, deleted: bool) -> tuple[Label, ...]:
    """The labels by id; those out of use only on request."""
    question = label_rows.SELECT.where(label.c.project == project_id).order_by(label.c.id)
    if not deleted:
        question = question.where(label.c.deleted.is_(False))
    return tuple(label_rows.label_from_row(row) for row in connection.execute(question))


# --- images -----------------------------------------------------------------------------------

_IMAGE = image_rows.SELECT.where(image.c.project == bindparam("p"), image.c.id == bindparam("i"))
_BEFORE = select(func.max(image.c.id)).where(
    image.c.project == bindparam("p"), image.c.id < bindparam("i")
)
_AFTER = select(func.min(image.c.id)).where(
    image.c.project == bindparam("p"), image.c.id > bindparam("i")
)
_UP_TO = select(func.count()).where(
    image.c.project == bindparam("p"),
    image.c.state.in_([state.value for state in ImageState]),
    image.c.id <= bindparam("i"),
)
_NUMBERED = (
    select(project.c.next_image, stat.c.n)
    .outerjoin(stat, (stat.c.project == project.c.id) & (stat.c.kind == "images"))
    .where(project.c.id == bindparam("p"))
)


def image_with_id(connection: Connection, project_id: int, image_id: int) -> Image:
    """One image; UnknownName if it is not there."""
    row = connection.execute(_IMAGE, {"p": project_id, "i": image_id}).first()
    if row is None:
        raise UnknownName(f"the project has no image {image_id}")
    return image_rows.image_from_row(row)


def images(  # noqa: PLR0913
    connection: Connection,
    project_id: int,
    *,
    after: int,
    limit: int,
    state: ImageState | None,
    label_id: int | None,
    sets: Sequence[str],
) -> list[Image]:
    """The images after an id, as many as the limit says, by id.

    A filter by label is led by whichever index has fewer images to walk past.
    """
    question = image_rows.SELECT.where(image.c.project == project_id).order_by(image.c.id)
    if state is not None:
        question = question.where(image.c.state == state.value)
    if label_id is None:
        return _read(connection, question.where(image.c.id > after).limit(limit))
    labelled_with = _of_label(project_id, label_id, sets)
    if state is not None and _rarer(connection, project_id, state, label_id, sets):
        labelled = exists().where(*labelled_with, annotation.c.image_id == image.c.id)
        return _read(connection, question.where(image.c.id > after, labelled).limit(limit))
    found: list[Image] = []
    for ids in _with_label(connection, labelled_with, after, limit):
        found += _read(connection, question.where(image.c.id.in_(ids)))
        if len(found) >= limit:
            break
    return found[:limit]


def images_among(  # noqa: PLR0913 - what to narrow by, all by name
    connection: Connection,
    project_id: int,
    ids: Sequence[int],
    *,
    state: ImageState | None = None,
    label_id: int | None = None,
    sets: Sequence[str] = (TRUTH,),
) -> list[Image]:
    """Those of these images that are there and pass, by id."""
    question = image_rows.SELECT.where(image.c.project == project_id).order_by(image.c.id)
    if state is not None:
        question = question.where(image.c.state == state.value)
    if label_id is not None:
        labelled_with = _of_label(project_id, label_id, sets)
        labelled = exists().where(*labelled_with, annotation.c.image_id == image.c.id)
        question = question.where(labelled)
    found: list[Image] = []
    for start in range(0, len(ids), 500):
        block = list(ids[start : start + 500])
        found += _read(connection, question.where(image.c.id.in_(block)))
    return found


def _read(connection: Connection, question: Select[*tuple[Any, ...]]) -> list[Image]:
    return [image_rows.image_from_row(row) for row in connection.execute(question).all()]


def _of_label(
    project_id: int, label_id: int, sets: Sequence[str]
) -> tuple[ColumnElement[bool], ...]:
    return (
        annotation.c.project == project_id,
        annotation.c.set_name.in_(list(sets)),
        annotation.c.label == label_id,
    )


def _with_label(
    connection: Connection, labelled: Sequence[ColumnElement[bool]], after: int, limit: int
) -> Iterator[list[int]]:
    size = max(limit, 100)
    while True:
        ids = connection.execute(
            select(annotation.c.image_id)
            .distinct()
            .where(*labelled, annotation.c.image_id > after)
            .order_by(annotation.c.image_id)
            .limit(size)
        ).scalars()
        block = list(ids)
        if block:
            yield block
        if len(block) < size:
            return
        after, size = block[-1], min(2 * size, 5_000)


def _rarer(
    connection: Connection,
    project_id: int,
    state: ImageState,
    label_id: int,
    sets: Sequence[str],
) -> bool:
    def counted(kind: str, names: Sequence[str], key: str) -> int:
        asked = select(func.sum(stat.c.n)).where(
            stat.c.project == project_id,
            stat.c.kind == kind,
            stat.c.set_name.in_(list(names)),
            stat.c.key == key,
        )
        return connection.execute(asked).scalar() or 0

    return counted("state", [""], state.value) < counted("label", sets, str(label_id))


def annotation_counts(
    connection: Connection, project_id: int, image_ids: Sequence[int], sets: Sequence[str]
) -> dict[int, int]:
    """How many annotations of these sets each image holds; those without are left out."""
    asked = (
        select(annotation.c.image_id, func.count())
        .where(
            annotation.c.project == project_id,
            annotation.c.image_id.in_(list(image_ids)),
            annotation.c.set_name.in_(list(sets)),
        )
        .group_by(annotation.c.image_id)
    )
    return {image_id: n for image_id, n in connection.execute(asked)}


def label_counts(connection: Connection, project_id: int, sets: Sequence[str]) -> dict[int, int]:
    """How many annotations of these sets each label has; those without are left out."""
    asked = (
        select(stat.c.key, func.sum(stat.c.n))
        .where(
            stat.c.project == project_id,
            stat.c.kind == "label",
            stat.c.set_name.in_(list(sets)),
        )
        .group_by(stat.c.key)
    )
    return {int(key): int(n) for key, n in connection.execute(asked) if n}


def images_named(connection: Connection, project_id: int, names: Sequence[str]) -> dict[str, Image]:
    """Those of the names that are there, with their images."""
    found = {}
    for start in range(0, len(names), 500):
        block = list(names[start : start + 500])
        question = image_rows.SELECT.where(image.c.project == project_id, image.c.name.in_(block))
        for row in connection.execute(question):
            made = image_rows.image_from_row(row)
            found[made.name] = made
    return found


def neighbours(
    connection: Connection, project_id: int, image_id: int
) -> tuple[int | None, int | None]:
    """The ids before and after an image."""
    keys = {"p": project_id, "i": image_id}
    return connection.execute(_BEFORE, keys).scalar(), connection.execute(_AFTER, keys).scalar()


def image_position(connection: Connection, project_id: int, image_id: int) -> int:
    """The place of an image among all, from 1."""
    image_with_id(connection, project_id, image_id)
    next_image, n_images = connection.execute(_NUMBERED, {"p": project_id}).one()
    if next_image - 1 == n_images:
        return image_id
    return connection.execute(_UP_TO, {"p": project_id, "i": image_id}).scalar_one()


# --- what is drawn on an image ----------------------------------------------------------------

_ANNOTATIONS = annotation_rows.SELECT.where(
    annotation.c.project == bindparam("p"),
    annotation.c.image_id == bindparam("i"),
    annotation.c.set_name.in_(bindparam("sets", expanding=True)),
).order_by(annotation.c.id)
_SCRIBBLES = scribble_rows.SELECT.where(
    scribble.c.project == bindparam("p"),
    scribble.c.image_id == bindparam("i"),
    scribble.c.set_name.in_(bindparam("sets", expanding=True)),
).order_by(scribble.c.created_at, scribble.c.uid)


def annotations(
    connection: Connection, project_id: int, image_id: int, sets: Sequence[str]
) -> tuple[Annotation, ...]:
    """The annotations of an image, by id."""
    keys = {"p": project_id, "i": image_id, "sets": list(sets)}
    return annotation_rows.annotations_from_rows(connection.execute(_ANNOTATIONS, keys).all())


def annotation_wires(
    connection: Connection, project_id: int, image_id: int, sets: Sequence[str]
) -> list[dict[str, Any]]:
    """The annotations of an image in their wire form, by id."""
    keys = {"p": project_id, "i": image_id, "sets": list(sets)}
    return annotation_rows.wires_from_rows(connection.execute(_ANNOTATIONS, keys).all())


def scribbles(
    connection: Connection, project_id: int, image_id: int, sets: Sequence[str]
) -> tuple[Scribble, ...]:
    """The scribbles of an image, in the order they were begun."""
    keys = {"p": project_id, "i": image_id, "sets": list(sets)}
    rows = connection.execute(_SCRIBBLES, keys).all()
    return tuple(scribble_rows.scribble_from_row(row) for row in rows)


def comments(
    connection: Connection, project_id: int, image_id: int, sets: Sequence[str] | None
) -> list[dict[str, Any]]:
    """The comments on an image in their wire form, oldest first; of every set without ``sets``."""
    asked = comment_rows.SELECT.where(
        comment.c.project == project_id, comment.c.image_id == image_id
    )
    if sets is not None:
        asked = asked.where(comment.c.set_name.in_(list(sets)))
    rows = connection.execute(asked.order_by(comment.c.created_at, comment.c.uid)).all()
    return [comment_rows.wire_from_row(row) for row in rows]
