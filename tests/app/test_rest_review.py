"""The review over plain routes: what waits, what is known of an image, the rule of the draw."""

from typing import Any
from uuid import uuid4

import pytest

from tests.app.people import browser_of, enrol

CATS = "/api/v1/projects/cats"
REVIEW, RULE = f"{CATS}/review", f"{CATS}/review/rule"


@pytest.fixture
def team(app, workspace, project) -> dict[str, Any]:
    for name, role in (("ada", "annotator"), ("judge", "reviewer"), ("mary", "reviewer")):
        enrol(workspace, name, cats=role)
    enrol(workspace, "boss", cats="admin")
    return {name: browser_of(app, name) for name in ("ada", "judge", "mary", "boss")}


def say(browser, state: str, image: int, base: int, comment: str = "") -> int:
    operation = {
        "op_id": str(uuid4()),
        "kind": "change",
        "target": {"type": "image_state", "key": str(image), "image": image},
        "payload": {"state": state, "comment": comment},
        "base_version": base,
    }
    body = {"client": "tab", "since": 0, "operations": [operation]}
    return browser.post(f"{CATS}/images/{image}/operations", json=body).status_code


def waiting(browser) -> list[tuple[int, str, str]]:
    answer = browser.get(REVIEW)
    assert answer.status_code == 200, answer.text
    return [(one["id"], one["done_by"], one["reason"]) for one in answer.json["images"]]


def test_what_is_done_waits_until_it_is_accepted(team):
    assert waiting(team["judge"]) == []
    assert say(team["ada"], "done", 1, 1) == 200
    assert say(team["ada"], "done", 2, 1) == 200
    assert waiting(team["judge"]) == [(1, "ada", "share"), (2, "ada", "share")]
    assert say(team["ada"], "accepted", 1, 2) == 403
    assert say(team["judge"], "accepted", 1, 2) == 200
    assert waiting(team["judge"]) == [(2, "ada", "share")]


def test_the_queue_comes_in_pages(team):
    for image in (1, 2, 3):
        say(team["ada"], "done", image, 1)
    first = team["judge"].get(f"{REVIEW}?limit=2").json
    assert ([one["id"] for one in first["images"]], first["next"]) == ([1, 2], 2)
    rest = team["judge"].get(f"{REVIEW}?limit=2&after=2").json
    assert ([one["id"] for one in rest["images"]], rest["next"]) == ([3], None)


def test_an_image_tells_what_its_last_review_said(team):
    address = f"{CATS}/images/1/review"
    assert team["judge"].get(address).json["verdict"] is None
    say(team["ada"], "done", 1, 1)
    say(team["judge"], "rejected", 1, 2, "one is missing")
    say(team["ada"], "done", 1, 3)
    told = team["mary"].get(address).json
    assert (told["done_by"], told["accepted_by"]) == ("ada", None)
    verdict = told["verdict"]
    assert (verdict["by"], verdict["state"], verdict["comment"]) == (
        "judge",
        "rejected",
        "one is missing",
    )
    assert verdict["seq"] == 5


def test_an_administrator_says_what_is_reviewed(team):
    rule = {"share": 0, "below": 0.5, "second": 100, "seed": 7}
    assert team["judge"].put(RULE, json=rule).status_code == 403
    assert team["boss"].put(RULE, json=rule).json == rule
    assert team["judge"].get(RULE).json == rule
    say(team["ada"], "done", 1, 1)
    assert waiting(team["judge"]) == []
    say(team["judge"], "accepted", 1, 2)
    assert waiting(team["judge"]) == []
    assert waiting(team["mary"]) == [(1, "ada", "second")]


@pytest.mark.parametrize(
    "rule", [{"share": 101}, {"share": 1.5}, {"below": 2}, {"second": -1}, {"half": 1}]
)
def test_a_rule_that_makes_no_sense_is_refused(team, rule):
    assert team["boss"].put(RULE, json=rule).status_code in (400, 422)
    assert team["boss"].get(RULE).json["share"] == 100


def test_an_annotator_learns_nothing_of_the_review(team):
    for address in (REVIEW, RULE, f"{CATS}/images/1/review"):
        assert team["ada"].get(address).status_code == 403
