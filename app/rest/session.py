"""The login of whoever asks, and the tokens of that person."""

from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.security.access import LOCAL_USER, current_user, member_in
from datasetbuilder.app.security.door import make_token
from datasetbuilder.app.security.login import Entrance
from datasetbuilder.app.security.permissions import Permission, Role, Scope
from datasetbuilder.app.services import Services
from datasetbuilder.errors import PermissionDenied, UnknownName
from datasetbuilder.projects.tokens import Token


def register(api: Blueprint, services: Services, entrance: Entrance) -> None:
    """Add the routes."""
    people = services.door.people

    @api.post("/session", endpoint="log_in")
    def log_in() -> AnyResponse:
        body = bodies.read(bodies.Login)
        user = services.door.enter(body.name, body.password, address=request.remote_addr or "")
        if user is None:
            abort(401, "No account has this name and password.")
        return entrance.let_in(jsonify({"user": user}), user)

    @api.get("/session", endpoint="me")
    def show_session() -> Response:
        return jsonify(_me(services))

    @api.delete("/session", endpoint="log_out")
    def log_out() -> AnyResponse:
        return entrance.let_out(jsonify({"user": None}))

    @api.post("/session/password", endpoint="change_password")
    def change_password() -> AnyResponse:
        body = bodies.read(bodies.NewPassword)
        user = current_user()
        address = request.remote_addr or ""
        if not services.door.change_password(user, body.old, body.new, address=address):
            abort(403, "That is not the password of before.")
        return entrance.let_in(jsonify({"user": user}), user)

    @api.get("/tokens", endpoint="tokens")
    def list_tokens() -> Response:
        found = people.tokens(None if _may_see_all() else current_user())
        return jsonify({"tokens": [token_to_wire(token) for token in found]})

    @api.post("/tokens", endpoint="create_token")
    def create_token() -> tuple[Response, int]:
        body = bodies.read(bodies.NewToken)
        _check_scope(services, Scope(body.scope), body.project)
        user = current_user()
        secret = make_token(
            people,
            actor=user,
            name=body.name,
            member="" if user == LOCAL_USER else user,
            project=body.project,
            scope=body.scope,
            days=body.days,
        )
        return jsonify({"token": secret}), 201

    @api.delete("/tokens/<key>", endpoint="revoke_token")
    def revoke_token(key: str) -> Response:
        user = current_user()
        people.revoke_token(key, actor=user, of=None if _may_see_all() else user)
        return jsonify({"revoked": key})


def token_to_wire(token: Token) -> dict[str, Any]:
    """A token without its secret."""
    return {
        "key": token.key,
        "name": token.name,
        "user": token.member or LOCAL_USER,
        "project": token.project,
        "scope": token.scope,
        "created_at": token.created_at and token.created_at.isoformat(),
        "expires_at": token.expires_at and token.expires_at.isoformat(),
        "revoked": token.revoked,
    }


def _me(services: Services) -> dict[str, Any]:
    infos = services.workspace.store.projects()
    members = {info.slug: member_in(services.access, info.slug) for info in infos}
    return {
        "user": current_user(),
        "admin": g.member.role is Role.ADMIN and g.caller.is_person,
        "roles": {slug: member.role for slug, member in members.items() if member is not None},
    }


def _may_see_all() -> bool:
    return g.member.may(Permission.MANAGE)


def _check_scope(services: Services, scope: Scope, slug: str | None) -> None:
    """Refuse a token that would allow what its owner may not."""
    if slug is None:
        return
    member = member_in(services.access, slug)
    if member is None:
        raise UnknownName(f"There is no project '{slug[:100]}'.")
    project_at(services, slug)
    wanted = {
        Scope.READ: Permission.VIEW,
        Scope.ANNOTATE: Permission.ANNOTATE,
        Scope.EXPORT: Permission.EXPORT,
        Scope.ADMIN: Permission.MANAGE,
    }[scope]
    if not member.may(wanted):
        raise PermissionDenied(f"Your role in this project ({member.role}) may not {wanted}.")
