"""VGG Image Annotator: its project files and its exported JSON, read only.

References
----------
.. [1] https://www.robots.ox.ac.uk/~vgg/software/via/
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import fields
from datasetbuilder.exporters.claims import Claim, Entry, SizeOf, bytes_of, claimed
from datasetbuilder.exporters.coco_import import plain_attributes, refuse_escaping
from datasetbuilder.exporters.coco_objects import polygon_from_rings
from datasetbuilder.exporters.jsontext import parsed_json
from datasetbuilder.model import Box, Geometry
from datasetbuilder.wire import shortest_float32

_NAMES = ("label", "class", "type", "name", "category")
_CORNERS = 64


def entries(path: Path, size_of: SizeOf) -> Iterator[Entry]:
    """Every image of a VIA file."""
    name = path.name
    data = fields.record(parsed_json(bytes_of(path), name), name)
    listed = data.get("_via_img_metadata", data)
    for key, value in fields.record(listed, name).items():
        where = f"{name} {key[:80]}"
        try:
            yield _entry(fields.record(value, where), where, name)
        except FormatError as error:
            yield Entry("", (), name, faults=(str(error),))


def _entry(data: Mapping[str, Any], where: str, name: str) -> Entry:
    file_name = fields.text(fields.required(data, "filename", where), f"{where}.filename")
    refuse_escaping(file_name, f"{where}.filename")
    regions = data.get("regions") or []
    listed = list(regions.values()) if isinstance(regions, Mapping) else regions
    claims, faults = [], []
    for k, value in enumerate(fields.items(listed, f"{where}.regions")):
        here = f"{where}.regions[{k}]"
        try:
            claims.append(_claim(fields.record(value, here), here))
        except FormatError as error:
            faults.append(str(error))
    return Entry(file_name, tuple(claims), name, faults=tuple(faults))


def _claim(region: Mapping[str, Any], where: str) -> Claim:
    said = fields.record(region.get("region_attributes") or {}, f"{where}.region_attributes")
    label, rest = _label(said, where)
    shape = fields.record(
        fields.required(region, "shape_attributes", where), f"{where}.shape_attributes"
    )
    geometry = _geometry(shape, f"{where}.shape_attributes")
    return claimed(label, geometry, where, attributes=plain_attributes(rest))


def _label(said: Mapping[str, Any], where: str) -> tuple[str, dict[str, Any]]:
    key = next((name for name in _NAMES if name in said), None)
    if key is None and len(said) == 1:
        key = next(iter(said))
    if key is None:
        raise FormatError(f"{where}.region_attributes has no 'label' or 'class'")
    value = said[key]
    if isinstance(value, Mapping):  # a checkbox: {name: true}
        chosen = [name for name, on in value.items() if on is True]
        if len(chosen) != 1:
            raise FormatError(f"{where}.region_attributes.{key} names {len(chosen)} classes")
        value = chosen[0]
    rest = {name: other for name, other in said.items() if name != key}
    return fields.text(value, f"{where}.region_attributes.{key}").strip(), rest


def _geometry(shape: Mapping[str, Any], where: str) -> Geometry:
    def number(key: str) -> float:
        return fields.number(fields.required(shape, key, where), f"{where}.{key}")

    kind = shape.get("name")
    if kind == "rect":
        width, height = number("width"), number("height")
        if width <= 0 or height <= 0:
            raise FormatError(
                f"{where} must be wider and higher than 0, got {width:g} × {height:g}"
            )
        return Box(number("x"), number("y"), width, height)
    if kind in ("polygon", "polyline"):
        xs = fields.numbers(shape.get("all_points_x"), f"{where}.all_points_x")
        ys = fields.numbers(shape.get("all_points_y"), f"{where}.all_points_y")
        if len(xs) != len(ys):
            raise FormatError(f"{where}: {len(xs)} x but {len(ys)} y")
        flat = [value for pair in zip(xs, ys, strict=True) for value in pair]
        return polygon_from_rings([flat], f"{where}.all_points")
    if kind in ("circle", "ellipse"):
        across = number("r") if kind == "circle" else number("rx")
        down = across if kind == "circle" else number("ry")
        return round_polygon(
            (number("cx"), number("cy")), (across, down), number_or(shape, "theta")
        )
    raise FormatError(f"{where}.name {kind!r:.40} is not read")


def number_or(shape: Mapping[str, Any], key: str) -> float:
    """A number that may be missing: then 0."""
    return fields.number(shape.get(key, 0.0), key)


def round_polygon(
    centre: tuple[float, float], radii: tuple[float, float], angle: float
) -> Geometry:
    """An ellipse as a polygon of 64 corners; ``angle`` in radians."""
    if min(radii) <= 0:
        raise FormatError(f"an ellipse must have radii above 0, got {radii}")
    flat: list[float] = []
    for k in range(_CORNERS):
        turn = 2 * math.pi * k / _CORNERS
        across, down = radii[0] * math.cos(turn), radii[1] * math.sin(turn)
        flat += [
            shortest_float32(centre[0] + across * math.cos(angle) - down * math.sin(angle)),
            shortest_float32(centre[1] + across * math.sin(angle) + down * math.cos(angle)),
        ]
    return polygon_from_rings([flat], "an ellipse")
