"""Who is on an image is known within seconds, and is no part of the log."""

import pytest

from datasetbuilder.projects import presence
from datasetbuilder.projects.store import Place
from tests.projects.campaign import Campaign

HERE = Place(1, 1, "truth")


@pytest.fixture
def clock(monkeypatch):
    moment = [1_000_000_000_000_000]
    monkeypatch.setattr(presence, "now", lambda: moment[0])
    return moment


def beat(campaign: Campaign, client: str, place: Place = HERE, **how):
    found = campaign.store.note_presence(place, client=client, author=client.title(), **how)
    return [(one.author, one.doing) for one in found]


def test_a_page_sees_the_others_and_not_itself(campaign, clock):
    assert beat(campaign, "ada", doing="box") == []
    assert beat(campaign, "bob") == [("Ada", "box")]
    assert beat(campaign, "ada") == [("Bob", "")]


def test_somebody_is_there_since_they_came(campaign, clock):
    beat(campaign, "ada")
    clock[0] += 5_000_000
    beat(campaign, "ada")
    (ada,) = campaign.store.note_presence(HERE, client="bob", author="Bob")
    assert ada.since.timestamp() == 1_000_000_000


def test_who_leaves_is_gone_at_once(campaign, clock):
    beat(campaign, "ada")
    campaign.store.leave(1, "ada")
    assert beat(campaign, "bob") == []


def test_who_falls_silent_is_gone_within_seconds(campaign, clock):
    beat(campaign, "ada")
    clock[0] += presence.SILENCE
    assert beat(campaign, "bob") == []
    assert presence.SILENCE <= 15_000_000


def test_a_page_is_on_one_image_at_a_time(campaign, clock):
    beat(campaign, "ada")
    beat(campaign, "ada", Place(1, 2, "truth"))
    assert beat(campaign, "bob") == []
    assert beat(campaign, "bob", Place(1, 2, "truth")) == [("Ada", "")]


def test_blind_sets_do_not_see_each_other(campaign, clock):
    beat(campaign, "ada", Place(1, 1, "ada"))
    assert beat(campaign, "bob", Place(1, 1, "bob")) == []
    assert beat(campaign, "eve", Place(1, 1, "ada")) == [("Ada", "")]


def test_presence_writes_nothing_into_the_log(campaign, clock):
    before = campaign.info.seq
    beat(campaign, "ada")
    assert campaign.info.seq == before
