"""Two people on one image, a server that goes away, a login that ends: nothing is lost."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.labeller import Labeller
from tests.browser.serving import Server

pytestmark = pytest.mark.browser

SLUG, NAME = "blood-cells", "BloodImage_00029.jpg"
BOX = [(100.0, 100.0), (180.0, 160.0)]
INSIDE = (140.0, 130.0)
AWAY = [INSIDE, (300.0, 300.0)]

Somebody = Callable[[], Labeller]


@pytest.fixture
def somebody(chromium: Browser, running: Server) -> Iterator[Somebody]:
    """Makes people with a browser of their own."""
    contexts = []

    def make() -> Labeller:
        context = chromium.new_context(viewport={"width": 1280, "height": 720})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        return Labeller(page, running)

    yield make
    for context in contexts:
        context.close()


def api(person: Labeller, tail: str) -> dict:
    answer = person.page.request.get(f"{person.origin}/api/v1/projects/{SLUG}/{tail}")
    assert answer.ok, answer.text()
    return answer.json()


def clear(person: Labeller, image_id: int) -> None:
    """Leave the image as a fresh one for the next story."""
    for annotation in person.stored(SLUG, image_id):
        person.page.evaluate("uid => dsb.editor.remove(uid, 'remove')", annotation["uid"])
    person.wait_until("saved")


def drawn(person: Labeller) -> tuple[int, str]:
    """A box on the shared image; its image and uid."""
    person.press("b", "1")
    person.drag(BOX)
    person.wait_for_objects(1)
    person.wait_until("saved")
    image_id = person.image_id()
    (stored,) = person.stored(SLUG, image_id)
    return image_id, stored["uid"]


def offline(person: Labeller, *, off: bool) -> None:
    person.page.context.set_offline(off)


@pytest.fixture
def disputed(somebody: Somebody) -> Iterator[tuple[Labeller, int]]:
    """Ada moved a box without a network while Bob relabelled it; both sides are shown to her."""
    ada, bob = somebody(), somebody()
    ada.open_image(SLUG, NAME)
    image_id, _ = drawn(ada)
    bob.open_image(SLUG, NAME)
    bob.wait_for_objects(1)
    offline(ada, off=True)
    ada.press("v")
    ada.drag(AWAY)
    ada.wait_until("unsaved")
    bob.press("v")
    bob.click(INSIDE)
    bob.press("2")
    bob.wait_until("saved")
    offline(ada, off=False)
    expect(ada.page.locator(".settle-card")).to_be_visible()
    yield ada, image_id
    clear(ada, image_id)


# --- conflicts ------------------------------------------------------------------------------------


def places(person: Labeller, image_id: int) -> list[tuple[int, int]]:
    """Where boxes begin, to ten pixels, and their labels."""
    found = [(round(one["bbox"][0], -1), one["label"]) for one in person.stored(SLUG, image_id)]
    return sorted(found)


@pytest.mark.parametrize(
    ("key", "after"),
    [("m", [(260, 1)]), ("t", [(100, 2)]), ("b", [(100, 2), (260, 1)])],
)
def test_a_conflict_is_answered_by_one_key(disputed, key, after):
    ada, image_id = disputed
    assert places(ada, image_id) == [(100, 2)]
    assert ada.page.locator(".canvas-active .note").all_text_contents() == ["theirs", "mine"]

    ada.press("n", key)

    expect(ada.page.locator(".settle-card")).to_have_count(0)
    ada.wait_until("saved")
    assert places(ada, image_id) == after
    assert api(ada, f"images/{image_id}/conflicts")["conflicts_waiting"] == 0


def test_an_unanswered_conflict_survives_a_reload_and_is_counted(disputed):
    ada, image_id = disputed
    ada.page.reload()
    ada.wait_for_image(NAME)
    expect(ada.page.locator(".settle-card")).to_be_visible()
    assert ada.page.locator(".canvas-active .note").all_text_contents() == ["theirs", "mine"]
    expect(ada.page.locator("#annotate-waiting")).to_have_text("1 conflict")

    ada.page.goto(f"{ada.origin}/p/{SLUG}/images")
    expect(ada.page.locator(f'.tile[title^="{NAME}"] .in-conflict')).to_have_text("! 1")
    ada.open_image(SLUG, NAME)
    ada.page.get_by_role("button", name="Take theirs").click()
    ada.wait_until("saved")
    assert places(ada, image_id) == [(100, 2)]


def test_work_on_different_objects_merges_and_people_see_each_other(somebody):
    ada, bob = somebody(), somebody()
    ada.open_image(SLUG, NAME)
    bob.open_image(SLUG, NAME)
    expect(ada.page.locator("#annotate-present")).to_have_text("another window", timeout=15_000)
    ada.press("b", "1")
    ada.drag(BOX)
    bob.press("b", "2")
    bob.drag([(300.0, 300.0), (380.0, 360.0)])
    ada.wait_for_objects(2)
    bob.wait_for_objects(2)
    bob.page.close()
    expect(ada.page.locator("#annotate-present")).to_be_hidden(timeout=15_000)
    clear(ada, ada.image_id())


# --- the past -------------------------------------------------------------------------------------


def test_a_removed_object_is_brought_back_from_the_history(somebody):
    ada = somebody()
    ada.open_image(SLUG, NAME)
    image_id, uid = drawn(ada)
    (before,) = ada.stored(SLUG, image_id)
    ada.press("v")
    ada.click(INSIDE)
    ada.press("Delete")
    ada.wait_for_objects(0)
    ada.wait_until("saved")
    ada.page.reload()
    ada.wait_for_image(NAME)

    ada.press("y")
    row = ada.page.locator(".past-row").first
    expect(row).to_contain_text("removed")
    ada.press("ArrowDown")
    expect(ada.page.locator(".canvas-active .note.past")).to_have_text("removed")
    ada.press("Enter")
    ada.wait_for_objects(1)
    ada.press("Escape")
    ada.wait_until("saved")
    (after,) = ada.stored(SLUG, image_id)
    assert (after["uid"], after["id"], after["geometry"]) == (uid, before["id"], before["geometry"])
    clear(ada, image_id)


def test_undo_reaches_back_over_a_reload(somebody):
    ada = somebody()
    ada.open_image(SLUG, NAME)
    image_id, _ = drawn(ada)
    ada.press("v")
    ada.drag(AWAY)
    ada.wait_until("saved")
    ada.page.reload()
    ada.wait_for_image(NAME)
    ada.until("dsb.editor.history.done.length >= 2")
    ada.press("Control+z")
    ada.wait_until("saved")
    assert places(ada, image_id) == [(100, 1)]
    ada.press("Control+Shift+z")
    ada.wait_until("saved")
    assert places(ada, image_id) == [(260, 1)]
    clear(ada, image_id)


# --- labels ---------------------------------------------------------------------------------------


def change_label(person: Labeller, name: str, kind: str, payload: dict) -> None:
    """As the Labels page of somebody else does it."""
    labels = api(person, "labels")["labels"]
    (label,) = [one for one in labels if one["name"] == name]
    operation = {
        "op_id": str(uuid4()),
        "kind": kind,
        "target": {"type": "label", "key": label["uid"], "image": None},
        "payload": payload,
        "base_version": label["version"],
    }
    answer = person.page.request.post(
        f"{person.origin}/api/v1/projects/{SLUG}/operations",
        data={"client": "label-page", "since": 0, "operations": [operation]},
    )
    assert answer.json()["results"][0]["outcome"] == "accepted", answer.text()


def test_a_label_merged_under_the_hand_leaves_the_shapes_and_asks(somebody):
    ada, bob = somebody(), somebody()
    bob.open_image(SLUG, NAME)
    ada.open_image(SLUG, NAME)
    offline(ada, off=True)
    ada.press("b", "3")
    ada.drag(BOX)
    ada.wait_until("unsaved")
    change_label(bob, "Platelets", "remove", {"merge_into": 1})
    change_label(bob, "WBC", "change", {"name": "white cell"})
    offline(ada, off=False)

    card = ada.page.locator(".settle-card.refused")
    expect(card).to_contain_text("“Platelets” was merged into “RBC”")
    ada.wait_for_objects(1)
    expect(ada.page.locator("#save-state")).to_have_text("NOT saved, 1 refused")
    expect(ada.page.locator("#annotate-labels")).to_contain_text("white cell")
    card.get_by_role("button", name="Use this label").click()
    ada.wait_until("saved")
    assert places(ada, ada.image_id()) == [(100, 1)]
    clear(ada, ada.image_id())
    change_label(bob, "Platelets", "change", {})
    change_label(bob, "white cell", "change", {"name": "WBC"})


# --- a login that ends, a server that goes away ---------------------------------------------------


def end_sessions(server: Server) -> None:
    with closing(sqlite3.connect(server.workspace / "workspace.db", timeout=10)) as database:
        database.execute("DELETE FROM session WHERE token_hash NOT LIKE 'once:%'")
        database.commit()


def test_a_login_that_ends_is_renewed_in_place_and_the_queue_goes_on(server, page: Page):
    server.start()
    ada = Labeller(page, server)
    ada.open_image(SLUG, NAME)
    end_sessions(server)
    ada.press("b", "1")
    ada.drag(BOX)
    sheet = page.locator("#annotate-login")
    expect(sheet).to_contain_text("1 change waits here")
    ada.wait_until("unsaved")
    sheet.get_by_role("textbox").fill("http://127.0.0.1/login?token=wrong")
    ada.press("Enter")
    expect(sheet.get_by_role("alert")).to_contain_text("take the newest address")
    sheet.get_by_role("textbox").fill(server.take_address())
    ada.press("Enter")
    expect(sheet).to_be_hidden()
    ada.wait_until("saved")
    assert len(ada.stored(SLUG, ada.image_id())) == 1


def test_work_without_a_server_outlives_the_browser_page(server, page: Page):
    server.start()
    ada = Labeller(page, server)
    ada.open_image(SLUG, NAME)
    server.kill()
    ada.press("b", "1")
    ada.drag(BOX)
    ada.wait_until("unsaved")
    ada.press("v")
    ada.drag(AWAY)
    context = page.context
    page.close()
    server.start()
    again = context.new_page()
    again.goto(f"{server.origin}/p/{SLUG}/images")
    again.locator(f'.tile[title^="{NAME}"]').click()
    expect(again.locator("#save-state")).to_have_attribute("data-state", "saved")
    ada.page = again
    ada.wait_for_image(NAME)
    ada.wait_for_objects(1)
    ada.wait_until("saved")
    assert places(ada, ada.image_id()) == [(260, 1)]
