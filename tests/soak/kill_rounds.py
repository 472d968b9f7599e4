"""kill -9 of the real server while eight tabs save: what was acknowledged is there afterwards.

Run: python -m tests.soak.kill_rounds [--rounds 1000] [--clients 8] [--seed 1] [--broken ack-early]

Each round starts the server on the same workspace, lets every tab save without a pause, and kills
the server after a random while. An operation that got no answer is sent again in the next round, as
a browser does. At the end every acknowledged operation must be stored under the event number that
was told, every event must have its answer, and every counter must be right.
"""

import argparse
import http.client
import random
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasetbuilder.projects.store import Store
from tests.soak.client import (
    Acknowledged,
    Client,
    Progress,
    Running,
    Zygote,
    faults,
    finish,
    lost,
    make_workspace,
)

NOBODY = (OSError, http.client.HTTPException)


@dataclass
class Tab:
    """A client over all rounds, with the gesture whose answer it still waits for."""

    name: str
    dice: random.Random
    acknowledged: Acknowledged = field(default_factory=Acknowledged)
    versions: dict[tuple[str, int], int] = field(default_factory=dict)
    waiting: tuple[int, list[dict[str, Any]]] | None = None
    errors: list[str] = field(default_factory=list)

    def save_until_killed(self, running: Running) -> None:
        """Save without a pause until nobody answers."""
        client = Client(running, self.name, self.dice)
        client.versions = self.versions
        try:
            while True:
                image_id, operations = self.waiting or client.gesture()
                self.waiting = (image_id, operations)
                status, answer = client.save(image_id, operations)
                if status != 200:
                    self.errors.append(f"{status}: {answer}")
                    return
                self.acknowledged.add(answer)
                client.learn(image_id, operations, answer)
                self.waiting = None
        except NOBODY:
            pass
        finally:
            client.close()


def run(rounds: int, clients: int, seed: int, longest: float, broken: str | None) -> int:
    """Do the rounds and judge."""
    dice = random.Random(seed)
    tabs = [Tab(f"tab-{k}", random.Random(f"{seed}-{k}")) for k in range(clients)]
    folder = Path(tempfile.mkdtemp(prefix="soak-kill-"))
    make_workspace(folder)
    starts: list[float] = []
    progress = Progress("kill rounds")
    try:
        with Zygote(broken) as zygote:
            for number in range(1, rounds + 1):
                starts.append(one_round(zygote, folder, tabs, longest * dice.random()))
                told = sum(len(tab.acknowledged.seqs) for tab in tabs)
                progress.tell(number, rounds, f"rounds, {told} acknowledged")
        return judge(folder, tabs, starts, f"rounds={rounds} clients={clients} seed={seed}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def one_round(zygote: Zygote, folder: Path, tabs: list[Tab], seconds: float) -> float:
    """Start, save, kill; how long the start took."""
    before = time.perf_counter()
    running = zygote.start(folder)
    took = time.perf_counter() - before
    threads = [threading.Thread(target=tab.save_until_killed, args=(running,)) for tab in tabs]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    running.kill()
    for thread in threads:
        thread.join()
    return took


def judge(folder: Path, tabs: list[Tab], starts: list[float], words: str) -> int:
    """Compare the store with what was acknowledged."""
    acknowledged = {op: seq for tab in tabs for op, seq in tab.acknowledged.seqs.items()}
    errors = [error for tab in tabs for error in tab.errors]
    with Store.open(folder) as store:
        gone, wrong = lost(store, acknowledged), faults(store)
    for line in [*errors[:5], *wrong]:
        sys.stderr.write(f"{line}\n")
    good = not (gone or wrong or errors) and len(acknowledged) > 0
    return finish(
        f"kill_rounds {words}: acknowledged={len(acknowledged)} lost={len(gone)} "
        f"faults={len(wrong)} errors={len(errors)} restart max={max(starts):.2f} s",
        good=good,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run as described above; 0 when nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=1.0, help="seconds a round lasts at most")
    parser.add_argument("--broken", help="a store that is broken on purpose: ack-early")
    given = parser.parse_args(arguments)
    return run(given.rounds, given.clients, given.seed, given.longest, given.broken)


if __name__ == "__main__":
    sys.exit(main())
