"""What sets the YOLO formats apart: which shapes get a line, its numbers, and what they lose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from datasetbuilder.exporters import yolo_rows
from datasetbuilder.exporters.checking import near
from datasetbuilder.exporters.coco_objects import measured
from datasetbuilder.exporters.options import OUTLINED
from datasetbuilder.exporters.survey import EDGES, HOLES, PIECES, Survey
from datasetbuilder.exporters.survey import counted as n
from datasetbuilder.geometry import (
    array_from_centre_ring,
    array_from_mask,
    corners_from_rotated_box,
)
from datasetbuilder.model import (
    Annotation,
    Box,
    Geometry,
    Image,
    Kind,
    Mask,
    Point,
    Polygon,
    RotatedBox,
)


@dataclass(frozen=True, slots=True)
class RowKind:
    """One way of writing objects as lines of numbers.

    Attributes
    ----------
    kinds : tuple of Kind
        What gets a line; crowds never do.
    losses : callable
        What the lines leave out, besides what every text file does.
    text : callable
        A line's numbers, of an annotation on its image.
    differs : callable
        What is wrong with a geometry that was read back; empty if nothing.
    """

    kinds: tuple[Kind, ...]
    losses: Callable[[Survey], list[str]]
    text: Callable[[Annotation, Image], str]
    differs: Callable[[Annotation, Geometry, Image], str]


# --- detect -----------------------------------------------------------------------------------


def _lost_by_boxes(found: Survey) -> list[str]:
    outlines = sum(found.kinds[kind] for kind in OUTLINED)
    return [n(outlines, "outline becomes a box", "outlines become boxes")] if outlines else []


def _box_text(item: Annotation, image: Image) -> str:
    return yolo_rows.shares_text(yolo_rows.box_values(item, image), image)


def _box_differs(wanted: Annotation, found: Geometry, image: Image) -> str:
    assert isinstance(found, Box)
    _, bbox = measured(wanted, image)
    same = near((found.x, found.y, found.width, found.height), bbox)
    return "" if same else f"its box is {found} instead of {bbox}"


# --- segment ----------------------------------------------------------------------------------


def _lost_by_outlines(found: Survey) -> list[str]:
    kinds, features, said = found.kinds, found.features, []
    if count := kinds[Kind.BOX]:
        said.append(f"{n(count, 'box', 'boxes')} without an outline left out")
    if count := kinds[Kind.ROTATED_BOX] + kinds[Kind.ELLIPSE]:
        one, many = "turned box or ellipse", "turned boxes or ellipses"
        said.append(f"{n(count, one, many)} written as corners")
    if count := kinds[Kind.MASK]:
        through = "written as outlines through the centres of edge pixels"
        said.append(f"{n(count, 'mask', 'masks')} {through}")
    if count := features[HOLES]:
        said.append(f"holes of {n(count, 'object', 'objects')} joined to the outline")
    if count := features[PIECES]:
        said.append(f"pieces of {n(count, 'object', 'objects')} joined into one outline")
    return said


def _ring_text(item: Annotation, image: Image) -> str:
    return yolo_rows.shares_text(yolo_rows.ring_values(item.geometry), image)


def _ring_differs(wanted: Annotation, found: Geometry, image: Image) -> str:
    assert isinstance(found, Polygon)
    if isinstance(wanted.geometry, Mask):
        return _mask_differs(wanted.geometry, found, image)
    values = yolo_rows.ring_values(wanted.geometry)
    ring = np.ravel(found.parts[0].exterior).tolist()
    return "" if near(ring, values) else "its outline is another"


def _mask_differs(drawn: Mask, found: Polygon, image: Image) -> str:
    ring = np.array(found.parts[0].exterior)
    # a float32 just below a pixel's centre is still in that pixel, so cutting is safe
    filled = array_from_centre_ring(ring, image.shape)
    pixels = array_from_mask(drawn, image.shape)
    if (pixels & ~filled).any():
        return f"{int((pixels & ~filled).sum())} of its pixels are missing"
    return ""


# --- obb --------------------------------------------------------------------------------------


def _lost_by_corners(found: Survey) -> list[str]:
    kinds, said = found.kinds, []
    if count := kinds[Kind.BOX]:
        said.append(f"{n(count, 'box becomes a rotated box', 'boxes become rotated boxes')}")
    if count := kinds[Kind.ELLIPSE]:
        said.append(f"{n(count, 'ellipse becomes its box', 'ellipses become their boxes')}")
    if count := kinds[Kind.POLYGON] + kinds[Kind.MASK]:
        one = "outline becomes the least rotated box around it"
        said.append(n(count, one, "outlines become the least rotated boxes around them"))
    if count := found.features[EDGES]:
        said.append(f"corners of {n(count, 'object', 'objects')} cut off at the edge of the image")
    return said


def _corner_text(item: Annotation, image: Image) -> str:
    values = np.ravel(yolo_rows.corner_points(item.geometry)).tolist()
    return yolo_rows.shares_text(values, image, decimals=yolo_rows.CORNER_DECIMALS)


def _corners_differ(wanted: Annotation, found: Geometry, image: Image) -> str:
    written = np.clip(yolo_rows.corner_points(wanted.geometry), 0, (image.width, image.height))
    read = _corners_of(found)
    if len(read) == len(written):
        for turn in range(len(written)):
            if near(np.ravel(np.roll(read, turn, axis=0)).tolist(), np.ravel(written).tolist()):
                return ""
    return f"its corners are {read} instead of {written.round(3).tolist()}"


def _corners_of(found: Geometry) -> Sequence[Point]:
    if isinstance(found, RotatedBox):
        return [(x, y) for x, y in corners_from_rotated_box(found).tolist()]
    assert isinstance(found, Polygon)
    return found.parts[0].exterior


KINDS = {
    yolo_rows.DETECT: RowKind((*OUTLINED, Kind.BOX), _lost_by_boxes, _box_text, _box_differs),
    yolo_rows.SEGMENT: RowKind(OUTLINED, _lost_by_outlines, _ring_text, _ring_differs),
    yolo_rows.OBB: RowKind((*OUTLINED, Kind.BOX), _lost_by_corners, _corner_text, _corners_differ),
}
