"""CVAT for images 1.1, read only.

References
----------
.. [1] https://docs.cvat.ai/docs/manual/advanced/xml_format/
"""

import math
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.claims import MAX_BYTES, Claim, Entry, SizeOf, claimed, text_of
from datasetbuilder.exporters.coco_import import refuse_escaping
from datasetbuilder.exporters.coco_objects import polygon_from_rings
from datasetbuilder.exporters.fields import MAX_SIDE
from datasetbuilder.exporters.via import round_polygon
from datasetbuilder.exporters.xmltext import parsed
from datasetbuilder.geometry import mask_from_array
from datasetbuilder.model import Box, Geometry, Mask, Tag
from datasetbuilder.wire import shortest_float32

_MAX_CROP = 150_000_000
_SHAPES = ("box", "polygon", "mask", "ellipse", "tag", "polyline", "points", "cuboid", "skeleton")


def entries(path: Path, size_of: SizeOf) -> Iterator[Entry]:
    """Every image of a CVAT file."""
    root = parsed(text_of(path, limit=MAX_BYTES), path.name)
    if root.find("track") is not None:
        raise FormatError(f"{path.name} holds tracks of a video; export 'CVAT for images' instead")
    for k, image in enumerate(root.findall("image")):
        where = f"{path.name} image[{k}]"
        try:
            yield _entry(image, where, path.name)
        except FormatError as error:
            yield Entry("", (), path.name, faults=(str(error),))


def _entry(image: Element, where: str, name: str) -> Entry:
    file_name = image.get("name") or ""
    if not file_name:
        raise FormatError(f"{where}.name is missing")
    refuse_escaping(file_name, f"{where}.name")
    shape = int(_number(image, "height", where)), int(_number(image, "width", where))
    claims, faults = [], []
    for k, item in enumerate(image):
        here = f"{where}.{item.tag}[{k}]"
        if item.tag not in _SHAPES:
            continue
        try:
            claims.append(_claim(item, here))
        except FormatError as error:
            faults.append(str(error))
    return Entry(file_name, tuple(claims), name, shape=shape, faults=tuple(faults))


def _claim(item: Element, where: str) -> Claim:
    label = item.get("label") or ""
    if not label:
        raise FormatError(f"{where}.label is missing")
    said: dict[str, object] = {
        (child.get("name") or "attribute")[:200]: (child.text or "").strip()[:1000]
        for child in item.findall("attribute")
    }
    if item.get("occluded") == "1":
        said["occluded"] = True
    said = {key: value for key, value in said.items() if value not in ("", "false")}
    return claimed(label, _geometry(item, where), where, attributes=said)


def _geometry(item: Element, where: str) -> Geometry:
    if item.tag == "tag":
        return Tag()
    if item.tag == "box":
        if float(item.get("rotation") or 0) != 0:
            raise FormatError(f"{where}.rotation: turned boxes are not read")
        left, top, right, bottom = (_number(item, k, where) for k in ("xtl", "ytl", "xbr", "ybr"))
        if right <= left or bottom <= top:
            raise FormatError(f"{where} must be wider and higher than 0")
        return Box(left, top, shortest_float32(right - left), shortest_float32(bottom - top))
    if item.tag == "polygon":
        return polygon_from_rings([_points(item, where)], f"{where}.points")
    if item.tag == "ellipse":
        centre = (_number(item, "cx", where), _number(item, "cy", where))
        return round_polygon(centre, (_number(item, "rx", where), _number(item, "ry", where)), 0.0)
    if item.tag == "mask":
        return _mask(item, where)
    raise FormatError(f"{where}: shapes of kind '{item.tag}' are not read")


def _points(item: Element, where: str) -> list[float]:
    try:
        return [float(n) for pair in (item.get("points") or "").split(";") for n in pair.split(",")]
    except ValueError:
        raise FormatError(f"{where}.points must be pairs x,y with ; between them") from None


def _mask(item: Element, where: str) -> Mask:
    """Run lengths of the crop, row by row, background first."""
    left, top, width, height = (
        int(_number(item, key, where)) for key in ("left", "top", "width", "height")
    )
    if min(left, top) < 0 or min(width, height) < 1 or width * height > _MAX_CROP:
        raise FormatError(f"{where} has a box that no mask can have")
    try:
        counts = np.array([int(n) for n in (item.get("rle") or "").split(",")], np.int64)
    except (ValueError, OverflowError):
        raise FormatError(f"{where}.rle must be whole numbers with , between them") from None
    if counts.min() < 0 or counts.max() > _MAX_CROP or counts.sum() != width * height:
        raise FormatError(f"{where}.rle does not fill {width} × {height} pixels")
    pixels = np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(height, width)
    if not pixels.any():
        raise FormatError(f"{where}.rle covers no pixel")
    return mask_from_array(pixels, offset=(left, top))


def _number(item: Element, key: str, where: str) -> float:
    text = item.get(key)
    if text is None:
        raise FormatError(f"{where}.{key} is missing")
    try:
        value = float(text)
    except ValueError:
        raise FormatError(f"{where}.{key}: '{text[:40]}' is no number") from None
    if not math.isfinite(value) or abs(value) > MAX_SIDE:
        raise FormatError(f"{where}.{key} must be finite and of sensible size, got {text[:40]}")
    return value
