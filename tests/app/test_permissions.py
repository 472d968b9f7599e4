"""The table is whole: every rule of the server and every callback stands in it."""

import pytest

from datasetbuilder.app.security import permissions
from datasetbuilder.app.security.callbacks import server_callbacks
from datasetbuilder.app.security.permissions import Permission, Role
from datasetbuilder.model import Operation, OperationKind, Target, TargetType

AUTOMATIC = {"HEAD", "OPTIONS"}


def rules(app) -> set[tuple[str, str]]:
    return {
        (rule.endpoint, method)
        for rule in app.server.url_map.iter_rules()
        for method in rule.methods - AUTOMATIC
    }


def callback_keys(app) -> list[str]:
    return [permissions.callback_key(key, spec) for key, spec in server_callbacks(app).items()]


def test_every_route_and_method_stands_in_the_table(app):
    assert rules(app) == set(permissions.ENDPOINTS)


def test_every_callback_stands_in_the_table_under_a_name_of_its_own(app):
    keys = callback_keys(app)
    assert sorted(keys) == sorted(permissions.CALLBACKS)


def test_nothing_is_added_by_the_first_request(app, client):
    before = rules(app), callback_keys(app)
    client.get("/")
    client.get("/_dash-dependencies")
    assert (rules(app), callback_keys(app)) == before
    assert set(callback_keys(app)) == set(permissions.CALLBACKS)


def test_a_stranger_may_reach_the_door_and_the_health_check_alone():
    public = {key for key, needed in permissions.ENDPOINTS.items() if needed is Permission.PUBLIC}
    assert public == {
        ("login", "GET"),
        ("login", "POST"),
        ("login_invite", "GET"),
        ("login_invite", "POST"),
        ("login_provider", "GET"),
        ("login_return", "GET"),
        ("api.log_in", "POST"),
        ("health", "GET"),
    }
    assert Permission.PUBLIC not in permissions.CALLBACKS.values()


def test_no_writing_route_is_left_to_viewers_but_those_that_check_further():
    changes_nothing = {("api.profile", "POST"), ("api.corrected", "POST")}
    checked_inside = {
        ("api.image_operations", "POST"),
        ("api.cancel_job", "DELETE"),
        ("api.resume_job", "POST"),
        ("api.log_out", "DELETE"),
        ("api.change_password", "POST"),
        ("api.create_token", "POST"),
        ("api.revoke_token", "DELETE"),
        (permissions.DASH_UPDATE, "POST"),
    }
    viewers = {
        key
        for key, needed in permissions.ENDPOINTS.items()
        if key[1] != "GET" and needed is Permission.VIEW
    }
    assert viewers == checked_inside | changes_nothing


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, {"public", "view"}),
        (Role.ANNOTATOR, {"public", "view", "annotate"}),
        (Role.REVIEWER, {"public", "view", "annotate", "review", "export"}),
        (Role.ADMIN, {"public", "view", "annotate", "review", "export", "manage"}),
    ],
)
def test_each_role_may_what_the_one_below_may_and_more(role, may):
    assert {permission.value for permission in Permission if role.may(permission)} == may


def test_every_target_of_an_operation_demands_something():
    for target in TargetType:
        operation = Operation("1", OperationKind.CHANGE, Target(target, "x", 1))
        assert permissions.operation_permission(operation) in Permission


@pytest.mark.parametrize(
    ("state", "needed"),
    [
        ("done", Permission.ANNOTATE),
        ("skipped", Permission.ANNOTATE),
        ("accepted", Permission.REVIEW),
        ("rejected", Permission.REVIEW),
    ],
)
def test_judging_an_image_is_for_reviewers(state, needed):
    target = Target(TargetType.IMAGE_STATE, "1", 1)
    operation = Operation("1", OperationKind.CHANGE, target, {"state": state})
    assert permissions.operation_permission(operation) is needed


@pytest.mark.parametrize(
    ("output", "first_input", "key"),
    [
        ("page.children", {"id": "location", "property": "pathname"}, "page.children"),
        ("..a.data...b.children..", {"id": "x", "property": "y"}, "a.data"),
        (
            "notice.data@" + "0f" * 32,
            {"id": "delete", "property": "n_clicks"},
            "notice.data < delete.n_clicks",
        ),
        (
            "..table.children@" + "0f" * 32 + "...b.data..",
            {"id": '{"type":"label-name","uid":["ALL"]}', "property": "value"},
            "table.children < label-name.value",
        ),
        ('{"type":"row","uid":["MATCH"]}.style', {"id": "x", "property": "y"}, "row.style"),
    ],
)
def test_a_callback_goes_by_its_output_or_by_what_sets_it_off(output, first_input, key):
    assert permissions.callback_key(output, {"inputs": [first_input]}) == key
