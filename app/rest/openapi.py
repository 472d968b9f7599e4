"""The API as an OpenAPI 3.1 document, made from the routes, the catalogue and the permissions.

Source: the OpenAPI Specification 3.1.0, https://spec.openapis.org/oas/v3.1.0.
"""

import re
from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from datasetbuilder import __version__
from datasetbuilder.app.rest.catalogue import CATALOGUE, Entry
from datasetbuilder.app.security.permissions import ENDPOINTS, PERSONAL, Permission
from datasetbuilder.app.services import Services

_ARGUMENT = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
_SCHEMAS = "#/components/schemas/"
_REFUSALS = {
    "400": "The request is malformed; `error` names the field.",
    "401": "You are not logged in, or the token is not valid.",
    "403": "You may not do this here.",
    "404": "There is none, or you may not see it.",
    "409": "It stands against something that is there.",
    "422": "The data cannot be used; `error` says why and what to do.",
    "503": "The server cannot do this now; nothing was changed. Ask again.",
}


def register(api: Blueprint, services: Services) -> None:
    """Add the route."""
    del services

    @api.get("/openapi.json", endpoint="openapi")
    def show_document() -> Response:
        return jsonify(document(list(current_app.url_map.iter_rules())))


def document(rules: list[Rule]) -> dict[str, Any]:
    """The OpenAPI document of those rules that belong to the API."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in sorted(rules, key=lambda rule: rule.rule):
        for method in sorted(rule.methods or ()):
            entry = CATALOGUE.get((rule.endpoint.removeprefix("api."), method))
            if rule.endpoint.startswith("api.") and entry is not None:
                address = _ARGUMENT.sub(r"{\2}", rule.rule)
                paths.setdefault(address, {})[method.lower()] = _operation(rule, method, entry)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "datasetbuilder",
            "version": __version__,
            "description": "Every project, image, annotation and export over HTTP.",
            "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        },
        "paths": paths,
        "components": {
            "schemas": {**_schemas(), "Refusal": _REFUSAL},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "login": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "datasetbuilder-<workspace>",
                    "description": "A login in the browser; the name ends in a number.",
                },
            },
        },
    }


_REFUSAL = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string", "description": "one plain sentence"}},
}


def _operation(rule: Rule, method: str, entry: Entry) -> dict[str, Any]:
    needed = ENDPOINTS[rule.endpoint, method]
    operation: dict[str, Any] = {
        "operationId": rule.endpoint.removeprefix("api."),
        "summary": entry.summary,
        "tags": [_tag(rule.rule)],
        "parameters": [*_path_parameters(rule), *_query_parameters(entry)],
        "responses": _responses(entry),
        "security": _security(rule.endpoint, needed),
        "x-permission": needed.value,
    }
    if entry.body is not None:
        schema = {"$ref": _SCHEMAS + entry.body.__name__}
        content = {"application/json": {"schema": schema}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _tag(address: str) -> str:
    """The part of the API: the last word of the address that stands for things, not for one."""
    words = [part for part in address.split("/")[3:] if part and "<" not in part]
    return words[1] if words[0] == "projects" and len(words) > 1 else words[0].split(".")[0]


def _path_parameters(rule: Rule) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if kind == "int" else "string"},
        }
        for kind, name in _ARGUMENT.findall(rule.rule)
    ]


def _query_parameters(entry: Entry) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "description": words, "schema": {"type": "string"}}
        for name, words in (entry.query or {}).items()
    ]


def _responses(entry: Entry) -> dict[str, Any]:
    refusal = {"application/json": {"schema": {"$ref": _SCHEMAS + "Refusal"}}}
    schema = {"type": "object"} if entry.media == "application/json" else {"type": "string"}
    done = {"description": "Done", "content": {entry.media: {"schema": schema}}}
    refused = {
        status: {"description": words, "content": refusal} for status, words in _REFUSALS.items()
    }
    return {"2XX": done, **refused}


def _security(endpoint: str, needed: Permission) -> list[dict[str, list[str]]]:
    if needed is Permission.PUBLIC:
        return []
    return [{"login": []}] if endpoint in PERSONAL else [{"login": []}, {"token": []}]


def _schemas() -> dict[str, Any]:
    models = sorted(
        {entry.body for entry in CATALOGUE.values() if entry.body is not None},
        key=lambda model: model.__name__,
    )
    wanted = [(model, "validation") for model in models]
    _, found = models_json_schema(wanted, ref_template=_SCHEMAS + "{model}")  # type: ignore[arg-type]
    return found.get("$defs", {})
