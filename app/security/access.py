"""Who stands behind a request, and which role that gives where."""

from dataclasses import dataclass
from typing import Protocol

from flask import g

from datasetbuilder.api import Project, Workspace
from datasetbuilder.app.security.permissions import Permission, Role, Scope
from datasetbuilder.errors import PermissionDenied
from datasetbuilder.projects.people import People

LOCAL_USER = "local"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever the gate let in: a person, or a program with a token of that person.

    ``scope`` and ``project`` narrow what a token allows; both None for a person.
    """

    user: str
    scope: Scope | None = None
    project: str | None = None

    @property
    def is_person(self) -> bool:
        """Whether it came with a login, not with a token."""
        return self.scope is None


@dataclass(frozen=True, slots=True)
class Member:
    """The caller with the role that holds where the request acts."""

    user: str
    role: Role
    scope: Scope | None = None

    def may(self, permission: Permission) -> bool:
        """Whether both the role and the token, if there is one, include the permission."""
        allowed = self.scope is None or self.scope.covers(permission)
        return allowed and self.role.may(permission)


class Access(Protocol):
    """Knows the role of a person in a project (by slug) or, with None, in the workspace."""

    def role(self, user: str, project: str | None) -> Role | None:
        """The role, or None for a stranger."""
        ...


class PeopleAccess:
    """The roles of members as the workspace keeps them.

    In the workspace every member may look, and sees what the roles in projects allow. ``local``
    says whether the person at the computer itself comes in beside them.
    """

    def __init__(self, people: People, *, local: bool) -> None:
        self._people = people
        self._local = local

    def role(self, user: str, project: str | None) -> Role | None:
        """The role, or None for a stranger."""
        if user == LOCAL_USER:
            return Role.ADMIN if self._local else None
        rights = self._people.rights(user, project)
        if rights is None:
            return None
        if rights.admin:
            return Role.ADMIN
        if project is None:
            return Role.VIEWER
        return None if rights.role is None else Role(rights.role)


def current_user() -> str:
    """The person whose session or token the gate has accepted."""
    return g.caller.user


def member_in(access: Access, project: str | None) -> Member | None:
    """The caller of this request in a project or, with None, in the workspace; None: a stranger.

    A token of one project is a stranger in the others, and no more than a viewer outside of them.
    """
    caller: Caller = g.caller
    if caller.project is not None and project not in (None, caller.project):
        return None
    role = access.role(caller.user, project)
    if role is None:
        return None
    if caller.project is not None and project is None:
        role = Role.VIEWER
    return Member(caller.user, role, caller.scope)


def demand(permission: Permission) -> None:
    """Refuse unless the member of this request may do it.

    Raises
    ------
    PermissionDenied
        If the role does not include the permission.
    """
    member: Member = g.member
    if not member.may(permission):
        raise PermissionDenied(f"Your role here ({member.role}) may not {permission}.")


def authorised(
    workspace: Workspace, access: Access, slug: str, permission: Permission
) -> tuple[Project, Member]:
    """The project that a callback acts on and the person, once the person may act on it.

    Callbacks are plain requests that anyone can forge, so the project is looked up and the role
    checked from the slug that came, never from what the page showed. Their address names no
    project, so the gate knew the role in the workspace alone; from here on the request has the role
    in the project.

    Raises
    ------
    PermissionDenied
        If the person may not, whether or not there is such a project.
    UnknownName
        If the project does not exist.
    """
    member = member_in(access, slug) if isinstance(slug, str) else None
    if member is None:
        raise PermissionDenied(f"There is no project '{str(slug)[:100]}' that you may open.")
    if not member.may(permission):
        raise PermissionDenied(f"You may not {permission} in this project.")
    g.member = member
    return Project(workspace, slug), member
