import json
import math
import struct
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasetbuilder import wire
from datasetbuilder.errors import WireError
from datasetbuilder.geometry import mask_from_array
from datasetbuilder.model import (
    Annotation,
    Box,
    Event,
    Image,
    ImageState,
    Kind,
    Label,
    Mask,
    Operation,
    OperationKind,
    Outcome,
    Part,
    Polygon,
    Result,
    Scribble,
    Skeleton,
    Stroke,
    Tag,
    Target,
    TargetType,
)
from datasetbuilder.wire import shortest_float32
from tests.strategies import boxes, masks, polygons, strokes, turned, uncovering

NAN, INF = float("nan"), float("inf")
TRIANGLE = [[0, 0], [4, 0], [0, 4]]


def sent(value):
    """What arrives on the other side."""
    return json.loads(json.dumps(value, allow_nan=False))


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


# --- numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.1, 0.1), (1 / 3, 0.33333334), (123.0625, 123.0625), (16_777_217, 16_777_216.0), (0, 0.0)],
)
def test_a_coordinate_is_the_shortest_decimal_of_its_float32(value, expected):
    assert shortest_float32(value) == expected


@given(st.floats(-1e7, 1e7))
def test_a_shortened_number_is_the_same_float32_and_stays_as_it_is(value):
    short = shortest_float32(value)
    assert single(short) == single(value)
    assert shortest_float32(short) == short
    assert shortest_float32(single(short)) == short
    assert len(repr(short).lstrip("-").replace(".", "").lstrip("0").partition("e")[0]) <= 10


# --- round trips ------------------------------------------------------------------------------

geometries = st.one_of(
    st.just(Tag()),
    boxes(),
    polygons(),
    masks().map(lambda array: mask_from_array(array)),
    turned(),
    uncovering(),
)
identifiers = st.text("abcXYZ019-_.", min_size=1, max_size=64)


@given(geometries)
def test_a_geometry_comes_back(geometry):
    data = sent(wire.geometry_to_wire(geometry))
    assert wire.geometry_from_wire(geometry.kind, data) == geometry


@given(
    geometries,
    st.integers(1, 900),
    st.booleans(),
    st.none() | st.floats(0, 1, width=16),
    st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.integers(-9, 9)),
)
def test_an_annotation_comes_back_by_the_fields_that_a_person_may_set(
    geometry, label, crowd, score, attributes
):
    born = Annotation(
        uid="a1",
        label=label,
        geometry=geometry,
        attributes=attributes,
        source="model-3",
        score=score,
        crowd=crowd,
        set="gold",
    )
    data = sent(wire.annotation_to_wire(born))
    keys = ("label", "set", "kind", "geometry", "attributes", "source", "score", "crowd")
    assert wire.annotation_from_wire("a1", {key: data[key] for key in keys}) == born


def test_an_annotation_shows_what_the_store_knows_of_it():
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    stored = Annotation(
        uid="a1",
        label=2,
        geometry=Box(1, 2, 3, 4),
        image_id=7,
        id=9,
        author="kim",
        version=3,
        area=12.0,
        bbox=(1, 2, 3, 4),
        created_at=at,
    )
    assert sent(wire.annotation_to_wire(stored)) == {
        "uid": "a1",
        "id": 9,
        "image": 7,
        "label": 2,
        "set": "truth",
        "kind": "box",
        "geometry": {"x": 1, "y": 2, "width": 3, "height": 4},
        "attributes": {},
        "source": "person",
        "score": None,
        "crowd": False,
        "level": 0,
        "author": "kim",
        "version": 3,
        "area": 12.0,
        "bbox": [1, 2, 3, 4],
        "created_at": "2026-03-04T05:06:07+00:00",
        "updated_at": None,
    }


def test_only_the_fields_that_are_there_are_changed():
    assert wire.annotation_fields_from_wire({"label": 4}) == {"label": 4}
    assert wire.annotation_fields_from_wire({"score": None}) == {"score": None}
    assert wire.annotation_fields_from_wire({"kind": "tag", "geometry": {}}) == {"geometry": Tag()}
    assert wire.annotation_fields_from_wire({}) == {}


@given(st.lists(strokes(), max_size=3))
def test_strokes_come_back_in_their_order(drawn):
    assert wire.strokes_from_wire(sent(wire.strokes_to_wire(tuple(drawn)))) == tuple(drawn)


