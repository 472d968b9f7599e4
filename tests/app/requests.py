"""What tests send: a session of an app, operations on the wire."""

from typing import Any
from uuid import uuid4

from dash import Dash
from flask.testing import FlaskClient

from datasetbuilder.app.security.permissions import Role
from datasetbuilder.app.services import services_of

OPERATIONS = "/api/v1/projects/cats/images/1/operations"


def logged_in(app: Dash) -> FlaskClient:
    known = app.server.test_client()
    known.get(f"/login?token={services_of(app).sessions.one_time_token()}")
    return known


def box_operation(image_id: int, **changes: Any) -> dict[str, Any]:
    """An operation on the wire that adds a box of 10 x 20 pixels."""
    whole: dict[str, Any] = {
        "op_id": str(uuid4()),
        "kind": "add",
        "target": {"type": "annotation", "key": str(uuid4()), "image": image_id},
        "payload": {
            "label": 1,
            "kind": "box",
            "geometry": {"x": 5, "y": 6, "width": 10, "height": 20},
        },
        "tool": "box",
    }
    return {**whole, **changes}


def page_at(browser: FlaskClient, address: str) -> str:
    """The page at an address, as a browser gets it from Dash."""
    body = {
        "output": "page.children",
        "outputs": {"id": "page", "property": "children"},
        "inputs": [{"id": "location", "property": "pathname", "value": address}],
        "changedPropIds": ["location.pathname"],
    }
    answer = browser.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    return answer.text.replace('": ', '":')


class Cast:
    """Gives the local user one role in the project of the test and none elsewhere."""

    def __init__(self, role: Role | None) -> None:
        self.role_here = role

    def role(self, user: str, project: str | None) -> Role | None:
        return self.role_here if project in ("cats", None) else None
