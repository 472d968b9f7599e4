"""Hypothesis strategies for shapes and pixels, for every test that needs some."""

import math

import numpy as np
import shapely
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from datasetbuilder.model import (
    Box,
    Ellipse,
    Keypoint,
    Keypoints,
    Part,
    Points,
    Polygon,
    Polyline,
    Ring,
    RotatedBox,
    Stroke,
    Visibility,
)
from datasetbuilder.wire import shortest_float32

CELL = 32
"""Each part of a polygon of :func:`polygons` lies in a square cell of this side."""
POLYGON_SHAPE = (CELL, 2 * CELL)


def shapes(max_side: int = 24) -> st.SearchStrategy[tuple[int, int]]:
    """Image sizes ``(height, width)``."""
    return st.tuples(st.integers(1, max_side), st.integers(1, max_side))


@st.composite
def masks(draw: st.DrawFn, max_side: int = 24) -> NDArray[np.bool_]:
    """Boolean images with at least one set pixel: noise, or rectangles xored into each other."""
    shape = draw(shapes(max_side))
    if draw(st.booleans()):
        mask = draw(hnp.arrays(bool, shape))
    else:
        mask = np.zeros(shape, bool)
        for _ in range(draw(st.integers(1, 6))):
            rows = sorted(draw(st.tuples(*[st.integers(0, shape[0])] * 2)))
            columns = sorted(draw(st.tuples(*[st.integers(0, shape[1])] * 2)))
            mask[slice(*rows), slice(*columns)] ^= True
    assume(mask.any())
    return mask


def coordinates(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers as people and files bring them: sixteenths, hundredths, any float32."""
    return st.one_of(
        st.integers(math.ceil(low * 16), math.floor(high * 16)).map(lambda n: n / 16),
        st.integers(math.ceil(low * 100), math.floor(high * 100)).map(lambda n: n / 100),
        st.floats(low, high, width=32, allow_nan=False),
    ).map(shortest_float32)


@st.composite
def boxes(draw: st.DrawFn, shape: tuple[int, int] = (40, 60)) -> Box:
    """Boxes inside an image of the given shape, sometimes up to its very edge."""
    sides = []
    for limit in shape[::-1]:
        low, high = sorted(draw(st.tuples(*[coordinates(0, limit)] * 2)))
        length = shortest_float32(high - low)
        assume(length > 0 and low + length <= limit)
        sides.append((low, length))
    (x, wide), (y, high) = sides
    return Box(x, y, wide, high)


@st.composite
def turned(draw: st.DrawFn, shape: tuple[int, int] = (40, 60)) -> RotatedBox | Ellipse:
    """Rotated boxes and ellipses about a place of the image, some over its edge."""
    height, width = shape
    kind = draw(st.sampled_from((RotatedBox, Ellipse)))
    centre = draw(coordinates(2, width - 2)), draw(coordinates(2, height - 2))
    return kind(*centre, draw(coordinates(2, 30)), draw(coordinates(2, 30)), draw(angles()))


def angles() -> st.SearchStrategy[float]:
    """Turns as they are stored."""
    return coordinates(-180, 179.5)


@st.composite
def uncovering(draw: st.DrawFn, shape: tuple[int, int] = (40, 60)) -> Polyline | Points | Keypoints:
    """Shapes inside an image that cover none of its pixels."""
    places = st.tuples(coordinates(0, shape[1]), coordinates(0, shape[0]))
    drawn = draw(st.lists(places, min_size=2, max_size=6, unique=True))
    if draw(st.booleans()):
        return draw(st.sampled_from((Polyline, Points)))(tuple(drawn))
    seen = [Visibility.VISIBLE, *(draw(st.sampled_from(Visibility)) for _ in drawn[1:])]
    return Keypoints(
        tuple(
            Keypoint(x, y, how) if how else Keypoint(0.0, 0.0, how)
            for (x, y), how in zip(drawn, seen, strict=True)
        )
    )


@st.composite
def stars(draw: st.DrawFn, centre: tuple[float, float], low: float, high: float) -> Ring:
    """Rings around a centre that do not cross themselves, with radii between two bounds."""
    count = draw(st.integers(5, 12))
    points = []
    for k in range(count):
        angle = 2 * math.pi * (k + draw(st.integers(0, 40)) / 100) / count
        radius = low + (high - low) * draw(st.integers(0, 100)) / 100
        grid = draw(st.sampled_from((16, 100)))
        x, y = centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)
        points.append((round(x * grid) / grid, round(y * grid) / grid))
    return tuple((shortest_float32(x), shortest_float32(y)) for x, y in points)


@st.composite
def polygons(draw: st.DrawFn) -> Polygon:
    """Valid polygons inside ``POLYGON_SHAPE``: one or two parts, each with a hole or without."""
    parts = []
    for cell in draw(st.sampled_from(((0,), (1,), (0, 1)))):
        centre = (cell * CELL + CELL / 2, CELL / 2)
        exterior = draw(stars(centre, 8, CELL / 2))
        holes = (draw(stars(centre, 1, 4)),) if draw(st.booleans()) else ()
        assume(shapely.Polygon(exterior, holes).is_valid)
        parts.append(Part(exterior, holes))
    return Polygon(tuple(parts))


@st.composite
def strokes(draw: st.DrawFn, shape: tuple[int, int] = (20, 30)) -> Stroke:
    """Brush lines in and around an image of the given shape."""
    height, width = shape
    point = st.tuples(coordinates(-5, width + 5), coordinates(-5, height + 5))
    points = draw(st.lists(point, min_size=1, max_size=6))
    brush = draw(coordinates(0.25, 9))
    return Stroke(tuple(points), brush, draw(st.integers(0, 5)))
