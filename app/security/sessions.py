"""One-time tokens and the sessions they are exchanged for; the store keeps hashes only."""

import hashlib
import secrets
import threading
from datetime import UTC, datetime, timedelta

from datasetbuilder.app.security.access import LOCAL_USER
from datasetbuilder.projects.store import Store

LIFETIME = timedelta(days=30)
_COOKIE_SETTING = "cookie"


class Sessions:
    """Gives out one-time tokens, turns each into one session, and knows who holds a session."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tokens: set[str] = set()
        self._lock = threading.Lock()
        self.cookie = _cookie_name(store)

    def one_time_token(self) -> str:
        """A token that opens one session; it dies with the process."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._tokens.add(_hash(token))
        return token

    def exchange(self, token: str) -> str | None:
        """The secret of a fresh session, or None if the token is unknown or was used before."""
        hashed = _hash(token)
        with self._lock:
            if hashed not in self._tokens:
                return None
            self._tokens.remove(hashed)
        secret = secrets.token_urlsafe(32)
        try:
            self._store.add_session(_hash(secret), LOCAL_USER, datetime.now(UTC) + LIFETIME)
        except BaseException:
            # No session was made of it: the printed address must open the door later.
            with self._lock:
                self._tokens.add(hashed)
            raise
        return secret

    def user(self, secret: str | None) -> str | None:
        """Whose session this is, or None."""
        return self._store.session_user(_hash(secret)) if secret else None

    def end(self, secret: str) -> None:
        """Close a session."""
        self._store.end_session(_hash(secret))


def _cookie_name(store: Store) -> str:
    kept = store.workspace_setting(_COOKIE_SETTING)
    if isinstance(kept, str):
        return kept
    name = f"datasetbuilder-{secrets.token_hex(4)}"
    store.set_workspace_setting(_COOKIE_SETTING, name)
    return name


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
