"""Which image is next, for whom, and that nobody else has it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from datasetbuilder.errors import DataError
from datasetbuilder.model import ImageState, Operation, OperationKind, Target, TargetType
from datasetbuilder.projects import queue
from datasetbuilder.projects.presence import Place
from datasetbuilder.projects.queue import Share
from datasetbuilder.projects.store import Store
from tests.projects.campaign import pictures

PROJECT = 1
SOON = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def store(campaign):
    return campaign.store


def taken(store, user: str, **options) -> int | None:
    found = store.take_image(PROJECT, user, **options)
    return None if found is None else found.image_id


def put(store, image_id: int, state: str) -> None:
    version = store.image(PROJECT, image_id).version
    target = Target(TargetType.IMAGE_STATE, str(image_id), image_id)
    name = f"{image_id}-{state}-{version}"
    operation = Operation(
        name, OperationKind.CHANGE, target, {"state": state}, base_version=version
    )
    (result,) = store.apply(PROJECT, [operation], author="ada")
    assert result.outcome == "accepted"


def test_each_person_gets_another_image_until_none_is_left(store):
    assert [taken(store, user) for user in ("ada", "bob", "eve", "dan")] == [1, 2, 3, None]


def test_whoever_comes_back_gets_the_same_image(store):
    assert [taken(store, "ada"), taken(store, "bob"), taken(store, "ada")] == [1, 2, 1]


def test_whoever_leaves_an_image_goes_on_behind_it_and_gives_it_back(store):
    assert taken(store, "ada") == 1
    assert taken(store, "ada", leaving=1) == 2
    assert taken(store, "bob") == 1
    assert [(one.image_id, one.user) for one in store.leases(PROJECT)] == [(1, "bob"), (2, "ada")]


def test_behind_the_last_image_come_the_first_that_are_open(store):
    assert taken(store, "ada", leaving=3) == 1
    put(store, 1, "done")
    assert taken(store, "ada", leaving=2) == 3


def test_what_is_done_or_skipped_is_not_offered(store):
    put(store, 1, "done")
    put(store, 2, "skipped")
    assert taken(store, "ada") == 3
    put(store, 3, "done")
    assert taken(store, "ada") is None


def test_what_was_begun_and_left_comes_before_what_is_new(store):
    put(store, 3, "in_progress")
    assert taken(store, "ada") == 3


def test_what_was_rejected_is_put_right_before_anything_else(store):
    put(store, 2, "in_progress")
    put(store, 3, "rejected")
    assert [taken(store, user) for user in ("ada", "bob", "eve")] == [3, 2, 1]


def test_a_rejected_image_goes_back_to_whom_it_is_assigned(store):
    store.assign(PROJECT, Share(["ada"], last=1), actor="boss")
    put(store, 1, "rejected")
    assert [(one.user, one.open) for one in store.workloads(PROJECT)] == [("ada", 1)]
    assert (taken(store, "bob"), taken(store, "ada")) == (2, 1)


def test_a_lease_that_ran_out_is_given_to_the_next(store, monkeypatch):
    assert taken(store, "ada") == 1
    later = queue.now() + queue.LEASE + 1
    monkeypatch.setattr(queue, "now", lambda: later)
    assert store.leases(PROJECT) == []
    assert taken(store, "bob") == 1
    assert [one.user for one in store.leases(PROJECT)] == ["bob"]


def test_a_page_that_is_open_holds_its_image(store, monkeypatch):
    assert taken(store, "ada") == 1
    half = queue.now() + queue.LEASE // 2
    monkeypatch.setattr(queue, "now", lambda: half)
    store.note_presence(Place(PROJECT, 1, "truth"), client="tab", author="ada")
    monkeypatch.setattr(queue, "now", lambda: half + queue.LEASE - 1)
    assert taken(store, "bob") == 2


def test_a_page_of_another_person_holds_nothing(store, monkeypatch):
    assert taken(store, "ada") == 1
    half = queue.now() + queue.LEASE // 2
    monkeypatch.setattr(queue, "now", lambda: half)
    store.note_presence(Place(PROJECT, 1, "truth"), client="tab", author="bob")
    monkeypatch.setattr(queue, "now", lambda: half + queue.LEASE - 1)
    assert taken(store, "bob") == 1


def test_what_is_assigned_comes_first_and_to_nobody_else(store):
    assert store.assign(PROJECT, Share(["bob"], first=1, last=1), actor="boss") == 1
    assert taken(store, "ada") == 2
    assert taken(store, "bob") == 1
    assert taken(store, "eve") == 3
    assert taken(store, "dan") is None


def test_what_is_due_first_comes_first(store):
    store.assign(PROJECT, Share(["ada"], last=2), actor="boss")
    store.assign(PROJECT, Share(["ada"], first=3, due=SOON), actor="boss")
    assert taken(store, "ada") == 3
    assert taken(store, "ada", leaving=3) == 1


def test_people_get_images_in_turn_and_it_is_told_how_much(store):
    assert store.assign(PROJECT, Share(["ada", "bob"], due=SOON), actor="boss") == 3
    put(store, 1, "done")
    ada, bob = store.workloads(PROJECT)
    assert (ada.user, ada.images, ada.open, bob.user, bob.images, bob.open) == (
        "ada", 2, 1, "bob", 1, 1,
    )  # fmt: skip
    assert ada.due is not None
    assert abs(ada.due - SOON) < timedelta(milliseconds=1)


def test_an_assignment_can_go_to_another_or_be_taken_back(store):
    store.assign(PROJECT, Share(["ada"]), actor="boss")
    assert store.assign(PROJECT, Share(["bob"], state=ImageState.NEW), actor="boss") == 3
    assert [one.user for one in store.workloads(PROJECT)] == ["bob"]
    assert store.unassign(PROJECT, Share(["ada"])) == 0
    assert store.unassign(PROJECT, Share([], first=2)) == 2
    assert taken(store, "ada") == 2
    with pytest.raises(DataError, match="at least one person"):
        store.assign(PROJECT, Share([]), actor="boss")


def test_at_random_every_open_image_is_found(store, monkeypatch):
    monkeypatch.setattr(queue.random, "randrange", lambda most: 2)
    assert [taken(store, user, order="random") for user in "abcd"] == [3, 1, 2, None]


def test_fifty_people_at_once_get_fifty_images_and_none_is_forgotten(store):
    store.add_images(PROJECT, pictures(150)[3:], author="ada")
    got: list[int] = []

    def work(user: str) -> None:
        leaving = None
        for _ in range(3):
            found = store.take_image(PROJECT, user, leaving=leaving)
            assert found is not None
            got.append(found.image_id)
            put(store, found.image_id, "done")
            leaving = found.image_id

    threads = [threading.Thread(target=work, args=(f"user{k}",)) for k in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(1, 151))
    assert store.take_image(PROJECT, "ada") is None


def test_what_was_assigned_with_a_day_comes_by_the_day_and_then_by_the_place(store):
    store.assign(PROJECT, Share(["ada"], first=3, last=3, due=SOON), actor="boss")
    store.assign(PROJECT, Share(["ada"], last=2), actor="boss")
    assert taken(store, "ada") == 3
    assert [taken(store, "ada", leaving=n) for n in (3, 1, 2)] == [1, 3, 3]
    put(store, 3, "done")
    assert [taken(store, "ada", leaving=n) for n in (3, 1, 2)] == [1, 2, 1]


def test_every_question_for_the_next_image_is_a_seek_in_the_index_of_the_queue(workspace_folder):
    keys = dict.fromkeys(("p", "due", "start", "leaving", "moment", "after"), 1)
    keys |= {"who": "", "user": "ada"}
    with Store.open(workspace_folder) as store, store.reading() as connection:
        for question in (queue._BEHIND, queue._BEFORE, queue._DAYS):
            asked = question.compile(connection)
            values = asked.construct_params(keys)
            row = tuple(values[name] for name in asked.positiontup or ())
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", row)
            steps = [step[3] for step in plan if " image " in step[3]]
            assert len(steps) == 3
            assert all(
                "ix_image_queue (project=? AND assignee=? AND state=?" in step for step in steps
            )
