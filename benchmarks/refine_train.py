"""Learn the weights of the scribble tool from images that anybody may use and share.

    REFINE_PHOTOS=FOLDER REFINE_NUCLEI=FOLDER  python benchmarks/refine_train.py OUT.npz

Three nets, each on what the one before makes possible: where objects end (edges), what strokes say
about a region (evidence), and what the first answer around it says (context). Strokes are those of
the simulated hand, which corrects the answers of the net before. Only photographs in the public
domain (PHOTOGRAPHS) and nuclei whose file has an even crc32 are used; fixed seeds, about fifteen
minutes of one processor.
"""

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
from numpy.typing import NDArray
from refine_annotator import OBJECT, UNTOUCHED, Annotator, Sample, iou
from refine_scenes import Layered, Nuclei, Scene
from scipy import sparse
from sklearn.neural_network import MLPClassifier

from datasetbuilder.model import Stroke
from datasetbuilder.refine import window as windows
from datasetbuilder.refine.answering import answered, window_of
from datasetbuilder.refine.cues import context_cues, stroke_cues
from datasetbuilder.refine.drawing import drawing, strokes_from_raster
from datasetbuilder.refine.evidence import Drawn
from datasetbuilder.refine.graph import RegionGraph, graph_from_lab, ground_from_lab
from datasetbuilder.refine.lab import lab_from_pixels, pixels_from_image, stretched_levels_of
from datasetbuilder.refine.methods import SUREST, Answer, cut_answer, superpixel_random_forest
from datasetbuilder.refine.nets import Net, arrays_from_net, squashed
from datasetbuilder.refine.prepared import Prepared
from datasetbuilder.refine.proposal import Proposal

PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "chelsea.png",
    "clock_motion.png",
    "coffee.png",
    "coffee.png",
    "grass.png",
    "hubble_deep_field.jpg",
    "retina.jpg",
    "rocket.jpg",
)
PART_EDGE = 0.3  # how much an edge between two parts of one object counts
KEPT_EDGES = 0.3
KEPT_REGIONS = 400
STROKES = 8
GOOD_ENOUGH = 0.96


@dataclass
class Source:
    """Scenes of both kinds by number: two layered ones, then one of nuclei."""

    layered: Layered
    nuclei: Nuclei

    def scenes(self, start: int, count: int) -> Iterator[tuple[str, Scene]]:
        """``count`` scenes from number ``start``."""
        for number in range(start, start + count):
            maker = self.nuclei if number % 3 == 2 else self.layered
            yield f"scene {number}", maker.scene(number)


@dataclass
class Rows:
    """Training rows: inputs, chance of yes, weight."""

    inputs: list[NDArray] = field(default_factory=list)
    chance: list[NDArray] = field(default_factory=list)
    weight: list[NDArray] = field(default_factory=list)

    def add(self, inputs: NDArray, chance: NDArray, weight: NDArray) -> None:
        """Keep the rows of one picture."""
        self.inputs.append(inputs.astype(np.float32))
        self.chance.append(chance)
        self.weight.append(weight)

    def joined(self) -> tuple[NDArray, NDArray, NDArray]:
        """All rows."""
        inputs, chance, weight = map(np.concatenate, (self.inputs, self.chance, self.weight))
        return inputs, chance, weight


def edge_rows(source: Source, start: int, count: int) -> Rows:
    """Borders of the regions of scenes: an object ends there, a part does, or nothing."""
    rows, rng = Rows(), np.random.default_rng(start)
    for _, scene in source.scenes(start, count):
        lab, layers, parts = _at_work_scale(scene)
        ground = ground_from_lab(lab)
        layer, part = (_majority(ground.labels, truth) for truth in (layers, parts))
        first, second = ground.borders.first, ground.borders.second
        same_layer, same_part = layer[first] == layer[second], part[first] == part[second]
        chance = np.where(~same_layer, 1.0, np.where(same_part, 0.0, PART_EDGE))
        kept = rng.random(len(chance)) < KEPT_EDGES
        rows.add(ground.edge_features()[kept], chance[kept], ground.borders.length[kept])
        _progress()
    return rows


def _at_work_scale(scene: Scene) -> tuple[NDArray, NDArray, NDArray]:
    pixels = pixels_from_image(scene.image)
    window = windows.whole(scene.truth.shape)
    lab = lab_from_pixels(window.read(pixels), stretched_levels_of(pixels))
    size = lab.shape[1::-1]
    layers, parts = (
        cv2.resize(truth.astype(np.float32), size, interpolation=cv2.INTER_NEAREST).astype(int)
        for truth in (scene.layers, scene.parts)
    )
    return lab, layers, parts


