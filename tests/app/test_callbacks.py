"""Dash's callbacks through their real route: what a browser sends, and what is forged."""

import copy
import json

import pytest

from datasetbuilder.app import ids
from datasetbuilder.app.security.callbacks import server_callbacks
from datasetbuilder.errors import DataError
from tests.app.people import browser_of, enrol
from tests.app.requests import page_at

UPDATE = "/_dash-update-component"
PAGE = {
    "output": "page.children",
    "outputs": {"id": "page", "property": "children"},
    "inputs": [{"id": "location", "property": "pathname", "value": "/"}],
    "changedPropIds": ["location.pathname"],
}


def show(client, pathname: str):
    body = copy.deepcopy(PAGE)
    body["inputs"][0]["value"] = pathname
    return client.post(UPDATE, json=body)


def test_each_address_shows_its_page(client, project):
    for address, words in (
        ("/", "Projects"),
        ("/p/cats/images", "gallery"),
        ("/p/cats/annotate/1", "one.png"),
        ("/p/cats/export", "Export"),
        ("/p/cats/settings", "label-table"),
    ):
        client.get(address)
        answer = show(client, address)
        assert answer.status_code == 200, address
        assert words in json.dumps(answer.json["response"]["page"]["children"]), address


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/nothing", "nothing at /nothing"),
        ("/p/none/images", "none"),
        ("/p/cats/annotate/99", "99"),
        ("/p/cats/annotate/abc", "nothing at"),
        ("/p/cats/annotate/9999999999999999999999", "nothing at"),
        ("/p/../images", ""),
        (None, "Projects"),
    ],
)
def test_an_address_without_a_page_says_so(client, project, address, words):
    answer = show(client, address)
    assert answer.status_code == 200
    assert words in json.dumps(answer.json)


@pytest.mark.parametrize("value", [7, True, [], {}, ["/"], {"a": 1}])
def test_an_address_of_the_wrong_kind_harms_nothing(client, project, value):
    assert show(client, value).status_code == 200


def test_what_a_callback_refuses_is_told_on_the_page(client, project, workspace, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise DataError("the plain reason")

    monkeypatch.setattr("datasetbuilder.app.pages.projects.layout", refuse)
    answer = show(client, "/")
    assert "the plain reason" in json.dumps(answer.json["sideUpdate"][ids.NOTICE])


def test_a_fault_in_a_callback_is_told_without_its_details(client, project, monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("datasetbuilder.app.pages.projects.layout", broken)
    answer = show(client, "/")
    assert "secret" not in answer.text
    assert "met a fault" in json.dumps(answer.json["sideUpdate"][ids.NOTICE])
    assert "ZeroDivisionError" in caplog.text


# --- forged bodies --------------------------------------------------------------------------------


def forged(**changes):
    return {**copy.deepcopy(PAGE), **changes}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (forged(output="none.children"), 403),
        (forged(output="export-start.title"), 403),
        (forged(output=7), 400),
        (forged(output=None), 400),
        (forged(extra=1), 400),
        (forged(inputs=[]), 400),
        (forged(inputs=None), 400),
        (forged(inputs=[None]), 400),
        (forged(inputs=[[PAGE["inputs"][0]]]), 400),
        (forged(inputs=PAGE["inputs"] * 2), 400),
        (forged(inputs=[{"id": "other", "property": "pathname", "value": "/"}]), 400),
        (forged(inputs=[{"id": "location", "property": "href", "value": "/"}]), 400),
        (forged(inputs=[{"id": {"type": "x"}, "property": "pathname"}]), 400),
        (forged(state=[{"id": "x", "property": "y"}]), 400),
        (forged(state="x"), 400),
        (forged(changedPropIds="x"), 400),
        (forged(changedPropIds=[7]), 400),
        (forged(outputs=7), 400),
        (forged(outputs={"id": 7, "property": "x"}), 400),
        (forged(outputs=[{"id": "page"}]), 400),
        ([], 400),
        ("text", 400),
    ],
)
def test_a_forged_body_never_reaches_the_callback(client, project, body, status):
    answer = client.post(UPDATE, json=body)
    assert answer.status_code == status
    assert answer.json["error"]