def test_a_scribble_comes_back_by_its_strokes_and_set():
    stroke = Stroke(((1.5, 2.0),), 4.0, 1)
    data = sent(wire.scribble_to_wire(Scribble("s1", (stroke,), image_id=3, author="kim")))
    assert (data["uid"], data["image"], data["author"]) == ("s1", 3, "kim")
    fields = {key: data[key] for key in ("strokes", "set")}
    assert wire.scribble_fields_from_wire(fields) == {"strokes": (stroke,), "set": "truth"}
    assert wire.scribble_fields_from_wire({}) == {}


@given(
    st.builds(
        Operation,
        op_id=identifiers,
        kind=st.sampled_from(OperationKind),
        target=st.builds(
            Target,
            type=st.sampled_from(TargetType),
            key=identifiers,
            image_id=st.none() | st.integers(1, 2**53),
        ),
        payload=st.dictionaries(st.text(max_size=5), st.integers()),
        base_version=st.none() | st.integers(0, 99) | identifiers,
        group_id=st.none() | identifiers,
        tool=st.sampled_from(("", "brush")),
    )
)
def test_an_operation_comes_back(operation):
    assert wire.operation_from_wire(sent(wire.operation_to_wire(operation))) == operation


def test_a_label_comes_back_by_the_fields_that_a_person_may_set():
    skeleton = Skeleton(("tip", "tail"), ((0, 1),))
    label = Label(3, "cell", "#e4572e", uid="l3", supercategory="tissue", skeleton=skeleton)
    data = sent(wire.label_to_wire(label))
    assert (data["id"], data["uid"], data["deleted"], data["version"]) == (3, "l3", False, 1)
    fields = wire.label_fields_from_wire(
        {key: data[key] for key in ("name", "supercategory", "skeleton")} | {"color": "#E4572E"}
    )
    said = {"name": "cell", "color": "#e4572e", "supercategory": "tissue", "skeleton": skeleton}
    assert fields == said
    assert wire.label_fields_from_wire({"merge_into": 4}) == {"merge_into": 4}


def test_an_image_never_says_where_it_lies_on_the_disk():
    image = Image(1, "a.png", 640, 480, uri="file:/home/kim/a.png", state=ImageState.DONE)
    data = sent(wire.image_to_wire(image))
    assert "kim" not in json.dumps(data)
    assert (data["width"], data["height"], data["state"]) == (640, 480, "done")


def test_a_result_and_an_event_are_plain_json():
    result = Result("op1", Outcome.CONFLICT, current={"label": 2}, reason="changed by kim")
    assert sent(wire.result_to_wire(result)) == {
        "op_id": "op1",
        "outcome": "conflict",
        "seq": None,
        "version": None,
        "id": None,
        "current": {"label": 2},
        "reason": "changed by kim",
    }
    event = Event(
        seq=5,
        at=datetime(2026, 3, 4, tzinfo=UTC),
        author="kim",
        client="c1",
        tool="brush",
        kind=OperationKind.ADD,
        target=Target(TargetType.ANNOTATION, "a1", 7),
        after={"label": 2},
    )
    data = sent(wire.event_to_wire(event))
    assert data["target"] == {"type": "annotation", "key": "a1", "image": 7}
    assert (data["seq"], data["at"], data["after"]) == (
        5,
        "2026-03-04T00:00:00+00:00",
        {"label": 2},
    )


# --- malformed geometry -----------------------------------------------------------------------

