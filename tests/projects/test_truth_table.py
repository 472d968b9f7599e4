"""What becomes of an operation, row by row."""

import pytest

from datasetbuilder.model import Annotation, Box, Event, OperationKind, Outcome, Polygon
from tests.projects.campaign import RING, Campaign, box, polygon

ACCEPTED, CONFLICT, REFUSED = Outcome.ACCEPTED, Outcome.CONFLICT, Outcome.REFUSED


def seqs(campaign: Campaign) -> list[int]:
    return [event.seq for event in campaign.store.events(campaign.id)]


def the_one(campaign: Campaign) -> Annotation:
    (found,) = campaign.store.annotations(campaign.id, 1)
    return found


def last_event(campaign: Campaign) -> Event:
    return campaign.store.events(campaign.id)[-1]


# --- add --------------------------------------------------------------------------------------


def test_an_add_of_an_unknown_uid_is_accepted_as_version_1(campaign):
    result = campaign.do(campaign.add("a"))

    assert (result.outcome, result.version, result.id, result.seq) == (ACCEPTED, 1, 1, 4)
    found = the_one(campaign)
    assert (found.uid, found.id, found.version, found.author) == ("a", 1, 1, "ada")
    assert found.geometry == Box(1, 2.5, 10, 10)
    assert (found.area, found.bbox) == (100, (1, 2.5, 10, 10))
    assert result.current is not None
    assert result.current["bbox"] == [1, 2.5, 10, 10]


def test_an_accepted_operation_writes_one_event(campaign):
    result = campaign.do(campaign.add("a", op_id="op-1"))

    event = last_event(campaign)
    assert (event.seq, event.kind, event.target.key) == (4, OperationKind.ADD, "a")
    assert (event.author, event.client, event.op_id) == ("ada", "tab-1", "op-1")
    assert event.after == result.current
    assert event.previous_seq is None


def test_an_add_of_a_known_uid_with_the_same_content_gives_what_is_there(campaign):
    first = campaign.do(campaign.add("a"))
    before = seqs(campaign)
    again = campaign.do(campaign.add("a"))

    assert (again.outcome, again.version, again.id) == (ACCEPTED, 1, 1)
    assert again.current == first.current
    assert again.seq is None
    assert seqs(campaign) == before


def test_an_add_of_a_known_uid_with_other_content_is_refused(campaign):
    campaign.do(campaign.add("a"))
    result = campaign.do(campaign.add("a", box(x=50)))

    assert result.outcome is REFUSED
    assert "different annotation a already" in result.reason
    assert the_one(campaign).geometry == Box(1, 2.5, 10, 10)


def test_an_add_of_a_removed_uid_is_refused_and_says_how_to_bring_it_back(campaign):
    campaign.run(campaign.add("a"), campaign.remove("a", 1))
    result = campaign.do(campaign.add("a"))

    assert result.outcome is REFUSED
    assert "change it on version 2" in result.reason


def test_a_uid_belongs_to_one_image(campaign):
    campaign.do(campaign.add("a"))
    result = campaign.do(campaign.add("a", image=2))

    assert (result.outcome, result.reason) == (REFUSED, "image 2 has no annotation a")


# --- change -----------------------------------------------------------------------------------


def test_a_change_on_the_current_version_is_accepted_as_the_next(campaign):
    campaign.do(campaign.add("a"))
    result = campaign.do(campaign.change("a", {"label": 2}, 1))

    assert (result.outcome, result.version, result.id) == (ACCEPTED, 2, 1)
    found = the_one(campaign)
    assert (found.label, found.version, found.geometry) == (2, 2, Box(1, 2.5, 10, 10))
    assert last_event(campaign).previous_seq == 4
    before = campaign.store.before(campaign.id, 5)
    assert before is not None
    assert before["label"] == 1


def test_a_change_may_turn_a_box_into_a_polygon(campaign):
    campaign.do(campaign.add("a"))
    shape = {"kind": "polygon", "geometry": {"parts": [RING]}}
    result = campaign.do(campaign.change("a", shape, 1))

    assert result.outcome is ACCEPTED
    assert isinstance(the_one(campaign).geometry, Polygon)
    assert the_one(campaign).area == 300


