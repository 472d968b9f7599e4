"""The pages around the canvas, as a newcomer meets them."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.labeller import Labeller

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[2] / "app" / "sample" / "photographs"


@pytest.fixture
def person(running, page):
    """Somebody who has just opened the printed address."""
    return Labeller(page, running)


def test_a_folder_becomes_a_project_and_a_bad_file_is_told(person, running):
    folder = running.workspace.parent / "my pictures"
    folder.mkdir()
    for picture in sorted(PICTURES.iterdir())[:2]:
        shutil.copy(picture, folder)
    (folder / "words.png").write_text("not a picture")
    page = person.page

    page.get_by_role("button", name="New project").click()
    page.get_by_label("Name", exact=True).fill("My pictures")
    page.get_by_label("Labels").fill("cup, cat")
    page.get_by_label("Folder on this computer").fill(str(folder))
    page.get_by_role("button", name="Create").click()

    expect(page.get_by_text("2 images added, 1 refused.")).to_be_visible()
    expect(page.get_by_text("words.png:")).to_be_visible()
    page.get_by_role("link", name="Open the project").click()
    expect(page.locator(".tile")).to_have_count(2)


def test_a_folder_outside_the_allowed_ones_is_refused_with_the_way_out(person):
    page = person.page
    page.get_by_role("button", name="New project").click()
    page.get_by_label("Name", exact=True).fill("Secrets")
    page.get_by_label("Folder on this computer").fill("/etc")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("#new-project .notice.bad")).to_contain_text("--image-root")


def test_uploaded_files_become_a_project(person):
    page = person.page
    page.get_by_role("button", name="New project").click()
    page.get_by_label("Name", exact=True).fill("Uploads")
    files = [str(path) for path in sorted(PICTURES.iterdir())[:2]]
    page.locator("#new-project input[type=file]").set_input_files(files)
    expect(page.locator("#new-project .chosen")).to_have_text("2 files chosen")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/p/uploads/images")
    expect(page.locator(".tile")).to_have_count(2)


def test_the_gallery_shows_one_state_or_one_label(person):
    page = person.page
    page.goto(f"{person.origin}/p/blood-cells/images")
    expect(page.locator(".tile")).to_have_count(12)
    page.get_by_label("Show every state").select_option(label="done (4)")
    expect(page.locator(".tile")).to_have_count(4)
    assert page.url.endswith("?state=done")
    page.reload()
    expect(page.locator(".tile")).to_have_count(4)


def test_labels_are_added_renamed_removed_and_brought_back(person):
    page = person.page
    page.goto(f"{person.origin}/p/photographs/settings")
    page.get_by_placeholder("Name of a new label").fill("rockt")
    page.get_by_role("button", name="Add label").click()
    expect(page.get_by_text("Added rockt.")).to_be_visible()
    last = page.locator("tr.label-row").last

    last.get_by_label("Name of rockt").fill("rocket")
    page.keyboard.press("Enter")
    expect(last.get_by_label("Name of rocket")).to_be_visible()

    last.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Removed rocket.")).to_be_visible()
    assert_label_ids(page, ["1", "2", "3"])
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_text("rocket is back.")).to_be_visible()
    assert_label_ids(page, ["1", "2", "3", "4"])


def test_merging_labels_moves_their_annotations(person):
    page = person.page
    page.goto(f"{person.origin}/p/blood-cells/settings")
    row = page.locator("tr", has=page.locator('input[value="Platelets"]'))
    row.get_by_placeholder("merge…").click()
    page.get_by_role("option", name="into RBC").click()
    expect(page.get_by_text("13 annotations changed their label.")).to_be_visible()
    assert_label_ids(page, ["1", "2"])
    expect(page.locator("tbody tr").first).to_contain_text("51")


def test_light_and_dark_are_remembered(person):
    page = person.page
    root = page.locator("html")
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")
    page.get_by_role("button", name="Light or dark").click()
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")


def test_the_next_image_keeps_the_view_and_the_address(person):
    person.open_image("blood-cells", "BloodImage_00029.jpg")
    page = person.page
    page.mouse.move(*person.on_screen((145.0, 241.0)))
    page.mouse.wheel(0, -400)
    person.until("!dsb.editor.view.moving")
    zoomed = page.evaluate("dsb.editor.view.place")

    person.press("d")
    person.wait_for_image("BloodImage_00044.jpg")
    assert page.url.endswith("/annotate/2")
    assert page.evaluate("dsb.editor.view.place") == zoomed
    page.go_back()
    person.wait_for_image("BloodImage_00029.jpg")


def test_done_and_next_marks_the_image(person):
    person.open_image("blood-cells", "BloodImage_00029.jpg")
    person.press("Control+Enter")
    # the images between are done already
    person.wait_for_image("BloodImage_00059.jpg")
    person.wait_until("saved")
    expect(person.page.get_by_text("5 of 12 done")).to_be_visible()


def assert_label_ids(page: Page, ids: list[str]) -> None:
    expect(page.locator("tr.label-row td:first-child")).to_have_text(ids)


def test_an_image_that_was_sent_back_comes_first_and_says_why(person):
    page = person.page
    page.goto(f"{person.origin}/p/photographs/images")
    image_id = page.locator("#gallery a").last.get_attribute("href").rpartition("/")[2]
    page.evaluate(
        """async (image) => {
          const at = `/api/v1/projects/photographs/images/${image}`;
          const { image: { version } } = await (await fetch(`${at}/annotations`)).json();
          const target = { type: 'image_state', key: image, image: Number(image) };
          const payload = { state: 'rejected', comment: 'the handle is missing' };
          const operation = { op_id: crypto.randomUUID(), kind: 'change', target, payload,
            base_version: version };
          const body = { client: 'reviewer', since: 0, operations: [operation] };
          const answer = await fetch(`${at}/operations`, { method: 'POST',
            headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
          const { results } = await answer.json();
          if (results[0].outcome !== 'accepted') throw new Error(JSON.stringify(results));
        }""",
        image_id,
    )
    page.goto(f"{person.origin}/p/photographs/annotate/next")
    page.wait_for_url(f"**/annotate/{image_id}")
    expect(page.locator("#annotate-verdict")).to_have_text("rejected: the handle is missing")
    person.press("Control+Enter")
    page.goto(f"{person.origin}/p/photographs/annotate/{image_id}")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    expect(page.locator("#annotate-verdict")).to_be_hidden()