BOX = {"x": 0, "y": 0, "width": 1, "height": 1}
MASK = {**BOX, "counts": "01"}
TURNED = {"cx": 5, "cy": 5, "rx": 2, "ry": 1, "angle": 30}
MALFORMED_GEOMETRY = [
    (Kind.TAG, None, "geometry", "must be an object, got nothing"),
    (Kind.TAG, [], "geometry", "must be an object, got list"),
    (Kind.TAG, {"x": 1}, "geometry.x", "is not known"),
    (Kind.BOX, {"x": 0, "y": 0, "width": 1}, "geometry.height", "is missing"),
    (Kind.BOX, {**BOX, "heigth": 1}, "geometry.heigth", "known are x, y, width, height"),
    (Kind.BOX, {**BOX, "x": "0"}, "geometry.x", "must be a number, got str"),
    (Kind.BOX, {**BOX, "x": None}, "geometry.x", "must be a number, got nothing"),
    (Kind.BOX, {**BOX, "x": True}, "geometry.x", "must be a number, got bool"),
    (Kind.BOX, {**BOX, "x": NAN}, "geometry.x", "must be finite and below ten million"),
    (Kind.BOX, {**BOX, "y": -INF}, "geometry.y", "must be finite"),
    (Kind.BOX, {**BOX, "width": 1e300}, "geometry.width", "must be finite"),
    (Kind.BOX, {**BOX, "width": 10**5000}, "geometry.width", "must be finite"),
    (Kind.POLYGON, {}, "geometry.parts", "is missing"),
    (Kind.POLYGON, {"parts": {}}, "geometry.parts", "must be a list, got dict"),
    (Kind.POLYGON, {"parts": []}, "geometry.parts", "must not be empty"),
    (Kind.POLYGON, {"parts": [[]]}, "geometry.parts[0]", "needs an exterior ring"),
    (Kind.POLYGON, {"parts": [7]}, "geometry.parts[0]", "must be a list, got int"),
    (Kind.POLYGON, {"parts": [[TRIANGLE], ["x"]]}, "geometry.parts[1][0]", "must be a list"),
    (Kind.POLYGON, {"parts": [[TRIANGLE[:2]]]}, "geometry.parts[0][0]", "at least 3 points, got 2"),
    (
        Kind.POLYGON,
        {"parts": [[TRIANGLE, [[1, 1], [2, 1], [1, "2"]]]]},
        "geometry.parts[0][1][2]",
        "must be a number, got str",
    ),
    (
        Kind.POLYGON,
        {"parts": [[[[0, 0], [1, 0, 5], [0, 1]]]]},
        "geometry.parts[0][0][1]",
        r"must be \[x, y\], got 3 numbers",
    ),
    (Kind.POLYGON, {"parts": [[[[0, NAN], *TRIANGLE]]]}, "geometry.parts[0][0][0]", "finite"),
    (
        Kind.POLYGON,
        {"parts": [[[[0, 0]] * 100_001, [[0, 0]] * 100_000]]},
        "geometry.parts[0][1]",
        "more than 200000 points",
    ),
    (Kind.MASK, {**MASK, "x": 0.5}, "geometry.x", "must be a whole number, got float"),
    (Kind.MASK, {**MASK, "width": False}, "geometry.width", "must be a whole number, got bool"),
    (Kind.MASK, {**MASK, "width": 2**60}, "geometry.width", "is too large"),
    (Kind.MASK, BOX, "geometry.counts", "must be a compressed run-length text"),
    (Kind.MASK, {**MASK, "counts": [1, 2]}, "geometry.counts", "must be a compressed run-length"),
    (Kind.MASK, {**MASK, "counts": "é"}, "geometry.counts", "must be a compressed run-length"),
    (Kind.ELLIPSE, {}, "geometry.cx", "is missing"),
    (Kind.ELLIPSE, {**TURNED, "width": 1}, "geometry.width", "known are cx, cy, rx, ry, angle"),
    (Kind.ROTATED_BOX, TURNED, "geometry.rx", "known are cx, cy, width, height, angle"),
    (Kind.ELLIPSE, {**TURNED, "angle": NAN}, "geometry.angle", "must be finite"),
    (Kind.POLYLINE, {"points": [[0, 0]]}, "geometry.points", "needs 2 to 200000 points, got 1"),
    (Kind.POLYLINE, {"points": [[0, 0], [1]]}, "geometry.points[1]", r"must be \[x, y\]"),
    (Kind.POINTS, {"points": []}, "geometry.points", "needs 1 to 200000 points, got 0"),
    (Kind.KEYPOINTS, {"points": []}, "geometry.points", "needs 1 to 500 points, got 0"),
    (Kind.KEYPOINTS, {"points": [[1, 2]]}, "geometry.points[0]", r"must be \[x, y, visibility\]"),
    (Kind.KEYPOINTS, {"points": [[1, 2, 3]]}, "geometry.points[0][2]", "must be 0 .not labelled."),
    (Kind.KEYPOINTS, {"points": [[1, 2, True]]}, "geometry.points[0][2]", "must be a whole number"),
]


@pytest.mark.parametrize(("kind", "value", "path", "problem"), MALFORMED_GEOMETRY)
def test_a_malformed_geometry_is_refused_at_its_very_field(kind, value, path, problem):
    with pytest.raises(WireError, match=problem) as refused:
        wire.geometry_from_wire(kind, value)
    assert refused.value.path == path


