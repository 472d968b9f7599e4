"""A proxy in front: what it says of a client counts, what anybody else says of one does not."""

import logging
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

from datasetbuilder.app.security.doors import Doors

_log = logging.getLogger("datasetbuilder.app")
_FORWARDED = "HTTP_X_FORWARDED_"
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def header_key(name: str) -> str:
    """A header as the server's environment names it."""
    return "HTTP_" + name.upper().replace("-", "_")


class BehindProxy:
    """Answers to the listed proxies alone, and takes the client's address and scheme from them."""

    def __init__(self, application: Application, doors: Doors) -> None:
        self._application = application
        self._doors = doors

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Pass the request on, or refuse it."""
        if not self._is_listed(environ.get("REMOTE_ADDR", "")):
            _log.warning(
                "refused %s, which is no listed proxy", environ.get("REMOTE_ADDR", "")[:60]
            )
            return _refused(start_response, b"This server answers to its proxy alone.")
        if not _apply(environ):
            return _refused(start_response, b"The proxy did not say who asks.")
        return self._application(environ, start_response)

    def _is_listed(self, peer: str) -> bool:
        try:
            return ip_address(peer) in self._doors.peers
        except ValueError:
            return False


def _apply(environ: dict[str, Any]) -> bool:
    """Take over what the proxy added itself: the last address of the chain, and the scheme."""
    forwarded = environ.get(_FORWARDED + "FOR", "").rpartition(",")[2].strip()
    scheme = environ.get(_FORWARDED + "PROTO", "").strip()
    for name in [name for name in environ if name.startswith(_FORWARDED)]:
        del environ[name]
    environ.pop("HTTP_FORWARDED", None)
    try:
        environ["REMOTE_ADDR"] = str(ip_address(forwarded))
    except ValueError:
        return False
    if scheme not in ("http", "https"):
        return False
    environ["wsgi.url_scheme"] = scheme
    return True


def _refused(start_response: Callable[..., Any], words: bytes) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(words)))]
    start_response("400 Bad Request", headers)
    return [words]
