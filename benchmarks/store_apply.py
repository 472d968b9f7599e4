"""How long one box takes until it is stored, beside a bare write and fsync on the same disk.

Run: python benchmarks/store_apply.py [--n 300] [--objects 500] [--folder DIR]

Prints the median and 99th percentile of a single operation on an image that holds the given number
of polygons, of the bare control in the same run, of opening that image, and of sixteen writers at
once. Only the ratio to the control counts on a busy machine.
"""

import argparse
import math
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from datasetbuilder.model import (
    Annotation,
    Image,
    Operation,
    OperationKind,
    Part,
    Polygon,
    Target,
    TargetType,
)
from datasetbuilder.projects.store import Store
from datasetbuilder.wire import shortest_float32

BOX = {"label": 1, "kind": "box", "geometry": {"x": 10, "y": 20, "width": 30, "height": 40}}


def polygon(k: int) -> Polygon:
    x, y = 50 + k * 7 % 3900, 50 + k * 13 % 2900
    turns = [2 * math.pi * n / 24 for n in range(24)]
    ring = ((x + 30 * math.cos(t), y + 30 * math.sin(t)) for t in turns)
    return Polygon((Part(tuple((shortest_float32(a), shortest_float32(b)) for a, b in ring)),))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def line(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    print(f"{name:34} p50 {middle * 1e3:7.2f} ms   p99 {late * 1e3:7.2f} ms")


def measure(folder: Path, n: int, objects: int) -> None:
    control = os.open(folder / "control", os.O_CREAT | os.O_WRONLY)

    def bare() -> None:
        os.write(control, b"x" * 4096)
        os.fsync(control)

    with Store.open(folder) as store:
        project = store.create_project("Benchmark", labels=[("cell", None)])
        store.add_images(project.id, [Image(0, "a.png", 4000, 3000)], author="bench")
        drawn = [Annotation(str(uuid4()), 1, polygon(k), image_id=1) for k in range(objects)]
        store.add_annotations(project.id, drawn, author="bench")

        def save() -> None:
            target = Target(TargetType.ANNOTATION, str(uuid4()), 1)
            operation = Operation(str(uuid4()), OperationKind.ADD, target, BOX)
            store.apply(project.id, [operation], author="bench", client="tab")

        for _ in range(20):
            save()
        saves, controls, opens = [], [], []
        for _ in range(n):
            controls.append(seconds(bare))
            saves.append(seconds(save))
        for _ in range(max(5, n // 10)):
            opens.append(seconds(lambda: store.annotations(project.id, 1)))
        with ThreadPoolExecutor(16) as pool:
            start = time.perf_counter()
            crowd = list(pool.map(lambda _: seconds(save), range(n * 4)))
            spent = time.perf_counter() - start
    os.close(control)
    line("bare write + fsync (control)", controls)
    line("one box stored", saves)
    print(f"{'ratio of the medians':34} {sorted(saves)[n // 2] / sorted(controls)[n // 2]:11.2f}")
    line(f"{objects} polygons and the boxes read", opens)
    line("one box, 16 writers at once", crowd)
    print(f"{'boxes stored per second':34} {len(crowd) / spent:11.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What storing one box costs.")
    parser.add_argument("--n", type=int, default=300)
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        measure(Path(folder), asked.n, asked.objects)


if __name__ == "__main__":
    main()
