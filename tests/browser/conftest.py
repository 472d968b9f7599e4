"""A real server in its own process and a real Chromium, for stories told with mouse and keys."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

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
_PATIENCE_MS = 30_000


class Server:
    """The product's own server on one workspace; may be killed and started again."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.process: subprocess.Popen[str] | None = None
        self.address = ""

    def start(self) -> str:
        """Start it and return the address with its one-time token."""
        command = [sys.executable, "-m", "datasetbuilder", "serve", "--no-browser"]
        command += ["--workspace", str(self.workspace), "--image-root", str(self.workspace.parent)]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.address = self._read_address()
        return self.address

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return "/".join(self.address.split("/")[:3])

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
        assert self.process is not None
        assert self.process.stdout is not None
        lines: SimpleQueue[str] = SimpleQueue()
        stream = self.process.stdout
        threading.Thread(target=_pump, args=(stream, lines), daemon=True).start()
        seen = []
        while True:
            try:
                line = lines.get(timeout=_START_SECONDS)
            except Empty:
                raise AssertionError(f"no address in what the server said: {seen}") from None
            seen.append(line)
            if not line:
                raise AssertionError(f"the server ended while starting: {''.join(seen)}")
            if found := _ADDRESS.search(line):
                return found.group()


def _pump(stream, lines: SimpleQueue[str]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put("")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all stories."""
    named = os.environ.get("DATASETBUILDER_CHROMIUM")
    path = named or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.fail("No Chromium. Install it or name it in DATASETBUILDER_CHROMIUM.")
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on the sample campaign, not started yet."""
    from datasetbuilder.api import open_workspace
    from datasetbuilder.app.sample import build_sample

    with open_workspace(tmp_path / "workspace") as workspace:
        build_sample(workspace)
    server = Server(tmp_path / "workspace")
    yield server
    server.stop()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page at the smallest size that is promised; a fault in its scripts fails the story."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: _note_refusals(message, faults))
    yield page
    context.close()
    assert not faults, f"the page had faults: {faults}"


def _note_refusals(message, faults: list[str]) -> None:
    if "Content Security Policy" in message.text:
        faults.append(message.text)
