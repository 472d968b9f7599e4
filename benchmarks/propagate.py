"""A few labelled images teach the rest: ours beside scikit-image's trainable pixel forest.

    REFINE_NUCLEI=FOLDER  python benchmarks/propagate.py

REFINE_NUCLEI holds nuclei.json, images/ and labels/. For each kind of microscopy both learn from
the same three whole images and predict all others of the kind; IoU is that of the foreground, mean
over images and choices. Times are CPU milliseconds for one image, features included.
"""

import argparse
import itertools
import json
import os
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from refine_annotator import iou
from skimage.feature import multiscale_basic_features
from sklearn.ensemble import RandomForestClassifier

from datasetbuilder.refine import teaching

KINDS = ("fluo_small", "fluo_large", "lilac")
LEARNED_FROM = 3
ROWS = 24_000


def pictures(folder: Path, kind: str) -> list[tuple[NDArray, NDArray[np.bool_]]]:
    told = json.loads((folder / "nuclei.json").read_text())["images"]
    found = []
    for image in told:
        if image["modality"] == kind:
            pixels = np.array(Image.open(folder / "images" / Path(image["file_name"]).name))
            labels = np.array(Image.open(folder / "labels" / Path(image["label_file"]).name))
            found.append((pixels, labels > 0))
    return found


class Ours:
    """A classifier of pixels that is plain arrays."""

    name = "taught classifier"

    def learn(self, images: list[tuple[NDArray, NDArray]]) -> None:
        """Learn from whole images."""
        self.classifier = teaching.teach(
            teaching.Example(image, truth.astype(int)) for image, truth in images
        )

    def predict(self, image: NDArray) -> NDArray[np.bool_]:
        """The foreground."""
        return teaching.likelihood(self.classifier, image).best > 0


class PixelForest:
    """As in scikit-image's gallery, on rows drawn as ours draws them."""

    name = "scikit-image pixel forest"

    def features(self, image: NDArray) -> NDArray:
        """Of every pixel."""
        axis = -1 if image.ndim == 3 else None
        seen = multiscale_basic_features(
            image, edges=True, sigma_min=1, sigma_max=16, channel_axis=axis, workers=1
        )
        return seen.reshape(-1, seen.shape[-1])

    def learn(self, images: list[tuple[NDArray, NDArray]]) -> None:
        """Learn from whole images."""
        rng = np.random.default_rng(0)
        rows, answers = [], []
        for image, truth in images:
            seen = self.features(image)
            chosen = rng.choice(len(seen), min(ROWS, len(seen)), replace=False)
            rows.append(seen[chosen])
            answers.append(truth.ravel()[chosen])
        self.forest = RandomForestClassifier(50, max_depth=10, random_state=0, n_jobs=1)
        self.forest.fit(np.concatenate(rows), np.concatenate(answers))

    def predict(self, image: NDArray) -> NDArray[np.bool_]:
        """The foreground."""
        return self.forest.predict(self.features(image)).reshape(image.shape[:2]).astype(bool)


def main() -> None:
    parser = argparse.ArgumentParser(description="A few labelled images teach the rest.")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--most", type=int, default=10**6, help="choices of images per kind")
    chosen = parser.parse_args()
    if not os.environ.get("REFINE_NUCLEI"):
        raise SystemExit("set REFINE_NUCLEI to the folder with nuclei.json")
    cv2.setNumThreads(1)
    print("kind | choices | method | IoU | learn s | predict ms p50")
    for kind in chosen.kinds.split(","):
        images = pictures(Path(os.environ["REFINE_NUCLEI"]), kind)
        choices = list(itertools.combinations(range(len(images)), LEARNED_FROM))
        choices = choices[:: max(len(choices) // chosen.most, 1)]
        report(kind, images, choices)


def report(kind: str, images: list[tuple[NDArray, NDArray]], choices: list[tuple]) -> None:
    scores, spent, learned = defaultdict(list), defaultdict(list), defaultdict(list)
    for choice in choices:
        for tool in (Ours(), PixelForest()):
            begin = time.process_time()
            tool.learn([images[k] for k in choice])
            learned[tool.name].append(time.process_time() - begin)
            for k, (image, truth) in enumerate(images):
                if k in choice:
                    continue
                begin = time.process_time()
                mask = tool.predict(image)
                spent[tool.name].append((time.process_time() - begin) * 1e3)
                scores[tool.name].append(iou(mask, truth))
    for name, values in scores.items():
        print(
            f"{kind} | {len(choices)} | {name} | {np.mean(values):.3f} | "
            f"{np.median(learned[name]):.1f} | {np.median(spent[name]):.0f}",
            flush=True,
        )
    ours, peer = (np.mean(scores[tool.name]) for tool in (Ours, PixelForest))
    quick = np.median(spent[PixelForest.name]) / np.median(spent[Ours.name])
    print(f"{kind} | IoU x{ours / peer:.3f}, predicting x{quick:.1f} as fast", flush=True)


if __name__ == "__main__":
    main()
