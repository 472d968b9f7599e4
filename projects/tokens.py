"""Tokens by which programs come in, as hashes: whose they are, where they hold, what they allow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from datasetbuilder.errors import UnknownName
from datasetbuilder.projects.clock import micros_from_time, now, time_from_micros
from datasetbuilder.projects.invites import KEY
from datasetbuilder.projects.schema import member, project, token

_LISTED = (
    select(token, member.c.name.label("owner"), member.c.disabled_at, project.c.slug)
    .select_from(
        token.outerjoin(member, member.c.id == token.c.member).outerjoin(
            project, project.c.id == token.c.project
        )
    )
    .order_by(token.c.created_at, token.c.token_hash)
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret; an empty member is whoever sits at the computer itself."""

    name: str
    member: str
    project: str | None
    scope: str
    expires_at: datetime | None = None
    created_at: datetime | None = None
    revoked: bool = False
    key: str = ""


def add(
    connection: Connection,
    token_hash: str,
    made: Token,
    member_id: int | None,
    project_id: int | None,
) -> None:
    """Write a token."""
    expires_at = None if made.expires_at is None else micros_from_time(made.expires_at)
    row = {
        "token_hash": token_hash,
        "name": made.name,
        "member": member_id,
        "project": project_id,
        "scope": made.scope,
        "created_at": now(),
        "expires_at": expires_at,
    }
    connection.execute(insert(token), row)


def find(connection: Connection, token_hash: str) -> Token | None:
    """The token behind a hash; None if it was revoked, is over, or its owner is shut out."""
    asked = _LISTED.where(
        token.c.token_hash == token_hash,
        token.c.revoked_at.is_(None),
        or_(token.c.expires_at.is_(None), token.c.expires_at > now()),
        member.c.disabled_at.is_(None),
    )
    row = connection.execute(asked).first()
    return None if row is None else _token(row)


def all_of(connection: Connection, name: str | None) -> list[Token]:
    """The tokens of a person, or of everyone."""
    asked = _LISTED if name is None else _LISTED.where(member.c.name == name)
    return [_token(row) for row in connection.execute(asked)]


def revoke(connection: Connection, key: str, of: str | None) -> str:
    """End a token; its name."""
    rows = []
    if len(key) == KEY and key.isalnum():
        rows = connection.execute(_LISTED.where(token.c.token_hash.startswith(key))).all()
    if len(rows) != 1 or (of is not None and rows[0].owner != of):
        raise UnknownName("There is no such token.")
    ended = update(token).where(token.c.token_hash == rows[0].token_hash)
    connection.execute(ended, {"revoked_at": now()})
    return rows[0].name


def revoke_all(connection: Connection, member_id: int) -> None:
    """End every token of a person."""
    live = (token.c.member == member_id) & token.c.revoked_at.is_(None)
    connection.execute(update(token).where(live), {"revoked_at": now()})


def _token(row: Row[Any]) -> Token:
    return Token(
        name=row.name,
        member=row.owner or "",
        project=row.slug,
        scope=row.scope,
        expires_at=None if row.expires_at is None else time_from_micros(row.expires_at),
        created_at=time_from_micros(row.created_at),
        revoked=row.revoked_at is not None,
        key=row.token_hash[:KEY],
    )