@pytest.mark.parametrize("base", [1, 3])
def test_a_change_on_another_version_is_a_conflict_and_overwrites_nothing(campaign, base):
    campaign.run(campaign.add("a"), campaign.change("a", box(x=20), 1))
    before = seqs(campaign)
    result = campaign.do(campaign.change("a", box(x=60), base), client="tab-2")

    assert (result.outcome, result.version, result.id) == (CONFLICT, 2, 1)
    assert f"you have version {base}, the store has 2" in result.reason
    assert result.current is not None
    assert result.current["geometry"]["x"] == 20
    assert the_one(campaign).geometry == Box(20, 2.5, 10, 10)
    assert seqs(campaign) == before


def test_a_conflict_keeps_the_refused_payload_beside_what_stood_there(campaign):
    campaign.run(campaign.add("a"), campaign.change("a", box(x=20), 1))
    result = campaign.do(campaign.change("a", box(x=60), 1), client="tab-2")

    (kept,) = campaign.store.conflicts(campaign.id, 1)
    assert kept.op_id == result.op_id
    assert kept.payload["geometry"]["x"] == 60
    assert kept.current == result.current
    assert (kept.current_version, kept.author, kept.client) == (2, "ada", "tab-2")


def test_mine_is_kept_by_a_new_operation_on_the_current_version(campaign):
    campaign.run(campaign.add("a"), campaign.change("a", box(x=20), 1))
    lost = campaign.do(campaign.change("a", box(x=60), 1))
    result = campaign.do(campaign.change("a", box(x=60), lost.version))

    assert (result.outcome, result.version) == (ACCEPTED, 3)
    assert the_one(campaign).geometry == Box(60, 2.5, 10, 10)


def test_undo_after_somebody_elses_change_is_a_conflict(campaign):
    mine = campaign.do(campaign.add("a"))
    campaign.do(campaign.change("a", box(x=20), 1), client="tab-2")
    result = campaign.do(campaign.remove("a", mine.version))

    assert result.outcome is CONFLICT
    assert campaign.uids() == ["a"]


@pytest.mark.parametrize("kind", ["change", "remove"])
def test_a_change_or_remove_without_a_base_version_is_refused(campaign, kind):
    campaign.do(campaign.add("a"))
    result = campaign.do(campaign.op(kind, "a"))

    assert result.outcome is REFUSED
    assert result.reason.startswith("base_version: is missing")


@pytest.mark.parametrize("kind", ["change", "remove"])
def test_a_change_or_remove_of_what_never_was_is_refused(campaign, kind):
    result = campaign.do(campaign.op(kind, "nobody", base=1))

    assert (result.outcome, result.reason) == (REFUSED, "there is no annotation nobody")


# --- remove and restore -----------------------------------------------------------------------


def test_a_remove_on_the_current_version_leaves_a_tombstone_with_the_next(campaign):
    campaign.do(campaign.add("a"))
    result = campaign.do(campaign.remove("a", 1))

    assert (result.outcome, result.version, result.id) == (ACCEPTED, 2, 1)
    assert result.current is None
    assert campaign.uids() == []
    assert (last_event(campaign).after, last_event(campaign).previous_seq) == (None, 4)


def test_a_remove_on_another_version_is_a_conflict(campaign):
    campaign.run(campaign.add("a"), campaign.change("a", box(x=20), 1))
    result = campaign.do(campaign.remove("a", 1))

    assert (result.outcome, result.version) == (CONFLICT, 2)
    assert campaign.uids() == ["a"]


@pytest.mark.parametrize("base", [1, 2, 7])
def test_a_remove_of_a_removed_object_is_accepted_and_nothing_happens(campaign, base):
    campaign.run(campaign.add("a"), campaign.remove("a", 1))
    before = seqs(campaign)
    result = campaign.do(campaign.remove("a", base))

    assert (result.outcome, result.version, result.seq) == (ACCEPTED, 2, None)
    assert seqs(campaign) == before


def test_a_change_of_a_removed_object_is_a_conflict(campaign):
    campaign.run(campaign.add("a"), campaign.remove("a", 1))
    result = campaign.do(campaign.change("a", box(x=60), 1))

    assert (result.outcome, result.version, result.current) == (CONFLICT, 2, None)
    assert "removed by somebody else" in result.reason
    (kept,) = campaign.store.conflicts(campaign.id, 1)
    assert kept.payload["geometry"]["x"] == 60
    assert campaign.uids() == []


