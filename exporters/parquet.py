"""Parquet as Hugging Face `datasets` reads it, and with it pandas, polars, DuckDB and Arrow.

::

    README.md                                 card: which file is which split
    data/<split>-00000-of-000NN.parquet       images='copy': the pictures are in the column image
                                              images='none': column file_name alone
    <split>/metadata.parquet and <split>/<name>    images='link': an image folder

Split ``val`` is called ``validation``, as `datasets` has it; an export that is not split is
``train``.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from datasetbuilder.errors import FormatError, UsageError, WireError
from datasetbuilder.exporters import fields
from datasetbuilder.exporters.card import card_text
from datasetbuilder.exporters.extension import KEY, asked_of, asking
from datasetbuilder.exporters.job import ExportJob, Row
from datasetbuilder.exporters.options import COPY, LINK, WHOLE, ExportOptions
from datasetbuilder.exporters.survey import Survey
from datasetbuilder.model import Label
from datasetbuilder.wire import skeleton_from_wire, skeleton_to_wire

VERSION = 1
SHARD_BYTES = 500_000_000
GROUP_BYTES = 16_000_000
GROUP_ROWS = 256
_NAMES = {"val": "validation", WHOLE: "train"}


def split_name(split: str) -> str:
    """The split's name in files and in `datasets`."""
    return _NAMES.get(split, split)


def losses(found: Survey, options: ExportOptions) -> tuple[str, ...]:
    """What a Parquet export for the task leaves out."""
    return ()


# --- writing ----------------------------------------------------------------------------------


def write(job: ExportJob, folder: Path) -> None:
    """Write the shards of every split and the card."""
    splits = {split: split_name(split) for split in job.placement.splits}
    if len(set(splits.values())) < len(splits):
        raise UsageError("Splits 'val' and 'validation' are one in Parquet. Rename one of them.")
    with ExitStack() as open_shards:
        shards = {
            split: open_shards.enter_context(_Shards(job, folder, name))
            for split, name in splits.items()
        }
        for row in job.rows():
            shards[job.placement.split(row[0])].add(row)
    (folder / "README.md").write_text(card_text(job, splits), encoding="utf-8")


@dataclass(slots=True)
class _Shards:
    """The files of one split, written in groups of rows; each gets its final name at the end."""

    job: ExportJob
    folder: Path
    name: str
    _cells: list[dict[str, Any]] = field(default_factory=list)
    _waiting: int = 0
    _parts: list[Path] = field(default_factory=list)
    _writer: Any = None
    _schema: Any = None
    _coding: dict[str, Any] = field(default_factory=dict)
    _numbers: dict[int, int] = field(default_factory=dict)

    def __enter__(self) -> "_Shards":
        from datasetbuilder.exporters.parquet_schema import schema_of, writer_options

        labels, options = self.job.snapshot.labels, self.job.options
        self._numbers = {label.id: number for number, label in enumerate(labels)}
        self._schema = schema_of(
            labels,
            task=options.task,
            images=options.images,
            several=self.job.survey.several_tags,
            about=_about(self.job),
        )
        self._coding = writer_options(self._schema)
        return self

    def add(self, row: Row) -> None:
        from datasetbuilder.exporters.parquet_rows import cells_from_row

        image = row[0]
        name, contents = self.job.placement.file_name(image), None
        if self.job.options.images == COPY:
            contents = self.job.files.contents(image)
            self._waiting += len(contents)
        elif self.job.options.images == LINK:
            self.job.files.link(image, self.folder / self.name / name)
        task = self.job.options.task
        self._cells.append(cells_from_row(row, task, self._numbers, name, contents))
        if len(self._cells) >= GROUP_ROWS or self._waiting >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        writer = self._writer or self._start()
        writer.write_batch(pa.RecordBatch.from_pylist(self._cells, schema=self._schema))
        self._cells, self._waiting = [], 0
        if self.job.options.images != LINK and self._parts[-1].stat().st_size >= SHARD_BYTES:
            self._close()

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _start(self) -> Any:
        import pyarrow.parquet as pq

        home = self.folder / (self.name if self.job.options.images == LINK else "data")
        home.mkdir(parents=True, exist_ok=True)
        self._parts.append(home / f".{self.name}-{len(self._parts):05d}.part")
        self._writer = pq.ParquetWriter(self._parts[-1], self._schema, **self._coding)
        return self._writer

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None and (self._cells or not self._parts):
            self._flush()
        self._close()
        if kind is None:
            for number, part in enumerate(self._parts):
                part.rename(part.with_name(self._final_name(number)))

    def _final_name(self, number: int) -> str:
        if self.job.options.images == LINK:
            return "metadata.parquet"
        return f"{self.name}-{number:05d}-of-{len(self._parts):05d}.parquet"


