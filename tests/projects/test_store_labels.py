import re

import pytest

from datasetbuilder.errors import AlreadyExists, DataError, UnknownName, UsageError
from datasetbuilder.model import Outcome, Skeleton, TargetType
from datasetbuilder.projects.creation import slug_of
from tests.projects.campaign import Campaign, box, pictures

ACCEPTED, CONFLICT, REFUSED = Outcome.ACCEPTED, Outcome.CONFLICT, Outcome.REFUSED


def names(campaign: Campaign, *, deleted: bool = False) -> list[str]:
    return [label.name for label in campaign.store.labels(campaign.id, deleted=deleted)]


def cell(campaign: Campaign) -> str:
    return campaign.store.labels(campaign.id)[0].uid


# --- projects ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Blood cells, 2nd run", "blood-cells-2nd-run"),
        ("Wälder/Süd", "walder-sud"),
        ("细胞", "project"),
        ("  --  ", "project"),
        ("x" * 100, "x" * 60),
    ],
)
def test_a_slug_fits_a_url_and_a_folder(name, slug):
    assert slug_of(name) == slug


def test_projects_of_the_same_slug_get_a_number(campaign):
    assert campaign.store.create_project("cells!").slug == "cells-2"
    assert campaign.store.create_project("(cells)").slug == "cells-3"
    assert [info.slug for info in campaign.store.projects()] == ["cells-3", "cells", "cells-2"]


def test_a_project_name_is_taken_once(campaign):
    with pytest.raises(AlreadyExists, match='project named "CELLS" already'):
        campaign.store.create_project("CELLS")


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_project_needs_a_name_of_sensible_length(campaign, name):
    with pytest.raises(UsageError, match="1 to 200 characters"):
        campaign.store.create_project(name)


def test_a_project_is_found_by_slug_and_by_name_and_an_unknown_one_names_those_there_are(campaign):
    campaign.store.create_project("Leaves")
    assert campaign.store.project("cells") == campaign.store.project("Cells")
    with pytest.raises(UnknownName, match='no project "trees"; there are: cells, leaves'):
        campaign.store.project("trees")


def test_a_project_with_a_wrong_label_is_not_made(campaign):
    with pytest.raises(DataError, match='label "leaf": there is a label named "leaf" already'):
        campaign.store.create_project("Leaves", labels=[("Leaf", None), ("leaf", None)])
    assert [info.slug for info in campaign.store.projects()] == ["cells"]


def test_each_project_counts_its_own_ids_and_events(campaign):
    campaign.do(campaign.add("a"))
    other = campaign.store.create_project("Leaves", labels=[("leaf", None)])
    (image,) = campaign.store.add_images(other.id, pictures(1), author="ada")
    results = campaign.store.apply(other.id, [campaign.add("a")], author="ada")

    assert (other.id, other.seq, image.id) == (2, 1, 1)
    assert (results[0].id, results[0].seq) == (1, 3)
    assert campaign.info.seq == 4


def test_a_new_project_has_its_labels_and_an_event_for_each(campaign):
    first, second = campaign.store.labels(campaign.id)

    assert (first.id, first.name, first.color) == (1, "cell", "#4477aa")
    assert (second.id, second.name, second.color) == (2, "nucleus", "#112233")
    events = campaign.store.events(campaign.id, limit=2)
    assert [event.target.type for event in events] == [TargetType.LABEL] * 2


# --- labels -----------------------------------------------------------------------------------


def test_a_label_is_added_under_the_next_id_with_a_colour_of_the_palette(campaign):
    result = campaign.do(campaign.label("add", "l", {"name": "  red   fibre "}))

    assert (result.outcome, result.id, result.version) == (ACCEPTED, 3, 1)
    assert result.current is not None
    assert (result.current["name"], result.current["color"]) == ("red fibre", "#228833")


@pytest.mark.parametrize("name", ["cell", "CELL", " Cell "])
def test_names_of_labels_in_use_differ_whatever_their_case(campaign, name):
    result = campaign.do(campaign.label("add", "l", {"name": name}))

    assert result.outcome is REFUSED
    assert "already; choose another name" in result.reason


def test_a_label_is_renamed_and_recoloured(campaign):
    result = campaign.do(
        campaign.label("change", cell(campaign), {"name": "Cell", "color": "#ABCDEF"}, 1)
    )

    assert (result.outcome, result.version) == (ACCEPTED, 2)
    first = campaign.store.labels(campaign.id)[0]
    assert (first.id, first.name, first.color) == (1, "Cell", "#abcdef")


def test_a_label_cannot_take_the_name_of_another(campaign):
    result = campaign.do(campaign.label("change", cell(campaign), {"name": "Nucleus"}, 1))
    assert result.outcome is REFUSED


