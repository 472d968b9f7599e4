"""Every rule, method and callback, for five people, in their own project and in a foreign one.

Generated from the server and the table of permissions: whatever is added is asked here, and whoever
forgets to say what it demands fails the test.
"""

from collections.abc import Iterator

import pytest
from dash import Dash
from flask.testing import FlaskClient

from datasetbuilder.app.security import permissions
from datasetbuilder.app.security.callbacks import project_state, server_callbacks
from datasetbuilder.app.security.permissions import Permission, Role
from tests.app.people import browser_of, enrol
from tests.app.test_gate import callback_body, requests_of

ROLES = ("viewer", "annotator", "reviewer", "admin")
ANYBODY = {
    ("login", "GET"),
    ("login", "POST"),
    ("login_invite", "GET"),
    ("login_invite", "POST"),
    ("login_provider", "GET"),
    ("login_return", "GET"),
    ("api.log_in", "POST"),
    ("health", "GET"),
    ("login", "HEAD"),
    ("login_invite", "HEAD"),
    ("login_provider", "HEAD"),
    ("login_return", "HEAD"),
    ("health", "HEAD"),
}
ENDS_THE_LOGIN = ("api.log_out",)
UPDATE = "/_dash-update-component"


@pytest.fixture
def foreign(workspace):
    return workspace.create_project("Dogs", labels=["dog"])


@pytest.fixture
def browsers(app, workspace, project, foreign) -> dict[str, FlaskClient]:
    for role in ROLES:
        enrol(workspace, role, cats=role)
    return {role: browser_of(app, role) for role in ROLES}


def in_project(app: Dash, slug: str) -> Iterator[tuple[str, str, str]]:
    for endpoint, method, address in requests_of(app.server):
        if "/cats" in address:
            yield endpoint, method, address.replace("/cats", f"/{slug}")


def test_a_stranger_reaches_the_door_and_nothing_else(app, project, stranger):
    reached = set()
    for endpoint, method, address in requests_of(app.server):
        answer = stranger.open(address, method=method, json={})
        if answer.status_code not in (401, 303) or (endpoint, method) in ANYBODY:
            reached.add((endpoint, method))
            assert (endpoint, method) in ANYBODY, (address, method, answer.status_code)
    assert reached >= {("login", "GET"), ("health", "GET"), ("api.log_in", "POST")}


@pytest.mark.parametrize("actor", ROLES)
def test_in_their_own_project_everyone_may_what_their_role_may(app, browsers, actor):
    for endpoint, method, address in in_project(app, "cats"):
        needed = permissions.endpoint_permission(endpoint, method)
        answer = browsers[actor].open(address, method=method, json={})
        if needed is None:
            assert answer.status_code in (403, 404, 405), (endpoint, method)
        elif not Role(actor).may(needed):
            assert answer.status_code == 403, (endpoint, method, answer.status_code)
        else:
            assert answer.status_code not in (401, 403), (endpoint, method, answer.json)


@pytest.mark.parametrize("actor", ROLES)
def test_a_foreign_project_is_none(app, browsers, foreign, actor):
    for endpoint, method, address in in_project(app, "dogs"):
        if permissions.endpoint_permission(endpoint, method) is None:
            continue
        there = browsers[actor].open(address, method=method, json={})
        none = browsers[actor].open(address.replace("/dogs", "/nope"), method=method, json={})
        assert (there.status_code, none.status_code) == (404, 404), (endpoint, method)
        assert there.data.replace(b"dogs", b"nope") == none.data, (endpoint, method)
    assert foreign.info.seq == 1


@pytest.mark.parametrize("actor", ROLES)
def test_a_role_in_a_project_gives_none_in_the_workspace(app, browsers, actor):
    for endpoint, method, address in requests_of(app.server):
        needed = permissions.endpoint_permission(endpoint, method)
        if "/cats" in address or needed in (None, Permission.PUBLIC) or endpoint in ENDS_THE_LOGIN:
            continue
        answer = browsers[actor].open(address, method=method, json={})
        if not Role.VIEWER.may(needed):
            assert answer.status_code == 403, (endpoint, method, answer.status_code)
        else:
            assert answer.status_code != 401, (endpoint, method)


@pytest.mark.parametrize("slug", ["cats", "dogs", "nope"])
@pytest.mark.parametrize("actor", ROLES)
def test_every_callback_asks_for_the_role_in_the_project_it_names(
    app, browsers, foreign, project, actor, slug
):
    browsers[actor].get("/p/cats/settings")
    for output, spec in server_callbacks(app).items():
        needed = permissions.callback_permission(permissions.callback_key(output, spec))
        where = project_state(spec)
        body = callback_body(output, spec)
        for item in body["state"]:
            if isinstance(item, dict) and item["id"] == where:
                item["value"] = slug
        answer = browsers[actor].post(UPDATE, json=body)
        assert needed is not None
        if where is None:
            assert answer.status_code in (200, 204), output
            continue
        allowed = slug == "cats" and Role(actor).may(needed)
        assert (answer.status_code == 403) == (not allowed), (output, answer.status_code)
    assert (foreign.info.seq, len(foreign.labels())) == (1, 1)


def test_every_callback_that_demands_more_than_a_look_says_which_project_it_acts_on(app):
    for output, spec in server_callbacks(app).items():
        needed = permissions.callback_permission(permissions.callback_key(output, spec))
        assert needed is Permission.VIEW or project_state(spec) is not None, output


def test_the_matrix_sees_a_route_that_nobody_guards(app, project, stranger):
    app.server.add_url_rule("/open", "open", lambda: "secret")
    app.server.before_request_funcs[None].clear()
    with pytest.raises(AssertionError):
        test_a_stranger_reaches_the_door_and_nothing_else(app, project, stranger)
