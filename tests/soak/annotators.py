"""Fifty people who save once a second, then sixteen who never pause, then an export beside them.

Run: python -m tests.soak.annotators [--seconds 600] [--clients 50] [--seed 1] [--broken blind]

Over HTTP against the real server. Every save is an add or a change of an annotation that all share;
a change that meets a conflict is repeated with the answer "keep mine". As the page does, a person
reads an image once, hears what others did on it before the own change, and is told the rest with
each answer. Each accepted change adds one to a number that the annotation carries: if an update was
lost, the numbers come out short.
"""

import argparse
import http.client
import random
import shutil
import sys
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from datasetbuilder.model import Annotation, Box
from datasetbuilder.projects.store import Store
from tests.soak.client import (
    IMAGES,
    SLUG,
    Acknowledged,
    Client,
    Progress,
    Running,
    finish,
    lost,
    make_workspace,
    percentile,
    server,
)

EXPORTED = "big"
FUTURE = 2**40
"""Heard of everything: an image that is not open."""


@dataclass
class Person:
    """Saves at a pace and notes how long each answer took."""

    client: Client
    acknowledged: Acknowledged
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    conflicts: int = 0
    counted: int = 0
    unanswered: tuple[int, str] | None = None
    heard: dict[int, int] = field(default_factory=dict)
    shared: dict[int, tuple[int, int]] = field(default_factory=dict)

    def work(self, until: float, pause: float) -> None:
        """Save until the time is over, once every ``pause`` seconds."""
        due = time.monotonic() + pause * self.client.dice.random()
        while due < until:
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                self._count() if self.unanswered or self.client.dice.random() < 0.4 else self._add()
            except (OSError, http.client.HTTPException, KeyError) as error:
                self.errors.append(repr(error))
            due = max(due + pause, time.monotonic()) if pause else time.monotonic()
        self.client.close()

    def _save(self, image_id: int, *operations: dict[str, Any]) -> dict[str, Any]:
        """Send a gesture; the answer to its first operation."""
        began = time.perf_counter()
        answer = self._send(image_id, *operations)
        self.times.append(time.perf_counter() - began)
        if "refused" in {one["outcome"] for one in answer["results"]}:
            self.errors.append(str(answer))
            raise KeyError("refused")
        self.acknowledged.add(answer)
        return answer["results"][0]

    def _send(self, image_id: int, *operations: dict[str, Any]) -> dict[str, Any]:
        """Send operations, or none to hear what others did, and take down what they did."""
        since = self.heard.get(image_id, FUTURE)
        status, answer = self.client.save(image_id, list(operations), since=since)
        if status != 200:
            self.errors.append(f"{status}: {answer}")
            raise KeyError("refused")
        if image_id in self.heard:
            self.heard[image_id] = answer["seq"]
            for other in answer["others"]:
                self._learn(image_id, other["target"]["key"], other["current"])
        return answer

    def _learn(self, image_id: int, key: str, current: dict[str, Any]) -> None:
        if key == f"shared-{image_id}":
            self.shared[image_id] = (current["attributes"].get("n", 0), current["version"])

    def _add(self) -> None:
        image_id = self.client.dice.randint(1, IMAGES)
        self._save(image_id, self.client.add(image_id))

    def _count(self) -> None:
        """Add one to the number of a shared annotation, or say "keep mine" of what was refused."""
        image_id, refused = self.unanswered or (self.client.dice.randint(1, 5), None)
        if image_id in self.heard:
            self._send(image_id)
        else:
            self._open(image_id)
        number, version = self.shared[image_id]
        change = self.client.operation(
            "change",
            f"shared-{image_id}",
            image_id,
            payload={"attributes": {"n": number + 1}},
            base_version=version,
        )
        settle = [] if refused is None else [self.client.settle(refused, image_id, "mine")]
        result = self._save(image_id, change, *settle)
        self._learn(image_id, f"shared-{image_id}", result["current"])
        accepted = result["outcome"] == "accepted"
        self.counted += accepted
        self.conflicts += not accepted
        self.unanswered = None if accepted else (image_id, change["op_id"])

    def _open(self, image_id: int) -> None:
        status, answer = self.client.ask("GET", f"/projects/{SLUG}/images/{image_id}/annotations")
        if status != 200:
            self.errors.append(f"{status}: {answer}")
            raise KeyError("not opened")
        self.heard[image_id] = answer["seq"]
        for one in answer["annotations"]:
            self._learn(image_id, one["uid"], one)


