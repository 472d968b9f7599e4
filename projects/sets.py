"""Whose a set of annotations is: a blind annotator's is theirs, and nobody below a reviewer's."""

from collections.abc import Iterable

from sqlalchemy import Connection, select, union_all

from datasetbuilder.model import Operation, TargetType
from datasetbuilder.projects.schema import (
    annotation,
    annotation_set,
    conflict,
    scribble,
    tombstone,
)

GOLD = "gold"


def closed_to(connection: Connection, project_id: int, user: str) -> frozenset[str]:
    """The sets of other people, and the one that they are measured by."""
    asked = select(annotation_set.c.name).where(
        annotation_set.c.project == project_id,
        (annotation_set.c.owner.is_not(None) & (annotation_set.c.owner != user))
        | (annotation_set.c.name == GOLD),
    )
    return frozenset(connection.execute(asked).scalars())


def within(
    connection: Connection, project_id: int, operations: Iterable[Operation], sets: frozenset[str]
) -> frozenset[str]:
    """The ids of the operations that touch one of these sets: as it is, or as it would be."""
    operations = list(operations)
    fought = _targets(connection, project_id, operations)
    keys = {one.target.key for one in operations} | set(fought.values())
    held = _held(connection, project_id, keys)
    return frozenset(
        one.op_id
        for one in operations
        if one.payload.get("set") in sets
        or held.get(one.target.key) in sets
        or held.get(fought.get(one.target.key, "")) in sets
    )


def _held(connection: Connection, project_id: int, keys: set[str]) -> dict[str, str]:
    """The set of each target of these that lies in one, removed ones too."""
    asked = union_all(
        *(
            select(column, table.c.set_name).where(table.c.project == project_id, column.in_(keys))
            for table, column in (
                (annotation, annotation.c.uid),
                (scribble, scribble.c.uid),
                (tombstone, tombstone.c.target_key),
            )
        )
    )
    return {key: name for key, name in connection.execute(asked)}


def _targets(
    connection: Connection, project_id: int, operations: list[Operation]
) -> dict[str, str]:
    """What each conflict that is to be settled was about."""
    ids = [one.target.key for one in operations if one.target.type is TargetType.CONFLICT]
    if not ids:
        return {}
    asked = select(conflict.c.op_id, conflict.c.target_key).where(
        conflict.c.project == project_id, conflict.c.op_id.in_(ids)
    )
    return {op_id: key for op_id, key in connection.execute(asked)}
