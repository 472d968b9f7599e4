"""A project in memory, as exporters see it."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image as Pillow

from datasetbuilder.geometry import extent
from datasetbuilder.model import Annotation, Geometry, Image, Label

LABELS = (Label(1, "cell", "#e4572e", "label-1"), Label(4, "nucleus", "#2e86ab", "label-4", "cell"))


@dataclass
class SnapshotFake:
    """Images with annotations; ``files`` holds the bytes or the path of each image by id."""

    content: list[tuple[Image, tuple[Annotation, ...]]]
    files: Mapping[int, bytes | Path] = field(default_factory=dict)
    labels: tuple[Label, ...] = LABELS
    project: str = "cells"
    seq: int = 17

    def images(self) -> Iterator[Image]:
        return (image for image, _ in self.content)

    def rows(self) -> Iterator[tuple[Image, tuple[Annotation, ...]]]:
        return iter(self.content)

    def open_pixels(self, image: Image) -> BinaryIO:
        held = self.files[image.id]
        return io.BytesIO(held) if isinstance(held, bytes) else held.open("rb")


def picture(width: int = 12, height: int = 8, *, kind: str = "PNG", shade: int = 90) -> bytes:
    """A small file with a gradient."""
    ramp = (np.add.outer(np.arange(height) * 17, np.arange(width) * 5) + shade) % 256
    drawn = Pillow.fromarray(ramp.astype(np.uint8))
    out = io.BytesIO()
    drawn.save(out, format=kind)
    return out.getvalue()


def image_of(image_id: int, name: str, data: bytes, **fields: object) -> Image:
    """An image as ingest would describe the file."""
    with Pillow.open(io.BytesIO(data)) as opened:
        size, kind = opened.size, opened.format or ""
    image = Image(
        image_id, name, *size, sha256=hashlib.sha256(data).hexdigest(), format=kind, channels=1
    )
    return replace(image, **fields)  # type: ignore[arg-type]


def drawn(
    annotation_id: int, image: Image, geometry: Geometry, *, label: int = 1, **fields: object
) -> Annotation:
    """An annotation as the store keeps it, measured."""
    measured = extent(geometry, image.shape)
    annotation = Annotation(
        f"uid-{annotation_id}",
        label,
        geometry,
        image.id,
        annotation_id,
        version=1,
        author="author-of-everything",
        area=measured.area,
        bbox=measured.bbox,
    )
    return replace(annotation, **fields)  # type: ignore[arg-type]
