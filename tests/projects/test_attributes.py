"""What labels ask, the groups they are in, and which object lies in front."""

import pytest

from datasetbuilder.model import Attribute, AttributeKind, LabelGroup, Outcome
from tests.projects.campaign import box

ASKED = [
    {"name": "colour", "kind": "choice", "options": ["red", "green"], "required": True},
    {"name": "cut", "kind": "check", "default": False},
]


def first(campaign):
    return campaign.store.labels(campaign.id)[0]


def test_a_label_keeps_what_it_asks_and_its_group(campaign):
    label = first(campaign)
    group = {"name": "weather", "several": True}
    result = campaign.do(
        campaign.label("change", label.uid, {"attributes": ASKED, "group": group}, label.version)
    )
    assert result.outcome is Outcome.ACCEPTED
    assert result.current is not None
    assert result.current["attributes"] == ASKED
    changed = first(campaign)
    assert changed.group == LabelGroup("weather", several=True)
    assert changed.attributes == (
        Attribute("colour", AttributeKind.CHOICE, ("red", "green"), required=True),
        Attribute("cut", AttributeKind.CHECK, default=False),
    )


def test_a_default_that_is_no_answer_is_refused(campaign):
    label = first(campaign)
    asked = [{"name": "age", "kind": "number", "default": "old"}]
    result = campaign.do(campaign.label("change", label.uid, {"attributes": asked}, label.version))
    assert result.outcome is Outcome.REFUSED
    assert "payload.attributes[0].default: must be a number" in result.reason


def test_the_level_of_an_object_is_kept(campaign):
    campaign.run(campaign.add("a"), campaign.add("b", {**box(), "level": -2}))
    campaign.do(campaign.change("a", {"level": 7}, 1))
    assert [one.level for one in campaign.store.annotations(campaign.id, 1)] == [7, -2]


@pytest.mark.parametrize("level", [1.5, "front", 2**31])
def test_a_level_is_a_whole_number(campaign, level):
    result = campaign.do(campaign.add("a", {**box(), "level": level}))
    assert result.outcome is Outcome.REFUSED
    assert "payload.level" in result.reason
