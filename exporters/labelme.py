"""LabelMe: one JSON file beside each image, opened and changed with LabelMe itself.

::

    <split>/<name>                      train when the export is not split
    <split>/<name without ending>.json

What LabelMe has no field for stands under an extension key, which LabelMe keeps when it saves; a
shape that was changed there is read as it stands.

References
----------
.. [1] https://github.com/wkentaro/labelme
"""

import base64
import binascii
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import orjson

from datasetbuilder import wire
from datasetbuilder.errors import FormatError, WireError
from datasetbuilder.exporters import fields
from datasetbuilder.exporters.checking import Rule, Tally, check_images, tally_of
from datasetbuilder.exporters.claims import Claim, Entry, SizeOf, bytes_of, files_below
from datasetbuilder.exporters.coco_objects import has_holes, polygon_from_rings, rings_of
from datasetbuilder.exporters.extension import (
    KEY,
    extension_from_annotation,
    extension_of,
    kind_of,
    remaining_fields,
)
from datasetbuilder.exporters.job import ExportJob
from datasetbuilder.exporters.jsontext import parsed_json
from datasetbuilder.exporters.options import WHOLE, ExportOptions
from datasetbuilder.exporters.survey import Survey
from datasetbuilder.geometry import crop_from_mask, mask_from_array
from datasetbuilder.model import (
    Annotation,
    Box,
    Ellipse,
    Geometry,
    Image,
    Keypoints,
    Mask,
    Points,
    Polygon,
    Polyline,
    RotatedBox,
    Tag,
)

VERSION = 1
WRITTEN_FOR = "5.5.0"
_UNSPLIT = "train"
_MAX_CROP = 150_000_000
_COMPARED = ("geometry", "attributes", "source", "score", "set", "uid", "crowd")


def losses(found: Survey, options: ExportOptions) -> tuple[str, ...]:
    """What a LabelMe file leaves out: nothing, thanks to the extension key."""
    return ()


# --- writing ----------------------------------------------------------------------------------


def write(job: ExportJob, folder: Path) -> None:
    """Write a JSON file to every image, and the image beside it."""
    names = {label.id: label.name for label in job.snapshot.labels}
    for image, annotations in job.rows():
        path = folder / _document(job, image)
        path.parent.mkdir(parents=True, exist_ok=True)
        name = PurePosixPath(job.placement.file_name(image)).name
        record = _record(image, name, annotations, names)
        path.write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2) + b"\n")
        job.files.place(image, path.with_name(name), job.options.images)
    listed = "".join(f"{label.name}\n" for label in job.snapshot.labels)
    (folder / "labels.txt").write_text(listed, encoding="utf-8", newline="\n")


def _document(job: ExportJob, image: Image) -> str:
    name = PurePosixPath(job.placement.file_name(image)).with_suffix(".json")
    split = job.placement.split(image)
    return f"{_UNSPLIT if split == WHOLE else split}/{name}"


def _record(
    image: Image, name: str, annotations: Sequence[Annotation], names: Mapping[int, str]
) -> dict[str, Any]:
    tags = [item for item in annotations if isinstance(item.geometry, Tag)]
    shapes = [item for item in annotations if not isinstance(item.geometry, Tag)]
    said: dict[str, Any] = {"id": image.id, "sha256": image.sha256, "state": image.state.value}
    said["tags"] = [
        {"label": names[tag.label], **extension_from_annotation(tag, with_geometry=False)}
        for tag in tags
    ]
    return {
        "version": WRITTEN_FOR,
        "flags": {names[tag.label]: True for tag in tags},
        "shapes": [shape for item in shapes for shape in _shapes(item, names[item.label])],
        "imagePath": name,
        "imageData": None,
        "imageHeight": image.height,
        "imageWidth": image.width,
        KEY: said,
    }


def _shapes(item: Annotation, label: str) -> Iterator[dict[str, Any]]:
    drawn = _drawn(item.geometry)
    cut = not isinstance(item.geometry, Box | Mask | Polygon)
    cut = cut or (isinstance(item.geometry, Polygon) and has_holes(item.geometry))
    for k, (kind, points, mask) in enumerate(drawn):
        said: dict[str, Any] = {"id": item.id}
        if k == 0:
            said |= extension_from_annotation(item, with_geometry=cut)
            if item.crowd:
                said["crowd"] = True
        yield {
            "label": label,
            "points": points,
            "group_id": item.id if len(drawn) > 1 else None,
            "description": "",
            "shape_type": kind,
            "flags": {},
            "mask": mask,
            KEY: said,
        }


