"""Whose a set of annotations is: a blind annotator's is theirs, and nobody below a reviewer's.

Whoever owns sets in a project works blind in it: they see those, and neither `truth` nor what
others draw.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select, union_all

from datasetbuilder.model import TRUTH, Operation, OperationKind, TargetType
from datasetbuilder.projects.schema import (
    annotation,
    annotation_set,
    comment,
    conflict,
    scribble,
    tombstone,
)

GOLD = "gold"
BLIND = "blind"
"""The purpose of a set in which somebody draws blind, or did until their rounds ended."""
IN_SETS = (TargetType.ANNOTATION, TargetType.SCRIBBLE, TargetType.COMMENT)
"""What lies in a set."""
_PREFIX = "blind-"


def set_of(user: str) -> str:
    """The set in which somebody draws blind."""
    return f"{_PREFIX}{user}"


def is_blind(name: str) -> bool:
    """Whether a set is one in which somebody draws blind."""
    return name.startswith(_PREFIX)


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
    asked = select(annotation_set.c.name, annotation_set.c.owner, annotation_set.c.purpose).where(
        annotation_set.c.project == project_id
    )
    rows = connection.execute(asked).all()
    owners = {row.name: row.owner for row in rows}
    ended = {row.name for row in rows if row.purpose == BLIND and row.owner is None}
    blind = user in owners.values()

    def is_closed(name: str | None) -> bool:
        if not name or owners.get(name) == user:
            return False
        return blind or owners.get(name) is not None or name == GOLD or name in ended

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
    adds = operation.kind is OperationKind.ADD and operation.target.type in IN_SETS
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
    asked = select(conflict.c.op_id, conflict.c.set_name).where(
        conflict.c.project == project_id, conflict.c.op_id.in_(ids)
    )
    return {op_id: name for op_id, name in connection.execute(asked)}
