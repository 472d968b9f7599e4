"""A blind annotator sees their own set and nothing of anybody else's, whichever route they ask."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert

from datasetbuilder.api import Project
from datasetbuilder.model import Annotation, Box
from datasetbuilder.projects.schema import annotation_set
from datasetbuilder.projects.store import Store
from tests.app.people import browser_of, enrol
from tests.app.requests import box_operation

CATS = "/api/v1/projects/cats"
IMAGE = f"{CATS}/images/1"
SETS = {"ada": "truth", "bob": "blind-bob", "eve": "blind-eve"}
PEOPLE = list(SETS)


@pytest.fixture(autouse=True)
def campaign(workspace, project):
    """Ada draws what is exported; bob and eve measure each other, each in a set of their own."""
    for name in PEOPLE:
        enrol(workspace, name, cats="annotator")
    enrol(workspace, "judge", cats="reviewer")
    for number, name in enumerate(("bob", "eve")):
        row = {"project": project.info.id, "name": SETS[name], "owner": name, "created_at": number}
        workspace.store.submit(lambda t, row=row: t.connection.execute(insert(annotation_set), row))


def operation(name: str, kind: str, uid: str, base: int | None, **payload: Any) -> dict[str, Any]:
    return {
        "op_id": str(uuid4()),
        "kind": kind,
        "target": {"type": "annotation", "key": uid, "image": 1},
        "payload": payload,
        "base_version": base,
    }


def send(app, name: str, *operations: dict[str, Any], client: str = "", since: int = 0) -> Any:
    body = {"client": client or f"tab-{name}", "since": since, "operations": list(operations)}
    answer = browser_of(app, name).post(f"{IMAGE}/operations", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json


def outcomes(answer: Any) -> list[str]:
    return [one["outcome"] for one in answer["results"]]


@pytest.fixture
def drawn(app) -> dict[str, str]:
    """By person an object of theirs that two of their tabs have fought over; another removed."""
    uids = {}
    for name, set_name in SETS.items():
        kept, gone = box_operation(1), box_operation(1)
        for one in (kept, gone):
            one["payload"]["set"] = set_name
        uid, lost = kept["target"]["key"], gone["target"]["key"]
        assert outcomes(send(app, name, kept, gone)) == ["accepted", "accepted"]
        send(app, name, operation(name, "change", uid, 1, label=2))
        late = operation(name, "remove", uid, 1)
        assert outcomes(send(app, name, late, client="late")) == ["conflict"]
        assert outcomes(send(app, name, operation(name, "remove", lost, 1))) == ["accepted"]
        uids[name] = uid
        uids[f"gone of {name}"] = lost
    return uids


READS = (
    f"{IMAGE}/annotations",
    f"{IMAGE}/history",
    f"{IMAGE}/state",
    f"{IMAGE}/state?seq=9",
    f"{IMAGE}/steps",
    f"{IMAGE}/conflicts",
    f"{IMAGE}/measurements",
    f"{CATS}/history",
    f"{CATS}/images",
)


def test_nobody_reads_of_what_lies_in_another_set(app, drawn):
    for name in PEOPLE:
        browser = browser_of(app, name)
        mine = {drawn[name], drawn[f"gone of {name}"]}
        theirs = set(drawn.values()) - mine
        for address in READS:
            answer = browser.get(address)
            assert answer.status_code == 200
            assert not [uid for uid in theirs if uid in answer.text], address
        poll = str(send(app, name, client="another-tab"))
        assert not [uid for uid in theirs if uid in poll]
        assert drawn[name] in poll
        assert drawn[f"gone of {name}"] in poll


def test_the_denials_notice_a_build_that_guards_nothing(app, drawn, monkeypatch):
    monkeypatch.setattr(Store, "own_sets", lambda *_: ())
    browser = browser_of(app, "bob")
    open_to_bob = {address for address in READS if drawn["ada"] in browser.get(address).text}
    assert open_to_bob == set(READS) - {f"{IMAGE}/steps", f"{CATS}/images"}


def test_everybody_is_shown_their_own_set(app, drawn):
    for name in PEOPLE:
        page = browser_of(app, name).get(f"{IMAGE}/annotations").json
        assert page["set"] == SETS[name]
        assert [one["uid"] for one in page["annotations"]] == [drawn[name]]
        assert [side["target"]["key"] for one in page["conflicts"] for side in one["sides"]] == [
            drawn[name]
        ]


def test_a_line_of_another_set_is_not_to_be_had_by_its_number(app, drawn):
    for name in PEOPLE:
        browser = browser_of(app, name)
        last = browser.get(f"{IMAGE}/annotations").json["seq"]
        shown = [browser.get(f"{IMAGE}/history/{seq}") for seq in range(1, last + 1)]
        keys = {one.json["target"]["key"] for one in shown if one.status_code == 200}
        assert keys & set(drawn.values()) == {drawn[name], drawn[f"gone of {name}"]}


def test_the_tombs_beside_the_past_are_ones_own(app, drawn):
    for name in PEOPLE:
        tombs = browser_of(app, name).get(f"{IMAGE}/state").json["tombs"]
        assert [one["target"]["key"] for one in tombs] == [drawn[f"gone of {name}"]]


def test_conflicts_are_counted_in_ones_own_set(app, drawn):
    name = "bob"
    browser = browser_of(app, name)
    (first, *_) = browser.get(f"{CATS}/images").json["images"]
    assert (first["conflicts"], send(app, name)["conflicts"]) == (1, 1)
    assert browser.get(f"{CATS}/conflicts").json == {"images": [1]}

    settled = {
        "op_id": "settled",
        "kind": "remove",
        "target": {"type": "conflict", "key": conflict_of(app, name), "image": 1},
        "payload": {"choice": "theirs"},
        "base_version": 1,
    }
    assert outcomes(send(app, name, settled)) == ["accepted"]
    assert browser.get(f"{CATS}/conflicts").json == {"images": []}
    for other in set(PEOPLE) - {name}:
        assert browser_of(app, other).get(f"{CATS}/conflicts").json == {"images": [1]}
        assert "settled" not in browser_of(app, other).get(f"{CATS}/history").text


def conflict_of(app, name: str) -> str:
    (one,) = browser_of(app, name).get(f"{IMAGE}/conflicts").json["conflicts"]
    return one["op_ids"][0]


def test_nobody_settles_a_conflict_of_another_set(app, drawn):
    for name, other in (("bob", "eve"), ("eve", "bob"), ("bob", "ada"), ("ada", "bob")):
        answer = send(
            app,
            name,
            {
                "op_id": str(uuid4()),
                "kind": "remove",
                "target": {"type": "conflict", "key": conflict_of(app, other), "image": 1},
                "payload": {"choice": "theirs"},
                "base_version": 1,
            },
        )
        assert outcomes(answer) == ["refused"], (name, other)


def test_a_blind_annotator_draws_in_their_own_set_alone(app, project):
    for payload in ({}, {"set": "truth"}, {"set": "blind-eve"}, {"set": "gold"}, {"set": "new"}):
        added = box_operation(1)
        added["payload"].update(payload)
        assert outcomes(send(app, "bob", added)) == ["refused"], payload
    assert project.annotations(1) == ()


def test_a_blind_annotator_touches_nothing_of_the_truth(app, project, drawn):
    sent = send(app, "bob", operation("bob", "change", drawn["ada"], 2, label=1))
    assert outcomes(sent) == ["refused"]
    moved = send(app, "bob", operation("bob", "change", drawn["bob"], 2, set="truth"))
    assert outcomes(moved) == ["refused"]
    assert [one.version for one in project.annotations(1)] == [2]


def test_presence_is_told_within_a_set(app):
    def others(name: str) -> list[str]:
        body = {"client": f"tab-{name}"}
        answer = browser_of(app, name).post(f"{IMAGE}/presence", json=body)
        return [one["author"] for one in answer.json["others"]]

    assert [others(name) for name in ("bob", "eve", "ada", "judge")] == [[], [], [], ["ada"]]
    assert others("bob") == []


def test_counts_are_those_of_ones_own_set(app, project, drawn):
    project.annotate(1, [("cat", Box(1, 2, 10, 10)), ("cat", Box(3, 4, 10, 10))])
    browser = browser_of(app, "bob")
    page = browser.get(f"{IMAGE}/annotations").json
    assert page["image"]["n_annotations"] == 1
    assert [one["count"] for one in page["labels"]] == [0, 1]
    (first, *_) = browser.get(f"{CATS}/images").json["images"]
    assert first["n_annotations"] == 1
    assert [one["count"] for one in browser.get(f"{CATS}/labels").json["labels"]] == [0, 1]
    assert browser.get(CATS).json["project"]["n_annotations"] == 1


def test_a_gallery_is_narrowed_by_what_one_drew_oneself(app, project, drawn):
    project.annotate(2, [("cat", Box(1, 2, 10, 10))])

    def found(name: str, label: int) -> list[int]:
        page = browser_of(app, name).get(f"{CATS}/images?label={label}").json
        return [one["id"] for one in page["images"]]

    assert (found("bob", 1), found("bob", 2)) == ([], [1])
    assert (found("ada", 1), found("ada", 2)) == ([2], [1])


def test_an_import_is_no_line_for_the_blind(app, workspace, project):
    made = Annotation("imported", 1, Box(1, 2, 10, 10), image_id=1)
    workspace.store.add_annotations(project.info.id, [made], author="ada")

    def newest(name: str) -> list[str]:
        lines = browser_of(app, name).get(f"{CATS}/history?limit=2").json["lines"]
        return [one["target"]["key"] for one in lines]

    assert newest("ada") == ["annotations", "images"]
    assert newest("bob")[0] == "images"


def test_a_restore_brings_back_ones_own_objects_alone(app, project, drawn):
    body = {"client": "tab", "name": "yesterday", "seq": 0}
    results = browser_of(app, "bob").post(f"{IMAGE}/restore", json=body).json["results"]
    assert [one["outcome"] for one in results] == ["accepted"]
    assert [one.uid for one in project.annotations(1, sets=("truth", "blind-eve"))] == [
        drawn["ada"],
        drawn["eve"],
    ]
    assert project.annotations(1, sets=("blind-bob",)) == ()


def test_a_reviewer_is_not_blind(app, workspace, project, drawn):
    row = {"project": project.info.id, "name": "blind-judge", "owner": "judge", "created_at": 9}
    workspace.store.submit(lambda t: t.connection.execute(insert(annotation_set), row))
    page = browser_of(app, "judge").get(f"{IMAGE}/annotations").json
    assert (page["set"], [one["uid"] for one in page["annotations"]]) == ("truth", [drawn["ada"]])


@pytest.mark.parametrize("address", ["objects", "map"])
def test_a_job_over_a_set_is_known_to_who_sees_the_set(app, services, monkeypatch, address):
    monkeypatch.setattr(services.jobs, "_pool", type("", (), {"submit": lambda *a: None})())
    enrol(services.workspace, "zoe", cats="annotator")
    started = {
        name: browser_of(app, name).post(f"{CATS}/{address}", json={}).json["job"]["id"]
        for name in PEOPLE
    }

    def known(name: str) -> set[str]:
        listed = {one["id"] for one in browser_of(app, name).get(f"{CATS}/jobs").json["jobs"]}
        return {owner for owner, number in started.items() if number in listed}

    assert [known(name) for name in PEOPLE] == [{"ada"}, {"bob"}, {"eve"}]
    assert (known("zoe"), known("judge")) == ({"ada"}, set(PEOPLE))
    hers = f"{CATS}/jobs/{started['eve']}"
    bob = browser_of(app, "bob")
    refused = (bob.get(hers), bob.delete(hers), bob.post(f"{hers}/resume", json={}))
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert browser_of(app, "judge").get(hers).status_code == 200


def test_duplicates_tell_the_blind_of_their_own_work_alone(app, project, drawn, monkeypatch):
    project.annotate(1, [("cat", Box(1, 2, 10, 10)), ("cat", Box(3, 4, 10, 10))])
    twins = [replace(one, sha256="f" * 64) for one in project.images()[:2]]
    monkeypatch.setattr(Project, "images", lambda self: twins)

    def counted(name: str) -> list[int]:
        (group,) = browser_of(app, name).get(f"{CATS}/duplicates").json["groups"]
        return [one["n_annotations"] for one in group["images"]]

    assert (counted("ada"), counted("bob")) == ([3, 0], [1, 0])
