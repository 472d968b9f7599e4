"""The product's own server in a process of its own, and where the browser is."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, SimpleQueue

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_ADDRESS = re.compile(r"http://\S+")
_START_SECONDS = 60


class Server:
    """The product's own server on one workspace; may be killed and started again."""

    def __init__(self, workspace: Path, *options: str) -> None:
        self.workspace = workspace
        self.options = options
        self.process: subprocess.Popen[str] | None = None
        self.origin = ""
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._unused = ""

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "datasetbuilder", "serve", "--no-browser"]
        command += ["--workspace", str(self.workspace), "--image-root", str(self.workspace.parent)]
        command += self.options
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        self._lines = SimpleQueue()
        pump = threading.Thread(target=_pump, args=(self.process.stdout, self._lines), daemon=True)
        pump.start()
        self._unused = self._read_address()
        self.origin = "/".join(self._unused.split("/")[:3])

    def take_address(self) -> str:
        """An address with a one-time token; the server prints another when one is used."""
        address, self._unused = self._unused or self._read_address(), ""
        return address

    def kill(self) -> None:
        """End it as a crash would: no clean-up, no last write."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self._ended()

    def stop(self) -> None:
        """End it as Ctrl-C would."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self._ended()

    def _ended(self) -> None:
        assert self.process is not None
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)
            raise AssertionError("the server did not end within 30 s of Ctrl-C") from None

    def _read_address(self) -> str:
        seen = []
        while True:
            try:
                line = self._lines.get(timeout=_START_SECONDS)
            except Empty:
                raise AssertionError(f"no address in what the server said: {seen}") from None
            seen.append(line)
            if not line:
                raise AssertionError(f"the server ended: {''.join(seen)}")
            if found := _ADDRESS.search(line):
                return found.group()


def _pump(stream, lines: SimpleQueue[str]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put("")


def chromium_path() -> str | None:
    """The browser that is named or found; None without one."""
    named = os.environ.get("DATASETBUILDER_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("google-chrome")
