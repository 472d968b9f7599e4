"""Who did what when: the server's clock counts, and a break is no work."""

import pytest
from sqlalchemy import update

from datasetbuilder.projects import activity
from datasetbuilder.projects.activity import FinishedDay, Work
from datasetbuilder.projects.schema import event

SECOND, DAY = 1_000_000, 86_400_000_000


@pytest.fixture
def store(campaign):
    return campaign.store


def at(store, *micros: int) -> None:
    """Put the last events to these times."""
    last = store.project("cells").seq

    def work(transaction) -> None:
        for seq, moment in enumerate(micros, start=last - len(micros) + 1):
            moved = update(event).where(event.c.seq == seq).values(at=moment)
            transaction.connection.execute(moved)

    store.submit(work)


def test_a_gap_of_more_than_a_hundred_seconds_is_a_break(campaign, store):
    campaign.run(*(campaign.add(f"o{n}") for n in range(4)))
    at(store, 10 * SECOND, 30 * SECOND, 130 * SECOND, 231 * SECOND)
    assert store.work(1) == [Work("ada", 0, "", 4, 4, 120.0)]


def test_each_person_and_day_is_counted_apart(campaign, store):
    campaign.run(campaign.add("a"), campaign.add("b"))
    campaign.author = "bob"
    campaign.run(campaign.add("c"), campaign.remove("c", 1))
    at(store, DAY, DAY + 5 * SECOND, 2 * DAY, 2 * DAY + SECOND)
    assert store.work(1) == [Work("ada", 1, "", 2, 2, 5.0), Work("bob", 2, "", 2, 1, 1.0)]
    assert store.work(1, "bob") == [Work("bob", 2, "", 2, 1, 1.0)]


def test_images_are_finished_by_whoever_says_so(campaign, store):
    campaign.run(campaign.state("done", 1), campaign.state("in_progress", 1, image=2))
    at(store, DAY, DAY)
    assert store.finished_days(1) == [FinishedDay("ada", 1, 1)]
    assert store.finished_days(1, "bob") == []


def test_what_was_taken_in_is_nobodys_work(store):
    assert store.work(1) == []
    assert activity.BREAK == 100 * SECOND
