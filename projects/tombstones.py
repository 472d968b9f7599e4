"""What stays of a removed object: its id, its last version and where it was."""

from dataclasses import replace

from sqlalchemy import bindparam, delete, insert, select

from datasetbuilder.model import Target
from datasetbuilder.projects.kept import Held, Stamp
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.schema import tombstone

_WHERE = (
    tombstone.c.project == bindparam("p"),
    tombstone.c.target_type == bindparam("t"),
    tombstone.c.target_key == bindparam("k"),
)
_SELECT = select(tombstone).where(*_WHERE)
_DELETE = delete(tombstone).where(*_WHERE)


def _keys(ledger: Ledger, target: Target) -> dict[str, object]:
    return {"p": ledger.project_id, "t": target.type.value, "k": target.key}


def find(ledger: Ledger, target: Target) -> Held | None:
    """The tombstone of a target."""
    row = ledger.connection.execute(_SELECT, _keys(ledger, target)).first()
    if row is None:
        return None
    return Held(
        version=row.version,
        seq=row.seq,
        current=None,
        removed=True,
        image_id=row.image_id,
        object_id=row.object_id,
        set_name=row.set_name,
        author=row.author,
        created_at=row.created_at,
    )


def put(ledger: Ledger, target: Target, held: Held, stamp: Stamp) -> Held:
    """Leave a tombstone for what was held."""
    row = {
        "project": ledger.project_id,
        "target_type": target.type.value,
        "target_key": target.key,
        "image_id": target.image_id,
        "object_id": held.object_id,
        "set_name": held.set_name,
        "author": held.author,
        "version": held.version + 1,
        "seq": stamp.seq,
        "created_at": held.created_at,
        "removed_at": stamp.at,
    }
    ledger.connection.execute(insert(tombstone), row)
    return replace(
        held, version=held.version + 1, seq=stamp.seq, current=None, value=None, removed=True
    )


def lift(ledger: Ledger, target: Target) -> None:
    """Take the tombstone of a restored target away."""
    ledger.connection.execute(_DELETE, _keys(ledger, target))
