"""The one gate before every route: host, origin, session, permission, size and kind of body.

Default deny: what the table of permissions does not know is refused, whoever asks. It runs before
everything else, Dash's own routes included.
"""

from collections.abc import Collection
from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from datasetbuilder.app.security import callbacks, permissions
from datasetbuilder.app.security.access import Access, Member
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.app.security.sessions import Sessions

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_READS = ("GET", "HEAD", "OPTIONS")
_KB, _MB = 1024, 1024 * 1024
DEFAULT_LIMIT = 1 * _MB
LIMITS = {
    "api.image_operations": 32 * _MB,
    "api.project_operations": 32 * _MB,
    "api.refine_scribbles": 8 * _MB,
    "api.refine_outline": 8 * _MB,
    "api.add_images": 4096 * _MB,
}
_MULTIPART = ("api.add_images",)


class Gate:
    """Decides on every request before its route sees it."""

    def __init__(self, sessions: Sessions, access: Access, *, hosts: Collection[str]) -> None:
        self._sessions = sessions
        self._access = access
        self._hosts = frozenset(host.lower() for host in hosts)

    def register(self, server: Flask) -> None:
        """Stand before every rule of the server; to be called before Dash adds its own."""
        server.before_request(self.check)

    def check(self) -> AnyResponse | None:
        """Let the request pass (None), answer it, or abort it."""
        self._check_host()
        _check_origin()
        _check_size()
        needed = permissions.endpoint_permission(request.endpoint, request.method)
        if needed is Permission.PUBLIC:
            return None
        user = self._sessions.user(request.cookies.get(self._sessions.cookie))
        if user is None:
            return _ask_for_login()
        self._check_permission(user, needed)
        _check_kind_of_body()
        if request.endpoint == permissions.DASH_UPDATE:
            callbacks.check_request(request.get_json())
        return None

    def _check_host(self) -> None:
        host = request.environ.get("HTTP_HOST", "").lower()
        if host not in self._hosts and _without_port(host) not in self._hosts:
            abort(400, "This server does not answer to that host name.")

    def _check_permission(self, user: str, needed: Permission | None) -> None:
        if needed is None:
            if request.routing_exception is not None:
                raise request.routing_exception
            abort(403, "This address is not in the table of permissions.")
        project = (request.view_args or {}).get("slug")
        role = self._access.role(user, project)
        if role is None or not role.may(needed):
            abort(403, f"You may not {needed} here.")
        g.member = Member(user, role)


def _without_port(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if port.isdigit() else host


def _check_origin() -> None:
    site = request.headers.get("Sec-Fetch-Site")
    if site in (None, "same-origin", "none"):
        if request.method not in _READS:
            _check_origin_header()
    elif request.method not in _READS or request.headers.get("Sec-Fetch-Mode") != "navigate":
        abort(403, "Requests from other sites are refused.")


def _check_origin_header() -> None:
    origin = request.headers.get("Origin")
    if origin is None:
        return
    parts = urlsplit(origin)
    if (parts.scheme, parts.netloc.lower()) != (request.scheme, request.host.lower()):
        abort(403, "Requests from other sites are refused.")


def _check_size() -> None:
    limit = LIMITS.get(request.endpoint or "", DEFAULT_LIMIT)
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        abort(413, f"The request is larger than {limit // _KB} kB.")


def _check_kind_of_body() -> None:
    if request.method not in ("POST", "PUT", "PATCH") or request.mimetype == "application/json":
        return
    if request.endpoint in _MULTIPART and request.mimetype == "multipart/form-data":
        return
    abort(415, "Send JSON, with the content type application/json.")


def _ask_for_login() -> AnyResponse:
    if request.endpoint not in permissions.PAGE_ENDPOINTS or request.path.startswith("/_"):
        abort(401, "Log in first: open the address that the server printed when it started.")
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        return _again_from_here()
    return redirect("/login?next=" + quote(_own_path(), safe="/"), 303)


def _own_path() -> str:
    query = quote(request.query_string, safe="%/?=&+,:;@!$'()*~")
    return quote(request.path, safe="/") + (f"?{query}" if query else "")


def _again_from_here() -> Response:
    """Load the page once more from itself: a link on another site brings no strict cookie."""
    return Response(
        '<!doctype html><meta charset="utf-8"><title>datasetbuilder</title>'
        '<meta http-equiv="refresh" content="0">',
        mimetype="text/html",
    )