def _majority(labels: NDArray, truth: NDArray) -> NDArray:
    ones = np.ones(labels.size)
    table = sparse.coo_matrix((ones, (labels.ravel(), truth.ravel()))).tocsr()
    return np.asarray(table.argmax(1)).ravel()


def prepared_with(image: NDArray, edges: Net) -> Prepared:
    """An image made ready with edges that are being learned."""
    pixels = pixels_from_image(image)
    return Prepared(pixels, stretched_levels_of(pixels), partial(graph_from_lab, edges=edges))


Policy = Callable[[RegionGraph, Drawn], tuple[NDArray | None, Answer]]


def stroke_rows(source: Source, start: int, count: int, edges: Net, policy: Policy) -> Rows:
    """Let the hand draw on scenes and correct a policy's answers; keep some regions of each."""
    rows, rng = Rows(), np.random.default_rng(start)
    for name, scene in source.scenes(start, count):
        number = int(name.split()[1])
        hand = Annotator(0.003 if number % 6 == 3 else 0.0, clicks=number % 8 == 0)
        _drawn_on(Sample(name, scene.image, scene.truth), hand, edges, policy, rows, rng)
        _progress()
    return rows


def _drawn_on(  # noqa: PLR0913 - one loop of the hand
    sample: Sample,
    hand: Annotator,
    edges: Net,
    policy: Policy,
    rows: Rows,
    rng: np.random.Generator,
) -> None:
    prepared, strokes = prepared_with(sample.image, edges), list[Stroke]()
    previous: Proposal | None = None
    raster = np.full(sample.truth.shape, UNTOUCHED, np.int32)
    fresh = hand.first(sample, raster)
    for turn in range(len(fresh), STROKES + 1):
        for pixels in fresh:
            strokes += strokes_from_raster(pixels)
        seen = drawing(strokes, label=OBJECT, shape=prepared.shape)
        if not seen.has_object:
            return
        window = window_of(seen, previous)

        def method(graph: RegionGraph, drawn: Drawn, window: windows.Window = window) -> Answer:
            inputs, answer = policy(graph, drawn)
            share = graph.share(window.covered(sample.truth))
            kept = rng.choice(graph.count, min(KEPT_REGIONS, graph.count), replace=False)
            weight = np.clip(graph.area / graph.area.mean(), 0.2, 4) * np.abs(2 * share - 1) + 0.05
            if inputs is not None:
                rows.add(inputs[kept], share[kept], weight[kept])
            return answer

        previous = answered(prepared, seen, previous, method, name="learning")
        stroke = hand.correct(sample, previous.mask, raster, turn)
        if stroke is None or iou(previous.mask, sample.truth) >= GOOD_ENOUGH:
            return
        fresh = [stroke]


def by_forest(graph: RegionGraph, drawn: Drawn) -> tuple[NDArray, Answer]:
    return stroke_cues(graph, drawn), superpixel_random_forest(graph, drawn)


def by_evidence(evidence: Net) -> Policy:
    def policy(graph: RegionGraph, drawn: Drawn) -> tuple[NDArray, Answer]:
        cues = stroke_cues(graph, drawn)
        log_odds = evidence.log_odds(cues)
        inputs = np.hstack([cues, context_cues(graph, drawn.seeds, log_odds)])
        return inputs, cut_answer(graph, drawn, np.clip(log_odds, -SUREST, SUREST))

    return policy


def by_context(evidence: Net, context: Net) -> Policy:
    def policy(graph: RegionGraph, drawn: Drawn) -> tuple[NDArray, Answer]:
        cues = stroke_cues(graph, drawn)
        first = evidence.log_odds(cues)
        inputs = np.hstack([cues, context_cues(graph, drawn.seeds, first)])
        log_odds = np.clip(context.log_odds(inputs), -SUREST, SUREST)
        return inputs, cut_answer(graph, drawn, log_odds)

    return policy


@dataclass(frozen=True)
class Plan:
    """How a net is learned."""

    hidden: tuple[int, ...]
    members: int
    epochs: int
    shrinkage: float
    most_rows: int = 450_000
    batch: int = 2048
    rate: float = 3e-3


