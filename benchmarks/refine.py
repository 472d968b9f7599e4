"""Strokes until a mask is right, ours beside the tools people would use, with the same hand.

    REFINE_OBJECTS=FOLDER  python benchmarks/refine.py --peers grabcut,watershed
    REFINE_NUCLEI=FOLDER   python benchmarks/refine.py --nuclei

REFINE_OBJECTS holds NAME.jpg with NAME_mask.png, REFINE_NUCLEI holds images/ and labels/. NoS@85 is
the mean number of strokes until IoU reaches 0.85, objects that never do count as the cap of 12;
"never" is their share. "first" is the IoU of the first answer. All tools run one after the other on
every object; times are those of one processor (CPU milliseconds), prepare apart from refine. The
ratios say how many times fewer strokes ours needs than each peer of the same run.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
from numpy.typing import NDArray
from refine_annotator import OBJECT, UNTOUCHED, Annotator, Sample, iou, nuclei, photographs
from refine_peers import PEERS, Tool

from datasetbuilder.model import Stroke
from datasetbuilder.refine import scribbles
from datasetbuilder.refine.proposal import Proposal

CAP = 12
GOOD_ENOUGH = 0.97
SHOWN = (2, 3, 4, 6, 8, 12)


class Ours:
    """Strokes as the canvas would send them, with the previous answer."""

    def __init__(self, method: str) -> None:
        self.name = method
        self.prepared = scribbles.prepare(np.zeros((1, 1), np.uint8))
        self.strokes: list[Stroke] = []
        self.previous: Proposal | None = None

    def prepare(self, image: NDArray) -> None:
        """Open an image."""
        self.prepared = scribbles.prepare(image)
        self.strokes, self.previous = [], None

    def add(self, stroke: NDArray) -> None:
        """Take the pixels of one more stroke."""
        self.strokes += scribbles.strokes_from_raster(stroke)

    def refine(self, _raster: NDArray) -> NDArray[np.bool_]:
        """Answer."""
        self.previous = scribbles.segment(
            self.prepared, self.strokes, label=OBJECT, previous=self.previous, method=self.name
        )
        return self.previous.mask


@dataclass
class Score:
    """What one tool reached: IoU by number of strokes for each object, and CPU times in ms."""

    curves: list[dict[int, float]] = field(default_factory=list)
    refine: list[float] = field(default_factory=list)
    prepare: list[float] = field(default_factory=list)

    def strokes_to(self, target: float) -> tuple[float, float]:
        """Mean strokes to a target, and the share that never reaches it."""
        needed = [next((k for k, v in c.items() if v >= target), None) for c in self.curves]
        return (
            float(np.mean([CAP if k is None else k for k in needed])),
            float(np.mean([k is None for k in needed])),
        )

    def line(self, name: str) -> str:
        """One row of the table."""
        at = [np.mean([c[max(k for k in c if k <= n)] for c in self.curves]) for n in SHOWN]
        first = float(np.mean([c[min(c)] for c in self.curves]))
        low, high = self.strokes_to(0.85), self.strokes_to(0.90)
        times = (
            f"{np.percentile(t, 50):.0f} ({np.percentile(t, 95):.0f})"
            for t in (self.prepare, self.refine)
        )
        return (
            f"{name:35s} | {first:.3f} | {' '.join(f'{v:.3f}' for v in at)} | "
            f"{low[0]:.2f} ({low[1]:.2f}) | {high[0]:.2f} ({high[1]:.2f}) | {' | '.join(times)}"
        )

    def ratios_to(self, other: "Score") -> tuple[float, float]:
        """How many times fewer strokes this one needs to 0.85 and to 0.90."""
        low, high = (other.strokes_to(t)[0] / self.strokes_to(t)[0] for t in (0.85, 0.90))
        return low, high


def timed(work: Callable[[], object]) -> tuple[object, float]:
    begin = time.process_time()
    result = work()
    return result, (time.process_time() - begin) * 1e3


def run(tool: Tool, sample: Sample, hand: Annotator, score: Score) -> None:
    score.prepare.append(timed(lambda: tool.prepare(sample.image))[1])
    raster = np.full(sample.truth.shape, UNTOUCHED, np.int32)
    for stroke in hand.first(sample, raster):
        tool.add(stroke)
    curve: dict[int, float] = {}
    for count in range(1 if hand.clicks else 2, CAP + 1):
        mask, spent = timed(lambda: tool.refine(raster))
        score.refine.append(spent)
        curve[count] = iou(np.asarray(mask), sample.truth)
        stroke = hand.correct(sample, np.asarray(mask), raster, count)
        if curve[count] >= GOOD_ENOUGH or stroke is None:
            break
        tool.add(stroke)
    score.curves.append(curve)


def compare(samples: Iterable[Sample], tools: list[Tool], hand: Annotator) -> None:
    scores = {tool.name: Score() for tool in tools}
    for sample in samples:
        for tool in tools:
            run(tool, sample, hand, scores[tool.name])
        print(".", end="", file=sys.stderr, flush=True)
    count = len(next(iter(scores.values())).curves)
    print(f"\n{count} objects; IoU after {', '.join(map(str, SHOWN))} strokes; CPU ms p50 (p95)")
    print("method | first | IoU | NoS@85 (never) | NoS@90 (never) | prepare | refine")
    ours, *others = scores.items()
    print(ours[1].line(ours[0]))
    for name, score in others:
        print(score.line(name), "| x{:.2f}, x{:.2f}".format(*ours[1].ratios_to(score)))


def folder(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        raise SystemExit(f"set {variable} to the folder of objects (see the head of this file)")
    return Path(value)


def main() -> None:
    parser = argparse.ArgumentParser(description="Strokes until a mask is right.")
    parser.add_argument("--parity", choices=["even", "odd", "all"], default="odd")
    parser.add_argument("--nuclei", action="store_true")
    parser.add_argument("--sloppy", type=float, default=0.0)
    parser.add_argument("--clicks", action="store_true")
    parser.add_argument("--methods", default="auto")
    parser.add_argument("--peers", default="", help=f"of {', '.join(PEERS)}, or all")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    parity = {"even": 0, "odd": 1, "all": None}[chosen.parity]
    samples = (
        nuclei(folder("REFINE_NUCLEI"), parity=parity)
        if chosen.nuclei
        else photographs(folder("REFINE_OBJECTS"), parity=parity)
    )
    tools: list[Tool] = [Ours(name) for name in chosen.methods.split(",")]
    peers = PEERS if chosen.peers == "all" else chosen.peers.split(",") if chosen.peers else ()
    tools += [PEERS[name]() for name in peers]
    compare(samples, tools, Annotator(chosen.sloppy, clicks=chosen.clicks))


if __name__ == "__main__":
    main()
