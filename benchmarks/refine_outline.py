"""How much nearer to the object a rough outline comes, every method and OpenCV's GrabCut.

    REFINE_ROUGH=FOLDER  python benchmarks/refine_outline.py

REFINE_ROUGH holds rough.json: for each object its image, a twelve-corner outline and the true mask
as RLE. "worse" is the share whose IoU falls by more than 0.01; times are CPU milliseconds.
"""

import argparse
import json
import os
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from refine_annotator import Sample, iou

from datasetbuilder.geometry import array_from_mask, array_from_polygon, mask_from_coco_rle
from datasetbuilder.model import Part, Polygon
from datasetbuilder.refine import outline

GRABCUT = "OpenCV GrabCut, outline"


def objects(folder: Path, parity: int | None) -> Iterator[tuple[str, Sample, Polygon]]:
    for item in json.loads((folder / "rough.json").read_text())["objects"]:
        if parity is not None and zlib.crc32(item["id"].encode()) % 2 != parity:
            continue
        image = np.array(Image.open(folder / item["image"]))
        truth = array_from_mask(mask_from_coco_rle(item["mask"]), image.shape[:2])
        polygon = Polygon((Part(tuple((x, y) for x, y in item["outline"])),))
        kind = "photographs" if "interactive" in item["image"] else "nuclei"
        yield kind, Sample(item["id"], image, truth), polygon


def grabcut(image: NDArray, polygon: Polygon) -> NDArray[np.bool_]:
    """The outline's inside as likely object, its outside as sure background."""
    cv2.setRNGSeed(0)
    colours = image if image.ndim == 3 else np.repeat(image[..., None], 3, 2)
    inside = array_from_polygon(polygon, image.shape[:2])
    guess = np.where(inside, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8, order="C")
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(colours, guess, (0, 0, 0, 0), *models, 5, cv2.GC_INIT_WITH_MASK)
    return (guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)


def answer(name: str, sample: Sample, polygon: Polygon) -> NDArray[np.bool_]:
    if name == GRABCUT:
        return grabcut(sample.image, polygon)
    return outline.fit(sample.image, polygon, method=name).mask


def main() -> None:
    parser = argparse.ArgumentParser(description="Rough outlines made exact.")
    parser.add_argument("--parity", choices=["even", "odd", "all"], default="all")
    parity = {"even": 0, "odd": 1, "all": None}[parser.parse_args().parity]
    if not os.environ.get("REFINE_ROUGH"):
        raise SystemExit("set REFINE_ROUGH to the folder with rough.json")
    cv2.setNumThreads(1)
    rows: dict[tuple[str, str], list[tuple[float, float, float]]] = defaultdict(list)
    for kind, sample, polygon in objects(Path(os.environ["REFINE_ROUGH"]), parity):
        rough = iou(array_from_polygon(polygon, sample.truth.shape), sample.truth)
        for name in (*outline.METHODS, GRABCUT):
            begin = time.process_time()
            mask = answer(name, sample, polygon)
            spent = (time.process_time() - begin) * 1e3
            rows[kind, name].append((rough, iou(mask, sample.truth), spent))
    print("objects | method | rough IoU | result | worse | p50 (p95), CPU ms")
    for (kind, name), values in rows.items():
        rough, result, spent = np.array(values).T
        middle, slow = np.percentile(spent, [50, 95])
        print(
            f"{kind} ({len(values)}) | {name:31s} | {rough.mean():.3f} | {result.mean():.3f} | "
            f"{np.mean(result < rough - 0.01):.2f} | {middle:.0f} ({slow:.0f})"
        )


if __name__ == "__main__":
    main()