def test_two_people_who_rename_a_label_meet_a_conflict(campaign):
    campaign.do(campaign.label("change", cell(campaign), {"name": "blob"}, 1))
    result = campaign.do(campaign.label("change", cell(campaign), {"name": "spot"}, 1))

    assert (result.outcome, result.version) == (CONFLICT, 2)
    assert names(campaign) == ["blob", "nucleus"]
    (kept,) = campaign.store.conflicts(campaign.id, None)
    assert kept.payload == {"name": "spot"}


def test_an_unused_label_goes_and_leaves_its_id(campaign):
    uid = cell(campaign)
    assert campaign.do(campaign.label("remove", uid, {}, 1)).outcome is ACCEPTED
    result = campaign.do(campaign.label("add", "l", {"name": "cell"}))

    assert result.id == 3
    assert names(campaign) == ["nucleus", "cell"]
    assert names(campaign, deleted=True) == ["cell", "nucleus", "cell"]


def test_a_removed_label_comes_back_unless_its_name_was_taken(campaign):
    uid = cell(campaign)
    campaign.do(campaign.label("remove", uid, {}, 1))
    result = campaign.do(campaign.label("change", uid, {"name": "cell"}, 2))
    assert (result.outcome, result.version, result.id) == (ACCEPTED, 3, 1)

    campaign.do(campaign.label("remove", uid, {}, 3))
    campaign.do(campaign.label("add", "l", {"name": "Cell"}))
    assert campaign.do(campaign.label("change", uid, {}, 4)).outcome is REFUSED


def test_a_label_with_annotations_is_not_removed_and_says_how_many(campaign):
    campaign.run(campaign.add("a"), campaign.add("b", image=2))
    result = campaign.do(campaign.label("remove", cell(campaign), {}, 1))

    assert result.outcome is REFUSED
    assert 'the label "cell" has 2 annotations; merge it' in result.reason
    assert names(campaign) == ["cell", "nucleus"]


def test_merging_moves_every_annotation_under_one_event(campaign):
    campaign.run(campaign.add("a"), campaign.add("b", image=2), campaign.add("c", box(2)))
    seq = campaign.info.seq
    result = campaign.do(campaign.label("remove", cell(campaign), {"merge_into": 2}, 1))

    assert (result.outcome, result.seq, campaign.info.seq) == (ACCEPTED, seq + 1, seq + 1)
    assert campaign.info.label_counts == {2: 3}
    first, _ = campaign.store.annotations(campaign.id, 1)
    assert (first.label, first.version) == (2, 2)
    assert names(campaign) == ["nucleus"]


def test_what_was_merged_can_be_changed_and_its_past_looked_up(campaign):
    campaign.do(campaign.add("a"))
    merge = campaign.do(campaign.label("remove", cell(campaign), {"merge_into": 2}, 1))
    assert campaign.do(campaign.change("a", {"label": 1}, 1)).outcome is CONFLICT

    result = campaign.do(campaign.change("a", box(2, x=30), 2))
    event = campaign.store.events(campaign.id)[-1]
    assert (result.outcome, event.previous_seq) == (ACCEPTED, merge.seq)
    before = campaign.store.before(campaign.id, event.seq)
    assert before is not None
    assert (before["label"], before["geometry"]["x"]) == (2, 1)


def test_a_shape_of_a_merged_label_is_refused_and_told_where_its_like_went(campaign):
    campaign.do(campaign.label("remove", cell(campaign), {"merge_into": 2}, 1))
    result = campaign.do(campaign.add("late"))

    assert (result.outcome, result.reason) == (
        REFUSED,
        'the label "cell" was removed and its shapes became "nucleus"; choose another label',
    )


@pytest.mark.parametrize(
    ("heir", "reason"), [(1, "into itself"), (9, "no label 9 in use"), ("2", "whole number")]
)
def test_a_label_is_merged_into_another_one_in_use(campaign, heir, reason):
    campaign.do(campaign.add("a"))
    result = campaign.do(campaign.label("remove", cell(campaign), {"merge_into": heir}, 1))

    assert result.outcome is REFUSED
    assert reason in result.reason
    assert campaign.info.label_counts == {1: 1}


def test_an_annotation_of_an_unknown_label_is_refused(campaign):
    result = campaign.do(campaign.add("a", box(9)))
    assert (result.outcome, result.reason) == (
        REFUSED,
        "label 9 does not exist; choose one of the project's labels",
    )


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("add", {}, "payload.name: is missing"),
        ("add", {"name": ""}, "payload.name: must not be empty"),
        ("add", {"name": "x", "color": "red"}, "payload.color: must be a colour"),
        ("add", {"name": "x", "merge_into": 1}, "merge_into: has no meaning"),
        ("add", {"nome": "x"}, "payload.nome: is not known"),
    ],
)
def test_a_malformed_label_is_refused_with_the_fields_path(campaign, kind, payload, reason):
    result = campaign.do(campaign.label(kind, "l", payload))

    assert result.outcome is REFUSED
    assert reason in result.reason


