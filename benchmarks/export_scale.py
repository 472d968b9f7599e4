"""CPU seconds and memory of exports from the store, at the size of COCO train2017.

``python -m benchmarks.export_scale [--scale 0.1] [--formats coco parquet]`` fills a store with
118,287 × SCALE images of 7.3 objects of about 27 vertices (one in a hundred a mask), then runs each
export in a process of its own. Memory is the peak above that of the imports, so runs at two scales
show whether it grows. The objects of the bars are 860,001; the last column is for as many.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

IMAGES, OBJECTS = 118_287, 860_001
BLOCK = 2_000
PHASES = ("place", "survey", "write", "check")


def blocks(rows: Iterator) -> Iterator[list]:
    """The rows in lists of a bounded length."""
    while block := list(islice(rows, BLOCK)):
        yield block


def fill(folder: Path, n_images: int) -> None:
    """A project of the campaign's shape, stored in batches."""
    from dataclasses import replace

    from benchmarks.export_formats import Campaign
    from datasetbuilder.projects.store import Store

    campaign = Campaign(n_images)
    with Store.open(folder) as store:
        project = store.create_project(
            "Scale", labels=[(label.name, label.color) for label in campaign.labels]
        )
        for images in blocks(campaign.images()):
            store.add_images(project.id, images, author="bench")
        for rows in blocks(campaign.rows()):
            found = [replace(item, id=0) for _, annotations in rows for item in annotations]
            store.add_annotations(project.id, found, author="bench")


class Clock:
    """CPU seconds by phase."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = dict.fromkeys(PHASES, 0.0)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what runs inside as one phase."""
        began = time.process_time()
        try:
            yield
        finally:
            self.spent[name] += time.process_time() - began

    def timed(self, name: str, work: Any) -> Any:
        """The same function, counted."""

        def counted(*arguments: object, **named: object) -> object:
            with self.phase(name):
                return work(*arguments, **named)

        return counted


def run_one(folder: Path, way: str) -> None:
    """Export once and print CPU seconds by phase, MiB above the imports, and objects."""
    from dataclasses import replace

    import pandas  # noqa: F401 - Arrow loads it; the memory of imports belongs to the baseline
    import pyarrow.parquet  # noqa: F401

    import datasetbuilder.exporters.export as exporting
    import datasetbuilder.exporters.parquet_rows  # noqa: F401
    from datasetbuilder.exporters.registry import FORMATS
    from datasetbuilder.projects.store import Store

    clock, found = Clock(), FORMATS[way]
    for name in ("place", "survey"):
        setattr(exporting, name, clock.timed(name, getattr(exporting, name)))
    writing, checking = clock.timed("write", found.write), clock.timed("check", found.check)
    FORMATS[way] = replace(found, write=writing, check=checking)
    with Store.open(folder) as store, tempfile.TemporaryDirectory(dir=folder) as home:
        (project,) = store.projects()
        baseline = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with store.snapshot(project.id, open_pixels=_none) as snapshot:
            report = exporting.export(snapshot, Path(home) / "out", formats=[way], images="none")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = (peak - baseline) / 1024
    print(json.dumps({"spent": clock.spent, "memory": memory, "objects": report.n_annotations}))


def _none(image: object) -> BinaryIO:
    raise FileNotFoundError(image)


def report_line(name: str, spent: float, objects: int) -> str:
    """One phase: what it took, per object, and for as many objects as the bar has."""
    each = spent / objects
    return f"{name:16} {spent:8.2f} {each * 1e6:12.1f} {each * OBJECTS:14.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Exports at the size of COCO train2017.")
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--formats", nargs="+", default=["coco", "parquet"])
    parser.add_argument("--folder", type=Path, help="keep the filled store here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        if not any(folder.iterdir()):
            fill(folder, round(IMAGES * asked.scale))
        for way in asked.formats:
            command = [sys.executable, "-m", "benchmarks.export_scale", "--one", way, str(folder)]
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            said = json.loads(out)
            print(f"{way}: {said['objects']} objects, {said['memory']:.1f} MiB above the imports")
            print(f"{'':16} {'CPU-s':>8} {'µs/object':>12} {'at full size':>14}")
            for name, spent in said["spent"].items():
                print(report_line(name, spent, said["objects"]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        run_one(Path(sys.argv[3]), sys.argv[2])
    else:
        main()
