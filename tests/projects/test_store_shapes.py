"""Shapes come back from the store as they were drawn."""

import json
import math

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasetbuilder import geometry
from datasetbuilder.errors import DataError, GeometryError, UnknownName
from datasetbuilder.model import (
    Annotation,
    Box,
    Ellipse,
    Geometry,
    Image,
    ImageState,
    Keypoint,
    Keypoints,
    Outcome,
    Part,
    Points,
    Polygon,
    Polyline,
    RotatedBox,
    Tag,
    TargetType,
    Visibility,
)
from datasetbuilder.projects.annotations import _points_from_blobs, _polygon_blobs
from datasetbuilder.projects.annotations import _polygon_from_build as polygon_from_build
from datasetbuilder.wire import annotation_to_wire, geometry_to_wire, shortest_float32
from tests.projects.campaign import RING, Campaign, box, polygon


def drawn(campaign: Campaign) -> Annotation:
    (found,) = campaign.store.annotations(campaign.id, 1)
    return found


def payload(shape: Geometry, **more: object) -> dict[str, object]:
    return {
        "label": 1,
        "kind": shape.kind.value,
        "geometry": geometry_to_wire(shape),
        **more,
    }


# --- each kind --------------------------------------------------------------------------------


def test_a_tag_has_no_place(campaign):
    campaign.do(campaign.add("a", {"label": 1, "kind": "tag", "geometry": {}}))
    assert (drawn(campaign).geometry, drawn(campaign).area, drawn(campaign).bbox) == (
        Tag(),
        0,
        None,
    )


def test_a_box_keeps_its_decimals(campaign):
    shape = Box(0.1, 33.3, 12.7, 0.9)
    campaign.do(campaign.add("a", payload(shape)))
    assert drawn(campaign).geometry == shape


def test_a_box_over_the_edge_is_clipped_to_the_image(campaign):
    campaign.do(campaign.add("a", box(x=95, y=-5, width=20, height=20)))
    assert drawn(campaign).geometry == Box(95, 0, 5, 15)
    assert drawn(campaign).area == 75


def test_a_polygon_keeps_its_parts_holes_and_decimals(campaign):
    triangle = [[[60.1, 60.2], [70.3, 60.4], [65.5, 70.6]]]
    campaign.do(campaign.add("a", polygon(RING, triangle)))

    shape = drawn(campaign).geometry
    assert isinstance(shape, Polygon)
    first, second = shape.parts
    assert first.exterior == ((0, 0), (20, 0), (20, 20), (0, 20))
    assert first.holes == (((5, 5), (5, 15), (15, 15), (15, 5)),)
    assert second == Part(((60.1, 60.2), (70.3, 60.4), (65.5, 70.6)))


def test_a_mask_keeps_its_offset_and_its_run_lengths(campaign):
    shape = geometry.mask_from_array(np.array([[1, 1, 0], [0, 1, 1]], dtype=bool), offset=(7, 9))
    campaign.do(campaign.add("a", payload(shape)))

    assert drawn(campaign).geometry == shape
    assert (drawn(campaign).area, drawn(campaign).bbox) == (4, (7, 9, 3, 2))


@pytest.mark.parametrize(
    ("shape", "area", "bbox"),
    [
        (RotatedBox(20.1, 20.2, 8.5, 4.5, 90), 32, (18, 16, 4, 8)),
        (Ellipse(20.1, 20.2, 8.5, 4.5, -30.5), 120, (12, 14, 16, 12)),
        (Polyline(((1.1, 2.2), (9.9, 3.3), (5.0, 70.7))), 0, (1, 2, 9, 69)),
        (Points(((1.1, 2.2), (9.9, 3.3))), 0, (1, 2, 9, 2)),
        (
            Keypoints((Keypoint(5.1, 6.2), Keypoint(0, 0, Visibility(0)), Keypoint(8, 9))),
            0,
            (5, 6, 3, 3),
        ),
    ],
    ids=lambda value: value.kind.value if hasattr(value, "kind") else "",
)
def test_every_other_kind_comes_back_with_its_very_numbers(campaign, shape, area, bbox):
    result = campaign.do(campaign.add("a", payload(shape)))

    found = drawn(campaign)
    assert (found.geometry, found.area, found.bbox) == (shape, area, bbox)
    assert result.current is not None
    assert result.current["geometry"] == json.loads(json.dumps(geometry_to_wire(shape)))


