"""The log as a person reads it, what can be taken back, and an image as it was."""

from dataclasses import replace
from datetime import timedelta

import pytest

from datasetbuilder.model import Annotation, Box, Outcome, Target, TargetType
from datasetbuilder.projects.store import Asked
from tests.projects.campaign import Campaign, box

HERE = Asked(image_id=1)


def read(campaign: Campaign, asked: Asked = HERE, **how):
    found = campaign.store.timeline(campaign.id, asked, **how)
    return [(one.seq, one.kind.value, one.target.key) for one in found]


def x(state):
    return None if state is None else state["geometry"]["x"]


def at(campaign: Campaign, seq: int, **how):
    found = campaign.store.state_at(campaign.id, 1, seq, **how)
    return {target.key: x(state) for target, state in found.items()}


def restore(campaign: Campaign, seq: int, name: str = "back", **how):
    return campaign.store.restore(campaign.id, 1, seq=seq, author="ada", name=name, **how)


@pytest.fixture
def edited(campaign):
    """4 a; 5 b; 6 a moved to 20; 7 b removed; 8 c."""
    campaign.run(
        campaign.add("a"), campaign.add("b", box(x=2)), campaign.change("a", box(x=20), 1),
        campaign.remove("b", 1), campaign.add("c", box(x=3)),
    )  # fmt: skip
    return campaign


# --- lines ------------------------------------------------------------------------------------


def test_the_newest_lines_come_first_with_before_and_after(edited):
    assert read(edited) == [
        (8, "add", "c"), (7, "remove", "b"), (6, "change", "a"), (5, "add", "b"), (4, "add", "a"),
    ]  # fmt: skip
    lines = edited.store.timeline(edited.id, HERE)
    assert [(x(one.before), x(one.after)) for one in lines] == [
        (None, 3), (2, None), (1, 20), (None, 2), (None, 1),
    ]  # fmt: skip


def test_an_import_is_a_line_of_each_image_that_it_brought_something_to(campaign):
    there = [Annotation(uid, 1, Box(1, 2, 3, 4), image_id=1) for uid in ("a", "b")]
    hidden = Annotation("c", 1, Box(1, 2, 3, 4), image_id=3, set="model-a")
    campaign.store.add_annotations(campaign.id, [*there, hidden], author="eve", tool="import")
    campaign.run(campaign.add("own", image=2), campaign.change("a", box(x=20), 1))
    campaign.do(campaign.remove("b", 1))

    assert read(campaign) == [(7, "remove", "b"), (6, "change", "a"), (4, "add", "annotations")]
    assert read(campaign, Asked(image_id=2)) == [(5, "add", "own")]
    assert read(campaign, Asked(image_id=3)) == []
    assert read(campaign, Asked(image_id=3), sets=["truth", "model-a"]) == [
        (4, "add", "annotations")
    ]


def test_lines_are_read_page_by_page_and_narrowed_to_an_object_or_a_person(edited):
    assert read(edited, replace(HERE, limit=2, before=7)) == [(6, "change", "a"), (5, "add", "b")]
    assert read(edited, replace(HERE, key="b")) == [(7, "remove", "b"), (5, "add", "b")]
    assert read(edited, replace(HERE, author="bob")) == []


def test_the_projects_lines_name_their_images(edited):
    edited.do(edited.add("d", image=2))
    (newest, *_) = edited.store.timeline(edited.id, Asked(limit=3))
    assert (newest.target.key, newest.image) == ("d", "picture 2.png")


def test_a_blind_set_reads_its_own_lines_alone(edited):
    edited.do(edited.add("hidden", {**box(), "set": "bob"}))
    assert "hidden" not in [key for _, _, key in read(edited)]
    assert read(edited, sets=["bob"]) == [(9, "add", "hidden")]
    assert edited.store.moment(edited.id, 9) is None


# --- steps ------------------------------------------------------------------------------------


def steps(campaign: Campaign, author: str = "ada", **how):
    asked = replace(HERE, author=author, **how)
    found = campaign.store.steps(campaign.id, asked)
    return [[(one.target.key, x(one.before), x(one.after)) for one in s.moments] for s in found]


def test_ones_own_steps_come_oldest_first_and_a_group_is_one(campaign):
    campaign.run(campaign.add("a"), campaign.add("b", box(x=2)))
    campaign.run(campaign.change("a", box(x=20), 1, group="g"), campaign.remove("b", 1, group="g"))
    assert steps(campaign) == [
        [("a", None, 1)], [("b", None, 2)], [("a", 1, 20), ("b", 2, None)],
    ]  # fmt: skip
    assert steps(campaign, author="bob") == []


