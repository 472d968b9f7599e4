"""Denials written by hand: what a person with a little too few rights tries first."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, update

from datasetbuilder.app.security.callbacks import server_callbacks
from datasetbuilder.app.security.door import make_token
from datasetbuilder.model import Box
from datasetbuilder.projects.schema import annotation_set
from tests.app.people import browser_of, enrol
from tests.app.requests import OPERATIONS, box_operation
from tests.app.test_callbacks import UPDATE, label_call

CATS, DOGS = "/api/v1/projects/cats", "/api/v1/projects/dogs"


@pytest.fixture(autouse=True)
def campaign(workspace, project):
    """Two projects; one person per role in the first, and an administrator of the second."""
    workspace.create_project("Dogs", labels=["dog"])
    enrol(workspace, "boss", admin=True)
    for role in ("viewer", "annotator", "reviewer", "admin"):
        enrol(workspace, role, cats=role)
    enrol(workspace, "bob", cats="annotator")
    enrol(workspace, "lead", dogs="admin")


def sent(app, name: str, *operations: dict[str, Any], address: str = OPERATIONS):
    body = {"client": "tab", "since": 0, "operations": list(operations)}
    return browser_of(app, name).post(address, json=body)


def outcomes(answer) -> list[str]:
    return [result["outcome"] for result in answer.json["results"]]


def state(value: str) -> dict[str, Any]:
    return {
        "op_id": str(uuid4()),
        "kind": "change",
        "target": {"type": "image_state", "key": "1", "image": 1},
        "payload": {"state": value},
        "base_version": 1,
    }


@pytest.mark.parametrize(
    ("name", "method", "address", "status"),
    [
        ("viewer", "POST", f"{CATS}/exports", 403),
        ("annotator", "POST", f"{CATS}/exports", 403),
        ("annotator", "GET", f"{CATS}/exports", 403),
        ("annotator", "POST", f"{CATS}/images", 403),
        ("reviewer", "POST", f"{CATS}/images", 403),
        ("reviewer", "POST", f"{CATS}/operations", 403),
        ("annotator", "GET", f"{CATS}/review", 403),
        ("annotator", "GET", f"{CATS}/images/1/review", 403),
        ("annotator", "GET", f"{CATS}/review/rule", 403),
        ("reviewer", "PUT", f"{CATS}/review/rule", 403),
        ("reviewer", "GET", f"{CATS}/members", 403),
        ("viewer", "POST", f"{CATS}/images/1/restore", 403),
        ("viewer", "POST", f"{CATS}/images/1/refine/outline", 403),
        ("viewer", "POST", f"{CATS}/images/1/presence", 403),
        ("admin", "POST", "/api/v1/projects", 403),
        ("admin", "GET", "/api/v1/users", 403),
        ("admin", "POST", "/api/v1/invites", 403),
        ("admin", "GET", "/api/v1/audit", 403),
        ("admin", "GET", DOGS, 404),
        ("admin", "PUT", f"{DOGS}/members/admin", 404),
        ("lead", "GET", f"{CATS}/images/1/annotations", 404),
        ("lead", "GET", f"{CATS}/images/1/pixels/full", 404),
        ("lead", "GET", f"{CATS}/images/1/history", 404),
        ("lead", "GET", "/p/cats/annotate/next", 404),
    ],
)
def test_a_role_ends_where_the_next_begins(app, name, method, address, status):
    answer = browser_of(app, name).open(address, method=method, json={})
    assert answer.status_code == status
    assert answer.json["error"]


def test_a_viewer_draws_nothing(app, project):
    assert sent(app, "viewer", box_operation(1)).status_code == 403
    assert project.annotations(1) == ()


def test_an_annotator_accepts_nothing(app, project):
    assert sent(app, "annotator", state("accepted")).status_code == 403
    assert project.image(1).state == "new"


def test_one_forbidden_operation_keeps_its_whole_request_out(app, project):
    assert sent(app, "annotator", box_operation(1), state("rejected")).status_code == 403
    assert project.annotations(1) == ()


def test_a_label_is_no_business_of_an_image(app, project):
    operation = {
        "op_id": "op-1",
        "kind": "remove",
        "target": {"type": "label", "key": project.labels()[0].uid, "image": None},
        "payload": {},
        "base_version": 1,
    }
    assert sent(app, "annotator", operation).status_code in (400, 422)
    assert len(project.labels()) == 2


def test_an_image_of_another_project_is_not_reached_through_ones_own(app, workspace):
    dogs = workspace.project("dogs")
    operation = box_operation(1)
    answer = sent(app, "lead", operation, address=f"{DOGS}/images/1/operations")
    assert answer.status_code == 404
    assert dogs.info.seq == 1


def test_an_object_of_another_project_is_not_undone_from_ones_own(app, workspace, project):
    (drawn,) = project.annotate(1, [("cat", Box(1, 2, 10, 10))])
    uid = drawn.uid
    remove = {
        "op_id": "op-1",
        "kind": "remove",
        "target": {"type": "annotation", "key": uid, "image": 1},
        "payload": {},
        "base_version": drawn.version,
    }
    assert sent(app, "lead", remove, address=f"{DOGS}/images/1/operations").status_code == 404
    assert sent(app, "lead", remove).status_code == 404
    assert [one.uid for one in project.annotations(1)] == [uid]


# --- blind sets -----------------------------------------------------------------------------------


@pytest.fixture
def blind(app, workspace, project) -> str:
    """An object of bob in bob's own set."""
    operation = box_operation(1)
    operation["payload"]["set"] = "blind-bob"
    assert outcomes(sent(app, "bob", operation)) == ["accepted"]
    owned = update(annotation_set).where(annotation_set.c.name == "blind-bob")
    workspace.store.submit(lambda t: t.connection.execute(owned, {"owner": "bob"}))
    return operation["target"]["key"]


