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
        self.origin = ""
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._unused = ""

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "datasetbuilder", "serve", "--no-browser"]
        command += ["--workspace", str(self.workspace), "--image-root", str(self.workspace.parent)]
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


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample campaign, built once; to be copied, not changed."""
    from datasetbuilder.api import open_workspace
    from datasetbuilder.app.sample import build_sample

    folder = tmp_path_factory.mktemp("sample") / "workspace"
    with open_workspace(folder) as workspace:
        build_sample(workspace)
    return folder


@pytest.fixture
def server(sample: Path, tmp_path: Path) -> Iterator[Server]:
    """A server of this story alone on the sample campaign, not started yet."""
    shutil.copytree(sample, tmp_path / "workspace")
    server = Server(tmp_path / "workspace")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def running(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server that the stories of one module share, each with a project of its own."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(sample, folder / "workspace")
    server = Server(folder / "workspace")
    server.start()
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
