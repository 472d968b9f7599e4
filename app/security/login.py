"""The door: a one-time token in the address becomes a cookie, and the address becomes clean."""

from collections.abc import Callable

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from datasetbuilder.app.security.sessions import LIFETIME, Sessions

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>datasetbuilder</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:32rem;margin:18vh auto;padding:0 1rem}
code{font-size:13px}</style></head>
<body><h1>Open the printed address</h1>
<p>When the server started, it printed an address with a token that opens this workspace
<b>once</b>. Open that address in this browser. If it was used already, the terminal shows a fresh
one below it.</p></body></html>
"""


def register(server: Flask, sessions: Sessions, *, on_login: Callable[[], None]) -> None:
    """Add the login and health routes, the only ones a stranger may reach.

    ``on_login`` is called after a token was used, so that whoever watches the terminal can be
    given the next one.
    """

    def login() -> AnyResponse:
        target = safe_path(request.args.get("next", "/"))
        secret = sessions.exchange(request.args.get("token", ""))
        if secret is not None:
            on_login()
            return _with_cookie(redirect(target, 303), sessions.cookie, secret)
        if sessions.user(request.cookies.get(sessions.cookie)) is not None:
            return redirect(target, 303)
        return Response(_PAGE, status=401, mimetype="text/html")

    def health() -> Response:
        return Response("OK", mimetype="text/plain")

    server.add_url_rule("/login", "login", login, methods=["GET"])
    server.add_url_rule("/health", "health", health, methods=["GET"])


def safe_path(target: str) -> str:
    """The target if it is a path of this server, else the first page."""
    odd = "\\" in target or any(ord(character) < 33 for character in target)
    return target if target.startswith("/") and not target.startswith("//") and not odd else "/"


def _with_cookie(response: AnyResponse, name: str, secret: str) -> AnyResponse:
    response.set_cookie(
        name,
        secret,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
        path="/",
    )
    return response
