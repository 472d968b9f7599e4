"""A simulated person for the refine benchmarks: draws strokes a hand could draw, knowing the truth.

The first stroke runs inside the object, the second around part of it; each further one through the
largest region that is visibly wrong. A method under test never sees the truth. All randomness
comes from the sample's name.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import draw, graph, measure

OBJECT, BACKGROUND, UNTOUCHED = 1, 0, -1
BRUSH, REACH, CLICK = 0.006, 0.18, 0.01
SIDE = 360

Mask: TypeAlias = NDArray[np.bool_]
Path2d: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """A picture and the true mask of one object in it."""

    name: str
    image: NDArray
    truth: Mask


def photographs(folder: Path, *, parity: int | None) -> Iterator[Sample]:
    """``NAME.jpg`` or ``.png`` with ``NAME_mask.png``; of one parity of the name's crc32."""
    for mask in sorted(folder.glob("*_mask.png")):
        name = mask.name.removesuffix("_mask.png")
        if parity is not None and zlib.crc32(name.encode()) % 2 != parity:
            continue
        file = next(p for p in (folder / f"{name}{end}" for end in (".jpg", ".png")) if p.exists())
        yield Sample(name, np.array(Image.open(file)), np.array(Image.open(mask).convert("L")) > 0)


def nuclei(
    folder: Path, *, count: int = 60, smallest: int = 60, parity: int | None = None
) -> Iterator[Sample]:
    """Nuclei of ``images/`` by ``labels/`` of the same name, one of each image in turn.

    Of large images the surroundings alone, since GrabCut needs seconds for a megapixel.
    """
    rng = np.random.default_rng(1)
    files = sorted((folder / "labels").glob("*.png"))
    if parity is not None:
        files = [file for file in files if zlib.crc32(file.stem.encode()) % 2 == parity]
    for k in range(count):
        file = files[k % len(files)]
        labels = np.array(Image.open(file))
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        label = int(rng.choice(np.flatnonzero(sizes >= smallest)))
        image = np.array(Image.open(folder / "images" / file.name))
        around = _surroundings(labels == label)
        yield Sample(f"{file.stem}_{label}", image[around], (labels == label)[around])


def _surroundings(truth: Mask) -> tuple[slice, slice]:
    centre = np.argwhere(truth).mean(0)
    starts = [
        int(np.clip(middle - SIDE / 2, 0, max(length - SIDE, 0)))
        for middle, length in zip(centre, truth.shape, strict=True)
    ]
    return slice(starts[0], starts[0] + SIDE), slice(starts[1], starts[1] + SIDE)


