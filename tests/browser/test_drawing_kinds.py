"""Every kind of shape drawn with mouse and keys, several edited at once; all survive a reload."""

from typing import Any

import pytest

from tests.browser.labeller import Labeller

pytestmark = pytest.mark.browser

SLUG, NAME = "blood-cells", "BloodImage_00029.jpg"
LOOP = [(520, 200), (560, 190), (590, 205), (600, 240), (560, 260), (525, 240), (521, 205)]


def draw_one_of_each(person: Labeller) -> None:
    person.press("1", "o")
    person.drag([(360, 395), (460, 420)])
    person.click((440, 470))
    person.press("2", "e")
    person.drag([(265, 372), (362, 448)])
    person.press("3", "f")
    person.drag(LOOP)
    person.press("l")
    for place in ((60, 60), (150, 80), (200, 50)):
        person.click(place)
    person.press("Enter", "k")
    for place in ((410, 330), (440, 350), (480, 340)):
        person.click(place)
    person.wait_for_objects(5)


def kinds(stored: list[dict[str, Any]]) -> list[str]:
    return [item["kind"] for item in stored]


def test_every_kind_is_drawn_stored_and_shown_again(server, page):
    server.start()
    person = Labeller(page, server)
    person.open_image(SLUG, NAME)
    draw_one_of_each(person)
    person.wait_until("saved")

    stored = person.stored(SLUG, person.image_id())
    assert kinds(stored) == ["rotated_box", "ellipse", "polygon", "polyline", "points"]
    turned, ellipse, free, line, points = (item["geometry"] for item in stored)
    # A mouse stands on whole screen pixels, hence the slack of one.
    assert turned["angle"] == pytest.approx(14, abs=1)
    assert [ellipse[name] for name in ("cx", "cy", "rx", "ry")] == pytest.approx(
        [313.5, 410, 48.5, 38], abs=1
    )
    assert 6 <= len(free["parts"][0][0]) <= 12
    assert (len(line["points"]), len(points["points"])) == (3, 3)

    page.reload()
    person.wait_for_image(NAME)
    person.wait_for_objects(5)
    assert person.shown() == {item["uid"] for item in stored}


def test_several_objects_move_turn_and_go_in_one_step_each(server, page):
    server.start()
    person = Labeller(page, server)
    person.open_image(SLUG, NAME)
    person.press("1", "b")
    person.drag([(100, 100), (150, 140)])
    person.drag([(200, 100), (240, 150)])
    person.wait_for_objects(2)
    person.press("v")
    person.drag([(80, 80), (260, 170)])
    person.drag([(120, 120), (150, 160)])
    person.wait_until("saved")
    boxes = [item["geometry"] for item in person.stored(SLUG, person.image_id())]
    assert [box["x"] for box in boxes] == pytest.approx([130, 230], abs=1)
    assert [box["y"] for box in boxes] == pytest.approx([140, 140], abs=1)

    knob = page.evaluate("dsb.editor.tool.parts().find((part) => part.look === 'knob').point")
    middle = (200.0, knob[1] + 80)
    person.drag([tuple(knob), (middle[0] + 200, middle[1])])
    person.wait_until("saved")
    assert kinds(person.stored(SLUG, person.image_id())) == ["rotated_box", "rotated_box"]
    person.press("Control+z")
    person.wait_until("saved")
    assert [item["geometry"] for item in person.stored(SLUG, person.image_id())] == boxes

    person.press("Delete")
    person.wait_for_objects(0)
    person.press("Control+z")
    person.wait_for_objects(2)


def test_shapes_are_merged_and_cut_by_a_line(server, page):
    server.start()
    person = Labeller(page, server)
    person.open_image(SLUG, NAME)
    person.press("1", "b")
    person.drag([(100, 100), (150, 140)])
    person.drag([(140, 110), (200, 130)])
    person.wait_for_objects(2)
    person.press("v", "Control+a", "j")
    person.wait_for_objects(1)
    person.wait_until("saved")
    (merged,) = person.stored(SLUG, person.image_id())
    assert (merged["kind"], merged["bbox"]) == (
        "polygon",
        pytest.approx([100, 100, 100, 40], abs=1),
    )

    person.press("Escape", "g")
    person.drag([(170, 90), (170, 150)])
    person.wait_for_objects(2)
    person.wait_until("saved")
    pieces = person.stored(SLUG, person.image_id())
    assert sum(piece["area"] for piece in pieces) == pytest.approx(merged["area"], rel=0.02)
    assert pieces[0]["uid"] == merged["uid"]
    person.press("Control+z")
    person.wait_for_objects(1)


def test_keypoints_follow_the_skeleton_that_the_labels_page_gives(server, page):
    server.start()
    person = Labeller(page, server)
    page.goto(f"{person.origin}/p/{SLUG}/settings")
    field = page.get_by_label("Keypoints of WBC")
    field.fill("nucleus, rim, tail | 1-2, 1-3")
    field.press("Enter")
    page.get_by_text("WBC has 3 keypoints.").wait_for()

    person.open_image(SLUG, NAME)
    person.press("2", "k")
    page.get_by_text("1 of 3: nucleus").wait_for()
    for place in ((140, 240), (180, 250), (150, 290)):
        person.click(place)
    person.wait_for_objects(1)
    person.wait_until("saved")
    (stored,) = person.stored(SLUG, person.image_id())
    assert stored["kind"] == "keypoints"
    assert [visibility for _, _, visibility in stored["geometry"]["points"]] == [2, 2, 2]
