"""Conflicts, presence and the past of an image over plain routes."""

import pytest

from datasetbuilder.app.security.permissions import Role
from datasetbuilder.model import Box
from tests.app.requests import OPERATIONS, box_operation

IMAGE = "/api/v1/projects/cats/images/1"


def send(client, *operations, tab="tab-1"):
    body = {"client": tab, "since": 0, "operations": list(operations)}
    return client.post(OPERATIONS, json=body).json


@pytest.fixture
def disputed(client, project):
    """A box that two tabs moved; the second one was refused."""
    added = box_operation(1)
    send(client, added)
    change = {**added, "kind": "change", "base_version": 1}
    send(client, {**change, "op_id": "first", "payload": {"label": 2}})
    geometry = {"kind": "box", "geometry": {"x": 50, "y": 6, "width": 10, "height": 20}}
    answer = send(client, {**change, "op_id": "late", "payload": geometry}, tab="tab-2")
    assert answer["conflicts"] == 1
    return added["target"]


# --- conflicts --------------------------------------------------------------------------------


def test_an_unanswered_conflict_is_listed_with_both_sides(client, disputed):
    for document in (
        client.get(f"{IMAGE}/conflicts").json,
        client.get(f"{IMAGE}/annotations").json,
    ):
        (dispute,) = document["conflicts"]
        assert (dispute["op_ids"], dispute["author"]) == (["late"], "local")
        (side,) = dispute["sides"]
        assert side["target"] == disputed
        assert (side["mine"]["label"], side["mine"]["geometry"]["x"]) == (1, 50)
        assert (side["theirs"]["label"], side["theirs"]["geometry"]["x"]) == (2, 5)
        assert side["version"] == 2


def test_conflicts_are_counted_where_images_are_listed(client, disputed):
    images = client.get("/api/v1/projects/cats/images").json["images"]
    assert [image["conflicts"] for image in images] == [1, 0, 0]
    assert client.get("/api/v1/projects/cats/conflicts").json == {"images": [1]}


def test_a_settled_conflict_is_listed_no_more(client, disputed):
    settled = {
        "op_id": "settled",
        "kind": "remove",
        "target": {"type": "conflict", "key": "late", "image": 1},
        "payload": {"choice": "theirs"},
        "base_version": 1,
    }
    answer = send(client, settled)
    assert (answer["results"][0]["outcome"], answer["conflicts"]) == ("accepted", 0)
    assert client.get(f"{IMAGE}/conflicts").json == {"conflicts": [], "conflicts_waiting": 0}


def test_labels_out_of_use_are_listed_with_their_heirs(client, project):
    uid = project.labels()[0].uid
    merge = {
        "op_id": "merge",
        "kind": "remove",
        "target": {"type": "label", "key": uid, "image": None},
        "payload": {"merge_into": 2},
        "base_version": 1,
    }
    body = {"client": "t", "since": 0, "operations": [merge]}
    client.post("/api/v1/projects/cats/operations", json=body)
    labels = client.get("/api/v1/projects/cats/labels").json["labels"]
    assert [(x["name"], x["deleted"], x["merged_into"]) for x in labels] == [
        ("cat", True, 2),
        ("dog", False, None),
    ]


# --- presence ---------------------------------------------------------------------------------


def beat(client, tab, **how):
    return client.post(f"{IMAGE}/presence", json={"client": tab, **how}).json["others"]


def test_pages_on_one_image_see_each_other_until_they_leave(client, project):
    assert beat(client, "tab-1", doing="box") == []
    (other,) = beat(client, "tab-2")
    assert (other["client"], other["author"], other["doing"]) == ("tab-1", "local", "box")
    assert beat(client, "tab-1", leaving=True) == []
    assert beat(client, "tab-2") == []


# --- the past ---------------------------------------------------------------------------------


def test_the_history_of_an_image_is_lines_without_geometry(client, disputed):
    newest, oldest = client.get(f"{IMAGE}/history").json["lines"]
    assert (newest["kind"], newest["fields"], newest["about"]) == (
        "change",
        ["label"],
        {"label": 2, "kind": "box", "source": "person"},
    )
    assert (oldest["kind"], oldest["tool"], oldest["author"]) == ("add", "box", "local")
    assert "after" not in newest


def test_a_line_is_told_with_the_object_as_it_was(client, disputed):
    seq = client.get(f"{IMAGE}/history").json["lines"][0]["seq"]
    line = client.get(f"{IMAGE}/history/{seq}").json
    assert (line["before"]["label"], line["after"]["label"]) == (1, 2)
    assert client.get(f"{IMAGE}/history/999").status_code == 404
    assert client.get(IMAGE.replace("/1", "/2") + f"/history/{seq}").status_code == 404


def test_the_history_of_the_project_names_the_images(client, disputed):
    (newest, *_) = client.get("/api/v1/projects/cats/history?limit=5").json["lines"]
    assert newest["image"] == "one.png"
    assert client.get("/api/v1/projects/cats/history?author=eve").json == {"lines": []}


def test_ones_own_steps_can_be_taken_back_later(client, disputed):
    steps = client.get(f"{IMAGE}/steps").json["steps"]
    assert [[(c["before"] or {}).get("label") for c in step["changes"]] for step in steps] == [
        [None],
        [1],
    ]
    assert client.get(f"{IMAGE}/steps?until=0").json == {"steps": [], "tombs": []}


def test_what_was_removed_is_told_with_the_version_on_which_it_comes_back(client, disputed):
    gone = {"op_id": "gone", "kind": "remove", "target": disputed, "base_version": 2}
    send(client, gone)
    tomb = {"target": disputed, "version": 3}
    seq = client.get(f"{IMAGE}/history").json["lines"][0]["seq"]
    for address in ("steps", "state?seq=5", f"history/{seq}"):
        assert client.get(f"{IMAGE}/{address}").json["tombs"] == [tomb]


def test_an_image_is_told_and_brought_back_as_it_was(client, disputed):
    seq = client.get(f"{IMAGE}/history").json["lines"][1]["seq"]
    (found,) = client.get(f"{IMAGE}/state?seq={seq}").json["targets"]
    assert (found["target"], found["state"]["label"]) == (disputed, 1)

    body = {"client": "tab-1", "name": "back", "seq": seq}
    (result,) = client.post(f"{IMAGE}/restore", json=body).json["results"]
    assert (result["outcome"], result["current"]["label"]) == ("accepted", 1)
    assert client.post(f"{IMAGE}/restore", json=body).json["results"] == []


def test_a_viewer_reads_the_past_and_brings_nothing_back(client_as, project):
    viewer = client_as(Role.VIEWER)
    assert viewer.get(f"{IMAGE}/history").status_code == 200
    body = {"client": "t", "name": "back", "seq": 0}
    assert viewer.post(f"{IMAGE}/restore", json=body).status_code == 403
    assert viewer.post(f"{IMAGE}/presence", json={"client": "t"}).status_code == 403


def test_python_reads_and_brings_back_the_past(project):
    (cat,) = project.annotate(1, [("cat", Box(5, 5, 10, 10))])
    seq = project.info.seq
    when = project.history(1)[0].at
    project.restore(1, at=seq - 1)
    assert project.annotations(1) == ()
    project.restore(1, at=when)
    (back,) = project.annotations(1)
    assert (back.uid, back.id, back.geometry) == (cat.uid, cat.id, cat.geometry)
