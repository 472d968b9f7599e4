"""A project as its corrected pictures show it: other sizes and pixels, and the labels with them."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import BinaryIO, TypeAlias

import numpy as np

from datasetbuilder.geometry import extent
from datasetbuilder.geometry.frames import Frame, placed
from datasetbuilder.model import Annotation, Box, Image, Label, Snapshot
from datasetbuilder.pixels.correction import Recipe, corrected, frame_of
from datasetbuilder.wire import geometry_from_wire, geometry_to_wire, shortest_float32

Pixels: TypeAlias = Callable[[int], np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """A snapshot in which images with a recipe are corrected; others are as they were.

    A corrected picture is a PNG (a TIFF where a PNG cannot hold its depth or channels) under its
    old name with the new ending. Shapes that end up outside of it are left out. It has no blocks:
    formats read it row by row.

    Attributes
    ----------
    snapshot : Snapshot
    recipes : callable
        The recipe of an image by its id, empty for most.
    pixels : callable
        The upright original of an image by its id, in its own depth.
    left_out : dict of str to str
        The image of each annotation that ended up outside, or could not be carried over, by uid;
        known once the rows were read.
    """

    snapshot: Snapshot
    recipes: Callable[[int], Recipe]
    pixels: Pixels
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def project(self) -> str:
        """The project's slug."""
        return self.snapshot.project

    @property
    def seq(self) -> int:
        """The number of the last event seen."""
        return self.snapshot.seq

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels in use, by id."""
        return self.snapshot.labels

    def images(self) -> Iterator[Image]:
        """Every image as it is seen, by id."""
        return (self._seen(image) for image in self.snapshot.images())

    def rows(self) -> Iterator[tuple[Image, tuple[Annotation, ...]]]:
        """Every image as it is seen with what is still on it."""
        for image, annotations in self.snapshot.rows():
            recipe = self.recipes(image.id)
            if not recipe:
                yield image, annotations
                continue
            frame = frame_of(recipe, image.shape)
            moved = [(one, moved_annotation(one, frame)) for one in annotations]
            self.left_out.update((one.uid, image.name) for one, seen in moved if seen is None)
            kept = tuple(seen for _, seen in moved if seen is not None)
            yield replace(self._seen(image), n_annotations=len(kept)), kept

    def open_pixels(self, image: Image) -> BinaryIO:
        """The original file, or the corrected picture as one."""
        recipe = self.recipes(image.id)
        if not recipe:
            return self.snapshot.open_pixels(image)
        return io.BytesIO(picture_file(self._corrected(image.id, recipe)))

    def _corrected(self, image_id: int, recipe: Recipe) -> np.ndarray:
        return corrected(self.pixels(image_id), recipe, reference=self.pixels)

    def _seen(self, image: Image) -> Image:
        recipe = self.recipes(image.id)
        if not recipe:
            return image
        height, width = frame_of(recipe, image.shape).size
        form = "PNG" if image.dtype in ("uint8", "uint16") and image.channels <= 4 else "TIFF"
        name = str(PurePosixPath(image.name).with_suffix(".png" if form == "PNG" else ".tif"))
        seen = replace(image, name=name, width=width, height=height, format=form, orientation=1)
        told = f"{image.sha256} {recipe!r}".encode()
        return replace(seen, sha256=hashlib.sha256(told).hexdigest())


def moved_annotation(annotation: Annotation, frame: Frame) -> Annotation | None:
    """An annotation where it is seen, with its area and box there; None if nothing is left."""
    geometry = placed(annotation.geometry, frame)
    if geometry is None:
        return None
    # the numbers that a store would keep: float32, as every label has them
    geometry = geometry_from_wire(geometry.kind, geometry_to_wire(geometry))
    covered = extent(geometry, frame.size)
    bbox = covered.bbox
    if isinstance(annotation.geometry, Box):
        bbox = _seen_box(annotation.geometry, frame)
    return replace(annotation, geometry=geometry, area=covered.area, bbox=bbox)


def _seen_box(box: Box, frame: Frame) -> tuple[float, float, float, float]:
    """Around the corners where they are, not around whole pixels; ends at the picture's edge."""
    right, bottom = box.x + box.width, box.y + box.height
    corners = frame.points([(box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom)])
    height, width = frame.size
    left, top = np.clip(corners.min(axis=0), 0, (width, height)).tolist()
    end_x, end_y = np.clip(corners.max(axis=0), 0, (width, height)).tolist()
    x, y, wide, high = (shortest_float32(v) for v in (left, top, end_x - left, end_y - top))
    return x, y, wide, high


def picture_file(pixels: np.ndarray) -> bytes:
    """A picture as a file without loss, the same bytes for the same picture."""
    import imagecodecs

    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if pixels.dtype in (np.uint8, np.uint16) and channels <= 4:
        return bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels), level=6))
    import tifffile

    out = io.BytesIO()
    colours = "rgb" if channels in (3, 4) else "minisblack"
    how = {"photometric": colours, "compression": "zlib", "metadata": None, "software": False}
    tifffile.imwrite(out, pixels, **how)
    return out.getvalue()
