import pytest
from sqlalchemy import delete

from datasetbuilder.errors import AlreadyExists, UnknownName
from datasetbuilder.model import Image, ImageState, Outcome, TargetType
from datasetbuilder.projects.schema import image
from tests.projects.campaign import Campaign, box

ACCEPTED, CONFLICT, REFUSED = Outcome.ACCEPTED, Outcome.CONFLICT, Outcome.REFUSED
STROKES = [{"points": [[1, 1], [5.5, 5]], "width": 8, "label": 1}]


def ids(images: list[Image]) -> list[int]:
    return [one.id for one in images]


# --- taking images in -------------------------------------------------------------------------


def test_images_get_ids_in_their_order_under_one_event(campaign):
    new = [Image(0, "x.png", 9, 7, uri="copied:x.png", sha256="ab", format="PNG", orientation=6)]
    (made,) = campaign.store.add_images(campaign.id, new, author="ada")

    assert made.id == 4
    assert campaign.store.image(campaign.id, 4) == made
    event = campaign.store.events(campaign.id)[-1]
    assert event.target.type is TargetType.BATCH
    assert event.after == {"images": {"first": 4, "last": 4, "n": 1}}


def test_a_taken_name_refuses_the_whole_batch(campaign):
    new = [Image(0, "new.png", 9, 7), Image(0, "picture 2.png", 9, 7)]
    with pytest.raises(AlreadyExists, match=r'image named "picture 2\.png" already'):
        campaign.store.add_images(campaign.id, new, author="ada")
    assert campaign.info.n_images == 3


def test_a_batch_with_the_same_name_twice_is_refused(campaign):
    new = [Image(0, "new.png", 9, 7), Image(0, "new.png", 9, 7)]
    with pytest.raises(AlreadyExists, match=r"new\.png"):
        campaign.store.add_images(campaign.id, new, author="ada")


def test_no_images_make_no_event(campaign):
    assert campaign.store.add_images(campaign.id, [], author="ada") == ()
    assert campaign.info.seq == 3


def test_images_are_found_by_name(campaign):
    found = campaign.store.images_named(campaign.id, ["picture 3.png", "nothing.png"])
    assert {name: one.id for name, one in found.items()} == {"picture 3.png": 3}


def test_an_unknown_image_is_named(campaign):
    with pytest.raises(UnknownName, match="no image 9"):
        campaign.store.image(campaign.id, 9)


# --- walking through them ---------------------------------------------------------------------


def test_pages_follow_each_other_by_id(campaign):
    assert ids(campaign.store.images(campaign.id, limit=2)) == [1, 2]
    assert ids(campaign.store.images(campaign.id, after=2, limit=2)) == [3]
    assert ids(campaign.store.images(campaign.id, after=3)) == []


@pytest.fixture
def mixed(campaign: Campaign):
    campaign.store.add_images(campaign.id, [Image(0, f"{n}.png", 50, 50) for n in "abcde"],
                              author="ada")  # fmt: skip
    campaign.run(*[campaign.add(f"1-{n}", image=n) for n in (1, 2, 4, 6, 7)])
    campaign.run(*[campaign.add(f"2-{n}", box(2), image=n) for n in (2, 7)])
    campaign.run(*[campaign.state("done", 1, image=n) for n in (1, 3, 4, 7, 8)])
    return campaign


@pytest.mark.parametrize(
    ("state", "label", "expected"),
    [
        (None, 1, [1, 2, 4, 6, 7]),
        (None, 2, [2, 7]),
        (None, 9, []),
        (ImageState.NEW, None, [5]),
        (ImageState.IN_PROGRESS, None, [2, 6]),
        (ImageState.DONE, 1, [1, 4, 7]),
        (ImageState.DONE, 2, [7]),
        (ImageState.IN_PROGRESS, 1, [2, 6]),
        (ImageState.NEW, 1, []),
    ],
)
def test_images_are_filtered_by_state_and_label(mixed, state, label, expected):
    assert ids(mixed.store.images(mixed.id, state=state, label=label)) == expected
    pages, after = [], 0
    while page := ids(mixed.store.images(mixed.id, after=after, limit=1, state=state, label=label)):
        pages += page
        after = page[-1]
    assert pages == expected


def test_the_neighbours_of_an_image_are_the_ids_around_it(campaign):
    assert campaign.store.neighbours(campaign.id, 1) == (None, 2)
    assert campaign.store.neighbours(campaign.id, 2) == (1, 3)
    assert campaign.store.neighbours(campaign.id, 3) == (2, None)


