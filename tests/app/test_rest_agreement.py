"""A round from dealing to consensus over plain routes, and what raters are not told."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image as Picture

from datasetbuilder.model import Box
from tests.app.people import browser_of, enrol
from tests.app.requests import box_operation

CATS = "/api/v1/projects/cats"
RATERS = ("bob", "eve")


@pytest.fixture
def team(app, workspace, project):
    for name in (*RATERS, "ada"):
        enrol(workspace, name, cats="annotator")
    enrol(workspace, "judge", cats="reviewer")
    return {name: browser_of(app, name) for name in (*RATERS, "ada", "judge")}


@pytest.fixture
def round_of_two(team):
    body = {"name": "first", "raters": list(RATERS), "images": [1, 2]}
    answer = team["judge"].post(f"{CATS}/rounds", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json["round"]["id"]


def send(browser, image: int, *operations: dict[str, Any]) -> list[dict[str, Any]]:
    body = {"client": "tab", "since": 0, "operations": list(operations)}
    answer = browser.post(f"{CATS}/images/{image}/operations", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json["results"]


def state(image: int, base: int, state: str = "done") -> dict[str, Any]:
    return {
        "op_id": str(uuid4()),
        "kind": "change",
        "target": {"type": "image_state", "key": str(image), "image": image},
        "payload": {"state": state},
        "base_version": base,
    }


def drawn(image: int, set_name: str, label: int = 1, x: float = 10) -> dict[str, Any]:
    one = box_operation(image)
    one["payload"] |= {
        "set": set_name,
        "label": label,
        "geometry": {"x": x, "y": 10, "width": 20, "height": 20},
    }
    return one


def rate(browser, image: int, *boxes: tuple[int, float]) -> list[str]:
    page = browser.get(f"{CATS}/images/{image}/annotations").json
    made = [drawn(image, page["set"], label, x) for label, x in boxes]
    results = send(browser, image, *made, state(image, page["image"]["version"]))
    assert [one["outcome"] for one in results] == ["accepted"] * (len(boxes) + 1), results
    return [one["target"]["key"] for one in made]


@pytest.fixture
def rated(team, round_of_two):
    """Both see one object nearly alike, eve another one beside it; nobody sees any on image 2."""
    uids = {"bob": rate(team["bob"], 1, (1, 10)), "eve": rate(team["eve"], 1, (1, 15), (2, 60))}
    for name in RATERS:
        rate(team[name], 2)
    return uids


def test_raters_go_through_their_own_images_and_see_their_own_states(team, round_of_two):
    def next_of(name: str, **body: int) -> int:
        return team[name].post(f"{CATS}/queue", json=body).json["image"]["id"]

    first = next_of("bob")
    second = next_of("bob", leaving=first)
    assert {first, second} == {1, 2}
    rate(team["bob"], first)
    assert (next_of("bob"), next_of("eve")) == (second, first)
    page = team["bob"].get(f"{CATS}/images/{first}/annotations").json
    assert page["image"]["state"] == "done"
    assert page["project"]["states"]["done"] == 1
    done = team["bob"].get(f"{CATS}/images?state=done").json["images"]
    assert [one["id"] for one in done] == [first]
    for other in ("eve", "ada", "judge"):
        assert team[other].get(f"{CATS}/images?state=done").json["images"] == []
        assert "blind-bob" not in team["eve"].get(f"{CATS}/history").text
    told = team["judge"].get(f"{CATS}/rounds").json["rounds"][0]["raters"]
    assert told == [
        {"user": "bob", "images": 2, "done": 1},
        {"user": "eve", "images": 2, "done": 0},
    ]


def test_agreement_is_told_per_class_and_per_image(team, rated):
    found = team["judge"].post(f"{CATS}/agreement", json={}).json["agreement"]
    assert (found["raters"], found["n_images"], found["n_objects"]) == (["bob", "eve"], 2, 2)
    cat, dog = found["classes"]
    assert (cat["label"], cat["found"], cat["iou"]) == ("cat", 1.0, 0.6)
    assert (dog["label"], dog["found"], dog["iou"]) == ("dog", 0.0, None)
    assert [(one["image_id"], round(one["score"], 3)) for one in found["images"]] == [
        (1, 0.4),
        (2, 1.0),
    ]


def test_a_settled_image_holds_copies_and_can_be_undone(team, project, rated):
    page = f"{CATS}/images/1"
    first, second = team["judge"].get(f"{page}/findings").json["findings"]
    assert [one["rater"] for one in first["objects"]] == ["bob", "eve"]
    assert (first["majority"], second["majority"], second["missed"]) == (True, False, ["bob"])
    body = {"uids": [rated["bob"][0], rated["eve"][1]], "name": "once"}
    for _ in range(2):
        answer = team["judge"].post(f"{page}/consensus", json=body).json
    settled = project.annotations(1, sets=("consensus",))
    assert [(one.label, one.source, one.author) for one in settled] == [
        (1, "consensus", "judge"),
        (2, "consensus", "judge"),
    ]
    assert [one.uid for one in project.annotations(1, sets=("blind-bob",))] == rated["bob"]
    again = {"uids": rated["eve"][:1], "name": "twice"}
    answer = team["judge"].post(f"{page}/consensus", json=again).json
    assert [one["label"] for one in answer["consensus"]] == [1]
    undone = team["judge"].delete(f"{page}/consensus", json={"seq": answer["before"]}).json
    assert [one["label"] for one in undone["consensus"]] == [1, 2]


def test_only_objects_of_raters_settle_an_image_and_truth_is_never_mixed(team, project, rated):
    (truth,) = project.annotate(1, [("cat", Box(1, 1, 5, 5))])
    page = f"{CATS}/images/1/consensus"
    refused = team["judge"].post(page, json={"uids": [truth.uid]})
    assert "no object" in refused.json["error"]
    refused = team["judge"].post(page, json={"uids": rated["bob"], "into": "truth"})
    assert "holds 1 objects in truth already" in refused.json["error"]
    assert project.annotations(1, sets=("consensus",)) == ()


def test_the_map_of_disagreement_is_a_veil_over_what_one_alone_saw(team, rated):
    answer = team["judge"].get(f"{CATS}/images/1/disagreement")
    veil = np.array(Picture.open(BytesIO(answer.data)).convert("RGBA"))
    assert veil.shape == (80, 100, 4)
    assert veil[20, [5, 12, 20, 32, 70], 3].tolist() == [0, 200, 0, 200, 200]


def test_nobody_below_a_reviewer_learns_of_rounds_findings_or_gold(team, rated):
    for method, path in (
        ("get", "rounds"),
        ("get", "gold"),
        ("get", "images/1/findings"),
        ("get", "images/1/disagreement"),
        ("post", "agreement"),
        ("post", "images/1/consensus"),
        ("put", "images/1/gold"),
    ):
        answer = getattr(team["bob"], method)(f"{CATS}/{path}", json={"uids": []})
        assert answer.status_code == 403, path


def test_a_gold_image_looks_like_every_other_to_its_raters(team, project):
    project.annotate(3, [("cat", Box(10, 10, 20, 20))])
    send(team["judge"], 3, state(3, project.image(3).version, "accepted"))
    assert team["judge"].put(f"{CATS}/images/3/gold", json={}).json["images"] == [3]
    body = {"name": "first", "raters": list(RATERS), "per_image": 1, "last": 2}
    assert team["judge"].post(f"{CATS}/rounds", json=body).status_code == 200

    def told(name: str, image: int) -> dict[str, Any]:
        page = team[name].get(f"{CATS}/images/{image}/annotations").json
        assert team[name].get(f"{CATS}/images/{image}/history").json["lines"] == []
        kept = ("state", "comment", "version", "split", "n_annotations")
        return {
            **{key: page["image"][key] for key in kept},
            "set": page["set"],
            "drawn": page["annotations"],
        }

    mine = next(n for n in (1, 2) if project.ratings("bob", [n]))
    assert told("bob", 3) == told("bob", mine)
    rate(team["bob"], 3, (1, 15))
    trials = team["judge"].get(f"{CATS}/gold").json["trials"]
    assert [(one["user"], one["image"], one["score"]) for one in trials] == [("bob", 3, 0.6)]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "x", "raters": ["judge"]}, "no annotator"),
        ({"name": "x", "raters": ["nobody"]}, "no annotator"),
        ({"name": "x", "raters": ["bob"]}, "2 raters for each image"),
        ({"name": "x", "raters": ["bob"], "per_image": 0}, "per_image"),
    ],
)
def test_a_round_that_cannot_be_is_refused_in_words(team, body, words):
    answer = team["judge"].post(f"{CATS}/rounds", json=body)
    assert answer.status_code in (400, 422)
    assert words in answer.json["error"]
