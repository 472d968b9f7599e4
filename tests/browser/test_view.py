"""The window of a 16-bit picture is chosen in the browser; the labels stay what they are."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image
from playwright.sync_api import expect

from datasetbuilder.api import open_workspace
from datasetbuilder.model import Box
from tests.browser.labeller import Labeller

pytestmark = pytest.mark.browser


def halves() -> np.ndarray:
    """Two halves 50 apart, which 8 bits cannot tell apart beside the corners."""
    picture = np.full((400, 600), 30_000, np.uint16)
    picture[:, 300:] = 30_050
    picture[:40, :40], picture[:40, -40:] = 0, 60_000
    return picture


def grey_at(person: Labeller, place: tuple[float, float]) -> int:
    x, y = (round(value) for value in person.on_screen(place))
    shot = person.page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
    return int(np.asarray(Image.open(io.BytesIO(shot)).convert("L"))[0, 0])


def test_a_window_shows_what_eight_bits_hide(server, page, tmp_path):
    folder = tmp_path / "deep"
    folder.mkdir()
    for name in ("a.tif", "b.tif"):
        tifffile.imwrite(folder / name, halves())
    with open_workspace(server.workspace) as workspace:
        project = workspace.create_project("Deep", labels=["cell"])
        project.add_images(folder)
        project.annotate(1, [("cell", Box(100, 300, 40, 40))])
    server.start()
    person = Labeller(page, server)
    person.open_image("deep", "a.tif")
    before = person.stored("deep", 1)
    left, right = (200, 200), (400, 200)
    assert abs(grey_at(person, left) - grey_at(person, right)) <= 1
    person.press("Shift+V")
    for name, value in (("Black at", "30000"), ("White at", "30050")):
        field = page.get_by_role("spinbutton", name=name)
        expect(field).not_to_have_value("")
        field.fill(value)
        field.press("Enter")
    person.until("dsb.editor.display.depth.tiles.size > 0")
    expect(page.get_by_role("slider", name="White at")).to_have_attribute("aria-valuenow", "30050")
    expect_greys(person, {left: 0, right: 255})
    page.get_by_role("region", name="View").press("Escape")
    person.press("d")
    person.wait_for_image("b.tif")
    expect_greys(person, {left: 0, right: 255})
    assert person.stored("deep", 1) == before


def expect_greys(person: Labeller, wanted: dict[tuple[float, float], int]) -> None:
    for _ in range(200):
        if all(grey_at(person, place) == grey for place, grey in wanted.items()):
            return
        person.page.wait_for_timeout(50)
    raise AssertionError({place: grey_at(person, place) for place in wanted})
