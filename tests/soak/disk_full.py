"""A disk that fills up and is freed again, over and over, under the real server.

Run: python -m tests.soak.disk_full [--cycles 50] [--seed 1] [--broken ack-early]

The workspace lies on a small tmpfs where mounting is allowed. Elsewhere the server's largest file
size is lowered and raised again while it runs, which SQLite meets as a failing write; the summary
says which of the two it was. In each cycle saves must first be refused in plain words and then go
on within two seconds of room being made, without a restart. What was acknowledged must be there.
"""

import argparse
import http.client
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from datasetbuilder.projects.store import Store
from tests.soak.client import (
    Acknowledged,
    Client,
    Progress,
    Running,
    faults,
    finish,
    lost,
    make_workspace,
    server,
)

PATIENCE = 5.0


class Disk(Protocol):
    """A disk that can be filled and freed."""

    kind: str
    folder: Path

    def fill(self, running: Running) -> None:
        """Leave no room."""
        ...

    def free(self, running: Running) -> None:
        """Make room again."""
        ...


@dataclass
class SmallDisk:
    """A tmpfs of some megabytes with a file that takes what is left."""

    folder: Path
    kind: str = "tmpfs"

    def fill(self, running: Running) -> None:
        """Write until nothing more goes in."""
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            for size in (2**20, 4096):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    pass

    def free(self, running: Running) -> None:
        """Remove the file."""
        (self.folder / "filler").unlink()


@dataclass
class SmallFiles:
    """Files of the server may not grow past their present size."""

    folder: Path
    kind: str = "RLIMIT_FSIZE"

    def fill(self, running: Running) -> None:
        """Lower the limit to half of the smallest database file that is written."""
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (16 * 1024, resource.RLIM_INFINITY))

    def free(self, running: Running) -> None:
        """Lift the limit."""
        unlimited = resource.RLIM_INFINITY
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))


@contextmanager
def small_disk() -> Iterator[Disk]:
    """A tmpfs if it can be mounted, else limits on the server's files."""
    folder = Path(tempfile.mkdtemp(prefix="soak-full-"))
    command = ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield SmallDisk(folder) if mounted else SmallFiles(folder)
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Tab:
    """A client that goes on saving, whatever it is answered."""

    client: Client
    acknowledged: Acknowledged = field(default_factory=Acknowledged)
    saved_at: float = 0.0
    refused_at: float = 0.0
    strange: list[str] = field(default_factory=list)
    stop: bool = False

    def run(self) -> None:
        """Save until told to stop, then hang up; what was refused is sent again."""
        try:
            self._go_on()
        finally:
            self.client.close()

    def _go_on(self) -> None:
        waiting: tuple[int, list[dict[str, Any]]] | None = None
        while not self.stop:
            image_id, operations = waiting = waiting or self.client.gesture()
            try:
                status, answer = self.client.save(image_id, operations)
            except (OSError, http.client.HTTPException) as error:
                self.strange.append(f"no answer: {error!r}")
                return
            if status == 200:
                self.acknowledged.add(answer)
                self.client.learn(image_id, operations, answer)
                waiting, self.saved_at = None, time.monotonic()
            elif status == 503 and "not saved" in answer["error"]:
                self.refused_at = time.monotonic()
                time.sleep(0.02)
            else:
                self.strange.append(f"{status}: {answer}")
                time.sleep(0.1)


def seconds_until(tabs: list[Tab], what: str) -> float:
    """How long it takes until every tab was refused, or saved; the patience if it never is."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        if all(getattr(tab, what) > began for tab in tabs):
            return time.monotonic() - began
        time.sleep(0.005)
    return PATIENCE


def run(cycles: int, seed: int, broken: str | None) -> int:
    """Do the cycles and judge."""
    with small_disk() as disk:
        folder = disk.folder / "workspace"
        make_workspace(folder)
        with server(folder, broken=broken) as running:
            tabs = [
                Tab(Client(running, f"tab-{k}", random.Random(f"{seed}-{k}"))) for k in range(4)
            ]
            refused, resumed = go_round(disk, running, tabs, cycles)
        return judge(disk, folder, tabs, refused, resumed, f"cycles={cycles} seed={seed}")


def go_round(
    disk: Disk, running: Running, tabs: list[Tab], cycles: int
) -> tuple[list[float], list[float]]:
    """Fill and free; how long until saves were refused, and until they went on."""
    threads = [threading.Thread(target=tab.run) for tab in tabs]
    for thread in threads:
        thread.start()
    refused, resumed, progress = [], [], Progress("full disk")
    seconds_until(tabs, "saved_at")
    for number in range(1, cycles + 1):
        disk.fill(running)
        refused.append(seconds_until(tabs, "refused_at"))
        disk.free(running)
        resumed.append(seconds_until(tabs, "saved_at"))
        progress.tell(number, cycles, "cycles")
        if max(refused[-1], resumed[-1]) >= PATIENCE:
            break
    for tab in tabs:
        tab.stop = True
    for thread in threads:
        thread.join()
    return refused, resumed


def judge(
    disk: Disk,
    folder: Path,
    tabs: list[Tab],
    refused: list[float],
    resumed: list[float],
    words: str,
) -> int:
    """Compare the store with what was acknowledged."""
    acknowledged = {op: seq for tab in tabs for op, seq in tab.acknowledged.seqs.items()}
    strange = [line for tab in tabs for line in tab.strange]
    with Store.open(folder) as store:
        gone, wrong = lost(store, acknowledged), faults(store)
    for line in [*strange[:5], *wrong]:
        sys.stderr.write(f"{line}\n")
    good = not (gone or wrong or strange) and max(refused) < PATIENCE and max(resumed) <= 2
    return finish(
        f"disk_full {words} by {disk.kind}: acknowledged={len(acknowledged)} lost={len(gone)} "
        f"faults={len(wrong)} strange answers={len(strange)} refused within {max(refused):.2f} s, "
        f"going on within {max(resumed):.2f} s",
        good=good and len(acknowledged) > 0,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run as described above; 0 when nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cycles", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", help="a store that is broken on purpose: ack-early")
    given = parser.parse_args(arguments)
    return run(given.cycles, given.seed, given.broken)


if __name__ == "__main__":
    sys.exit(main())
