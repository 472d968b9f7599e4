"""Outlines along pixel corners: what they enclose is the mask, pixel for pixel.

Corner ``(x, y)`` is the top-left corner of pixel ``(row y, col x)``. Every 4-connected piece is a
part; exteriors run clockwise on the screen (positive shoelace sum with y down), holes the other
way. No ring touches itself, so each part is a valid polygon also for strict readers.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry.masks import crop_from_mask
from datasetbuilder.geometry.rle import points_from_ring
from datasetbuilder.geometry.spans import Integers
from datasetbuilder.model import Mask, Part, Polygon

Points: TypeAlias = NDArray[np.floating[Any]]


def rings_from_array(array: ArrayLike) -> list[Points]:
    """The closed pixel-corner outlines of a boolean array, exteriors and holes.

    Parameters
    ----------
    array : array_like of bool, shape (H, W)

    Returns
    -------
    rings : list of ndarray of float, shape (N, 2)
        ``(x, y)`` of each turn; the last point is not the first again.
    """
    return [ring for _, ring in _traced(np.asarray(array, bool))]


def polygon_from_array(array: ArrayLike, *, offset: tuple[int, int] = (0, 0)) -> Polygon:
    """The polygon that covers exactly the set pixels.

    Parameters
    ----------
    array : array_like of bool, shape (H, W)
    offset : tuple of int
        ``(x, y)`` of the array's first pixel in its image.

    Raises
    ------
    GeometryError
        If no pixel is set.
    """
    grouped = _parts(np.asarray(array, bool))
    if not grouped:
        raise GeometryError("the mask covers no pixel")
    parts = ([_points(ring + offset) for ring in rings] for rings in grouped)
    return Polygon(tuple(Part(exterior, tuple(holes)) for exterior, *holes in parts))


def polygon_from_mask(mask: Mask) -> Polygon:
    """The polygon that covers exactly the mask's pixels."""
    return polygon_from_array(crop_from_mask(mask), offset=(mask.x, mask.y))


def coco_rings(polygon: Polygon | Mask) -> list[list[float]]:
    """COCO's ``segmentation``: one flat list of coordinates per part.

    A hole is reached by a cut of no width from a vertex of the exterior: out along the cut, around
    the hole, back along the cut. COCO counts crossings, so both ways along the cut cancel whatever
    their coordinates, and the hole stays empty.
    """
    if isinstance(polygon, Mask):
        grouped = _parts(crop_from_mask(polygon))
        offset = np.array([polygon.x, polygon.y], float)
        return [(joined(rings) + offset).ravel().tolist() for rings in grouped]
    return [ring.ravel().tolist() for ring in cut_rings(polygon)]


def cut_rings(polygon: Polygon) -> list[Points]:
    """The rings of :func:`coco_rings` as arrays of shape (N, 2)."""
    return [
        joined([points_from_ring(ring) for ring in (part.exterior, *part.holes)])
        for part in polygon.parts
    ]


# --- tracing ----------------------------------------------------------------------------------


def _parts(array: NDArray[np.bool_]) -> list[list[Points]]:
    """The rings of each 4-connected piece, its exterior first."""
    parts: dict[int, list[Points]] = defaultdict(list)
    for piece, ring in _traced(array):
        if _shoelace(ring) > 0:
            parts[piece].insert(0, ring)
        else:
            parts[piece].append(ring)
    return list(parts.values())


