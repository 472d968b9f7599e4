"""What may be stored of shapes that cover no pixel: polylines, points and keypoints."""

from itertools import pairwise

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry.rle import points_from_ring
from datasetbuilder.model import Keypoint, Keypoints, Point, Points, Polyline, Visibility
from datasetbuilder.wire import shortest_float32


def checked_polyline(line: Polyline, shape: tuple[int, int]) -> Polyline:
    """The line cut at the image's edge; one inside keeps its very numbers.

    Raises
    ------
    GeometryError
        If it has no length, lies outside, or would fall into several lines.
    """
    points_from_ring(line.points)
    if len(set(line.points)) < 2:
        raise GeometryError("a polyline needs at least 2 different points")
    if all(_inside(point, shape) for point in line.points):
        return line
    runs = [run for run in _runs(line, shape) if len(set(run)) > 1]
    if not runs:
        raise GeometryError(
            f"the polyline lies outside the image of {shape[1]} × {shape[0]} pixels"
        )
    if len(runs) > 1:
        raise GeometryError(
            "the polyline leaves the image and comes back: draw it as several lines"
        )
    return Polyline(tuple(runs[0]))


def _runs(line: Polyline, shape: tuple[int, int]) -> list[list[Point]]:
    """The stretches of the line inside the image, in its direction."""
    runs: list[list[Point]] = []
    for here, there in pairwise(line.points):
        stretch = _clipped(here, there, shape)
        if stretch is None:
            continue
        start, end = stretch
        if not runs or runs[-1][-1] != start or start != here:
            runs.append([start])
        runs[-1].append(end)
    return runs


def _clipped(here: Point, there: Point, shape: tuple[int, int]) -> tuple[Point, Point] | None:
    """The part of a segment inside the image, after Liang and Barsky."""
    first, last = 0.0, 1.0
    for axis, limit in ((0, shape[1]), (1, shape[0])):
        start, step = here[axis], there[axis] - here[axis]
        if step == 0 and not 0 <= start <= limit:
            return None
        if step != 0:
            low, high = sorted((-start / step, (limit - start) / step))
            first, last = max(first, low), min(last, high)
    if first > last:
        return None
    return (
        here if first == 0 else _along(here, there, first, shape),
        there if last == 1 else _along(here, there, last, shape),
    )


def _along(here: Point, there: Point, share: float, shape: tuple[int, int]) -> Point:
    """A place on the segment, and on the edge where rounding would leave it."""
    x, y = (one + share * (other - one) for one, other in zip(here, there, strict=True))
    return (
        shortest_float32(min(max(x, 0.0), shape[1])),
        shortest_float32(min(max(y, 0.0), shape[0])),
    )


def checked_points(points: Points, shape: tuple[int, int]) -> Points:
    """The points inside the image, in their order."""
    points_from_ring(points.points)
    inside = tuple(point for point in points.points if _inside(point, shape))
    if not inside:
        raise GeometryError(f"the points lie outside the image of {shape[1]} × {shape[0]} pixels")
    return Points(inside)


def checked_keypoints(keypoints: Keypoints, shape: tuple[int, int]) -> Keypoints:
    """Keypoints as they may be stored: one outside the image, or not labelled, is (0, 0, 0)."""
    points_from_ring([(point.x, point.y) for point in keypoints.points])
    kept = tuple(
        point
        if point.visibility and _inside((point.x, point.y), shape)
        else Keypoint(0.0, 0.0, Visibility.UNLABELLED)
        for point in keypoints.points
    )
    if not any(point.visibility for point in kept):
        raise GeometryError("none of the keypoints is labelled inside the image")
    return Keypoints(kept)


def _inside(point: Point, shape: tuple[int, int]) -> bool:
    return 0 <= point[0] <= shape[1] and 0 <= point[1] <= shape[0]
