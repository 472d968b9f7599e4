"""Rounds of raters: each their own part and their own state, and nothing told of the others."""

import pytest
from sqlalchemy import select

from datasetbuilder.errors import DataError, UnknownName
from datasetbuilder.model import ImageState
from datasetbuilder.projects.ratings import rated_target
from datasetbuilder.projects.rounds import Deal, Progress
from datasetbuilder.projects.schema import rating
from datasetbuilder.projects.sets import set_of
from tests.projects.campaign import box

PROJECT = 1


@pytest.fixture
def store(campaign):
    return campaign.store


def begin(store, *raters: str, **how) -> int:
    return store.start_round(PROJECT, Deal("first", raters, **how), author="boss")


def dealt(store) -> set[tuple[int, str]]:
    with store.reading() as connection:
        rows = connection.execute(select(rating.c.image_id, rating.c.user_name)).all()
        return {(image_id, user) for image_id, user in rows}


def finish(campaign, user: str, image: int, *, base: int = 1) -> None:
    key = rated_target(image, set_of(user))
    done = campaign.op("change", key, {"state": "done"}, base=base, type="image_state", image=image)
    (result,) = campaign.store.apply(PROJECT, [done], author=user)
    assert result.outcome == "accepted", result.reason


def draw(campaign, user: str, uid: str, image: int, x: float = 1) -> None:
    payload = {**box(x=x), "set": set_of(user)}
    (result,) = campaign.store.apply(
        PROJECT, [campaign.add(uid, payload, image=image)], author=user
    )
    assert result.outcome == "accepted", result.reason


def taken(store, user: str, leaving: int | None = None) -> int:
    """The next image for somebody, 0 if there is none."""
    found = store.take_image(PROJECT, user, leaving=leaving)
    return 0 if found is None else found.image_id


def test_images_are_dealt_to_as_many_raters_as_wanted_in_turn(store):
    begin(store, "ada", "bob", "eve", per_image=2)
    assert dealt(store) == {(1, "ada"), (1, "bob"), (2, "eve"), (2, "ada"), (3, "bob"), (3, "eve")}
    (found,) = store.rounds(PROJECT)
    assert (found.name, found.author, found.images) == ("first", "boss", 3)
    assert found.raters == tuple(Progress(name, 2, 0) for name in ("ada", "bob", "eve"))


def test_too_few_raters_and_a_second_deal_of_the_same_are_refused(store):
    with pytest.raises(DataError, match="2 raters for each image cannot be dealt among 1"):
        begin(store, "ada")
    begin(store, "ada", per_image=1)
    with pytest.raises(DataError, match="dealt to these raters before"):
        begin(store, "ada", per_image=1)


def test_each_rater_goes_through_their_own_part_and_nobody_elses(campaign, store):
    begin(store, "ada", "bob", images=[1, 2])
    order = [taken(store, "ada")]
    order.append(taken(store, "ada", order[0]))
    assert sorted(order) == [1, 2]
    assert taken(store, "ada", order[1]) == order[0]
    assert [taken(store, "bob"), taken(store, "bob", order[0])] == order
    finish(campaign, "ada", order[0])
    assert [taken(store, "ada"), taken(store, "bob")] == [order[1], order[0]]
    finish(campaign, "ada", order[1])
    assert taken(store, "ada") == 0
    assert taken(store, "carl") == 1


def test_how_far_a_rater_is_changes_nothing_for_the_others(campaign, store):
    begin(store, "ada", "bob", images=[1])
    draw(campaign, "ada", "a", 1)
    finish(campaign, "ada", 1)
    assert store.image(PROJECT, 1).state is ImageState.NEW
    assert store.ratings(PROJECT, "ada", [1, 2])[1].state is ImageState.DONE
    assert store.ratings(PROJECT, "bob", [1])[1].state is ImageState.NEW
    assert store.rating_counts(PROJECT, "ada") == {ImageState.DONE: 1}
    key = rated_target(1, "blind-eve")
    stranger = campaign.state("done", 1)
    (refused,) = store.apply(
        PROJECT,
        [campaign.op("change", key, {"state": "done"}, base=1, type="image_state")],
        author="eve",
    )
    assert (refused.outcome, stranger.target.key) == ("refused", "1")


def test_a_rater_who_looks_at_an_old_state_meets_a_conflict(campaign, store):
    begin(store, "ada", "bob", images=[1])
    finish(campaign, "ada", 1)
    key = rated_target(1, "blind-ada")
    late = campaign.op("change", key, {"state": "skipped"}, base=1, type="image_state")
    (result,) = store.apply(PROJECT, [late], author="ada")
    assert (result.outcome, result.version, result.current["state"]) == ("conflict", 2, "done")


def test_only_those_who_are_done_are_compared(campaign, store):
    begin(store, "ada", "bob", images=[1, 2])
    draw(campaign, "ada", "a", 1)
    draw(campaign, "bob", "b", 1, x=2)
    finish(campaign, "ada", 1)
    finish(campaign, "bob", 1)
    finish(campaign, "ada", 2)
    with store.rated_images(PROJECT) as rows:
        found = {
            image.id: {user: [one.uid for one in drawn] for user, drawn in rated.items()}
            for image, rated in rows
        }
    assert found == {1: {"ada": ["a"], "bob": ["b"]}, 2: {"ada": []}}
    with store.rated_images(PROJECT, number=7) as rows:
        assert list(rows) == []


def test_a_closed_round_lets_its_raters_see_again(campaign, store):
    number = begin(store, "ada", "bob", images=[1])
    assert store.own_sets(PROJECT, "ada") == ("blind-ada",)
    other = begin(store, "ada", per_image=1, images=[2])
    store.close_round(PROJECT, number)
    assert (store.own_sets(PROJECT, "ada"), store.own_sets(PROJECT, "bob")) == (("blind-ada",), ())
    store.close_round(PROJECT, other)
    store.close_round(PROJECT, other)
    assert store.own_sets(PROJECT, "ada") == ()
    barred = store.closed_targets(
        PROJECT, [campaign.add("x", {**box(), "set": "blind-ada"})], user="bob"
    )
    assert [target.key for target in barred] == ["x"]
    with pytest.raises(UnknownName, match="no round 9"):
        store.close_round(PROJECT, 9)


def test_gold_images_go_to_everybody_in_a_place_that_tells_nothing(campaign, store):
    store.add_gold(PROJECT, 2, author="boss")
    store.add_gold(PROJECT, 2, author="boss")
    assert store.gold_images(PROJECT) == [2]
    begin(store, "ada", "bob", per_image=1)
    assert dealt(store) == {(1, "ada"), (3, "bob"), (2, "ada"), (2, "bob")}
    payload = {**box(), "set": "gold"}
    store.apply(PROJECT, [campaign.add("answer", payload, image=2)], author="boss")
    draw(campaign, "bob", "b", 2)
    finish(campaign, "bob", 2)
    (trial,) = store.trials(PROJECT)
    assert (trial.user, trial.image.id) == ("bob", 2)
    assert [one.uid for one in (*trial.drawn, *trial.answer)] == ["b", "answer"]
    assert store.trials(PROJECT, "ada") == []
    store.remove_gold(PROJECT, 2)
    assert store.trials(PROJECT) == []