# --- malformed messages -----------------------------------------------------------------------

BORN = {"label": 1, "kind": "box", "geometry": BOX}
STROKE = {"points": [[1, 1]], "width": 2, "label": 1}
OPERATION = {"op_id": "o1", "kind": "add", "target": {"type": "annotation", "key": "a1"}}


def annotation(value):
    return wire.annotation_from_wire("a1", value)


MALFORMED = [
    (annotation, [], "payload", "must be an object, got list"),
    (annotation, {"kind": "box", "geometry": BOX}, "payload.label", "is missing"),
    (annotation, {"label": 1, "geometry": BOX}, "payload.kind", "is missing"),
    (annotation, {"label": 1, "kind": "box"}, "payload.geometry", "is missing"),
    (annotation, {**BORN, "label": "1"}, "payload.label", "must be a whole number, got str"),
    (annotation, {**BORN, "label": 1.0}, "payload.label", "must be a whole number, got float"),
    (annotation, {**BORN, "kind": "blob"}, "payload.kind", "'blob' is not a valid Kind"),
    (annotation, {**BORN, "kind": 5}, "payload.kind", "must be text, got int"),
    (annotation, {**BORN, "geometry": {}}, "payload.geometry.x", "is missing"),
    (annotation, {**BORN, "crowd": 1}, "payload.crowd", "must be true or false, got int"),
    (annotation, {**BORN, "score": "high"}, "payload.score", "must be a number, got str"),
    (annotation, {**BORN, "set": " "}, "payload.set", "must not be empty"),
    (annotation, {**BORN, "source": None}, "payload.source", "must be text, got nothing"),
    (annotation, {**BORN, "source": "x" * 2001}, "payload.source", "longer than 2000 characters"),
    (annotation, {**BORN, "attributes": []}, "payload.attributes", "must be an object"),
    (
        annotation,
        {**BORN, "attributes": {"ripe": {}}},
        "payload.attributes.ripe",
        "must be text, a number, true, false or null",
    ),
    (annotation, {**BORN, "attributes": {"ripe": NAN}}, "payload.attributes.ripe", "be finite"),
    (annotation, {**BORN, "attributes": {"n": 10**5000}}, "payload.attributes.n", "is too large"),
    (annotation, {**BORN, "attributes": {"t": "x" * 2001}}, "payload.attributes.t", "longer than"),
    (annotation, {**BORN, "area": 4}, "payload.area", "is not known"),
    (annotation, {**BORN, "id": 4}, "payload.id", "is not known"),
    (wire.annotation_fields_from_wire, {"kind": "box"}, "payload.geometry", "is missing"),
    (wire.annotation_fields_from_wire, {"geometry": BOX}, "payload.kind", "is missing"),
    (wire.scribble_fields_from_wire, {"stroke": []}, "payload.stroke", "is not known"),
    (wire.scribble_fields_from_wire, {"strokes": {}}, "payload.strokes", "must be a list"),
    (wire.strokes_from_wire, None, "strokes", "must be a list, got nothing"),
    (wire.strokes_from_wire, [STROKE, 3], "strokes[1]", "must be an object, got int"),
    (wire.strokes_from_wire, [{**STROKE, "color": 1}], "strokes[0].color", "is not known"),
    (wire.strokes_from_wire, [{**STROKE, "points": []}], "strokes[0].points", "needs 1 to 200000"),
    (
        wire.strokes_from_wire,
        [{**STROKE, "points": [[1]]}],
        "strokes[0].points[0]",
        "got 1 numbers",
    ),
    (wire.strokes_from_wire, [{**STROKE, "width": 0}], "strokes[0].width", "greater than 0"),
    (wire.strokes_from_wire, [{**STROKE, "width": NAN}], "strokes[0].width", "must be finite"),
    (wire.strokes_from_wire, [{**STROKE, "label": -1}], "strokes[0].label", "0 for background"),
    (wire.label_fields_from_wire, {"name": ""}, "payload.name", "must not be empty"),
    (wire.label_fields_from_wire, {"color": "red"}, "payload.color", "a colour such as #e4572e"),
    (wire.label_fields_from_wire, {"color": "#12345g"}, "payload.color", "a colour such as"),
    (wire.label_fields_from_wire, {"id": 3}, "payload.id", "is not known"),
    (wire.label_fields_from_wire, {"merge_into": "3"}, "payload.merge_into", "a whole number"),
    (wire.operation_from_wire, "add", "operation", "must be an object, got str"),
    (wire.operation_from_wire, {**OPERATION, "extra": 1}, "operation.extra", "is not known"),
    (wire.operation_from_wire, {**OPERATION, "op_id": ""}, "operation.op_id", "must not be empty"),
    (wire.operation_from_wire, {**OPERATION, "op_id": "x" * 65}, "operation.op_id", "at most 64"),
    (wire.operation_from_wire, {**OPERATION, "op_id": "a/b"}, "operation.op_id", "at most 64"),
    (wire.operation_from_wire, {**OPERATION, "kind": "drop"}, "operation.kind", "not a valid"),
    (wire.operation_from_wire, {**OPERATION, "payload": 3}, "operation.payload", "be an object"),
    (wire.operation_from_wire, {**OPERATION, "tool": 3}, "operation.tool", "must be text"),
    (
        wire.operation_from_wire,
        {**OPERATION, "base_version": 1.5},
        "operation.base_version",
        "must be a whole number, got float",
    ),
    (
        wire.operation_from_wire,
        {**OPERATION, "target": {"type": "image", "key": "7"}},
        "operation.target.type",
        "'image' is not a valid TargetType",
    ),
    (
        wire.operation_from_wire,
        {**OPERATION, "target": {"type": "annotation", "key": "a1", "image": "7"}},
        "operation.target.image",
        "must be a whole number, got str",
    ),
    (
        wire.operation_from_wire,
        {key: OPERATION[key] for key in ("op_id", "kind")},
        "operation.target",
        "is missing",
    ),
]


