"""Labels come in from a file, are looked at before they are stored, and go out by a filter."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from datasetbuilder.api import open_workspace
from tests.browser.labeller import Labeller
from tests.browser.serving import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HERE = "/p/blood-cells"
BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 20, 50, 40]}


def coco(path: Path, name: str, **changes: object) -> Path:
    image = {"id": 1, "file_name": name, "width": 640, "height": 480}
    categories = [{"id": 1, "name": "artefact"}]
    document = {"images": [image], "categories": categories, "annotations": [{**BOX, **changes}]}
    path.write_text(json.dumps(document))
    return path


def test_a_file_is_looked_at_stored_exported_by_a_filter_and_compared(
    server: Server, page: Page, tmp_path: Path
):
    with open_workspace(server.workspace) as workspace:
        name = workspace.project("blood-cells").image(1).name
    server.start()
    person = Labeller(page, server)
    page.goto(person.origin + HERE + "/images")
    page.get_by_role("link", name="Import").click()

    picker, outcome = page.get_by_label("File or zip"), page.locator("#import-outcome")
    store = page.get_by_role("button", name="Import", exact=True)
    picker.set_input_files(coco(tmp_path / "wrong.json", name, bbox=[1, 2, -3, 4]))
    page.get_by_role("button", name="Look at it").click()
    expect(outcome).to_contain_text("wrong.json annotations[0].bbox")
    expect(store).to_be_disabled()

    picker.set_input_files(coco(tmp_path / "labels.json", name))
    page.get_by_role("button", name="Look at it").click()
    expect(outcome).to_contain_text("Read as coco: 1 annotations would be added to 1 images.")
    expect(outcome).to_contain_text("artefact: 1 (new label)")
    store.click()
    expect(outcome).to_contain_text("1 annotations added to 1 images.")

    page.goto(person.origin + HERE + "/export")
    filtered = page.locator("#export-where")
    filtered.fill("label = ")
    filtered.press("Tab")
    expect(page.locator("#export-where-error .notice")).to_be_visible()
    filtered.fill("label = artefact")
    filtered.press("Tab")
    expect(page.locator("#export-where-error .notice")).to_have_count(0)
    expect(page.locator("#export-preview tr", has_text="artefact")).to_contain_text("1")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#export-outcome")).to_contain_text("is whole and unchanged.")
    page.get_by_role("button", name="Diff with").click()
    expect(page.locator("#export-outcome")).to_contain_text("57 added, 0 removed, 0 changed, 1 the")
    server.stop()
