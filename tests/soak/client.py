"""What every harness needs: servers as child processes, a client over HTTP, a workspace."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import cos, pi, sin
from pathlib import Path
from typing import Any
from uuid import UUID

from datasetbuilder.model import Image
from datasetbuilder.projects.store import Store

ROOT = Path(__file__).resolve().parents[2]
SLUG = "soak"
IMAGES = 24
WIDTH, HEIGHT = 1000, 800


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is ready."""

    pid: int
    origin: str
    cookie: str

    def kill(self) -> None:
        """End it at once, as a crash does."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Zygote:
    """Starts servers within a fraction of a second."""

    def __init__(self, broken: str | None = None) -> None:
        more = ["--broken", broken] if broken else []
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.server", "--zygote", *more],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._child.stdout is not None
        self._child.stdout.readline()

    def start(self, folder: Path) -> Running:
        """A server of a workspace."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(f"{folder}\n")
        self._child.stdin.flush()
        return Running(**json.loads(self._child.stdout.readline()))

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.communicate()


@contextmanager
def server(
    folder: Path, *, broken: str | None = None, environment: dict[str, str] | None = None
) -> Iterator[Running]:
    """A server in a process of its own, killed at the end."""
    more = ["--broken", broken] if broken else []
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.soak.server", str(folder), *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    assert child.stdout is not None
    try:
        yield Running(**json.loads(child.stdout.readline()))
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


class Client:
    """One tab: a connection that stays open, and what it knows of the annotations it made."""

    def __init__(self, running: Running, name: str, dice: random.Random) -> None:
        self.name, self.dice = name, dice
        self._cookie = running.cookie
        self._connect = http.client.HTTPConnection(
            running.origin.removeprefix("http://"), timeout=60
        )
        self.versions: dict[tuple[str, int], int] = {}

    def close(self) -> None:
        """Hang up."""
        self._connect.close()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and answer; any OSError or HTTPException means that nobody answered."""
        headers = {"Cookie": self._cookie, "Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        try:
            self._connect.request(method, f"/api/v1{path}", text, headers)
            response = self._connect.getresponse()
            return response.status, json.loads(response.read() or b"null")
        except BaseException:
            self._connect.close()
            raise

    def save(
        self, image_id: int, operations: list[dict[str, Any]], *, since: int = 2**40
    ) -> tuple[int, Any]:
        """Send operations on one image, and ask what others did after an event."""
        body = {"operations": operations, "client": self.name, "since": since}
        return self.ask("POST", f"/projects/{SLUG}/images/{image_id}/operations", body)

    # --- what a person does ---------------------------------------------------------------

    def uuid(self) -> str:
        """An id from this client's own dice, so that a run can be repeated."""
        return str(UUID(int=self.dice.getrandbits(128), version=4))

    def operation(self, kind: str, uid: str, image_id: int, **rest: Any) -> dict[str, Any]:
        """One operation on the wire."""
        target = {"type": "annotation", "key": uid, "image": image_id}
        return {"op_id": self.uuid(), "kind": kind, "target": target, **rest}

    def settle(self, op_id: str, image_id: int, choice: str) -> dict[str, Any]:
        """The answer to a conflict."""
        target = {"type": "conflict", "key": op_id, "image": image_id}
        return {
            "op_id": self.uuid(),
            "kind": "remove",
            "target": target,
            "payload": {"choice": choice},
            "base_version": 1,
        }

    def add(self, image_id: int) -> dict[str, Any]:
        """A new box or polygon."""
        x, y = self.dice.randrange(WIDTH - 60), self.dice.randrange(HEIGHT - 60)
        payload: dict[str, Any] = {"label": 1, "kind": "box"}
        payload["geometry"] = {"x": x, "y": y, "width": 20, "height": 10}
        if self.dice.random() < 0.3:
            ring = [_round(x + 30, y + 30, 2 * pi * k / 40, self.dice) for k in range(40)]
            payload = {"label": 1, "kind": "polygon", "geometry": {"parts": [[ring]]}}
        return self.operation("add", self.uuid(), image_id, payload=payload)

    def gesture(self) -> tuple[int, list[dict[str, Any]]]:
        """An image and what is done on it: mostly adds, else a change or removal of one's own."""
        image_id = self.dice.randint(1, IMAGES)
        if not self.versions or self.dice.random() < 0.6:
            return image_id, [self.add(image_id)]
        (uid, image_id), version = self.dice.choice(list(self.versions.items()))
        if self.dice.random() < 0.2:
            return image_id, [self.operation("remove", uid, image_id, base_version=version)]
        box = {"x": self.dice.randrange(900), "y": 5, "width": 30, "height": 40}
        payload = {"kind": "box", "geometry": box}
        return image_id, [
            self.operation("change", uid, image_id, payload=payload, base_version=version)
        ]

    def learn(self, image_id: int, operations: list[dict[str, Any]], answer: Any) -> None:
        """Remember the versions that the answers told."""
        for operation, result in zip(operations, answer["results"], strict=True):
            key = (operation["target"]["key"], image_id)
            if result["outcome"] == "accepted" and operation["kind"] != "remove":
                self.versions[key] = result["version"]
            else:
                self.versions.pop(key, None)


