"""People come in: a wrong password, an invite, a role, a token, a logout; and text that is code."""

import shutil
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image as Picture
from playwright.sync_api import Browser, Page, expect

from datasetbuilder.api import open_workspace
from datasetbuilder.app.security.door import make_token
from datasetbuilder.app.security.passwords import Passwords
from datasetbuilder.model import Operation, OperationKind, Target, TargetType
from tests.browser.labeller import Labeller
from tests.browser.serving import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "correct horse battery"


@pytest.fixture
def team(sample: Path, tmp_path: Path) -> Server:
    """A server of a workspace with one administrator."""
    shutil.copytree(sample, tmp_path / "workspace")
    with open_workspace(tmp_path / "workspace") as workspace:
        people = workspace.store.people
        people.add("boss", password_hash=Passwords().hash(PASSWORD), admin=True, actor="local")
    server = Server(tmp_path / "workspace")
    server.start()
    return server


def come_in(page: Page, password: str = PASSWORD) -> None:
    page.fill("[name=name]", "boss")
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")


def test_an_administrator_invites_an_annotator_who_labels_and_is_shut_out(
    team: Server, page: Page, chromium: Browser
):
    try:
        page.goto(f"{team.origin}/people")
        come_in(page, "a wrong password")
        expect(page.get_by_role("alert")).to_have_text("No account has this name and password.")
        come_in(page)
        page.locator("#accounts form select").first.select_option("blood-cells")
        page.get_by_role("button", name="Invite", exact=True).click()
        address = page.get_by_label("To be copied").input_value()

        other = chromium.new_context(viewport={"width": 1280, "height": 720}).new_page()
        other.goto(address)
        other.fill("[name=name]", "Grace")
        other.fill("[name=password]", PASSWORD)
        other.keyboard.press("Enter")
        expect(other.locator(".card.project")).to_have_count(1)
        expect(other.get_by_text("New project")).to_have_count(0)
        other.locator(".card.project").click()
        other.locator("#gallery a").first.click()
        expect(other.locator("#save-state")).to_have_attribute("data-state", "saved")

        page.reload()
        row = page.locator("#accounts tr", has_text="grace")
        row.get_by_role("button", name="Shut out").click()
        expect(row.get_by_role("button", name="Let in")).to_be_visible()
        other.goto(f"{team.origin}/p/blood-cells/images")
        expect(other.get_by_role("heading", name="Log in")).to_be_visible()
        other.context.close()

        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    finally:
        team.stop()


RUN = "window.__x=1"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<body onload={RUN}>",
    f'"><script>{RUN}</script>',
    f"'><img src=x onerror={RUN}>",
    f"</title><script>{RUN}</script>",
    f"</textarea><svg onload={RUN}>",
    f"</script><script>{RUN}</script>",
    f"javascript:{RUN}",
    f"<a href=javascript:{RUN}>x</a>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"<iframe src=javascript:{RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}>",
    f"<audio src=x onerror={RUN}>",
    f"<math><mi xlink:href=javascript:{RUN}>x",
    f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>",
    f"<form action=javascript:{RUN}><button>x",
    f"<marquee onstart={RUN}>",
    f"<style onload={RUN}></style>",
    f"<link rel=stylesheet href=x onerror={RUN}>",
    f"<base href=javascript:{RUN}//>",
    f"<template><img src=x onerror={RUN}></template>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"[x](javascript:{RUN})",
    f"![x](x' onerror='{RUN})",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"${{{RUN}}}",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"\\x3cscript\\x3e{RUN}",
    f"\\u003cimg src=x onerror={RUN}\\u003e",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<img/src='x'/onerror={RUN}>",
    f"`-{RUN}-`",
]


def said(number: int, words: str) -> Operation:
    """A comment on the first image."""
    target = Target(TargetType.COMMENT, f"comment-{number}", 1)
    return Operation(str(uuid4()), OperationKind.ADD, target, {"text": words})


def judged(image: int, state: str, words: str) -> Operation:
    """What was said of an image."""
    target = Target(TargetType.IMAGE_STATE, str(image), image)
    payload = {"state": state, "comment": words}
    return Operation(str(uuid4()), OperationKind.CHANGE, target, payload, base_version=1)


@pytest.fixture
def hostile(sample: Path, tmp_path: Path) -> Server:
    """A project in which every text that a person may type tries to run."""
    shutil.copytree(sample, tmp_path / "workspace")
    folder = tmp_path / "pictures"
    folder.mkdir()
    with open_workspace(tmp_path / "workspace") as workspace:
        for k, payload in enumerate(PAYLOADS[1:]):
            workspace.create_project(f"{payload} {k}")
        project = workspace.create_project(
            PAYLOADS[0], labels=[f"{payload} {k}" for k, payload in enumerate(PAYLOADS)]
        )
        for k, payload in enumerate(PAYLOADS):
            name = payload.replace("/", "∕") + f"{k}.png"
            Picture.new("RGB", (40, 30), (k, 2 * k, 90)).save(folder / name)
            make_token(
                workspace.store.people,
                actor="local",
                name=payload,
                member="",
                project=project.slug,
                scope="read",
                days=1,
            )
            workspace.store.people.add(f"p{k}", email=payload, actor="local")
            workspace.store.people.note("local", payload, payload, payload)
        project.add_images([folder])
        project.apply([said(k, payload) for k, payload in enumerate(PAYLOADS)])
        project.apply([judged(1, "rejected", PAYLOADS[1]), judged(2, "done", PAYLOADS[2])])
        guidance = {f"guide.{k + 1}": payload for k, payload in enumerate(PAYLOADS)}
        project.set_settings({"guide": "\n\n".join(PAYLOADS), **guidance})
        slug = project.slug
    server = Server(tmp_path / "workspace")
    server.start()
    server.slug = slug  # type: ignore[attr-defined]
    return server


def test_text_that_tries_to_run_is_text_on_every_page(hostile: Server, page: Page):
    assert len(PAYLOADS) == 40
    try:
        person = Labeller(page, hostile)
        here = f"/p/{hostile.slug}"  # type: ignore[attr-defined]
        for address, sign in (
            ("/", ".card.project"),
            (f"{here}/images", "#gallery a"),
            (f"{here}/annotate/1", ".comment"),
            (f"{here}/review/1", ".comment"),
            (f"{here}/review", "#review-about dd"),
            (f"{here}/guide", ".guide p"),
            (f"{here}/work", "#work-rule"),
            (f"{here}/annotate/20", "#save-state"),
            (f"{here}/export", "#export-preview"),
            (f"{here}/settings", "#label-table"),
            ("/people", "#accounts"),
            ("/login?next=" + PAYLOADS[1], ".card.project"),
        ):
            page.goto(person.origin + address)
            expect(page.locator(sign).first).to_be_attached()
            page.wait_for_load_state("networkidle")
            assert page.evaluate("window.__x") is None, address
    finally:
        hostile.stop()


def test_no_other_site_shows_a_page_in_a_frame(team: Server, chromium: Browser):
    other = chromium.new_page()
    try:
        other.set_content(f'<iframe src="{team.origin}/login"></iframe>')
        other.wait_for_load_state("networkidle")
        (framed,) = other.frames[1:]
        assert framed.url.startswith("chrome-error:")
        other.goto(f"{team.origin}/login")
        expect(other.get_by_role("heading", name="Log in")).to_be_visible()
    finally:
        other.close()
        team.stop()
