"""Whatever can be drawn comes back as it was drawn, through the records of both formats."""

import json
from dataclasses import replace

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from datasetbuilder.errors import DataError
from datasetbuilder.exporters.coco_objects import (
    annotation_from_record,
    image_from_record,
    label_from_record,
    record_from_annotation,
    record_from_image,
    record_from_label,
)
from datasetbuilder.exporters.extension import KEY
from datasetbuilder.exporters.options import ExportOptions
from datasetbuilder.exporters.parquet_rows import cells_from_row, rows_from_batch
from datasetbuilder.exporters.parquet_schema import schema_of
from datasetbuilder.geometry import mask_from_array
from datasetbuilder.model import Box, Image, ImageState, Part, Polygon, Skeleton, Tag
from datasetbuilder.wire import shortest_float32
from tests.exporters.snapshots import LABELS, drawn
from tests.strategies import turned, uncovering

IMAGE = Image(7, "plate/a.png", 24, 16, sha256="a" * 64, state=ImageState.DONE)

lengths = st.floats(0.25, 15, width=32).map(shortest_float32)
boxes = st.builds(Box, lengths, lengths, lengths, lengths)
masks = (
    arrays.arrays(bool, (IMAGE.height, IMAGE.width))
    .filter(np.any)
    .map(lambda a: mask_from_array(a))
)


@st.composite
def rectangles(draw, *, within=(0.0, 0.0, 24.0, 16.0)):
    left, top, right, bottom = within
    xs = sorted(draw(st.lists(st.floats(left, right, width=32), min_size=2, max_size=2)))
    ys = sorted(draw(st.lists(st.floats(top, bottom, width=32), min_size=2, max_size=2)))
    (x0, x1), (y0, y1) = map(shortest_float32, xs), map(shortest_float32, ys)
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


@st.composite
def polygons(draw):
    hole = draw(st.sampled_from([(), (draw(rectangles(within=(4.0, 4.0, 20.0, 12.0))),)]))
    outer = ((0.5, 0.25), (23.5, 0.25), (23.5, 15.75), (0.5, 15.75))
    first = Part(outer, hole) if hole else Part(draw(rectangles()))
    return Polygon((first, *(Part(ring) for ring in draw(st.lists(rectangles(), max_size=2)))))


texts = st.text(min_size=1, max_size=12)
attributes = st.dictionaries(
    texts, st.none() | texts | st.booleans() | st.integers(-(2**53), 2**53), max_size=3
)


@st.composite
def annotations(draw, number=3):
    size = IMAGE.shape
    shape = draw(st.one_of(boxes, masks, polygons(), turned(size), uncovering(size)))
    return drawn(
        number,
        IMAGE,
        shape,
        label=draw(st.sampled_from([1, 4])),
        attributes=draw(attributes),
        source=draw(st.sampled_from(["person", "model", "outline"])),
        score=draw(st.none() | st.floats(0, 1)),
        set=draw(st.sampled_from(["truth", "blind ann"])),
        crowd=draw(st.booleans()),
        author="",
        version=0,
    )


def measurable(annotation) -> bool:
    return annotation.bbox is not None


@settings(max_examples=150)
@given(
    annotations().filter(measurable),
    st.sampled_from(["polygon", "rle", "counts"]),
    st.sampled_from(["instances", "detection"]),
)
def test_any_annotation_survives_its_coco_record(annotation, segmentation, task):
    options = ExportOptions(task=task, segmentation=segmentation)
    text = orjson.dumps(record_from_annotation(annotation, IMAGE, options))
    assert annotation_from_record(json.loads(text), IMAGE, "here") == annotation


@settings(max_examples=80)
@given(
    st.lists(annotations().filter(measurable), max_size=3),
    st.sampled_from(["instances", "detection"]),
)
def test_any_annotations_survive_their_parquet_row(drawn_ones, task):
    numbered = tuple(
        replace(item, id=k, uid=f"uid-{k}") for k, item in enumerate(drawn_ones, start=1)
    )
    schema = schema_of(LABELS, task=task, images="none", several=False, about={})
    cells = cells_from_row((IMAGE, numbered), task, {1: 0, 4: 1}, IMAGE.name, None)
    batch = pa.RecordBatch.from_pylist([cells], schema=schema)
    ((image, found),) = rows_from_batch(batch, [1, 4])
    assert (image, found) == (replace(IMAGE, format=""), numbered)


@given(texts, st.sampled_from(list(ImageState)), attributes)
def test_any_image_survives_its_record_with_its_tags(name, state, said):
    image = replace(IMAGE, name=name, state=state)
    tag = drawn(9, image, Tag(), attributes=said, author="", version=0)
    text = orjson.dumps(record_from_image(image, "written.png", (tag,)))
    assert image_from_record(json.loads(text), "here") == (image, (tag,))


@given(texts, texts, st.sampled_from([None, Skeleton(("tip", "tail", "fin"), ((0, 1), (0, 2)))]))
def test_any_label_survives_its_record(name, supercategory, skeleton):
    label = replace(LABELS[0], name=name, supercategory=supercategory, skeleton=skeleton)
    assert label_from_record(json.loads(orjson.dumps(record_from_label(label))), "here") == label


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = ("id", "category_id", "area", "bbox", "iscrowd", "segmentation", KEY)
SOUND = {
    "id": 3,
    "image_id": 7,
    "category_id": 1,
    "area": 4.0,
    "bbox": [1.0, 1.0, 2.0, 2.0],
    "iscrowd": 0,
    "segmentation": [[1.0, 1.0, 3.0, 1.0, 3.0, 3.0]],
}


@settings(max_examples=300)
@given(st.sampled_from(FIELDS), JSON)
def test_a_hostile_record_is_read_or_refused_and_nothing_else(field, value):
    try:
        annotation_from_record(SOUND | {field: value}, IMAGE, "here")
    except DataError as refusal:
        assert "here" in str(refusal)  # noqa: PT017 - it may also be accepted


@settings(max_examples=300)
@given(st.sampled_from(["uid", "kind", "geometry", "attributes", "source", "score", "set"]), JSON)
def test_a_hostile_extension_is_read_or_refused_and_nothing_else(field, value):
    extension = {"uid": "u", "kind": "polygon", field: value}
    try:
        annotation_from_record(SOUND | {KEY: extension}, IMAGE, "here")
    except DataError as refusal:
        assert "here" in str(refusal)  # noqa: PT017 - it may also be accepted


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e300, "1", None, [], True])
@pytest.mark.parametrize("place", [0, 5])
def test_no_number_of_an_outline_reaches_the_rasteriser_unchecked(place, value):
    ring = [1.0, 1.0, 3.0, 1.0, 3.0, 3.0]
    ring[place] = value
    with pytest.raises(DataError, match=rf"here.segmentation\[0\]\[{place}\]"):
        annotation_from_record(SOUND | {"segmentation": [ring]}, IMAGE, "here")