def fill(folder: Path, exported: int) -> None:
    """The shared annotations, and a project that is large enough to be exported for a while."""
    make_workspace(folder)
    with Store.open(folder) as store:
        project = store.project(SLUG).id
        shared = [
            Annotation(f"shared-{k}", 1, Box(10, 10, 20, 20), image_id=k, attributes={"n": 0})
            for k in range(1, 6)
        ]
        store.add_annotations(project, shared, author="soak")
        if not exported:
            return
        big = store.create_project(EXPORTED, labels=[("cell", None)])
        rows = [store.image(project, 1 + k % IMAGES) for k in range(max(1, exported // 100))]
        images = [replace(row, id=0, name=f"{k}.png") for k, row in enumerate(rows)]
        for image in store.add_images(big.id, images, author="soak"):
            boxes = [
                Annotation(f"{image.id}-{k}", 1, Box(k, k, 20, 10 + k), image_id=image.id)
                for k in range(100)
            ]
            store.add_annotations(big.id, boxes, author="soak")


def crowd(running: Running, clients: int, name: str) -> list[Person]:
    """People at their desks, with nothing open yet."""
    return [
        Person(Client(running, f"{name}-{k}", random.Random(f"{name}-{k}")), Acknowledged())
        for k in range(clients)
    ]


def phase(people: list[Person], seconds: float, pause: float, name: str) -> list[Person]:
    """Let people work at the same time."""
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=one.work, args=(until, pause)) for one in people]
    for thread in threads:
        thread.start()
    progress = Progress(name)
    while any(thread.is_alive() for thread in threads):
        passed = min(seconds, seconds - (until - time.monotonic()))
        progress.tell(int(passed), int(seconds), "s")
        time.sleep(0.5)
    return people


def export_beside(running: Running, people: list[Person]) -> tuple[list[Person], str]:
    """The same people, with what they have open, for as long as a large export takes."""
    with closing(Client(running, "exporter", random.Random(1))) as asking:
        return _export_beside(people, asking)


def _export_beside(people: list[Person], asking: Client) -> tuple[list[Person], str]:
    body = {"formats": ["coco"], "task": "instances", "images": "none"}
    status, answer = asking.ask("POST", f"/projects/{EXPORTED}/exports", body)
    if status != 202:
        return [], f"{status}: {answer}"
    beside = [replace(one, times=[], errors=[], conflicts=0, counted=0) for one in people]
    while True:
        phase(beside, 5, 1.0, "export")
        _, shown = asking.ask("GET", f"/projects/{EXPORTED}/jobs/{answer['job']['id']}")
        if (state := shown["job"]["state"]) not in ("waiting", "running"):
            return beside, "" if state == "done" else str(shown)


def told(people: list[Person]) -> str:
    """The latencies of a phase."""
    times = [value for one in people for value in one.times]
    return (
        f"{len(times)} saves p50 {percentile(times, 0.5):.0f} p99 {percentile(times, 0.99):.0f} "
        f"max {percentile(times, 1):.0f} ms"
    )


def run(given: argparse.Namespace) -> int:
    """Do the phases and judge."""
    folder = Path(tempfile.mkdtemp(prefix="soak-people-")) / "workspace"
    fill(folder, given.exported)
    try:
        with server(folder, broken=given.broken) as running:
            people = crowd(running, given.clients, f"paced-{given.seed}")
            paced = phase(people, given.seconds, 1.0, "paced")
            sys.stderr.write(f"{given.clients} paced: {told(paced)}\n")
            restless = crowd(running, 16, f"saturated-{given.seed}")
            full = phase(restless, given.saturated, 0.0, "saturated")
            sys.stderr.write(f"16 saturating: {told(full)}\n")
            beside, failed = [], ""
            if given.exported:
                beside, failed = export_beside(running, paced)
        return judge(folder, paced, full, beside, failed, given)
    finally:
        shutil.rmtree(folder.parent, ignore_errors=True)


def judge(
    folder: Path,
    paced: list[Person],
    full: list[Person],
    beside: list[Person],
    failed: str,
    given: argparse.Namespace,
) -> int:
    """Compare the store with what was told, and the latencies with the bars."""
    everybody = [*paced, *full, *beside]
    acknowledged = {op: seq for one in everybody for op, seq in one.acknowledged.seqs.items()}
    errors = [error for one in everybody for error in one.errors] + ([failed] if failed else [])
    with Store.open(folder) as store:
        project = store.project(SLUG).id
        gone = lost(store, acknowledged)
        numbers = [
            one.attributes["n"]
            for k in range(1, 6)
            for one in store.annotations(project, k)
            if one.uid == f"shared-{k}"
        ]
        problem = store.integrity.wait()
    short = sum(one.counted for one in everybody) - sum(int(str(number)) for number in numbers)
    for line in [*errors[:5], *([problem] if problem else [])]:
        sys.stderr.write(f"{line}\n")
    words = f"annotators clients={given.clients} seconds={given.seconds} seed={given.seed}: "
    words += f"{told(paced)}; 16 saturating: {told(full)}; beside an export: {told(beside)}; "
    words += f"acknowledged={len(acknowledged)} lost={len(gone)} lost updates={short} "
    words += f"conflicts seen={sum(one.conflicts for one in everybody)} errors={len(errors)}"
    good = not (gone or short or errors or problem)
    return finish(words, good=good and (given.no_bars or _within(paced, full, beside)))


def _within(paced: list[Person], full: list[Person], beside: list[Person]) -> bool:
    times = [[value for one in people for value in one.times] for people in (paced, full, beside)]
    quiet = percentile(times[0], 0.99)
    return (
        quiet <= 150
        and percentile(times[0], 1) <= 1000
        and percentile(times[1], 0.99) <= 250
        and (not beside or percentile(times[2], 0.99) <= max(2 * quiet, 50))
    )


def main(arguments: list[str] | None = None) -> int:
    """Run as described above; 0 when nothing was lost and the bars are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--saturated", type=float, default=60, help="seconds without a pause")
    parser.add_argument("--exported", type=int, default=100_000, help="annotations exported")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-bars", action="store_true", help="judge what was stored alone")
    parser.add_argument("--broken", help="a store that is broken on purpose: blind")
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
