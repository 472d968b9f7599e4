"""Real pictures with the true outline of one object, traced by hand or by the data's makers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datasetbuilder.geometry import array_from_polygon
from datasetbuilder.model import BACKGROUND, Part, Polygon, Stroke

DATA = Path(__file__).parents[1] / "data" / "refine"
OBJECT = 3


@dataclass(frozen=True)
class Picture:
    image: NDArray
    truth: NDArray[np.bool_]
    strokes: tuple[Stroke, ...]
    rough: Polygon


def read(name: str) -> NDArray:
    return np.array(Image.open(DATA / name))


def stroke(*points: tuple[float, float], label: int = OBJECT, width: float = 4) -> Stroke:
    return Stroke(tuple(points), width, label)


def ring(*points: tuple[float, float]) -> Polygon:
    return Polygon((Part(tuple(points)),))


def ellipse(x: float, y: float, rx: float, ry: float, count: int = 40) -> Polygon:
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    points = zip(
        (x + rx * np.cos(angles)).tolist(), (y + ry * np.sin(angles)).tolist(), strict=True
    )
    return ring(*points)


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return np.count_nonzero(one & other) / np.count_nonzero(one | other)


def cup() -> Picture:
    image = read("cup.jpg")
    truth = array_from_polygon(ellipse(160, 112.5, 117, 94.5), image.shape[:2])
    inside = stroke((60, 70), (75, 100), (110, 140), (160, 160), (215, 140), (245, 110), (235, 70))
    across = stroke((70, 60), (110, 35), (165, 27), (220, 45), (160, 60), (100, 80))
    around = stroke(
        (20, 60), (30, 150), (80, 215), (170, 232), (250, 210), (296, 150), (300, 60), label=0
    )
    rough = ring(
        (160, 8), (230, 20), (282, 70), (290, 130), (245, 190), (160, 222), (80, 190), (30, 130),
        (38, 70), (90, 20),
    )  # fmt: skip
    return Picture(image, truth, (inside, across, around), rough)


def white_cell() -> Picture:
    image = read("white_cell.jpg")
    traced = (
        (100, 65.5), (117.5, 65.5), (135, 65.5), (150, 72.5), (162.5, 85), (169, 100), (171, 117.5),
        (167.5, 137.5), (160, 152.5), (150, 162.5), (137.5, 175), (120, 179), (102.5, 177.5),
        (90, 169), (80, 157.5), (71, 150), (65.5, 137.5), (65.5, 120), (67.5, 102.5), (75, 94),
        (84, 85), (91, 74),
    )  # fmt: skip
    truth = array_from_polygon(ring(*traced), image.shape[:2])
    strokes = (
        stroke((85, 130), (110, 120), (140, 100), (125, 80)),
        stroke((50, 80), (45, 140), (80, 185), (150, 190), (185, 130), label=BACKGROUND),
    )
    rough = ring((95, 55), (150, 60), (182, 105), (172, 160), (125, 190), (75, 172), (55, 115))
    return Picture(image, truth, strokes, rough)


def nucleus() -> Picture:
    """292 pixels, two from the border of the image."""
    image, labels = read("nuclei.png"), read("nuclei_labels.png")
    strokes = (
        stroke((7, 86), (12, 91), (16, 94), width=2),
        stroke((1, 76), (14, 75), (25, 84), (27, 98), (14, 104), label=BACKGROUND, width=2),
    )
    rough = ring((3, 78), (13, 77), (23, 83), (24, 96), (13, 102), (3, 99), (0.5, 88))
    return Picture(image, labels == 9, strokes, rough)


PICTURES = {"cup": cup, "white cell": white_cell, "nucleus": nucleus}
