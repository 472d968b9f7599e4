"""What the job engine costs beside the plain process pool, and what a killed worker costs.

Run: python benchmarks/jobs.py [--n 10000] [--rounds 5] [--only cost|speed|killed]

Prints, for items of one millisecond, the median of interleaved rounds: the engine with its rows
and transactions, and ``concurrent.futures`` with the same chunks and nothing written down. Then how
much a second worker gains, and how much is done twice when a worker is killed, on local processes
and on a Dask cluster.
"""

import argparse
import hashlib
import os
import signal
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from datasetbuilder.projects import jobs
from datasetbuilder.projects.job_chunk import Task
from datasetbuilder.projects.job_engine import CHUNK, Engine
from datasetbuilder.projects.job_run import Kind, run_items
from datasetbuilder.projects.store import Store

WORKERS = 2


def a_millisecond(_params: Any, item: str) -> int:
    end = time.perf_counter() + 1e-3
    while time.perf_counter() < end:
        pass
    return int(item)


def plain_chunk(task: Task, items: list[str]) -> list[int]:
    return [task({}, item) for item in items]


def think(_params: Any, item: str) -> int:
    digest = item.encode()
    for _ in range(30_000):
        digest = hashlib.sha256(digest).digest()
    return digest[0]


def logged_and_killed_once(params: Any, item: str) -> int:
    with Path(params["log"]).open("a") as log:
        log.write(f"{item}\n")
    if int(item) == params["fatal"]:
        try:
            Path(params["died"]).touch(exist_ok=False)
        except FileExistsError:
            return int(item)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(1e-3)
    return int(item)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def new_job(store: Store, n: int, **params: Any) -> jobs.Job:
    names = [one.slug for one in store.projects()]
    project = store.project("bench") if names else store.create_project("bench")

    def write(transaction: Any) -> int:
        number = jobs.create(
            transaction.connection, project.id, "bench", params=params, author="bench"
        )
        jobs.add_items(transaction.connection, number, [str(k) for k in range(n)])
        jobs.begin(transaction.connection, number)
        return number

    number = store.submit(write)
    with store.reading() as connection:
        return jobs.job_with_id(connection, number)


def run(store: Store, job: jobs.Job, task: Task, engine: Engine, chunk: int = CHUNK) -> None:
    assert run_items(store, job, Kind(task, chunk=chunk), engine)
    with store.reading() as connection:
        left = jobs.job_with_id(connection, job.id)
    assert left.n_done == left.n_items, f"{left.n_items - left.n_done} items were lost"


def plain(task: Task, n: int, workers: int = WORKERS, chunk: int = CHUNK) -> None:
    items = [str(k) for k in range(n)]
    chunks = [items[k : k + chunk] for k in range(0, n, chunk)]
    with ProcessPoolExecutor(workers) as pool:
        assert sum(map(len, pool.map(partial(plain_chunk, task), chunks))) == n


def timed_job(
    store: Store, task: Task, n: int, workers: int = WORKERS, chunk: int = CHUNK
) -> float:
    job = new_job(store, n)
    return seconds(lambda: run(store, job, task, Engine(workers=workers), chunk))


def cost(store: Store, n: int, rounds: int) -> None:
    ours, control = [], []
    for _ in range(rounds):
        control.append(seconds(lambda: plain(a_millisecond, n)))
        ours.append(timed_job(store, a_millisecond, n))
    report("items of 1 ms, process pool (control)", control)
    report("items of 1 ms, as a job", ours)
    told("ratio of the medians (bar 2)", statistics.median(ours) / statistics.median(control))


def speed(store: Store, n: int, rounds: int) -> None:
    times: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        for workers in (1, 2):
            bare = seconds(lambda w=workers: plain(think, n, w, 16))
            times.setdefault(("process pool (control)", workers), []).append(bare)
            ours = timed_job(store, think, n, workers, 16)
            times.setdefault(("as a job", workers), []).append(ours)
    for (what, workers), found in times.items():
        report(f"items that compute, {what}, workers: {workers}", found)
    for what in ("process pool (control)", "as a job"):
        one, two = (statistics.median(times[what, workers]) for workers in (1, 2))
        told(f"gain of the second worker, {what} (bar 1.4)", one / two)


def killed(store: Store, folder: Path, where: str, n: int = 1000) -> None:
    log = folder / f"{where}.log"
    job = new_job(store, n, log=str(log), died=str(folder / f"{where}.died"), fatal=n // 2)
    with ExitStack() as stack:
        scheduler = None
        if where == "dask":
            from distributed import LocalCluster

            options = {"n_workers": WORKERS, "threads_per_worker": 1, "dashboard_address": None}
            cluster: Any = stack.enter_context(LocalCluster(**options))
            scheduler = cluster.scheduler_address
        run(store, job, logged_and_killed_once, Engine(workers=WORKERS, scheduler=scheduler), 16)
    times = Counter(log.read_text().split())
    assert len(times) == n
    repeated = sum(times.values()) - n
    told(f"killed worker, {where}: {n} items in chunks of 16, done twice", repeated)


def report(name: str, times: list[float]) -> None:
    print(f"{name:62} {statistics.median(times):8.2f} s  ({min(times):.2f}–{max(times):.2f})")


def told(name: str, value: float) -> None:
    print(f"{name:62} {value:8.2f}" if isinstance(value, float) else f"{name:62} {value:8}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What the job engine costs.")
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["cost", "speed", "killed"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, Store.open(Path(place)) as store:
        if asked.only in (None, "cost"):
            cost(store, asked.n, asked.rounds)
        if asked.only in (None, "speed"):
            speed(store, max(64, asked.n // 10), asked.rounds)
        if asked.only in (None, "killed"):
            for where in ("loky", "dask"):
                killed(store, Path(place), where)


if __name__ == "__main__":
    main()
