"""Refine tools by hand: clicks, boxes and touches become masks, masks are mended."""

import pytest
from playwright.sync_api import expect

from datasetbuilder.geometry import array_from_geometry
from datasetbuilder.model import Kind
from datasetbuilder.wire import geometry_from_wire
from tests.browser.labeller import Labeller

pytestmark = pytest.mark.browser

SLUG, NAME = "blood-cells", "BloodImage_00029.jpg"
WHITE_CELL = (145.0, 241.0)
ROUND_IT = [(80.0, 165.0), (220.0, 320.0)]
ACROSS = [(145.0, 130.0), (146.0, 360.0)]


def open_page(running, page) -> Labeller:
    person = Labeller(page, running)
    person.open_image(SLUG, NAME)
    return person


def choose(person: Labeller, name: str, value: str) -> None:
    person.page.get_by_label(name).select_option(value)


def mode(person: Labeller, name: str) -> None:
    person.page.locator(f'#annotate-dock .option[data-value="{name}"]').click()


def newest(person: Labeller) -> dict:
    person.wait_until("saved")
    return max(person.stored(SLUG, person.image_id()), key=lambda item: item["id"])


def pixels(person: Labeller, item: dict) -> int:
    geometry = geometry_from_wire(Kind(item["kind"]), item["geometry"])
    return int(array_from_geometry(geometry, (480, 640)).sum())


def test_a_click_a_box_and_touches_become_masks_only_when_accepted(running, page):
    person = open_page(running, page)
    count = page.evaluate("dsb.editor.model.annotations.length")

    person.press("w", "1")
    person.click(WHITE_CELL)
    expect(page.locator("#annotate-dock button", has_text="accept")).to_be_enabled()
    person.press("Escape")
    assert page.evaluate("dsb.editor.model.annotations.length") == count

    person.click(WHITE_CELL)
    person.accept()
    person.wait_for_objects(count + 1)
    assert newest(person)["source"] == "wand: wand"

    mode(person, "box")
    person.drag(ROUND_IT)
    person.accept()
    person.wait_for_objects(count + 2)
    item = newest(person)
    assert item["source"] == "wand: auto"
    assert item["geometry"]["x"] >= ROUND_IT[0][0] - 1
    assert 3_000 < pixels(person, item) < 140 * 155

    mode(person, "paint")
    person.drag([(130.0, 230.0), (160.0, 250.0)])
    person.accept()
    person.wait_for_objects(count + 3)
    assert newest(person)["source"] == "wand: superpixels"
    for _ in range(3):
        person.press("Control+z")
    person.wait_for_objects(count)


def test_a_mask_is_split_at_the_neck_and_whole_again_when_undone(running, page):
    person = open_page(running, page)
    count = page.evaluate("dsb.editor.model.annotations.length")
    person.press("w", "1")
    mode(person, "box")
    person.drag(ROUND_IT)
    person.accept()
    person.wait_for_objects(count + 1)
    whole = pixels(person, newest(person))

    person.press("r")
    person.click(WHITE_CELL)
    choose(person, "edit", "split")
    person.drag(ACROSS)
    person.accept()
    person.wait_for_objects(count + 2)
    person.wait_until("saved")
    items = sorted(person.stored(SLUG, person.image_id()), key=lambda item: item["id"])[-2:]
    assert sum(pixels(person, item) for item in items) == whole

    person.press("Control+z")
    person.wait_for_objects(count + 1)
    assert pixels(person, newest(person)) == whole
    person.press("Control+z")
    person.wait_for_objects(count)


def test_the_methods_in_the_panel_are_those_of_the_tools(running, page):
    from datasetbuilder.refine import outline, region, scribbles

    open_page(running, page)
    known = page.evaluate("dsb.refine.METHODS")
    assert set(known["scribbles"]) <= set(scribbles.METHODS)
    assert set(known["outline"]) == set(outline.METHODS)
    assert set(known["box"]) == set(region.BOX_METHODS)
    assert set(known["superpixels"]) == set(region.SIZES)
    assert set(known["threshold"]) == set(region.SIDES)


def test_a_method_chosen_in_the_panel_answers(running, page):
    person = open_page(running, page)
    count = page.evaluate("dsb.editor.model.annotations.length")
    person.press("s", "1")
    choose(person, "method", "watershed")
    person.drag([(130.0, 230.0), (160.0, 250.0)])
    person.drag([(70.0, 150.0), (230.0, 150.0), (230.0, 340.0)], button="right")
    person.accept()
    person.wait_for_objects(count + 1)
    assert newest(person)["source"] == "scribbles: watershed"
