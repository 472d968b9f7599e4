"""The log as a person reads it: lines, the steps that can be taken back, an image at a moment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    bindparam,
    func,
    select,
    union,
)

from datasetbuilder.model import TRUTH, OperationKind, Target, TargetType
from datasetbuilder.projects import annotations, scribbles
from datasetbuilder.projects.clock import micros_from_time, time_from_micros
from datasetbuilder.projects.schema import annotation, event, image, payload, scribble, tombstone
from datasetbuilder.wire import annotation_to_wire, scribble_to_wire

_DRAWN = (TargetType.ANNOTATION.value, TargetType.SCRIBBLE.value)
_UNDOABLE = (*_DRAWN, TargetType.IMAGE_STATE.value)

_PREVIOUS = event.alias("previous")
_IMPORT, _LATER = event.alias("import"), event.alias("later")
_AFTER, _BEFORE = payload.alias("after"), payload.alias("before")
_EVENTS = (
    select(event, _AFTER.c.data.label("after"), _BEFORE.c.data.label("before"))
    .outerjoin(
        _PREVIOUS,
        (_PREVIOUS.c.project == event.c.project) & (_PREVIOUS.c.seq == event.c.previous_seq),
    )
    .outerjoin(
        _AFTER, (_AFTER.c.project == event.c.project) & (_AFTER.c.hash == event.c.after_hash)
    )
    .outerjoin(
        _BEFORE,
        (_BEFORE.c.project == event.c.project)
        & (_BEFORE.c.hash == func.coalesce(event.c.before_hash, _PREVIOUS.c.after_hash)),
    )
    .where(event.c.project == bindparam("p"))
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the log with its target as it was before and after."""

    seq: int
    at: datetime
    author: str
    client: str
    tool: str
    kind: OperationKind
    target: Target
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    op_id: str = ""
    group_id: str | None = None
    image: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one person did at once and takes back at once, oldest change first."""

    tool: str
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines of the log are wanted: those before an event number, the newest first."""

    image_id: int | None = None
    author: str = ""
    key: str = ""
    before: int | None = None
    limit: int = 100


# --- lines ------------------------------------------------------------------------------------


def lines(
    connection: Connection, project_id: int, asked: Asked, *, sets: Sequence[str]
) -> list[Moment]:
    """The newest lines of an image, or of the project with the names of its images."""
    question = _EVENTS.where(_seen(sets)).order_by(event.c.seq.desc())
    question = question.add_columns(image.c.name.label("image")).outerjoin(
        image, (image.c.project == event.c.project) & (image.c.id == event.c.image_id)
    )
    if asked.author:
        question = question.where(event.c.author == asked.author)
    if asked.key:
        question = question.where(event.c.target_key == asked.key)
    if asked.before is not None:
        question = question.where(event.c.seq < asked.before)
    question = question.limit(asked.limit)
    if asked.image_id is None:
        rows = connection.execute(question, {"p": project_id}).all()
    else:
        own = question.where(event.c.image_id == asked.image_id)
        taken_in = question.where(event.c.seq.in_(_imports_of(asked.image_id, sets)))
        # Two questions: each follows an index, both in one would sort the whole log of the image.
        rows = [
            row for one in (own, taken_in) for row in connection.execute(one, {"p": project_id})
        ]
        rows = sorted(rows, key=lambda row: -row.seq)[: asked.limit]
    return [replace(_moment(row), image=row.image or "") for row in rows]


def _imports_of(image_id: int, sets: Sequence[str]) -> CompoundSelect[Any]:
    """The events that brought many annotations at once, some of them onto this image.

    Those that nobody touched since bear its number; those that somebody did name it as the event
    before.
    """
    untouched = select(annotation.c.seq).where(
        annotation.c.project == bindparam("p"),
        annotation.c.image_id == image_id,
        annotation.c.in_batch,
        annotation.c.set_name.in_(list(sets)),
    )
    touched = (
        select(_IMPORT.c.seq)
        .join(
            _LATER,
            (_LATER.c.project == _IMPORT.c.project) & (_LATER.c.previous_seq == _IMPORT.c.seq),
        )
        .where(
            _LATER.c.project == bindparam("p"),
            _LATER.c.image_id == image_id,
            _LATER.c.set_name.in_(list(sets)),
            _IMPORT.c.target_type == TargetType.BATCH.value,
            _IMPORT.c.target_key == "annotations",
        )
    )
    return union(untouched, touched)


