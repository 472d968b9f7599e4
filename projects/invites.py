"""Invites: each makes one member, once, while its time lasts. Only the hash of its token is kept.

An invite goes by the first digits of that hash wherever it is shown, so that nobody who sees a list
of them could use one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from datasetbuilder.errors import UnknownName
from datasetbuilder.projects.clock import micros_from_time, now, time_from_micros
from datasetbuilder.projects.schema import invite, project

KEY = 12
"""How many digits of a hash name an invite or a token in lists."""
_LISTED = select(invite, project.c.slug).select_from(
    invite.outerjoin(project, project.c.id == invite.c.project)
)


@dataclass(frozen=True, slots=True)
class Invite:
    """What the person who comes will be; an empty name is theirs to choose."""

    created_by: str
    expires_at: datetime
    name: str = ""
    admin: bool = False
    project: str | None = None
    role: str = ""
    key: str = ""


def add(connection: Connection, token_hash: str, made: Invite, project_id: int | None) -> None:
    """Write an invite, and forget those that are over."""
    moment = now()
    connection.execute(delete(invite).where(invite.c.expires_at <= moment))
    row = {
        "token_hash": token_hash,
        "name": made.name,
        "admin": made.admin,
        "project": project_id,
        "role": made.role,
        "created_by": made.created_by,
        "created_at": moment,
        "expires_at": micros_from_time(made.expires_at),
    }
    connection.execute(insert(invite), row)


def waiting(connection: Connection) -> list[Invite]:
    """Those that still open the door, the newest first."""
    asked = _LISTED.where(invite.c.expires_at > now()).order_by(invite.c.created_at.desc())
    return [_invite(row) for row in connection.execute(asked)]


def find(connection: Connection, token_hash: str) -> Invite | None:
    """The invite of a token, None if it opens nothing."""
    asked = _LISTED.where(invite.c.token_hash == token_hash, invite.c.expires_at > now())
    row = connection.execute(asked).first()
    return None if row is None else _invite(row)


def take(connection: Connection, token_hash: str) -> Invite:
    """Use an invite up."""
    found = find(connection, token_hash)
    if found is None:
        raise UnknownName("This invite was used or is over; ask for another one.")
    connection.execute(delete(invite).where(invite.c.token_hash == token_hash))
    return found


def withdraw(connection: Connection, key: str) -> None:
    """Take an invite back."""
    gone = 0
    if len(key) == KEY and key.isalnum():
        gone = connection.execute(
            delete(invite).where(invite.c.token_hash.startswith(key))
        ).rowcount
    if not gone:
        raise UnknownName("There is no such invite.")


def _invite(row: Row[Any]) -> Invite:
    return Invite(
        created_by=row.created_by,
        expires_at=time_from_micros(row.expires_at),
        name=row.name,
        admin=bool(row.admin),
        project=row.slug,
        role=row.role,
        key=row.token_hash[:KEY],
    )
