"""People with roles, and their browsers."""

from typing import Any

from dash import Dash

from datasetbuilder.api import Workspace
from datasetbuilder.app.services import services_of

PASSWORD = "correct horse battery"


def enrol(workspace: Workspace, name: str, *, admin: bool = False, **roles: str) -> str:
    """Make a member without a password, with a role per project."""
    people = workspace.store.people
    people.add(name, admin=admin, actor="local")
    for slug, role in roles.items():
        people.set_role(name, slug, role, actor="local")
    return name


def browser_of(app: Dash, name: str) -> Any:
    """A browser in which somebody is logged in."""
    sessions = services_of(app).sessions
    browser = app.server.test_client()
    browser.set_cookie(sessions.cookie, sessions.open(name))
    return browser
