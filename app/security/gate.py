"""The one gate before every route: host, origin, session, permission, size and kind of body.

Default deny: what the table of permissions does not know is refused, whoever asks. It runs before
everything else, Dash's own routes included.
"""

from collections.abc import Collection
from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, g, redirect, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from datasetbuilder.app.security import callbacks, permissions
from datasetbuilder.app.security.access import LOCAL_USER, Access, Caller, Member, member_in
from datasetbuilder.app.security.callers import Callers
from datasetbuilder.app.security.permissions import Permission
from datasetbuilder.app.security.rates import Rates

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_READS = ("GET", "HEAD", "OPTIONS")
_KB, _MB = 1024, 1024 * 1024
DEFAULT_LIMIT = 1 * _MB
BESIDE = "api.beside"
"""The route for programs beside the server: a key opens it, a session does not."""
LIMITS = {
    "api.image_operations": 32 * _MB,
    "api.project_operations": 32 * _MB,
    "api.refine_scribbles": 8 * _MB,
    "api.refine_outline": 8 * _MB,
    "api.refine_region": 8 * _MB,
    "api.refine_edit": 32 * _MB,
    "api.refine_cutout": 32 * _MB,
    "api.add_images": 4096 * _MB,
    BESIDE: 64 * _MB,
}
_MULTIPART = ("api.add_images", "api.start_import")
_FORMS = ("login", "login_invite")


class Gate:
    """Decides on every request before its route sees it."""

    def __init__(self, callers: Callers, access: Access, *, hosts: Collection[str]) -> None:
        self._callers = callers
        self._access = access
        self._hosts = frozenset(host.lower() for host in hosts)
        self._rates = Rates()

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
            _check_kind_of_body()
            return None
        if request.endpoint == BESIDE:
            self._let_program_in()
            return None
        caller = self._callers.find()
        if caller is None or self._access.role(caller.user, None) is None:
            return _ask_for_login()
        g.caller = caller
        self._check_permission(caller, needed)
        self._check_rate(caller)
        _check_kind_of_body()
        if request.endpoint == permissions.DASH_UPDATE:
            callbacks.check_request(request.get_json(), self._access)
        return None

    def _let_program_in(self) -> None:
        """Let a program on this machine act as its owner, if it holds the workspace's key."""
        if request.remote_addr not in ("127.0.0.1", "::1") or not self._callers.is_program():
            known = self._callers.find() is not None
            abort(403 if known else 401, "Only a program with the key of the workspace may ask.")
        g.caller = Caller(LOCAL_USER)
        g.member = Member(LOCAL_USER, permissions.Role.ADMIN)
        _check_kind_of_body()

    def _check_host(self) -> None:
        host = request.environ.get("HTTP_HOST", "").lower()
        if host not in self._hosts and _without_port(host) not in self._hosts:
            abort(400, "This server does not answer to that host name.")

    def _check_permission(self, caller: Caller, needed: Permission | None) -> None:
        if needed is None:
            if request.routing_exception is not None:
                raise request.routing_exception
            abort(403, "This address is not in the table of permissions.")
        if request.endpoint in permissions.PERSONAL and not caller.is_person:
            abort(403, "A token does not open this; log in for it.")
        project = (request.view_args or {}).get("slug")
        member = member_in(self._access, project)
        if member is None:
            # The very words for a project that is not there: nobody learns which of the two it is.
            abort(404, f"There is no project '{str(project)[:100]}'.")
        if not member.may(needed):
            abort(403, f"You may not {needed} here.")
        g.member = member

    def _check_rate(self, caller: Caller) -> None:
        seconds = self._rates.wait(caller.user, request.endpoint or "")
        if seconds:
            wait = int(seconds) + 1
            raise TooManyRequests(f"That is often; try again in {wait} s.", retry_after=wait)


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
    if request.endpoint in _FORMS and request.mimetype == "application/x-www-form-urlencoded":
        return
    abort(415, "Send JSON, with the content type application/json.")


def _ask_for_login() -> AnyResponse:
    if request.endpoint not in permissions.PAGE_ENDPOINTS or request.path.startswith("/_"):
        abort(401, "Log in first.")
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
