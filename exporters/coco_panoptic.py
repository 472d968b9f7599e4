"""COCO panoptic: every pixel of an image belongs to one segment at most.

::

    images/<name>
    annotations/panoptic_<split>.json                        panoptic.json when it is not split
    annotations/panoptic_<split>/<name without ending>.png   R + 256 G + 256² B is the segment's id

An object of a higher level, or that was drawn later, lies above the others, and all of them above
crowds; what is hidden whole is no segment. The objects of a label whose supercategory is ``stuff``,
or ends in ``-stuff``, are one segment (``isthing`` 0). Where the pixels do not say what was drawn,
the shape stands beside them under the key of this package, and so does every shape without pixels.

References
----------
.. [1] https://cocodataset.org/#format-data, panoptic segmentation
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import coco, lines
from datasetbuilder.exporters.checking import Tally, refuse_problems
from datasetbuilder.exporters.coco_objects import (
    BESIDE,
    record_from_annotation,
    record_from_image,
    record_from_label,
)
from datasetbuilder.exporters.compare import MAX_SHOWN, differences
from datasetbuilder.exporters.extension import KEY, extension_from_annotation
from datasetbuilder.exporters.job import ExportJob, Row
from datasetbuilder.exporters.options import INSTANCES, OUTLINED, ExportOptions
from datasetbuilder.exporters.panoptic_reading import Segments, read_image
from datasetbuilder.exporters.survey import Survey, set_aside
from datasetbuilder.geometry import array_from_geometry, crop_from_mask
from datasetbuilder.geometry.masks import mask_from_spans
from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.model import Annotation, Image, Kind, Label

VERSION = 1
MAX_NUMBER = 256**3
STUFF = "stuff"


def losses(found: Survey, options: ExportOptions) -> tuple[str, ...]:
    """What document and pictures leave out: nothing, for there is room beside them."""
    return ()


def is_stuff(label: Label) -> bool:
    """Whether the objects of a label are one segment."""
    return label.supercategory == STUFF or label.supercategory.endswith(f"-{STUFF}")


# --- segments ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Segment:
    """A number of the picture and the annotations whose pixels it has."""

    number: int
    items: tuple[Annotation, ...]


def segments_of(annotations: Sequence[Annotation], stuff: frozenset[int]) -> list[Segment]:
    """What may get pixels, the lowest first; numbers are ids where these are small enough."""
    outlined = (item for item in annotations if item.kind in OUTLINED)
    drawn = sorted(outlined, key=lambda item: item.level)
    order = [*(item for item in drawn if item.crowd), *(i for i in drawn if not i.crowd)]
    small = all(item.id < MAX_NUMBER for item in order)
    found: list[Segment] = []
    of_label: dict[int, int] = {}
    for place, item in enumerate(order, 1):
        number = item.id if small else place
        if item.label in stuff and not item.crowd:
            number = of_label.setdefault(item.label, number)
        found.append(Segment(number, (item,)))
    return found


def painted(image: Image, segments: Sequence[Segment]) -> NDArray[np.int32]:
    """The number of every pixel, 0 where there is none."""
    canvas = np.zeros(image.shape, np.int32)
    for segment in segments:
        for item in segment.items:
            mask = mask_from_spans(spans_from_geometry(item.geometry, image.shape))
            window = canvas[mask.y : mask.y + mask.height, mask.x : mask.x + mask.width]
            window[crop_from_mask(mask)] = segment.number
    return canvas


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """One segment for each number."""
    found: dict[int, Segment] = {}
    for segment in segments:
        known = found.get(segment.number)
        items = segment.items if known is None else (*known.items, *segment.items)
        found[segment.number] = Segment(segment.number, items)
    return list(found.values())


# --- writing ----------------------------------------------------------------------------------


def write(job: ExportJob, folder: Path) -> None:
    """Write documents, pictures of segments, and images into the folder."""
    stuff = frozenset(label.id for label in job.snapshot.labels if is_stuff(label))
    with ExitStack() as open_documents:
        documents = {
            split: open_documents.enter_context(
                lines.DocumentWriter(document_path(job, folder, split), _head(job))
            )
            for split in job.placement.splits
        }
        for image, annotations in job.rows():
            split, name = job.placement.split(image), job.placement.file_name(image)
            segments = segments_of(annotations, stuff)
            canvas = painted(image, segments)
            picture = PurePosixPath(name).with_suffix(".png").as_posix()
            _save(pictures_of(document_path(job, folder, split)) / picture, canvas)
            infos, written = _infos(Segments(canvas), _joined(segments), image, job.options)
            documents[split].image(_image_record(image, annotations, name, written, job.options))
            documents[split].annotation(
                {"image_id": image.id, "file_name": picture, "segments_info": infos}
            )
            job.files.place(image, folder / coco.IMAGE_FOLDER / name, job.options.images)


def document_path(job: ExportJob, folder: Path, split: str) -> Path:
    """The document of a split."""
    return folder / coco.document_name(job.options.task, split)


def pictures_of(document: Path) -> Path:
    """The folder of the pictures that belong to a document."""
    return document.with_suffix("")


def _head(job: ExportJob) -> dict[str, Any]:
    said = coco.head(job.snapshot, job.options)
    said["categories"] = [
        record_from_label(label) | {"isthing": int(not is_stuff(label))}
        for label in job.snapshot.labels
    ]
    return said


def _infos(
    pixels: Segments, segments: Sequence[Segment], image: Image, options: ExportOptions
) -> tuple[list[dict[str, Any]], set[int]]:
    """The records of the segments that can be seen, and the ids of annotations they give back."""
    infos, written = [], set[int]()
    for segment in segments:
        if segment.number not in pixels.areas:
            continue
        first = segment.items[0]
        info = {
            "id": segment.number,
            "category_id": first.label,
            "area": pixels.areas[segment.number],
            "bbox": pixels.bbox(segment.number),
            "iscrowd": int(first.crowd),
        }
        if len(segment.items) > 1:
            infos.append(info | {KEY: {"of": [item.id for item in segment.items]}})
            continue
        told = first.kind is Kind.MASK and pixels.areas[segment.number] == first.area
        said = extension_from_annotation(first, with_geometry=not told)
        infos.append(info | {KEY: {"id": first.id} | said})
        written.add(first.id)
    return infos, written


def _image_record(
    image: Image,
    annotations: tuple[Annotation, ...],
    name: str,
    written: set[int],
    options: ExportOptions,
) -> dict[str, Any]:
    usual = replace(options, task=INSTANCES)
    tags, shapes = set_aside(annotations, options.task)
    said = record_from_image(image, name, tags)
    beside = [item for item in shapes if item.id not in written]
    if beside:
        said[KEY][BESIDE] = [record_from_annotation(item, image, usual) for item in beside]
    return said


def _save(path: Path, canvas: NDArray[np.int32]) -> None:
    from PIL import Image as Pillow

    path.parent.mkdir(parents=True, exist_ok=True)
    planes = np.stack([canvas % 256, canvas // 256 % 256, canvas // 65536], axis=-1)
    Pillow.fromarray(planes.astype(np.uint8)).save(path, format="PNG")


# --- reading back -----------------------------------------------------------------------------


def check(job: ExportJob, folder: Path) -> Tally:
    """Read documents and pictures back and compare them with the snapshot, pixel by pixel.

    Raises
    ------
    VerificationError
        Listing what differs.
    """
    stuff = frozenset(label.id for label in job.snapshot.labels if is_stuff(label))
    rows = {split: _rows(document_path(job, folder, split)) for split in job.placement.splits}
    tally: Tally = {split: {"images": 0, "annotations": 0} for split in job.placement.splits}
    problems: list[str] = []
    try:
        for image, annotations in job.rows():
            split = job.placement.split(image)
            read = next(rows[split], None)
            problems += differences(image, annotations, read and read[0], INSTANCES)
            if read is not None:
                problems += _pixel_problems(image, segments_of(annotations, stuff), read[1])
                tally[split]["annotations"] += len(read[1].areas)
            tally[split]["images"] += 1
            if len(problems) >= MAX_SHOWN:
                break
        else:
            problems += [f"split {name} has images too many" for name in rows if any(rows[name])]
    except FormatError as error:
        problems.append(str(error))
    refuse_problems("coco-panoptic", problems)
    return tally


def _pixel_problems(image: Image, segments: Sequence[Segment], read: Segments) -> Iterator[str]:
    """Whether the picture has the uppermost object everywhere, from the top downwards."""
    covered, wanted = np.zeros(image.shape, bool), np.zeros(image.shape, np.int64)
    for segment in reversed(segments):
        for item in segment.items:
            pixels = array_from_geometry(item.geometry, image.shape)
            wanted[pixels & ~covered] = segment.number
            covered |= pixels
    if read.numbers.shape != wanted.shape:
        yield f"image {image.id} ({image.name}): its picture has shape {read.numbers.shape}"
    elif wrong := int((read.numbers != wanted).sum()):
        yield f"image {image.id} ({image.name}): {wrong} pixels belong to another segment"


def _rows(document: Path) -> Iterator[tuple[Row, Segments]]:
    if not document.is_file():
        raise FormatError(f"{document.name} is missing.")
    records = lines.records(document, "annotations")
    for k, image_record in enumerate(lines.records(document, "images")):
        record = next(records, None)
        yield read_image(image_record, record, pictures_of(document), f"{document.name} [{k}]")
    if next(records, None) is not None:
        raise FormatError(f"{document.name} has more annotations than images")


def tally(folder: Path, task: str, split: str) -> dict[str, int]:
    """Images and segments of one split, for a verification without the project."""
    images = segments = 0
    for _, found in _rows(folder / coco.document_name(task, split)):
        images += 1
        segments += len(found.areas)
    return {"images": images, "annotations": segments}