def _traced(array: NDArray[np.bool_]) -> list[tuple[int, Points]]:
    """Every ring with the number of the piece that it bounds, in reading order of first corners."""
    # Loaded here: it takes longer than all else of this package, and a start needs no outline.
    from scipy.ndimage import label

    if array.ndim != 2:
        raise GeometryError(f"a mask must have two dimensions, got {array.ndim}")
    pieces = np.zeros((array.shape[0] + 2, array.shape[1] + 2), np.int32)
    label(np.pad(array, 1), output=pieces)
    start, end, direction, piece = _sides(pieces)
    following = _following(start, end, direction, piece).tolist()
    width = pieces.shape[1]
    # The padding moved every corner by one.
    corners = np.stack([start % width - 1.0, start // width - 1.0], 1)
    return [(int(piece[loop[0]]), corners[loop]) for loop in _loops(following)]


def _sides(pieces: NDArray[np.int32]) -> tuple[Integers, Integers, Integers, Integers]:
    """The straight runs of pixel edges, with the piece on their right hand.

    Returns start corner, end corner (numbered row by row), direction (0 →, 1 ↓, 2 ←, 3 ↑), piece.
    """
    inside, width = pieces != 0, pieces.shape[1]
    number = np.arange(pieces.size).reshape(pieces.shape)
    found = []
    for direction, (axis, shift) in enumerate(((1, 1), (0, -1), (1, -1), (0, 1))):
        edge = inside & ~np.roll(inside, shift, 1 - axis)
        begins = edge & ~np.roll(edge, 1, axis)
        ends = edge & ~np.roll(edge, -1, axis)
        low, high = _in_line(number, begins, axis), _in_line(number, ends, axis)
        step = (width, 1)[axis]
        beside = (1, width)[axis] if shift < 0 else 0
        pair = (low + beside, high + beside + step)
        owner = pieces.ravel()[low]
        start, end = pair if direction < 2 else pair[::-1]
        found.append((start, end, np.full(len(start), direction), owner.astype(np.int64)))
    start, end, direction, piece = (np.concatenate(column) for column in zip(*found, strict=True))
    return start, end, direction, piece


def _in_line(number: Integers, chosen: NDArray[np.bool_], axis: int) -> Integers:
    """The numbers of the chosen pixels, line by line along the axis."""
    return number[chosen] if axis == 1 else number.T[chosen.T]


def _following(start: Integers, end: Integers, direction: Integers, piece: Integers) -> Integers:
    """For each side the side that continues its ring.

    Where two pixels touch by a corner only, two sides begin. Pixels of different pieces are kept
    apart (turn right); within one piece the turn goes left, or the ring would touch itself there.
    """
    order = np.argsort(start, kind="stable")
    first = np.searchsorted(start[order], end)
    last = np.searchsorted(start[order], end, "right")
    following = order[first]
    twice = np.flatnonzero(last - first == 2)
    one, other = order[first[twice]], order[first[twice] + 1]
    turn = np.where(piece[one] == piece[other], -1, 1)
    following[twice] = np.where(direction[one] == (direction[twice] + turn) % 4, one, other)
    return following


def _loops(following: list[int]) -> list[list[int]]:
    loops, seen = [], bytearray(len(following))
    for begin in range(len(following)):
        if seen[begin]:
            continue
        loop, side = [], begin
        while not seen[side]:
            seen[side] = 1
            loop.append(side)
            side = following[side]
        loops.append(loop)
    return loops


def _shoelace(ring: Points) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


# --- cuts -------------------------------------------------------------------------------------


def joined(rings: Sequence[Points]) -> Points:
    """One ring that encloses the first and leaves out the others."""
    exterior, *holes = rings
    if not holes:
        return exterior
    leaving: dict[int, list[Points]] = defaultdict(list)
    for hole in holes:
        here, there = _nearest(exterior, hole)
        loop = np.roll(hole, -there, 0)
        leaving[here] += [loop, loop[:1], exterior[here : here + 1]]
    stops = sorted(leaving)
    stretches = np.split(exterior, [stop + 1 for stop in stops])
    detours = [leaving[stop] for stop in stops]
    pieces = chain.from_iterable([s, *d] for s, d in zip(stretches, detours, strict=False))
    return np.concatenate([*pieces, stretches[-1]])


def _nearest(exterior: Points, hole: Points) -> tuple[int, int]:
    """Two vertices between which the cut is short: looked for from either side in turn."""
    here = _closest(exterior, hole[0])
    there = _closest(hole, exterior[here])
    return _closest(exterior, hole[there]), there


def _closest(ring: Points, point: Points) -> int:
    return int(((ring - point) ** 2).sum(1).argmin())


def _points(ring: Points) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y in ring.tolist())
