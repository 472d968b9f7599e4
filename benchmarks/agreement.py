"""How long it takes to compare five annotators on a thousand images with twenty objects each.

Run: python benchmarks/agreement.py [--images 1000] [--raters 5] [--objects 20] [--kind mixed]

Kinds are polygon, mask, box and mixed. Seconds are those of the processor, so that other work on
the machine counts less.

The control compares the same pairs, bounding boxes first, with the plain ``geometry.iou`` of two
shapes, on a share of the images. Only the ratio counts on a busy machine.
"""

import argparse
import math
import random
import time
from itertools import combinations

import numpy as np

from datasetbuilder.geometry import extent, iou, mask_from_array
from datasetbuilder.insight.agreement import agreement
from datasetbuilder.model import Annotation, Box, Geometry, Image, Part, Polygon
from datasetbuilder.wire import shortest_float32

WIDTH, HEIGHT = 1500, 1000


def shape(kind: str, centre: tuple[float, float], radius: float) -> Geometry:
    x, y = centre
    if kind == "box":
        return Box(x - radius, y - radius, 2 * radius, 2 * radius)
    if kind == "mask":
        side = math.ceil(radius)
        rows, columns = np.mgrid[-side : side + 1, -side : side + 1]
        inside = rows**2 + columns**2 <= radius**2
        return mask_from_array(inside, offset=(int(x) - side, int(y) - side))
    turns = [2 * math.pi * n / 40 for n in range(40)]
    ring = ((x + radius * math.cos(t), y + radius * math.sin(t)) for t in turns)
    return Polygon((Part(tuple((shortest_float32(a), shortest_float32(b)) for a, b in ring)),))


def campaign(asked: argparse.Namespace) -> list:
    """Every rater draws every object, a few pixels off; one in ten is forgotten."""
    chance = random.Random(1)
    rows = []
    for number in range(1, asked.images + 1):
        image = Image(number, f"{number}.png", WIDTH, HEIGHT)
        truth = [
            (
                (chance.uniform(60, WIDTH - 60), chance.uniform(60, HEIGHT - 60)),
                chance.uniform(15, 45),
                chance.randint(1, 3),
                asked.kind if asked.kind != "mixed" else chance.choice(("polygon", "mask", "box")),
            )
            for _ in range(asked.objects)
        ]
        rows.append((image, {f"r{k}": drawn(truth, image, chance) for k in range(asked.raters)}))
    return rows


def drawn(truth: list, image: Image, chance: random.Random) -> list[Annotation]:
    found = []
    for n, ((x, y), radius, label, kind) in enumerate(truth):
        if chance.random() < 0.1:
            continue
        geometry = shape(kind, (x + chance.gauss(0, 2), y + chance.gauss(0, 2)), radius)
        size = extent(geometry, image.shape)
        found.append(Annotation(f"{image.id}-{n}", label, geometry, bbox=size.bbox, area=size.area))
    return found


def control(rows: list) -> int:
    """Plain IoUs of the pairs whose bounding boxes meet."""
    n = 0
    for image, rated in rows:
        for ours, theirs in combinations(rated.values(), 2):
            for a in ours:
                for b in theirs:
                    if a.label == b.label and meet(a.bbox, b.bbox):
                        iou(a.geometry, b.geometry, image.shape)
                        n += 1
    return n


def meet(a, b) -> bool:
    return all(a[k] < b[k] + b[k + 2] and b[k] < a[k] + a[k + 2] for k in (0, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description="What comparing annotators costs.")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--raters", type=int, default=5)
    parser.add_argument("--objects", type=int, default=20)
    parser.add_argument("--kind", default="mixed")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    rows = campaign(asked)
    part = rows[: max(1, asked.images // 200)]
    agreement(part, {})
    control(part[:1])
    spent, plain = [], []
    found = agreement([], {})
    for _ in range(asked.rounds):
        start = time.process_time()
        found = agreement(rows, {1: "a", 2: "b", 3: "c"})
        spent.append(time.process_time() - start)
        start = time.process_time()
        control(part)
        plain.append((time.process_time() - start) * len(rows) / len(part))
    ours, peer = sorted(spent)[len(spent) // 2], sorted(plain)[len(plain) // 2]
    print(
        f"{asked.raters} raters, {asked.images} images, {asked.objects} {asked.kind} objects each"
    )
    print(f"{'agreement, all tables':40} {ours:7.2f} s")
    print(f"{'plain IoU of meeting pairs (control)':40} {peer:7.2f} s, of {len(part)} images")
    print(f"{'ratio':40} {ours / peer:7.2f}")
    print(found.classes.to_string(index=False))


if __name__ == "__main__":
    main()
