"""CPU seconds and memory of exports against dicts and ``json.dump``.

``python benchmarks/export_formats.py [IMAGES]`` makes campaigns of the shape of COCO train2017
(7.3 objects of about 27 vertices on each image, one mask in a hundred) at a tenth and at all of
IMAGES, and runs each writer in a process of its own, interleaved. Memory is the peak above that of
the imports and must not grow with the campaign; verification is part of our time and shown apart.
"""

import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasetbuilder.model import Geometry

ROUNDS = 5
WAYS = ("dicts", "coco", "parquet")


class Campaign:
    """A snapshot that makes its rows as they are asked for, the same every time."""

    project, seq = "bench", 1

    def __init__(self, n_images: int) -> None:
        from datasetbuilder.model import Label

        self.n_images = n_images
        self.labels = tuple(Label(k, f"class {k}", "#112233", f"label-{k}") for k in range(1, 81))
        dealt = random.Random(0)
        self._shapes = [_polygon(dealt) for _ in range(500)] + [_mask(dealt) for _ in range(5)]

    def images(self) -> Iterator:
        """Every image."""
        from datasetbuilder.model import Image

        for k in range(1, self.n_images + 1):
            yield Image(k, f"{k:012d}.jpg", 640, 480, sha256=f"{k:064x}", format="JPEG")

    def rows(self) -> Iterator:
        """Every image with its annotations."""
        from datasetbuilder.model import Annotation

        dealt, number = random.Random(1), 0
        for image in self.images():
            found = []
            for _ in range(dealt.choice((2, 5, 7, 8, 9, 13))):
                number += 1
                shape, area, bbox = self._shapes[dealt.randrange(len(self._shapes))]
                label = dealt.randrange(1, 81)
                uid = f"00000000-0000-4000-8000-{number:012d}"
                found.append(Annotation(uid, label, shape, image.id, number, area=area, bbox=bbox))
            yield image, tuple(found)

    def open_pixels(self, image: object) -> object:
        """There are none."""
        raise FileNotFoundError(image)


def _measured(shape: "Geometry") -> tuple:
    from datasetbuilder.geometry import extent

    found = extent(shape, (480, 640))
    return shape, found.area, found.bbox


def _polygon(dealt: random.Random) -> tuple:
    import math

    from datasetbuilder.model import Part, Polygon
    from datasetbuilder.wire import shortest_float32

    x, y, size = dealt.uniform(90, 550), dealt.uniform(90, 390), dealt.uniform(10, 80)
    points, count = [], dealt.randrange(15, 40)
    for k in range(count):
        angle, reach = 2 * math.pi * k / count, size * dealt.uniform(0.7, 1)
        near = round(x + reach * math.cos(angle), 2), round(y + reach * math.sin(angle), 2)
        points.append((shortest_float32(near[0]), shortest_float32(near[1])))
    return _measured(Polygon((Part(tuple(points)),)))


def _mask(dealt: random.Random) -> tuple:
    from datasetbuilder.geometry import array_from_geometry, mask_from_array

    shape, _, _ = _polygon(dealt)
    return _measured(mask_from_array(array_from_geometry(shape, (480, 640))))


def by_dicts(campaign: Campaign, folder: Path) -> None:
    """The control: everything as dicts, then one dump."""
    from datasetbuilder.exporters.coco_objects import (
        record_from_annotation,
        record_from_image,
        record_from_label,
    )
    from datasetbuilder.exporters.options import ExportOptions

    options = ExportOptions()
    document: dict = {
        "categories": [record_from_label(label) for label in campaign.labels],
        "images": [],
        "annotations": [],
    }
    for image, annotations in campaign.rows():
        document["images"].append(record_from_image(image, image.name, ()))
        document["annotations"] += [
            record_from_annotation(item, image, options) for item in annotations
        ]
    folder.mkdir()
    with (folder / "all.json").open("w") as out:
        json.dump(document, out)


def run_one(way: str, n_images: int) -> None:
    """Write once and print CPU seconds, those of checking, MiB above the imports, and objects."""
    from dataclasses import replace

    import pandas  # noqa: F401 - Arrow loads it; the memory of imports belongs to the baseline
    import pyarrow.parquet  # noqa: F401

    import datasetbuilder.exporters.export as exporting
    import datasetbuilder.exporters.parquet_rows  # noqa: F401
    from datasetbuilder.exporters.registry import FORMATS

    spent = [0.0]

    def timed(*arguments: object) -> None:
        began = time.process_time()
        check(*arguments)  # type: ignore[arg-type]
        spent[0] += time.process_time() - began

    if way in FORMATS:
        check = FORMATS[way].check
        FORMATS[way] = replace(FORMATS[way], check=timed)
    campaign = Campaign(n_images)
    baseline = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as home:
        began = time.process_time()
        if way == "dicts":
            by_dicts(campaign, Path(home) / "out")
        else:
            exporting.export(campaign, Path(home) / "out", formats=[way], images="none")  # type: ignore[arg-type]
        cpu = time.process_time() - began
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - baseline) / 1024
    print(json.dumps({"cpu": cpu, "checking": spent[0], "memory": memory}))


def main() -> None:
    n_images = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    print(f"{'way':8} {'images':>8} {'CPU-s':>8} {'checking':>9} {'MiB above imports':>18}")
    for count in (n_images // 10, n_images):
        found: dict[str, list[dict]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way in WAYS:
                command = [sys.executable, __file__, "--one", way, str(count)]
                out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                found[way].append(json.loads(out))
        for way, runs in found.items():
            cpu, checking, memory = (
                statistics.median(run[key] for run in runs) for key in ("cpu", "checking", "memory")
            )
            print(f"{way:8} {count:8} {cpu - checking:8.2f} {checking:9.2f} {memory:18.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        run_one(sys.argv[2], int(sys.argv[3]))
    else:
        main()