def moment(
    connection: Connection, project_id: int, seq: int, *, sets: Sequence[str]
) -> Moment | None:
    """One line, None if there is no such line or it belongs to another set."""
    question = _EVENTS.where(event.c.seq == seq, _seen(sets))
    row = connection.execute(question, {"p": project_id}).first()
    return None if row is None else _moment(row)


def _seen(sets: Sequence[str]) -> ColumnElement[bool]:
    """The lines of these sets, and those of no set: of labels, states, what was taken in."""
    mine = event.c.set_name.in_(["", *sets])
    if TRUTH in sets:
        return mine
    imported = (event.c.target_type == TargetType.BATCH.value) & (
        event.c.target_key == "annotations"
    )
    # What was said before comments had sets was said in the open.
    spoken = (event.c.target_type == TargetType.COMMENT.value) & (event.c.set_name == "")
    # Where an image stands for everybody tells a rater which ones were looked at before.
    judged = (event.c.target_type == TargetType.IMAGE_STATE.value) & (event.c.set_name == "")
    return mine & ~imported & ~spoken & ~judged


def _moment(row: Row[Any]) -> Moment:
    return Moment(
        seq=row.seq,
        at=time_from_micros(row.at),
        author=row.author,
        client=row.client,
        tool=row.tool,
        kind=OperationKind(row.kind),
        target=Target(TargetType(row.target_type), row.target_key, row.image_id),
        before=None if row.before is None else orjson.loads(row.before),
        after=None if row.after is None else orjson.loads(row.after),
        op_id=row.op_id,
        group_id=row.group_id,
    )


# --- steps ------------------------------------------------------------------------------------


def steps(
    connection: Connection, project_id: int, asked: Asked, *, sets: Sequence[str]
) -> list[Step]:
    """The last steps of one person on one image, oldest first, never a part of a group."""
    question = (
        _EVENTS.where(
            event.c.image_id == asked.image_id,
            event.c.author == asked.author,
            event.c.target_type.in_(_UNDOABLE),
            _seen(sets),
        )
        .order_by(event.c.seq.desc())
        .limit(asked.limit)
    )
    if asked.before is not None:
        question = question.where(event.c.seq < asked.before)
    rows = connection.execute(question, {"p": project_id}).all()
    found = list(_grouped([_moment(row) for row in reversed(rows)]))
    torn = len(rows) == asked.limit and found and found[0].moments[0].group_id is not None
    return found[1:] if torn else found


def _grouped(moments: Sequence[Moment]) -> Iterator[Step]:
    block: list[Moment] = []
    for one in moments:
        if block and (one.group_id is None or one.group_id != block[0].group_id):
            yield Step(block[0].tool, tuple(block))
            block = []
        block.append(one)
    if block:
        yield Step(block[0].tool, tuple(block))


def tombs(
    connection: Connection, project_id: int, image_id: int, *, sets: Sequence[str]
) -> dict[Target, int]:
    """What was removed from an image, each with the version on which it can come back."""
    rows = connection.execute(
        select(tombstone.c.target_type, tombstone.c.target_key, tombstone.c.version).where(
            tombstone.c.project == project_id,
            tombstone.c.image_id == image_id,
            tombstone.c.target_type.in_(_DRAWN),
            tombstone.c.set_name.in_(list(sets)),
        )
    )
    return {Target(TargetType(kind), key, image_id): version for kind, key, version in rows}


# --- an image at a moment -------------------------------------------------------------------------


def seq_at(connection: Connection, project_id: int, at: datetime) -> int:
    """The number of the last event up to a time, 0 before the first."""
    question = select(func.max(event.c.seq)).where(
        event.c.project == project_id, event.c.at <= micros_from_time(at)
    )
    return connection.execute(question).scalar() or 0


