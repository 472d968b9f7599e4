"""The list of changes to people, roles, invites and tokens; it only grows."""

from sqlalchemy import Connection, func, insert, select

from datasetbuilder.projects.clock import now
from datasetbuilder.projects.schema import audit


def note(
    connection: Connection, actor: str, action: str, subject: str = "", detail: str = ""
) -> None:
    """Add a line, in the transaction that does what it tells."""
    number = 1 + (connection.execute(select(func.max(audit.c.id))).scalar() or 0)
    row = {
        "id": number,
        "at": now(),
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": detail,
    }
    connection.execute(insert(audit), row)
