"""The event log as it is read: line by line, and as what others changed meanwhile."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    bindparam,
    or_,
    select,
    true,
)

from datasetbuilder.model import TRUTH, Event, OperationKind, Target, TargetType
from datasetbuilder.projects import annotations, comments, images, labels, scribbles
from datasetbuilder.projects.clock import time_from_micros
from datasetbuilder.projects.schema import (
    annotation,
    comment,
    conflict,
    event,
    image,
    label,
    payload,
    project,
    scribble,
    tombstone,
)
from datasetbuilder.wire import (
    annotation_to_wire,
    image_to_wire,
    label_to_wire,
    scribble_to_wire,
)


@dataclass(frozen=True, slots=True)
class TargetState:
    """A target as the store holds it (``current`` None when it is removed) and its last event."""

    target: Target
    current: Mapping[str, Any] | None
    seq: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What others did since an event number, up to ``seq``."""

    states: tuple[TargetState, ...]
    seq: int


# --- line by line -----------------------------------------------------------------------------

_EVENTS = (
    select(event, payload.c.data)
    .outerjoin(
        payload, (payload.c.project == event.c.project) & (payload.c.hash == event.c.after_hash)
    )
    .where(event.c.project == bindparam("p"), event.c.seq > bindparam("after"))
    .order_by(event.c.seq)
    .limit(bindparam("limit"))
)


def events(
    connection: Connection, project_id: int, *, image_id: int | None, after: int, limit: int
) -> list[Event]:
    """The log after an event number, of one image or of the whole project."""
    question = _EVENTS
    if image_id is not None:
        question = question.where(event.c.image_id == image_id)
    rows = connection.execute(question, {"p": project_id, "after": after, "limit": limit})
    return [_event_from_row(row) for row in rows.all()]


def before(connection: Connection, project_id: int, seq: int) -> Mapping[str, Any] | None:
    """The target of an event as it was before it, None if it was not there."""
    row = connection.execute(
        select(event.c.before_hash, event.c.previous_seq).where(
            event.c.project == project_id, event.c.seq == seq
        )
    ).one()
    key = row.before_hash
    if key is None and row.previous_seq is not None:
        key = connection.execute(
            select(event.c.after_hash).where(
                event.c.project == project_id, event.c.seq == row.previous_seq
            )
        ).scalar()
    if key is None:
        return None
    question = select(payload.c.data).where(payload.c.project == project_id, payload.c.hash == key)
    return orjson.loads(connection.execute(question).scalar_one())


def _event_from_row(row: Row[Any]) -> Event:
    return Event(
        seq=row.seq,
        at=time_from_micros(row.at),
        author=row.author,
        client=row.client,
        tool=row.tool,
        kind=OperationKind(row.kind),
        target=Target(TargetType(row.target_type), row.target_key, row.image_id),
        after=None if row.data is None else orjson.loads(row.data),
        previous_seq=row.previous_seq,
        op_id=row.op_id,
        group_id=row.group_id,
    )


# --- what others changed ----------------------------------------------------------------------

_SEQ = select(project.c.seq).where(project.c.id == bindparam("p"))
_WRITERS = select(event.c.seq, event.c.client).where(
    event.c.project == bindparam("p"),
    or_(event.c.image_id == bindparam("i"), event.c.image_id.is_(None)),
    event.c.seq > bindparam("since"),
)


def changes(  # noqa: PLR0913
    connection: Connection,
    project_id: int,
    image_id: int,
    *,
    since: int,
    client: str,
    sets: Sequence[str],
    all_comments: bool = False,
) -> Changes:
    """The latest state of every target that another client wrote last.

    An empty ``client`` is nobody: everything since is told. ``all_comments`` tells those of other
    sets too.
    """
    keys = {"p": project_id, "i": image_id, "since": since}
    seq = connection.execute(_SEQ, keys).scalar_one()
    if seq <= since:
        return Changes((), seq)
    writers = {number: who for number, who in connection.execute(_WRITERS, keys)}
    others = {number for number, who in writers.items() if not client or who != client}
    if not others:
        return Changes((), seq)
    found = _states(connection, keys, frozenset(sets), all_comments=all_comments)
    return Changes(tuple(sorted((s for s in found if s.seq in others), key=_by_seq)), seq)


def _by_seq(state: TargetState) -> tuple[int, str, str]:
    return state.seq, state.target.type.value, state.target.key


