"""How long the next image takes with many images, most of them meant for others, and 50 annotators.

Run: python -m benchmarks.next_image [--images 100000] [--people 50] [--pulls 20] [--folder DIR]

Of the images nine in ten are assigned, dealt in turn to half of the people; the other half pull
from the end of what is left. Each person takes an image, marks it done and goes on, with a pause of
about a second or none. Prints the times of "next image" beside a bare write and fsync on the
same disk in the same run, and whether an image was held by two or forgotten.
"""

import argparse
import os
import random
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from benchmarks.store_apply import line
from datasetbuilder.model import Image, ImageState, Operation, OperationKind, Target, TargetType
from datasetbuilder.projects.store import Share, Store


def done(store: Store, project_id: int, image_id: int, user: str) -> None:
    version = store.image(project_id, image_id).version
    target = Target(TargetType.IMAGE_STATE, str(image_id), image_id)
    operation = Operation(
        str(uuid4()), OperationKind.CHANGE, target, {"state": "done"}, base_version=version
    )
    store.apply(project_id, [operation], author=user, client=user)


def fill(store: Store, asked: argparse.Namespace) -> int:
    project = store.create_project("Benchmark", labels=[("cell", None)])
    for start in range(0, asked.images, 5000):
        rows = [Image(0, f"{n}.png", 100, 80) for n in range(start, start + 5000)]
        store.add_images(project.id, rows, author="bench")
    half = [f"p{n}" for n in range(asked.people // 2)]
    store.assign(project.id, Share(half, last=asked.images * 9 // 10), actor="bench")
    return project.id


def pull(
    store: Store, project_id: int, asked: argparse.Namespace, given: Counter, *, pause: float
) -> list[float]:
    """Everybody at once; how long each next image took. ``given``: how often each image was."""
    times: list[float] = []
    chance = random.Random(1)
    lock = threading.Lock()

    def work(user: str) -> None:
        leaving = None
        for _ in range(asked.pulls):
            time.sleep(chance.uniform(0, 2 * pause))
            start = time.perf_counter()
            found = store.take_image(project_id, user, leaving=leaving)
            spent = time.perf_counter() - start
            assert found is not None
            with lock:
                times.append(spent)
                given[found.image_id] += 1
            done(store, project_id, found.image_id, user)
            leaving = found.image_id

    with ThreadPoolExecutor(asked.people) as pool:
        list(pool.map(work, (f"p{n}" for n in range(asked.people))))
    return times


def one_by_one(store: Store, project_id: int, asked: argparse.Namespace) -> list[float]:
    times = []
    for n in range(asked.people * 4):
        start = time.perf_counter()
        store.take_image(project_id, f"p{n % asked.people}", order=("order", "random")[n % 2])
        times.append(time.perf_counter() - start)
    return times


def bare(folder: Path, n: int) -> list[float]:
    control = os.open(folder / "control", os.O_CREAT | os.O_WRONLY)
    times = []
    for _ in range(n):
        start = time.perf_counter()
        os.write(control, b"x" * 4096)
        os.fsync(control)
        times.append(time.perf_counter() - start)
    os.close(control)
    return times


def measure(folder: Path, asked: argparse.Namespace) -> None:
    with Store.open(folder) as store:
        project_id = fill(store, asked)
        control = bare(folder, 100)
        alone = one_by_one(store, project_id, asked)
        given: Counter = Counter()
        paused = pull(store, project_id, asked, given, pause=1.0)
        times = pull(store, project_id, asked, given, pause=0)
        control += bare(folder, 100)
        store.submit(lambda t: t.connection.exec_driver_sql("DELETE FROM lease"))
        open_ids = {one.id for state in ("new", "in_progress") for one in _all(store, state)}
    line("bare write + fsync (control)", control)
    line("next image, one after another", alone)
    line(f"next image, {asked.people} people", paused)
    line(f"next image, {asked.people} without a pause", times)
    print(f"{'given twice':34} {sum(n > 1 for n in given.values())}")
    print(f"{'neither given nor open':34} {asked.images - len(open_ids | set(given))}")


def _all(store: Store, state: str) -> list[Image]:
    found: list[Image] = []
    while page := store.images(
        1, after=found[-1].id if found else 0, limit=1000, state=ImageState(state)
    ):
        found += page
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="What the next image costs.")
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--pulls", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        measure(Path(folder), asked)


if __name__ == "__main__":
    main()
