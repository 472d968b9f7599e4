"""A disk that reports errors, under the real server: writes, syncs and reads that fail with EIO.

Run: python -m tests.soak.io_errors [--cycles 200] [--seed 1] [--broken ack-early]

The server runs under a preloaded shim (shim.c, built with the system's C compiler) that makes calls
on the files of the workspace fail: all of a kind until the fault goes, or one at a random place.
While writes or syncs fail every save must be refused in plain words; once they do not, saves must
go on within two seconds, without a restart. What was acknowledged must be there at the end.
"""

import argparse
import http.client
import mmap
import random
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasetbuilder.projects.store import Store
from tests.soak.client import (
    IMAGES,
    SLUG,
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
from tests.soak.power_loss import build_shim

PATIENCE = 5.0
FOREVER = 2**32 - 1
WRITES, SYNCS, READS = 1, 2, 4
NAMES = {WRITES: "writes", SYNCS: "syncs", READS: "reads", 7: "all"}
PLAIN = ("not saved", "not opened or read")


class FailingDisk:
    """Which calls of the server fail, told through a page that both have mapped."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(12))
        self._file = path.open("r+b")
        self._page = mmap.mmap(self._file.fileno(), 12)

    def fail(self, calls: int, *, after: int = 0, times: int = FOREVER) -> None:
        """From now on let calls fail."""
        self._page[:] = struct.pack("<III", calls, after, times)

    def heal(self) -> None:
        """Let everything succeed."""
        self.fail(0, times=0)

    def close(self) -> None:
        """Let the page go."""
        self._page.close()
        self._file.close()


class Tab:
    """A client that goes on reading and saving, whatever it is answered."""

    def __init__(self, running: Running, name: str) -> None:
        self._client = Client(running, name, random.Random(name))
        self.acknowledged = Acknowledged()
        self.saved_at = self.refused_at = 0.0
        self.strange: list[str] = []
        self.stop = False
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Stop and hang up."""
        self.stop = True
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        waiting: tuple[int, list[dict[str, Any]]] | None = None
        while not self.stop:
            waiting = waiting or self._client.gesture()
            try:
                self._look()
                waiting = self._save(*waiting)
            except (OSError, http.client.HTTPException) as error:
                self.strange.append(f"no answer: {error!r}")
                return

    def _look(self) -> None:
        number = self._client.dice.randint(1, IMAGES)
        status, answer = self._client.ask("GET", f"/projects/{SLUG}/images/{number}/annotations")
        if status != 200:
            self._judge(status, answer)

    def _save(
        self, image_id: int, operations: list[dict[str, Any]]
    ) -> tuple[int, list[dict[str, Any]]] | None:
        status, answer = self._client.save(image_id, operations)
        if status == 200:
            self.acknowledged.add(answer)
            self._client.learn(image_id, operations, answer)
            self.saved_at = time.monotonic()
            return None
        self.refused_at = time.monotonic()
        self._judge(status, answer)
        return image_id, operations

    def _judge(self, status: int, answer: Any) -> None:
        if status != 503 or not any(words in answer["error"] for words in PLAIN):
            self.strange.append(f"{status}: {answer}")
        time.sleep(0.02)


@dataclass
class Waited:
    """The longest that it took until saves were refused, and until they went on."""

    refused: float = 0.0
    resumed: float = 0.0
    failed: int = 0

    @property
    def good(self) -> bool:
        """Whether both came in time."""
        return self.refused < PATIENCE and self.resumed <= 2


def seconds_until(tabs: list[Tab], *what: str) -> float:
    """How long it takes until every tab was refused, or saved; the patience if it never is."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        if all(max(getattr(tab, one) for one in what) > began for tab in tabs):
            return time.monotonic() - began
        time.sleep(0.005)
    return PATIENCE


def one_fault(disk: FailingDisk, tabs: list[Tab], dice: random.Random, waited: Waited) -> None:
    """Let calls fail, by turns for good and once, and see saves go on afterwards."""
    calls = dice.choice(list(NAMES))
    if dice.random() < 0.5:
        disk.fail(calls, after=dice.randrange(40), times=dice.randint(1, 3))
        seconds_until(tabs, "saved_at", "refused_at")
    else:
        disk.fail(calls)
        if calls == READS:  # what a connection has read it need not read again: saves may go on
            seconds_until(tabs, "saved_at", "refused_at")
        else:
            waited.refused = max(waited.refused, seconds_until(tabs, "refused_at"))
    disk.heal()
    waited.resumed = max(waited.resumed, seconds_until(tabs, "saved_at"))


@contextmanager
def saving(running: Running, seed: int) -> Iterator[list[Tab]]:
    """Four tabs that save meanwhile."""
    tabs = [Tab(running, f"tab-{seed}-{k}") for k in range(4)]
    for tab in tabs:
        tab.start()
    try:
        yield tabs
    finally:
        for tab in tabs:
            tab.end()


def run(place: Path, cycles: int, seed: int, broken: str | None) -> int:
    """Do the cycles and judge."""
    folder, dice, waited = place / "workspace", random.Random(seed), Waited()
    make_workspace(folder)
    disk = FailingDisk(place / "faults")
    environment = {
        "LD_PRELOAD": str(build_shim(place)),
        "SOAK_FOLDER": str(folder),
        "SOAK_FAULTS": str(place / "faults"),
    }
    progress = Progress("failing disk")
    with server(folder, broken=broken, environment=environment) as running:
        with saving(running, seed) as tabs:
            seconds_until(tabs, "saved_at")
            for number in range(1, cycles + 1):
                one_fault(disk, tabs, dice, waited)
                progress.tell(number, cycles, "faults")
                if not waited.good:
                    break
        running.kill()
    disk.close()
    return judge(folder, tabs, waited, f"cycles={cycles} seed={seed}")


def judge(folder: Path, tabs: list[Tab], waited: Waited, words: str) -> int:
    """Compare the store with what was acknowledged."""
    acknowledged = {op: seq for tab in tabs for op, seq in tab.acknowledged.seqs.items()}
    strange = [line for tab in tabs for line in tab.strange]
    with Store.open(folder) as store:
        gone, wrong = lost(store, acknowledged), faults(store)
    for line in [*strange[:5], *wrong]:
        sys.stderr.write(f"{line}\n")
    return finish(
        f"io_errors {words}: acknowledged={len(acknowledged)} lost={len(gone)} "
        f"faults={len(wrong)} strange answers={len(strange)} refused within "
        f"{waited.refused:.2f} s, going on within {waited.resumed:.2f} s",
        good=waited.good and not (gone or wrong or strange) and len(acknowledged) > 0,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run as described above; 0 when nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", help="a store that is broken on purpose: ack-early")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="soak-io-") as place:
        return run(Path(place), given.cycles, given.seed, given.broken)


if __name__ == "__main__":
    sys.exit(main())
