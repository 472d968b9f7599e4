"""Pascal VOC: one XML file of boxes to the image.

::

    JPEGImages/<name>
    Annotations/<name without ending>.xml
    ImageSets/Main/<split>.txt         names without ending; trainval when the export is not split
    labels.txt                         the classes, one to the line

Corners are whole pixels, counted from 1, the last one included.

References
----------
.. [1] http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf, section "Annotation"
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.checking import Rule, Tally, check_images, near, tally_of
from datasetbuilder.exporters.claims import Claim, Entry, SizeOf, claimed, files_below, text_of
from datasetbuilder.exporters.coco_objects import measured
from datasetbuilder.exporters.fields import MAX_SIDE
from datasetbuilder.exporters.job import ExportJob
from datasetbuilder.exporters.options import OUTLINED, WHOLE, ExportOptions
from datasetbuilder.exporters.survey import (
    ATTRIBUTES,
    CROWDS,
    FRACTIONS,
    LEVELS,
    SCORES,
    Survey,
    lines_left_out,
)
from datasetbuilder.exporters.survey import counted as n
from datasetbuilder.exporters.xmltext import child_text, parsed
from datasetbuilder.model import Annotation, Bbox, Box, Image, Kind

VERSION = 1
IMAGES, ANNOTATIONS, SETS = "JPEGImages", "Annotations", "ImageSets/Main"
_UNSPLIT = "trainval"


def losses(found: Survey, options: ExportOptions) -> tuple[str, ...]:
    """What the XML files leave out."""
    kinds, features = found.kinds, found.features
    outlines = sum(kinds[kind] for kind in OUTLINED)
    said = [
        (kinds[Kind.TAG], "whole-image class left out", "whole-image classes left out"),
        (outlines, "outline becomes a box", "outlines become boxes"),
        (features[FRACTIONS], "box widened to whole pixels", "boxes widened to whole pixels"),
        (features[CROWDS], "crowd written as difficult", "crowds written as difficult"),
        (features[ATTRIBUTES], "object without its attributes", "objects without their attributes"),
        (features[SCORES], "object without its score", "objects without their scores"),
        (features[LEVELS], "object without its level", "objects without their levels"),
    ]
    return (*lines_left_out(found), *(n(*item) for item in said if item[0]))


# --- writing ----------------------------------------------------------------------------------


def write(job: ExportJob, folder: Path) -> None:
    """Write XML files, images and lists of splits."""
    names = {label.id: label.name for label in job.snapshot.labels}
    (folder / SETS).mkdir(parents=True)
    (folder / ANNOTATIONS).mkdir()
    with ExitStack() as open_lists:
        lists = {
            split: open_lists.enter_context(
                (folder / SETS / _list_name(split)).open("w", encoding="utf-8", newline="\n")
            )
            for split in job.placement.splits
        }
        for image, annotations in job.rows():
            name = job.placement.file_name(image)
            path = folder / _document(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_text(name, image, keeps(image, annotations), names))
            job.files.place(image, folder / IMAGES / name, job.options.images)
            lists[job.placement.split(image)].write(f"{PurePosixPath(name).with_suffix('')}\n")
    listed = "".join(f"{label.name}\n" for label in job.snapshot.labels)
    (folder / "labels.txt").write_text(listed, encoding="utf-8", newline="\n")


def keeps(image: Image, annotations: Sequence[Annotation]) -> list[Annotation]:
    """The annotations that get a box."""
    return [item for item in annotations if item.kind in (Kind.BOX, *OUTLINED)]


def _list_name(split: str) -> str:
    return f"{_UNSPLIT if split == WHOLE else split}.txt"


def _document(name: str) -> str:
    return f"{ANNOTATIONS}/{PurePosixPath(name).with_suffix('.xml')}"


def _text(name: str, image: Image, kept: Sequence[Annotation], names: dict[int, str]) -> bytes:
    root = Element("annotation")
    SubElement(root, "folder").text = IMAGES
    SubElement(root, "filename").text = name
    size = SubElement(root, "size")
    for key, value in (("width", image.width), ("height", image.height), ("depth", image.channels)):
        SubElement(size, key).text = str(value)
    SubElement(root, "segmented").text = "0"
    for item in kept:
        _add_object(root, item, image, names[item.label])
    indent(root)
    return tostring(root, encoding="utf-8") + b"\n"


def _add_object(root: Element, item: Annotation, image: Image, label: str) -> None:
    found = SubElement(root, "object")
    fields = (("name", label), ("pose", "Unspecified"), ("truncated", "0"))
    for key, value in (*fields, ("difficult", str(int(item.crowd)))):
        SubElement(found, key).text = value
    box = SubElement(found, "bndbox")
    _, bbox = measured(item, image)
    for key, corner in zip(("xmin", "ymin", "xmax", "ymax"), corners(bbox), strict=True):
        SubElement(box, key).text = str(corner)


def corners(bbox: Bbox) -> tuple[int, int, int, int]:
    """First and last pixel, counted from 1, of the smallest box of whole pixels around a box."""
    x, y, width, height = bbox
    return math.floor(x) + 1, math.floor(y) + 1, math.ceil(x + width), math.ceil(y + height)


# --- reading back -----------------------------------------------------------------------------


def check(job: ExportJob, folder: Path) -> Tally:
    """Read every XML file back and compare it with the snapshot."""

    def read_image(image: Image) -> Entry | None:
        path = folder / _document(job.placement.file_name(image))
        return read_file(path) if path.is_file() else None

    return check_images(job, Rule("voc", keeps, _differs), read_image)


def _differs(wanted: Annotation, claim: Claim, image: Image) -> str:
    left, top, right, bottom = corners(measured(wanted, image)[1])
    box, said = (left - 1, top - 1, right - left + 1, bottom - top + 1), claim.annotation.geometry
    assert isinstance(said, Box)
    if not near((said.x, said.y, said.width, said.height), box):
        return f"its box is {said} instead of {box}"
    difficult = bool(claim.annotation.attributes.get("difficult"))
    return "" if difficult == wanted.crowd else f"it says difficult is {difficult}"


def tally(folder: Path, task: str, split: str) -> dict[str, int]:
    """Images and objects of one split."""
    stems = text_of(folder / SETS / _list_name(split)).splitlines()
    return tally_of(read_file(folder / ANNOTATIONS / f"{stem}.xml") for stem in stems)


# --- reading ----------------------------------------------------------------------------------


def read_file(path: Path) -> Entry:
    """One XML file; what is wrong with its objects becomes faults of the entry."""
    try:
        root = parsed(text_of(path), path.name)
        name = child_text(root, "filename", path.name) or path.with_suffix("").name
        claims, faults = _objects(root, path.name)
        return Entry(
            PurePosixPath(name.replace("\\", "/")).as_posix(),
            tuple(claims),
            path.name,
            shape=_shape(root, path.name),
            faults=tuple(faults),
        )
    except FormatError as error:
        return Entry(path.with_suffix("").name, (), path.name, faults=(str(error),))


def entries(path: Path, size_of: SizeOf) -> Iterator[Entry]:
    """Every XML file below a folder, or one.

    Raises
    ------
    FormatError
        If there is none.
    """
    found = [path] if path.is_file() else list(files_below(path, ".xml"))
    if not found:
        raise FormatError(f"{path.name} has no XML files")
    yield from map(read_file, found)


def _objects(root: Element, name: str) -> tuple[list[Claim], list[str]]:
    claims, faults = [], []
    for k, item in enumerate(root.findall("object")):
        where = f"{name} object[{k}]"
        try:
            claims.append(_claim(item, where))
        except FormatError as error:
            faults.append(str(error))
    return claims, faults


def _claim(item: Element, where: str) -> Claim:
    label = child_text(item, "name", where)
    if not label:
        raise FormatError(f"{where}.name is missing")
    box = item.find("bndbox")
    if box is None:
        raise FormatError(f"{where}.bndbox is missing")
    left, top, right, bottom = (
        _number(box, key, f"{where}.bndbox") for key in ("xmin", "ymin", "xmax", "ymax")
    )
    if right < left or bottom < top:
        raise FormatError(f"{where}.bndbox ends before it begins")
    said: dict[str, object] = {
        key: True for key in ("difficult", "truncated") if child_text(item, key, where) == "1"
    }
    return claimed(
        label, Box(left - 1, top - 1, right - left + 1, bottom - top + 1), where, attributes=said
    )


def _number(parent: Element, key: str, where: str) -> float:
    text = child_text(parent, key, where)
    try:
        value = float(text)
    except ValueError:
        raise FormatError(f"{where}.{key}: '{text[:40]}' is no number") from None
    if not math.isfinite(value) or abs(value) > MAX_SIDE:
        raise FormatError(f"{where}.{key} must be finite and of sensible size, got {text[:40]}")
    return value


def _shape(root: Element, name: str) -> tuple[int, int] | None:
    size = root.find("size")
    if size is None:
        return None
    height, width = (_number(size, key, f"{name} size") for key in ("height", "width"))
    if height != int(height) or width != int(width):
        raise FormatError(f"{name} size must be whole pixels")
    # some tools leave 0 where they did not open the picture
    return (int(height), int(width)) if height > 0 and width > 0 else None
