"""Kept conflicts as targets: one is removed, with the choice in the log, once it was answered."""

from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update

from datasetbuilder.errors import WireError
from datasetbuilder.model import OperationKind, Target
from datasetbuilder.projects.kept import Fields, Held, Refusal, Stamp
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.schema import conflict

CHOICES = ("mine", "theirs", "both")
_WHERE = (conflict.c.project == bindparam("p"), conflict.c.op_id == bindparam("o"))
_HELD = select(
    conflict.c.image_id, conflict.c.set_name, conflict.c.author, conflict.c.resolved_at
).where(*_WHERE)
_RESOLVE = (
    update(conflict)
    .where(*_WHERE)
    .values(resolved_at=bindparam("new_at"), resolved_by=bindparam("new_by"))
)


def fields_from_payload(kind: OperationKind, payload: Any) -> Fields:
    """What was chosen; WireError if it is no choice."""
    if kind is not OperationKind.REMOVE:
        raise Refusal("a conflict is made by the store; remove it to say that it is settled")
    choice = payload.get("choice")
    if choice not in CHOICES or len(payload) != 1:
        raise WireError("payload.choice", f"must be one of {', '.join(CHOICES)}")
    return {"choice": choice}


class ConflictKeeper:
    """Keeps what was refused on an old version until somebody has settled it."""

    def held(self, ledger: Ledger, target: Target) -> Held | None:
        """The conflict of the operation that the key names, settled or not."""
        keys = {"p": ledger.project_id, "o": target.key}
        row = ledger.connection.execute(_HELD, keys).first()
        if row is None:
            return None
        settled = row.resolved_at is not None
        return Held(
            version=2 if settled else 1,
            seq=None,
            current=None,
            removed=settled,
            image_id=row.image_id,
            set_name=row.set_name,
            author=row.author,
        )

    def same(self, held: Held, fields: Fields) -> bool:
        """Nobody adds a conflict."""
        return False

    def add(self, ledger: Ledger, target: Target, fields: Fields, stamp: Stamp) -> Held:
        """Nobody adds a conflict."""
        raise Refusal("a conflict is made by the store")

    def change(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Nobody changes a conflict."""
        raise Refusal("a conflict is removed, not changed")

    def remove(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Mark it as settled; the log keeps the choice."""
        keys = {"p": ledger.project_id, "o": target.key}
        new = {"new_at": stamp.at, "new_by": stamp.author}
        ledger.connection.execute(_RESOLVE, {**keys, **new})
        return replace(held, version=2, seq=stamp.seq, current=dict(fields), removed=True)