def test_a_group_that_is_cut_by_the_limit_is_left_out(campaign):
    campaign.run(campaign.add("a", group="g"), campaign.add("b", group="g"), campaign.add("c"))
    assert steps(campaign, limit=2) == [[("c", None, 1)]]
    assert len(steps(campaign, limit=4)) == 2


# --- an image at a moment -------------------------------------------------------------------------


def test_an_image_is_told_as_it_was_after_any_event(edited):
    assert at(edited, 3) == {"a": None, "b": None, "c": None}
    assert at(edited, 5) == {"a": 1, "b": 2, "c": None}
    assert at(edited, 6) == {"a": 20, "b": 2, "c": None}
    assert at(edited, 8) == {"a": 20, "b": None, "c": 3}


def test_what_was_imported_is_there_from_its_import_on(campaign):
    one = Annotation("i", 1, Box(5, 5, 10, 10), image_id=1)
    campaign.store.add_annotations(campaign.id, [one], author="ada")
    assert (at(campaign, 3), at(campaign, 4)) == ({"i": None}, {"i": 5})
    campaign.do(campaign.change("i", box(x=30), 1))
    assert (at(campaign, 3), at(campaign, 4), at(campaign, 5)) == (
        {"i": None},
        {"i": 5},
        {"i": 30},
    )


def test_a_merge_of_labels_does_not_hide_what_was_there_before(campaign):
    one = Annotation("i", 1, Box(5, 5, 10, 10), image_id=1)
    campaign.store.add_annotations(campaign.id, [one], author="ada")
    campaign.do(campaign.add("a"))
    uid = campaign.store.labels(campaign.id)[0].uid
    campaign.do(campaign.label("remove", uid, {"merge_into": 2}, 1))
    found = campaign.store.state_at(campaign.id, 1, 5)
    assert {t.key: s and s["label"] for t, s in found.items()} == {"i": 2, "a": 2}
    assert at(campaign, 4) == {"i": 5, "a": None}
    campaign.do(campaign.change("a", box(2, x=40), 2))
    assert at(campaign, 5) == {"i": 5, "a": 1}


def test_a_time_is_an_event_number(edited):
    line = edited.store.events(edited.id)[4]
    assert edited.store.seq_at(edited.id, line.at - timedelta(days=1)) == 0
    assert edited.store.seq_at(edited.id, edited.store.events(edited.id)[-1].at) == 8


# --- restore ----------------------------------------------------------------------------------


def test_a_whole_image_is_brought_back_in_one_group(edited):
    results = restore(edited, 5)

    assert {one.outcome for one in results} == {Outcome.ACCEPTED}
    assert at(edited, edited.info.seq) == {"a": 1, "b": 2, "c": None}
    lines = edited.store.events(edited.id, after=8)
    assert {(line.group_id, line.tool) for line in lines} == {("back", "restore")}
    assert len(lines) == 3


def test_restored_objects_keep_their_ids(edited):
    restore(edited, 5, uids=["b"])
    found = {one.uid: one.id for one in edited.store.annotations(edited.id, 1)}
    assert found == {"a": 1, "b": 2, "c": 3}


def test_one_object_is_brought_back_and_the_others_stay(edited):
    restore(edited, 4, uids=["a"])
    assert at(edited, 9) == {"a": 1, "b": None, "c": 3}


def test_restoring_twice_under_one_name_is_restoring_once(edited):
    restore(edited, 5)
    seq = edited.info.seq
    assert restore(edited, 5) == []
    assert edited.info.seq == seq


def test_what_carries_a_merged_label_comes_back_under_its_heir(edited):
    edited.run(edited.remove("a", 2))
    uid = edited.store.labels(edited.id)[0].uid
    edited.do(edited.label("remove", uid, {"merge_into": 2}, 1))
    restore(edited, 8, uids=["a"])
    assert {one.uid: one.label for one in edited.store.annotations(edited.id, 1)} == {
        "a": 2,
        "c": 2,
    }


def test_another_set_is_out_of_reach(edited):
    edited.run(edited.add("h", {**box(), "set": "bob"}), edited.remove("h", 1))
    target = Target(TargetType.ANNOTATION, "h", 1)
    assert target not in edited.store.state_at(edited.id, 1, 9)
    assert restore(edited, 9, uids=["h"]) == []
