"""What the workspace keeps beside its projects: its settings and who is logged in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, select

from datasetbuilder.projects import database
from datasetbuilder.projects.clock import micros_from_time, now
from datasetbuilder.projects.schema import session, setting

# A hash in hexadecimal never begins so: a token is not a session.
_ONCE = "once:"
_SETTING = select(setting.c.value).where(setting.c.key == bindparam("k"))
_USER = select(session.c.user_name).where(
    session.c.token_hash == bindparam("h"), session.c.expires_at > bindparam("now")
)


def setting_value(connection: Connection, key: str, default: Any) -> Any:
    """A setting of the workspace."""
    value = connection.execute(_SETTING, {"k": key}).scalar()
    return default if value is None else orjson.loads(value)


def set_setting(connection: Connection, key: str, value: Any) -> None:
    """Write a setting of the workspace."""
    row = {"key": key, "value": orjson.dumps(value).decode()}
    connection.execute(database.insert_replacing(connection, setting, "value"), row)


def first_setting(connection: Connection, key: str, value: Any) -> Any:
    """A setting that whoever comes first gives a value: what it is."""
    row = {"key": key, "value": orjson.dumps(value).decode()}
    connection.execute(database.insert_once(connection, setting), row)
    return setting_value(connection, key, None)


def add_session(connection: Connection, token_hash: str, user: str, expires_at: datetime) -> None:
    """Remember a login, and forget those that are over."""
    moment = now()
    connection.execute(delete(session).where(session.c.expires_at <= moment))
    row = {
        "token_hash": token_hash,
        "user_name": user,
        "created_at": moment,
        "expires_at": micros_from_time(expires_at),
    }
    columns = ("user_name", "created_at", "expires_at")
    connection.execute(database.insert_replacing(connection, session, *columns), row)


def is_one_time_token(connection: Connection, token_hash: str) -> bool:
    """Whether a token can still open a session."""
    return session_user(connection, _ONCE + token_hash) is not None


def exchange(
    connection: Connection, token_hash: str, session_hash: str, user: str, expires_at: datetime
) -> bool:
    """Turn a one-time token into a session; False if there is none, or somebody was first."""
    spent = delete(session).where(
        session.c.token_hash == _ONCE + token_hash, session.c.expires_at > now()
    )
    if not connection.execute(spent).rowcount:
        return False
    add_session(connection, session_hash, user, expires_at)
    return True


def add_one_time_token(connection: Connection, token_hash: str, expires_at: datetime) -> None:
    """Remember a token that opens one session."""
    add_session(connection, _ONCE + token_hash, "", expires_at)


def end_one_time_tokens(connection: Connection, hashes: Sequence[str] | None) -> None:
    """Forget these tokens, or all of them."""
    which = session.c.token_hash.startswith(_ONCE, autoescape=True)
    if hashes is not None:
        which = session.c.token_hash.in_([_ONCE + token_hash for token_hash in hashes])
    connection.execute(delete(session).where(which))


def session_user(connection: Connection, token_hash: str) -> str | None:
    """Whose login this is, None if there is none or it is over."""
    return connection.execute(_USER, {"h": token_hash, "now": now()}).scalar()


def end_session(connection: Connection, token_hash: str) -> None:
    """Forget a login."""
    connection.execute(delete(session).where(session.c.token_hash == token_hash))
