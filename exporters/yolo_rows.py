"""One line of a YOLO label file to an annotation and back.

Classes count from 0; every coordinate is a share of the image's width or height. Ten decimals give
a coordinate's float32 back on images of any size.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.coco_objects import measured
from datasetbuilder.exporters.yolo_names import PointShape
from datasetbuilder.geometry import (
    centre_ring_from_mask,
    corners_from_rotated_box,
    joined,
    polygon_from_turned,
    rotated_box_around,
    rotated_box_from_corners,
)
from datasetbuilder.model import (
    Annotation,
    Bbox,
    Box,
    Ellipse,
    Geometry,
    Image,
    Keypoint,
    Keypoints,
    Mask,
    Part,
    Polygon,
    RotatedBox,
    Visibility,
)
from datasetbuilder.wire import shortest_float32

DETECT, SEGMENT, OBB, POSE = "detect", "segment", "obb", "pose"
SLACK = 0.01
"""How far beyond the edge trainers let a coordinate be."""
_DECIMALS = 10
CORNER_DECIMALS = 12
"""With so many the angle of a small box in a large image comes back too."""
_CORNERS = 8


@dataclass(frozen=True, slots=True)
class YoloRow:
    """A line that was read: class number, shape and score, and the box around keypoints."""

    number: int
    geometry: Geometry
    score: float | None = None
    box: Box | None = None


# --- writing ----------------------------------------------------------------------------------


def shares_text(values: Sequence[float], image: Image, *, decimals: int = _DECIMALS) -> str:
    """Pairs of ``x, y`` in pixels as shares of the image's sides, cut off at its edge."""
    sides = (image.width, image.height)
    shares = (min(max(value / sides[k % 2], 0.0), 1.0) for k, value in enumerate(values))
    return " ".join(share_text(share, decimals) for share in shares)


def box_values(annotation: Annotation, image: Image) -> list[float]:
    """Centre and size of the annotation's box, in pixels."""
    _, (x, y, width, height) = measured(annotation, image)
    return [x + width / 2, y + height / 2, width, height]


def ring_values(geometry: Geometry) -> list[float]:
    """The one outline of a polygon or mask: vertices as drawn, or centres of edge pixels."""
    if isinstance(geometry, Mask):
        return centre_ring_from_mask(geometry).ravel().tolist()
    if isinstance(geometry, RotatedBox | Ellipse):
        geometry = polygon_from_turned(geometry)
    assert isinstance(geometry, Polygon)
    rings = [np.array(r) for part in geometry.parts for r in (part.exterior, *part.holes)]
    return joined(rings).ravel().tolist()


def corner_points(geometry: Geometry) -> NDArray[np.floating]:
    """The four corners of the rotated box that the shape is, or of the least one around it."""
    return corners_from_rotated_box(rotated_box_around(geometry))


def keypoints_text(shape: Keypoints, image: Image, size: int) -> str:
    """``x y visibility`` of each keypoint, filled up to ``size`` with what is not labelled."""
    said = []
    for point in shape.points:
        x, y = share_text(point.x / image.width), share_text(point.y / image.height)
        said.append(f"{x} {y} {int(point.visibility)}")
    return " ".join([*said, *["0 0 0"] * (size - len(shape.points))])


def share_text(share: float, decimals: int = _DECIMALS) -> str:
    """A share of a side, without needless zeros."""
    return f"{share:.{decimals}f}".rstrip("0").rstrip(".") or "0"


# --- reading ----------------------------------------------------------------------------------


def row_from_text(
    text: str,
    shape: tuple[int, int],
    kind: str,
    path: str,
    points: PointShape | None = None,
) -> YoloRow:
    """One line of a label file.

    Parameters
    ----------
    text : str
    shape : tuple of int
        ``(height, width)`` of the image.
    kind : str
        ``detect``, ``segment``, ``obb`` or ``pose``.
    path : str
        What to call the line in a refusal.
    points : PointShape, optional
        How a line of a pose goes on behind its box.

    Raises
    ------
    FormatError
        Naming the column at fault.
    """
    values = [_number(word, f"{path} column {k}") for k, word in enumerate(text.split(), 1)]
    number = values[0]
    if number != int(number) or not 0 <= number < 1_000_000:
        raise FormatError(f"{path} column 1: {number:g} is no class number")
    if kind == DETECT:
        return _detected(int(number), values[1:], shape, path)
    if kind == SEGMENT:
        return _segmented(int(number), values[1:], shape, path)
    if kind == OBB:
        return _cornered(int(number), values[1:], shape, path)
    return _posed(int(number), values[1:], shape, path, points or PointShape())


