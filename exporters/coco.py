"""COCO: one JSON document per split, images in one folder beside it.

::

    images/<name>                            file_name in the documents is <name>
    annotations/instances_<split>.json       instances.json when the export is not split
    annotations/detection_<split>.json       boxes alone
    annotations/classification_<split>.json  image_id and category_id alone

References
----------
.. [1] https://cocodataset.org/#format-data
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import coco_columns, columns, fields, lines
from datasetbuilder.exporters.coco_objects import (
    annotation_from_record,
    image_from_record,
    label_from_record,
    record_from_annotation,
    record_from_image,
    record_from_label,
)
from datasetbuilder.exporters.compare import check_against_snapshot
from datasetbuilder.exporters.extension import KEY
from datasetbuilder.exporters.job import ExportJob, Row
from datasetbuilder.exporters.options import INSTANCES, NONE, WHOLE, ExportOptions
from datasetbuilder.exporters.survey import Survey, held, set_aside
from datasetbuilder.model import Annotation, Image, Label, Snapshot

VERSION = 1
IMAGE_FOLDER = "images"
ANNOTATION_FOLDER = "annotations"


def document_name(task: str, split: str) -> str:
    """The document's path in the export."""
    return f"{ANNOTATION_FOLDER}/{task}{'' if split == WHOLE else '_' + split}.json"


def losses(found: Survey, options: ExportOptions) -> tuple[str, ...]:
    """What a COCO export for the task leaves out."""
    return ()


# --- writing ----------------------------------------------------------------------------------


def write(job: ExportJob, folder: Path) -> None:
    """Write documents and images into the folder."""
    with ExitStack() as open_documents:
        documents = {
            split: open_documents.enter_context(
                lines.DocumentWriter(
                    folder / document_name(job.options.task, split),
                    head(job.snapshot, job.options),
                )
            )
            for split in job.placement.splits
        }
        if _by_columns(job):
            _write_blocks(documents, job, folder)
            return
        for image, annotations in job.rows():
            _write_row(documents[job.placement.split(image)], job, image, annotations)
            _write_image(job, image, folder)


def _by_columns(job: ExportJob) -> bool:
    return job.options.task == INSTANCES and isinstance(job.snapshot, columns.Columned)


def _write_blocks(
    documents: Mapping[str, lines.DocumentWriter], job: ExportJob, folder: Path
) -> None:
    for block in job.blocks():
        texts = coco_columns.texts_of(block)
        others = [row for row in block.rows if row[columns.ID] not in texts]
        rest = {item.id: item for item in block.annotations(others)}
        for image, rows in columns.by_image(block):
            document = documents[job.placement.split(image)]
            ids = [row[columns.ID] for row in rows]
            tags, _ = set_aside(tuple(rest[k] for k in ids if k in rest), job.options.task)
            aside = {tag.id for tag in tags}
            document.image(record_from_image(image, job.placement.file_name(image), tags))
            for k in ids:
                if k in texts:
                    document.annotation_text(texts[k])
                elif k not in aside:
                    document.annotation(record_from_annotation(rest[k], image, job.options))
            if job.options.images != NONE:
                _write_image(job, image, folder)
            job.advance(image.name)


def head(snapshot: Snapshot, options: ExportOptions) -> dict[str, Any]:
    """The fields in front of a document's images."""
    about = {"layout": 1, "project": snapshot.project, "event": snapshot.seq, "task": options.task}
    return {
        "info": {"description": snapshot.project, "version": str(snapshot.seq), KEY: about},
        "licenses": [],
        "categories": [record_from_label(label) for label in snapshot.labels],
    }


def _write_row(
    document: lines.DocumentWriter,
    job: ExportJob,
    image: Image,
    annotations: tuple[Annotation, ...],
) -> None:
    aside, objects = set_aside(held(annotations, job.options.task), job.options.task)
    document.image(record_from_image(image, job.placement.file_name(image), aside))
    for item in objects:
        document.annotation(record_from_annotation(item, image, job.options))


def _write_image(job: ExportJob, image: Image, folder: Path) -> None:
    target = folder / IMAGE_FOLDER / job.placement.file_name(image)
    job.files.place(image, target, job.options.images)


# --- reading ----------------------------------------------------------------------------------


def check(job: ExportJob, folder: Path) -> None:
    """Read the export back and compare it with the snapshot.

    Raises
    ------
    VerificationError
        Listing what differs.
    """
    if not (_by_columns(job) and _agrees(job, folder)):
        check_against_snapshot(job, partial(read_split, folder, job.options.task), "coco")


def _agrees(job: ExportJob, folder: Path) -> bool:
    """Whether all is as the columns have it; if not, the usual comparison says what is wrong."""
    try:
        documents = {
            split: _checked_document(folder / document_name(job.options.task, split))
            for split in job.placement.splits
        }
        for block in job.blocks():
            of_image = partial(_document_of, documents, job)
            for image, agreed in coco_columns.block_agrees(block, of_image):
                if not agreed:
                    return False
                job.advance(image.name)
        return all(document.is_over() for document in documents.values())
    except (FormatError, OSError):
        return False