def test_shapes_of_all_kinds_on_one_image_do_not_mix_up_their_numbers(campaign):
    shapes = [
        Polyline(((1.0, 2.0), (3.0, 4.0))),
        Box(1, 1, 5, 5),
        Ellipse(20, 20, 5, 4, 3),
        Polygon((Part(((60.0, 60.0), (70.0, 60.0), (65.0, 70.0))),)),
        Keypoints((Keypoint(5, 6), Keypoint(8, 9, Visibility.HIDDEN))),
        Points(((7.0, 7.0),)),
        RotatedBox(30, 30, 9, 8, 7),
    ]
    campaign.run(*(campaign.add(f"a{k}", payload(shape)) for k, shape in enumerate(shapes)))
    assert [one.geometry for one in campaign.store.annotations(campaign.id, 1)] == shapes


def test_everything_else_that_was_said_comes_back(campaign):
    said = payload(
        Box(1, 1, 5, 5),
        attributes={"blurred": True, "grade": 2, "note": "é"},
        source="yolo",
        score=0.75,
        crowd=True,
        set="yolo",
    )
    campaign.do(campaign.add("a", said))

    assert campaign.uids() == []
    (found,) = campaign.store.annotations(campaign.id, 1, sets=["yolo"])
    assert dict(found.attributes) == {"blurred": True, "grade": 2, "note": "é"}
    assert (found.source, found.score, found.crowd, found.set) == ("yolo", 0.75, True, "yolo")


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ({"kind": "box", "geometry": {"x": 200, "y": 1, "width": 5, "height": 5}}, ""),
        ({"kind": "box", "geometry": {"x": 1, "y": 1, "width": math.nan, "height": 5}}, "width"),
        ({"kind": "box", "geometry": {"x": 1, "y": 1, "width": 5}}, "height: is missing"),
        ({"kind": "blob", "geometry": {}}, "payload.kind"),
        ({"kind": "ellipse", "geometry": {}}, "payload.geometry.cx: is missing"),
        ({"geometry": {}}, "payload.kind: is missing"),
        ({"kind": "polygon", "geometry": {"parts": [[[[0, 0], [9, 9]]]]}}, "at least 3 points"),
        (
            {"kind": "polygon", "geometry": {"parts": [[[[0, 0], [9, 9], [9, 0], [0, 9]]]]}},
            "cross",
        ),
        (
            {"kind": "mask", "geometry": {"x": 0, "y": 0, "width": 2, "height": 2, "counts": "!"}},
            "",
        ),
    ],
)
def test_a_shape_without_meaning_is_refused_and_nothing_is_written(campaign, shape, reason):
    result = campaign.do(campaign.add("a", {"label": 1, **shape}))

    assert result.outcome is Outcome.REFUSED
    assert reason in result.reason
    assert campaign.uids() == []
    assert campaign.store.image(campaign.id, 1).state is ImageState.NEW


# --- numbers ----------------------------------------------------------------------------------


