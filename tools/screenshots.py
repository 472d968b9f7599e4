"""Take the pictures of the documentation from the running product.

Run: ``python -m tools.screenshots`` in the development environment; it rewrites ``docs/images``.
"""

import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize, expect, sync_playwright

from datasetbuilder.api import open_workspace
from datasetbuilder.app.sample import build_sample
from tests.browser.labeller import Labeller
from tests.browser.serving import CHROMIUM_ARGS, Server, chromium_path

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SLUG = "blood-cells"
SIZE: ViewportSize = {"width": 1280, "height": 720}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAGES = {
    "projects": "/",
    "gallery": f"/p/{SLUG}/images",
    "labels": f"/p/{SLUG}/settings",
    "export": f"/p/{SLUG}/export",
}
WHITE_CELL = (145.0, 241.0)
LABELLED = "BloodImage_00044.jpg"
TOGETHER = "BloodImage_00055.jpg"


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        with open_workspace(workspace) as opened:
            build_sample(opened)
        server = Server(workspace)
        server.start()
        try:
            with sync_playwright() as playwright:
                path = chromium_path()
                browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
                expect.set_options(timeout=60_000)
                for scheme in SCHEMES:
                    take(browser, server, scheme)
                    take_together(browser, server, scheme)
                browser.close()
        finally:
            server.stop()


def take(browser: Browser, server: Server, scheme: Literal["light", "dark"]) -> None:
    tail = "" if scheme == "light" else "-dark"
    context = browser.new_context(viewport=SIZE, color_scheme=scheme)
    person = Labeller(context.new_page(), server)
    page = person.page
    for name, address in PAGES.items():
        page.goto(person.origin + address)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / f"{name}{tail}.png")
    person.open_image(SLUG, LABELLED)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"annotate{tail}.png")
    scribble(person)
    page.screenshot(path=IMAGES / f"scribble{tail}.png")
    person.press("Escape")
    context.close()


def take_together(browser: Browser, server: Server, scheme: Literal["light", "dark"]) -> None:
    """Two people on one image: a conflict, and the history after it was settled."""
    tail = "" if scheme == "light" else "-dark"
    contexts = [browser.new_context(viewport=SIZE, color_scheme=scheme) for _ in range(2)]
    ada, bob = (Labeller(context.new_page(), server) for context in contexts)
    for person in (ada, bob):
        person.open_image(SLUG, TOGETHER)
    ada.press("b", "1")
    ada.drag([(40, 340), (160, 420)])
    ada.wait_until("saved")
    bob.wait_for_objects(ada.page.evaluate("dsb.editor.model.annotations.length"))
    contexts[0].set_offline(True)
    ada.press("v")
    ada.drag([(100, 380), (180, 330)])
    bob.press("v")
    bob.click((100, 380))
    bob.press("2")
    bob.wait_until("saved")
    contexts[0].set_offline(False)
    expect(ada.page.locator(".settle-card")).to_be_visible()
    ada.press("n")
    ada.page.screenshot(path=IMAGES / f"conflict{tail}.png")
    ada.press("t", "y")
    expect(ada.page.locator(".past-row").first).to_be_visible()
    ada.press("ArrowDown", "ArrowDown")
    expect(ada.page.locator(".canvas-active .note.past")).to_be_visible()
    ada.page.screenshot(path=IMAGES / f"history{tail}.png")
    for context in contexts:
        context.close()


def scribble(person: Labeller) -> None:
    """One stroke on the white cell, one round it, and the proposal that follows."""
    person.open_image(SLUG, "BloodImage_00029.jpg")
    person.press("s", "2")
    x, y = WHITE_CELL
    person.drag([(x - 30, y - 10), (x, y - 35), (x + 30, y)])
    person.page.keyboard.down("Alt")
    person.drag([(x - 75, y - 60), (x + 10, y - 90), (x + 90, y - 20)])
    person.page.keyboard.up("Alt")
    accept = person.page.locator("#annotate-dock button", has_text="accept")
    expect(accept).to_be_enabled()
    person.page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    main()
