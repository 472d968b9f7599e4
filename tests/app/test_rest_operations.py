"""Work comes in as operations, is answered after it is stored, and comes back to other tabs."""

import pytest

from tests.app.requests import OPERATIONS, box_operation

OPEN = "/api/v1/projects/cats/images/1/annotations"


def send(client, *operations, tab="tab-1", since=0, address=OPERATIONS):
    body = {"client": tab, "since": since, "operations": list(operations)}
    return client.post(address, json=body)


def test_a_box_sent_is_there_when_the_image_is_opened(client, project):
    operation = box_operation(1)
    answer = send(client, operation, since=project.info.seq).json
    assert answer["results"][0]["outcome"] == "accepted"
    assert answer["others"] == []
    opened = client.get(OPEN).json
    (annotation,) = opened["annotations"]
    assert annotation["uid"] == operation["target"]["key"]
    assert annotation["geometry"] == {"x": 5, "y": 6, "width": 10, "height": 20}
    assert (annotation["area"], annotation["author"]) == (200, "local")
    assert opened["seq"] == answer["seq"]
    assert opened["image"]["state"] == "in_progress"
    assert [label["count"] for label in opened["labels"]] == [1, 0]


def test_what_others_did_comes_with_the_next_answer(client, project):
    start = client.get(OPEN).json["seq"]
    mine, theirs = box_operation(1), box_operation(1)
    send(client, mine, tab="mine")
    send(client, theirs, tab="theirs")
    answer = send(client, tab="mine", since=start).json
    (other,) = answer["others"]
    assert other["target"] == {"type": "annotation", "key": theirs["target"]["key"], "image": 1}
    assert other["current"]["geometry"]["width"] == 10
    assert send(client, tab="mine", since=answer["seq"]).json["others"] == []


def test_a_removal_by_another_tab_comes_as_nothing_left(client, project):
    added = box_operation(1)
    version = send(client, added, tab="mine").json["results"][0]["version"]
    seen = client.get(OPEN).json["seq"]
    gone = {**added, "op_id": "gone", "kind": "remove", "payload": {}, "base_version": version}
    send(client, gone, tab="theirs")
    (other,) = send(client, tab="mine", since=seen).json["others"]
    assert other["current"] is None


def test_sending_twice_changes_nothing_and_answers_the_same(client, project):
    operation = box_operation(1)
    first, second = send(client, operation).json, send(client, operation).json
    assert first["results"] == second["results"]
    assert first["seq"] == second["seq"]
    assert len(client.get(OPEN).json["annotations"]) == 1


def test_a_change_on_an_old_version_is_a_conflict_and_overwrites_nothing(client, project):
    added = box_operation(1)
    version = send(client, added).json["results"][0]["version"]
    change = {
        **added,
        "kind": "change",
        "payload": {"label": 2},
        "base_version": version,
    }
    assert send(client, {**change, "op_id": "a"}).json["results"][0]["outcome"] == "accepted"
    (late,) = send(client, {**change, "op_id": "b", "payload": {"label": 1}}).json["results"]
    assert late["outcome"] == "conflict"
    assert late["current"]["label"] == 2


def test_queued_operations_on_one_object_chain(client, project):
    added = box_operation(1)
    moved = {
        **added,
        "op_id": "moved",
        "kind": "change",
        "payload": {"label": 2},
        "base_version": added["op_id"],
    }
    results = send(client, added, moved).json["results"]
    assert [result["outcome"] for result in results] == ["accepted", "accepted"]


def test_one_refused_operation_does_not_hold_back_its_neighbours(client, project):
    bad = box_operation(1)
    bad["payload"] = {**bad["payload"], "label": 77}
    results = send(client, bad, box_operation(1)).json["results"]
    assert [result["outcome"] for result in results] == ["refused", "accepted"]
    assert "77" in results[0]["reason"]


def test_polling_writes_nothing(client, project):
    before = project.info.seq
    answer = send(client, since=before).json
    assert answer == {"results": [], "others": [], "seq": before, "conflicts": 0}


# --- the address decides --------------------------------------------------------------------------


def test_an_operation_on_another_image_than_the_address_says_is_refused(client, project):
    answer = send(client, box_operation(1), box_operation(2))
    assert answer.status_code == 400
    assert answer.json["error"] == "operations[1].target.image: must be the image of the address"
    assert project.info.n_annotations == 0


def test_an_annotation_of_another_image_is_out_of_reach(client, project):
    added = box_operation(2)
    send(client, added, address=OPERATIONS.replace("/1/", "/2/"))
    steal = {**added, "op_id": "steal", "kind": "remove", "payload": {}, "base_version": 1}
    steal["target"] = {**added["target"], "image": 1}
    (result,) = send(client, steal).json["results"]
    assert len(project.annotations(2)) == 1, result


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ({"type": "image_state", "key": "2", "image": 1}, "target.key"),
        ({"type": "split", "key": "2", "image": 1}, "target.key"),
        ({"type": "label", "key": "x", "image": 1}, "target.type"),
        ({"type": "settings", "key": "project", "image": 1}, "target.type"),
        ({"type": "batch", "key": "x", "image": 1}, "target.type"),
        ({"type": "label", "key": "x", "image": None}, "target.image"),
        ({"type": "annotation", "key": "x", "image": None}, "target.image"),
    ],
)
def test_at_an_image_only_what_belongs_to_it_is_changed(client, project, target, fault):
    answer = send(client, box_operation(1, target=target))
    assert answer.status_code == 400
    assert f"operations[0].{fault}" in answer.json["error"]


@pytest.mark.parametrize("kind", ["annotation", "scribble", "image_state", "comment", "batch"])
def test_at_the_project_nothing_of_an_image_is_changed(client, project, kind):
    operation = box_operation(1, target={"type": kind, "key": "1", "image": None})
    answer = send(client, operation, address="/api/v1/projects/cats/operations")
    assert answer.status_code == 400


def test_a_label_is_added_at_the_project(client, project):
    operation = {
        "op_id": "new-label",
        "kind": "add",
        "target": {"type": "label", "key": "uid-bird", "image": None},
        "payload": {"name": "bird", "color": "#123456"},
    }
    answer = send(client, operation, address="/api/v1/projects/cats/operations").json
    assert answer["results"][0]["outcome"] == "accepted"
    assert [label.name for label in project.labels()] == ["cat", "dog", "bird"]


def test_the_state_of_an_image_is_an_operation(client, project):
    operation = {
        "op_id": "done",
        "kind": "change",
        "target": {"type": "image_state", "key": "1", "image": 1},
        "payload": {"state": "done"},
        "base_version": project.image(1).version,
    }
    assert send(client, operation).json["results"][0]["outcome"] == "accepted"
    assert client.get(OPEN).json["project"]["states"]["done"] == 1


def test_scribbles_are_saved_and_come_back(client, project):
    strokes = [{"points": [[1, 2], [3, 4.5]], "width": 6, "label": 1}]
    operation = {
        "op_id": "scribble",
        "kind": "add",
        "target": {"type": "scribble", "key": "scribble-uid", "image": 1},
        "payload": {"strokes": strokes},
    }
    assert send(client, operation).json["results"][0]["outcome"] == "accepted"
    assert client.get(OPEN).json["scribbles"][0]["strokes"] == strokes


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/projects/none/images/1/operations",
        "/api/v1/projects/cats/images/99/operations",
        "/api/v1/projects/none/operations",
    ],
)
def test_what_is_not_there_cannot_be_changed(client, project, address):
    answer = send(client, address=address)
    assert answer.status_code == 404
    assert "no" in answer.json["error"]
