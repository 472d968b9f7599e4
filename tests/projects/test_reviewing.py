"""Who finished and accepted an image, and which images wait for a reviewer."""

import pytest

from datasetbuilder.insight.sampling import ReviewRule
from tests.projects.campaign import Campaign, box, pictures

ALL = ReviewRule()


@pytest.fixture(autouse=True)
def more_images(campaign: Campaign) -> None:
    campaign.store.add_images(campaign.id, pictures(6)[3:], author="ada")


def say(campaign: Campaign, who: str, state: str, image: int) -> None:
    campaign.author = who
    version = campaign.store.image(campaign.id, image).version
    assert campaign.do(campaign.state(state, version, image)).outcome == "accepted"


def waiting(campaign: Campaign, rule: ReviewRule = ALL, user: str = "judge", **how):
    found = campaign.store.waiting_reviews(campaign.id, rule, user=user, **how)
    return [(due.image.id, due.finished.by, due.reason) for due in found]


def test_what_is_done_waits_with_the_name_of_whoever_finished_it(campaign):
    say(campaign, "ada", "done", 1)
    say(campaign, "bob", "done", 3)
    say(campaign, "bob", "done", 4)
    say(campaign, "judge", "rejected", 4)
    assert waiting(campaign) == [(1, "ada", "share"), (3, "bob", "share")]
    assert waiting(campaign, after=1) == [(3, "bob", "share")]
    assert waiting(campaign, limit=1) == [(1, "ada", "share")]


def test_a_share_is_drawn_of_everybody(campaign):
    for image in (1, 2, 3):
        say(campaign, "ada", "done", image)
    for image in (4, 5, 6):
        say(campaign, "bob", "done", image)
    found = waiting(campaign, ReviewRule(share=34))
    assert [who for _, who, _ in found] == ["ada", "bob"]
    assert waiting(campaign, ReviewRule(share=0)) == []


def test_what_is_finished_again_keeps_its_place_in_the_draw(campaign):
    for image in range(1, 7):
        say(campaign, "ada", "done", image)
    before = waiting(campaign, ReviewRule(share=50))
    for image in (1, 2, 3):
        say(campaign, "judge", "rejected", image)
        say(campaign, "ada", "done", image)
    assert waiting(campaign, ReviewRule(share=50)) == before


def test_a_low_score_is_always_reviewed(campaign):
    campaign.run(
        campaign.add("sure", {**box(), "score": 0.9}, image=1),
        campaign.add("unsure", {**box(), "score": 0.3}, image=2),
        campaign.add("drawn", image=3),
    )
    for image in (1, 2, 3):
        say(campaign, "ada", "done", image)
    assert waiting(campaign, ReviewRule(share=0, below=0.5)) == [(2, "ada", "score")]
    assert waiting(campaign, ReviewRule(share=0, below=0.3)) == []


def test_a_second_look_is_another_reviewers(campaign):
    say(campaign, "ada", "done", 1)
    say(campaign, "judge", "accepted", 1)
    rule = ReviewRule(second=100)
    assert waiting(campaign, rule, "judge") == []
    assert waiting(campaign, rule, "mary") == [(1, "ada", "second")]
    assert waiting(campaign, ALL, "mary") == []
    say(campaign, "mary", "accepted", 1)
    assert waiting(campaign, rule, "mary") == []
    assert waiting(campaign, rule, "zoe") == []
    found = campaign.store.finished(campaign.id, 1)
    assert (found.by, found.accepted_by, found.seconded_by) == ("ada", "judge", "mary")


def test_whoever_accepts_twice_is_no_second_reviewer(campaign):
    say(campaign, "ada", "done", 1)
    say(campaign, "judge", "accepted", 1)
    say(campaign, "judge", "accepted", 1)
    assert waiting(campaign, ReviewRule(second=100), "mary") == [(1, "ada", "second")]


@pytest.mark.parametrize("state", ["rejected", "in_progress", "skipped"])
def test_what_is_taken_back_was_never_accepted(campaign, state):
    say(campaign, "ada", "done", 1)
    say(campaign, "judge", "accepted", 1)
    say(campaign, "mary", state, 1)
    found = campaign.store.finished(campaign.id, 1)
    assert (found.by, found.accepted_by) == ("ada", None)
