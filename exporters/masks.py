"""Label images: PNG files whose values are classes, or objects.

::

    images/<split>/<name>                      train when the export is not split
    masks/<split>/<name without ending>.png    8 bits: 0 background, 255 ignore, else the class
    instances/<split>/<name without ending>.png   16 bits: 0 background, else the object's number
    instances.csv                              image, number, annotation id, class of each object
    classes.csv                                value, label id, label

An object of a higher level, or that was drawn later, lies above the others. Pixels of crowds are to
be ignored.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.checking import Tally, refuse_problems
from datasetbuilder.exporters.claims import Entry, SizeOf, claimed, files_below
from datasetbuilder.exporters.job import ExportJob
from datasetbuilder.exporters.options import INSTANCES, OUTLINED, WHOLE, ExportOptions
from datasetbuilder.exporters.survey import (
    ATTRIBUTES,
    CROWDS,
    LEVELS,
    OVERLAPS,
    SCORES,
    Survey,
    lines_left_out,
)
from datasetbuilder.exporters.survey import counted as n
from datasetbuilder.exporters.tables import TableWriter, required, rows_of, whole
from datasetbuilder.geometry import array_from_geometry, crop_from_mask, mask_from_array
from datasetbuilder.geometry.masks import mask_from_spans
from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.model import Annotation, Image, Kind, Label

VERSION = 1
IGNORE = 255
MASKS, OBJECTS, IMAGES = "masks", "instances", "images"
CLASSES, LISTED = "classes.csv", "instances.csv"
MAX_OBJECTS = 65_535
MAX_SIDE = 65_535
_UNSPLIT = "train"


def losses(found: Survey, options: ExportOptions) -> tuple[str, ...]:
    """What values of pixels cannot say."""
    kinds, features = found.kinds, found.features
    polygons = sum(kinds[kind] for kind in OUTLINED) - kinds[Kind.MASK]
    said = [
        (kinds[Kind.TAG], "whole-image class left out", "whole-image classes left out"),
        (kinds[Kind.BOX], "box without an outline left out", "boxes without an outline left out"),
        (polygons, "outline becomes pixels", "outlines become pixels"),
        (features[OVERLAPS], "object partly hidden by another", "objects partly hidden by others"),
        (features[CROWDS], "crowd written as ignored", "crowds written as ignored"),
        (features[ATTRIBUTES], "object without its attributes", "objects without their attributes"),
        (features[SCORES], "object without its score", "objects without their scores"),
        (features[LEVELS], "object without its level", "objects without their levels"),
    ]
    lost = [*lines_left_out(found), *(n(*item) for item in said if item[0])]
    objects = kinds[Kind.MASK] + polygons - features[CROWDS]
    if options.task != INSTANCES and objects:
        lost.append("objects of one class are not told apart")
    return tuple(lost)


def values_of(labels: Sequence[Label]) -> dict[int, int]:
    """The value of each label: its id, or its place from 1 where an id is too large.

    Raises
    ------
    FormatError
        If there are more labels than 8 bits can tell apart.
    """
    if all(label.id < IGNORE for label in labels):
        return {label.id: label.id for label in labels}
    if len(labels) >= IGNORE:
        raise FormatError(
            f"Masks hold {IGNORE - 1} classes at most, the project has {len(labels)}."
        )
    return {label.id: k for k, label in enumerate(labels, 1)}


def keeps(annotations: Sequence[Annotation]) -> list[Annotation]:
    """The objects with a value of their own, those of a higher level after the lower ones."""
    kept = [item for item in annotations if item.kind in OUTLINED and not item.crowd]
    return sorted(kept, key=lambda item: item.level)


# --- writing ----------------------------------------------------------------------------------


def write(job: ExportJob, folder: Path) -> None:
    """Write label images, images and tables."""
    values = values_of(job.snapshot.labels)
    names = {label.id: label.name for label in job.snapshot.labels}
    with TableWriter(folder / CLASSES, ("value", "label_id", "label")) as table:
        table.add(0, None, "background")
        for label in job.snapshot.labels:
            table.add(values[label.id], label.id, label.name)
    head = ("image", "split", "value", "annotation_id", "label_id", "label")
    with TableWriter(folder / LISTED, head) as table:
        for image, annotations in job.rows():
            name, split = _name(job, image), job.placement.split(image)
            _save(folder / MASKS / name, semantic(image, annotations, values))
            if job.options.task == INSTANCES:
                _save(folder / OBJECTS / name, numbered(image, annotations))
                for k, item in enumerate(keeps(annotations), 1):
                    table.add(name, split, k, item.id, item.label, names[item.label])
            home = folder / IMAGES / _split(split)
            job.files.place(image, home / job.placement.file_name(image), job.options.images)
    if job.options.task != INSTANCES:
        (folder / LISTED).unlink()


def semantic(
    image: Image, annotations: Sequence[Annotation], values: dict[int, int]
) -> NDArray[np.uint8]:
    """The class of every pixel."""
    canvas = np.zeros(image.shape, np.uint8)
    for item in annotations:
        if item.kind in OUTLINED and item.crowd:
            _paint(canvas, item, image, IGNORE)
    for item in keeps(annotations):
        _paint(canvas, item, image, values[item.label])
    return canvas


def numbered(image: Image, annotations: Sequence[Annotation]) -> NDArray[np.uint16]:
    """The number of every pixel's object, from 1 in the order they were drawn."""
    kept = keeps(annotations)
    if len(kept) > MAX_OBJECTS:
        raise FormatError(f"{image.name} has {len(kept)} objects, more than {MAX_OBJECTS}.")
    canvas = np.zeros(image.shape, np.uint16)
    for k, item in enumerate(kept, 1):
        _paint(canvas, item, image, k)
    return canvas


