"""A snapshot by the block: rows as the store holds them, for what must not cost an object each.

A snapshot that knows ``blocks`` is read this way where the result is the same; everything out of
the ordinary still goes through `Annotation`.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
import orjson

from datasetbuilder.model import TRUTH, Annotation, Image, Kind

StoredRow: TypeAlias = Sequence[Any]
"""``image_id, id, uid, label, set, kind, x, y, width, height, area, crowd, xy, rings, rle,
attributes, source, score`` and what an export leaves behind."""

ID, UID, LABEL, SET, KIND, X, AREA, CROWD, XY, RINGS, RLE, ATTRIBUTES, SOURCE, SCORE = (
    1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16, 17,
)  # fmt: skip
LEVEL = 24


class Block(Protocol):
    """Images in a row by id, with the rows of what is drawn on them, by image and id."""

    @property
    def images(self) -> list[Image]:
        """The images, those without annotations too."""
        ...

    @property
    def rows(self) -> Sequence[StoredRow]:
        """What is drawn on them."""
        ...

    def annotations(self, rows: Sequence[StoredRow]) -> tuple[Annotation, ...]:
        """Some of the rows as annotations, in their order."""
        ...


@runtime_checkable
class Columned(Protocol):
    """A snapshot that can be read by the block."""

    def blocks(self) -> Iterator[Block]:
        """Every image, by id."""
        ...


class Outline(NamedTuple):
    """Where the rings of a row lie in the numbers of its block."""

    row: StoredRow
    ends: tuple[int, ...]


def by_image(block: Block) -> Iterator[tuple[Image, list[StoredRow]]]:
    """Every image of a block with its rows."""
    drawn = groupby(block.rows, key=itemgetter(0))
    image_id, rows = next(drawn, (0, iter(())))
    for image in block.images:
        if image_id == image.id:
            yield image, list(rows)
            image_id, rows = next(drawn, (0, iter(())))
        else:
            yield image, []


def is_plain(row: StoredRow) -> bool:
    """Whether a box or polygon has nothing beside its shape, class and source."""
    return (
        row[KIND] in (Kind.BOX, Kind.POLYGON)
        and row[ATTRIBUTES] is None
        and row[SCORE] is None
        and row[SET] == TRUTH
        and not row[CROWD]
        and not row[LEVEL]
        and row[X] is not None
    )


def ring_ends(row: StoredRow) -> tuple[int, ...]:
    """How many numbers the rings hold, added up; empty where a part has a hole."""
    if len(row[RINGS]) == 8:
        return (len(row[XY]) // 4,)
    build = np.frombuffer(row[RINGS], "<u4")
    if len(build) % 2 or (build[::2] != 1).any():
        return ()
    return tuple((2 * np.cumsum(build[1::2], dtype=np.int64)).tolist())


def outlines(rows: Sequence[StoredRow]) -> tuple[list[Outline], np.ndarray]:
    """The plain polygons without holes of a block, and all their numbers, float32."""
    found, blobs, here = [], [], 0
    for row in rows:
        if row[KIND] == Kind.POLYGON and is_plain(row) and (ends := ring_ends(row)):
            found.append(Outline(row, tuple(here + end for end in ends)))
            blobs.append(row[XY])
            here += len(row[XY]) // 4
    return found, np.frombuffer(b"".join(blobs), "<f4")


def shortest(values: np.ndarray) -> list[float]:
    """Numbers as the store gives them: the shortest decimal of each float32."""
    return orjson.loads(orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY))
