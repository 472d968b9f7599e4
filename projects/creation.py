"""How a project comes into the world."""

import re
import unicodedata
from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import func, insert, select

from datasetbuilder.errors import AlreadyExists, DataError, UsageError
from datasetbuilder.model import (
    TRUTH,
    Operation,
    OperationKind,
    Outcome,
    Target,
    TargetType,
)
from datasetbuilder.projects import operations
from datasetbuilder.projects.ledger import Transaction
from datasetbuilder.projects.schema import annotation_set, project

_MAX_NAME = 200


def slug_of(name: str) -> str:
    """A name as a folder and a URL can carry it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "project"


def create_project(
    transaction: Transaction,
    name: str,
    labels: Sequence[tuple[str, str | None]],
    *,
    author: str,
) -> str:
    """Write a project and its first labels, all or nothing; returns its slug."""
    name = " ".join(name.split())
    if not 0 < len(name) <= _MAX_NAME:
        raise UsageError(f"a project's name has 1 to {_MAX_NAME} characters, not {len(name)}")
    slug = _free_slug(transaction, name)
    connection = transaction.connection
    number = 1 + (connection.execute(select(func.max(project.c.id))).scalar() or 0)
    connection.execute(
        insert(project),
        {"id": number, "slug": slug, "name": name, "created_at": transaction.at},
    )
    truth = {"project": number, "name": TRUTH, "purpose": TRUTH, "created_at": transaction.at}
    connection.execute(insert(annotation_set), truth)
    prepared = [operations.prepare(_label(*label), lambda _: None) for label in labels]
    results = operations.run(
        transaction.ledger(number), prepared, author=author, client="create_project"
    )
    for (label, _), result in zip(labels, results, strict=True):
        if result.outcome is not Outcome.ACCEPTED:
            raise DataError(f'label "{label}": {result.reason}')
    return slug


def _label(name: str, color: str | None) -> Operation:
    payload = {"name": name} if color is None else {"name": name, "color": color}
    target = Target(TargetType.LABEL, str(uuid4()))
    return Operation(str(uuid4()), OperationKind.ADD, target, payload)


def _free_slug(transaction: Transaction, name: str) -> str:
    rows = transaction.connection.execute(select(project.c.slug, project.c.name)).all()
    if any(row.name.casefold() == name.casefold() for row in rows):
        raise AlreadyExists(f'there is a project named "{name}" already; choose another name')
    taken = {row.slug for row in rows}
    base = slug = slug_of(name)
    number = 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug
