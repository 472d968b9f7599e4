"""Rows that arrive together under a single event: images taken in, annotations imported."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, Executable, bindparam, insert, select, union_all

from datasetbuilder.errors import AlreadyExists, DataError
from datasetbuilder.model import Annotation, Image, ImageState, OperationKind, Target, TargetType
from datasetbuilder.projects import skeletons
from datasetbuilder.projects.annotations import row_from_annotation
from datasetbuilder.projects.clock import time_from_micros
from datasetbuilder.projects.images import row_from_image
from datasetbuilder.projects.kept import Held, Stamp
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.schema import annotation, image, tombstone

_BLOCK = 500
_NAMED = select(image.c.name).where(
    image.c.project == bindparam("p"), image.c.name.in_(bindparam("keys", expanding=True))
)
_KNOWN = union_all(
    select(annotation.c.uid).where(
        annotation.c.project == bindparam("p"),
        annotation.c.uid.in_(bindparam("keys", expanding=True)),
    ),
    select(tombstone.c.target_key).where(
        tombstone.c.project == bindparam("p"),
        tombstone.c.target_type == TargetType.ANNOTATION.value,
        tombstone.c.target_key.in_(bindparam("keys", expanding=True)),
    ),
)


def add_images(ledger: Ledger, images: Sequence[Image], *, author: str) -> tuple[Image, ...]:
    """Write images under the next ids; AlreadyExists if a name is taken, then none is written."""
    names = [one.name for one in images]
    taken = _found(ledger.connection, _NAMED, ledger.project_id, names) + _twice(names)
    if taken:
        raise AlreadyExists(
            f'the project has an image named "{taken[0]}" already'
            + (f", and {len(taken) - 1} others of these" if len(taken) > 1 else "")
        )
    first = ledger.next_image
    made = tuple(
        replace(one, id=number, state=ImageState.NEW, n_annotations=0, version=1)
        for number, one in enumerate(images, start=first)
    )
    if not made:
        return ()
    stamp = Stamp(ledger.seq + 1, ledger.at, author, tool="add_images")
    rows = [row_from_image(ledger.project_id, one, seq=stamp.seq, at=stamp.at) for one in made]
    ledger.connection.execute(insert(image), rows)
    ledger.next_image += len(made)
    ledger.count("images", n=len(made))
    ledger.count("state", ImageState.NEW, n=len(made))
    _log(ledger, stamp, "images", {"first": first, "last": made[-1].id, "n": len(made)})
    return made


def add_annotations(
    ledger: Ledger, annotations: Sequence[Annotation], *, author: str, tool: str
) -> tuple[Annotation, ...]:
    """Write checked annotations under the next ids; DataError names what is wrong, if anything."""
    _check(ledger, annotations)
    at = time_from_micros(ledger.at)
    first = ledger.next_annotation
    made = tuple(
        replace(
            one,
            id=number,
            version=1,
            author=one.author or author,
            created_at=one.created_at or at,
            updated_at=one.updated_at or one.created_at or at,
        )
        for number, one in enumerate(annotations, start=first)
    )
    if not made:
        return ()
    stamp = Stamp(ledger.seq + 1, ledger.at, author, tool=tool)
    for one in made:
        ledger.know_set(one.set)
        ledger.count_annotations(one.image_id, one.label, one.set, 1)
    for start in range(0, len(made), _BLOCK):
        rows = [
            row_from_annotation(ledger.project_id, one, seq=stamp.seq, in_batch=True)
            for one in made[start : start + _BLOCK]
        ]
        ledger.connection.execute(insert(annotation), rows)
    ledger.next_annotation += len(made)
    _log(ledger, stamp, "annotations", {"first": first, "last": made[-1].id, "n": len(made)})
    return made


def _check(ledger: Ledger, annotations: Sequence[Annotation]) -> None:
    uids = [one.uid for one in annotations]
    for uid in known_uids(ledger.connection, ledger.project_id, uids) + _twice(uids):
        raise DataError(f"annotation {uid}: the project knows this uid already")
    for one in annotations:
        if ledger.image(one.image_id) is None:
            raise DataError(f"annotation {one.uid}: image {one.image_id} does not exist")
        row = ledger.label(one.label)
        if row is None or row.deleted:
            raise DataError(f"annotation {one.uid}: there is no label {one.label} in use")
        if wrong := skeletons.mismatch(one.geometry, row):
            raise DataError(f"annotation {one.uid}: {wrong}")


def known_uids(connection: Connection, project_id: int, uids: Sequence[str]) -> list[str]:
    """Those of the uids that annotations of the project have or had."""
    return _found(connection, _KNOWN, project_id, uids)


def _found(
    connection: Connection, question: Executable, project_id: int, keys: Sequence[str]
) -> list[str]:
    found: list[str] = []
    for start in range(0, len(keys), _BLOCK):
        values = {"p": project_id, "keys": list(keys[start : start + _BLOCK])}
        found += connection.execute(question, values).scalars()
    return found


def _twice(keys: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    twice = []
    for key in keys:
        if key in seen:
            twice.append(key)
        seen.add(key)
    return twice


def _log(ledger: Ledger, stamp: Stamp, what: str, summary: dict[str, int]) -> None:
    after = Held(1, stamp.seq, {what: summary})
    ledger.write_event(stamp, OperationKind.ADD, Target(TargetType.BATCH, what), None, after)
