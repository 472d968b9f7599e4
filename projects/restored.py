"""Looks through the rows of a restored project before anybody may see it.

A backup may come from anywhere. Its rows went in by type; what they mean is checked here: that
every shape is one that the store itself would have kept, that no name leads out of a folder, and
that the next ids are free.
"""

import re
from collections.abc import Callable
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, func, select

from datasetbuilder.errors import DataError, FormatError, GeometryError, WireError
from datasetbuilder.projects import annotations as annotation_rows
from datasetbuilder.projects import comments as comment_rows
from datasetbuilder.projects import images as image_rows
from datasetbuilder.projects import labels as label_rows
from datasetbuilder.projects import scribbles as scribble_rows
from datasetbuilder.projects.annotations import measured
from datasetbuilder.projects.schema import (
    annotation,
    comment,
    event,
    image,
    label,
    project,
    scribble,
    stat,
)

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_BLOCK = 1_000
_MALFORMED = (DataError, GeometryError, ValueError, TypeError, IndexError, KeyError)


def check_rows(connection: Connection, project_id: int) -> None:
    """Read a project as everybody will read it.

    Raises
    ------
    FormatError
        Naming the first row that has no meaning.
    """
    _check_project(connection, project_id)
    _each(connection, label_rows.SELECT, label, project_id, _check_label, "label")
    _each(connection, image_rows.SELECT, image, project_id, _check_image, "image")
    _each(connection, scribble_rows.SELECT, scribble, project_id, _check_scribble, "scribble")
    _each(
        connection, comment_rows.SELECT, comment, project_id, comment_rows.wire_from_row, "comment"
    )
    _check_annotations(connection, project_id)


def _check_project(connection: Connection, project_id: int) -> None:
    row = connection.execute(select(project).where(project.c.id == project_id)).one()
    try:
        settings = orjson.loads(row.settings)
    except orjson.JSONDecodeError:
        settings = None
    if not isinstance(settings, dict):
        raise FormatError("project: settings must be a JSON object")
    for table, column, following in (
        (label, label.c.id, row.next_label),
        (image, image.c.id, row.next_image),
        (annotation, annotation.c.id, row.next_annotation),
        (event, event.c.seq, row.seq + 1),
    ):
        highest = _highest(connection, table, column, project_id)
        if highest is not None and highest >= following:
            raise FormatError(f"{table.name} {highest}: the project says its next is {following}")
    _check_counter(connection, project_id)


def _highest(connection: Connection, table: Any, column: Any, project_id: int) -> int | None:
    return connection.execute(
        select(func.max(column)).where(table.c.project == project_id)
    ).scalar()


def _check_counter(connection: Connection, project_id: int) -> None:
    counted = connection.execute(
        select(func.count()).select_from(image).where(image.c.project == project_id)
    ).scalar()
    said = connection.execute(
        select(stat.c.n).where(stat.c.project == project_id, stat.c.kind == "images")
    ).scalar()
    if counted != (said or 0):
        raise FormatError(f"the project counts {said} images and holds {counted}")


def _each(  # noqa: PLR0913 - one table and what is asked of its rows
    connection: Connection,
    question: Select[Any],
    table: Any,
    project_id: int,
    check: Callable[[Row[Any]], object],
    word: str,
) -> None:
    rows = connection.execute(
        question.where(table.c.project == project_id), execution_options={"yield_per": _BLOCK}
    )
    for number, row in enumerate(rows, start=1):
        try:
            check(row)
        except _MALFORMED as error:
            raise FormatError(f"{word} {number}: {error}") from None


def _check_label(row: Row[Any]) -> None:
    found = label_rows.label_from_row(row)
    if found.id < 1 or not found.name.strip() or not _COLOR.fullmatch(found.color):
        raise WireError("label", "needs an id from 1, a name and a colour like #3366ff")


def _check_image(row: Row[Any]) -> None:
    found = image_rows.image_from_row(row)
    parts = PurePosixPath(found.name).parts
    if not parts or found.name.startswith("/") or ".." in parts or "\\" in found.name:
        raise WireError("name", f"{found.name!r} leads out of a folder")
    if not found.name.isprintable() or found.id < 1 or found.width < 1 or found.height < 1:
        raise WireError("image", "needs an id from 1, a printable name and a size")


def _check_scribble(row: Row[Any]) -> None:
    scribble_rows.scribble_from_row(row)


def _check_annotations(connection: Connection, project_id: int) -> None:
    question = annotation_rows.SELECT.where(annotation.c.project == project_id)
    question = question.order_by(annotation.c.image_id, annotation.c.id)
    rows = connection.execute(question, execution_options={"yield_per": _BLOCK})
    for image_id, block in groupby(rows, key=lambda row: row.image_id):
        shape = connection.execute(
            select(image.c.height, image.c.width).where(
                image.c.project == project_id, image.c.id == image_id
            )
        ).one()
        for row in block:
            _check_annotation(row, (shape.height, shape.width))


def _check_annotation(row: Row[Any], shape: tuple[int, int]) -> None:
    try:
        (found,) = annotation_rows.annotations_from_rows([row])
        again = measured(found.geometry, shape)
    except _MALFORMED as error:
        raise FormatError(f"annotation {row.id}: {error}") from None
    if (again["geometry"], again["area"]) != (found.geometry, found.area):
        raise FormatError(f"annotation {row.id}: its area is not that of its shape")
    if again["bbox"] is not None and tuple(again["bbox"]) != found.bbox:
        raise FormatError(f"annotation {row.id}: its box is not that of its shape")