# --- skeletons --------------------------------------------------------------------------------

FACE = {"names": ["nose", "left eye", "right eye"], "edges": [[0, 1], [2, 0]]}


def points(n: int, label: int = 1) -> dict:
    """The payload of keypoints that are all visible."""
    places = [[5 + k, 5, 2] for k in range(n)]
    return {"label": label, "kind": "keypoints", "geometry": {"points": places}}


def test_a_label_gets_a_skeleton_and_keeps_it_through_a_new_name(campaign):
    result = campaign.do(campaign.label("change", cell(campaign), {"skeleton": FACE}, 1))
    campaign.do(campaign.label("change", cell(campaign), {"name": "face"}, 2))

    assert result.current is not None
    assert result.current["skeleton"] == {**FACE, "edges": [[0, 1], [0, 2]]}
    label = campaign.store.labels(campaign.id)[0]
    assert (label.name, label.skeleton) == (
        "face",
        Skeleton(("nose", "left eye", "right eye"), ((0, 1), (0, 2))),
    )


def test_a_skeleton_can_be_taken_away(campaign):
    campaign.do(campaign.label("change", cell(campaign), {"skeleton": FACE}, 1))
    campaign.do(campaign.label("change", cell(campaign), {"skeleton": None}, 2))
    assert campaign.store.labels(campaign.id)[0].skeleton is None


@pytest.mark.parametrize(
    ("skeleton", "reason"),
    [
        ({"names": []}, "names: needs 1 to 500 names"),
        ({"names": ["a", "a"]}, r'names\[1\]: is a second "a"'),
        ({"names": ["a", " "]}, r"names\[1\]: must not be empty"),
        ({"names": ["a", "b"], "edges": [[0, 2]]}, r"edges\[0\]: must be two different positions"),
        ({"names": ["a", "b"], "edges": [[1, 1]]}, r"edges\[0\]: must be two different positions"),
        ({"names": ["a"], "colour": 1}, "skeleton.colour: is not known"),
        ("face", "skeleton: must be an object"),
    ],
)
def test_a_skeleton_that_makes_no_sense_is_refused(campaign, skeleton, reason):
    result = campaign.do(campaign.label("change", cell(campaign), {"skeleton": skeleton}, 1))
    assert result.outcome is REFUSED
    assert re.search(reason, result.reason)


def test_keypoints_are_as_many_as_the_skeleton_of_their_label_names(campaign):
    campaign.do(campaign.label("change", cell(campaign), {"skeleton": FACE}, 1))
    refused = campaign.do(campaign.add("a", points(2)))
    assert refused.outcome is REFUSED
    assert refused.reason == (
        'payload.geometry.points: the skeleton of "cell" has 3 keypoints, got 2'
    )
    assert campaign.do(campaign.add("b", points(3))).outcome is ACCEPTED
    assert campaign.do(campaign.add("c", points(2, label=2))).outcome is ACCEPTED
    moved = campaign.do(campaign.change("c", {"label": 1}, 1))
    assert (moved.outcome, campaign.store.annotations(campaign.id, 1)[-1].label) == (REFUSED, 2)


def test_names_of_drawn_keypoints_may_change_but_not_their_number(campaign):
    campaign.do(campaign.label("change", cell(campaign), {"skeleton": FACE}, 1))
    campaign.do(campaign.add("a", points(3)))
    other = {"names": ["tip", "left wing", "right wing"], "edges": []}
    assert (
        campaign.do(campaign.label("change", cell(campaign), {"skeleton": other}, 2)).outcome
        is ACCEPTED
    )
    shorter = campaign.do(
        campaign.label("change", cell(campaign), {"skeleton": {"names": ["tip"]}}, 3)
    )
    assert shorter.outcome is REFUSED
    assert '"cell" has 1 annotation with 3 keypoints, which a skeleton of 1' in shorter.reason


def test_keypoints_are_not_merged_into_a_label_whose_skeleton_cannot_name_them(campaign):
    campaign.do(campaign.label("change", cell(campaign), {"skeleton": FACE}, 1))
    campaign.do(campaign.add("a", points(2, label=2)))
    other = campaign.store.labels(campaign.id)[1].uid
    result = campaign.do(campaign.label("remove", other, {"merge_into": 1}, 1))
    assert result.outcome is REFUSED
    assert names(campaign) == ["cell", "nucleus"]
