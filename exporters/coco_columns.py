"""COCO annotations from stored rows: the same bytes as by way of `Annotation`, and their proof.

Plain boxes and polygons, which are nearly everything in a large project, are written from the
columns and compared with what is read back as plain values. All others take the usual way.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import lines
from datasetbuilder.exporters.coco_objects import annotation_from_record, image_from_record
from datasetbuilder.exporters.columns import (
    AREA,
    ID,
    KIND,
    LABEL,
    SOURCE,
    UID,
    Block,
    StoredRow,
    X,
    by_image,
    is_plain,
    outlines,
    shortest,
)
from datasetbuilder.exporters.compare import differences
from datasetbuilder.exporters.extension import KEY
from datasetbuilder.exporters.options import INSTANCES
from datasetbuilder.model import Annotation, Image, Kind

_SAFE = re.compile(r"[0-9A-Za-z.:_ -]*")
_PERSON = "person"
_LEAST, _MOST = 1e-4, 1e9
"""Between them orjson writes the decimals of a float32 and of a double in one way."""

# --- writing ----------------------------------------------------------------------------------


def texts_of(block: Block) -> Mapping[int, str]:
    """The records of the plain rows of a block as JSON, by annotation id."""
    rings = _ring_texts(block.rows)
    plain = [row for row in block.rows if _is_written(row, rings)]
    if not plain:
        return {}
    sides = _number_texts(np.array([row[X : AREA + 1] for row in plain], np.float64))
    return {
        row[ID]: _text(row, numbers, rings.get(row[ID]))
        for row, numbers in zip(plain, sides, strict=True)
    }


def _is_written(row: StoredRow, rings: Mapping[int, str]) -> bool:
    if _SAFE.fullmatch(row[UID]) is None or _SAFE.fullmatch(row[SOURCE]) is None:
        return False
    return row[ID] in rings or (row[KIND] == Kind.BOX and is_plain(row))


def _text(row: StoredRow, numbers: str, rings: str | None) -> str:
    bbox, area = numbers.rsplit(",", 1)
    source = "" if row[SOURCE] == _PERSON else f',"source":"{row[SOURCE]}"'
    outline = "" if rings is None else f'"segmentation":[{rings}],'
    return (
        f'{{"id":{row[ID]},"image_id":{row[0]},"category_id":{row[LABEL]},"iscrowd":0,'
        f'"area":{area},"bbox":[{bbox}],{outline}'
        f'"{KEY}":{{"uid":"{row[UID]}","kind":"{row[KIND]}"{source}}}}}'
    )


def _ring_texts(rows: Sequence[StoredRow]) -> dict[int, str]:
    """The rings of each plain polygon as JSON, none where a number needs care."""
    found, values = outlines(rows)
    sizes = np.abs(values[values != 0])
    if not found or (len(sizes) and not (sizes.min() >= _LEAST and sizes.max() <= _MOST)):
        return {}
    ends = [end for outline in found for end in outline.ends]
    cut = [values[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    texts = iter(_number_texts(cut))
    return {
        outline.row[ID]: ",".join(f"[{next(texts)}]" for _ in outline.ends) for outline in found
    }


def _number_texts(values: Any) -> list[str]:
    return orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY).decode()[2:-2].split("],[")


# --- reading back -----------------------------------------------------------------------------


class DocumentCheck:
    """One document, read once in step with the snapshot's blocks.

    It only ever says that all is as it should be; what is not is for the reference reader to name.
    """

    def __init__(self, path: Path, labels: frozenset[int]) -> None:
        self._labels = labels
        self._images = lines.records(path, "images")
        self._annotations = lines.records(path, "annotations")

    def agrees(
        self,
        image: Image,
        rows: Sequence[StoredRow],
        plain: Mapping[int, Mapping[str, Any]],
        rest: Mapping[int, Annotation],
    ) -> bool:
        """Whether the next image and its annotations are the expected ones."""
        found, tags = image_from_record(next(self._images, None), "images")
        left = list(tags)
        for row in rows:
            if row[KIND] == Kind.TAG:
                continue
            record = next(self._annotations, None)
            if row[ID] not in plain:
                if not isinstance(record, dict) or record.get("image_id") != image.id:
                    return False
                left.append(annotation_from_record(record, found, "annotations"))
            elif record != plain[row[ID]]:
                return False
        wanted = tuple(rest[row[ID]] for row in rows if row[ID] in rest)
        known = all(row[LABEL] in self._labels for row in rows)
        return known and not differences(image, wanted, (found, tuple(left)), INSTANCES)

    def is_over(self) -> bool:
        """Whether nothing is left in the document."""
        return next(self._images, None) is None and next(self._annotations, None) is None


def block_agrees(
    block: Block, document_of: Callable[[Image], DocumentCheck]
) -> Iterator[tuple[Image, bool]]:
    """Every image of a block, and whether its document says the same."""
    plain = expected(block)
    others = [row for row in block.rows if row[ID] not in plain]
    rest = {item.id: item for item in block.annotations(others)}
    for image, rows in by_image(block):
        try:
            yield image, document_of(image).agrees(image, rows, plain, rest)
        except FormatError:
            yield image, False


def expected(block: Block) -> dict[int, dict[str, Any]]:
    """What the records of plain rows must say, by annotation id."""
    found, values = outlines(block.rows)
    numbers = shortest(values)
    said, start = {}, 0
    for row in block.rows:
        if row[KIND] == Kind.BOX and is_plain(row):
            said[row[ID]] = _expected(row)
    for outline in found:
        record = _expected(outline.row)
        record["segmentation"] = rings = []
        for end in outline.ends:
            rings.append(numbers[start:end])
            start = end
        said[outline.row[ID]] = record
    return said


def _expected(row: StoredRow) -> dict[str, Any]:
    beside = {"uid": row[UID], "kind": row[KIND]}
    if row[SOURCE] != _PERSON:
        beside["source"] = row[SOURCE]
    return {
        "id": row[ID],
        "image_id": row[0],
        "category_id": row[LABEL],
        "iscrowd": 0,
        "area": row[AREA],
        "bbox": list(row[X:AREA]),
        KEY: beside,
    }
