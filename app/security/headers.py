"""The headers of every response: what the browser may run, embed, keep and tell others."""

from collections.abc import Sequence

from flask import Flask, Response, request

_STATIC = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_SUITES = "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"
_ASSETS = "_dash_assets.static"
IMMUTABLE = "private, max-age=31536000, immutable"
INERT = "default-src 'none'; sandbox; frame-ancestors 'none'"


def content_policy(script_hashes: Sequence[str]) -> str:
    """The Content-Security-Policy of the pages.

    ``style-src`` needs ``'unsafe-inline'``: plotly.js writes style elements.
    """
    scripts = " ".join(["'self'", *sorted(set(script_hashes))])
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' blob: data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def register(server: Flask, policy: str) -> None:
    """Put the headers on every response of the server, refusals included."""

    @server.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _STATIC.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["Cache-Control"] = _cache_control(response)
        return response


def _cache_control(response: Response) -> str:
    said = response.headers.get("Cache-Control", "no-store")
    if response.status_code >= 400:
        return "no-store"
    if request.endpoint == _SUITES:
        return IMMUTABLE if response.cache_control.max_age else "private, no-cache"
    return IMMUTABLE if request.endpoint == _ASSETS and "m" in request.args else said
