"""Pictures with a known object to learn from, made from images that anybody may use and share.

Layered scenes: textures cut from public-domain photographs, laid over each other as bands and
blobs with shadows, shading, soft edges, noise and JPEG. Nuclei: microscopy with hand-drawn labels,
zoomed, tinted, inverted. Every scene comes from its seed alone.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

SHAPES = ((321, 481), (481, 321), (240, 360), (300, 400))
SMALLEST_SHARE, LARGEST_SHARE = 0.015, 0.4


@dataclass(frozen=True)
class Scene:
    """A picture, one object in it, and what every pixel belongs to: layers and their parts."""

    image: NDArray[np.uint8]
    truth: NDArray[np.bool_]
    layers: NDArray[np.int32]
    parts: NDArray[np.int32]


@dataclass
class Layered:
    """Makes scenes from a folder of photographs."""

    photographs: list[NDArray[np.float32]]

    @classmethod
    def from_folder(cls, folder: Path, names: Sequence[str]) -> "Layered":
        """Read the photographs as Lab."""
        return cls([_lab(np.array(Image.open(folder / n).convert("RGB"))) for n in names])

    def scene(self, seed: int) -> Scene:
        """The scene of a seed."""
        rng = np.random.default_rng([7, seed])
        while True:
            shape = SHAPES[rng.choice(4, p=[0.45, 0.2, 0.2, 0.15])]
            canvas = _Canvas.of(self, rng, shape)
            for _ in range(rng.integers(0, 4)):
                canvas.band()
            for _ in range(rng.integers(1, 9)):
                canvas.object()
            image = _camera(rng, canvas.lab)
            truth = _visible_object(rng, canvas.layers)
            if truth is not None:
                return Scene(image, truth, canvas.layers, canvas.parts)

    def texture(self, rng: Generator, shape: tuple[int, int]) -> tuple[NDArray, NDArray]:
        """Variation of Lab round zero, and a colour."""
        patch = self._cut(rng, shape) if rng.random() < 0.68 else _cloudy(rng, shape)
        mean = patch.reshape(-1, 3).mean(0)
        varied = (patch - mean) * rng.uniform(0.3, 1.25)
        turn = rng.uniform(-0.6, 0.6)
        turned = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
        varied[..., 1:] = varied[..., 1:] @ np.array(turned, np.float32)
        varied[..., 1:] += varied[..., :1] * rng.normal(0, 0.08, 2)
        if rng.random() < 0.35:
            varied = cv2.GaussianBlur(varied, (0, 0), rng.uniform(0.6, 3.5))
        kept = rng.random() < 0.4
        light = np.clip(rng.normal(48, 22), 5, 95)
        colour = mean if kept else np.array([light, rng.normal(0, 11), rng.normal(5, 14)])
        return varied.astype(np.float32), colour.astype(np.float32)

    def _cut(self, rng: Generator, shape: tuple[int, int]) -> NDArray[np.float32]:
        source = self.photographs[rng.integers(len(self.photographs))]
        zoom = np.exp(rng.uniform(np.log(0.5), np.log(3.5)))
        height = int(min(shape[0] / zoom, source.shape[0]))
        width = int(min(shape[1] / zoom, source.shape[1]))
        top = rng.integers(source.shape[0] - height + 1)
        left = rng.integers(source.shape[1] - width + 1)
        patch = source[top : top + height, left : left + width]
        patch = np.ascontiguousarray(patch[:, ::-1] if rng.random() < 0.5 else patch)
        how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(patch, shape[::-1], interpolation=how), np.float32)


@dataclass
class _Canvas:
    maker: Layered
    rng: Generator
    pool: list[tuple[NDArray, NDArray]]
    ground: NDArray
    lab: NDArray[np.float32]
    layers: NDArray[np.int32]
    parts: NDArray[np.int32]
    next_layer: int = 1
    next_part: int = 1

    @classmethod
    def of(cls, maker: Layered, rng: Generator, shape: tuple[int, int]) -> "_Canvas":
        pool = [maker.texture(rng, shape) for _ in range(rng.integers(3, 8))]
        varied, colour = pool[0]
        empty = np.zeros(shape, np.int32)
        return cls(maker, rng, pool, colour, varied + colour, empty, empty.copy())

    @property
    def shape(self) -> tuple[int, int]:
        return self.layers.shape[0], self.layers.shape[1]

    def band(self) -> None:
        """A large piece of ground across the picture."""
        rng, (height, width) = self.rng, self.shape
        angle, offset = rng.uniform(0, np.pi), rng.uniform(0.25, 0.75)
        y, x = np.mgrid[:height, :width]
        side = np.sin(angle) * (y / height - offset) + np.cos(angle) * (x / width - offset)
        waves = rng.uniform(0, 0.16) * _noise(rng, self.shape, rng.uniform(20, 150))
        varied, colour = self.pool[rng.integers(len(self.pool))]
        near = self.ground + np.array([rng.normal(0, 14), *rng.normal(0, 7, 2)])
        colour = colour if rng.random() < 0.5 else near
        where = side + waves > 0
        self.lab = _laid(self.lab, varied + colour, where, rng.uniform(0.5, 1.5))
        self._owned(where, np.zeros(self.shape, np.int32))

    def object(self) -> None:
        """A thing of one to four parts, often of nearly the colour beneath it."""
        rng = self.rng
        parts = _shape(rng, self.shape)
        if rng.random() < 0.3:
            parts = _ragged(rng, parts)
        where = parts > 0
        if not where.any():
            return
        if rng.random() < 0.3:
            self._shadow(where)
        soft = rng.uniform(0.4, 1.3) if rng.random() < 0.75 else rng.uniform(1.3, 4)
        painted = self._painted(parts, self.lab[where].mean(0))
        if rng.random() < 0.6:
            painted[..., 0] += _shading(rng, where)
        self.lab = _laid(self.lab, painted, where, soft)
        self._owned(where, parts)

    def _painted(self, parts: NDArray, under: NDArray) -> NDArray[np.float32]:
        rng, painted, base = self.rng, self.lab.copy(), None
        camouflaged = rng.random() < 0.45
        for part in range(1, int(parts.max()) + 1):
            pooled = rng.random() < 0.6
            varied, colour = (
                self.pool[rng.integers(len(self.pool))]
                if pooled
                else self.maker.texture(rng, self.shape)
            )
            if base is None:
                near = under + rng.normal(0, 1, 3) * np.array([11, 5, 5])
                colour = base = near if camouflaged else colour
            elif rng.random() < 0.5:
                colour = base + rng.normal(0, 1, 3) * np.array([15, 6, 6])
            painted = _laid(painted, varied + colour, parts == part, rng.uniform(0.4, 1.5))
        return painted

    def _shadow(self, where: NDArray[np.bool_]) -> None:
        rng = self.rng
        moved = np.roll(where, tuple(rng.integers(-12, 13, 2)), (0, 1)).astype(np.float32)
        shadow = cv2.GaussianBlur(moved, (0, 0), rng.uniform(1, 8))[..., None]
        darker = rng.uniform(0.15, 0.6) * np.array([1, 0.6, 0.6])
        self.lab = (self.lab * (1 - shadow * darker)).astype(np.float32)

    def _owned(self, where: NDArray[np.bool_], parts: NDArray) -> None:
        self.layers[where] = self.next_layer
        self.parts[where] = self.next_part + parts[where]
        self.next_layer += 1
        self.next_part += 1 + int(parts.max())


@dataclass
class Nuclei:
    """Makes scenes from ``images/`` and ``labels/`` of the same names."""

    files: list[Path]
    kept: dict[Path, tuple[NDArray, NDArray]] = field(default_factory=dict)

    @classmethod
    def from_folder(cls, folder: Path) -> "Nuclei":
        """The files whose name has an even crc32; the odd ones are for the benchmark."""
        files = sorted((folder / "labels").glob("*.png"))
        return cls([file for file in files if zlib.crc32(file.stem.encode()) % 2 == 0])

    def scene(self, seed: int) -> Scene:
        """The scene of a seed."""
        rng = np.random.default_rng([9, seed])
        while True:
            image, labels = self._read(self.files[rng.integers(len(self.files))])
            sizes = np.bincount(labels.ravel())
            sizes[0] = 0
            truth = labels == rng.choice(np.flatnonzero(sizes > 60))
            if rng.random() < 0.15:
                _, clumps = cv2.connectedComponents((labels > 0).astype(np.uint8))
                truth = clumps == clumps[truth][0]
            image, labels, truth = _zoomed(rng, image, labels, truth)
            if truth.sum() >= 60:
                return Scene(_stained(rng, image), truth, labels, labels)

    def _read(self, file: Path) -> tuple[NDArray, NDArray]:
        if file not in self.kept:
            image = np.array(Image.open(file.parents[1] / "images" / file.name).convert("RGB"))
            self.kept[file] = image, np.array(Image.open(file)).astype(np.int32)
        return self.kept[file]


def _zoomed(
    rng: Generator, image: NDArray, labels: NDArray, truth: NDArray
) -> tuple[NDArray, NDArray, NDArray]:
    """The surroundings of the object, now as taken, now so that it fills 2 to 35 %."""
    rows, columns = np.nonzero(truth)
    tall, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
    height, width = min(truth.shape[0], 360), min(truth.shape[1], 360)
    if rng.random() < 0.5:
        side = np.sqrt(len(rows) / np.exp(rng.uniform(np.log(0.02), np.log(0.35))))
        aspect = np.exp(rng.uniform(-0.35, 0.35))
        height, width = max(side * aspect, 1.15 * tall, 40), max(side / aspect, 1.15 * wide, 40)
    height, width = int(min(height, truth.shape[0])), int(min(width, truth.shape[1]))
    top = rows.mean() - height * rng.uniform(0.35, 0.65)
    left = columns.mean() - width * rng.uniform(0.35, 0.65)
    top = int(np.clip(top, 0, truth.shape[0] - height))
    left = int(np.clip(left, 0, truth.shape[1] - width))
    piece = slice(top, top + height), slice(left, left + width)
    return image[piece], labels[piece], truth[piece]


def _stained(rng: Generator, image: NDArray) -> NDArray[np.uint8]:
    values = image.astype(np.float32) / 255
    if rng.random() < 0.5:
        values = values ** rng.uniform(0.4, 1.4)
    if rng.random() < 0.25:
        values = 1 - values
    if np.ptp(image, 2).max() == 0 and rng.random() < 0.5:
        dark, bright = rng.uniform(0, 0.4, 3), rng.uniform(0.5, 1, 3)
        values = dark + values * (bright - dark)
    noise = rng.uniform(0, 0.03) if rng.random() < 0.5 else 0
    values = values + rng.normal(0, 1, values.shape) * noise
    return (np.clip(values, 0, 1) * 255).astype(np.uint8)


def _lab(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _noise(rng: Generator, shape: tuple[int, int], wave: float) -> NDArray[np.float32]:
    """Smooth noise of unit variance and a wavelength of about ``wave`` pixels."""
    size = tuple(max(2, int(length / wave) + 2) for length in shape)
    coarse = rng.normal(0, 1, size).astype(np.float32)
    return np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _cloudy(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float32]:
    patch = np.zeros((*shape, 3), np.float32)
    strength = rng.uniform(1, 10)
    for wave in (2, 5, 12, 30, 80):
        weight = strength * rng.uniform(0.1, 1) * (wave / 30) ** rng.uniform(0, 0.7)
        patch[..., 0] += weight * _noise(rng, shape, wave)
    patch[..., 1:] = _noise(rng, shape, 40)[..., None] * rng.normal(0, 3, 2)
    return patch + np.array([rng.uniform(15, 85), *rng.normal(0, 12, 2)], np.float32)


def _laid(below: NDArray, above: NDArray, where: NDArray, soft: float) -> NDArray[np.float32]:
    share = cv2.GaussianBlur(where.astype(np.float32), (0, 0), soft)[..., None]
    return (below * (1 - share) + above * share).astype(np.float32)


def _shading(rng: Generator, where: NDArray[np.bool_]) -> NDArray[np.float32]:
    if rng.random() < 0.5:
        return rng.uniform(3, 14) * _noise(rng, where.shape, 120)
    depth = cv2.distanceTransform(where.astype(np.uint8), cv2.DIST_L2, 5)
    depth = np.minimum(depth / max(1.0, np.sqrt(where.sum())), 0.25) / 0.25 - 0.5
    sign = 1 if rng.random() < 0.8 else -1
    return np.asarray(rng.uniform(5, 25) * sign * depth, np.float32)


def _ragged(rng: Generator, parts: NDArray[np.int32]) -> NDArray[np.int32]:
    shape, strength, wave = parts.shape, rng.uniform(1, 5), rng.uniform(4, 20)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    moved = x + strength * _noise(rng, shape, wave), y + strength * _noise(rng, shape, wave)
    return cv2.remap(parts.astype(np.float32), *moved, cv2.INTER_NEAREST).astype(np.int32)


def _shape(rng: Generator, shape: tuple[int, int]) -> NDArray[np.int32]:
    """One to four parts grown from each other; 0 is outside."""
    share = np.exp(rng.uniform(np.log(0.012), np.log(0.30)))
    size = np.sqrt(shape[0] * shape[1] * share / np.pi)
    centre = np.array([rng.uniform(0.1, 0.9) * shape[0], rng.uniform(0.1, 0.9) * shape[1]])
    parts = np.zeros(shape, np.int32)
    for part in range(rng.choice([1, 2, 3, 4], p=[0.4, 0.25, 0.2, 0.15])):
        blob = _blob(rng, shape, size * (rng.uniform(0.25, 0.7) if part else 1), centre)
        if part and rng.random() < 0.5:
            blob &= parts > 0  # a patch on the object, not an outgrowth
        parts[blob] = part + 1
        places = np.argwhere(parts > 0)
        if not len(places):
            break
        centre = places[rng.integers(len(places))].astype(float)
    return parts


def _blob(rng: Generator, shape: tuple[int, int], size: float, centre: NDArray) -> NDArray:
    chance, flat = rng.random(), np.zeros(shape, np.uint8)
    if chance < 0.2:
        angles = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.25, 12))
        steps = np.column_stack([np.sin(angles), np.cos(angles)]) * size * 2.2 / 12
        line = np.round((centre + np.cumsum(steps, 0))[:, ::-1]).astype(np.int32)
        cv2.polylines(flat, [line], False, 1, max(3, int(size * rng.uniform(0.2, 0.5))))
        return flat > 0
    stretch, turn = np.sqrt(np.exp(rng.uniform(-0.6, 0.6))), rng.uniform(0, np.pi)
    if chance < 0.35:
        corners = rng.integers(3, 8)
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        radii = size * rng.uniform(0.7, 1.25, corners)
        x = radii * np.cos(angles) * stretch + centre[1]
        y = radii * np.sin(angles) / stretch + centre[0]
        cv2.fillPoly(flat, [np.round(np.column_stack([x, y])).astype(np.int32)], 1)
        return flat > 0
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    down, right = y - centre[0], x - centre[1]
    along = (np.cos(turn) * right + np.sin(turn) * down) * stretch
    across = (-np.sin(turn) * right + np.cos(turn) * down) / stretch
    angle, radius = np.arctan2(across, along), np.ones(shape)
    rough = rng.uniform(0, 0.35)
    for wave in range(1, rng.integers(2, 14)):
        bumps = np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
        radius += rough / wave ** rng.uniform(0.7, 1.2) * bumps
    return np.hypot(along, across) < size * np.maximum(radius, 0.15)


def _camera(rng: Generator, lab: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Uneven light, blur, noise, now and then grey, mostly JPEG."""
    shape = lab.shape[:2]
    lab = lab.copy()
    lab[..., 0] += rng.uniform(0, 8) * _noise(rng, shape, 200)
    if rng.random() < 0.4:
        lab = np.asarray(cv2.GaussianBlur(lab, (0, 0), rng.uniform(0.4, 1.2)), np.float32)
    lab[..., 0] = np.clip(lab[..., 0], 0, 100)
    colours = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255
    colours = colours + rng.normal(0, 1, (*shape, 3)) * rng.uniform(0, 7)
    image = np.clip(colours, 0, 255).astype(np.uint8)
    if rng.random() < 0.1:
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
    if rng.random() < 0.7:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 95))]
        image = cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR)
    return np.asarray(image, np.uint8)


def _visible_object(rng: Generator, layers: NDArray[np.int32]) -> NDArray[np.bool_] | None:
    """A layer of fitting size mostly inside the frame, its largest piece; large ones more often."""
    found = []
    for layer in np.unique(layers):
        _, pieces = cv2.connectedComponents((layers == layer).astype(np.uint8), connectivity=4)
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        piece = pieces == sizes.argmax()
        frame = piece[0].sum() + piece[-1].sum() + piece[:, 0].sum() + piece[:, -1].sum()
        inside = frame < 0.12 * sum(layers.shape)
        if inside and SMALLEST_SHARE < piece.mean() < LARGEST_SHARE:
            found.append(piece)
    if not found:
        return None
    weights = np.sqrt([piece.sum() for piece in found])
    return found[rng.choice(len(found), p=weights / weights.sum())]
