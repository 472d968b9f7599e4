"""A share of everybody's work is drawn by a seed, the same everywhere and for good."""

import pytest

from datasetbuilder.errors import WireError
from datasetbuilder.insight.sampling import ReviewRule, rule_from_wire


def drawn(rule: ReviewRule, person: str, n: int) -> list[int]:
    return [nth for nth in range(1, n + 1) if rule.draws(person, nth)]


def test_the_draw_is_the_same_everywhere():
    rule = ReviewRule(share=10, seed=7)
    assert drawn(rule, "ada", 40) == [7, 20, 24, 35]
    assert drawn(rule, "bob", 40) == [3, 19, 24, 39]


@pytest.mark.parametrize(("share", "count"), [(10, 20), (1, 2), (33, 66), (50, 100), (99, 198)])
def test_everybody_is_drawn_from_by_the_same_share(share, count):
    rule = ReviewRule(share=share)
    assert {len(drawn(rule, name, 200)) for name in ("ada", "bob", "eve")} == {count}


def test_all_or_nothing_is_drawn_at_the_ends():
    assert drawn(ReviewRule(share=100), "ada", 5) == [1, 2, 3, 4, 5]
    assert drawn(ReviewRule(share=0), "ada", 500) == []


def test_more_work_changes_nothing_of_the_draw():
    rule = ReviewRule(share=15)
    assert drawn(rule, "ada", 40) == [nth for nth in drawn(rule, "ada", 400) if nth <= 40]


def test_another_seed_draws_others():
    first, second = (drawn(ReviewRule(share=10, seed=seed), "ada", 100) for seed in (0, 1))
    assert first != second


def test_accepted_images_are_drawn_for_a_second_look():
    picked = [n for n in range(1, 1001) if ReviewRule(second=25).draws_second(n)]
    assert len(picked) == 237
    assert not ReviewRule().draws_second(picked[0])


def test_a_rule_travels_as_json():
    rule = ReviewRule(share=5, below=0.5, second=20, seed=3)
    assert rule_from_wire(rule.to_wire(), "rule") == rule
    assert rule_from_wire({}, "rule") == ReviewRule()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"share": 101}, "rule.share: must be a percentage"),
        ({"second": -1}, "rule.second: must be a percentage"),
        ({"share": 2.5}, "rule.share: must be a whole number"),
        ({"below": "low"}, "rule.below"),
        ({"half": 1}, "rule.half: is not known"),
        ([], "rule: must be an object"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(value, reason):
    with pytest.raises(WireError, match=reason):
        rule_from_wire(value, "rule")
