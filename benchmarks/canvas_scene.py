"""What the canvas benchmark draws on: two photographs with a crowd of polygons each."""

from pathlib import Path

import numpy as np
from PIL import Image as Picture

from datasetbuilder.api import open_workspace
from datasetbuilder.model import Part, Polygon
from datasetbuilder.wire import shortest_float32

VERTICES = 40
SIZES = {12: (4272, 2848), 50: (8192, 6144)}
PHOTOGRAPH = Path(__file__).parents[1] / "app" / "sample" / "photographs" / "coffee.png"


def fill(workspace: Path, size: tuple[int, int], objects: int) -> None:
    """A project of two images, each with so many polygons, that cover a fifth of the picture."""
    images = workspace.parent / "images"
    images.mkdir(parents=True)
    photograph = Picture.open(PHOTOGRAPH).convert("RGB").resize(size, Picture.Resampling.LANCZOS)
    for k in range(2):
        (photograph if k == 0 else photograph.rotate(180)).save(images / f"{k}.jpg", quality=90)
    random = np.random.default_rng(0)
    radius = min(60.0, (0.2 * size[0] * size[1] / objects / np.pi) ** 0.5)
    with open_workspace(workspace) as opened:
        project = opened.create_project("big", labels=["cup", "spoon", "table"])
        project.add_images(images)
        for image in project.images():
            shapes = [(1 + k % 3, polygon(random, size, radius)) for k in range(objects)]
            project.annotate(image.id, shapes)


def polygon(random: np.random.Generator, size: tuple[int, int], mean: float) -> Polygon:
    """A wavy outline of forty vertices somewhere in the picture."""
    angles = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    radius = mean * (1 + 0.3 * np.sin(3 * angles + random.uniform(0, 6)))
    x, y = random.uniform(100, np.array(size) - 100)
    outline = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], 1)
    ring = np.round(outline * 16) / 16
    return Polygon((Part(tuple((shortest_float32(a), shortest_float32(b)) for a, b in ring)),))
