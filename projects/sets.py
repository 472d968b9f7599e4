"""Whose a set of annotations is: a blind annotator's is theirs, and nobody below a reviewer's.

Whoever owns sets in a project works blind in it: they see those, and neither `truth` nor what
others draw.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, case, func, select, union_all

from datasetbuilder.model import TRUTH, Operation, OperationKind, TargetType
from datasetbuilder.projects.schema import (
    annotation,
    annotation_set,
    comment,
    conflict,
    payload,
    scribble,
    tombstone,
)

GOLD = "gold"
_DRAWN = (TargetType.ANNOTATION, TargetType.SCRIBBLE)
_IN_SETS = (*_DRAWN, TargetType.COMMENT)


def own(connection: Connection, project_id: int, user: str) -> tuple[str, ...]:
    """The sets in which somebody works blind, the newest first; none for everybody else."""
    asked = (
        select(annotation_set.c.name)
        .where(annotation_set.c.project == project_id, annotation_set.c.owner == user)
        .order_by(annotation_set.c.created_at.desc(), annotation_set.c.name.desc())
    )
    return tuple(connection.execute(asked).scalars())


def closed_to(
    connection: Connection, project_id: int, operations: Sequence[Operation], user: str
) -> frozenset[str]:
    """The ids of the operations that touch a set which is not this person's business.

    That is the set of somebody else, the one that people are measured by and, for the blind, every
    set but their own; whether the target lies there or would.
    """
    asked = select(annotation_set.c.name, annotation_set.c.owner).where(
        annotation_set.c.project == project_id
    )
    owners = {name: owner for name, owner in connection.execute(asked)}
    blind = user in owners.values()

    def is_closed(name: str | None) -> bool:
        if not name or owners.get(name) == user:
            return False
        return blind or owners.get(name) is not None or name == GOLD

    wanted = {one.op_id: _asked_for(one) for one in operations}
    if not any(map(is_closed, [*owners, *wanted.values()])):
        return frozenset()
    held = _held(connection, project_id, {one.target.key for one in operations})
    fought = _fought(connection, project_id, operations)
    return frozenset(
        one.op_id
        for one in operations
        if is_closed(wanted[one.op_id])
        or is_closed(held.get(one.target.key))
        or is_closed(fought.get(one.target.key))
    )


def _asked_for(operation: Operation) -> str | None:
    """The set that an operation puts its target into, None if it leaves it where it is."""
    adds = operation.kind is OperationKind.ADD and operation.target.type in _IN_SETS
    name = operation.payload.get("set", TRUTH if adds else None)
    return name if isinstance(name, str) else None


def _held(connection: Connection, project_id: int, keys: set[str]) -> dict[str, str]:
    """The set of each target of these that lies in one, removed ones too."""
    asked = union_all(
        *(
            select(column, table.c.set_name).where(table.c.project == project_id, column.in_(keys))
            for table, column in (
                (annotation, annotation.c.uid),
                (scribble, scribble.c.uid),
                (comment, comment.c.uid),
                (tombstone, tombstone.c.target_key),
            )
        )
    )
    return {key: name for key, name in connection.execute(asked)}


def _fought(
    connection: Connection, project_id: int, operations: Iterable[Operation]
) -> dict[str, str]:
    """The set of what each conflict that is to be settled was about."""
    ids = [one.target.key for one in operations if one.target.type is TargetType.CONFLICT]
    if not ids:
        return {}
    asked = OF_CONFLICTS.where(conflict.c.project == project_id, conflict.c.op_id.in_(ids))
    return {row.op_id: set_of_conflict(row) for row in connection.execute(asked)}


# --- the sets of conflicts ------------------------------------------------------------------------

_SET = func.coalesce(
    annotation.c.set_name, scribble.c.set_name, comment.c.set_name, tombstone.c.set_name
)
OF_CONFLICTS = (
    select(
        conflict.c.op_id,
        conflict.c.target_type,
        _SET.label("set_name"),
        case((_SET.is_(None), payload.c.data)).label("wanted"),
    )
    .select_from(conflict)
    .outerjoin(
        annotation,
        (annotation.c.project == conflict.c.project)
        & (annotation.c.uid == conflict.c.target_key)
        & (conflict.c.target_type == TargetType.ANNOTATION.value),
    )
    .outerjoin(
        scribble,
        (scribble.c.project == conflict.c.project)
        & (scribble.c.uid == conflict.c.target_key)
        & (conflict.c.target_type == TargetType.SCRIBBLE.value),
    )
    .outerjoin(
        comment,
        (comment.c.project == conflict.c.project)
        & (comment.c.uid == conflict.c.target_key)
        & (conflict.c.target_type == TargetType.COMMENT.value),
    )
    .outerjoin(
        tombstone,
        (tombstone.c.project == conflict.c.project)
        & (tombstone.c.target_type == conflict.c.target_type)
        & (tombstone.c.target_key == conflict.c.target_key),
    )
    .join(
        payload,
        (payload.c.project == conflict.c.project) & (payload.c.hash == conflict.c.payload_hash),
    )
)
"""Conflicts with what tells the set of each; narrow it and ask `set_of_conflict` of its rows."""


def set_of_conflict(row: Row[*tuple[Any, ...]]) -> str:
    """The set that a conflict is about, "" for none: the state of an image has none."""
    if row.target_type not in _IN_SETS:
        return ""
    # An add whose group was refused with it is nowhere yet: it said itself where it belongs.
    wanted = {} if row.wanted is None else orjson.loads(row.wanted)
    return row.set_name or wanted.get("set", TRUTH)
