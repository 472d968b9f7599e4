"""Polygons to shapely's areas and back, in float32."""

import shapely

from datasetbuilder.model import Part, Ring
from datasetbuilder.wire import shortest_float32


def area_from_part(part: Part) -> shapely.Polygon:
    """The area inside the exterior and outside the holes."""
    return shapely.Polygon(part.exterior, part.holes)


def parts_from_area(shape: shapely.Geometry) -> list[Part]:
    """The pieces of an area, rounded; rounding may have made a sliver cross itself."""
    parts: list[Part] = []
    for area in _areas(shape):
        part = _part(area)
        whole = area_from_part(part)
        parts += [part] if whole.is_valid else map(_part, _areas(shapely.make_valid(whole)))
    return parts


def _areas(shape: shapely.Geometry) -> list[shapely.Polygon]:
    pieces = shapely.get_parts(shapely.get_parts(shape))
    return [p for p in pieces if isinstance(p, shapely.Polygon) and p.area > 0]


def _part(area: shapely.Polygon) -> Part:
    exterior, *holes = (_ring(ring) for ring in (area.exterior, *area.interiors))
    return Part(exterior, tuple(holes))


def _ring(ring: shapely.LinearRing) -> Ring:
    points = shapely.get_coordinates(ring)[:-1].tolist()
    return tuple((shortest_float32(x), shortest_float32(y)) for x, y in points)
