"""Nobody gets past the gate: strangers, other sites, other hosts, wrong roles, wrong bodies."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from datasetbuilder.api import open_workspace
from datasetbuilder.app.security import permissions
from datasetbuilder.app.security.callbacks import server_callbacks
from datasetbuilder.app.security.gate import BESIDE
from datasetbuilder.app.security.permissions import Role
from datasetbuilder.app.services import services_of
from tests.app.requests import OPERATIONS, logged_in

VALUES = {
    "slug": "cats",
    "image_id": 99,
    "kind": "thumb",
    "form": "csv",
    "seq": 1,
    "name": "x",
    "job_id": 1,
    "number": 1,
    "rest": "x",
    "path": "x",
    "filename": "theme.css",
    "key": "x",
    "package_name": "dash",
    "fingerprinted_path": "x.js",
}
PAGES = ("/", "/p/cats/images", "/p/cats/annotate/1", "/anything")
# a refusal of what one may do to oneself, whatever the role
OWN_RIGHTS = ("api.change_password", "api.change_user", "api.set_role", "api.remove_role")
POLL = {"client": "tab", "since": 0, "operations": []}


def requests_of(server: Flask) -> list[tuple[str, str, str]]:
    """Every rule with every method as (endpoint, method, address)."""
    adapter = server.url_map.bind("localhost")
    found = []
    for rule in server.url_map.iter_rules():
        values = {name: VALUES[name] for name in rule.arguments}
        for method in sorted((rule.methods or set()) | {"PUT", "PATCH", "DELETE", "POST"}):
            address = adapter.build(rule.endpoint, values, force_external=False)
            found.append((_answering(adapter, address, method) or rule.endpoint, method, address))
    return found


def _answering(adapter: MapAdapter, address: str, method: str) -> str | None:
    """Who answers to a method here: two rules may share an address."""
    try:
        return adapter.match(address, method)[0]
    except HTTPException:
        return None


def callback_body(output: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    def values(declared):
        return [[] if item["id"][0] == "{" else {**item, "value": None} for item in declared]

    return {
        "output": output,
        "outputs": {"id": "page", "property": "children"},
        "inputs": values(spec["inputs"]),
        "state": values(spec["state"]),
        "changedPropIds": [],
    }


def test_a_stranger_gets_nothing_on_any_route_with_any_method(app, project, stranger):
    for endpoint, method, address in requests_of(app.server):
        if permissions.endpoint_permission(endpoint, method) is permissions.Permission.PUBLIC:
            continue
        answer = stranger.open(address, method=method, json={})
        allowed = (401, 303) if endpoint in permissions.PAGE_ENDPOINTS else (401,)
        assert answer.status_code in allowed, (endpoint, method)
        if answer.status_code == 303:
            assert answer.headers["Location"].startswith("/login?next="), endpoint


def test_a_stranger_runs_no_callback(app, project, stranger):
    assert server_callbacks(app)
    for output, spec in server_callbacks(app).items():
        answer = stranger.post("/_dash-update-component", json=callback_body(output, spec))
        assert (answer.status_code, output) == (401, output)


@pytest.mark.parametrize("address", ["/_mcp", "/console", "/_dash-ws-callback", "/static/x"])
def test_a_stranger_finds_no_other_way_in(stranger, address):
    assert stranger.post(address, json={}).status_code == 401
    assert stranger.get(address).status_code in (401, 303)


@pytest.mark.parametrize("cookie", ["", "wrong", "x" * 3000, "ä"])
def test_an_invented_session_is_no_session(services, stranger, cookie):
    stranger.set_cookie(services.sessions.cookie, cookie)
    assert stranger.get("/api/v1/projects").status_code == 401


def test_a_session_that_was_ended_is_none(services, client):
    cookie = client.get_cookie(services.sessions.cookie)
    services.sessions.end(cookie.value)
    assert client.get("/api/v1/projects").status_code == 401


def test_a_session_of_another_workspace_is_none(tmp_path, make_app, client, services):
    with open_workspace(tmp_path / "other") as other:
        app = make_app(other)
        foreign = app.server.test_client()
        secret = client.get_cookie(services.sessions.cookie).value
        foreign.set_cookie(services_of(app).sessions.cookie, secret)
        assert foreign.get("/api/v1/projects").status_code == 401


# --- hosts and origins ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", "", "["]
)
def test_a_foreign_host_name_is_refused_everywhere(app, project, client, host):
    for endpoint, method, address in requests_of(app.server):
        answer = client.open(address, method=method, headers={"Host": host}, json={})
        assert answer.status_code == 400, (endpoint, method)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]", "localhost:8050"])
def test_loopback_names_are_answered(client, host):
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(("port", "status"), [(8765, 200), (9999, 400)])
def test_a_host_given_with_its_port_demands_it(make_app, port, status):
    app = make_app(hosts=["127.0.0.1:8765"])
    answer = app.server.test_client().get("/health", headers={"Host": f"127.0.0.1:{port}"})
    assert answer.status_code == status


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_writing_from_another_site_is_refused(app, project, client, site):
    for endpoint, method, address in requests_of(app.server):
        if method in ("GET", "HEAD", "OPTIONS"):
            continue
        answer = client.open(address, method=method, json={}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403, (endpoint, method)


@pytest.mark.parametrize("mode", ["no-cors", "cors", ""])
def test_reading_from_another_site_is_refused(client, project, mode):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode}
    assert client.get("/api/v1/projects", headers=headers).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:9", "null", "x"])
def test_an_old_browser_is_known_by_its_origin(client, project, origin):
    answer = client.post(OPERATIONS, json=POLL, headers={"Origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Origin": "http://localhost"},
    ],
)
def test_our_own_page_and_a_script_may_write(client, project, headers):
    assert client.post(OPERATIONS, json=POLL, headers=headers).status_code == 200


def test_a_link_on_another_site_opens_the_page_from_itself(stranger):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = stranger.get("/p/cats/images", headers=headers)
    assert answer.status_code == 200
    assert 'http-equiv="refresh"' in answer.text


# --- roles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [None, *Role])
def test_every_route_asks_for_what_the_table_says(client_as, project, app, role):
    client = client_as(role)
    for endpoint, method, address in requests_of(app.server):
        needed = permissions.endpoint_permission(endpoint, method)
        if needed in (None, permissions.Permission.PUBLIC) or endpoint == "api.log_out":
            continue
        answer = client.open(address, method=method, json={})
        if endpoint == BESIDE:  # a key opens it, whoever is logged in
            assert answer.status_code == 403
        elif role is None:
            allowed = (401, 303) if endpoint in permissions.PAGE_ENDPOINTS else (401,)
            assert answer.status_code in allowed, (endpoint, method, answer.status_code)
        elif endpoint not in OWN_RIGHTS:
            refused = not role.may(needed)
            assert (answer.status_code == 403) == refused, (endpoint, method, answer.status_code)


@pytest.mark.parametrize(
    ("role", "target", "payload", "status"),
    [
        (Role.VIEWER, "annotation", {}, 403),
        (Role.VIEWER, "image_state", {"state": "done"}, 403),
        (Role.ANNOTATOR, "image_state", {"state": "done"}, 200),
        (Role.ANNOTATOR, "image_state", {"state": "accepted"}, 403),
        (Role.ANNOTATOR, "split", {"split": "train"}, 403),
        (Role.REVIEWER, "image_state", {"state": "accepted"}, 200),
        (Role.ADMIN, "split", {"split": "train"}, 200),
    ],
)
def test_each_operation_asks_for_what_it_does(client_as, project, role, target, payload, status):
    operation = {
        "op_id": "op-1",
        "kind": "change",
        "target": {"type": target, "key": "1", "image": 1},
        "payload": payload,
        "base_version": 1,
    }
    body = {**POLL, "operations": [operation]}
    assert client_as(role).post(OPERATIONS, json=body).status_code == status


def test_a_viewer_may_look_and_poll(client_as, project):
    viewer = client_as(Role.VIEWER)
    assert viewer.post(OPERATIONS, json=POLL).status_code == 200
    assert viewer.get("/api/v1/projects/cats/images/1/annotations").status_code == 200


def test_another_project_and_none_look_the_same(workspace, client_as, project):
    workspace.create_project("Dogs")
    admin = client_as(Role.ADMIN)
    answers = [admin.get(f"/api/v1/projects/{slug}") for slug in ("dogs", "no-such-project")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [answer.json["error"] for answer in answers] == [
        "There is no project 'dogs'.",
        "There is no project 'no-such-project'.",
    ]
    assert [p["slug"] for p in admin.get("/api/v1/projects").json["projects"]] == ["cats"]


def test_the_name_of_a_project_is_no_address(client, workspace):
    workspace.create_project("Big Cats")
    assert client.get("/api/v1/projects/Big Cats").status_code == 404
    assert client.get("/api/v1/projects/big-cats").status_code == 200


def test_two_projects_of_one_long_name_have_two_addresses(client, workspace):
    for name in ("Cats " * 20, "cats-" * 20):
        slug = workspace.create_project(name).slug
        assert client.get(f"/api/v1/projects/{slug}").json["project"]["slug"] == slug


# --- what the table does not know -----------------------------------------------------------------


def test_a_route_that_the_table_does_not_know_is_refused(app):
    app.server.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert app.server.test_client().get("/forgotten").status_code == 401
    assert logged_in(app).get("/forgotten").status_code == 403


def test_a_method_that_a_route_does_not_have_is_refused(client, project):
    assert client.delete("/api/v1/projects").status_code == 405
    assert client.options("/api/v1/projects").status_code == 403


def test_an_address_under_the_api_that_is_none_says_so(client):
    answer = client.get("/api/v1/nothing/here")
    assert answer.status_code == 404
    assert "no such address" in answer.json["error"]


# --- bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_read(client, project, content_type):
    answer = client.post(OPERATIONS, data=json.dumps(POLL), content_type=content_type)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("address", "size"),
    [
        ("/api/v1/projects", 1_100_000),
        ("/_dash-update-component", 1_100_000),
        (OPERATIONS, 33_600_000),
    ],
)
def test_a_body_over_its_limit_is_refused_unread(client, project, address, size):
    answer = client.post(address, data=b" " * size, content_type="application/json")
    assert answer.status_code == 413
    assert "larger than" in answer.json["error"]
