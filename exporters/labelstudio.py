"""Label Studio's JSON, read only: boxes, polygons, brushes, ellipses and choices.

References
----------
.. [1] https://labelstud.io/guide/export
.. [2] https://labelstud.io/guide/predictions
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import fields
from datasetbuilder.exporters.claims import Claim, Entry, SizeOf, bytes_of, claimed
from datasetbuilder.exporters.coco_import import score_of
from datasetbuilder.exporters.coco_objects import polygon_from_rings
from datasetbuilder.exporters.jsontext import parsed_json
from datasetbuilder.exporters.via import round_polygon
from datasetbuilder.geometry import mask_from_array
from datasetbuilder.model import Box, Geometry, Mask, Tag
from datasetbuilder.wire import shortest_float32

_MAX_PIXELS = 150_000_000
_PREFIX = re.compile(r"^[0-9a-f]{8}-")
_PATHS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif")


def entries(path: Path, size_of: SizeOf) -> Iterator[Entry]:
    """Every task of a Label Studio file: its annotations, or its predictions where it has none."""
    name = path.name
    for k, value in enumerate(fields.items(parsed_json(bytes_of(path), name), name)):
        where = f"{name} [{k}]"
        try:
            yield _entry(fields.record(value, where), where, name, size_of)
        except FormatError as error:
            yield Entry("", (), name, faults=(str(error),))


def _entry(task: Mapping[str, Any], where: str, name: str, size_of: SizeOf) -> Entry:
    file_name = _file_name(task, where, size_of)
    claims, faults, shape = list[Claim](), list[str](), None
    for here, result, score in _results(task, where):
        try:
            found = _claims(result, here, score)
            claims += found
            shape = _shape(result, here) or shape
        except FormatError as error:
            faults.append(str(error))
    return Entry(file_name, tuple(claims), name, shape=shape, faults=tuple(faults))


def _file_name(task: Mapping[str, Any], where: str, size_of: SizeOf) -> str:
    data = fields.record(fields.required(task, "data", where), f"{where}.data")
    for value in data.values():
        if not isinstance(value, str):
            continue
        address = urlsplit(value)
        said = parse_qs(address.query).get("d", [address.path])[0]
        said = unquote(said).replace("\\", "/").lstrip("/")
        if PurePosixPath(said).suffix.lower() in _PATHS and ".." not in said.split("/"):
            plain = PurePosixPath(said).name
            without = _PREFIX.sub("", plain)
            return next((n for n in (said, plain, without) if size_of(n) is not None), said)
    raise FormatError(f"{where}.data names no image")


def _results(
    task: Mapping[str, Any], where: str
) -> Iterator[tuple[str, Mapping[str, Any], float | None]]:
    listed, key = task.get("annotations") or task.get("completions") or [], "annotations"
    if not listed:
        listed, key = task.get("predictions") or [], "predictions"
    for k, value in enumerate(fields.items(listed, f"{where}.{key}")):
        here = f"{where}.{key}[{k}]"
        drawn = fields.record(value, here)
        if drawn.get("was_cancelled") is True:
            continue
        score = drawn.get("score") if key == "predictions" else None
        said = None if score is None else score_of(score, f"{here}.score")
        for n, item in enumerate(fields.items(drawn.get("result") or [], f"{here}.result")):
            yield f"{here}.result[{n}]", fields.record(item, f"{here}.result[{n}]"), said


def _shape(result: Mapping[str, Any], where: str) -> tuple[int, int] | None:
    if "original_width" not in result or "original_height" not in result:
        return None
    height, width = (
        fields.integer(result[key], f"{where}.{key}", most=fields.MAX_SIDE)
        for key in ("original_height", "original_width")
    )
    return height, width


def _claims(result: Mapping[str, Any], where: str, score: float | None) -> list[Claim]:
    kind = str(result.get("type", ""))
    value = fields.record(result.get("value") or {}, f"{where}.value")
    labels = value.get(kind)
    if not isinstance(labels, list) or kind in ("relation", "textarea"):
        return []
    named = [fields.text(label, f"{where}.value.{kind}") for label in labels]
    if kind != "choices" and len(named) != 1:
        raise FormatError(f"{where}.value.{kind} names {len(named)} classes")
    if "score" in result and result["score"] is not None:
        score = score_of(result["score"], f"{where}.score")
    geometry = Tag() if kind == "choices" else _geometry(kind, value, result, where)
    return [claimed(label, geometry, where, score=score) for label in named]


def _geometry(
    kind: str, value: Mapping[str, Any], result: Mapping[str, Any], where: str
) -> Geometry:
    shape = _shape(result, where)
    if shape is None:
        raise FormatError(f"{where}.original_width is missing")
    height, width = shape

    def share(key: str, side: int) -> float:
        said = fields.number(fields.required(value, key, f"{where}.value"), f"{where}.value.{key}")
        return shortest_float32(said * side / 100)

    if kind == "rectanglelabels":
        if value.get("rotation"):
            raise FormatError(f"{where}.value.rotation: turned boxes are not read")
        box = Box(
            share("x", width), share("y", height), share("width", width), share("height", height)
        )
        if box.width <= 0 or box.height <= 0:
            raise FormatError(f"{where}.value must be wider and higher than 0")
        return box
    if kind == "polygonlabels":
        points = fields.items(value.get("points"), f"{where}.value.points")
        flat: list[float] = []
        for k, point in enumerate(points):
            x, y = fields.numbers(point, f"{where}.value.points[{k}]")[:2]
            flat += [shortest_float32(x * width / 100), shortest_float32(y * height / 100)]
        return polygon_from_rings([flat], f"{where}.value.points")
    if kind == "ellipselabels":
        centre = (share("x", width), share("y", height))
        return round_polygon(centre, (share("radiusX", width), share("radiusY", height)), 0.0)
    if kind == "brushlabels":
        return _brush(fields.items(value.get("rle"), f"{where}.value.rle"), shape, where)
    raise FormatError(f"{where}.type '{kind[:40]}' is not read")


def _brush(rle: Sequence[Any], shape: tuple[int, int], where: str) -> Mask:
    if any(isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= 255 for n in rle):
        raise FormatError(f"{where}.value.rle must be bytes")
    height, width = shape
    if height * width > _MAX_PIXELS:
        raise FormatError(f"{where} has {width} × {height} pixels")
    channels = brush_values(bytes(rle), 4 * height * width, f"{where}.value.rle")
    pixels = channels.reshape(height, width, 4)[:, :, 3] > 0
    if not pixels.any():
        raise FormatError(f"{where}.value.rle covers no pixel")
    return mask_from_array(pixels)


def brush_values(data: bytes, length: int, where: str) -> np.ndarray:
    """The bytes of a brush: runs and literals, coded bit by bit.

    Raises
    ------
    FormatError
        If the code breaks off or does not give ``length`` values.
    """
    bits = "".join(f"{byte:08b}" for byte in data)
    place = 0

    def take(count: int) -> int:
        nonlocal place
        if place + count > len(bits):
            raise FormatError(f"{where} breaks off")
        place += count
        return int(bits[place - count : place], 2)

    total, word = take(32), take(5) + 1
    sizes = [take(4) + 1 for _ in range(4)]
    if total != length:
        raise FormatError(f"{where} holds {total} values instead of {length}")
    found, filled = np.zeros(length, np.uint8), 0
    while filled < length:
        is_run, count = take(1), take(sizes[take(2)]) + 1
        if filled + count > length:
            raise FormatError(f"{where} holds more than {length} values")
        if is_run:
            found[filled : filled + count] = take(word) & 0xFF
        else:
            found[filled : filled + count] = [take(word) & 0xFF for _ in range(count)]
        filled += count
    return found
