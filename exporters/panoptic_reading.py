"""Panoptic pictures and documents: our own, and those of others.

A picture and its record must name the same segments: evaluations fail on any other file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.errors import FormatError, GeometryError
from datasetbuilder.exporters import fields
from datasetbuilder.exporters.claims import Claim, Entry, bytes_of, files_below
from datasetbuilder.exporters.coco_import import refuse_escaping
from datasetbuilder.exporters.coco_objects import (
    beside_of,
    image_from_record,
    label_from_record,
)
from datasetbuilder.exporters.extension import (
    extension_of,
    geometry_of,
    remaining_fields,
)
from datasetbuilder.exporters.jsontext import parsed_json
from datasetbuilder.geometry import array_from_geometry, extent, mask_from_array
from datasetbuilder.model import Annotation, Geometry, Image, Mask

_MOST_PIXELS = 150_000_000


class Segments:
    """The numbers of a picture's pixels, and where each of them lies.

    Attributes
    ----------
    numbers : ndarray
        Of each pixel, 0 where it belongs to nothing; shape (H, W).
    areas : dict of int to int
        Number of pixels by number.
    """

    def __init__(self, numbers: NDArray[Any]) -> None:
        from scipy.ndimage import find_objects

        self.numbers = numbers
        values, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
        windows = find_objects(places.reshape(numbers.shape) + 1)
        self._windows = dict(zip(values.tolist(), windows, strict=True))
        self.areas = dict(zip(values.tolist(), counts.tolist(), strict=True))
        self.areas.pop(0, None)

    def bbox(self, number: int) -> list[int]:
        """``x, y, width, height`` of a segment."""
        rows, columns = self._windows[number]
        return [columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start]

    def mask(self, number: int) -> Mask:
        """The pixels of a segment."""
        rows, columns = self._windows[number]
        crop = mask_from_array(self.numbers[rows, columns] == number)
        return replace(crop, x=crop.x + columns.start, y=crop.y + rows.start)


def read_picture(path: Path) -> NDArray[np.int64]:
    """The numbers of a picture of segments.

    Raises
    ------
    FormatError
        If it is no PNG of three colours, or too large.
    """
    from PIL import Image as Pillow

    if path.is_symlink() or not path.is_file():
        raise FormatError(f"{path.name} is missing")
    try:
        with Pillow.open(path, formats=("PNG",)) as picture:
            if picture.size[0] * picture.size[1] > _MOST_PIXELS:
                raise FormatError(f"{path.name} has {picture.size[0]} × {picture.size[1]} pixels")
            if picture.mode not in ("RGB", "RGBA"):
                raise FormatError(f"{path.name} is no picture of three colours ({picture.mode})")
            planes = np.asarray(picture).astype(np.int64)
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
        raise FormatError(f"{path.name} is no picture of segments: {error}") from None
    return planes[..., 0] + 256 * planes[..., 1] + 65536 * planes[..., 2]


def read_image(
    image_record: Any, record: Any, pictures: Path, where: str
) -> tuple[tuple[Image, tuple[Annotation, ...]], Segments]:
    """An image with its annotations, and the segments of its picture.

    Raises
    ------
    FormatError
        If record and picture do not agree.
    """
    image, tags = image_from_record(image_record, f"{where} image")
    said = fields.record(record, where)
    if said.get("image_id") != image.id:
        raise FormatError(f"{where}.image_id is {said.get('image_id')!r} instead of {image.id}")
    name = fields.text(fields.required(said, "file_name", where), f"{where}.file_name")
    refuse_escaping(name, f"{where}.file_name")
    segments = Segments(read_picture(pictures / name))
    if segments.numbers.shape != image.shape:
        raise FormatError(f"{where}: {name} is not of the image's size {image.shape}")
    listed = fields.items(fields.required(said, "segments_info", where), f"{where}.segments_info")
    drawn = [*tags, *beside_of(image_record, image, f"{where} image")]
    drawn += _annotations(listed, segments, image, f"{where}.segments_info")
    return (image, tuple(sorted(drawn, key=lambda item: item.id))), segments


def _annotations(
    listed: list[Any], segments: Segments, image: Image, where: str
) -> Iterator[Annotation]:
    seen: set[int] = set()
    for k, value in enumerate(listed):
        here = f"{where}[{k}]"
        info = fields.record(value, here)
        number = fields.integer(fields.required(info, "id", here), f"{here}.id")
        if number in seen or number not in segments.areas:
            what = "twice" if number in seen else "not in the picture"
            raise FormatError(f"{here}.id {number} is {what}")
        seen.add(number)
        extension = extension_of(info, here)
        if "of" not in extension:
            yield _annotation(info, number, segments, image, here)
    if lacking := sorted(segments.areas.keys() - seen):
        raise FormatError(f"{where} lacks segment {lacking[0]} of the picture")


def _annotation(
    info: Mapping[str, Any], number: int, segments: Segments, image: Image, here: str
) -> Annotation:
    extension = extension_of(info, here)
    shape = geometry_of(extension, here)
    if shape is None:
        shape = segments.mask(number)
    else:
        _refuse_others(shape, number, segments, image, here)
    measured = extent(shape, image.shape)
    label = fields.required(info, "category_id", here)
    crowd = fields.integer(info.get("iscrowd", 0), f"{here}.iscrowd", least=0, most=1)
    return Annotation(
        id=fields.integer(extension.get("id", number), f"{here}.id"),
        label=fields.integer(label, f"{here}.category_id", least=0),
        image_id=image.id,
        geometry=shape,
        crowd=bool(crowd),
        area=measured.area,
        bbox=measured.bbox,
        **remaining_fields(extension, here),
    )


def _refuse_others(
    shape: Geometry, number: int, segments: Segments, image: Image, here: str
) -> None:
    """Refuse a picture that has pixels which the shape beside it does not cover."""
    try:
        covered = array_from_geometry(shape, image.shape)
    except GeometryError as error:
        raise FormatError(f"{here}: {error}") from error
    if ((segments.numbers == number) & ~covered).any():
        raise FormatError(f"{here}: the picture and the shape kept beside it are not the same")


# --- files of others --------------------------------------------------------------------------


def is_panoptic(data: Any) -> bool:
    """Whether a document's annotations are lists of segments."""
    listed = data.get("annotations") if isinstance(data, dict) else None
    first = listed[0] if isinstance(listed, list) and listed else None
    return isinstance(first, dict) and "segments_info" in first


