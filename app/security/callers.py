"""Who a request comes from: a bearer token, a proxy's word, or a session."""

from datetime import UTC, datetime

from flask import abort, request

from datasetbuilder.app.security.access import LOCAL_USER, Caller
from datasetbuilder.app.security.doors import Doors
from datasetbuilder.app.security.permissions import Scope
from datasetbuilder.app.security.proxy import header_key
from datasetbuilder.app.security.sessions import Sessions, hashed_secret
from datasetbuilder.errors import DataError
from datasetbuilder.projects.people import People, member_name


class Callers:
    """Recognises whoever asks; what they may do is decided elsewhere."""

    def __init__(self, sessions: Sessions, people: People, doors: Doors) -> None:
        self._sessions = sessions
        self._people = people
        self._doors = doors

    def find(self) -> Caller | None:
        """Who this request comes from; None for a stranger.

        A wrong token is refused at once: a program that sends one means it.
        """
        words = request.headers.get("Authorization", "")
        if words:
            return self._by_token(words)
        if self._doors.user_header:
            named = request.environ.get(header_key(self._doors.user_header))
            if named is not None:
                return Caller(_named(named))
        user = self._sessions.user(request.cookies.get(self._sessions.cookie))
        return None if user is None else Caller(user)

    def is_program(self) -> bool:
        """Whether the request carries the key of the workspace."""
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        return kind == "Bearer" and self._sessions.is_program(secret)

    def _by_token(self, words: str) -> Caller:
        kind, _, secret = words.partition(" ")
        secret = secret.strip()
        token = None
        if kind.lower() == "bearer" and secret:
            token = self._people.token(hashed_secret(secret))
        if token is None or (token.expires_at and token.expires_at <= datetime.now(UTC)):
            abort(401, "This token opens nothing: it is unknown, was revoked, or is over.")
        return Caller(token.member or LOCAL_USER, Scope(token.scope), token.project)


def _named(text: str) -> str:
    """The person that the proxy names; two headers arrive as one with a comma, which is no name."""
    try:
        return member_name(text)
    except DataError:
        abort(400, "The proxy names nobody that this server could know.")
