"""A profile follows a line over a 16-bit picture, and the server's exact values follow it."""

import numpy as np
import pytest
import tifffile

from datasetbuilder.api import open_workspace
from tests.browser.labeller import Labeller

pytestmark = pytest.mark.browser

VALUES = "document.querySelector('#annotate-measure .js-plotly-plot')?.data?.[0].y"


def test_a_profile_follows_the_line_in_full_depth(server, page, tmp_path):
    folder = tmp_path / "deep"
    folder.mkdir()
    ramp = np.tile((np.arange(600) * 100).astype(np.uint16), (400, 1))
    tifffile.imwrite(folder / "ramp.tif", ramp)
    with open_workspace(server.workspace) as workspace:
        workspace.create_project("Deep", labels=["cell"]).add_images(folder)
    server.start()
    person = Labeller(page, server)
    person.open_image("deep", "ramp.tif")
    person.press("l")
    person.click((100, 100))
    page.mouse.move(*person.on_screen((300, 100)))
    person.until(f"{VALUES}?.length > 190 && {VALUES}[0] > 9500 && {VALUES}.at(-1) > 29000")
    page.mouse.move(*person.on_screen((500, 100)))
    person.until(f"{VALUES}.length > 390 && {VALUES}.at(-1) > 49000 && {VALUES}[0] < 10500")
    page.screenshot(path=str(tmp_path / "profile.png"))
