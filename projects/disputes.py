"""What waits to be settled: the conflicts of an image, put together as one person meets them.

The operations of one client on one object are one dispute, and so are those of one group. What the
person wanted is told whole, not as the few fields that an operation carries; what stands against it
is what the store holds at this moment.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from datasetbuilder.model import TRUTH, OperationKind, Target, TargetType
from datasetbuilder.projects import history, sets
from datasetbuilder.projects.history import Conflict
from datasetbuilder.projects.kept import Held
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.operations import keeper_of
from datasetbuilder.projects.pasts import Pasts
from datasetbuilder.projects.patches import after_payload
from datasetbuilder.projects.schema import conflict, operation

_DRAWN = (TargetType.ANNOTATION.value, TargetType.SCRIBBLE.value)


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

_WAITING = sets.OF_CONFLICTS.add_columns(conflict.c.image_id).where(
    conflict.c.project == bindparam("p"),
    conflict.c.image_id.is_not(None),
    conflict.c.resolved_at.is_(None),
)
_WAITING_ON = _WAITING.where(conflict.c.image_id.in_(bindparam("ids", expanding=True)))


def counts(
    connection: Connection, project_id: int, image_ids: Sequence[int], shown: Sequence[str]
) -> dict[int, int]:
    """How many refused operations wait on each of these images; those without are left out."""
    keys = {"p": project_id, "ids": list(image_ids)}
    rows = connection.execute(_WAITING_ON, keys)
    return dict(Counter(row.image_id for row in rows if _is_among(row, shown)))


def images(connection: Connection, project_id: int, shown: Sequence[str]) -> list[int]:
    """The images with something to settle, by id."""
    rows = connection.execute(_WAITING, {"p": project_id})
    return sorted({row.image_id for row in rows if _is_among(row, shown)})


def _is_among(row: Row[*tuple[Any, ...]], shown: Sequence[str]) -> bool:
    return sets.set_of_conflict(row) in ("", *shown)


# --- which ------------------------------------------------------------------------------------


def disputes(
    connection: Connection, project_id: int, image_id: int | None, shown: Sequence[str]
) -> list[Dispute]:
    """What waits on an image (None: among labels and settings), oldest first."""
    pasts = Pasts(Ledger(connection, project_id, at=0))
    found = []
    for members in _together(history.conflicts(connection, project_id, image_id)):
        sides = tuple(_sides(pasts, members, frozenset(shown)))
        if sides:
            first = members[0]
            ids = tuple(one.op_id for one in members)
            groups = [one.group_id for one in members if one.group_id is not None]
            found.append(
                Dispute(
                    ids, groups[0] if groups else None, first.author, first.client, first.at, sides
                )
            )
    return found


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


def _sides(pasts: Pasts, members: list[Conflict], shown: frozenset[str]) -> Iterator[Side]:
    by_target: dict[tuple[str, str], list[Conflict]] = {}
    for one in members:
        by_target.setdefault((one.target.type, one.target.key), []).append(one)
    for rows in by_target.values():
        target = rows[0].target
        held = keeper_of(target.type).held(pasts.ledger, target)
        theirs = None if held is None or held.removed else held.current
        mine = _wanted(pasts, _chained(rows), held, theirs)
        if target.type.value not in _DRAWN or _set_of(mine, theirs, held) in shown:
            yield Side(target, mine, theirs, 0 if held is None else held.version)


def _set_of(mine: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None, held: Any) -> str:
    if isinstance(held, Held) and held.set_name:
        return held.set_name
    return str((theirs or mine or {}).get("set", TRUTH))


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
