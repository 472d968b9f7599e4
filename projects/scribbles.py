"""Scribbles as rows, and the keeper that writes them. Strokes are kept in their wire form."""

from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, delete, insert, select, update

from datasetbuilder.model import TRUTH, OperationKind, Scribble, Target
from datasetbuilder.projects import tombstones
from datasetbuilder.projects.kept import Fields, Held, Refusal, Stamp
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.schema import scribble
from datasetbuilder.wire import (
    scribble_fields_from_wire,
    scribble_to_wire,
    strokes_from_wire,
    strokes_to_wire,
)

SELECT = select(scribble)
_ROW = (
    scribble.c.project == bindparam("p"),
    scribble.c.image_id == bindparam("i"),
    scribble.c.uid == bindparam("u"),
)
_HELD = SELECT.where(scribble.c.project == bindparam("p"), scribble.c.uid == bindparam("u"))
_CHANGED = ("set_name", "strokes", "version", "seq", "updated_at")
_UPDATE = (
    update(scribble).where(*_ROW).values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
_DELETE = delete(scribble).where(*_ROW)


def scribble_from_row(row: Row[Any]) -> Scribble:
    """A row of ``SELECT`` as a scribble."""
    return Scribble(
        uid=row.uid,
        strokes=strokes_from_wire(orjson.loads(row.strokes)),
        image_id=row.image_id,
        set=row.set_name,
        author=row.author,
        version=row.version,
    )


def fields_from_payload(kind: OperationKind, payload: object) -> Fields:
    """What an operation on a scribble sets; WireError if a field is wrong."""
    return {} if kind is OperationKind.REMOVE else scribble_fields_from_wire(payload)


class ScribbleKeeper:
    """Keeps scribbles."""

    def held(self, ledger: Ledger, target: Target) -> Held | None:
        """The scribble with the uid, or its tombstone."""
        keys = {"p": ledger.project_id, "u": target.key}
        row = ledger.connection.execute(_HELD, keys).first()
        if row is None:
            return tombstones.find(ledger, target)
        return _held(scribble_from_row(row), row.seq, row.created_at)

    def same(self, held: Held, fields: Fields) -> bool:
        """Whether strokes and set are the same."""
        kept: Scribble = held.value
        return kept.strokes == fields.get("strokes", ()) and kept.set == fields.get("set", TRUTH)

    def add(self, ledger: Ledger, target: Target, fields: Fields, stamp: Stamp) -> Held:
        """Write a scribble."""
        made = _made(target, fields, author=stamp.author, version=1)
        return self._insert(ledger, made, stamp, stamp.at)

    def change(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Write the next version, or bring a removed scribble back."""
        version = held.version + 1
        if held.removed:
            made = _made(target, fields, author=held.author, version=version)
            tombstones.lift(ledger, target)
            return self._insert(ledger, made, stamp, held.created_at)
        made = replace(held.value, **fields, version=version)
        ledger.know_set(made.set)
        row = _row(ledger.project_id, made, stamp, held.created_at)
        keys = {"p": ledger.project_id, "i": made.image_id, "u": made.uid}
        new = {f"new_{name}": row[name] for name in _CHANGED}
        ledger.connection.execute(_UPDATE, {**keys, **new})
        return _held(made, stamp.seq, held.created_at)

    def remove(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Take the scribble off its image."""
        keys = {"p": ledger.project_id, "i": held.image_id, "u": target.key}
        ledger.connection.execute(_DELETE, keys)
        return tombstones.put(ledger, target, held, stamp)

    def _insert(self, ledger: Ledger, made: Scribble, stamp: Stamp, created_at: int) -> Held:
        ledger.know_set(made.set)
        row = _row(ledger.project_id, made, stamp, created_at)
        ledger.connection.execute(insert(scribble), row)
        return _held(made, stamp.seq, created_at)


def _made(target: Target, fields: Fields, *, author: str, version: int) -> Scribble:
    if "strokes" not in fields:
        raise Refusal("payload.strokes: is missing")
    image_id = target.image_id or 0
    return Scribble(uid=target.key, image_id=image_id, author=author, version=version, **fields)


def _row(project_id: int, made: Scribble, stamp: Stamp, created_at: int) -> dict[str, Any]:
    return {
        "project": project_id,
        "image_id": made.image_id,
        "uid": made.uid,
        "set_name": made.set,
        "strokes": orjson.dumps(strokes_to_wire(made.strokes)),
        "author": made.author,
        "version": made.version,
        "seq": stamp.seq,
        "created_at": created_at,
        "updated_at": stamp.at,
    }


def _held(found: Scribble, seq: int, created_at: int) -> Held:
    return Held(
        version=found.version,
        seq=seq,
        current=orjson.loads(orjson.dumps(scribble_to_wire(found))),
        value=found,
        image_id=found.image_id,
        set_name=found.set,
        author=found.author,
        created_at=created_at,
    )