def _detected(number: int, values: Sequence[float], shape: tuple[int, int], path: str) -> YoloRow:
    if len(values) not in (4, 5):
        raise FormatError(f"{path} must be a class and 4 numbers, got {len(values)}")
    height, width = shape
    x, y, w, h = (_share(v, f"{path} column {k}") for k, v in enumerate(values[:4], 2))
    if w <= 0 or h <= 0:
        raise FormatError(f"{path}: its width and height must be above 0, got {w:g} and {h:g}")
    box = box_from_centre(x * width, y * height, w * width, h * height, shape)
    return YoloRow(number, Box(*box), _score(values, 4, path))


def box_from_centre(
    x: float, y: float, width: float, height: float, shape: tuple[int, int]
) -> Bbox:
    """The box around a centre, within the image, in the numbers that a store holds."""
    left, top = max(x - width / 2, 0.0), max(y - height / 2, 0.0)
    right, bottom = min(x + width / 2, shape[1]), min(y + height / 2, shape[0])
    left, top = shortest_float32(left), shortest_float32(top)
    return left, top, shortest_float32(right - left), shortest_float32(bottom - top)


def _segmented(number: int, values: Sequence[float], shape: tuple[int, int], path: str) -> YoloRow:
    if len(values) < 6:
        raise FormatError(
            f"{path} must be a class and at least 3 points, got {len(values)} numbers"
        )
    even = len(values) - len(values) % 2
    points = points_from_shares(values[:even], shape, path)
    return YoloRow(number, Polygon((Part(points),)), _score(values, even, path))


def _cornered(number: int, values: Sequence[float], shape: tuple[int, int], path: str) -> YoloRow:
    """Four corners; where they are no rectangle they stay the polygon that they are."""
    if len(values) not in (_CORNERS, _CORNERS + 1):
        raise FormatError(f"{path} must be a class and 4 corners, got {len(values)} numbers")
    sides = np.array([shape[1], shape[0]] * 4)
    shares = [_share(value, f"{path} column {k}") for k, value in enumerate(values[:_CORNERS], 2)]
    box = rotated_box_from_corners((np.array(shares) * sides).reshape(-1, 2))
    score = _score(values, _CORNERS, path)
    if box is not None:
        return YoloRow(number, box, score)
    points = points_from_shares(values[:_CORNERS], shape, path)
    return YoloRow(number, Polygon((Part(points),)), score)


def _posed(
    number: int, values: Sequence[float], shape: tuple[int, int], path: str, points: PointShape
) -> YoloRow:
    wanted = 4 + points.count * points.width
    if points.count == 0 or len(values) not in (wanted, wanted + 1):
        raise FormatError(
            f"{path} must be a class, a box and {points.count} keypoints of {points.width} "
            f"numbers, got {len(values)} numbers"
        )
    box = _detected(number, values[:4], shape, path).geometry
    assert isinstance(box, Box)
    found = [
        _keypoint(values[k : k + points.width], shape, f"{path} column {k + 2}")
        for k in range(4, wanted, points.width)
    ]
    named = points.names.get(number)
    kept = Keypoints(tuple(found[: len(named)] if named else found))
    return YoloRow(number, kept if kept.labelled else box, _score(values, wanted, path), box)


def _keypoint(values: Sequence[float], shape: tuple[int, int], path: str) -> Keypoint:
    x, y = (_share(value, path) for value in values[:2])
    seen = values[2] if len(values) > 2 else float(2 * (x > 0 or y > 0))
    if seen not in (0, 1, 2):
        raise FormatError(f"{path}: a visibility must be 0, 1 or 2, got {seen:g}")
    if not seen:
        return Keypoint(0.0, 0.0, Visibility.UNLABELLED)
    ((x, y),) = points_from_shares((x, y), shape, path)
    return Keypoint(x, y, Visibility(int(seen)))


def points_from_shares(
    values: Sequence[float], shape: tuple[int, int], path: str
) -> tuple[tuple[float, float], ...]:
    """Pairs of shares as points in pixels, clipped to the image."""
    height, width = shape
    shares = [_share(value, f"{path} column {k}") for k, value in enumerate(values, 2)]
    clipped = [min(max(share, 0.0), 1.0) for share in shares]
    return tuple(
        (shortest_float32(x * width), shortest_float32(y * height))
        for x, y in zip(clipped[::2], clipped[1::2], strict=True)
    )


def _score(values: Sequence[float], place: int, path: str) -> float | None:
    if len(values) == place:
        return None
    if not 0 <= values[place] <= 1:
        raise FormatError(f"{path}: its score must be between 0 and 1, got {values[place]:g}")
    return values[place]


def _share(value: float, path: str) -> float:
    if not -SLACK <= value <= 1 + SLACK:
        raise FormatError(f"{path} must be between 0 and 1, got {value:g}")
    return value


def _number(word: str, path: str) -> float:
    try:
        value = float(word)
    except ValueError:
        raise FormatError(f"{path}: '{word[:40]}' is no number") from None
    if not math.isfinite(value):
        raise FormatError(f"{path} must be finite, got {word[:40]}")
    return value
