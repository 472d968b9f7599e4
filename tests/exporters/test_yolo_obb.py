"""Rotated boxes in YOLO's way: four corners to the line."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.export import export, plan
from datasetbuilder.exporters.importing import plan_import
from datasetbuilder.exporters.yolo_rows import row_from_text
from datasetbuilder.model import Box, Ellipse, Geometry, Part, Polygon, RotatedBox
from tests.exporters.snapshots import LABELS, SnapshotFake, drawn, image_of, picture

SHAPE = (30, 40)


def of_shapes(*shapes: Geometry) -> SnapshotFake:
    data = picture(40, 30)
    image = image_of(1, "a.png", data)
    found = tuple(drawn(k, image, shape) for k, shape in enumerate(shapes, 1))
    return SnapshotFake([(image, found)], {1: data})


def lines_of(folder: Path) -> list[str]:
    return (folder / "labels/train/a.txt").read_text().splitlines()


def test_a_rotated_box_is_four_corners_and_comes_back_exactly(tmp_path):
    shapes = (RotatedBox(20.0, 15.0, 10.0, 6.0, 30.0), RotatedBox(9.125, 11.3, 3.7, 8.2, -91.25))
    snapshot = of_shapes(*shapes)
    report = export(snapshot, tmp_path / "out", formats=["yolo-obb"])
    assert report.losses == ()
    assert lines_of(tmp_path / "out")[0] == (
        "0 0.429246824527 0.330064126288 0.645753175473 0.496730792955 "
        "0.570753175473 0.669935873712 0.354246824527 0.503269207045"
    )
    plan = plan_import(tmp_path / "out", snapshot.images(), LABELS)
    assert (plan.format, plan.problems) == ("yolo-obb", [])
    assert [item.geometry for _, item in plan.annotations] == list(shapes)


def test_a_trainer_finds_the_very_box(tmp_path):
    box = RotatedBox(20.0, 15.0, 10.0, 6.0, 30.0)
    export(of_shapes(box), tmp_path / "out", formats=["yolo-obb"])
    (line,) = lines_of(tmp_path / "out")
    corners = np.array(line.split()[1:], float).reshape(4, 2) * (40, 30)
    (cx, cy), sides, angle = cv2.minAreaRect(corners.astype(np.float32))
    assert (cx, cy) == pytest.approx((20, 15), abs=1e-4)
    assert sorted(sides) == pytest.approx([6, 10], abs=1e-4)
    assert angle % 90 == pytest.approx(30, abs=1e-3)


@pytest.mark.parametrize(
    ("shape", "back", "loss"),
    [
        (
            Box(2.0, 3.0, 8.0, 4.0),
            RotatedBox(6.0, 5.0, 8.0, 4.0, 0.0),
            "1 box becomes a rotated box",
        ),
        (
            Ellipse(20.0, 15.0, 8.0, 4.0, 15.0),
            RotatedBox(20.0, 15.0, 16.0, 8.0, 15.0),
            "1 ellipse becomes its box",
        ),
        (
            Polygon((Part(((2.0, 2.0), (12.0, 2.0), (12.0, 6.0))),)),
            RotatedBox(7.0, 4.0, 10.0, 4.0, 0.0),
            "1 outline becomes the least rotated box around it",
        ),
        (
            RotatedBox(2.0, 2.0, 8.0, 2.0, 0.0),
            RotatedBox(3.0, 2.0, 6.0, 2.0, 0.0),
            "corners of 1 object cut off at the edge of the image",
        ),
        (
            RotatedBox(2.0, 12.0, 2.0, 6.0, 45.0),
            Polygon(
                (
                    Part(
                        (
                            (3.4142137, 9.171573),
                            (4.828427, 10.5857868),
                            (0.58578646, 14.828427),
                            (0.0, 13.414213),
                        )
                    ),
                )
            ),
            "corners of 1 object cut off at the edge of the image",
        ),
    ],
)
def test_what_becomes_another_box_is_said_and_comes_back_as_that(tmp_path, shape, back, loss):
    snapshot = of_shapes(shape)
    assert plan(snapshot, formats=["yolo-obb"]).losses == (f"yolo-obb: {loss}",)
    export(snapshot, tmp_path / "out", formats=["yolo-obb"], allow_loss=True)
    ((_, found),) = plan_import(tmp_path / "out", snapshot.images(), LABELS).annotations
    if isinstance(back, RotatedBox):
        assert found.geometry == back
    else:
        assert isinstance(found.geometry, Polygon)
        assert np.allclose(found.geometry.parts[0].exterior, back.parts[0].exterior, atol=1e-4)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("0 0.1 0.1 0.2 0.1 0.2 0.2", "a class and 4 corners, got 6 numbers"),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 1.2", "column 9 must be between 0 and 1, got 1.2"),
        ("0 0.1 0.1 0.2 0.1 0.2 nan 0.1 0.2", "column 7 must be finite"),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2 7", "its score must be between 0 and 1"),
    ],
)
def test_a_bad_line_is_named(line, problem):
    with pytest.raises(FormatError, match=problem):
        row_from_text(line, SHAPE, "obb", "a.txt line 1")


def test_a_line_with_a_score_is_a_prediction():
    row = row_from_text("3 0.1 0.1 0.3 0.1 0.3 0.3 0.1 0.3 0.5", (10, 10), "obb", "a.txt line 1")
    assert (row.number, row.score) == (3, 0.5)
    assert row.geometry == RotatedBox(2.0, 2.0, 2.0, 2.0, 0.0)
