"""Kinds that COCO has other words for: corners for a turned box, its own for keypoints."""

from typing import Any

import pytest

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.coco_objects import (
    annotation_from_record,
    label_from_record,
    record_from_annotation,
    record_from_label,
)
from datasetbuilder.exporters.extension import KEY
from datasetbuilder.exporters.options import ExportOptions
from tests.exporters.campaigns import sketches


def _record(number: int) -> dict[str, Any]:
    ((image, annotations),) = sketches().rows()
    return record_from_annotation(annotations[number - 1], image, ExportOptions())


def test_a_rotated_box_is_written_as_its_four_corners():
    said = _record(1)
    ((*ring,),) = said["segmentation"]
    assert len(ring) == 8
    assert said["area"] == 78
    assert said[KEY]["geometry"] == {
        "cx": 20.5, "cy": 20.25, "width": 12.0, "height": 6.5, "angle": 30.0
    }  # fmt: skip


def test_a_polyline_has_no_segmentation_and_a_box_with_an_inside():
    said = _record(3)
    assert "segmentation" not in said
    assert (said["area"], said["bbox"]) == (0, (2, 2, 10, 28))


def test_keypoints_are_written_in_the_words_of_coco():
    said = _record(5)
    assert said["keypoints"] == [5.5, 6.5, 2, 0, 0, 0, 9, 9, 1]
    assert said["num_keypoints"] == 2
    assert "geometry" not in said[KEY]
    category = record_from_label(sketches().labels[1])
    assert (category["keypoints"], category["skeleton"]) == (
        ["tip", "tail", "fin"],
        [[1, 2], [1, 3]],
    )


@pytest.mark.parametrize(
    ("keypoints", "reason"),
    [
        ([1, 2], "must be triples of x, y, visibility, got 2 numbers"),
        ([1, 2, 3], r"keypoints.points\[0\]\[2\]"),
        ([1, 2, 1.5], r"keypoints.points\[0\]\[2\]"),
        (None, "keypoints must be a list"),
    ],
)
def test_broken_keypoints_are_refused_at_their_place(keypoints, reason):
    ((image, _),) = sketches().rows()
    with pytest.raises(FormatError, match=reason):
        annotation_from_record(_record(5) | {"keypoints": keypoints}, image, "annotations[0]")


@pytest.mark.parametrize("edges", [[[0, 1]], [[1, 4]], [["a", 1]], [7], 7])
def test_a_skeleton_of_edges_that_lead_nowhere_is_refused(edges):
    record = {"id": 1, "name": "fish", "keypoints": ["tip", "tail", "fin"], "skeleton": edges}
    with pytest.raises(FormatError, match=r"categories\[0\].*skeleton"):
        label_from_record(record, "categories[0]")
