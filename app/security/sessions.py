"""One-time tokens and the sessions they are exchanged for; the store keeps hashes only."""

import hashlib
import hmac
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from datasetbuilder.app.security.access import LOCAL_USER
from datasetbuilder.errors import StoreUnavailable
from datasetbuilder.projects.store import Store

LIFETIME = timedelta(days=30)
TOKEN_LIFETIME = timedelta(days=7)
_COOKIE_SETTING = "cookie"


class Sessions:
    """Gives out one-time tokens, turns each into one session, and knows who holds a session."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tokens: list[str] = []
        self._program: str | None = None
        self.cookie = _cookie_name(store)
        if not store.is_shared:
            # What a killed server printed opens nothing any more.
            store.end_one_time_tokens()

    def one_time_token(self) -> str:
        """A token that opens one session, in every process of the workspace, until `close`."""
        token = secrets.token_urlsafe(32)
        self._store.add_one_time_token(hashed_secret(token), datetime.now(UTC) + TOKEN_LIFETIME)
        self._tokens.append(hashed_secret(token))
        return token

    def exchange(self, token: str) -> str | None:
        """The secret of a fresh session, or None if the token is unknown or was used before."""
        secret = secrets.token_urlsafe(32)
        expires = datetime.now(UTC) + LIFETIME
        # One transaction: if no session was made of it, the printed address opens the door later.
        made = self._store.exchange_token(
            hashed_secret(token), hashed_secret(secret), LOCAL_USER, expires
        )
        return secret if made else None

    def open(self, user: str, *, instead_of: str | None = None) -> str:
        """The secret of a fresh session; the one that the browser came with ends."""
        secret = secrets.token_urlsafe(32)
        if instead_of:
            self.end(instead_of)
        self._store.add_session(hashed_secret(secret), user, datetime.now(UTC) + LIFETIME)
        return secret

    def user(self, secret: str | None) -> str | None:
        """Whose session this is, or None."""
        return self._store.session_user(hashed_secret(secret)) if secret else None

    def admit_programs(self, token: str) -> None:
        """Let in, by the routes made for them, the programs that hold the workspace's key."""
        self._program = hashed_secret(token)

    def is_program(self, token: str) -> bool:
        """Whether this is the key of the workspace."""
        return self._program is not None and hmac.compare_digest(
            self._program, hashed_secret(token)
        )

    def end(self, secret: str) -> None:
        """Close a session."""
        self._store.end_session(hashed_secret(secret))

    def close(self) -> None:
        """Take back the tokens that nobody used."""
        with suppress(StoreUnavailable):
            self._store.end_one_time_tokens(self._tokens)


def _cookie_name(store: Store) -> str:
    return store.first_workspace_setting(_COOKIE_SETTING, f"datasetbuilder-{secrets.token_hex(4)}")


def hashed_secret(secret: str) -> str:
    """A token or the secret of a session as the store keeps it."""
    return hashlib.sha256(secret.encode()).hexdigest()
