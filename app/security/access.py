"""Which role a person has where."""

from dataclasses import dataclass
from typing import Protocol

from flask import g

from datasetbuilder.api import Project, Workspace
from datasetbuilder.app.security.permissions import Permission, Role
from datasetbuilder.errors import PermissionDenied

LOCAL_USER = "local"


@dataclass(frozen=True, slots=True)
class Member:
    """The person behind a request, with the role that holds where the request acts."""

    user: str
    role: Role


class Access(Protocol):
    """Knows the role of a person in a project (by slug) or, with None, in the workspace."""

    def role(self, user: str, project: str | None) -> Role | None:
        """The role, or None for a stranger."""
        ...


class LocalAccess:
    """Alone on this computer: whoever holds the session is the administrator."""

    def role(self, user: str, project: str | None) -> Role | None:
        """Admin everywhere for the local user, nobody else."""
        return Role.ADMIN if user == LOCAL_USER else None


def current_user() -> str:
    """The person whose session the gate has accepted."""
    return g.member.user


def demand(permission: Permission) -> None:
    """Refuse unless the member of this request may do it.

    Raises
    ------
    PermissionDenied
        If the role does not include the permission.
    """
    member: Member = g.member
    if not member.role.may(permission):
        raise PermissionDenied(f"Your role here ({member.role}) may not {permission}.")


def authorised(
    workspace: Workspace, access: Access, slug: str, permission: Permission
) -> tuple[Project, Member]:
    """The project that a callback acts on and the person, once the person may act on it.

    Callbacks are plain requests that anyone can forge, so the project is looked up and the role
    checked from the slug that came, never from what the page showed.

    Raises
    ------
    PermissionDenied
        If the person may not, whether or not there is such a project.
    UnknownName
        If the project does not exist.
    """
    user = current_user()
    role = access.role(user, slug) if isinstance(slug, str) else None
    if role is None or not role.may(permission):
        raise PermissionDenied(f"You may not {permission} in this project.")
    return Project(workspace, slug), Member(user, role)
