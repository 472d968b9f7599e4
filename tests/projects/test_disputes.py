"""What waits to be settled is told whole, kept until it is answered, and counted."""

from datasetbuilder.model import Outcome
from datasetbuilder.projects.store import Store
from tests.projects.campaign import Campaign, box


def waiting(campaign: Campaign, image: int | None = 1, **how):
    return campaign.store.disputes(campaign.id, image, **how)


def shape(state):
    return None if state is None else (state["label"], state["geometry"]["x"])


def settle(campaign: Campaign, op_id: str, choice: str, **how):
    return campaign.remove(op_id, 1, type="conflict", payload={"choice": choice}, **how)


def moved_by_two(campaign: Campaign) -> None:
    campaign.do(campaign.add("a"))
    campaign.do(campaign.change("a", {"label": 2}, 1), client="tab-2")
    moved = {"kind": "box", "geometry": box(x=50)["geometry"]}
    campaign.do(campaign.change("a", moved, 1, op_id="late"))


def test_both_sides_are_told_whole(campaign):
    moved_by_two(campaign)

    (dispute,) = waiting(campaign)
    assert (dispute.op_ids, dispute.author, dispute.client) == (("late",), "ada", "tab-1")
    (side,) = dispute.sides
    assert (shape(side.mine), shape(side.theirs), side.version) == ((1, 50), (2, 1), 2)


def test_what_stands_against_it_is_what_is_there_by_now(campaign):
    moved_by_two(campaign)
    campaign.do(campaign.remove("a", 2), client="tab-2")

    ((side,),) = [dispute.sides for dispute in waiting(campaign)]
    assert (shape(side.mine), side.theirs, side.version) == ((1, 50), None, 3)


def test_a_remove_against_a_change_wanted_nothing(campaign):
    campaign.run(campaign.add("a"), campaign.change("a", {"label": 2}, 1))
    campaign.do(campaign.remove("a", 1))

    ((side,),) = [dispute.sides for dispute in waiting(campaign)]
    assert (side.mine, shape(side.theirs)) == (None, (2, 1))


def test_operations_that_build_on_each_other_are_one_dispute_with_the_last_word(campaign):
    campaign.run(campaign.add("a"), campaign.change("a", {"label": 2}, 1))
    campaign.run(
        campaign.change("a", {"label": 1}, 1, op_id="z-first"),
        campaign.change("a", box(x=30), "z-first", op_id="b-second"),
        campaign.change("a", box(x=40), "b-second", op_id="a-third"),
    )

    (dispute,) = waiting(campaign)
    assert sorted(dispute.op_ids) == ["a-third", "b-second", "z-first"]
    assert shape(dispute.sides[0].mine) == (1, 40)


def test_a_group_is_one_dispute(campaign):
    campaign.run(campaign.add("a"), campaign.add("b"), campaign.change("a", {"label": 2}, 1))
    campaign.run(
        campaign.change("a", box(x=9), 1, group="merge"), campaign.remove("b", 1, group="merge")
    )

    (dispute,) = waiting(campaign)
    assert dispute.group_id == "merge"
    assert [(side.target.key, shape(side.mine), shape(side.theirs)) for side in dispute.sides] == [
        ("a", (1, 9), (2, 1)),
        ("b", None, (1, 1)),
    ]
    assert campaign.uids() == ["a", "b"]


def test_what_builds_on_a_member_of_such_a_group_joins_its_dispute(campaign):
    campaign.run(campaign.add("a"), campaign.add("b"), campaign.change("a", {"label": 2}, 1))
    campaign.run(
        campaign.change("a", box(x=9), 1, group="g"),
        campaign.change("b", box(x=9), 1, group="g", op_id="moved"),
    )
    late = campaign.do(campaign.change("b", box(x=11), "moved", op_id="again"))

    assert late.outcome is Outcome.CONFLICT
    (dispute,) = waiting(campaign)
    assert {side.target.key: shape(side.mine) for side in dispute.sides} == {
        "a": (1, 9),
        "b": (1, 11),
    }


def test_two_people_against_the_same_object_are_two_disputes(campaign):
    moved_by_two(campaign)
    campaign.do(campaign.change("a", box(x=70), 1), client="tab-3")
    assert [shape(one.sides[0].mine) for one in waiting(campaign)] == [(1, 50), (1, 70)]


