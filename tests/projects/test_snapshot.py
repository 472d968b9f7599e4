from io import BytesIO

import pytest
from sqlalchemy import select

from datasetbuilder.model import Image, Snapshot
from datasetbuilder.projects.schema import image
from datasetbuilder.projects.snapshot import StoreSnapshot
from tests.projects.campaign import Campaign, box


@pytest.fixture
def taken(campaign: Campaign):
    campaign.run(
        campaign.add("b", image=3), campaign.add("a"), campaign.add("c"),
        campaign.add("blind", {**box(), "set": "bob"}, image=2),
    )  # fmt: skip
    with campaign.store.snapshot(campaign.id, open_pixels=lambda one: BytesIO(b"pixels")) as made:
        yield made


def rows(snapshot: Snapshot) -> list[tuple[int, list[str]]]:
    return [(one.id, [a.uid for a in found]) for one, found in snapshot.rows()]


def test_a_snapshot_holds_every_image_with_its_annotations_by_id(taken: StoreSnapshot):
    assert rows(taken) == [(1, ["a", "c"]), (2, []), (3, ["b"])]
    assert [one.id for one in taken.images()] == [1, 2, 3]
    assert (taken.project, taken.seq) == ("cells", 7)
    assert [label.name for label in taken.labels] == ["cell", "nucleus"]


def test_a_snapshot_gives_the_same_annotations_as_the_store(campaign, taken: StoreSnapshot):
    for one, found in taken.rows():
        assert found == campaign.store.annotations(campaign.id, one.id)
        assert one == campaign.store.image(campaign.id, one.id)


def test_a_snapshot_does_not_see_what_is_written_later(campaign, taken: StoreSnapshot):
    before = rows(taken)
    uid = campaign.store.labels(campaign.id)[1].uid
    campaign.run(campaign.add("d"), campaign.remove("a", 1), campaign.state("done", 1, image=2))
    campaign.do(campaign.label("change", uid, {"name": "kernel"}, 1))
    campaign.store.add_images(campaign.id, [Image(0, "new.png", 9, 9)], author="ada")

    assert rows(taken) == before
    assert taken.seq == 7
    assert [one.state for one in taken.images()][1] == "in_progress"
    assert taken.labels[1].name == "nucleus"


def test_writing_goes_on_between_two_rows_of_a_snapshot(campaign, taken: StoreSnapshot):
    seen = []
    for one, found in taken.rows():
        seen.append((one.id, len(found)))
        campaign.do(campaign.add(f"meanwhile-{one.id}", image=3))
    assert seen == [(1, 2), (2, 0), (3, 1)]


def test_two_readings_of_a_snapshot_may_be_under_way_at_once(taken: StoreSnapshot):
    first, second = taken.rows(), taken.rows()
    assert [(a[0].id, b[0].id) for a, b in zip(first, second, strict=True)] == [
        (1, 1),
        (2, 2),
        (3, 3),
    ]


def test_a_snapshot_of_other_sets_holds_those(campaign, taken):
    with campaign.store.snapshot(
        campaign.id, open_pixels=lambda one: BytesIO(), sets=["bob", "truth"]
    ) as both:
        assert rows(both) == [(1, ["a", "c"]), (2, ["blind"]), (3, ["b"])]


def test_a_snapshot_opens_pixels_by_what_it_was_given(taken: StoreSnapshot):
    with taken.open_pixels(next(taken.images())) as stream:
        assert stream.read() == b"pixels"


def test_a_snapshot_without_a_removed_label(campaign):
    uid = campaign.store.labels(campaign.id)[1].uid
    campaign.do(campaign.label("remove", uid, {}, 1))
    with campaign.store.snapshot(campaign.id, open_pixels=lambda one: BytesIO()) as made:
        assert [label.id for label in made.labels] == [1]


def test_a_snapshot_goes_through_more_rows_than_one_block(campaign):
    pictures = [Image(0, f"many {k}.png", 50, 50) for k in range(1500)]
    made = campaign.store.add_images(campaign.id, pictures, author="ada")
    campaign.run(*[campaign.add(f"u{one.id}", image=one.id) for one in made[::100]])
    with campaign.store.snapshot(campaign.id, open_pixels=lambda one: BytesIO()) as snapshot:
        found = rows(snapshot)
    assert [number for number, _ in found] == list(range(1, 1504))
    assert [uids for _, uids in found if uids] == [[f"u{one.id}"] for one in made[::100]]


def test_a_snapshot_left_half_read_does_not_hold_the_next_reader_in_the_past(campaign):
    with campaign.store.snapshot(campaign.id, open_pixels=lambda one: BytesIO()) as made:
        half_read = made.rows()
        assert next(half_read)[0].id == 1
    campaign.do(campaign.add("a"))
    assert campaign.uids() == ["a"]
    with campaign.store.snapshot(campaign.id, open_pixels=lambda one: BytesIO()) as made:
        assert rows(made) == [(1, ["a"]), (2, []), (3, [])]
    half_read.close()


def test_a_reader_that_fails_does_not_hold_the_next_one_in_the_past(campaign):
    def fail() -> None:
        with campaign.store._reading() as connection:
            raise ZeroDivisionError(connection.execute(select(image)))

    with pytest.raises(ZeroDivisionError) as kept:
        fail()
    campaign.do(campaign.add("a"))
    assert campaign.uids() == ["a"]
    assert kept.traceback
