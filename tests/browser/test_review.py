"""Two people and one image: done, sent back with a comment at its place, mended, accepted."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from datasetbuilder.api import open_workspace
from datasetbuilder.app.security.passwords import Passwords
from tests.browser.labeller import Labeller
from tests.browser.serving import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "correct horse battery"
SLUG, NAME, IMAGE = "blood-cells", "BloodImage_00029.jpg", 1


@pytest.fixture
def team(sample: Path, tmp_path: Path) -> Server:
    """A server with an annotator and a reviewer."""
    shutil.copytree(sample, tmp_path / "workspace")
    with open_workspace(tmp_path / "workspace") as workspace:
        people = workspace.store.people
        for name, role in (("ada", "annotator"), ("judge", "reviewer")):
            people.add(name, password_hash=Passwords().hash(PASSWORD), actor="local")
            people.set_role(name, SLUG, role, actor="local")
    server = Server(tmp_path / "workspace")
    server.start()
    return server


def come_in(page: Page, server: Server, name: str) -> Labeller:
    """A person at the page, who came in with their password."""
    page.set_default_timeout(30_000)
    page.goto(f"{server.origin}/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    person = Labeller.__new__(Labeller)
    person.page, person.origin = page, server.origin
    return person


def open_review(judge: Labeller) -> None:
    judge.page.goto(f"{judge.origin}/p/{SLUG}/review/{IMAGE}")
    judge.wait_for_image(NAME)


def draw(person: Labeller, corner: tuple[float, float]) -> None:
    x, y = corner
    person.press("b", "1")
    person.drag([corner, (x + 60, y + 60)])


def finish(person: Labeller) -> None:
    person.press("Control+Enter")
    person.wait_until("saved")


def comment_at(person: Labeller, place: tuple[float, float], words: str) -> None:
    person.press("u")
    person.click(place)
    person.page.keyboard.type(words)
    person.press("Enter")
    expect(person.page.locator(".comment")).to_contain_text(words)


def test_an_image_is_sent_back_mended_and_accepted(team: Server, page: Page, chromium: Browser):
    try:
        ada = come_in(page, team, "ada")
        ada.open_image(SLUG, NAME)
        draw(ada, (100.0, 100.0))
        finish(ada)

        other = chromium.new_context(viewport={"width": 1280, "height": 720}).new_page()
        judge = come_in(other, team, "judge")
        open_review(judge)
        expect(other.locator("#review-about")).to_contain_text("ada")
        comment_at(judge, (300.0, 300.0), "This cell is missing")
        judge.press("r")
        other.keyboard.type("One is missing")
        judge.press("Enter")
        judge.wait_until("saved")

        ada.open_image(SLUG, NAME)
        expect(page.locator("#annotate-verdict")).to_have_text("rejected: One is missing")
        expect(page.locator(".canvas-active .pin")).to_have_count(1)
        draw(ada, (280.0, 280.0))
        page.locator(".comment").get_by_role("button", name="Resolve").click()
        expect(page.locator(".comment.resolved")).to_have_count(1)
        finish(ada)

        open_review(judge)
        expect(other.locator("#review-sum")).to_have_text("Since the last review: 1 added")
        judge.press("c")
        expect(other.locator(".canvas-active .note.fresh")).to_have_text("added")
        judge.press("a")
        judge.wait_until("saved")
        told = other.request.get(f"{team.origin}/api/v1/projects/{SLUG}/images/{IMAGE}/review")
        assert told.json()["accepted_by"] == "judge"

        page.goto(f"{team.origin}/p/{SLUG}/review")
        expect(page.get_by_role("main")).to_contain_text("You may not review")
        other.context.close()
    finally:
        team.stop()


def test_a_login_that_ends_goes_on_with_the_password_of_whoever_drew(team: Server, page: Page):
    try:
        ada = come_in(page, team, "ada")
        page.goto(f"{team.origin}/p/{SLUG}/annotate/{IMAGE}")
        ada.wait_for_image(NAME)
        page.context.clear_cookies()
        draw(ada, (100, 100))
        sheet = page.locator("#annotate-login")
        expect(sheet).to_contain_text("1 change waits here")
        sheet.get_by_label("Password of ada").fill("a wrong password")
        ada.press("Enter")
        expect(sheet.get_by_role("alert")).to_have_text("That is not the password.")
        sheet.get_by_label("Password of ada").fill(PASSWORD)
        ada.press("Enter")
        expect(sheet).to_be_hidden()
        ada.wait_until("saved")
    finally:
        team.stop()