def _paint(canvas: NDArray, item: Annotation, image: Image, value: int) -> None:
    mask = mask_from_spans(spans_from_geometry(item.geometry, image.shape))
    window = canvas[mask.y : mask.y + mask.height, mask.x : mask.x + mask.width]
    window[crop_from_mask(mask)] = value


def _save(path: Path, pixels: NDArray) -> None:
    from PIL import Image as Pillow

    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(pixels).save(path, format="PNG")


def _split(split: str) -> str:
    return _UNSPLIT if split == WHOLE else split


def _name(job: ExportJob, image: Image) -> str:
    name = PurePosixPath(job.placement.file_name(image)).with_suffix(".png")
    return f"{_split(job.placement.split(image))}/{name}"


# --- reading back -----------------------------------------------------------------------------


def check(job: ExportJob, folder: Path) -> Tally:
    """Read every label image back and compare it, pixel by pixel, with the shapes."""
    values = {int(row["label_id"]): int(row["value"]) for row in _classes(folder)}
    tally: Tally = {split: {"images": 0, "annotations": 0} for split in job.placement.splits}
    problems: list[str] = []
    for image, annotations in job.rows():
        kept, name = keeps(annotations), _name(job, image)
        covered, numbers = _uppermost(kept, image)
        classes = np.array([0, *(values[item.label] for item in kept)], np.uint8)
        wanted = classes[numbers]
        for item in annotations:
            if item.crowd and item.kind in OUTLINED:
                wanted[array_from_geometry(item.geometry, image.shape) & ~covered] = IGNORE
        problems += _pixel_problems(folder / MASKS / name, wanted)
        if job.options.task == INSTANCES:
            problems += _pixel_problems(folder / OBJECTS / name, numbers)
        counted = tally[job.placement.split(image)]
        counted["images"] += 1
        counted["annotations"] += len(kept)
    refuse_problems("masks", problems)
    return tally if job.options.task == INSTANCES else _semantic_tally(job, folder)


def _semantic_tally(job: ExportJob, folder: Path) -> Tally:
    return {split: tally(folder, job.options.task, split) for split in job.placement.splits}


def _uppermost(
    kept: Sequence[Annotation], image: Image
) -> tuple[NDArray[np.bool_], NDArray[np.uint16]]:
    """Which pixels are covered, and by which object: from the last one drawn downwards."""
    covered, numbers = np.zeros(image.shape, bool), np.zeros(image.shape, np.uint16)
    for k, item in reversed(list(enumerate(kept, 1))):
        pixels = array_from_geometry(item.geometry, image.shape)
        numbers[pixels & ~covered] = k
        covered |= pixels
    return covered, numbers