def state_at(
    connection: Connection, project_id: int, image_id: int, seq: int, *, sets: Sequence[str]
) -> dict[Target, Mapping[str, Any] | None]:
    """What was drawn on an image after event ``seq``, None for what is there only now."""
    state: dict[Target, Mapping[str, Any] | None] = {}
    moved: dict[Target, tuple[int, Mapping[str, Any]]] = {}
    for target, row_seq, current in _present(connection, project_id, image_id, sets):
        if row_seq <= seq:
            state[target] = current
        else:
            moved[target] = (row_seq, current)
    for target, log in _logs(connection, project_id, image_id, sets).items():
        if target not in state:
            state[target] = _between(connection, project_id, log, seq)
            moved.pop(target, None)
    for target, (row_seq, current) in moved.items():
        state[target] = current if _was_there(connection, project_id, row_seq) else None
    return state


def _present(
    connection: Connection, project_id: int, image_id: int, sets: Sequence[str]
) -> Iterator[tuple[Target, int, Mapping[str, Any]]]:
    keys = {"p": project_id, "i": image_id, "sets": list(sets)}
    rows = connection.execute(_of_image(annotations.SELECT, annotation), keys).all()
    for row, found in zip(rows, annotations.annotations_from_rows(rows), strict=True):
        wire = annotation_to_wire(found)
        yield Target(TargetType.ANNOTATION, found.uid, image_id), row.seq, wire
    for row in connection.execute(_of_image(scribbles.SELECT, scribble), keys).all():
        wire = scribble_to_wire(scribbles.scribble_from_row(row))
        yield Target(TargetType.SCRIBBLE, row.uid, image_id), row.seq, wire


def _of_image(question: Select[Any], table: Any) -> Select[Any]:
    return question.where(
        table.c.project == bindparam("p"),
        table.c.image_id == bindparam("i"),
        table.c.set_name.in_(bindparam("sets", expanding=True)),
    )


def _logs(
    connection: Connection, project_id: int, image_id: int, sets: Sequence[str]
) -> dict[Target, list[Row[Any]]]:
    rows = connection.execute(
        select(event).where(
            event.c.project == project_id,
            event.c.image_id == image_id,
            event.c.target_type.in_(_DRAWN),
            event.c.set_name.in_(list(sets)),
        ).order_by(event.c.seq)
    )  # fmt: skip
    logs: dict[Target, list[Row[Any]]] = {}
    for row in rows.all():
        target = Target(TargetType(row.target_type), row.target_key, row.image_id)
        logs.setdefault(target, []).append(row)
    return logs


def _between(
    connection: Connection, project_id: int, log: Sequence[Row[Any]], seq: int
) -> Mapping[str, Any] | None:
    """A target after an event, from its lines before and after that event."""
    earlier = [row for row in log if row.seq <= seq]
    later = [row for row in log if row.seq > seq]
    if not later:
        # Nothing of its own since: a merge of labels moved it, its line says how it was.
        return _blob(connection, project_id, earlier[-1].after_hash)
    following = later[0]
    link = following.previous_seq
    if link is None:
        return None
    if link > seq and earlier:
        return _blob(connection, project_id, earlier[-1].after_hash)
    if link > seq and not _was_there(connection, project_id, link):
        return None
    if following.before_hash is not None or not earlier:
        return _blob(connection, project_id, following.before_hash)
    return _blob(connection, project_id, earlier[-1].after_hash)


def _was_there(connection: Connection, project_id: int, seq: int) -> bool:
    """Whether the event changed what was there already, as a merge of labels does."""
    kind = connection.execute(
        select(event.c.target_type).where(event.c.project == project_id, event.c.seq == seq)
    ).scalar()
    return kind != TargetType.BATCH.value


def _blob(connection: Connection, project_id: int, key: bytes | None) -> Mapping[str, Any] | None:
    if key is None:
        return None
    question = select(payload.c.data).where(payload.c.project == project_id, payload.c.hash == key)
    return orjson.loads(connection.execute(question).scalar_one())
