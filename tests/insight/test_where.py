from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasetbuilder.insight.where import Filtered, WhereError, condition_from_text
from datasetbuilder.model import Annotation, Box, Image, ImageState, Tag

NAMES = {1: "cell", 2: "big cell"}
IMAGE = Image(1, "plate 1/a.png", 10, 10, state=ImageState.DONE, split="train")
DRAWN = Annotation(
    "u",
    1,
    Box(1.0, 1.0, 2.0, 2.0),
    attributes={"grade": 2, "sure": True, "note": "faint"},
    author="ann",
    score=0.5,
    area=4.0,
    updated_at=datetime(2026, 3, 4, 12, tzinfo=UTC),
)


def holds(text: str, item: Annotation | None = DRAWN, image: Image = IMAGE) -> bool | None:
    return condition_from_text(text).holds(image, item, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "status = done",
        "STATUS == 'done'",
        "label = cell",
        'label in ("big cell", cell)',
        "split = train and author = ann",
        "score >= 0.5 and score <= .5",
        "not score < 0.5",
        "attribute.grade = 2 and attribute.grade > 1",
        "attribute.sure = true",
        "attribute.note ~ 'fa*'",
        "name ~ 'plate 1/*'",
        "date = 2026-03-04 or label = nothing",
        "date >= 2026-03-04 and date <= 2026-03-04 and date < 2026-03-05",
        "date > 2026-03-04T11",
        "kind = box and crowd = false and set = truth and area = 4",
        "(label = dog or label = cell) and not (status = new)",
        "label != dog",
        "attribute.missing != x",
    ],
)
def test_what_is_meant(text):
    assert holds(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "status = new",
        "label = 'big cell'",
        "score > 0.5",
        "attribute.missing = 1",
        "attribute.note > 3",
        "attribute.sure > 0",
        "date < 2026-03-04",
        "label = cell and label = dog",
        "not label = cell",
    ],
)
def test_what_is_not_meant(text):
    assert holds(text) is False


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("label = dog", None),
        ("status = done and label = dog", None),
        ("status = new and label = dog", False),
        ("status = done or label = dog", True),
        ("not label = dog", None),
    ],
)
def test_an_image_stays_unless_nothing_on_it_could_matter(text, kept):
    assert holds(text, None) is kept


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Write a condition, for example: .*column 1"),
        ("colour = red", r"(?s)Expected a field. Fields: status, split.*\(column 1\)\n  colour"),
        ("status", r"Expected one of = .*\(column 7\)"),
        ("status = ", r"Expected a value. \(column 9\)"),
        (
            "status = done label = x",
            r"(?s)Expected 'and', 'or' or the end. \(column 15\).*\n {16}\^",
        ),
        ("(status = done", r"Expected '\)'. \(column 15\)"),
        ("score > high", r"'score' is compared with a number. \(column 9\)"),
        ("label > cell", r"'label' has no order: use =, != or ~. \(column 9\)"),
        ("date > yesterday", r"A date is written 2026-01-31 or .*\(column 8\)"),
        ("label = 'cell", r"This text has no end. \(column 9\)"),
        ("label in cell", r"Expected '\('. \(column 10\)"),
        ("label = a !", r"This is not understood. \(column 11\)"),
        ("not " * 60 + "label = a", "More than 50 levels"),
        ("label = " + "a" * 20_000, "longer than 10000 characters"),
    ],
)
def test_what_is_wrong_is_pointed_at(text, problem):
    with pytest.raises(WhereError, match=problem):
        condition_from_text(text)


@given(st.text(max_size=40))
def test_any_text_is_understood_or_refused(text):
    try:
        condition_from_text(text).holds(IMAGE, DRAWN, NAMES)
    except WhereError as error:
        assert "column" in str(error)  # noqa: PT017 - it may also be understood


def test_a_filtered_snapshot_keeps_empty_images():
    from tests.exporters.snapshots import SnapshotFake

    other = Image(2, "b.png", 10, 10, state=ImageState.NEW)
    tag = Annotation("v", 4, Tag(), image_id=1)
    snapshot = SnapshotFake([(IMAGE, (DRAWN, tag)), (other, ())])
    by_label = Filtered(snapshot, condition_from_text("label = nucleus"))
    assert list(by_label.rows()) == [(IMAGE, (tag,)), (other, ())]
    by_state = Filtered(snapshot, condition_from_text("status = done"))
    assert [image.id for image in by_state.images()] == [1]
    assert (by_state.project, by_state.seq, by_state.labels) == ("cells", 17, snapshot.labels)