def iou(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return np.count_nonzero(one & other) / max(np.count_nonzero(one | other), 1)


@dataclass(frozen=True)
class Annotator:
    """``sloppy`` is the hand's jitter as a share of the diagonal; 0 keeps to the right side.

    With ``clicks`` it sets dots instead of strokes, the first in the object.
    """

    sloppy: float = 0.0
    clicks: bool = False

    def first(self, sample: Sample, raster: NDArray) -> list[NDArray]:
        """A stroke in the object and one around it; returns the new pixels of each."""
        rng = _rng(sample.name, 0)
        truth = sample.truth
        inside = self._shaken(self._middle(truth, rng), truth.shape, rng)
        if self.clicks:
            return [self._drawn(raster, inside, OBJECT, truth)]
        pieces = _pieces(truth)
        row, column = np.round(inside[0]).astype(int)
        piece = pieces == pieces[row, column] if pieces[row, column] else truth
        outside = self._shaken(_around(piece, rng), truth.shape, rng)
        return [
            self._drawn(raster, inside, OBJECT, truth),
            self._drawn(raster, outside, BACKGROUND, truth),
        ]

    def correct(self, sample: Sample, mask: Mask, raster: NDArray, turn: int) -> NDArray | None:
        """A stroke in the largest wrong region; None when nothing visible is wrong."""
        truth, best = sample.truth, (0, None, OBJECT)
        for wrong, label in ((truth & ~mask, OBJECT), (mask & ~truth, BACKGROUND)):
            depth = _depth(np.pad(wrong, 1))[1:-1, 1:-1]
            pieces = _pieces(depth > min(1.0, _radius(truth.shape) / 3))
            sizes = np.bincount(pieces.ravel())
            sizes[0] = 0
            if sizes.max() > best[0]:
                best = (int(sizes.max()), pieces == sizes.argmax(), label)
        if best[1] is None:
            return None
        rng = _rng(sample.name, turn)
        path = self._shaken(self._middle(best[1], rng), truth.shape, rng)
        return self._drawn(raster, path, best[2], truth)

    def _shaken(self, path: Path2d, shape: tuple[int, ...], rng: np.random.Generator) -> Path2d:
        if self.sloppy:
            size = self.sloppy * float(np.linalg.norm(shape))
            noise = rng.normal(0, size, path.shape)
            shake = np.asarray(cv2.GaussianBlur(noise, (1, 25), 3), float)
            path = np.array(path + rng.normal(0, size, 2) + shake)
        far = np.array(shape, float) - 1
        return np.minimum(np.maximum(path, np.zeros(2)), far)

    def _middle(self, region: Mask, rng: np.random.Generator) -> Path2d:
        path = _middle(region, rng)
        return path[:1] if self.clicks else path

    def _drawn(self, raster: NDArray, path: Path2d, label: int, truth: Mask) -> NDArray:
        dot = max(2.0, CLICK * min(truth.shape))
        pixels = _brushed(path, dot if self.clicks else _radius(truth.shape), truth.shape)
        if not self.sloppy:
            pixels &= truth if label == OBJECT else ~truth
        raster[pixels] = label
        return np.where(pixels, label, UNTOUCHED)


def _rng(name: str, turn: int) -> np.random.Generator:
    return np.random.default_rng([0, zlib.crc32(name.encode()), turn])


def _radius(shape: tuple[int, ...]) -> float:
    return max(1.0, BRUSH * min(shape))


def _middle(region: Mask, rng: np.random.Generator) -> Path2d:
    """A line along the middle of a region, from its deepest point as far as the hand reaches."""
    depth = _depth(np.pad(region, 1))[1:-1, 1:-1]
    start = np.unravel_index(np.argmax(depth), depth.shape)
    pieces = _pieces(region)
    inside = pieces == pieces[start]
    cost = np.where(inside, 1 / (depth + 0.5) ** 1.5, np.inf)
    paths = graph.MCP_Geometric(cost)
    travelled, _ = paths.find_costs([start])
    rows, columns = np.ogrid[: depth.shape[0], : depth.shape[1]]
    away = np.hypot(rows - start[0], columns - start[1])
    far = np.isfinite(travelled) & (away <= REACH * np.hypot(*region.shape))
    away = np.where(far & (depth >= 0.35 * depth[start]), away, -1)
    ends = np.flatnonzero(away.ravel() >= 0.85 * away.max())
    end = np.unravel_index(int(rng.choice(ends)), away.shape)
    return _sparse(np.array(paths.traceback(end), float))


def _around(piece: Mask, rng: np.random.Generator) -> Path2d:
    """Nearly half of a ring at 3 to 6 % of the diagonal from the object."""
    away = _depth(~piece)
    rings = measure.find_contours(away, rng.uniform(0.03, 0.06) * np.hypot(*piece.shape))
    if not rings:
        return _middle(~piece, rng)
    ring = max(rings, key=len)
    count = max(2, int(0.45 * len(ring)))
    closed = np.hypot(*(ring[0] - ring[-1])) < 3
    start = int(rng.integers(len(ring) if closed else len(ring) - count + 1))
    return _sparse(np.take(ring, np.arange(start, start + count), axis=0, mode="wrap"))


def _pieces(mask: Mask) -> NDArray[np.int32]:
    return np.asarray(cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)[1], np.int32)


def _depth(mask: Mask) -> NDArray[np.float32]:
    exact = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(exact, np.float32)


def _sparse(path: Path2d) -> Path2d:
    return path[:: max(1, len(path) // 60)]


def _brushed(path: Path2d, radius: float, shape: tuple[int, ...]) -> Mask:
    line = np.zeros(shape, bool)
    points = np.round(path).astype(int)
    line[points[:, 0], points[:, 1]] = True
    for one, other in pairwise(points):
        line[draw.line(*one, *other)] = True
    return _depth(~line) <= radius
