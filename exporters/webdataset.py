"""WebDataset: tar files that are read from front to end, from disk or over the network.

::

    <split>-000000.tar      train when the export is not split
        000000001.jpg       the image under its id
        000000001.json      its COCO records: image and annotations
        000000001.cls       its class number, for classification
    labels.json             the categories, as COCO has them

References
----------
.. [1] https://github.com/webdataset/webdataset
"""

import io
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

import orjson

from datasetbuilder.errors import FormatError, UsageError
from datasetbuilder.exporters import fields
from datasetbuilder.exporters.coco_objects import (
    annotation_from_record,
    image_from_record,
    label_from_record,
    record_from_annotation,
    record_from_image,
    record_from_label,
)
from datasetbuilder.exporters.compare import check_against_snapshot
from datasetbuilder.exporters.job import ExportJob, Row
from datasetbuilder.exporters.jsontext import parsed_json
from datasetbuilder.exporters.options import CLASSIFICATION, COPY, LINK, WHOLE, ExportOptions
from datasetbuilder.exporters.survey import Survey, held, set_aside
from datasetbuilder.model import Label

VERSION = 1
SHARD_BYTES = 500_000_000
LABELS = "labels.json"
_UNSPLIT = "train"
_MAX_RECORD = 256 * 2**20


def losses(found: Survey, options: ExportOptions) -> tuple[str, ...]:
    """What the records leave out: nothing."""
    return ()


# --- writing ----------------------------------------------------------------------------------


def write(job: ExportJob, folder: Path) -> None:
    """Write the shards of every split.

    Raises
    ------
    UsageError
        If the images were to be linked: a tar file holds them.
    """
    if job.options.images == LINK:
        raise UsageError("A tar file holds its images: use images='copy' (--images copy) or none.")
    labels = {"categories": [record_from_label(label) for label in job.snapshot.labels]}
    (folder / LABELS).write_bytes(orjson.dumps(labels, option=orjson.OPT_INDENT_2) + b"\n")
    numbers = {label.id: k for k, label in enumerate(job.snapshot.labels)}
    with ExitStack() as open_shards:
        shards = {
            split: open_shards.enter_context(_Shards(folder, _split(split)))
            for split in job.placement.splits
        }
        for row in job.rows():
            shards[job.placement.split(row[0])].add(_members(job, row, numbers))


def _split(split: str) -> str:
    return _UNSPLIT if split == WHOLE else split


def _members(job: ExportJob, row: Row, numbers: dict[int, int]) -> dict[str, bytes]:
    image, annotations = row
    task, name = job.options.task, job.placement.file_name(image)
    aside, objects = set_aside(held(annotations, task), task)
    key = f"{image.id:09d}"
    record: dict[str, Any] = {
        "image": record_from_image(image, name, aside),
        "annotations": [record_from_annotation(item, image, job.options) for item in objects],
    }
    found: dict[str, bytes] = {}
    if job.options.images == COPY:
        ending = PurePosixPath(name).suffix.lower() or "." + image.format.lower()
        found[key + ending] = job.files.contents(image)
    found[key + ".json"] = orjson.dumps(record)
    if task == CLASSIFICATION and objects:
        found[key + ".cls"] = str(numbers[objects[0].label]).encode()
    return found


class _Shards:
    """The tar files of one split."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name, self._count = folder, name, 0
        self._tar = self._start()

    def _start(self) -> tarfile.TarFile:
        path = self._folder / f"{self._name}-{self._count:06d}.tar"
        self._count += 1
        return tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)

    def add(self, members: dict[str, bytes]) -> None:
        """Append an image with its records; never parted by the end of a file."""
        if self._tar.offset >= SHARD_BYTES:
            self._tar.close()
            self._tar = self._start()
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            self._tar.addfile(info, io.BytesIO(data))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tar.close()


# --- reading ----------------------------------------------------------------------------------


def check(job: ExportJob, folder: Path) -> None:
    """Read every record back and compare it with the snapshot, object by object."""
    check_against_snapshot(job, lambda split: read_split(folder, split), "webdataset")


def tally(folder: Path, task: str, split: str) -> dict[str, int]:
    """Images and annotations of one split."""
    images = objects = 0
    for _, annotations in read_split(folder, split):
        images, objects = images + 1, objects + len(annotations)
    return {"images": images, "annotations": objects}


def read_labels(folder: Path) -> tuple[Label, ...]:
    """The categories of an export."""
    data = fields.record(parsed_json((folder / LABELS).read_bytes(), LABELS), LABELS)
    listed = fields.items(data.get("categories"), f"{LABELS} categories")
    return tuple(label_from_record(item, f"categories[{k}]") for k, item in enumerate(listed))


def read_split(folder: Path, split: str) -> Iterator[Row]:
    """The rows of one split, in the order of its shards.

    Raises
    ------
    FormatError
        Naming the shard and the member at fault.
    """
    paths = sorted(folder.glob(f"{_split(split)}-??????.tar"))
    if not paths:
        raise FormatError(f"{_split(split)}-*.tar is missing")
    known = {label.id for label in read_labels(folder)}
    for path in paths:
        try:
            yield from _rows(path, known)
        except (FormatError, tarfile.TarError, OSError) as error:
            raise FormatError(f"{path.name}: {error}") from error


def _rows(path: Path, known: set[int]) -> Iterator[Row]:
    with tarfile.open(path, "r:") as tar:
        for member in tar:
            if not member.isreg():
                raise FormatError(f"{member.name[:100]} is no regular file")
            if not member.name.endswith(".json"):
                continue
            if member.size > _MAX_RECORD:
                raise FormatError(f"{member.name} has {member.size} bytes, more than {_MAX_RECORD}")
            data = tar.extractfile(member)
            assert data is not None
            yield _row(fields.record(parsed_json(data.read(), member.name), member.name), known)


def _row(data: Any, known: set[int]) -> Row:
    image, tags = image_from_record(fields.required(data, "image", "record"), "image")
    listed = fields.items(fields.required(data, "annotations", "record"), "annotations")
    found = [
        annotation_from_record(item, image, f"annotations[{k}]") for k, item in enumerate(listed)
    ]
    for item in found:
        if item.label not in known:
            raise FormatError(f"category_id {item.label} is no category of {LABELS}")
    return image, tuple(sorted([*tags, *found], key=lambda item: item.id))