def _about(job: ExportJob) -> dict[str, Any]:
    return {
        "layout": VERSION,
        "project": job.snapshot.project,
        "event": job.snapshot.seq,
        "task": job.options.task,
        "labels": [_label(label) for label in job.snapshot.labels],
    }


def _label(label: Label) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": label.id,
        "name": label.name,
        "color": label.color,
        "uid": label.uid,
        "supercategory": label.supercategory,
    }
    if label.skeleton is not None:
        said["skeleton"] = skeleton_to_wire(label.skeleton)
    return said | asked_of(label)


# --- reading ----------------------------------------------------------------------------------


def files_of_split(folder: Path, split: str) -> list[Path]:
    """The Parquet files of one split of an export, in order.

    Raises
    ------
    FormatError
        If there is none or one is missing.
    """
    name = split_name(split)
    gallery = folder / name / "metadata.parquet"
    if gallery.is_file():
        return [gallery]
    found = sorted((folder / "data").glob(f"{name}-?????-of-?????.parquet"))
    if not found:
        raise FormatError(f"data/{name}-*.parquet is missing.")
    expected = int(found[0].stem.rpartition("-")[2])
    if len(found) != expected:
        raise FormatError(f"data/{name}-*.parquet: {len(found)} files of {expected} are there.")
    return found


def read_split(folder: Path, task: str, split: str) -> Iterator[Row]:
    """The rows of one split of an export, by image id.

    Raises
    ------
    FormatError
        If a file is missing, broken, or says something impossible.
    """
    for path in files_of_split(folder, split):
        yield from read(path)


def read(path: Path) -> Iterator[Row]:
    """Every image of one Parquet file with its annotations.

    Raises
    ------
    FormatError
        Naming the file and the field at fault.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from datasetbuilder.exporters.parquet_rows import rows_from_batch

    try:
        with pq.ParquetFile(path) as file:
            ids = [label.id for label in labels_from_metadata(file.schema_arrow.metadata)]
            names = file.schema_arrow.names
            columns = ["image.path" if name == "image" else name for name in names]
            for batch in file.iter_batches(GROUP_ROWS, columns=columns):
                yield from rows_from_batch(batch, ids)
    except (FormatError, pa.ArrowInvalid, OSError) as error:
        raise FormatError(f"{path.name}: {error}") from error


def read_labels(path: Path) -> tuple[Label, ...]:
    """The classes of a file, by id."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return labels_from_metadata(pq.read_schema(path).metadata)
    except (FormatError, pa.ArrowInvalid, OSError) as error:
        raise FormatError(f"{path.name}: {error}") from error


def labels_from_metadata(metadata: dict[bytes, bytes] | None) -> tuple[Label, ...]:
    """The labels that a file's schema carries.

    Raises
    ------
    FormatError
        If it carries none.
    """
    text = (metadata or {}).get(KEY.encode())
    if text is None:
        raise FormatError("its schema names no labels; it was not written by datasetbuilder")
    try:
        about = fields.record(orjson.loads(text), KEY)
    except orjson.JSONDecodeError as error:
        raise FormatError(f"the metadata of its schema is broken: {error}") from error
    listed = fields.items(about.get("labels"), "labels")
    return tuple(_label_of(value, f"labels[{index}]") for index, value in enumerate(listed))


def _label_of(value: Any, path: str) -> Label:
    data = fields.record(value, path)
    skeleton = data.get("skeleton")
    try:
        read = None if skeleton is None else skeleton_from_wire(skeleton, f"{path}.skeleton")
    except WireError as error:
        raise FormatError(str(error)) from error
    return Label(
        id=fields.integer(data.get("id"), f"{path}.id"),
        name=fields.text(data.get("name"), f"{path}.name"),
        color=str(data.get("color", "")),
        uid=str(data.get("uid", "")),
        supercategory=str(data.get("supercategory", "")),
        skeleton=read,
        **asking(data, path),
    )