def test_a_settled_conflict_waits_no_more_and_the_log_says_how(campaign):
    moved_by_two(campaign)
    mine = campaign.change("a", {**box(x=50)}, 2)
    results = campaign.run(mine, settle(campaign, "late", "mine"))

    assert [one.outcome.value for one in results] == ["accepted", "accepted"]
    assert waiting(campaign) == []
    line = campaign.store.events(campaign.id)[-1]
    assert (line.target.type.value, line.target.key, line.after) == (
        "conflict",
        "late",
        {"choice": "mine"},
    )


def test_settling_twice_is_settling_once(campaign):
    moved_by_two(campaign)
    first = campaign.do(settle(campaign, "late", "theirs"))
    second = campaign.do(settle(campaign, "late", "mine"), client="tab-2")

    assert (first.seq, second.outcome, second.seq) == (6, Outcome.ACCEPTED, None)
    assert len(campaign.store.events(campaign.id)) == 6


def test_only_a_conflict_that_is_there_is_settled_and_only_by_a_choice(campaign):
    moved_by_two(campaign)
    unknown = campaign.do(settle(campaign, "no-such", "mine"))
    elsewhere = campaign.do(settle(campaign, "late", "mine", image=2))
    odd = campaign.do(settle(campaign, "late", "maybe"))
    added = campaign.do(campaign.op("add", "late", {"choice": "mine"}, type="conflict"))

    assert unknown.reason == "there is no conflict no-such"
    assert elsewhere.reason == "image 2 has no conflict late"
    assert odd.reason == "payload.choice: must be one of mine, theirs, both"
    assert added.outcome is Outcome.REFUSED
    assert len(waiting(campaign)) == 1


def test_an_unanswered_conflict_survives_a_restart(campaign, where):
    moved_by_two(campaign)
    before = waiting(campaign)
    campaign.store.close()
    with Store.open(*where) as again:
        assert again.disputes(campaign.id, 1) == before


def test_conflicts_are_counted_by_image(campaign):
    moved_by_two(campaign)
    store = campaign.store

    assert store.conflict_counts(campaign.id, [1, 2, 3]) == {1: 1}
    assert store.images_in_conflict(campaign.id) == [1]
    campaign.do(settle(campaign, "late", "theirs"))
    assert store.conflict_counts(campaign.id, [1, 2, 3]) == {}
    assert store.images_in_conflict(campaign.id) == []


def test_a_blind_set_hears_of_its_own_disputes_alone(campaign):
    campaign.run(campaign.add("a", {**box(), "set": "bob"}), campaign.change("a", box(x=5), 1))
    campaign.do(campaign.change("a", {"label": 2}, 1))

    assert waiting(campaign) == []
    assert len(waiting(campaign, sets=["bob"])) == 1


def test_a_conflict_about_the_state_of_an_image_is_told_like_any_other(campaign):
    campaign.do(campaign.state("done", 1), client="tab-2")
    campaign.do(campaign.state("skipped", 1, comment="blurred"))

    ((side,),) = [one.sides for one in waiting(campaign)]
    assert side.mine is not None
    assert side.theirs is not None
    assert (side.mine["state"], side.theirs["state"], side.version) == ("skipped", "done", 2)


def test_no_more_are_told_than_were_asked_for(campaign):
    campaign.run(*(campaign.add(uid) for uid in "abc"))
    campaign.run(*(campaign.change(uid, {"label": 2}, 1) for uid in "abc"))
    campaign.run(*(campaign.change(uid, box(x=9), 1) for uid in "abc"))

    assert len(waiting(campaign, limit=2)) == 2
    assert campaign.store.conflict_counts(campaign.id, [1]) == {1: 3}


def test_an_add_that_failed_with_its_group_waits_in_the_set_that_it_asked_for(campaign):
    campaign.run(campaign.add("a"), campaign.change("a", {"label": 2}, 1))
    campaign.run(
        campaign.add("b", {**box(), "set": "bob"}, group="both"),
        campaign.change("a", box(x=9), 1, group="both"),
    )

    assert campaign.store.conflict_counts(campaign.id, [1], sets=["bob"]) == {1: 1}
    assert campaign.store.conflict_counts(campaign.id, [1]) == {1: 1}