def _round(x: int, y: int, angle: float, dice: random.Random) -> list[float]:
    """A point around a centre: points in the order of their angles never cross."""
    radius = 10 + 15 * dice.random()
    return [round(x + radius * cos(angle), 2), round(y + radius * sin(angle), 2)]


@dataclass
class Acknowledged:
    """What the server said it had stored: the number of the event by operation."""

    seqs: dict[str, int | None] = field(default_factory=dict)

    def add(self, answer: Any) -> None:
        """Take the answers of one request down."""
        for result in answer["results"]:
            if result["outcome"] in ("accepted", "conflict"):
                self.seqs[result["op_id"]] = result["seq"]


def make_workspace(folder: Path) -> None:
    """A workspace with one project of empty images."""
    with Store.open(folder) as store:
        project = store.create_project(SLUG, labels=[("cell", "#3366ff")])
        rows = [
            Image(0, f"{k}.png", WIDTH, HEIGHT, uri=f"file:/nowhere/{k}.png", sha256=f"{k:064x}")
            for k in range(1, IMAGES + 1)
        ]
        store.add_images(project.id, rows, author="soak")


def faults(store: Store) -> list[str]:
    """What must hold of every database, however it came to an end."""
    problem = store.integrity.wait()
    found = [problem] if problem else []
    with store.reading() as connection:

        def one(question: str) -> Any:
            return connection.exec_driver_sql(question).scalar()

        seq, events = one("SELECT seq FROM project"), one("SELECT count(*) FROM event")
        if events != seq or one("SELECT coalesce(max(seq), 0) FROM event") != seq:
            found.append(f"{events} events, but the last number is {seq}")
        rows = one("SELECT count(*) FROM annotation")
        if one("SELECT coalesce(sum(n_annotations), 0) FROM image") != rows:
            found.append("the images do not count their annotations right")
        if (one("SELECT n FROM stat WHERE kind = 'annotations'") or 0) != rows:
            found.append("the project does not count its annotations right")
        strays = one(
            "SELECT count(*) FROM event e LEFT JOIN operation o ON o.project = e.project "
            "AND o.op_id = e.op_id WHERE e.op_id <> '' AND o.seq IS NOT e.seq"
        )
        if strays:
            found.append(f"{strays} events without the answer that belongs to them")
    return found


def lost(store: Store, acknowledged: dict[str, int | None]) -> list[str]:
    """The operations that were acknowledged and are not there as they were."""
    with store.reading() as connection:
        stored = dict(connection.exec_driver_sql("SELECT op_id, seq FROM operation").all())
    missing = object()
    return [op for op, seq in acknowledged.items() if stored.get(op, missing) != seq]


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of the values lies, in milliseconds."""
    ordered = sorted(values)
    return 1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Progress:
    """A line on the error stream, at most once a second."""

    def __init__(self, what: str) -> None:
        self._what, self._last = what, 0.0

    def tell(self, done: int, total: int, more: str = "") -> None:
        """Say how far it is."""
        if time.monotonic() - self._last < 1 and done < total:
            return
        self._last = time.monotonic()
        sys.stderr.write(f"\r{self._what}: {done} of {total} {more}   ")
        if done >= total:
            sys.stderr.write("\n")
        sys.stderr.flush()


def finish(line: str, *, good: bool) -> int:
    """Print the one line of a run and give its exit code."""
    sys.stdout.write(f"{'PASS' if good else 'FAIL'} {line}\n")
    return 0 if good else 1