@settings(max_examples=300)
@given(st.lists(st.floats(0, 20_000, width=32, allow_subnormal=False), min_size=6, max_size=40))
def test_coordinates_come_back_as_the_doubles_that_were_sent(numbers):
    values = [shortest_float32(number) for number in numbers[: len(numbers) // 2 * 2]]
    ring = tuple(zip(values[0::2], values[1::2], strict=True))
    shape = Polygon((Part(ring),))
    xy, _ = _polygon_blobs(shape)
    assert tuple(_points_from_blobs([xy])) == ring


def test_every_power_of_two_that_a_coordinate_can_be_comes_back():
    values = [shortest_float32(2.0**k) for k in range(-20, 24)]
    xy, _ = _polygon_blobs(Polygon((Part(tuple((v, v) for v in values)),)))
    assert [x for x, _ in _points_from_blobs([xy])] == values


rings = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=3, max_size=6)


@given(st.lists(st.lists(rings, min_size=1, max_size=4), min_size=1, max_size=4))
def test_the_build_of_a_polygon_survives_its_blobs(parts):
    shape = Polygon(
        tuple(
            Part(tuple(map(tuple, part[0])), tuple(tuple(map(tuple, r)) for r in part[1:]))
            for part in parts
        )
    )
    xy, build = _polygon_blobs(shape)
    counts = np.frombuffer(build, dtype="<u4").tolist()
    assert polygon_from_build(_points_from_blobs([xy]), counts) == shape


# --- many at once -----------------------------------------------------------------------------


def imported(n: int, **more) -> list[Annotation]:
    shapes = [Box(k % 80, k % 60, 5, 5) for k in range(n)]
    return [
        Annotation(f"u{k}", 1 + k % 2, shape, image_id=1 + k % 3, source="import", **more)
        for k, shape in enumerate(shapes)
    ]


def test_imported_annotations_stand_under_one_event(campaign):
    made = campaign.store.add_annotations(campaign.id, imported(1200), author="ada", tool="coco")

    assert [one.id for one in made] == list(range(1, 1201))
    assert campaign.store.annotations(campaign.id, 2) == tuple(
        one for one in made if one.image_id == 2
    )
    event = campaign.store.events(campaign.id)[-1]
    assert (event.seq, event.target.type, event.tool) == (4, TargetType.BATCH, "coco")
    assert event.after == {"annotations": {"first": 1, "last": 1200, "n": 1200}}
    assert campaign.info.label_counts == {1: 600, 2: 600}
    assert campaign.store.image(campaign.id, 1).state is ImageState.NEW


def test_the_past_of_an_imported_annotation_can_be_looked_up(campaign):
    campaign.store.add_annotations(campaign.id, imported(1), author="ada")
    result = campaign.do(campaign.change("u0", box(2, x=30), 1))

    before = campaign.store.before(campaign.id, result.seq)
    assert before is not None
    assert (before["label"], before["geometry"]["x"]) == (1, 0)
    changed = campaign.do(campaign.change("u0", box(2, x=40), 2))
    assert campaign.store.before(campaign.id, changed.seq) == result.current


@pytest.mark.parametrize(
    ("wrong", "error", "reason"),
    [
        (Annotation("u0", 1, Box(0, 0, 5, 5), image_id=1), DataError, "u0: the project knows"),
        (Annotation("x", 9, Box(0, 0, 5, 5), image_id=1), DataError, "no label 9 in use"),
        (Annotation("x", 1, Box(0, 0, 5, 5), image_id=9), UnknownName, "no image 9"),
        (Annotation("x", 1, Box(500, 0, 5, 5), image_id=1), GeometryError, "outside the image"),
    ],
)
def test_one_wrong_annotation_refuses_the_whole_import(campaign, wrong, error, reason):
    with pytest.raises(error, match=reason):
        campaign.store.add_annotations(campaign.id, [*imported(5), wrong], author="ada")
    assert campaign.info.n_annotations == 0
    assert campaign.info.seq == 3


def test_a_removed_uid_is_not_imported_again(campaign):
    campaign.run(campaign.add("u0"), campaign.remove("u0", 1))
    with pytest.raises(DataError, match="u0: the project knows this uid"):
        campaign.store.add_annotations(campaign.id, imported(1), author="ada")


def test_the_shape_of_an_image_that_comes_later_is_known_when_it_is_there(campaign):
    early = campaign.do(campaign.add("a", image=4))
    assert early.reason == "image 4 does not exist"
    campaign.store.add_images(campaign.id, [Image(0, "late.png", 50, 50)], author="ada")
    assert campaign.do(campaign.add("b", image=4)).outcome is Outcome.ACCEPTED


def test_the_wire_rows_of_a_page_say_what_the_annotations_say(campaign):
    holed = Polygon(
        (
            Part(((0, 0), (5, 0), (5, 5)), (((2.0, 2.0), (3.5, 2.0), (3.5, 3.0)),)),
            Part(((6, 6), (9, 6), (9, 9))),
        )
    )
    shapes = [
        holed,
        Box(1, 2, 3, 4),
        Ellipse(5, 5, 2, 1, 30),
        Polyline(((0.1, 0.2), (5, 5))),
        Tag(),
    ]
    for uid, shape in zip("abcde", shapes, strict=True):
        campaign.do(campaign.add(uid, payload(shape)))
    wires = campaign.store.annotation_wires(campaign.id, 1)
    written = orjson.loads(orjson.dumps(wires, option=orjson.OPT_SERIALIZE_NUMPY))
    whole = [annotation_to_wire(one) for one in campaign.store.annotations(campaign.id, 1)]
    assert written == orjson.loads(orjson.dumps(whole))
