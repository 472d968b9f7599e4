"""Shapes united, taken from each other, intersected and cut by a line.

Outlines stay outlines: shapely works on their vertices, rotated boxes and ellipses by the polygon
that stands for them. As soon as a mask takes part the answer is a mask, made of covered pixels.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import split

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry.areas import area_from_part, parts_from_area
from datasetbuilder.geometry.masks import mask_from_array, mask_from_spans, spans_from_mask
from datasetbuilder.geometry.outline import polygon_from_mask
from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.geometry.rle import points_from_ring
from datasetbuilder.geometry.spans import Spans, array_from_spans, union
from datasetbuilder.geometry.turned import ring_from_turned
from datasetbuilder.model import Box, Ellipse, Geometry, Kind, Mask, Part, Polygon, Ring, RotatedBox

Area: TypeAlias = Polygon | Mask
WAYS = ("merge", "subtract", "intersect")


def combined(way: str, shapes: Sequence[Geometry], size: tuple[int, int]) -> Area | None:
    """Several shapes as one.

    Parameters
    ----------
    way : str
        ``merge``; ``subtract`` the others from the first; ``intersect``.
    shapes : sequence of Geometry
        At least two, all of kinds that cover pixels.
    size : tuple of int
        ``(height, width)`` of the image.

    Returns
    -------
    shape : Polygon, Mask or None
        None when nothing is left.

    Raises
    ------
    GeometryError
        If the way is unknown or a shape covers no pixels.
    """
    if way not in WAYS:
        raise GeometryError(f"shapes cannot be combined by '{way}'; known are {', '.join(WAYS)}")
    if len(shapes) < 2:
        raise GeometryError("combining needs at least two shapes")
    if any(isinstance(shape, Mask) for shape in shapes):
        return _combined_pixels(way, [spans_from_geometry(shape, size) for shape in shapes])
    areas = [_area(shape) for shape in shapes]
    first, *others = areas
    if way == "merge":
        found = shapely.union_all(areas)
    elif way == "subtract":
        found = shapely.difference(first, shapely.union_all(others))
    else:
        found = shapely.intersection_all(areas)
    parts = parts_from_area(found)
    return Polygon(tuple(parts)) if parts else None


def divided(shape: Geometry, line: Ring, size: tuple[int, int]) -> tuple[Area, ...]:
    """The pieces of a shape on either side of a line, the largest first.

    Raises
    ------
    GeometryError
        If the line does not lead across.
    """
    points_from_ring(line)
    if len(set(line)) < 2:
        raise GeometryError("a cut needs a line")
    pieces = _cut_pixels(shape, line) if isinstance(shape, Mask) else _cut_outline(shape, line)
    if len(pieces) < 2:
        raise GeometryError("the line does not lead across the shape: draw it from side to side")
    return tuple(sorted(pieces, key=lambda p: -spans_from_geometry(p, size).area))


# --- outlines ---------------------------------------------------------------------------------


def _area(shape: Geometry) -> shapely.Geometry:
    match shape:
        case Box(x, y, width, height):
            return shapely.box(x, y, x + width, y + height)
        case RotatedBox() | Ellipse():
            return shapely.Polygon(ring_from_turned(shape))
        case Polygon(parts):
            return shapely.union_all([area_from_part(part) for part in parts])
        case _:
            raise GeometryError(f"shapes of kind {shape.kind.value} cover no area")


def _cut_outline(shape: Geometry, line: Ring) -> list[Area]:
    """Parts that the line leaves whole stay with the first piece."""
    knife = shapely.LineString(line)
    whole: list[Part] = []
    pieces: list[list[Part]] = []
    for part in parts_from_area(_area(shape)):
        cut = list(split(area_from_part(part), knife).geoms)
        if len(cut) < 2:
            whole.append(part)
        else:
            pieces += [parts_from_area(piece) for piece in cut]
    return [Polygon(tuple(p + (whole if k == 0 else []))) for k, p in enumerate(pieces) if p]


# --- pixels -----------------------------------------------------------------------------------


def _combined_pixels(way: str, several: list[Spans]) -> Mask | None:
    if way == "merge":
        found = union(several)
        return mask_from_spans(found) if len(found) else None
    first = several[0]
    if not len(first):
        return None
    left, top, right, bottom = first.corners
    window = (bottom - top, right - left)
    pixels = [
        array_from_spans(spans.moved(-left, -top).clipped(window), window) for spans in several
    ]
    kept = pixels[0]
    for other in pixels[1:]:
        kept = kept & ~other if way == "subtract" else kept & other
    return mask_from_array(kept, offset=(left, top)) if kept.any() else None


def _cut_pixels(mask: Mask, line: Ring) -> list[Area]:
    """Every pixel goes to one piece: the sides of the line in turn, the last takes the rest."""
    spans = spans_from_mask(mask)
    left, top, right, bottom = spans.corners
    window = (bottom - top, right - left)
    rest: NDArray[np.bool_] = array_from_spans(spans.moved(-left, -top), window)
    sides = split(shapely.box(left, top, right, bottom), _lengthened(line, sum(window))).geoms
    pieces: list[Area] = []
    for number, side in enumerate(sides, 1):
        taken = rest
        if number < len(sides):
            face = Polygon(tuple(parts_from_area(side)))
            covered = spans_from_geometry(face, (bottom, right)).moved(-left, -top)
            taken = rest & array_from_spans(covered.clipped(window), window)
        rest = rest & ~taken
        if taken.any():
            pieces.append(mask_from_array(taken, offset=(left, top)))
    return pieces


def _lengthened(line: Ring, by: float) -> shapely.LineString:
    """The line with its ends carried on, so that it leaves the window of the mask."""
    points = np.array(line, float)
    for end, before in ((0, 1), (-1, -2)):
        step = points[end] - points[before]
        length = float(np.hypot(*step))
        if length:
            points[end] = points[end] + step / length * by
    return shapely.LineString(points)


# --- one kind for another ---------------------------------------------------------------------


def converted(shape: Geometry, to: Kind, size: tuple[int, int]) -> Box | Polygon | Mask:
    """The same object drawn as another kind.

    A mask covers the very pixels that the shape covers. The polygon of a mask runs along pixel
    corners and covers the same ones; that of a box, rotated box or ellipse has their outline. A box
    is the smallest around the shape, of a mask around its pixels.

    Raises
    ------
    GeometryError
        If the kind is none of these three, or the shape covers no pixels.
    """
    if to is Kind.MASK:
        return mask_from_spans(spans_from_geometry(shape, size))
    if to is Kind.POLYGON and isinstance(shape, Mask):
        return polygon_from_mask(shape)
    if to is Kind.POLYGON:
        return (
            shape if isinstance(shape, Polygon) else Polygon(tuple(parts_from_area(_area(shape))))
        )
    if to is not Kind.BOX:
        raise GeometryError(f"a {shape.kind.value} cannot become a {to.value}")
    if isinstance(shape, Mask):
        return Box(float(shape.x), float(shape.y), float(shape.width), float(shape.height))
    x0, y0, x1, y1 = map(float, shapely.bounds(_area(shape)))
    return Box(x0, y0, x1 - x0, y1 - y0)
