"""Simulated power loss: the real server's writes are recorded, and every prefix of them replayed.

Run: python -m tests.soak.power_loss [--points 10000] [--saves 600] [--seed 1] [--broken no-sync]

The server runs over HTTP under a preloaded shim (shim.c, built with the system's C compiler) that
logs each write, truncation, sync, rename and removal in the workspace. Each answer that a client
gets is appended to the same log. A point is a prefix of that log: what was written before the last
sync of its file is there; of all later writes to the file each is kept, dropped, or torn at a
sector by a dice. The real store opens what is left, looks through the whole of it, and must hold
every operation that was acknowledged before the point.

Limits: names in the folder count as durable at once, and a drive as honest about its cache.
"""

import argparse
import http.client
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from datasetbuilder.errors import DatasetBuilderError
from datasetbuilder.projects.store import Store
from tests.soak.client import (
    Client,
    Progress,
    Running,
    faults,
    finish,
    lost,
    make_workspace,
    server,
)

HEADER = struct.Struct("<cBHIQ")
SECTOR = 512
ACKNOWLEDGED = b"!"


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the log."""

    kind: bytes
    name: str
    offset: int
    data: bytes


def read_log(path: Path) -> Iterator[Record]:
    """Every record, in order."""
    with path.open("rb") as file:
        while head := file.read(HEADER.size):
            kind, length, _, size, offset = HEADER.unpack(head)
            yield Record(kind, file.read(length).decode(), offset, file.read(size))


# --- recording --------------------------------------------------------------------------------


def build_shim(folder: Path) -> Path:
    """Compile the shim."""
    target, source = folder / "shim.so", Path(__file__).with_name("shim.c")
    command = ["cc", "-shared", "-fPIC", "-O2", "-o", target, source, "-ldl", "-lpthread"]
    subprocess.run(command, check=True)
    return target


def record(place: Path, saves: int, seed: int, broken: str | None) -> None:
    """Let four tabs save against the real server and log what it does to its files."""
    folder, log = place / "workspace", place / "log"
    make_workspace(folder)
    shutil.copytree(folder, place / "before")
    environment = {
        "LD_PRELOAD": str(build_shim(place)),
        "SOAK_FOLDER": str(folder),
        "SOAK_LOG": str(log),
    }
    left = iter(range(saves))
    with server(folder, broken=broken, environment=environment) as running:
        tabs = [
            threading.Thread(target=save, args=(running, log, f"{seed}-{k}", left))
            for k in range(4)
        ]
        for tab in tabs:
            tab.start()
        for tab in tabs:
            tab.join()


def save(running: Running, log: Path, name: str, left: Iterator[int]) -> None:
    """Save until enough was saved; write each answer into the log."""
    client = Client(running, name, random.Random(name))
    notes = os.open(log, os.O_WRONLY | os.O_APPEND)
    try:
        for _ in left:
            image_id, operations = client.gesture()
            status, answer = client.save(image_id, operations)
            if status != 200:
                raise RuntimeError(f"{status}: {answer}")
            for result in answer["results"]:
                if result["outcome"] in ("accepted", "conflict"):
                    note(notes, result["op_id"], result["seq"])
            client.learn(image_id, operations, answer)
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"a tab got no answer: {error}\n")
    finally:
        os.close(notes)
        client.close()


def note(log: int, op_id: str, seq: int | None) -> None:
    """Write an acknowledgement down behind everything that happened before it."""
    name = op_id.encode()
    os.write(log, HEADER.pack(ACKNOWLEDGED, len(name), 0, 0, 2**63 if seq is None else seq) + name)


# --- replaying --------------------------------------------------------------------------------


@dataclass
class Disk:
    """What is certainly on the disk, and what may be."""

    files: dict[str, bytearray] = field(default_factory=dict)
    pending: dict[str, list[Record]] = field(default_factory=dict)
    acknowledged: dict[str, int | None] = field(default_factory=dict)

    def take(self, line: Record) -> None:
        """The next thing that happened."""
        if line.kind == ACKNOWLEDGED:
            self.acknowledged[line.name] = None if line.offset == 2**63 else line.offset
        elif line.kind == b"s":
            for earlier in self.pending.pop(line.name, []):
                apply(self.files.setdefault(line.name, bytearray()), earlier)
        elif line.kind == b"d":
            self.files.pop(line.name, None)
            self.pending.pop(line.name, None)
        elif line.kind == b"r":
            target = line.data.decode()
            self.files[target] = self.files.pop(line.name, bytearray())
            self.pending[target] = self.pending.pop(line.name, [])
        else:
            self.files.setdefault(line.name, bytearray())
            self.pending.setdefault(line.name, []).append(line)

    def after_power_loss(self, dice: random.Random) -> dict[str, bytearray]:
        """One of the states in which the disk may be found."""
        found = {}
        for name, certain in self.files.items():
            content = bytearray(certain)
            for line in self.pending.get(name, []):
                luck = dice.random()
                if luck < 0.5:
                    apply(content, line)
                elif luck < 0.7 and len(line.data) > SECTOR:
                    torn = SECTOR * dice.randrange(1, (len(line.data) - 1) // SECTOR + 1)
                    apply(content, Record(line.kind, name, line.offset, line.data[:torn]))
            found[name] = content
        return found


def apply(content: bytearray, line: Record) -> None:
    """Do to the bytes of a file what the record says."""
    if line.kind == b"t":
        del content[line.offset :]
        content.extend(bytes(line.offset - len(content)))
        return
    content.extend(bytes(max(0, line.offset - len(content))))
    content[line.offset : line.offset + len(line.data)] = line.data


@dataclass
class Verdict:
    """What a share of the points showed."""

    points: int = 0
    with_loss: int = 0
    lost: int = 0
    damaged: int = 0
    examples: list[str] = field(default_factory=list)


def replay(place: Path, points: list[int], seed: int) -> Verdict:
    """Open the store at each of these points, which are in order."""
    scratch = Path(tempfile.mkdtemp(prefix="soak-power-", dir=_fast_folder()))
    disk, verdict, wanted = Disk(), Verdict(), iter(points)
    for path in (place / "before").iterdir():
        if path.is_file():
            disk.files[path.name] = bytearray(path.read_bytes())
    next_point: int | None = next(wanted, None)
    try:
        for number, line in enumerate(read_log(place / "log"), start=1):
            disk.take(line)
            while next_point == number:
                dice = random.Random(f"{seed}-{number}-{verdict.points}")
                look(disk, scratch, dice, verdict, number)
                next_point = next(wanted, None)
            if next_point is None:
                break
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return verdict


def look(disk: Disk, scratch: Path, dice: random.Random, verdict: Verdict, number: int) -> None:
    """Lay the files down, open the real store, and compare."""
    for path in scratch.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, content in disk.after_power_loss(dice).items():
        (scratch / name).write_bytes(content)
    verdict.points += 1
    try:
        with Store.open(scratch) as store:
            wrong, gone = faults(store), lost(store, disk.acknowledged)
            store.set_workspace_setting("still-writes", True)
    except DatasetBuilderError as error:
        wrong, gone = [str(error)], []
    except Exception as error:
        # The outermost handler of one point: whatever a store raises here is a fault of it.
        wrong, gone = [f"{type(error).__name__}: {error}"], []
    verdict.damaged += bool(wrong)
    verdict.with_loss += bool(gone)
    verdict.lost += len(gone)
    if (wrong or gone) and len(verdict.examples) < 3:
        verdict.examples.append(f"point {number}: {wrong or gone[:3]}")


def _fast_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def run(points: int, saves: int, seed: int, broken: str | None) -> int:
    """Record, replay, judge."""
    place = Path(tempfile.mkdtemp(prefix="soak-power-"))
    try:
        record(place, saves, seed, broken)
        kinds = [line.kind for line in read_log(place / "log")]
        dice = random.Random(seed)
        chosen = sorted(dice.randint(1, len(kinds)) for _ in range(points))
        total = judge(place, chosen, seed)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    for example in total.examples:
        sys.stderr.write(f"{example}\n")
    return finish(
        f"power_loss points={total.points} saves={saves} seed={seed}: records={len(kinds)} "
        f"syncs={kinds.count(b's')} acknowledged={kinds.count(ACKNOWLEDGED)} "
        f"points with loss={total.with_loss} operations lost={total.lost} damaged={total.damaged}",
        good=not (total.with_loss or total.damaged) and kinds.count(ACKNOWLEDGED) > 0,
    )


def judge(place: Path, chosen: list[int], seed: int) -> Verdict:
    """Replay the points in as many processes as there are cores."""
    size = max(1, min(200, len(chosen) // 4))
    shares = [chosen[k : k + size] for k in range(0, len(chosen), size)]
    total, progress = Verdict(), Progress("power loss")
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        running: list[Any] = [pool.submit(replay, place, share, seed) for share in shares]
        for done in running:
            part = done.result()
            for name in ("points", "with_loss", "lost", "damaged"):
                setattr(total, name, getattr(total, name) + getattr(part, name))
            total.examples = (total.examples + part.examples)[:5]
            progress.tell(total.points, len(chosen), f"points, {total.lost} lost")
    return total


def main(arguments: list[str] | None = None) -> int:
    """Run as described above; 0 when nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--saves", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", help="broken on purpose: no-sync, ack-early")
    given = parser.parse_args(arguments)
    return run(given.points, given.saves, given.seed, given.broken)


if __name__ == "__main__":
    sys.exit(main())
