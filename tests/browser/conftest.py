"""A real server in its own process and a real Chromium, for stories told with mouse and keys."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.serving import CHROMIUM_ARGS, Server, chromium_path

_PATIENCE_MS = 30_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all stories."""
    path = chromium_path()
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
