"""Samples out of the COCO documents of an export.

Boxes and classes are held as columns; of each object's outline only its place in the document is.
"""

from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import lines
from datasetbuilder.exporters.coco import IMAGE_FOLDER, document_name, read_labels
from datasetbuilder.exporters.coco_objects import annotation_from_record, image_from_record
from datasetbuilder.exporters.options import CLASSIFICATION, NONE
from datasetbuilder.exporters.sources import Gallery, Opening
from datasetbuilder.model import Annotation, Image, Label


class CocoSource:
    """Columns of one or more documents that this package wrote."""

    def __init__(self, opening: Opening) -> None:
        self._documents = [
            opening.folder / document_name(opening.task, split) for split in opening.splits
        ]
        for path in self._documents:
            if not path.is_file() or not lines.is_one_record_to_the_line(path):
                raise FormatError(f"{path.name} is missing or was written by another program.")
        self.labels: tuple[Label, ...] = read_labels(self._documents[0])
        self.has_objects = opening.task != CLASSIFICATION
        within = None if opening.way == NONE else opening.folder / IMAGE_FOLDER
        self._gallery = Gallery(opening.images or within, opening.way)
        self._numbers = {label.id: number for number, label in enumerate(self.labels)}
        self._images: list[tuple[int, str, int, int]] = []
        self._places, self._owners = array("q"), array("q")
        self._first_of: list[int] = []
        self._columns = self._read_all()
        self._offsets = np.searchsorted(np.array(self._owners), np.arange(len(self) + 1))

    def __len__(self) -> int:
        return len(self._images)

    def targets(self, index: int) -> Mapping[str, Any]:
        """Everything about an image that is neither pixels nor masks."""
        image_id, name, width, height = self._images[index]
        said = {"image_id": image_id, "width": width, "height": height, "file_name": name}
        part = slice(self._offsets[index], self._offsets[index + 1])
        if not self.has_objects:
            return said | {"labels": np.unique(self._columns["labels"][part])}
        return said | {key: values[part].copy() for key, values in self._columns.items()}

    def drawn(self, index: int) -> list[Annotation]:
        """An image's objects, in the order of its targets."""
        image_id, name, width, height = self._images[index]
        image = Image(image_id, name, width, height)
        document = int(np.searchsorted(self._first_of, index, "right")) - 1
        found = []
        with self._documents[document].open("rb") as file:
            for row in range(self._offsets[index], self._offsets[index + 1]):
                file.seek(self._places[row])
                record = orjson.loads(file.readline().rstrip().removesuffix(b","))
                found.append(annotation_from_record(record, image, f"annotation {row}"))
        return found

    def image_bytes(self, index: int) -> bytes:
        """The image file."""
        return self._gallery.read(self._images[index][1])

    def _read_all(self) -> dict[str, np.ndarray]:
        labels, ids, boxes = array("q"), array("q"), array("f")
        areas, crowds = array("d"), array("b")
        for path in self._documents:
            positions = self._read_images(path)
            for place, record in lines.placed_records(path, "annotations"):
                self._places.append(place)
                self._owners.append(positions[record["image_id"]])
                labels.append(self._numbers[record["category_id"]])
                ids.append(record["id"])
                if self.has_objects:
                    x, y, width, height = record["bbox"]
                    boxes.extend((x, y, x + width, y + height))
                    areas.append(record["area"])
                    crowds.append(record["iscrowd"])
        return {
            "labels": np.array(labels, np.int64),
            "ids": np.array(ids, np.int64),
            "boxes": np.array(boxes, np.float32).reshape(-1, 4),
            "area": np.array(areas, np.float64),
            "iscrowd": np.array(crowds, bool),
        }

    def _read_images(self, path: Path) -> dict[int, int]:
        self._first_of.append(len(self._images))
        positions = {}
        for index, record in enumerate(lines.records(path, "images")):
            image, _ = image_from_record(record, f"images[{index}]")
            positions[image.id] = len(self._images)
            self._images.append((image.id, record["file_name"], image.width, image.height))
        return positions
