"""The queue over plain routes: each to their own image, and what was assigned to whom."""

import pytest

from datasetbuilder.model import Box
from tests.app.people import browser_of, enrol

QUEUE, ASSIGNMENTS = "/api/v1/projects/cats/queue", "/api/v1/projects/cats/assignments"


@pytest.fixture
def team(app, workspace, project):
    for name, role in (("ada", "annotator"), ("bob", "annotator"), ("eve", "viewer")):
        enrol(workspace, name, cats=role)
    enrol(workspace, "boss", admin=True)
    return {name: browser_of(app, name) for name in ("ada", "bob", "eve", "boss")}


def taken(browser, **body) -> int | None:
    answer = browser.post(QUEUE, json=body)
    assert answer.status_code == 200
    return answer.json["image"] and answer.json["image"]["id"]


def test_two_people_never_get_the_same_image(team):
    assert [taken(team["ada"]), taken(team["bob"]), taken(team["ada"])] == [1, 2, 1]
    assert taken(team["ada"], leaving=1) == 3
    assert [one["user"] for one in team["eve"].get(QUEUE).json["leases"]] == ["bob", "ada"]


def test_the_address_of_the_next_image_takes_it_from_the_queue(team):
    for name, image in (("ada", 1), ("bob", 2), ("ada", 1)):
        answer = team[name].get("/p/cats/annotate/next")
        assert answer.headers["Location"] == f"/p/cats/annotate/{image}"


def test_an_image_is_given_back(team):
    assert taken(team["ada"]) == 1
    assert team["ada"].delete(f"{QUEUE}/1").status_code == 200
    assert taken(team["bob"]) == 1
    assert team["bob"].delete(f"{QUEUE}/99").status_code == 404


def test_a_viewer_takes_nothing_and_an_annotator_assigns_nothing(team):
    assert team["eve"].post(QUEUE, json={}).status_code == 403
    assert team["ada"].post(ASSIGNMENTS, json={"users": ["ada"]}).status_code == 403


def test_images_are_assigned_in_turn_and_taken_back(team):
    body = {"users": ["ada", "bob"], "due": "2030-01-31T17:00:00+00:00"}
    answer = team["boss"].post(ASSIGNMENTS, json=body)
    assert answer.json == {
        "assigned": 3,
        "people": [
            {"user": "ada", "images": 2, "open": 2, "due": "2030-01-31T17:00:00+00:00"},
            {"user": "bob", "images": 1, "open": 1, "due": "2030-01-31T17:00:00+00:00"},
        ],
    }
    assert taken(team["bob"]) == 2
    assert taken(team["bob"], leaving=2) is None
    gone = team["boss"].delete(ASSIGNMENTS, json={"users": ["ada"]})
    assert gone.json["unassigned"] == 2
    assert team["boss"].get(ASSIGNMENTS).json["people"][0]["user"] == "bob"


def test_images_with_a_label_are_assigned(team, project):
    project.annotate(2, [("dog", Box(1, 2, 10, 10))])
    answer = team["boss"].post(ASSIGNMENTS, json={"users": ["ada"], "label": 2})
    assert answer.json["assigned"] == 1
    assert taken(team["bob"]) == 1
    assert taken(team["bob"], leaving=1) == 3
    assert taken(team["ada"]) == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"users": []}, "at least one person"),
        ({"users": ["eve"]}, "may not draw"),
        ({"users": ["nobody"]}, "may not draw"),
        ({"users": ["ada"], "due": "soon"}, "must be a time"),
        ({"users": ["ada"], "due": "2030-01-31T17:00:00"}, "time zone"),
        ({"users": ["ada"], "state": "lost"}, "state"),
        ({"users": ["ada"], "first": 0}, "first"),
    ],
)
def test_a_wrong_assignment_is_refused_in_words(team, body, words):
    answer = team["boss"].post(ASSIGNMENTS, json=body)
    assert answer.status_code in (400, 422)
    assert words in answer.json["error"]
    assert team["boss"].get(ASSIGNMENTS).json["people"] == []
