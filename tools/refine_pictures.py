"""The pictures of the refine pages: what was drawn on a real image, and what a tool made of it.

Run: ``python -m tools.refine_pictures`` in the development environment; it rewrites
``docs/images/refine``. The images are those of ``tests/data/refine``, all free to share.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datasetbuilder.geometry import array_from_strokes
from datasetbuilder.model import Box, Part, Polygon, Stroke
from datasetbuilder.refine import edit, outline, region, scribbles, teaching

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "tests" / "data" / "refine"
OUT = ROOT / "docs" / "images" / "refine"
OBJECT, BACKGROUND, PINK = (57, 217, 138), (255, 93, 143), (228, 87, 46)
SIDE = 260

Mask = NDArray[np.bool_]


def read(name: str) -> NDArray:
    """An image of the tests."""
    return np.array(Image.open(IMAGES / name))


def shown(image: NDArray) -> NDArray[np.uint8]:
    """Eight bits and three channels."""
    low, high = (0.0, 255.0) if image.max() > 128 and image.dtype == np.uint8 else (0, image.max())
    grey = np.clip((image.astype(float) - low) / max(high - low, 1) * 255, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, 2) if grey.ndim == 2 else grey[..., :3]


def tinted(image: NDArray, mask: Mask, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A mask laid over an image, its rim in full colour."""
    canvas = shown(image).astype(float)
    canvas[mask] = 0.55 * canvas[mask] + 0.45 * np.array(colour)
    rim = mask & (cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    canvas[rim] = colour
    return canvas.astype(np.uint8)


def with_strokes(image: NDArray, strokes: Sequence[Stroke]) -> NDArray[np.uint8]:
    """Strokes on an image: green on the object, pink on the background."""
    canvas, raster = shown(image).copy(), array_from_strokes(strokes, image.shape[:2])
    canvas[raster > 0], canvas[raster == 0] = OBJECT, BACKGROUND
    return canvas


def with_line(image: NDArray, polygon: Polygon) -> NDArray[np.uint8]:
    """An outline on an image."""
    canvas = np.ascontiguousarray(shown(image))
    for part in polygon.parts:
        points = np.round(np.array(part.exterior)).astype(np.int32)
        cv2.polylines(canvas, [points], True, BACKGROUND, 2, cv2.LINE_AA)
    return canvas


def ring(*points: tuple[float, float]) -> Polygon:
    """A polygon of one ring."""
    return Polygon((Part(tuple(points)),))


def save(name: str, before: NDArray, after: NDArray) -> None:
    """Both sides beside each other, at one height."""
    scale = SIDE / before.shape[0]
    size = (round(before.shape[1] * scale), SIDE)
    sides = [cv2.resize(side, size, interpolation=cv2.INTER_CUBIC) for side in (before, after)]
    gap = np.full((SIDE, 12, 3), 255, np.uint8)
    Image.fromarray(np.hstack([sides[0], gap, sides[1]])).save(OUT / f"{name}.png", optimize=True)


CUP_STROKES = (
    Stroke(((60, 70), (75, 100), (110, 140), (160, 160), (215, 140), (245, 110), (235, 70)), 4, 1),
    Stroke(((70, 60), (110, 35), (165, 27), (220, 45), (160, 60), (100, 80)), 4, 1),
    Stroke(((20, 60), (30, 150), (80, 215), (170, 232), (250, 210), (296, 150), (300, 60)), 4, 0),
)
CELL = ring((95, 55), (150, 60), (182, 105), (172, 160), (125, 190), (75, 172), (55, 115))


def scribbled() -> Mask:
    """Strokes to a mask."""
    image = read("cup.jpg")
    found = scribbles.segment(scribbles.prepare(image), CUP_STROKES, label=1)
    save("scribbles", with_strokes(image, CUP_STROKES), tinted(image, found.mask, PINK))
    return found.mask


def snapped() -> None:
    """A rough outline to an exact one."""
    image = read("white_cell.jpg")
    mask = outline.fit(image, CELL).mask
    save("outlines", with_line(image, CELL), tinted(image, mask, PINK))


def boxed() -> None:
    """A box to a mask."""
    image = read("white_cell.jpg")
    box = Box(60, 58, 118, 128)
    x, y, right, bottom = box.x, box.y, box.x + box.width, box.y + box.height
    around = ring((x, y), (right, y), (right, bottom), (x, bottom))
    mask = region.from_box(scribbles.prepare(image), box).mask
    save("boxes", with_line(image, around), tinted(image, mask, PINK))


def thresholded() -> None:
    """The bright pixels inside a free hand."""
    image = read("nuclei.png")
    around = ring((2, 185), (110, 160), (170, 190), (150, 235), (60, 254), (2, 250))
    mask = region.threshold(image, around).mask
    save("threshold", with_line(image, around), tinted(image, mask, PINK))


def split() -> None:
    """Two touching disks fall apart along the neck."""
    rows, columns = np.mgrid[:160, :260]
    one, two = (np.hypot(rows - 80, columns - x) <= 56 for x in (80, 172))
    blank = np.full((160, 260), 235, np.uint8)
    across = Stroke(((130, 8), (124, 152)), 3, 0)
    pieces = edit.split(one | two, across)
    after = tinted(blank, pieces[0].mask, PINK)
    second = pieces[1].mask
    after[second] = tinted(blank, second, OBJECT)[second]
    save("split", with_strokes(tinted(blank, one | two, PINK), [across]), after)


def cut_out(mask: Mask) -> None:
    """An object without its background, on a chequered ground."""
    image = read("cup.jpg")
    picture = edit.remove_background(image, mask, soft=1.0)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    ground = np.where((rows // 10 + columns // 10) % 2, 205, 245)[..., None]
    opacity = picture[..., 3:] / 255
    after = (opacity * picture[..., :3] + (1 - opacity) * ground).astype(np.uint8)
    top, left = (int(np.flatnonzero(mask.any(axis))[0]) for axis in (1, 0))
    before = shown(image)[max(top - 3, 0) :, max(left - 3, 0) :]
    save("cut_out", before[: after.shape[0], : after.shape[1]], after)


def taught() -> None:
    """The left half of a field of nuclei teaches the right."""
    image, truth = read("nuclei.png"), read("nuclei_labels.png") > 0
    half = image.shape[1] // 2
    lesson = teaching.Example(image[:, :half], truth[:, :half].astype(int))
    best = teaching.likelihood(teaching.teach([lesson]), image[:, half:]).best > 0
    before = tinted(image[:, :half], truth[:, :half], OBJECT)
    save("teaching", before, tinted(image[:, half:], best, PINK))


def main() -> None:
    """Make them all."""
    OUT.mkdir(parents=True, exist_ok=True)
    mask = scribbled()
    for make in (snapped, boxed, thresholded, split, taught):
        make()
    cut_out(mask)
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
