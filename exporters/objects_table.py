"""A table of objects with their measurements, and one of images, for spreadsheets and statistics.

::

    objects.csv     a row for each object: class, box, area, shape
    images.csv      a row for each image, those without objects too
    images/<name>

Lengths are in pixels. Axes and orientation are those of the ellipse with the same second moments;
the orientation is measured from the x axis towards y, in degrees.
"""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import orjson

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.checking import Tally, refuse_problems
from datasetbuilder.exporters.coco_objects import measured
from datasetbuilder.exporters.job import ExportJob
from datasetbuilder.exporters.options import OUTLINED, UNCOVERING, ExportOptions
from datasetbuilder.exporters.survey import LEVELS, Survey
from datasetbuilder.exporters.survey import counted as n
from datasetbuilder.exporters.tables import TableWriter, rows_of
from datasetbuilder.measure import region
from datasetbuilder.model import Annotation, Image

VERSION = 1
OBJECTS, IMAGES, FOLDER = "objects.csv", "images.csv", "images"
_SHAPE = (
    "centroid_x",
    "centroid_y",
    "perimeter",
    "major_axis",
    "minor_axis",
    "orientation",
    "circularity",
)
_COLUMNS = (
    *("image_id", "image", "split", "annotation_id", "label_id", "label", "kind"),
    *("x", "y", "width", "height", "area"),
    *_SHAPE,
    *("crowd", "score", "source", "attributes"),
)


def losses(found: Survey, options: ExportOptions) -> tuple[str, ...]:
    """What numbers do not say: the outlines."""
    count = sum(found.kinds[kind] for kind in (*OUTLINED, *UNCOVERING))
    said = []
    if count:
        said.append(f"{n(count, 'outline', 'outlines')} left out: a table holds measurements")
    if levels := found.features[LEVELS]:
        said.append(f"levels of {n(levels, 'object', 'objects')} left out")
    return tuple(said)


def write(job: ExportJob, folder: Path) -> None:
    """Write both tables and the images."""
    names = {label.id: label.name for label in job.snapshot.labels}
    head = ("image_id", "image", "split", "width", "height", "state", "objects")
    with (
        TableWriter(folder / OBJECTS, _COLUMNS) as objects,
        TableWriter(folder / IMAGES, head) as images,
    ):
        for image, annotations in job.rows():
            split, name = job.placement.split(image), job.placement.file_name(image)
            for item in annotations:
                said = measurements(item, image)
                objects.add(
                    *(image.id, name, split, item.id, item.label, names[item.label], item.kind),
                    *said.values(),
                    *(int(item.crowd), item.score, item.source, _attributes(item)),
                )
            job.files.place(image, folder / FOLDER / name, job.options.images)
            count = len(annotations)
            images.add(image.id, name, split, image.width, image.height, image.state, count)


def _attributes(item: Annotation) -> str:
    if not item.attributes:
        return ""
    return orjson.dumps(dict(sorted(item.attributes.items()))).decode()


def measurements(item: Annotation, image: Image) -> dict[str, Any]:
    """Box, area and shape of an annotation, in the order of the columns; None where it has none."""
    found: dict[str, Any] = dict.fromkeys(("x", "y", "width", "height", "area", *_SHAPE))
    if item.bbox is None and item.kind == "tag":
        return found
    area, (x, y, width, height) = measured(item, image)
    found |= {"x": x, "y": y, "width": width, "height": height, "area": area}
    if item.kind in UNCOVERING:
        return found
    found |= _shape(item, image)
    perimeter = found["perimeter"]
    found["circularity"] = round(4 * math.pi * area / perimeter**2, 6) if perimeter else None
    return found


def _shape(item: Annotation, image: Image) -> dict[str, float]:
    found = region(item.geometry, image.shape)
    values = (
        *found.centroid,
        found.perimeter,
        found.major_axis,
        found.minor_axis,
        found.orientation,
    )
    return {key: round(value, 4) for key, value in zip(_SHAPE, values, strict=False)}


# --- reading back -----------------------------------------------------------------------------


def check(job: ExportJob, folder: Path) -> Tally:
    """Read both tables back and compare them with the snapshot."""
    names = {label.id: label.name for label in job.snapshot.labels}
    tally: Tally = {split: {"images": 0, "annotations": 0} for split in job.placement.splits}
    objects, images = rows_of(folder / OBJECTS), rows_of(folder / IMAGES)
    problems: list[str] = []
    for image, annotations in job.rows():
        said = next(images, {})
        counted = tally[job.placement.split(image)]
        counted["images"] += 1
        counted["annotations"] += len(annotations)
        if (said.get("image_id"), said.get("objects")) != (str(image.id), str(len(annotations))):
            problems.append(f"image {image.id} ({image.name}) has another row in {IMAGES}")
        for item in annotations:
            row = next(objects, {})
            if not _same(row, item, image, names[item.label]):
                problems.append(f"image {image.id}: the row of annotation {item.id} is another")
    if next(objects, None) or next(images, None):
        problems.append("there are rows too many")
    refuse_problems("csv", problems)
    return tally


def _same(row: dict[str, str], item: Annotation, image: Image, label: str) -> bool:
    plain = {
        "image_id": str(image.id),
        "annotation_id": str(item.id),
        "label": label,
        "kind": item.kind.value,
        "source": item.source,
        "crowd": str(int(item.crowd)),
        "attributes": _attributes(item),
    }
    numbers = {"score": item.score}
    if item.kind != "tag":
        area, bbox = measured(item, image)
        numbers |= dict(zip(("x", "y", "width", "height", "area"), (*bbox, area), strict=True))
    return all(row.get(key) == value for key, value in plain.items()) and all(
        _number(row.get(key, "")) == value for key, value in numbers.items()
    )


def _number(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise FormatError(f"{OBJECTS}: '{text[:40]}' is no number") from None


def tally(folder: Path, task: str, split: str) -> dict[str, int]:
    """Images and objects of one split."""
    counted = Counter[str]()
    for name, path in (("images", IMAGES), ("annotations", OBJECTS)):
        counted[name] = sum(row["split"] == split for row in rows_of(folder / path))
    return dict(counted)
