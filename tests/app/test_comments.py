"""Comments on an image: who reads them, who may change the words."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert

from datasetbuilder.app.rest import annotations, operations
from datasetbuilder.projects.schema import annotation_set
from tests.app.people import browser_of, enrol

CATS = "/api/v1/projects/cats"
IMAGE = f"{CATS}/images/1"
SETS = {"ada": "truth", "bob": "blind-bob", "eve": "blind-eve"}


@pytest.fixture(autouse=True)
def campaign(workspace, project):
    """Ada draws the truth; bob and eve are blind to it and to each other; one person reviews."""
    for name in SETS:
        enrol(workspace, name, cats="annotator")
    enrol(workspace, "judge", cats="reviewer")
    for number, name in enumerate(("bob", "eve")):
        row = {"project": project.info.id, "name": SETS[name], "owner": name, "created_at": number}
        workspace.store.submit(lambda t, row=row: t.connection.execute(insert(annotation_set), row))


def said(kind: str, uid: str, base: int | None = None, **payload: Any) -> dict[str, Any]:
    return {
        "op_id": str(uuid4()),
        "kind": kind,
        "target": {"type": "comment", "key": uid, "image": 1},
        "payload": payload,
        "base_version": base,
    }


def send(app, name: str, *operations: dict[str, Any], client: str = "tab") -> Any:
    body = {"client": client, "since": 0, "operations": list(operations)}
    answer = browser_of(app, name).post(f"{IMAGE}/operations", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json


def outcomes(answer: Any) -> list[str]:
    return [one["outcome"] for one in answer["results"]]


@pytest.fixture
def spoken(app) -> None:
    """One comment of each of the three in their own set, and one of each that was taken away."""
    for name, set_name in SETS.items():
        kept = said("add", f"of-{name}", text=f"{name} asks", set=set_name, x=3, y=4)
        gone = said("add", f"gone-of-{name}", text="never mind", set=set_name)
        assert outcomes(send(app, name, kept, gone)) == ["accepted", "accepted"]
        assert outcomes(send(app, name, said("remove", f"gone-of-{name}", 1))) == ["accepted"]


def test_a_comment_comes_with_its_image(app, spoken):
    (one,) = browser_of(app, "ada").get(f"{IMAGE}/annotations").json["comments"]
    told = {"set": "truth", "text": "ada asks", "author": "ada", "x": 3.0, "y": 4.0}
    assert told.items() <= one.items()
    assert (one["resolved"], one["annotation"]) == (False, None)


def test_everybody_reads_the_comments_of_their_own_set_and_a_reviewer_all(app, spoken):
    for name in SETS:
        others = set(SETS) - {name}
        browser = browser_of(app, name)
        page = browser.get(f"{IMAGE}/annotations").text
        live = str(send(app, name, client="another-tab")["others"])
        for text in (page, live, browser.get(f"{IMAGE}/history").text):
            assert not [other for other in others if f"of-{other}" in text]
        assert f"of-{name}" in page
        assert f"gone-of-{name}" in live
    (first, second, third) = browser_of(app, "judge").get(f"{IMAGE}/annotations").json["comments"]
    assert [one["author"] for one in (first, second, third)] == ["ada", "bob", "eve"]
    live = str(send(app, "judge", client="another-tab")["others"])
    assert [name for name in SETS if f"gone-of-{name}" in live] == list(SETS)


def test_the_denials_notice_a_build_that_tells_every_comment(app, spoken, monkeypatch):
    for module in (annotations, operations):
        monkeypatch.setattr(module, "comment_sets_shown", lambda _: None)
    page = browser_of(app, "bob").get(f"{IMAGE}/annotations").text
    live = str(send(app, "bob", client="another-tab")["others"])
    assert "of-ada" in page
    assert "of-ada" in live


def test_the_blind_speak_in_their_own_set_alone(app):
    payloads: list[dict[str, Any]] = [{}, {"set": "truth"}, {"set": "blind-eve"}, {"set": "gold"}]
    for payload in payloads:
        answer = send(app, "bob", said("add", str(uuid4()), text="hm", **payload))
        assert outcomes(answer) == ["refused"], payload


def test_a_reviewer_answers_in_the_set_of_whoever_asked(app, spoken):
    answer = said("add", "answer", text="like this", set="blind-bob")
    assert outcomes(send(app, "judge", answer)) == ["accepted"]
    assert "like this" in browser_of(app, "bob").get(f"{IMAGE}/annotations").text
    assert "like this" not in browser_of(app, "eve").get(f"{IMAGE}/annotations").text


def test_nobody_touches_a_comment_of_another_set(app, spoken):
    for name, other in (("bob", "eve"), ("bob", "ada"), ("ada", "bob")):
        answer = send(app, name, said("change", f"of-{other}", 1, resolved=True))
        assert outcomes(answer) == ["refused"], (name, other)


def test_a_comment_stays_in_its_set(app, spoken):
    assert outcomes(send(app, "judge", said("change", "of-bob", 1, set="truth"))) == ["refused"]


def test_everybody_resolves_and_reopens_but_the_words_are_their_authors(app, workspace, spoken):
    enrol(workspace, "zoe", cats="annotator")
    resolved = send(app, "zoe", said("change", "of-ada", 1, resolved=True))
    assert outcomes(resolved) == ["accepted"]
    for operation in (said("change", "of-ada", 2, text="hers"), said("remove", "of-ada", 2)):
        assert outcomes(send(app, "zoe", operation)) == ["refused"]
    assert outcomes(send(app, "judge", said("change", "of-ada", 2, text="mine"))) == ["refused"]
    assert outcomes(send(app, "ada", said("change", "of-ada", 2, text="mine"))) == ["accepted"]
    assert outcomes(send(app, "judge", said("remove", "of-ada", 3))) == ["accepted"]


def test_nobody_brings_back_the_words_of_another(app, spoken):
    back = said("change", "gone-of-ada", 2, text="as ada said")
    assert outcomes(send(app, "judge", back)) == ["refused"]
    mine = said("change", "gone-of-ada", 2, text="as I said")
    assert outcomes(send(app, "ada", mine)) == ["accepted"]
    page = browser_of(app, "ada").get(f"{IMAGE}/annotations").json
    assert sorted(one["set"] for one in page["comments"]) == ["truth", "truth"]


def test_a_viewer_says_nothing(app, workspace):
    enrol(workspace, "guest", cats="viewer")
    body = {"client": "tab", "since": 0, "operations": [said("add", "c", text="hm")]}
    assert browser_of(app, "guest").post(f"{IMAGE}/operations", json=body).status_code == 403
