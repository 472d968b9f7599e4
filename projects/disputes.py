"""What waits to be settled: the conflicts of an image, put together as one person meets them.

The operations of one client on one object are one dispute, and so are those of one group. What the
person wanted is told whole, not as the few fields that an operation carries; what stands against it
is what the store holds at this moment.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from datasetbuilder.model import OperationKind, Target
from datasetbuilder.projects import history
from datasetbuilder.projects.history import Conflict
from datasetbuilder.projects.kept import Held
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.operations import keeper_of
from datasetbuilder.projects.pasts import Pasts
from datasetbuilder.projects.patches import after_payload
from datasetbuilder.projects.schema import conflict, operation


@dataclass(frozen=True, slots=True)
class Side:
    """One target of a dispute: what was wanted and what is there, None for removed."""

    target: Target
    mine: Mapping[str, Any] | None
    theirs: Mapping[str, Any] | None
    version: int


@dataclass(frozen=True, slots=True)
class Dispute:
    """Refused operations that are settled with one answer."""

    op_ids: tuple[str, ...]
    group_id: str | None
    author: str
    client: str
    at: datetime
    sides: tuple[Side, ...]


# --- how many ---------------------------------------------------------------------------------

_SHOWN = (
    conflict.c.project == bindparam("p"),
    conflict.c.resolved_at.is_(None),
    conflict.c.set_name.in_(bindparam("sets", expanding=True)),
)
_COUNTS = (
    select(conflict.c.image_id, func.count())
    .where(*_SHOWN, conflict.c.image_id.in_(bindparam("ids", expanding=True)))
    .group_by(conflict.c.image_id)
)
_IMAGES = (
    select(conflict.c.image_id)
    .where(*_SHOWN, conflict.c.image_id.is_not(None))
    .distinct()
    .order_by(conflict.c.image_id)
)


def counts(
    connection: Connection, project_id: int, image_ids: Sequence[int], shown: Sequence[str]
) -> dict[int, int]:
    """How many refused operations wait on each of these images; those without are left out."""
    keys = {"p": project_id, "sets": ["", *shown], "ids": list(image_ids)}
    return {image_id: n for image_id, n in connection.execute(_COUNTS, keys)}


def images(connection: Connection, project_id: int, shown: Sequence[str]) -> list[int]:
    """The images with something to settle, by id."""
    keys = {"p": project_id, "sets": ["", *shown]}
    return list(connection.execute(_IMAGES, keys).scalars())


# --- which ------------------------------------------------------------------------------------


def disputes(
    connection: Connection,
    project_id: int,
    image_id: int | None,
    shown: Sequence[str],
    limit: int | None = None,
) -> list[Dispute]:
    """What waits on an image (None: among labels and settings), oldest first."""
    pasts = Pasts(Ledger(connection, project_id, at=0))
    rows = history.conflicts(connection, project_id, image_id, sets=("", *shown))
    return [_dispute(pasts, members) for members in _together(rows)[:limit]]


def _dispute(pasts: Pasts, members: list[Conflict]) -> Dispute:
    first = members[0]
    return Dispute(
        op_ids=tuple(one.op_id for one in members),
        group_id=next((one.group_id for one in members if one.group_id is not None), None),
        author=first.author,
        client=first.client,
        at=first.at,
        sides=tuple(_sides(pasts, members)),
    )


def _together(rows: Iterable[Conflict]) -> list[list[Conflict]]:
    """Rows that share a group, or a client and a target, directly or through others."""
    units: dict[int, tuple[set[object], list[Conflict]]] = {}
    unit_of: dict[object, int] = {}
    for number, row in enumerate(rows):
        names: set[object] = {(row.client, row.author, row.target.type, row.target.key)}
        if row.group_id is not None:
            names.add(row.group_id)
        joined = [row]
        for place in sorted({unit_of[name] for name in names if name in unit_of}):
            others, members = units.pop(place)
            names |= others
            joined = members + joined
        units[number] = (names, joined)
        unit_of.update(dict.fromkeys(names, number))
    return [members for _, members in units.values()]


def _sides(pasts: Pasts, members: list[Conflict]) -> Iterator[Side]:
    by_target: dict[tuple[str, str], list[Conflict]] = {}
    for one in members:
        by_target.setdefault((one.target.type, one.target.key), []).append(one)
    for rows in by_target.values():
        target = rows[0].target
        held = keeper_of(target.type).held(pasts.ledger, target)
        theirs = None if held is None or held.removed else held.current
        mine = _wanted(pasts, _chained(rows), held, theirs)
        yield Side(target, mine, theirs, 0 if held is None else held.version)


def _chained(rows: list[Conflict]) -> list[Conflict]:
    """The operations on one target in the order in which they build on each other."""
    ids = {row.op_id for row in rows}
    ordered = [row for row in rows if row.base_version not in ids]
    left = [row for row in rows if row.base_version in ids]
    while left:
        known = {row.op_id for row in ordered}
        ready = [row for row in left if row.base_version in known] or left
        ordered += ready
        left = [row for row in left if row not in ready]
    return ordered


def _wanted(
    pasts: Pasts, rows: list[Conflict], held: Held | None, theirs: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """The target as its person saw it after the last of these operations."""
    state = _base(pasts, rows[0], held, theirs)
    for row in rows:
        removes = row.kind is OperationKind.REMOVE
        state = None if removes else after_payload(state, row.payload)
    return state


def _base(
    pasts: Pasts, row: Conflict, held: Held | None, theirs: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    if row.kind is OperationKind.ADD:
        return None
    version = _version(pasts.ledger, row.base_version)
    newest = None if held is None else held.seq
    past = None if version is None else pasts.version(newest, version)
    return past or theirs


_VERSION = select(operation.c.version).where(
    operation.c.project == bindparam("p"), operation.c.op_id == bindparam("o")
)


def _version(ledger: Ledger, base: str | None) -> int | None:
    if base is None:
        return None
    keys = {"p": ledger.project_id, "o": base}
    found = ledger.connection.execute(_VERSION, keys).scalar()
    if found is None and base.isascii() and base.isdigit():
        return int(base[:15])
    return found
