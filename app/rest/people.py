"""The members of the workspace, their roles, invites, and the list of what was changed."""

from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, request

from datasetbuilder.app.rest import bodies
from datasetbuilder.app.rest.addressed import project_at
from datasetbuilder.app.security.access import current_user
from datasetbuilder.app.security.door import make_invite
from datasetbuilder.app.services import Services
from datasetbuilder.errors import PermissionDenied
from datasetbuilder.projects.invites import Invite
from datasetbuilder.projects.people import Member


def register(api: Blueprint, services: Services) -> None:
    """Add the routes."""
    people = services.door.people

    @api.get("/users", endpoint="users")
    def list_users() -> Response:
        roles: dict[str, dict[str, str]] = {}
        for name, slug, role in people.roles():
            roles.setdefault(name, {})[slug] = role
        found = [
            {**member_to_wire(one), "roles": roles.get(one.name, {})} for one in people.members()
        ]
        return jsonify({"users": found})

    @api.route("/users/<name>", endpoint="change_user", methods=["PATCH"])
    def change_user(name: str) -> Response:
        body = bodies.read(bodies.UserChange)
        actor = current_user()
        _not_oneself(name)
        if body.disabled is not None:
            (people.disable if body.disabled else people.enable)(name, actor=actor)
        if body.admin is not None:
            people.set_admin(name, body.admin, actor=actor)
        return jsonify(member_to_wire(people.member(name)))

    @api.delete("/users/<name>/sessions", endpoint="end_logins")
    def end_logins(name: str) -> Response:
        return jsonify({"ended": people.end_logins(name, actor=current_user())})

    _register_invites(api, services)
    _register_roles(api, services)


def _register_invites(api: Blueprint, services: Services) -> None:
    people = services.door.people

    @api.get("/invites", endpoint="invites")
    def list_invites() -> Response:
        return jsonify({"invites": [invite_to_wire(one) for one in people.invites()]})

    @api.post("/invites", endpoint="create_invite")
    def create_invite() -> tuple[Response, int]:
        body = bodies.read(bodies.NewInvite)
        if (body.project is None) != (body.role is None):
            abort(400, "An invite into a project names the role there, and no role without one.")
        secret = make_invite(
            people,
            actor=current_user(),
            name=body.name,
            admin=body.admin,
            project=body.project,
            role=body.role or "",
        )
        return jsonify({"address": f"{request.host_url}login/invite?token={secret}"}), 201

    @api.delete("/invites/<key>", endpoint="withdraw_invite")
    def withdraw_invite(key: str) -> Response:
        people.withdraw(key, actor=current_user())
        return jsonify({"withdrawn": key})

    @api.get("/audit", endpoint="audit")
    def audit() -> Response:
        lines = [
            {
                "at": line.at.isoformat(),
                "actor": line.actor,
                "action": line.action,
                "subject": line.subject,
                "detail": line.detail,
            }
            for line in people.audit()
        ]
        return jsonify({"lines": lines})


def _register_roles(api: Blueprint, services: Services) -> None:
    people = services.door.people

    @api.get("/projects/<slug>/members", endpoint="members")
    def list_members(slug: str) -> Response:
        project_at(services, slug)
        found = [{"name": n, "role": r} for n, where, r in people.roles() if where == slug]
        return jsonify({"members": found})

    @api.put("/projects/<slug>/members/<name>", endpoint="set_role")
    def set_role(slug: str, name: str) -> Response:
        body = bodies.read(bodies.NewRole)
        project_at(services, slug)
        _not_oneself(name)
        people.set_role(name, slug, body.role, actor=current_user())
        return jsonify({"name": name, "role": body.role})

    @api.delete("/projects/<slug>/members/<name>", endpoint="remove_role")
    def remove_role(slug: str, name: str) -> Response:
        project_at(services, slug)
        _not_oneself(name)
        people.set_role(name, slug, None, actor=current_user())
        return jsonify({"name": name, "role": None})


def member_to_wire(member: Member) -> dict[str, Any]:
    """A member, without anything secret."""
    return {
        "name": member.name,
        "email": member.email,
        "admin": member.admin,
        "disabled": member.disabled,
        "created_at": member.created_at.isoformat(),
    }


def invite_to_wire(invite: Invite) -> dict[str, Any]:
    """An invite, without the token that opens the door."""
    return {
        "key": invite.key,
        "name": invite.name,
        "admin": invite.admin,
        "project": invite.project,
        "role": invite.role or None,
        "created_by": invite.created_by,
        "expires_at": invite.expires_at.isoformat(),
    }


def _not_oneself(name: str) -> None:
    """Nobody changes their own rights: a slip would lock the door from inside."""
    if name == g.caller.user:
        raise PermissionDenied("Your own rights are changed by another administrator.")