def test_a_change_on_the_tombstones_version_brings_the_object_back(campaign):
    campaign.run(campaign.add("a"), campaign.add("b"), campaign.remove("a", 1))
    result = campaign.do(campaign.change("a", box(label=2, x=60), 2))

    assert (result.outcome, result.version, result.id) == (ACCEPTED, 3, 1)
    first, _ = campaign.store.annotations(campaign.id, 1)
    assert (first.uid, first.id, first.label) == ("a", 1, 2)
    assert first.geometry == Box(60, 2.5, 10, 10)
    assert last_event(campaign).previous_seq == 6


def test_bringing_back_needs_the_whole_object(campaign):
    campaign.run(campaign.add("a"), campaign.remove("a", 1))
    result = campaign.do(campaign.change("a", {"label": 1}, 2))

    assert result.outcome is REFUSED
    assert "needs geometry" in result.reason


def test_an_object_can_go_and_come_back_many_times(campaign):
    campaign.do(campaign.add("a"))
    for version in range(1, 9, 2):
        assert campaign.do(campaign.remove("a", version)).version == version + 1
        assert campaign.do(campaign.change("a", box(), version + 1)).version == version + 2
    assert the_one(campaign).id == 1


# --- seen before ------------------------------------------------------------------------------


def every_outcome(campaign: Campaign):
    campaign.run(campaign.add("a"), campaign.change("a", box(x=20), 1), campaign.add("gone"))
    campaign.do(campaign.remove("gone", 1))
    return [
        campaign.add("new"),
        campaign.change("a", {"label": 2}, 2),
        campaign.change("a", box(x=60), 1),
        campaign.remove("gone", 1),
        campaign.remove("new", 1),
        campaign.add("a", box(x=70)),
        campaign.add("bad", {"label": 77}),
        campaign.label("add", "l", {"name": "fibre"}),
        campaign.state("done", 1),
    ]


def test_a_seen_operation_gets_the_stored_result_whatever_it_was(campaign):
    operations = every_outcome(campaign)
    first = campaign.run(*operations)
    assert {result.outcome for result in first} == {ACCEPTED, CONFLICT, REFUSED}
    campaign.do(campaign.change("a", box(x=33), 3))
    log = seqs(campaign)

    assert campaign.run(*operations) == first
    assert campaign.run(*reversed(operations)) == list(reversed(first))
    assert [campaign.do(operation) for operation in operations] == first
    assert seqs(campaign) == log


def test_an_operation_that_stands_twice_in_a_request_happens_once(campaign):
    operation = campaign.add("a")
    first, second = campaign.run(operation, operation)

    assert first == second
    assert seqs(campaign) == [1, 2, 3, 4]


def test_results_come_in_the_order_of_the_operations(campaign):
    operations = [campaign.add(uid) for uid in "abc"]
    results = campaign.run(*operations)

    assert [result.op_id for result in results] == [op.op_id for op in operations]
    assert [result.id for result in results] == [1, 2, 3]


def test_one_refused_operation_does_not_hold_back_its_neighbours(campaign):
    results = campaign.run(campaign.add("a"), campaign.add("b", box(label=9)), campaign.add("c"))

    assert [result.outcome for result in results] == [ACCEPTED, REFUSED, ACCEPTED]
    assert campaign.uids() == ["a", "c"]


# --- chains -----------------------------------------------------------------------------------


def test_queued_operations_on_one_object_chain_by_op_id(campaign):
    results = campaign.run(
        campaign.add("a", op_id="first"),
        campaign.change("a", box(x=20), "first", op_id="second"),
        campaign.remove("a", "second", op_id="third"),
        campaign.change("a", box(x=40), "third"),
    )

    assert [result.version for result in results] == [1, 2, 3, 4]
    assert the_one(campaign).geometry == Box(40, 2.5, 10, 10)


def test_a_chain_goes_on_in_a_later_request(campaign):
    campaign.do(campaign.add("a", op_id="first"))
    result = campaign.do(campaign.change("a", box(x=20), "first"))

    assert (result.outcome, result.version) == (ACCEPTED, 2)


