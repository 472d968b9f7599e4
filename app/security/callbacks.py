"""Dash's callback route, checked before Dash reads it.

Every callback is a remote procedure that anyone may post to. Only those in the table of
permissions run, and only with the inputs and states they declare: Dash itself answers a malformed
body with a fault and logs the whole of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash
from flask import Flask, abort, current_app, g

from datasetbuilder.app.security import permissions
from datasetbuilder.app.security.access import Access, member_in
from datasetbuilder.app.security.permissions import Permission

_KEY = "datasetbuilder_callbacks"
_PROJECT = "-project"
_FIELDS = ("output", "outputs", "inputs", "state", "changedPropIds", "parsedChangedPropsIds")


def register(server: Flask, app: Dash) -> None:
    """Remember the app whose callbacks the gate checks."""
    server.extensions[_KEY] = app


def server_callbacks(app: Dash) -> dict[str, Mapping[str, Any]]:
    """The callbacks that run on the server, by output id."""
    return {key: spec for key, spec in app.callback_map.items() if "callback" in spec}


def project_state(spec: Mapping[str, Any]) -> str | None:
    """The id of the state in which a callback's page says which project it acts on."""
    ids = (item["id"] for item in spec["state"] if item["property"] == "data")
    return next((name for name in ids if name.endswith(_PROJECT)), None)


def check_request(body: Any, access: Access) -> None:
    """Abort unless the body calls a known callback, with its own arguments, by a permitted role.

    The role is the one in the project that the body names: what the page says of it may be forged,
    so the callback itself looks the project up again.
    """
    app: Dash = current_app.extensions[_KEY]
    if not isinstance(body, Mapping) or not isinstance(body.get("output"), str):
        abort(400, "The body must be an object that names an output.")
    spec = server_callbacks(app).get(body["output"])
    key = permissions.callback_key(body["output"], spec) if spec is not None else ""
    needed = permissions.callback_permission(key)
    if spec is None or needed is None:
        abort(403, "This callback is not in the table of permissions.")
    _check_fields(body, spec)
    _check_permission(body, spec, needed, access)


def _check_permission(
    body: Mapping[str, Any], spec: Mapping[str, Any], needed: Permission, access: Access
) -> None:
    wanted = project_state(spec)
    member = g.member
    if wanted is not None:
        slug = next(item.get("value") for item in body["state"] if item.get("id") == wanted)
        member = member_in(access, slug) if isinstance(slug, str) else None
    if member is None:
        abort(403, "There is no such project that you may open.")
    if not member.may(needed):
        abort(403, f"You may not {needed} here.")


def _check_fields(body: Mapping[str, Any], spec: Mapping[str, Any]) -> None:
    for name in body:
        if name not in _FIELDS:
            abort(400, "The body has a field that callbacks do not have.")
    _check_values(body.get("inputs", []), spec["inputs"], "inputs")
    _check_values(body.get("state") or [], spec["state"], "state")
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(isinstance(item, str) for item in changed):
        abort(400, "changedPropIds must be a list of texts.")
    if not _is_outputs(body.get("outputs") or []):
        abort(400, "outputs must name components and properties.")


def _check_values(given: Any, declared: Sequence[Mapping[str, str]], name: str) -> None:
    if not isinstance(given, list) or len(given) != len(declared):
        abort(400, f"{name} must be the list that the callback declares.")
    for item, wanted in zip(given, declared, strict=True):
        parts = item if isinstance(item, list) and wanted["id"].startswith("{") else [item]
        if not all(_is_value(part, wanted) for part in parts):
            abort(400, f"{name} must be what the callback declares.")


def _is_value(part: Any, wanted: Mapping[str, str]) -> bool:
    if not isinstance(part, Mapping) or part.get("property") != wanted["property"]:
        return False
    if wanted["id"].startswith("{"):
        return isinstance(part.get("id"), Mapping)
    return part.get("id") == wanted["id"]


def _is_outputs(given: Any) -> bool:
    if isinstance(given, list):
        return all(_is_outputs(item) for item in given)
    return (
        isinstance(given, Mapping)
        and isinstance(given.get("id"), str | Mapping)
        and isinstance(given.get("property"), str)
    )
