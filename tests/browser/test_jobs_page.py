"""A folder is taken in with bad files among it; the server is killed; the job goes on."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from playwright.sync_api import Page, expect

from datasetbuilder.api import open_workspace
from datasetbuilder.app.jobs import new_images_job
from datasetbuilder.projects import jobs
from tests.browser.serving import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "plates"
    folder.mkdir()
    for k in range(12):
        pixels = np.full((40, 50, 3), 10 * k, np.uint8)
        Picture.fromarray(pixels).save(folder / f"plate {k}.png")
    (folder / "torn.png").write_bytes(b"no image")
    return folder


def test_jobs_that_a_dead_server_and_a_person_left_go_on_from_their_page(
    server: Server, page: Page, pictures: Path, tmp_path: Path
):
    with open_workspace(server.workspace) as workspace:
        project = workspace.project("blood-cells")
        before = project.info.n_images
        stopped = new_images_job(project, [pictures / "plate 0.png", pictures / "torn.png"])
        workspace.store.submit(lambda t: jobs.cancel_waiting(t.connection, stopped.id))
        killed = new_images_job(project, [pictures])
        workspace.store.submit(lambda t: jobs.begin(t.connection, killed.id))
    server.start()
    page.goto(server.take_address())
    page.goto(f"{server.origin}/p/blood-cells/images")
    page.get_by_role("link", name="Jobs").click()
    row = page.locator(f"[data-job='{killed.id}']")
    expect(row).to_have_attribute("data-state", "done")
    expect(row).to_contain_text("torn.png: ")
    waiting = page.locator(f"[data-job='{stopped.id}']")
    waiting.get_by_role("button", name="Resume").press("Enter")
    expect(waiting).to_have_attribute("data-state", "done")
    command = [sys.executable, "-m", "datasetbuilder", "add", "blood-cells"]
    command += [str(pictures / "plate 3.png"), "--copy", "--workspace", str(server.workspace)]
    typed = subprocess.run(command, capture_output=True, text=True)
    assert typed.stdout == "blood-cells: 0 images added (1 already there).\n"
    of_the_command = page.locator("tr", has_text="plate 3.png").first
    expect(of_the_command).to_have_attribute("data-state", "done")
    page.get_by_role("button", name="Make missing previews").click()
    expect(page.locator("tr", has_text="Previews")).to_have_attribute("data-state", "done")
    page.screenshot(path=tmp_path / "jobs.png")
    server.stop()
    with open_workspace(server.workspace) as workspace:
        assert workspace.project("blood-cells").info.n_images == before + 12