def test_a_chain_that_somebody_else_cut_is_a_conflict(campaign):
    campaign.do(campaign.add("a", op_id="first"))
    campaign.do(campaign.change("a", box(x=20), 1), client="tab-2")
    result = campaign.do(campaign.change("a", box(x=40), "first"))

    assert (result.outcome, result.version) == (CONFLICT, 2)


def test_what_builds_on_a_conflict_is_a_conflict_with_its_payload_kept(campaign):
    campaign.run(campaign.add("a"), campaign.change("a", box(x=20), 1))
    results = campaign.run(
        campaign.change("a", box(x=40), 1, op_id="lost"),
        campaign.change("a", box(x=50), "lost"),
    )

    assert [result.outcome for result in results] == [CONFLICT, CONFLICT]
    kept = campaign.store.conflicts(campaign.id, 1)
    assert sorted(one.payload["geometry"]["x"] for one in kept) == [40, 50]


def test_what_builds_on_a_refusal_is_refused(campaign):
    results = campaign.run(
        campaign.add("a", box(label=9), op_id="bad"), campaign.add("b", op_id="good")
    )
    assert [result.outcome for result in results] == [REFUSED, ACCEPTED]
    result = campaign.do(campaign.change("b", box(x=40), "bad"))

    assert result.outcome is REFUSED
    assert "was on another target" in result.reason


def test_what_builds_on_an_unknown_operation_may_be_sent_again(campaign):
    campaign.do(campaign.add("a"))
    early = campaign.change("a", box(x=40), "late")
    result = campaign.do(early)
    assert result.outcome is REFUSED
    assert "has not arrived" in result.reason

    campaign.do(campaign.change("a", box(x=20), 1, op_id="late"))
    assert campaign.do(early).outcome is ACCEPTED


def test_an_operation_does_not_build_on_itself(campaign):
    campaign.do(campaign.add("a"))
    result = campaign.do(campaign.change("a", box(x=40), "self", op_id="self"))
    assert (result.outcome, "cannot build on itself" in result.reason) == (REFUSED, True)


# --- groups -----------------------------------------------------------------------------------


def test_a_group_is_accepted_as_a_whole(campaign):
    campaign.run(campaign.add("a"), campaign.add("b"))
    results = campaign.run(
        campaign.change("a", polygon(RING), 1, group="merge"),
        campaign.remove("b", 1, group="merge"),
    )

    assert [result.outcome for result in results] == [ACCEPTED, ACCEPTED]
    assert campaign.uids() == ["a"]
    events = campaign.store.events(campaign.id, after=5)
    assert [event.group_id for event in events] == ["merge", "merge"]


def test_a_group_with_a_conflict_changes_nothing_and_answers_every_member(campaign):
    campaign.run(campaign.add("a"), campaign.add("b"), campaign.change("b", {"label": 2}, 1))
    before = campaign.store.annotations(campaign.id, 1), seqs(campaign), campaign.info
    results = campaign.run(
        campaign.add("c", group="split"),
        campaign.change("a", box(x=20), 1, group="split"),
        campaign.remove("b", 1, group="split"),
        campaign.add("d", box(x=30), group="split"),
    )

    assert [result.outcome for result in results] == [REFUSED, REFUSED, CONFLICT, REFUSED]
    assert all("remove of annotation b" in r.reason for r in results if r.outcome is REFUSED)
    assert (campaign.store.annotations(campaign.id, 1), seqs(campaign), campaign.info) == before
    assert len(campaign.store.conflicts(campaign.id, 1)) == 4


HALF_AN_EMOJI = "\ud83d"


@pytest.mark.parametrize(
    "payload",
    [
        box() | {"attributes": {"note": HALF_AN_EMOJI}},
        box() | {"attributes": {HALF_AN_EMOJI: 1}},
        box() | {"source": HALF_AN_EMOJI},
        box() | {"set": HALF_AN_EMOJI},
        {HALF_AN_EMOJI: 1},
    ],
)
def test_what_cannot_be_written_down_is_refused_without_its_neighbours(campaign, payload):
    results = campaign.run(campaign.add("a"), campaign.add("b", payload), campaign.add("c"))

    assert [result.outcome for result in results] == [ACCEPTED, REFUSED, ACCEPTED]
    assert "cannot be stored" in results[1].reason


