"""Comments on an image, one of its objects or a point of it, as rows and with their keeper.

A comment travels as ``{"uid", "image", "set", "text", "annotation", "x", "y", "resolved", "author",
"version", "created_at", "updated_at"}``. It stays in the set that it was made in: a blind annotator
hears of nobody else's.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from datasetbuilder.errors import WireError
from datasetbuilder.model import TRUTH, Operation, OperationKind, Target, TargetType
from datasetbuilder.projects import tombstones
from datasetbuilder.projects.clock import time_from_micros
from datasetbuilder.projects.kept import Fields, Held, Refusal, Stamp
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.schema import comment, tombstone
from datasetbuilder.wire import MAX_TEXT
from datasetbuilder.wire.fields import read_name

SELECT = select(comment)
_KEYS = {
    "text": "body",
    "set": "set_name",
    "annotation": "annotation_uid",
    "x": "x",
    "y": "y",
    "resolved": "resolved",
}
_EMPTY: Fields = {
    "set_name": TRUTH,
    "annotation_uid": None,
    "x": None,
    "y": None,
    "resolved": False,
}
_HELD = SELECT.where(comment.c.project == bindparam("p"), comment.c.uid == bindparam("u"))
_ROW = (
    comment.c.project == bindparam("p"),
    comment.c.image_id == bindparam("i"),
    comment.c.uid == bindparam("u"),
)


def wire_from_row(row: Row[Any]) -> dict[str, Any]:
    """A row of ``SELECT`` as it travels."""
    return {
        "uid": row.uid,
        "image": row.image_id,
        **{key: getattr(row, column) for key, column in _KEYS.items()},
        "resolved": bool(row.resolved),
        "author": row.author,
        "version": row.version,
        "created_at": time_from_micros(row.created_at).isoformat(),
        "updated_at": time_from_micros(row.updated_at).isoformat(),
    }


def fields_from_payload(kind: OperationKind, payload: Any) -> Fields:
    """What an operation on a comment sets; WireError if a field is wrong."""
    for key in payload:
        if key not in _KEYS:
            raise WireError(f"payload.{key}"[:200], f"is not known; known are {', '.join(_KEYS)}")
    if kind is OperationKind.REMOVE:
        return {}
    if kind is OperationKind.ADD and "text" not in payload:
        raise WireError("payload.text", "is missing")
    if kind is OperationKind.CHANGE and "set" in payload:
        raise WireError("payload.set", "stays what it was when the comment was made")
    return {_KEYS[key]: _read(key, value) for key, value in payload.items()}


def _read(key: str, value: Any) -> Any:
    if key == "set":
        return read_name(value, "payload.set")
    if key == "text" and not (isinstance(value, str) and 0 < len(value.strip()) <= MAX_TEXT):
        raise WireError("payload.text", f"must be text of 1 to {MAX_TEXT} characters")
    if key == "annotation" and value is not None and not isinstance(value, str):
        raise WireError("payload.annotation", "must be the uid of an annotation, or null")
    if key == "resolved" and not isinstance(value, bool):
        raise WireError("payload.resolved", "must be true or false")
    if key in ("x", "y") and value is not None and not _is_place(value):
        raise WireError(f"payload.{key}", "must be a finite number, or null")
    return value


def _is_place(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e7


_AUTHORS = select(comment.c.uid, comment.c.author).where(
    comment.c.project == bindparam("p"), comment.c.uid.in_(bindparam("uids", expanding=True))
)

_ONCE = select(tombstone.c.target_key, tombstone.c.author).where(
    tombstone.c.project == bindparam("p"),
    tombstone.c.target_type == TargetType.COMMENT.value,
    tombstone.c.target_key.in_(bindparam("uids", expanding=True)),
)


def closed_to(
    connection: Connection,
    project_id: int,
    operations: Sequence[Operation],
    user: str,
    *,
    reviewing: bool,
) -> set[Target]:
    """The comments whose words an operation would change or take away, but not this person's.

    To resolve one or to open it again is everybody's; a reviewer may take any away.
    """
    wanted = [one for one in operations if _on_words(one, reviewing=reviewing)]
    if not wanted:
        return set()
    keys = {"p": project_id, "uids": sorted({one.target.key for one in wanted})}
    authors = {uid: author for uid, author in connection.execute(_AUTHORS, keys)}
    authors |= {uid: author for uid, author in connection.execute(_ONCE, keys)}
    return {one.target for one in wanted if authors.get(one.target.key, user) != user}


def _on_words(operation: Operation, *, reviewing: bool) -> bool:
    if operation.target.type is not TargetType.COMMENT:
        return False
    if operation.kind is OperationKind.REMOVE:
        return not reviewing
    return operation.kind is OperationKind.CHANGE and set(operation.payload) != {"resolved"}


class CommentKeeper:
    """Keeps comments."""

    def held(self, ledger: Ledger, target: Target) -> Held | None:
        """The comment with the uid, or its tombstone."""
        keys = {"p": ledger.project_id, "u": target.key}
        row = ledger.connection.execute(_HELD, keys).first()
        return tombstones.find(ledger, target) if row is None else _held(row)

    def same(self, held: Held, fields: Fields) -> bool:
        """Whether text, place and fate are the same."""
        born = {**_EMPTY, **fields}
        return all(getattr(held.value, name) == value for name, value in born.items())

    def add(self, ledger: Ledger, target: Target, fields: Fields, stamp: Stamp) -> Held:
        """Write a comment."""
        ledger.know_set(fields.get("set_name", TRUTH))
        return self._insert(ledger, target, fields, stamp, None)

    def change(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Write the next version, or bring a removed comment back."""
        if held.removed:
            if "body" not in fields:
                raise Refusal("payload.text: is missing")
            tombstones.lift(ledger, target)
            back = {**fields, "set_name": held.set_name or TRUTH}
            return self._insert(ledger, target, back, replace(stamp, author=held.author), held)
        new = {**fields, "version": held.version + 1, "seq": stamp.seq, "updated_at": stamp.at}
        keys = {"p": ledger.project_id, "i": target.image_id, "u": target.key}
        ledger.connection.execute(update(comment).where(*_ROW).values(new), keys)
        return self._again(ledger, target)

    def remove(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Take the comment away."""
        keys = {"p": ledger.project_id, "i": held.image_id, "u": target.key}
        ledger.connection.execute(delete(comment).where(*_ROW), keys)
        return tombstones.put(ledger, target, held, stamp)

    def _insert(
        self, ledger: Ledger, target: Target, fields: Fields, stamp: Stamp, was: Held | None
    ) -> Held:
        row = {
            **_EMPTY,
            **fields,
            "project": ledger.project_id,
            "image_id": target.image_id,
            "uid": target.key,
            "author": stamp.author,
            "version": 1 if was is None else was.version + 1,
            "seq": stamp.seq,
            "created_at": stamp.at if was is None else was.created_at,
            "updated_at": stamp.at,
        }
        ledger.connection.execute(insert(comment), row)
        return self._again(ledger, target)

    def _again(self, ledger: Ledger, target: Target) -> Held:
        keys = {"p": ledger.project_id, "u": target.key}
        return _held(ledger.connection.execute(_HELD, keys).one())


def _held(row: Row[Any]) -> Held:
    return Held(
        row.version,
        row.seq,
        wire_from_row(row),
        value=row,
        image_id=row.image_id,
        set_name=row.set_name,
        author=row.author,
        created_at=row.created_at,
    )
