"""How large an export will be, judged by the first images of the project."""

from collections.abc import Callable, Sequence
from itertools import islice

import orjson

from datasetbuilder.exporters.coco_objects import record_from_annotation
from datasetbuilder.exporters.options import COPY, ExportOptions
from datasetbuilder.exporters.survey import held, set_aside
from datasetbuilder.model import Annotation, Image, Snapshot

SizeOf = Callable[[Image], int]

SAMPLED = 64
_SHARED = "coco"
"""The formats whose names begin so share one folder of images."""
_TEXT = {
    "coco": 1.0, "coco-keypoints": 1.0, "coco-panoptic": 1.0, "parquet": 0.4, "yolo-detect": 0.15,
    "yolo-obb": 0.35, "yolo-segment": 1.2, "yolo-pose": 0.5, "voc": 1.0, "labelme": 1.3,
    "webdataset": 1.0, "csv": 0.5,
}  # fmt: skip
"""Bytes of text to a byte of COCO's."""
_PICTURES = {"masks": 0.03, "coco-panoptic": 0.05}
"""Bytes of a label image to a pixel."""
_RECORD = 220


def estimated_bytes(
    snapshot: Snapshot,
    options: ExportOptions,
    formats: Sequence[str],
    totals: tuple[int, int],
    size_of: SizeOf | None,
) -> int:
    """About how many bytes the files of an export will have.

    Parameters
    ----------
    snapshot : Snapshot
    options : ExportOptions
    formats : sequence of str
    totals : tuple of int
        Number of images and of annotations.
    size_of : callable, optional
        Size of an image's file; without it images count nothing.
    """
    rows = list(islice(snapshot.rows(), SAMPLED))
    if not rows:
        return 0
    n_images, n_annotations = totals
    pixels = sum(image.width * image.height for image, _ in rows) / len(rows)
    record = _mean_record(rows, options)
    text = sum(_TEXT.get(name, 0.2) for name in formats)
    labels = sum(_PICTURES.get(name, 0.0) for name in formats) * pixels
    copies = 0
    if options.images == COPY and size_of is not None:
        own = [name for name in formats if not name.startswith(_SHARED)]
        copies = len(own) + (len(own) < len(formats))
    files = sum(size_of(image) for image, _ in rows) / len(rows) if copies and size_of else 0
    return round(
        n_images * (copies * files + labels + text * _RECORD) + n_annotations * record * text
    )


def _mean_record(
    rows: Sequence[tuple[Image, tuple[Annotation, ...]]], options: ExportOptions
) -> float:
    lengths = [
        len(orjson.dumps(record_from_annotation(item, image, options)))
        for image, annotations in rows
        for item in set_aside(held(annotations, options.task), options.task)[1][:SAMPLED]
    ]
    return sum(lengths) / len(lengths) if lengths else 0.0


def size_words(size: int) -> str:
    """A size as people say it."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