def _pixel_problems(path: Path, wanted: NDArray) -> Iterator[str]:
    found = read_values(path)
    if found.shape != wanted.shape:
        yield f"{path.name} has the shape {found.shape} instead of {wanted.shape}"
    elif (wrong := int((found != wanted).sum())) > 0:
        yield f"{path.name}: {wrong} pixels have another value"


def tally(folder: Path, task: str, split: str) -> dict[str, int]:
    """Images, and objects or classes in images, of one split."""
    home = _split(split)
    files = list(files_below(folder / MASKS / home, ".png"))
    if task == INSTANCES:
        objects = sum(row["split"] == split for row in rows_of(folder / LISTED))
    else:
        objects = sum(len(_present(read_values(path))) for path in files)
    return {"images": len(files), "annotations": objects}


def _classes(folder: Path) -> list[dict[str, str]]:
    return [row for row in rows_of(folder / CLASSES) if row["label_id"]]


# --- reading ----------------------------------------------------------------------------------


def read_values(path: Path) -> NDArray:
    """The values of a label image.

    Raises
    ------
    FormatError
        If it is no picture of one channel, or too large.
    """
    from PIL import Image as Pillow

    try:
        with Pillow.open(path, formats=("PNG", "TIFF", "BMP")) as picture:
            if max(picture.size) > MAX_SIDE or picture.size[0] * picture.size[1] > 150_000_000:
                raise FormatError(f"{path.name} has {picture.size[0]} × {picture.size[1]} pixels")
            if picture.mode not in ("L", "P", "1", "I;16", "I;16B", "I"):
                raise FormatError(
                    f"{path.name} has colours ({picture.mode}), not one value a pixel"
                )
            return np.asarray(picture).astype(np.int64)
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
        raise FormatError(f"{path.name} is no label image: {error}") from None


def entries(path: Path, size_of: SizeOf) -> Iterator[Entry]:
    """The label images of a folder: each value a mask, named by the tables beside them.

    Raises
    ------
    FormatError
        If there is no label image.
    """
    home = next((path / name for name in (OBJECTS, MASKS) if (path / name).is_dir()), path)
    named = _object_names(path) if home.name == OBJECTS else {}
    classes = _class_names(path)
    count = 0
    for file in files_below(home, ".png", ".tif", ".tiff", ".bmp"):
        name = file.relative_to(home).with_suffix("").as_posix()
        count += 1
        if size_of(name) is None:
            yield Entry(name, (), file.name)
            continue
        try:
            yield _entry(name, file, classes, named.get(f"{name}.png"))
        except FormatError as error:
            yield Entry(name, (), file.name, faults=(str(error),))
    if not count:
        raise FormatError(f"{path.name} has no label images (PNG, TIFF or BMP)")


def _entry(name: str, file: Path, classes: dict[int, str], objects: dict[int, str] | None) -> Entry:
    values = read_values(file)
    claims = []
    for value in _present(values, ignored=IGNORE if objects is None else 0):
        label = classes.get(value) if objects is None else objects.get(value)
        where = f"{file.name} value {value}"
        if label is None and (objects is not None or classes):
            raise FormatError(f"{where}: no table names it")
        shape = mask_from_array(values == value)
        claims.append(claimed(label or f"class {value}", shape, where))
    return Entry(name, tuple(claims), file.name, shape=(values.shape[0], values.shape[1]))


def _present(values: NDArray, *, ignored: int = IGNORE) -> list[int]:
    return [int(value) for value in np.unique(values) if value not in (0, ignored)]


def _class_names(path: Path) -> dict[int, str]:
    if not (path / CLASSES).is_file():
        return {}
    rows = rows_of(path / CLASSES)
    return {whole(row, "value", CLASSES): row.get("label", "") for row in rows}


def _object_names(path: Path) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for row in rows_of(path / LISTED) if (path / LISTED).is_file() else ():
        named = found.setdefault(required(row, "image", LISTED), {})
        named[whole(row, "value", LISTED)] = required(row, "label", LISTED)
    return found