@pytest.mark.parametrize(("read", "value", "path", "problem"), MALFORMED)
def test_a_malformed_message_is_refused_at_its_very_field(read, value, path, problem):
    with pytest.raises(WireError, match=problem) as refused:
        read(value)
    assert refused.value.path == path


def test_a_path_begins_where_the_reader_says():
    with pytest.raises(WireError, match=r"^operations\[3\]\.payload\.geometry\.width: is missing$"):
        wire.annotation_from_wire(
            "a1",
            {"label": 1, "kind": "box", "geometry": {"x": 0, "y": 0}},
            "operations[3].payload",
        )


def test_a_very_long_unknown_name_is_shortened_in_its_path():
    with pytest.raises(WireError) as refused:
        wire.geometry_from_wire(Kind.TAG, {"x" * 10_000: 1})
    assert len(refused.value.path) == 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)


@given(st.sampled_from(Kind), json_values)
def test_any_json_is_a_geometry_or_is_refused_with_a_path(kind, value):
    try:
        geometry = wire.geometry_from_wire(kind, value)
    except WireError as error:
        assert error.path.startswith("geometry")  # noqa: PT017 (both endings are fine)
    else:
        assert geometry.kind is kind


@given(
    st.fixed_dictionaries(
        {},
        optional={
            key: json_values for key in ("op_id", "kind", "target", "payload", "base_version")
        },
    )
)
def test_any_json_is_refused_as_an_operation_without_crashing(value):
    with pytest.raises(WireError):
        wire.operation_from_wire(value)


def test_numbers_that_are_not_numbers_never_reach_the_geometry():
    for bad in (NAN, INF, -INF, math.nextafter(1e7, INF)):
        with pytest.raises(WireError):
            wire.geometry_from_wire(Kind.POLYGON, {"parts": [[[[0, 0], [bad, 0], [0, 4]]]]})


def test_a_number_of_numpy_is_kept_as_a_plain_one():
    fields = wire.annotation_fields_from_wire({"attributes": {"mean": np.float64(0.5)}})
    assert type(fields["attributes"]["mean"]) is float


def test_equal_shapes_are_equal_on_the_wire():
    ring = ((0.0, 0.0), (4.0, 0.0), (0.0, 4.0))
    polygon = Polygon((Part(ring, (ring,)),))
    assert sent(wire.geometry_to_wire(polygon)) == {"parts": [[TRIANGLE, TRIANGLE]]}
    assert wire.geometry_to_wire(Mask(1, 2, 3, 4, "0<")) == {
        "x": 1,
        "y": 2,
        "width": 3,
        "height": 4,
        "counts": "0<",
    }