EDGES = Plan((40, 16), 1, 7, 1e-3, batch=1024, rate=2e-3)
EVIDENCE = Plan((32, 16), 3, 5, 1.0)
CONTEXT = Plan((32, 16), 3, 5, 1.0)


def fitted(rows: tuple[NDArray, NDArray, NDArray], plan: Plan) -> Net:
    inputs, chance, weight = rows
    inputs = squashed(inputs)
    mean, spread = inputs[::5].mean(0), inputs[::5].std(0) + 1e-6
    members = []
    for number in range(plan.members):
        rng = np.random.default_rng(10 + number)
        share = 1.0 if plan.members == 1 else 0.6
        chosen = rng.permutation(len(chance))[: min(plan.most_rows, int(len(chance) * share))]
        scaled = np.clip((inputs[chosen] - mean) / spread, -5, 5).astype(np.float32)
        net = MLPClassifier(
            plan.hidden,
            alpha=plan.shrinkage,
            max_iter=plan.epochs,
            learning_rate_init=plan.rate,
            random_state=number,
        ).set_params(batch_size=plan.batch)
        answer = (
            (rng.random(len(chosen)) < chance[chosen]) if plan is EDGES else chance[chosen] > 0.5
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it stops before it has converged, on purpose
            net.fit(scaled, answer.astype(int), sample_weight=weight[chosen] / weight.mean())
        members.append(tuple(zip(net.coefs_, net.intercepts_, strict=True)))
    return Net(mean.astype(np.float32), spread.astype(np.float32), tuple(members))


def learned(source: Source, scale: float, cache: Path | None) -> dict[str, NDArray]:
    def rows(name: str, make: Callable[[], Rows]) -> tuple[NDArray, NDArray, NDArray]:
        file = None if cache is None else cache / f"{name}.npz"
        if file is not None and file.exists():
            with np.load(file) as kept:
                return kept["inputs"], kept["chance"], kept["weight"]
        begin = time.process_time()
        joined = make().joined()
        print(f" {name}: {joined[0].shape}, {time.process_time() - begin:.0f} s", flush=True)
        if file is not None:
            np.savez(file, inputs=joined[0], chance=joined[1], weight=joined[2])
        return joined

    def many(count: int) -> int:
        return max(int(count * scale), 3)

    edges = fitted(rows("edges", lambda: edge_rows(source, 0, many(360))), EDGES)
    off = rows("strokes 1", lambda: stroke_rows(source, 5000, many(180), edges, by_forest))
    first = fitted(off, EVIDENCE)
    on = rows("strokes 2", lambda: stroke_rows(source, 6000, many(240), edges, by_evidence(first)))
    width = off[0].shape[1]
    both = [np.concatenate(pair) for pair in zip(off, (on[0][:, :width], *on[1:]), strict=True)]
    evidence = fitted((both[0], both[1], both[2]), EVIDENCE)
    second = rows(
        "strokes 3", lambda: stroke_rows(source, 7000, many(240), edges, by_evidence(evidence))
    )
    draft = fitted(second, CONTEXT)
    third = rows(
        "strokes 4",
        lambda: stroke_rows(source, 8000, many(240), edges, by_context(evidence, draft)),
    )
    all_ = [np.concatenate(pair) for pair in zip(second, third, strict=True)]
    context = fitted((all_[0], all_[1], all_[2]), CONTEXT)
    return {
        **arrays_from_net(edges, "edges"),
        **arrays_from_net(evidence, "evidence"),
        **arrays_from_net(context, "context"),
    }


def _progress() -> None:
    print(".", end="", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Learn the weights of the scribble tool.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the scenes")
    parser.add_argument("--cache", type=Path, help="keep and reuse training rows here")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    photographs, nuclei = (os.environ.get(f"REFINE_{n}") for n in ("PHOTOS", "NUCLEI"))
    if not photographs or not nuclei:
        raise SystemExit("set REFINE_PHOTOS and REFINE_NUCLEI (see the head of this file)")
    if chosen.cache is not None:
        chosen.cache.mkdir(parents=True, exist_ok=True)
    source = Source(
        Layered.from_folder(Path(photographs), PHOTOGRAPHS), Nuclei.from_folder(Path(nuclei))
    )
    arrays: dict[str, Any] = learned(source, chosen.scale, chosen.cache)
    np.savez_compressed(chosen.out, **arrays)


if __name__ == "__main__":
    main()