def _checked_document(path: Path) -> coco_columns.DocumentCheck:
    return coco_columns.DocumentCheck(path, frozenset(label.id for label in read_labels(path)))


def _document_of(
    documents: Mapping[str, coco_columns.DocumentCheck], job: ExportJob, image: Image
) -> coco_columns.DocumentCheck:
    return documents[job.placement.split(image)]


def read_split(folder: Path, task: str, split: str) -> Iterator[Row]:
    """The rows of one split of an export, by image id.

    Raises
    ------
    FormatError
        If the document is missing, broken, or says something impossible.
    """
    return read(folder / document_name(task, split))


def read(path: Path) -> Iterator[Row]:
    """Every image of a COCO document with its annotations.

    Documents of our own are read line by line; others at once.

    Raises
    ------
    FormatError
        Naming the document and the field at fault.
    """
    if not path.is_file():
        raise FormatError(f"{path.name} is missing.")
    try:
        yield from _rows(path)
    except FormatError as error:
        raise FormatError(f"{path.name}: {error}") from error


def read_labels(path: Path) -> tuple[Label, ...]:
    """The categories of a document, by id."""
    if lines.is_one_record_to_the_line(path):
        head: Mapping[str, Any] = lines.head_fields(path)
    else:
        head = lines.whole_document(path)
    return _labels(head)


def _rows(path: Path) -> Iterator[Row]:
    if lines.is_one_record_to_the_line(path):
        known = {label.id for label in _labels(lines.head_fields(path))}
        images = enumerate(lines.records(path, "images"))
        annotations = enumerate(lines.records(path, "annotations"))
    else:
        document = lines.whole_document(path)
        known = {label.id for label in _labels(document)}
        images = _sorted_by(document, "images", "id")
        annotations = _sorted_by(document, "annotations", "image_id")
        _refuse_doubles(document)
    yield from _joined(images, annotations, known)


def _joined(
    images: Iterable[tuple[int, Any]], annotations: Iterable[tuple[int, Any]], labels: set[int]
) -> Iterator[Row]:
    """Both lists run through once, in the order of image ids."""
    waiting = iter(annotations)
    index, record = next(waiting, (0, None))
    last_id = -1
    for image_index, image_record in images:
        image, found = image_from_record(image_record, f"images[{image_index}]")
        if image.id <= last_id:
            raise FormatError(f"images[{image_index}].id {image.id} appears twice or out of order")
        last_id, objects = image.id, list(found)
        while record is not None and _image_id(record, index) == image.id:
            path = f"annotations[{index}]"
            objects.append(_known_label(annotation_from_record(record, image, path), labels, path))
            index, record = next(waiting, (0, None))
        yield image, tuple(sorted(objects, key=lambda item: item.id))
    if record is not None:
        raise FormatError(
            f"annotations[{index}].image_id {_image_id(record, index)} is no image of the document"
        )


def _known_label(annotation: Annotation, labels: set[int], path: str) -> Annotation:
    if annotation.label not in labels:
        raise FormatError(f"{path}.category_id {annotation.label} is no category of the document")
    return annotation


def _image_id(record: Any, index: int) -> int:
    path = f"annotations[{index}]"
    data = fields.record(record, path)
    return fields.integer(fields.required(data, "image_id", path), f"{path}.image_id", least=0)


def _labels(head: Mapping[str, Any]) -> tuple[Label, ...]:
    listed = fields.items(fields.required(head, "categories", "the document"), "categories")
    labels = [label_from_record(item, f"categories[{k}]") for k, item in enumerate(listed)]
    _refuse_repeated("categories", [label.id for label in labels])
    return tuple(sorted(labels, key=lambda label: label.id))


def _sorted_by(document: Mapping[str, Any], key: str, by: str) -> list[tuple[int, Any]]:
    listed = fields.items(fields.required(document, key, "the document"), key)
    for k, item in enumerate(listed):
        here = f"{key}[{k}]"
        value = fields.required(fields.record(item, here), by, here)
        fields.integer(value, f"{here}.{by}", least=0)
    return sorted(enumerate(listed), key=lambda pair: pair[1][by])


def _refuse_doubles(document: Mapping[str, Any]) -> None:
    for key in ("images", "annotations"):
        ids = [fields.record(item, key).get("id") for item in document[key]]
        _refuse_repeated(key, [value for value in ids if isinstance(value, int)])


def _refuse_repeated(key: str, ids: list[int]) -> None:
    seen = set[int]()
    for value in ids:
        if value in seen:
            raise FormatError(f"{key} has the id {value} twice")
        seen.add(value)
