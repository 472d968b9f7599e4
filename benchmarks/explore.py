"""The map of 50,000 objects: how long the job computes, beside what scikit-learn needs by itself.

    python benchmarks/explore.py [--objects 50000] [--rounds 3]

The control is scikit-learn's own t-SNE of the landmarks plus its search for the ten nearest of all:
what nobody who uses it can save. Features are drawn from six heaps, which is harder to search than
real objects are.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from datasetbuilder.app.mapping import map_of_objects
from datasetbuilder.insight.maps import LANDMARKS, condensed

BAR_SECONDS = 60
POSITIVE = ("area", "aspect", "perimeter", "axis_major_length", "axis_minor_length")
OTHERS = ("eccentricity", "extent", "euler_number", "mean_1", "std_1", "mean_2", "std_2")


def objects(n: int) -> pd.DataFrame:
    random = np.random.default_rng(1)
    heap = random.integers(0, 6, n)
    middles = random.normal(size=(6, 12)) * 3
    values = middles[heap] + random.normal(size=(n, 12))
    table = pd.DataFrame(values, columns=pd.Index([*POSITIVE, *OTHERS]))
    table[list(POSITIVE)] = np.exp(table[list(POSITIVE)])
    about = {name: "" for name in ("image", "uid", "author", "state", "split")}
    sizes = {name: 1 for name in ("x", "y", "width", "height", "image_width", "image_height")}
    return table.assign(image_id=np.arange(n) // 50, label=heap.astype(str), **about, **sizes)


def control(table: pd.DataFrame) -> None:
    from sklearn.manifold import TSNE
    from sklearn.neighbors import NearestNeighbors

    rows = condensed(table[[*POSITIVE, *OTHERS]].to_numpy(float))
    TSNE(init="pca", max_iter=500, random_state=0).fit_transform(rows[:LANDMARKS])
    NearestNeighbors(n_neighbors=11).fit(rows).kneighbors(rows)


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    table = objects(chosen.objects)
    control(table.iloc[:200])
    times: dict[str, list[float]] = {"pca": [], "tsne": [], "control": []}
    for _ in range(chosen.rounds):
        for method in ("pca", "tsne"):
            times[method].append(
                seconds(lambda m=method: map_of_objects(table, m, lambda *_: None))
            )
        times["control"].append(seconds(lambda: control(table)))
    middle = {name: statistics.median(found) for name, found in times.items()}
    for name, value in middle.items():
        print(f"{name:8} {value:7.1f} s")
    print(f"t-SNE map / control {middle['tsne'] / middle['control']:.2f}, bar {BAR_SECONDS} s")


if __name__ == "__main__":
    main()