def test_the_position_counts_the_images_that_are_there(campaign):
    assert campaign.store.image_position(campaign.id, 3) == 3
    campaign.store._writer.submit(
        lambda t: (
            t.connection.execute(delete(image).where(image.c.id == 2)),
            t.ledger(campaign.id).count("images", n=-1),
        )
    )
    assert campaign.store.image_position(campaign.id, 3) == 2
    with pytest.raises(UnknownName):
        campaign.store.image_position(campaign.id, 2)


# --- state and split --------------------------------------------------------------------------


def test_the_first_annotation_starts_a_new_image_without_touching_its_version(campaign):
    campaign.do(campaign.add("a"))
    found = campaign.store.image(campaign.id, 1)

    assert (found.state, found.version, found.n_annotations) == (ImageState.IN_PROGRESS, 1, 1)
    assert campaign.info.states[ImageState.IN_PROGRESS] == 1
    assert campaign.info.states[ImageState.NEW] == 2
    assert campaign.info.seq == 4


def test_a_finished_image_stays_finished_when_something_is_drawn_on_it(campaign):
    campaign.run(campaign.state("done", 1), campaign.add("a"))
    assert campaign.store.image(campaign.id, 1).state is ImageState.DONE


@pytest.mark.parametrize("state", list(ImageState))
def test_an_image_takes_every_state_with_its_comment(campaign, state):
    result = campaign.do(campaign.state(state, 1, comment=" too dark "))

    assert (result.outcome, result.version) == (ACCEPTED, 2)
    found = campaign.store.image(campaign.id, 1)
    assert (found.state, found.comment, found.version) == (state, "too dark", 2)
    assert sum(campaign.info.states.values()) == 3
    assert campaign.info.states[state] >= 1


def test_a_new_state_takes_the_old_comment_away(campaign):
    campaign.run(campaign.state("rejected", 1, comment="missed one"), campaign.state("done", 2))
    assert campaign.store.image(campaign.id, 1).comment == ""


def test_two_states_at_once_are_a_conflict(campaign):
    campaign.do(campaign.state("done", 1))
    result = campaign.do(campaign.state("skipped", 1), client="tab-2")

    assert (result.outcome, result.version) == (CONFLICT, 2)
    assert result.current is not None
    assert result.current["state"] == "done"


def test_the_state_told_after_an_annotation_counts_it(campaign):
    _, done = campaign.run(campaign.add("a"), campaign.state("done", 1))
    assert done.current["n_annotations"] == 1


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ({"payload": {"state": "finished"}}, "payload.state: must be one of new, in_progress"),
        ({"payload": {"comment": "x"}}, "payload.state: is missing"),
        ({"payload": {"state": "done", "note": 1}}, "payload.note: is not known"),
        ({"payload": {"state": "done", "comment": 1}}, "payload.comment: must be text"),
        ({"uid": "2", "payload": {"state": "done"}}, "target.key: must be the image's id, 1"),
        ({"image": 9, "uid": "9", "payload": {"state": "done"}}, "image 9 does not exist"),
        ({"image": None, "payload": {"state": "done"}}, "target.image: is missing"),
        ({"kind": "remove"}, "image_state can be changed, not removed"),
        ({"kind": "add", "payload": {"state": "done"}}, "image_state can be changed, not added"),
    ],
)
def test_a_malformed_state_is_refused(campaign, operation, reason):
    how = {"kind": "change", "uid": "1", "type": "image_state", "base": 1, **operation}
    result = campaign.do(campaign.op(**how))

    assert result.outcome is REFUSED
    assert reason in result.reason


def test_a_split_is_given_and_taken_away(campaign):
    train, none = campaign.run(
        campaign.op("change", "1", {"split": "train"}, type="split", base=1, op_id="train"),
        campaign.op("change", "1", {"split": None}, type="split", base="train"),
    )

    assert (train.current["split"], none.current["split"], none.version) == ("train", None, 3)
    assert campaign.store.events(campaign.id)[-1].previous_seq == train.seq


def test_a_split_given_to_an_image_does_not_stand_against_its_state(campaign):
    split = campaign.op("change", "1", {"split": "train"}, type="split", base=1)
    results = campaign.run(split, campaign.state("done", 1))
    assert [result.outcome.value for result in results] == ["accepted", "accepted"]


@pytest.mark.parametrize("split", [1, "", " ", "x" * 101, "train ", "../up", "a b"])
def test_a_malformed_split_is_refused(campaign, split):
    result = campaign.do(campaign.op("change", "1", {"split": split}, type="split", base=1))
    assert result.outcome is REFUSED


def test_a_state_that_is_no_text_is_refused(campaign):
    result = campaign.do(campaign.op("change", "1", {"state": []}, type="image_state", base=1))
    assert result.outcome is REFUSED


# --- settings, scribbles, comments ------------------------------------------------------------


