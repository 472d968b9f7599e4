"""Logins that are on their way through an identity provider, each good for one return."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from datasetbuilder.projects.clock import micros_from_time, now, time_from_micros
from datasetbuilder.projects.schema import pending_login


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """What the answer of the provider is checked against, and where the person wants to go."""

    nonce: str
    verifier: str
    next: str
    expires_at: datetime


def add(connection: Connection, state_hash: str, pending: PendingLogin) -> None:
    """Remember a login, and forget those that never came back."""
    connection.execute(delete(pending_login).where(pending_login.c.expires_at <= now()))
    row = {
        "state_hash": state_hash,
        "nonce": pending.nonce,
        "verifier": pending.verifier,
        "next": pending.next,
        "expires_at": micros_from_time(pending.expires_at),
    }
    connection.execute(insert(pending_login), row)


def take(connection: Connection, state_hash: str) -> PendingLogin | None:
    """Use it up; None if there is none or it is over."""
    mine = pending_login.c.state_hash == state_hash
    row = connection.execute(select(pending_login).where(mine)).first()
    if row is None:
        return None
    connection.execute(delete(pending_login).where(mine))
    if row.expires_at <= now():
        return None
    return PendingLogin(row.nonce, row.verifier, row.next, time_from_micros(row.expires_at))