def change(uid: str, kind: str = "change", **payload: Any) -> dict[str, Any]:
    return {
        "op_id": str(uuid4()),
        "kind": kind,
        "target": {"type": "annotation", "key": uid, "image": 1},
        "payload": payload,
        "base_version": 1,
    }


def test_an_annotator_changes_nothing_in_the_blind_set_of_another(app, project, blind):
    added = box_operation(1)
    added["payload"]["set"] = "blind-bob"
    answer = sent(app, "annotator", change(blind, label=2), change(blind, "remove"), added)
    assert outcomes(answer) == ["refused"] * 3
    assert "current" not in answer.json["results"][0] or not answer.json["results"][0]["current"]
    (kept,) = project.annotations(1, sets=("blind-bob",))
    assert (kept.version, kept.label) == (1, 1)


def test_a_group_that_touches_it_is_refused_whole(app, project, blind):
    mine = {**box_operation(1), "group_id": "step"}
    answer = sent(app, "annotator", mine, {**change(blind, label=2), "group_id": "step"})
    assert outcomes(answer) == ["refused", "refused"]
    assert project.annotations(1) == ()


def test_its_owner_and_a_reviewer_change_it(app, blind):
    assert outcomes(sent(app, "bob", change(blind, label=2))) == ["accepted"]
    again = {**change(blind, label=1), "base_version": 2}
    assert outcomes(sent(app, "reviewer", again)) == ["accepted"]


def test_nobody_below_a_reviewer_touches_the_gold(app, workspace, project):
    row = {"project": project.info.id, "name": "gold", "created_at": 0}
    workspace.store.submit(lambda t: t.connection.execute(insert(annotation_set), row))
    operation = box_operation(1)
    operation["payload"]["set"] = "gold"
    assert outcomes(sent(app, "annotator", operation)) == ["refused"]


def test_the_page_of_an_image_shows_nothing_of_a_blind_set(app, blind):
    browser = browser_of(app, "annotator")
    for tail in ("annotations", "history", "state", "steps", "conflicts"):
        answer = browser.get(f"{CATS}/images/1/{tail}")
        assert (answer.status_code, blind in answer.text) == (200, False), tail
    poll = sent(app, "annotator")
    assert blind not in poll.text


# --- forged pages, tokens, lists ------------------------------------------------------------------


def test_a_forged_state_does_not_lend_the_role_of_another_project(app, workspace):
    lead = browser_of(app, "lead")
    lead.get("/p/dogs/settings")
    assert server_callbacks(app)
    answer = lead.post(UPDATE, json=label_call(app, "label-add", 1, ["bird", "cats"]))
    assert answer.status_code == 403
    assert len(workspace.project("cats").labels()) == 2


def test_a_token_of_one_project_does_nothing_in_another(app, workspace, stranger):
    secret = make_token(
        workspace.store.people,
        actor="boss",
        name="x",
        member="boss",
        project="dogs",
        scope="admin",
        days=1,
    )
    headers = {"Authorization": f"Bearer {secret}"}
    body = {"client": "s", "since": 0, "operations": [box_operation(1)]}
    assert stranger.post(OPERATIONS, json=body, headers=headers).status_code == 404
    assert stranger.get("/api/v1/projects", headers=headers).json["projects"][0]["slug"] == "dogs"


def test_the_first_page_lists_only_the_projects_that_one_may_open(app):
    body = {
        "output": "page.children",
        "outputs": {"id": "page", "property": "children"},
        "inputs": [{"id": "location", "property": "pathname", "value": "/"}],
        "changedPropIds": ["location.pathname"],
    }
    page = browser_of(app, "lead").post(UPDATE, json=body).text
    assert ('"Dogs"' in page, '"Cats"' in page) == (True, False)
    assert "new-project" not in page
    assert "new-project" in browser_of(app, "boss").post(UPDATE, json=body).text


def test_a_foreign_page_and_none_look_the_same(app):
    def shown(path: str) -> str:
        body = {
            "output": "page.children",
            "outputs": {"id": "page", "property": "children"},
            "inputs": [{"id": "location", "property": "pathname", "value": path}],
            "changedPropIds": ["location.pathname"],
        }
        return browser_of(app, "lead").post(UPDATE, json=body).text

    assert shown("/p/cats/images").replace("cats", "nope") == shown("/p/nope/images")


def test_a_job_of_another_project_is_none(app, services, image_root):
    boss = browser_of(app, "boss")
    started = boss.post(f"{CATS}/images", json={"folder": str(image_root)})
    job = started.json["job"]["id"]
    lead = browser_of(app, "lead")
    assert lead.get(f"{CATS}/jobs").status_code == 404
    assert lead.get(f"{CATS}/jobs/{job}").status_code == 404
    assert lead.delete(f"{CATS}/jobs/{job}").status_code == 404
    assert lead.post(f"{CATS}/jobs/{job}/resume").status_code == 404
