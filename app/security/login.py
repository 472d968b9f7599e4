"""The door: a printed token, a password, an invite; each becomes a cookie and a clean address."""

from collections.abc import Callable
from urllib.parse import quote

from flask import Flask, Response, redirect, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from datasetbuilder.app.security import door_page
from datasetbuilder.app.security.access import Access
from datasetbuilder.app.security.door import Door, accept_invite
from datasetbuilder.app.security.doors import Doors
from datasetbuilder.app.security.sessions import LIFETIME, Sessions, hashed_secret
from datasetbuilder.errors import DatasetBuilderError

_PRINTED = (
    "When the server started, it printed an address with a token that opens this workspace once. "
    "Open that address in this browser. If it was used already, the terminal shows a fresh one "
    "below it."
)
_WRONG = "No account has this name and password."
_USED = "This invite was used, taken back, or is older than its days. Ask for another one."


class Entrance:
    """Gives sessions to browsers, over the pages of the door and over the API."""

    def __init__(self, door: Door, sessions: Sessions, access: Access, doors: Doors) -> None:
        self.door = door
        self.doors = doors
        self._sessions = sessions
        self._access = access

    def is_in(self) -> bool:
        """Whether the browser holds the session of somebody who may come in."""
        user = self._sessions.user(request.cookies.get(self._sessions.cookie))
        return user is not None and self._access.role(user, None) is not None

    def let_in(self, response: AnyResponse, user: str) -> AnyResponse:
        """Put a fresh session on a response; the one that the browser came with ends."""
        secret = self._sessions.open(user, instead_of=request.cookies.get(self._sessions.cookie))
        return self.with_cookie(response, secret)

    def let_out(self, response: AnyResponse) -> AnyResponse:
        """End the session of the request."""
        secret = request.cookies.get(self._sessions.cookie)
        if secret:
            self._sessions.end(secret)
        response.delete_cookie(self._sessions.cookie, path="/")
        return response

    def with_cookie(self, response: AnyResponse, secret: str) -> AnyResponse:
        """Put the secret of a session on a response."""
        response.set_cookie(
            self._sessions.cookie,
            secret,
            max_age=int(LIFETIME.total_seconds()),
            httponly=True,
            # Links in mails and the return from a provider bring a lax cookie only.
            samesite="Strict" if self.doors.local else "Lax",
            secure=request.is_secure,
            path="/",
        )
        return response


def register(
    server: Flask, entrance: Entrance, sessions: Sessions, *, on_login: Callable[[], None]
) -> None:
    """Add the door and the health check, the only routes that a stranger may reach.

    ``on_login`` is called after a printed token was used, so that whoever watches the terminal can
    be given the next one.
    """

    def login() -> AnyResponse:
        target = safe_path(request.values.get("next", "/"))
        if request.method == "POST":
            return _with_password(entrance, target)
        secret = sessions.exchange(request.args.get("token", "")) if entrance.doors.local else None
        if secret is not None:
            on_login()
            return entrance.with_cookie(redirect(target, 303), secret)
        if entrance.is_in():
            return redirect(target, 303)
        return _login_page(entrance, target)

    def invite() -> AnyResponse:
        return _with_invite(entrance)

    def health() -> Response:
        return Response("OK", mimetype="text/plain")

    server.add_url_rule("/login", "login", login, methods=["GET", "POST"])
    server.add_url_rule("/login/invite", "login_invite", invite, methods=["GET", "POST"])
    server.add_url_rule("/health", "health", health, methods=["GET"])


def safe_path(target: str) -> str:
    """The target if it is a path of this server, else the first page."""
    odd = "\\" in target or any(ord(character) < 33 for character in target)
    return target if target.startswith("/") and not target.startswith("//") and not odd else "/"


def _with_password(entrance: Entrance, target: str) -> AnyResponse:
    name = request.form.get("name", "")
    try:
        user = entrance.door.enter(
            name, request.form.get("password", ""), address=request.remote_addr or ""
        )
    except TooManyRequests as error:
        answer = _login_page(entrance, target, name=name, bad=str(error.description), status=429)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    if user is None:
        return _login_page(entrance, target, name=name, bad=_WRONG)
    return entrance.let_in(redirect(target, 303), user)


def _login_page(
    entrance: Entrance, target: str, *, name: str = "", bad: str = "", status: int = 401
) -> Response:
    if not entrance.door.people.any():
        return door_page.page("Open the printed address", [door_page.words(_PRINTED)], status)
    fields = [
        door_page.field("Name", "name", value=name[:100], hint="username", first=True),
        door_page.field("Password", "password", kind="password", hint="current-password"),
        door_page.hidden("next", target),
    ]
    content = [door_page.form("/login", fields, "Log in")]
    if bad:
        content.insert(0, door_page.words(bad, bad=True))
    if entrance.doors.provider is not None:
        where = "/login/provider?next=" + quote(target, safe="/")
        content.append(door_page.way(where, "Log in with your organisation"))
    if entrance.doors.local:
        content.append(door_page.words("Or open the address that the server printed."))
    return door_page.page("Log in", content, status)


def _with_invite(entrance: Entrance) -> AnyResponse:
    secret = request.values.get("token", "")[:200]
    found = entrance.door.people.find_invite(hashed_secret(secret))
    if found is None:
        return door_page.page("This invite opens nothing", [door_page.words(_USED)], 404)
    if request.method == "GET":
        return _invite_page(secret, found.name)
    name = found.name or request.form.get("name", "")
    try:
        made = accept_invite(entrance.door, secret, name, request.form.get("password", ""))
    except DatasetBuilderError as error:
        return _invite_page(secret, found.name, name=name, bad=str(error), status=422)
    return entrance.let_in(redirect("/", 303), made.name)


def _invite_page(
    secret: str, fixed: str, *, name: str = "", bad: str = "", status: int = 200
) -> Response:
    content = [door_page.words("Choose a password of at least 10 characters.")]
    if bad:
        content.insert(0, door_page.words(bad, bad=True))
    fields = [door_page.hidden("token", secret)]
    if fixed:
        content.append(door_page.words(f"You come in as {fixed}."))
    else:
        fields.append(
            door_page.field("Your name here", "name", value=name[:100], hint="username", first=True)
        )
    fields.append(
        door_page.field(
            "Password", "password", kind="password", hint="new-password", first=bool(fixed)
        )
    )
    content.append(door_page.form("/login/invite", fields, "Come in"))
    return door_page.page("Welcome", content, status)