def test_a_callback_that_the_table_does_not_know_is_refused(app, client, monkeypatch):
    from datasetbuilder.app.security import permissions

    monkeypatch.delitem(permissions.CALLBACKS, "page.children")
    answer = client.post(UPDATE, json=PAGE)
    assert answer.status_code == 403
    assert "table of permissions" in answer.json["error"]


def label_call(app, first_input: str, value, state) -> dict:
    """The body of one of the label editor's callbacks, as a browser on the page would send it."""
    for output, spec in server_callbacks(app).items():
        if first_input in spec["inputs"][0]["id"] and "label-table" in output:
            inputs = [{**item, "value": value} for item in spec["inputs"]]
            given = iter(state)
            states = [{**item, "value": next(given)} for item in spec["state"]]
            outputs = [
                {"id": name, "property": prop}
                for name, _, prop in (
                    part.partition("@")[0].rpartition(".")
                    for part in output.strip(".").split("...")
                )
            ]
            return {
                "output": output,
                "outputs": outputs,
                "inputs": inputs,
                "state": states,
                "changedPropIds": [f"{inputs[0]['id']}.{inputs[0]['property']}"],
            }
    raise AssertionError(first_input)


def test_a_label_is_added_by_its_callback(app, client, project):
    client.get("/p/cats/settings")
    answer = client.post(UPDATE, json=label_call(app, "label-add", 1, ["bird", "cats"]))
    assert answer.status_code == 200
    assert [label.name for label in project.labels()] == ["cat", "dog", "bird"]


def test_a_callback_of_a_page_from_before_a_restart_still_runs(app, client, project):
    body = label_call(app, "label-add", 1, ["bird", "cats"])
    answer = client.post(UPDATE, json=body, headers={"Referer": "http://localhost/p/cats/settings"})
    assert answer.status_code == 200


@pytest.mark.parametrize("slug", ["dogs", "none", None, 7, ["cats"]])
def test_a_forged_project_in_the_state_is_refused(app, client_as, workspace, project, slug):
    from datasetbuilder.app.security.permissions import Role

    other = workspace.create_project("Dogs", labels=["dog"])
    visitor = client_as(Role.ADMIN)
    visitor.get("/p/cats/settings")
    answer = visitor.post(UPDATE, json=label_call(app, "label-add", 1, ["bird", slug]))
    assert answer.status_code == 403
    assert len(other.labels()) == 1


def test_a_callback_asks_for_the_role_that_the_table_says(app, client_as, project):
    from datasetbuilder.app.security.permissions import Role

    body = label_call(app, "label-add", 1, ["bird", "cats"])
    assert client_as(Role.REVIEWER).post(UPDATE, json=body).status_code == 403
    assert len(project.labels()) == 2


@pytest.mark.parametrize(
    ("address", "role", "below", "shown"),
    [
        ("annotate/1", "reviewer", "annotator", '"data-reviewer":"yes"'),
        ("guide", "admin", "reviewer", '"id":"guide-editor"'),
        ("jobs", "admin", "reviewer", '"id":"make-previews"'),
        ("explore/map", "annotator", "viewer", '"data-mode":"lasso"'),
        ("explore/statistics", "annotator", "viewer", "A click on a bar"),
        ("explore/duplicates", "annotator", "viewer", '"data-annotator":"yes"'),
    ],
)
def test_a_page_knows_the_role_in_its_project(app, workspace, project, address, role, below, shown):
    for name, here in (("mia", role), ("tom", below)):
        enrol(workspace, name, cats=here)
    found = [
        shown in page_at(browser_of(app, name), f"/p/cats/{address}") for name in ("mia", "tom")
    ]
    assert found == [True, False]
