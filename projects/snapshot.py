"""A project at one event number: one read transaction, streamed image by image."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, BinaryIO

from sqlalchemy import Connection, Result, Row, Select, bindparam, select

from datasetbuilder.model import TRUTH, Annotation, Image, Label
from datasetbuilder.projects import annotations as annotation_rows
from datasetbuilder.projects import images as image_rows
from datasetbuilder.projects import reading
from datasetbuilder.projects.schema import annotation, image, project

_BLOCK = 1_000
_BLOCK_OBJECTS = 1_000


@dataclass(frozen=True, slots=True)
class Block:
    """Images in a row by id, with what is drawn on them as the table holds it.

    Attributes
    ----------
    images : list of Image
    rows : sequence of tuple
        The rows of ``annotation_rows.SELECT``, by image and id.
    """

    images: list[Image]
    rows: Sequence[Row[Any]]

    def annotations(self, rows: Sequence[Any]) -> tuple[Annotation, ...]:
        """Some of the rows as annotations, in their order."""
        return annotation_rows.annotations_from_rows(rows)


def _portions(images: Iterator[Image]) -> Iterator[list[Image]]:
    """Cut where a block has its fill of images or of objects."""
    found: list[Image] = []
    objects = 0
    for one in images:
        found.append(one)
        objects += one.n_annotations
        if len(found) >= _BLOCK or objects >= _BLOCK_OBJECTS:
            yield found
            found, objects = [], 0
    if found:
        yield found


class StoreSnapshot:
    """The ``Snapshot`` of a store, valid while its read transaction is open.

    Memory holds one block of rows, whatever the size of the project; every iteration reads the same
    state again, however much is written meanwhile.
    """

    def __init__(
        self,
        connection: Connection,
        project_id: int,
        *,
        open_pixels: Callable[[Image], BinaryIO],
        sets: Sequence[str] = (TRUTH,),
    ) -> None:
        self._connection = connection
        self._id = project_id
        self._open = open_pixels
        self._sets = tuple(sets)
        self._project, self._seq = connection.execute(
            select(project.c.slug, project.c.seq).where(project.c.id == project_id)
        ).one()
        self._labels = reading.labels(connection, project_id, deleted=False)

    @property
    def project(self) -> str:
        """The project's slug."""
        return self._project

    @property
    def seq(self) -> int:
        """The number of the last event seen."""
        return self._seq

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels in use, by id."""
        return self._labels

    def images(self) -> Iterator[Image]:
        """Every image, by id."""
        question = image_rows.SELECT.where(image.c.project == self._id).order_by(image.c.id)
        with self._stream(question) as rows:
            for row in rows:
                yield image_rows.image_from_row(row)

    def rows(self) -> Iterator[tuple[Image, tuple[Annotation, ...]]]:
        """Every image with its annotations, both by id."""
        drawn = self._drawn()
        image_id, found = next(drawn, (0, ()))
        for one in self.images():
            if image_id == one.id:
                yield one, found
                image_id, found = next(drawn, (0, ()))
            else:
                yield one, ()

    def blocks(self) -> Iterator[Block]:
        """Every image with its annotations as rows, for readers that need no objects of them."""
        question = annotation_rows.SELECT.where(
            annotation.c.project == self._id,
            annotation.c.set_name.in_(self._sets),
            annotation.c.image_id.between(bindparam("first"), bindparam("last")),
        ).order_by(annotation.c.image_id, annotation.c.id)
        for images in _portions(self.images()):
            ends = {"first": images[0].id, "last": images[-1].id}
            yield Block(images, self._connection.execute(question, ends).all())

    def _drawn(self) -> Iterator[tuple[int, tuple[Annotation, ...]]]:
        question = annotation_rows.SELECT.where(
            annotation.c.project == self._id, annotation.c.set_name.in_(self._sets)
        ).order_by(annotation.c.image_id, annotation.c.id)
        with self._stream(question) as rows:
            for image_id, block in groupby(rows, key=lambda row: row.image_id):
                yield image_id, annotation_rows.annotations_from_rows(list(block))

    def _stream(self, question: Select[Any]) -> Result[Any]:
        return self._connection.execute(question, execution_options={"yield_per": _BLOCK})

    def open_pixels(self, image: Image) -> BinaryIO:
        """The original file of an image, checked against its hash."""
        return self._open(image)
