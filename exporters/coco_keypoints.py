"""COCO keypoints: a document for trainers of poses and for COCO's own evaluation.

::

    images/<name>
    annotations/keypoints_<split>.json       keypoints.json when the export is not split

An annotation is an object with keypoints. It takes ``bbox``, ``area`` and ``segmentation`` from the
shape around them (see `bodies`); without one its box is that of the points, and its area the box's,
since an evaluation divides by it. A crowd of a label with a skeleton is an annotation without
keypoints, which evaluations ignore. All other shapes stand beside their image under the key of
this package: as annotations without keypoints they would be ignored regions to an evaluation.

References
----------
.. [1] https://cocodataset.org/#format-data, keypoint detection
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import coco, lines
from datasetbuilder.exporters.bodies import bodies
from datasetbuilder.exporters.checking import Tally, refuse_problems
from datasetbuilder.exporters.coco_objects import (
    BESIDE,
    annotation_from_record,
    beside_of,
    image_from_record,
    own_shape,
    record_from_annotation,
    record_from_image,
)
from datasetbuilder.exporters.compare import MAX_SHOWN, differences
from datasetbuilder.exporters.extension import KEY
from datasetbuilder.exporters.job import ExportJob, Row
from datasetbuilder.exporters.options import INSTANCES, OUTLINED, ExportOptions
from datasetbuilder.exporters.survey import Survey, set_aside
from datasetbuilder.geometry import extent
from datasetbuilder.model import Annotation, Image, Kind, Label, Skeleton

VERSION = 1
_BORROWED = ("bbox", "area", "segmentation")


def losses(found: Survey, options: ExportOptions) -> tuple[str, ...]:
    """What the document leaves out: nothing, for it has room beside the image."""
    return ()


Skeletons = Mapping[int, Skeleton]


def skeletons_of(labels: Sequence[Label]) -> dict[int, Skeleton]:
    """The skeleton of each label that has one."""
    return {label.id: label.skeleton for label in labels if label.skeleton is not None}


def is_written(item: Annotation, skeletons: Skeletons) -> bool:
    """Whether an annotation stands among those that trainers read."""
    if item.label not in skeletons:
        return False
    return item.kind is Kind.KEYPOINTS or (item.crowd and item.kind in OUTLINED)


# --- writing ----------------------------------------------------------------------------------


def write(job: ExportJob, folder: Path) -> None:
    """Write documents and images into the folder."""
    skeletons = skeletons_of(job.snapshot.labels)
    with ExitStack() as open_documents:
        documents = {
            split: open_documents.enter_context(
                lines.DocumentWriter(
                    _path(job, folder, split), coco.head(job.snapshot, job.options)
                )
            )
            for split in job.placement.splits
        }
        for image, annotations in job.rows():
            document = documents[job.placement.split(image)]
            name = job.placement.file_name(image)
            for record in records(image, annotations, skeletons, name, job.options):
                if "image_id" in record:
                    document.annotation(record)
                else:
                    document.image(record)
            job.files.place(image, folder / coco.IMAGE_FOLDER / name, job.options.images)


def _path(job: ExportJob, folder: Path, split: str) -> Path:
    return folder / coco.document_name(job.options.task, split)


def records(
    image: Image,
    annotations: tuple[Annotation, ...],
    skeletons: Skeletons,
    file_name: str,
    options: ExportOptions,
) -> Iterator[dict[str, Any]]:
    """The record of an image, then those of its annotations."""
    usual = replace(options, task=INSTANCES)
    tags, shapes = set_aside(annotations, options.task)
    beside = [item for item in shapes if not is_written(item, skeletons)]
    said = record_from_image(image, file_name, tags)
    if beside:
        said[KEY][BESIDE] = [record_from_annotation(item, image, usual) for item in beside]
    yield said
    around = bodies(annotations)
    for item in shapes:
        if is_written(item, skeletons):
            size = len(skeletons[item.label].names)
            yield _record(item, around.get(item.id), image, size, usual)


def _record(
    item: Annotation, body: Annotation | None, image: Image, size: int, options: ExportOptions
) -> dict[str, Any]:
    said = record_from_annotation(item, image, options)
    if item.kind is not Kind.KEYPOINTS:
        return said | {"keypoints": [0] * (3 * size), "num_keypoints": 0}
    if body is None:
        return said | {"area": said["bbox"][2] * said["bbox"][3]}
    lent = record_from_annotation(body, image, options)
    said |= {key: lent[key] for key in _BORROWED if key in lent}
    said[KEY]["body"] = body.id
    return said


# --- reading ----------------------------------------------------------------------------------


def check(job: ExportJob, folder: Path) -> Tally:
    """Read the documents back and compare them with the snapshot, all annotations of it.

    Raises
    ------
    VerificationError
        Listing what differs.
    """
    rows = {split: _rows(_path(job, folder, split)) for split in job.placement.splits}
    tally: Tally = {split: {"images": 0, "annotations": 0} for split in job.placement.splits}
    skeletons, problems = skeletons_of(job.snapshot.labels), list[str]()
    try:
        for image, annotations in job.rows():
            split = job.placement.split(image)
            read = next(rows[split], None)
            problems += differences(image, annotations, read and read[0], INSTANCES)
            problems += _written_otherwise(image, annotations, skeletons, read, job)
            tally[split]["images"] += 1
            tally[split]["annotations"] += 0 if read is None else len(read[1])
            if len(problems) >= MAX_SHOWN:
                break
        else:
            problems += [f"split {name} has images too many" for name in rows if any(rows[name])]
    except FormatError as error:
        problems.append(str(error))
    refuse_problems("coco-keypoints", problems)
    return tally


Read = tuple[Row, list[Mapping[str, Any]]]


def _written_otherwise(
    image: Image,
    annotations: tuple[Annotation, ...],
    skeletons: Skeletons,
    read: Read | None,
    job: ExportJob,
) -> Iterator[str]:
    """Whether the standard fields say what they have to, besides what our own key does."""
    wanted = records(image, annotations, skeletons, "", job.options)
    next(wanted)
    found = {record.get("id"): record for record in (read[1] if read else ())}
    for record in wanted:
        said = found.get(record["id"], {})
        for key in ("category_id", "keypoints", "num_keypoints", "iscrowd", "area"):
            if said.get(key) != record[key]:
                yield (
                    f"image {image.id} ({image.name}): {key} of annotation {record['id']} is "
                    f"{said.get(key)!r:.120} instead of {record[key]!r:.120}"
                )
        if list(said.get("bbox") or ()) != list(record["bbox"]):
            yield f"image {image.id} ({image.name}): annotation {record['id']} has another bbox"


def tally(folder: Path, task: str, split: str) -> dict[str, int]:
    """Images and annotations of one split, for a verification without the project."""
    images = annotations = 0
    for _, records_of in _rows(folder / coco.document_name(task, split)):
        images += 1
        annotations += len(records_of)
    return {"images": images, "annotations": annotations}


def _rows(path: Path) -> Iterator[Read]:
    """Every image of a document of our own with all that is drawn on it, and the records read."""
    if not path.is_file():
        raise FormatError(f"{path.name} is missing.")
    waiting = enumerate(lines.records(path, "annotations"))
    index, record = next(waiting, (0, None))
    for number, image_record in enumerate(lines.records(path, "images")):
        where = f"{path.name} images[{number}]"
        image, tags = image_from_record(image_record, where)
        drawn = [*tags, *beside_of(image_record, image, where)]
        here: list[Mapping[str, Any]] = []
        while record is not None and record.get("image_id") == image.id:
            here.append(record)
            item = annotation_from_record(own_shape(record), image, f"annotations[{index}]")
            drawn.append(as_measured(item, image))
            index, record = next(waiting, (0, None))
        yield (image, tuple(sorted(drawn, key=lambda item: item.id))), here
    if record is not None:
        raise FormatError(f"{path.name}: annotations[{index}] belongs to no image")


def as_measured(item: Annotation, image: Image) -> Annotation:
    """Keypoints with their own extent instead of the borrowed one."""
    if item.kind is not Kind.KEYPOINTS:
        return item
    found = extent(item.geometry, image.shape)
    return replace(item, area=found.area, bbox=found.bbox)
