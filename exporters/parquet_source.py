"""Samples out of the Parquet files of an export."""

import os
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.options import CLASSIFICATION, LINK
from datasetbuilder.exporters.parquet import files_of_split, read_labels
from datasetbuilder.exporters.parquet_rows import rows_from_batch
from datasetbuilder.exporters.sources import Gallery, Opening
from datasetbuilder.model import Annotation, Kind, Label

_PLAIN = ("image.path", "file_name", "image_id", "width", "height", "label", "labels")
_TARGETS = ("id", "category", "bbox", "area", "iscrowd")


@dataclass(frozen=True, slots=True)
class _Group:
    """A row group: its file, number, and the position of its first image."""

    path: Path
    number: int
    first: int


class ParquetSource:
    """Columns in Arrow memory, masks and pictures read when asked for."""

    def __init__(self, opening: Opening) -> None:
        folder, splits = opening.folder, opening.splits
        self._files = [path for split in splits for path in files_of_split(folder, split)]
        self.labels: tuple[Label, ...] = read_labels(self._files[0])
        self.has_objects = opening.task != CLASSIFICATION
        self._gallery = Gallery(opening.images, opening.way)
        self._groups, self._length = _groups_of(self._files)
        self._names = pq.read_schema(self._files[0]).names
        self._cache: tuple[tuple[int, int], Any] | None = None

    def __len__(self) -> int:
        return self._length

    def targets(self, index: int) -> Mapping[str, Any]:
        """Everything about an image that is neither pixels nor masks."""
        plain = {name: column[index].as_py() for name, column in self._plain.items()}
        said = {key: plain[key] for key in ("image_id", "width", "height", "file_name")}
        if not self.has_objects:
            return said | {"labels": _class_numbers(plain)}
        columns, offsets = self._objects
        part = slice(offsets[index], offsets[index + 1])
        corners = columns["bbox"][part].copy()
        corners[:, 2:] += corners[:, :2]
        return said | {
            "labels": columns["category"][part].copy(),
            "ids": columns["id"][part].copy(),
            "boxes": corners,
            "area": columns["area"][part].copy(),
            "iscrowd": columns["iscrowd"][part].copy(),
        }

    def drawn(self, index: int) -> list[Annotation]:
        """An image's objects, in the order of its targets."""
        (batch,) = self._everything.slice(index, 1).to_batches()
        ((_, annotations),) = rows_from_batch(batch, [label.id for label in self.labels])
        return [item for item in annotations if item.kind is not Kind.TAG]

    def image_bytes(self, index: int) -> bytes:
        """The image file."""
        name = self._plain["file_name"][index].as_py()
        if "image" not in self._names:
            return self._gallery_of(index).read(name)
        place = bisect_right(self._groups, index, key=lambda group: group.first) - 1
        contents = self._pictures(place)[index - self._groups[place].first].as_py()
        if contents is None:
            raise FormatError(f"{name} has no pixels in the export.")
        return contents

    @cached_property
    def _plain(self) -> dict[str, pa.Array]:
        wanted = [name for name in _PLAIN if name.partition(".")[0] in self._names]
        table = self._read(wanted)
        columns = {name: table.column(name).combine_chunks() for name in table.column_names}
        if "image" in columns:
            columns["file_name"] = columns.pop("image").field("path")
        return columns

    @cached_property
    def _objects(self) -> tuple[dict[str, np.ndarray], np.ndarray]:
        table = self._read([f"objects.{name}" for name in _TARGETS])
        objects = table.column("objects").combine_chunks()
        lengths = objects.field("id").value_lengths().to_numpy(zero_copy_only=False)
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        columns = {name: _flat(objects.field(name)) for name in _TARGETS}
        return columns, offsets

    @cached_property
    def _everything(self) -> pa.Table:
        columns = ["image.path" if name == "image" else name for name in self._names]
        return self._read(columns)

    def _read(self, columns: list[str]) -> pa.Table:
        tables = []
        for path in self._files:
            try:
                with pq.ParquetFile(path, memory_map=True) as file:
                    tables.append(file.read(columns=columns, use_threads=False))
            except (pa.ArrowInvalid, OSError) as error:
                raise FormatError(f"{path.name} cannot be read: {error}") from error
        return pa.concat_tables(tables)

    def _pictures(self, place: int) -> pa.Array:
        """The pictures of a row group; a process keeps the last one it read."""
        mark = (os.getpid(), place)
        if self._cache is None or self._cache[0] != mark:
            group = self._groups[place]
            with pq.ParquetFile(group.path, memory_map=True) as file:
                read = file.read_row_group(group.number, ["image.bytes"], use_threads=False)
            self._cache = mark, read.column("image").combine_chunks().field("bytes")
        return self._cache[1]

    def _gallery_of(self, index: int) -> Gallery:
        if self._gallery.home is not None:
            return self._gallery
        place = bisect_right(self._groups, index, key=lambda group: group.first) - 1
        path = self._groups[place].path
        return Gallery(path.parent, LINK) if path.name == "metadata.parquet" else self._gallery


def _groups_of(files: list[Path]) -> tuple[list[_Group], int]:
    groups, first = [], 0
    for path in files:
        footer = pq.read_metadata(path)
        for number in range(footer.num_row_groups):
            groups.append(_Group(path, number, first))
            first += footer.row_group(number).num_rows
    return groups, first


def _flat(column: pa.Array) -> np.ndarray:
    values = column.flatten()
    if pa.types.is_fixed_size_list(values.type):
        return np.asarray(values.flatten()).reshape(-1, values.type.list_size)
    return values.to_numpy(zero_copy_only=False)


def _class_numbers(plain: Mapping[str, Any]) -> np.ndarray:
    if "labels" in plain:
        return np.array(plain["labels"], np.int64)
    return np.array([] if plain["label"] is None else [plain["label"]], np.int64)
