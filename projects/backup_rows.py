"""The rows of a project as a backup holds them: one JSON array per row, bytes in base64.

Every table is either kept or left, so that a new one cannot be forgotten: who may log in and what
the server was doing belong to a workspace and never leave it with a project.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import BigInteger, Boolean, Column, Connection, Float, LargeBinary, Table, select

from datasetbuilder.errors import WireError
from datasetbuilder.projects.schema import metadata

LEFT = frozenset(
    {
        "member",
        "membership",
        "session",
        "token",
        "invite",
        "pending_login",
        "attempt",
        "audit",
        "job",
        "job_item",
        "setting",
        "presence",
        "lease",
        "assignment",
    }
)
"""The tables that stay with the workspace."""

_STAYING = frozenset({("image", "assignee"), ("image", "due_at")})
"""What stays with the tables that stay, though it stands elsewhere."""

KEPT: tuple[Table, ...] = tuple(table for table in metadata.sorted_tables if table.name not in LEFT)
"""The tables of a project, each after those that it refers to."""

_BLOCK = 1_000
_PROJECT = "project"


def columns_of(table: Table) -> tuple[str, ...]:
    """The columns that a backup holds: all but the number of the project in its workspace."""
    return tuple(
        str(column.name)
        for column in table.c
        if column is not _owner(table) and (table.name, column.name) not in _STAYING
    )


def _owner(table: Table) -> Column[Any]:
    return table.c.id if table.name == _PROJECT else table.c.project


def lines(connection: Connection, table: Table, project_id: int) -> Iterator[bytes]:
    """The rows of a project in a table, by key, each as one line."""
    columns = [table.c[name] for name in columns_of(table)]
    question = select(*columns).where(_owner(table) == project_id)
    question = question.order_by(*table.primary_key.columns)
    binary = [n for n, column in enumerate(columns) if isinstance(column.type, LargeBinary)]
    rows = connection.execute(question, execution_options={"yield_per": _BLOCK})
    for row in rows:
        values = list(row)
        for n in binary:
            if values[n] is not None:
                values[n] = base64.b64encode(values[n]).decode()
        yield orjson.dumps(values) + b"\n"


def row_from_line(
    table: Table, columns: tuple[str, ...], line: bytes, project_id: int
) -> dict[str, Any]:
    """A line as the row to insert under a project's number.

    Raises
    ------
    WireError
        If the line is not a row of the table.
    """
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise WireError("line", "is not JSON") from None
    if not isinstance(values, list) or len(values) != len(columns):
        raise WireError("line", f"must be a list of {len(columns)} values")
    row = {name: _value(table.c[name], value) for name, value in zip(columns, values, strict=True)}
    row[_owner(table).name] = project_id
    if table.name == "payload":
        _check_hash(row)
    return row


def _value(column: Column[Any], value: object) -> object:
    if value is None:
        if not column.nullable:
            raise WireError(column.name, "must not be null")
        return None
    if isinstance(column.type, LargeBinary):
        return _bytes(column.name, value)
    kinds, words = _kinds(column)
    if type(value) not in kinds or (type(value) is int and not -(2**63) <= value < 2**63):
        raise WireError(column.name, f"must be {words}")
    return value


def _kinds(column: Column[Any]) -> tuple[tuple[type, ...], str]:
    if isinstance(column.type, Boolean):
        return (bool,), "true or false"
    if isinstance(column.type, BigInteger):
        return (int,), "a whole number"
    if isinstance(column.type, Float):
        return (float, int), "a number"
    return (str,), "text"


def _bytes(name: str, value: object) -> bytes:
    try:
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
    except binascii.Error:
        pass
    raise WireError(name, "must be bytes in base64")


def _check_hash(row: Mapping[str, Any]) -> None:
    if blake2b(row["data"], digest_size=20).digest() != row["hash"]:
        raise WireError("hash", "does not fit its data")