def _drawn(geometry: Geometry) -> list[tuple[str, list[Any], str | None]]:
    match geometry:
        case Box(x, y, width, height):
            return [("rectangle", [[x, y], [x + width, y + height]], None)]
        case Mask(x, y, width, height):
            corners = [[x, y], [x + width - 1, y + height - 1]]
            return [("mask", corners, _text_from_crop(crop_from_mask(geometry)))]
        case Polyline(points):
            return [("linestrip", [[x, y] for x, y in points], None)]
        case Points(points):
            return [("points", [[x, y] for x, y in points], None)]
        case Keypoints(points):
            return [("points", [[point.x, point.y] for point in points], None)]
        case Polygon() | RotatedBox() | Ellipse():
            rings = rings_of(geometry)
            pairs = ([[x, y] for x, y in zip(r[::2], r[1::2], strict=True)] for r in rings)
            return [("polygon", points, None) for points in pairs]
        case _:
            raise FormatError(f"LabelMe has no shape for a {geometry.kind}")


def _text_from_crop(crop: np.ndarray) -> str:
    from PIL import Image as Pillow

    out = io.BytesIO()
    Pillow.fromarray(crop.astype(np.uint8) * 255).convert("1").save(out, format="PNG")
    return base64.b64encode(out.getvalue()).decode("ascii")


# --- reading back -----------------------------------------------------------------------------


def check(job: ExportJob, folder: Path) -> Tally:
    """Read every JSON file back and compare it with the snapshot."""

    def read_image(image: Image) -> Entry | None:
        path = folder / _document(job, image)
        return read_file(path) if path.is_file() else None

    return check_images(job, Rule("labelme", keeps, _differs), read_image)


def keeps(image: Image, annotations: Sequence[Annotation]) -> list[Annotation]:
    """Everything, whole-image classes first."""
    tags = [item for item in annotations if isinstance(item.geometry, Tag)]
    return tags + [item for item in annotations if not isinstance(item.geometry, Tag)]


def _differs(wanted: Annotation, claim: Claim, image: Image) -> str:
    for name in _COMPARED:
        was, is_now = getattr(wanted, name), getattr(claim.annotation, name)
        if was != is_now:
            return f"{name} is {is_now!r:.120} instead of {was!r:.120}"
    return ""


def tally(folder: Path, task: str, split: str) -> dict[str, int]:
    """Images and objects of one split."""
    home = folder / (_UNSPLIT if split == WHOLE else split)
    return tally_of(read_file(path) for path in files_below(home, ".json"))


# --- reading ----------------------------------------------------------------------------------


def read_file(path: Path) -> Entry:
    """One JSON file; what is wrong with its shapes becomes faults of the entry."""
    try:
        data = fields.record(parsed_json(bytes_of(path), path.name), path.name)
        claims, faults = _claims(data, path.name)
        shape = tuple(
            fields.integer(data[key], f"{path.name}.{key}", most=fields.MAX_SIDE)
            for key in ("imageHeight", "imageWidth")
            if data.get(key) is not None
        )
        name = fields.text(fields.required(data, "imagePath", path.name), f"{path.name}.imagePath")
        return Entry(
            PurePosixPath(name.replace("\\", "/")).name,
            tuple(claims),
            path.name,
            shape=(shape[0], shape[1]) if len(shape) == 2 else None,
            sha256=str(extension_of(data, path.name).get("sha256", "")),
            faults=tuple(faults),
        )
    except FormatError as error:
        return Entry(path.stem, (), path.name, faults=(str(error),))


def entries(path: Path, size_of: SizeOf) -> Iterator[Entry]:
    """Every JSON file with shapes below a folder, or one.

    Raises
    ------
    FormatError
        If there is none.
    """
    found = [path] if path.is_file() else list(files_below(path, ".json"))
    wanted = [file for file in found if file.name != "export.json"]
    if not wanted:
        raise FormatError(f"{path.name} has no JSON files")
    for file in wanted:
        entry, folder = read_file(file), file.parent
        inside = folder.relative_to(path) if path.is_dir() else PurePosixPath()
        yield Entry(
            (PurePosixPath(inside.as_posix()) / entry.name).as_posix(),
            entry.claims,
            entry.path,
            shape=entry.shape,
            sha256=entry.sha256,
            faults=entry.faults,
        )


def _claims(data: Mapping[str, Any], name: str) -> tuple[list[Claim], list[str]]:
    claims, faults = list(_tags(data, name)), []
    grouped: dict[object, list[tuple[Mapping[str, Any], str]]] = {}
    for k, value in enumerate(fields.items(fields.required(data, "shapes", name), "shapes")):
        where = f"{name} shapes[{k}]"
        try:
            shape = fields.record(value, where)
            grouped.setdefault(_group(shape, k, where), []).append((shape, where))
        except FormatError as error:
            faults.append(str(error))
    for several in grouped.values():
        try:
            claims.append(_claim(several))
        except FormatError as error:
            faults.append(str(error))
    return claims, faults