def test_a_comment_or_setting_that_cannot_be_written_down_is_refused(campaign):
    results = campaign.run(
        campaign.op("add", "k", {"text": HALF_AN_EMOJI}, type="comment"),
        campaign.op("change", "project", {"big": 10**30}, type="settings", image=None, base=1),
    )

    assert [result.outcome for result in results] == [REFUSED, REFUSED]


def test_a_conflict_in_a_group_keeps_it_although_a_member_cannot_be_written_down(campaign):
    campaign.run(campaign.add("a"), campaign.change("a", {"label": 2}, 1))
    results = campaign.run(
        campaign.remove("a", 1, group="g"),
        campaign.add("b", box() | {"source": HALF_AN_EMOJI}, group="g"),
    )

    assert [result.outcome for result in results] == [CONFLICT, REFUSED]
    assert len(campaign.store.conflicts(campaign.id, 1)) == 2


def test_a_group_with_a_refusal_changes_nothing(campaign):
    results = campaign.run(
        campaign.add("a", group="g"), campaign.add("b", box(label=9), group="g"), campaign.add("c")
    )

    assert [result.outcome for result in results] == [REFUSED, REFUSED, ACCEPTED]
    assert campaign.uids() == ["c"]
    assert the_one(campaign).id == 1
    assert seqs(campaign) == [1, 2, 3, 4]


def test_a_group_that_was_answered_is_answered_the_same_again(campaign):
    operations = [campaign.add("a", group="g"), campaign.add("b", group="g")]
    first = campaign.run(*operations)
    lost = [campaign.add("c", group="h"), campaign.change("a", {}, 7, group="h")]
    second = campaign.run(*lost)

    assert campaign.run(*operations) == first
    assert campaign.run(*lost) == second
    assert campaign.uids() == ["a", "b"]


def test_a_latecomer_to_an_answered_group_is_refused(campaign):
    campaign.run(campaign.add("a", group="g"))
    result = campaign.do(campaign.add("b", group="g"))

    assert result.outcome is REFUSED
    assert "answered before without this operation" in result.reason
    assert campaign.uids() == ["a"]


def test_the_members_of_a_group_may_chain(campaign):
    results = campaign.run(
        campaign.add("a", op_id="first", group="g"),
        campaign.change("a", {"label": 2}, "first", group="g"),
    )

    assert [result.version for result in results] == [1, 2]


# --- limits -----------------------------------------------------------------------------------


def test_a_target_outside_the_callers_limits_is_refused_and_not_remembered(campaign):
    inside, outside = campaign.add("a"), campaign.add("b", image=2)
    results = campaign.store.apply(
        campaign.id, [inside, outside], author="eve", limit_targets=lambda t: t.image_id == 1
    )

    assert [result.outcome for result in results] == [ACCEPTED, REFUSED]
    assert campaign.uids(2) == []
    assert campaign.do(outside).outcome is ACCEPTED


def test_a_group_that_reaches_outside_the_limits_is_refused_whole(campaign):
    results = campaign.store.apply(
        campaign.id,
        [campaign.add("a", group="g"), campaign.add("b", image=2, group="g")],
        author="eve",
        limit_targets=lambda target: target.image_id == 1,
    )

    assert [result.outcome for result in results] == [REFUSED, REFUSED]
    assert campaign.uids() == []


def test_no_operations_give_no_results(campaign):
    assert campaign.run() == []


def test_text_that_a_database_cannot_hold_is_refused_and_its_neighbours_are_not(campaign):
    op = campaign.op
    results = campaign.run(
        op("add", "c1", {"text": "a\0b"}, type="comment"),
        op("add", "c2", {"text": "a\\u0000b"}, type="comment"),
        campaign.add("a", {**box(), "attributes": {"note": "\0"}}),
        campaign.add("b"),
    )
    assert [one.outcome.value for one in results] == ["refused", "accepted", "refused", "accepted"]
    assert results[0].reason == "payload: text cannot hold the character with the number 0"