def entries(path: Path) -> Iterator[Entry]:
    """Every image of one document, or of all below a folder.

    Raises
    ------
    FormatError
        If there is none.
    """
    found = [path] if path.is_file() else list(files_below(path, ".json"))
    count = 0
    for file in found:
        data = parsed_json(bytes_of(file), file.name)
        if path.is_file() or is_panoptic(data):
            count += 1
            yield from _document(data, file)
    if not count:
        raise FormatError(f"{path.name} has no documents of segments")


def _document(data: Any, file: Path) -> Iterator[Entry]:
    try:
        document = fields.record(data, file.name)
        listed = {
            key: fields.items(fields.required(document, key, file.name), f"{file.name} {key}")
            for key in ("categories", "images", "annotations")
        }
        labels = [
            label_from_record(item, f"{file.name} categories[{k}]")
            for k, item in enumerate(listed["categories"])
        ]
    except FormatError as error:
        yield Entry("", (), file.name, faults=(str(error),))
        return
    names = {label.id: label.name for label in labels}
    images = {
        item.get("id"): item for item in listed["images"] if isinstance(item, dict)
    }  # fmt: skip
    for k, record in enumerate(listed["annotations"]):
        where = f"{file.name} annotations[{k}]"
        try:
            yield _entry(record, images, names, file, where)
        except FormatError as error:
            said = str(error)
            yield Entry("", (), file.name, faults=(said if where in said else f"{where}: {said}",))


def _entry(
    record: Any, images: Mapping[Any, Any], names: Mapping[int, str], file: Path, where: str
) -> Entry:
    owner = fields.record(record, where).get("image_id")
    if owner not in images:
        raise FormatError(f"{where}.image_id {owner!r:.40} is no image of the document")
    (image, drawn), _ = read_image(images[owner], record, file.with_suffix(""), where)
    refuse_escaping(image.name, f"{where}: its image's file_name")
    claims = []
    for item in drawn:
        if item.label not in names:
            raise FormatError(f"{where}: category_id {item.label} is no category of the document")
        claims.append(Claim(names[item.label], item, where))
    return Entry(image.name, tuple(claims), file.name, shape=image.shape, sha256=image.sha256)
