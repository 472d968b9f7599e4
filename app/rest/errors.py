"""Every fault as ``{"error": plain sentence}`` with the right status, and one short log line."""

import logging
import traceback
from typing import NoReturn

from dash.exceptions import DependencyException
from flask import Flask, Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException

from datasetbuilder.errors import (
    AlreadyExists,
    DataError,
    DatasetBuilderError,
    JobRefused,
    PermissionDenied,
    StoreUnavailable,
    UnknownName,
    UsageError,
    WireError,
    WorkspaceError,
)

_log = logging.getLogger("datasetbuilder.app")
LONGEST_LINE = 1000

STATUS: tuple[tuple[type[DatasetBuilderError], int], ...] = (
    (UnknownName, 404),
    (AlreadyExists, 409),
    (JobRefused, 409),
    (WorkspaceError, 503),
    (UsageError, 400),
    (WireError, 400),
    (DataError, 422),
    (PermissionDenied, 403),
    (StoreUnavailable, 503),
    (DatasetBuilderError, 500),
)


def status_of(error: DatasetBuilderError) -> int:
    """The HTTP status of one of our errors."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def register(server: Flask) -> None:
    """Handle every exception of the server here."""
    server.register_error_handler(DatasetBuilderError, _refused)
    server.register_error_handler(HTTPException, _http)
    server.register_error_handler(RecursionError, _too_deep)
    server.register_error_handler(DependencyException, _no_such_file)
    server.register_error_handler(Exception, _fault)


def no_such_route(rest: str) -> NoReturn:
    """Answer an address under the API that is none."""
    abort(404, "There is no such address in this API.")


def answer(message: str, status: int) -> Response:
    """A refusal as JSON."""
    response = jsonify({"error": message[:LONGEST_LINE]})
    response.status_code = status
    return response


def log_fault(error: BaseException) -> None:
    """One line, never longer than `LONGEST_LINE`: what was asked, what broke, where."""
    frames = traceback.extract_tb(error.__traceback__)
    trail = " < ".join(f"{f.filename[-40:]}:{f.lineno} {f.name}" for f in reversed(frames[-4:]))
    line = f"{request.method} {request.path[:120]}: {type(error).__name__}: {str(error)[:300]} at "
    _log.error("%s", (line + trail).replace("\n", " ")[:LONGEST_LINE])
    _log.debug("the whole trace", exc_info=error)


def _refused(error: DatasetBuilderError) -> Response:
    status = status_of(error)
    if status >= 500:
        log_fault(error)
    return answer(str(error), status)


def _http(error: HTTPException) -> Response:
    if error.response is not None and error.code is None:
        return error.response  # type: ignore[return-value]
    response = answer(error.description or error.name, error.code or 500)
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _too_deep(_error: RecursionError) -> Response:
    return answer("The request is nested too deeply.", 400)


def _no_such_file(_error: DependencyException) -> Response:
    return answer("There is no such file.", 404)


def _fault(error: Exception) -> Response:
    log_fault(error)
    return answer("The server met a fault; nothing was changed. Its log says more.", 500)
