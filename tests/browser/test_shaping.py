"""What becomes of a shape after it was drawn: answers, holes, kinds, numbers, borders, levels."""

import pytest
from playwright.sync_api import expect

from tests.browser.labeller import Labeller

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLUG, NAME = "blood-cells", "BloodImage_00029.jpg"
HOLE = [(90, 90), (130, 90), (130, 130), (90, 130)]


def ask_for(person: Labeller) -> None:
    """Let red cells ask for their stage, on the Labels page."""
    person.page.goto(f"{person.origin}/p/{SLUG}/settings")
    line = person.page.get_by_label("What RBC asks of its objects")
    line.fill("stage*: ring | schizont; cut off: yes/no = no")
    person.press("Enter")
    person.page.wait_for_selector("text=RBC asks for stage, cut off.")


def choose(person: Labeller, what: str) -> None:
    """Take a choice of the dock."""
    person.page.locator("#annotate-dock select").select_option(what)


def until_kind(person: Labeller, kind: str) -> None:
    person.until(f"dsb.editor.selectedState && dsb.editor.selectedState.kind === '{kind}'")


def test_a_shape_is_answered_pierced_converted_typed_and_stacked(server, page):
    server.start()
    person = Labeller(page, server)
    ask_for(person)
    person.open_image(SLUG, NAME)
    person.press("1", "b")
    person.drag([(60, 60), (200, 190)])
    person.press("2")
    person.drag([(150, 120), (300, 260)])
    person.press("v")
    person.click((80, 80))

    person.press("Control+Enter", "q")
    expect(page.get_by_label("stage")).to_be_focused()
    person.press("r", "Enter", "PageUp", ";")
    for place in HOLE:
        person.click(place)
    person.press("Enter")
    until_kind(person, "polygon")
    choose(person, "mask")
    until_kind(person, "mask")
    choose(person, "polygon")
    until_kind(person, "polygon")
    page.locator("#annotate-numbers summary").click()
    corner = page.get_by_label("1 · 1, x", exact=True)
    corner.fill("58.5")
    corner.press("Enter")
    person.wait_until("saved")

    cell, other = person.stored(SLUG, person.image_id())
    assert cell["attributes"] == {"stage": "ring", "cut off": False}
    ((outer, hole),) = cell["geometry"]["parts"]
    assert outer[0][0] == 58.5
    assert len(hole) == 4
    assert cell["level"] > other["level"] == 0


def test_a_stroke_takes_from_its_neighbour_and_sends_little(server, page):
    server.start()
    person = Labeller(page, server)
    person.open_image(SLUG, NAME)
    sent: list[int] = []
    page.on("request", lambda request: sent.append(len(request.post_data or "")))
    person.press("1", "m")
    page.evaluate("dsb.editor.setBrush(40)")
    person.drag([(60, 350), (250, 350)])
    person.press("Escape", "2")
    choose(person, "takes from others")
    person.drag([(150, 300), (150, 450)])
    person.drag([(150, 450), (250, 450)])
    person.wait_until("saved")

    first, second = person.stored(SLUG, person.image_id())
    shown = page.evaluate("dsb.editor.model.annotations.map(({ state }) => state.geometry)")
    assert [first["geometry"], second["geometry"]] == shown
    overlap = page.evaluate(
        """() => {
          const { areaOf, spansOf, together } = dsb.patches;
          const [a, b] = dsb.editor.model.annotations.map(({ state }) => spansOf(state.geometry));
          return areaOf(a) + areaOf(b) - areaOf(together(a, b));
        }"""
    )
    assert overlap == 0
    assert max(sent) < 4000
    person.press("Control+z", "Control+z")
    person.wait_for_objects(1)
    person.wait_until("saved")
    (alone,) = person.stored(SLUG, person.image_id())
    assert alone["area"] > first["area"]