def _states(
    connection: Connection, keys: Mapping[str, Any], sets: frozenset[str], *, all_comments: bool
) -> Iterator[TargetState]:
    image_id = keys["i"]
    rows = connection.execute(_ANNOTATIONS, keys).all()
    for row, found in zip(rows, annotations.annotations_from_rows(rows), strict=True):
        if found.set in sets:
            target = Target(TargetType.ANNOTATION, found.uid, image_id)
            yield TargetState(target, annotation_to_wire(found), row.seq)
    for row in connection.execute(_SCRIBBLES, keys).all():
        if row.set_name in sets:
            target = Target(TargetType.SCRIBBLE, row.uid, image_id)
            current = scribble_to_wire(scribbles.scribble_from_row(row))
            yield TargetState(target, current, row.seq)
    for row in connection.execute(_COMMENTS, keys).all():
        if all_comments or row.set_name in sets:
            target = Target(TargetType.COMMENT, row.uid, image_id)
            yield TargetState(target, comments.wire_from_row(row), row.seq)
    for row in connection.execute(_TOMBSTONES, keys).all():
        told = all_comments and row.target_type == TargetType.COMMENT.value
        if told or not row.set_name or row.set_name in sets:
            target = Target(TargetType(row.target_type), row.target_key, image_id)
            yield TargetState(target, None, row.seq)
    yield from _image_states(connection, keys, sets)
    for row in connection.execute(_LABELS, keys).all():
        found_label = labels.label_from_row(row)
        current = None if found_label.deleted else label_to_wire(found_label)
        yield TargetState(Target(TargetType.LABEL, row.uid), current, row.seq)


def _image_states(
    connection: Connection, keys: Mapping[str, Any], sets: frozenset[str]
) -> Iterator[TargetState]:
    if TRUTH not in sets:  # a rater has a state of their own for each image
        return
    for row in connection.execute(_IMAGE, keys).all():
        wire = image_to_wire(images.image_from_row(row))
        for type_, seq in (
            (TargetType.IMAGE_STATE, row.state_seq),
            (TargetType.SPLIT, row.split_seq),
        ):
            if seq is not None and seq > keys["since"]:
                target = Target(type_, str(row.id), row.id)
                yield TargetState(target, wire, seq)


def _on_image(question: Select[Any], table: Any) -> Select[Any]:
    return question.where(
        table.c.project == bindparam("p"),
        table.c.image_id == bindparam("i"),
        table.c.seq > bindparam("since"),
    )


_ANNOTATIONS = _on_image(annotations.SELECT, annotation)
_SCRIBBLES = _on_image(scribbles.SELECT, scribble)
_COMMENTS = _on_image(comments.SELECT, comment)
_TOMBSTONES = _on_image(select(tombstone), tombstone)
_LABELS = labels.SELECT.where(label.c.project == bindparam("p"), label.c.seq > bindparam("since"))
_IMAGE = images.SELECT.add_columns(image.c.state_seq, image.c.split_seq).where(
    image.c.project == bindparam("p"),
    image.c.id == bindparam("i"),
    image.c.seq > bindparam("since"),
)


# --- what was refused -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conflict:
    """An operation that met a newer version: what it wanted, and what stood there."""

    op_id: str
    kind: OperationKind
    target: Target
    payload: Mapping[str, Any]
    current: Mapping[str, Any] | None
    current_version: int | None
    author: str
    client: str
    at: datetime
    group_id: str | None = None
    base_version: str | None = None


def conflicts(
    connection: Connection,
    project_id: int,
    image_id: int | None,
    *,
    sets: Sequence[str] | None = None,
) -> list[Conflict]:
    """The unresolved conflicts on an image (None: among labels and settings), oldest first.

    ``sets`` names the sets that they may be about, "" for what belongs to none; None is all.
    """
    wanted, there = payload.alias(), payload.alias()
    rows = connection.execute(
        select(conflict, wanted.c.data.label("wanted"), there.c.data.label("there"))
        .join(wanted, _blob(wanted, conflict.c.payload_hash))
        .outerjoin(there, _blob(there, conflict.c.current_hash))
        .where(
            conflict.c.project == project_id,
            conflict.c.image_id.is_not_distinct_from(image_id),
            conflict.c.resolved_at.is_(None),
            true() if sets is None else conflict.c.set_name.in_(sets),
        )
        .order_by(conflict.c.at, conflict.c.op_id)
    ).all()
    return [
        Conflict(
            op_id=row.op_id,
            kind=OperationKind(row.kind),
            target=Target(TargetType(row.target_type), row.target_key, row.image_id),
            payload=orjson.loads(row.wanted),
            current=None if row.there is None else orjson.loads(row.there),
            current_version=row.current_version,
            author=row.author,
            client=row.client,
            at=time_from_micros(row.at),
            group_id=row.group_id,
            base_version=row.base_version,
        )
        for row in rows
    ]


def _blob(blobs: FromClause, key: ColumnElement[bytes]) -> ColumnElement[bool]:
    return (blobs.c.project == conflict.c.project) & (blobs.c.hash == key)