def _group(shape: Mapping[str, Any], index: int, where: str) -> object:
    """What the outlines of one object have in common."""
    if "id" in (said := extension_of(shape, where)):
        return "id", str(said["id"])
    group = shape.get("group_id")
    if group is not None and shape.get("shape_type", "polygon") == "polygon":
        return "group", str(group), str(shape.get("label"))
    return index


def _tags(data: Mapping[str, Any], name: str) -> Iterator[Claim]:
    said = extension_of(data, name)
    listed = fields.items(said.get("tags", []), f"{name}.{KEY}.tags")
    flags = fields.record(data.get("flags") or {}, f"{name}.flags")
    told = set()
    for k, value in enumerate(listed):
        where = f"{name}.{KEY}.tags[{k}]"
        tag = fields.record(value, where)
        label = fields.text(tag.get("label"), f"{where}.label")
        told.add(label)
        if flags.get(label) is True:
            yield Claim(label, Annotation(**{**remaining_fields(tag, where), **_TAG}), where)
    for label, value in flags.items():
        if value is True and label not in told:
            yield Claim(label, Annotation(uid="", **_TAG), f"{name}.flags.{label}")


_TAG: dict[str, Any] = {"label": 0, "geometry": Tag()}


def _claim(several: list[tuple[Mapping[str, Any], str]]) -> Claim:
    shape, where = several[0]
    said = extension_of(shape, where)
    rest = remaining_fields(said, where)
    if not said:
        rest["attributes"] = _foreign_attributes(shape, where)
    drawn = _geometry(several)
    annotation = Annotation(
        label=0,
        geometry=_kept(said, drawn, where),
        crowd=said.get("crowd") is True,
        **rest,
    )
    return Claim(fields.text(shape.get("label"), f"{where}.label"), annotation, where)


def _kept(said: Mapping[str, Any], drawn: Geometry, where: str) -> Geometry:
    """The shape beside the outline, unless the outline was changed since."""
    kind = kind_of(said, where)
    if kind is None or "geometry" not in said:
        return drawn
    try:
        kept = wire.geometry_from_wire(kind, said["geometry"], f"{where}.{KEY}.geometry")
    except WireError as error:
        raise FormatError(str(error)) from error
    return kept if _drawn(kept) == _drawn(drawn) else drawn


def _foreign_attributes(shape: Mapping[str, Any], where: str) -> dict[str, object]:
    flags = fields.record(shape.get("flags") or {}, f"{where}.flags")
    found: dict[str, object] = {str(key): True for key, value in flags.items() if value is True}
    if description := shape.get("description"):
        found["description"] = str(description)[:1000]
    return found


def _geometry(several: list[tuple[Mapping[str, Any], str]]) -> Geometry:
    shape, where = several[0]
    kind = shape.get("shape_type") or "polygon"
    points = _points(shape, where)
    if kind == "polygon":
        rings = [[n for p in _points(s, w) for n in p] for s, w in several]
        return polygon_from_rings(rings, f"{where}.points")
    if len(several) > 1:
        raise FormatError(f"{where} shares its id with another shape")
    if kind == "rectangle" and len(points) == 2:
        (left, top), (right, bottom) = points
        x, y = min(left, right), min(top, bottom)
        return Box(x, y, _side(left, right), _side(top, bottom))
    if kind == "linestrip":
        return Polyline(tuple((x, y) for x, y in points))
    if kind in ("points", "point"):
        return Points(tuple((x, y) for x, y in points))
    if kind == "mask" and len(points) == 2:
        return _mask(shape, points, where)
    raise FormatError(f"{where}.shape_type {kind!r:.40} with {len(points)} points is not read")


def _side(one: float, other: float) -> float:
    return wire.shortest_float32(abs(other - one))


def _points(shape: Mapping[str, Any], where: str) -> list[list[float]]:
    listed = fields.items(fields.required(shape, "points", where), f"{where}.points")
    found = [fields.numbers(value, f"{where}.points[{k}]") for k, value in enumerate(listed)]
    if any(len(point) != 2 for point in found):
        raise FormatError(f"{where}.points must be pairs of x and y")
    return found


def _mask(shape: Mapping[str, Any], points: list[list[float]], where: str) -> Mask:
    from PIL import Image as Pillow

    text = fields.text(shape.get("mask"), f"{where}.mask")
    try:
        data = base64.b64decode(text, validate=True)
        with Pillow.open(io.BytesIO(data), formats=("PNG",)) as picture:
            if picture.width * picture.height > _MAX_CROP:
                raise FormatError(f"{where}.mask is too large")
            crop = np.asarray(picture.convert("L")) > 0
    except (binascii.Error, OSError, ValueError, SyntaxError) as error:
        raise FormatError(f"{where}.mask is no picture: {error}") from None
    if not crop.any():
        raise FormatError(f"{where}.mask covers no pixel")
    x, y = int(points[0][0]), int(points[0][1])
    return mask_from_array(crop, offset=(x, y))