def test_settings_change_a_few_at_a_time(campaign):
    first = campaign.do(
        campaign.op("change", "project", {"window": [0, 255], "brush": 8}, base=1,
                    type="settings", image=None)
    )  # fmt: skip
    assert (first.outcome, first.version) == (ACCEPTED, 2)
    campaign.do(
        campaign.op("change", "project", {"brush": None, "snap": True}, base=2,
                    type="settings", image=None)
    )  # fmt: skip

    assert campaign.info.settings == {"window": [0, 255], "snap": True}
    assert campaign.info.settings_version == 3


def test_settings_on_an_old_version_are_a_conflict(campaign):
    def brush(size: int):
        return campaign.op(
            "change", "project", {"brush": size}, base=1, type="settings", image=None
        )

    first, second = campaign.run(brush(8), brush(9))
    assert (first.outcome, second.outcome) == (ACCEPTED, CONFLICT)
    assert campaign.info.settings == {"brush": 8}


def scribble(campaign: Campaign, kind: str, payload=None, **how):
    return campaign.op(kind, "s", payload, type="scribble", **how)


def test_a_scribble_is_added_changed_removed_and_brought_back(campaign):
    results = campaign.run(
        scribble(campaign, "add", {"strokes": STROKES}),
        scribble(campaign, "change", {"strokes": [*STROKES, {**STROKES[0], "label": 0}]}, base=1),
        scribble(campaign, "remove", base=2),
        scribble(campaign, "change", {"strokes": STROKES}, base=3),
    )

    assert [result.version for result in results] == [1, 2, 3, 4]
    (found,) = campaign.store.scribbles(campaign.id, 1)
    (stroke,) = found.strokes
    assert (stroke.points, stroke.width, stroke.label) == (((1, 1), (5.5, 5)), 8, 1)
    assert (found.version, found.author) == (4, "ada")


def test_a_scribble_does_not_start_the_image(campaign):
    campaign.do(scribble(campaign, "add", {"strokes": STROKES}))
    assert campaign.store.image(campaign.id, 1).state is ImageState.NEW


def test_a_scribble_that_is_there_is_added_again_only_with_the_same_strokes(campaign):
    outcomes = [
        campaign.do(scribble(campaign, "add", {"strokes": strokes})).outcome
        for strokes in (STROKES, STROKES, [{**STROKES[0], "width": 9}])
    ]
    assert outcomes == [ACCEPTED, ACCEPTED, REFUSED]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({}, "payload.strokes: is missing"),
        ({"strokes": [{**STROKES[0], "width": 0}]}, "payload.strokes[0].width"),
        ({"strokes": [{**STROKES[0], "points": []}]}, "payload.strokes[0].points"),
    ],
)
def test_a_malformed_scribble_is_refused(campaign, payload, reason):
    result = campaign.do(scribble(campaign, "add", payload))
    assert result.outcome is REFUSED
    assert reason in result.reason


def comment(campaign: Campaign, kind: str, payload=None, **how):
    return campaign.op(kind, "c", payload, type="comment", **how)


def test_a_comment_is_made_resolved_removed_and_brought_back(campaign):
    results = campaign.run(
        comment(campaign, "add", {"text": "which one?", "x": 3, "y": 4.5}),
        comment(campaign, "change", {"resolved": True}, base=1),
        comment(campaign, "remove", base=2),
        comment(campaign, "change", {"text": "this one"}, base=3),
    )

    assert [result.version for result in results] == [1, 2, 3, 4]
    (found,) = campaign.store.comments(campaign.id, 1)
    assert (found["text"], found["resolved"], found["author"]) == ("this one", False, "ada")
    assert results[1].current["resolved"] is True


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"x": 1}, "payload.text: is missing"),
        ({"text": " "}, "payload.text: must be text"),
        ({"text": "a", "x": float("nan")}, "payload.x: must be a finite number"),
        ({"text": "a", "resolved": 1}, "payload.resolved: must be true or false"),
        ({"text": "a", "annotation": 1}, "payload.annotation: must be the uid"),
        ({"text": "a", "size": 1}, "payload.size: is not known"),
    ],
)
def test_a_malformed_comment_is_refused(campaign, payload, reason):
    result = campaign.do(comment(campaign, "add", payload))
    assert result.outcome is REFUSED
    assert reason in result.reason


def test_batches_stand_in_the_log_alone(campaign):
    result = campaign.do(campaign.op("add", "images", type="batch", image=None))
    assert (result.outcome, result.reason) == (
        REFUSED,
        "target.type: batch is not changed by operations",
    )


def test_a_label_belongs_to_no_image(campaign):
    result = campaign.do(campaign.op("add", "l", {"name": "x"}, type="label", image=1))
    assert result.reason == "target.image: a label belongs to no image"
