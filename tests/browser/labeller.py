"""A person at the annotate page: real mouse and keys, positions given in image pixels."""

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page, expect

Place = tuple[float, float]


class Labeller:
    """Opens the printed address and drives one page; waits for what a person would wait for."""

    def __init__(self, page: Page, server: Any) -> None:
        self.page = page
        self.origin = server.origin
        page.goto(server.take_address())
        expect(page.get_by_role("heading", name="Projects")).to_be_visible()

    def open_image(self, slug: str, name: str) -> None:
        """Go to an image through the gallery."""
        self.page.goto(f"{self.origin}/p/{slug}/images")
        self.page.locator(f'.tile[title^="{name}"]').click()
        self.wait_for_image(name)

    def wait_for_image(self, name: str) -> None:
        """Wait until the image is there and can be drawn on."""
        expect(self.page.locator(".top-line .here")).to_have_text(name)
        expect(self.page.locator(".canvas-surface")).to_be_visible()
        self.until("Boolean(window.dsb && dsb.editor && dsb.editor.model)")

    def on_screen(self, place: Place) -> Place:
        """Where an image position stands on the screen."""
        x, y = self.page.evaluate(
            """([x, y]) => {
              const box = document.querySelector('.canvas-surface').getBoundingClientRect();
              const [left, top] = dsb.editor.view.toStage([x, y]);
              return [box.left + left, box.top + top];
            }""",
            list(place),
        )
        return x, y

    def drag(self, places: Sequence[Place], *, button: Any = "left") -> None:
        """Press at the first place, pass the others, let go at the last."""
        mouse = self.page.mouse
        mouse.move(*self.on_screen(places[0]))
        mouse.down(button=button)
        for place in places[1:]:
            mouse.move(*self.on_screen(place), steps=4)
        mouse.up(button=button)

    def click(self, place: Place) -> None:
        """Click at an image position."""
        self.page.mouse.click(*self.on_screen(place))

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def draw_polygon(self, places: Sequence[Place], *, tool: str = "p") -> None:
        """Click the corners with the polygon or the snap tool and finish with Enter."""
        self.press(tool)
        for place in places:
            self.click(place)
        self.press("Enter")

    def accept(self) -> None:
        """Take the proposal once it is there."""
        button = self.page.locator("#annotate-dock button", has_text="accept")
        expect(button).to_be_enabled(timeout=30_000)
        self.press("Enter")

    def wait_for_objects(self, count: int) -> None:
        """Wait until the page shows that many objects."""
        self.until(f"dsb.editor.model.annotations.length === {count}")

    def until(self, expression: str) -> None:
        """Wait until an expression holds; Playwright's own wait evaluates text, which CSP bars."""
        for _ in range(600):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"not reached within 30 s: {expression}")

    def wait_until(self, state: str) -> None:
        """Wait until the save indicator says this state."""
        expect(self.page.locator("#save-state")).to_have_attribute(
            "data-state", state, timeout=15_000
        )

    def stored(self, slug: str, image_id: int) -> list[dict[str, Any]]:
        """What the server has of an image."""
        answer = self.page.request.get(
            f"{self.origin}/api/v1/projects/{slug}/images/{image_id}/annotations"
        )
        assert answer.ok, answer.text()
        return answer.json()["annotations"]

    def shown(self) -> set[str]:
        """The uids of the objects on the page."""
        return set(
            self.page.evaluate("dsb.editor.model.annotations.map((item) => item.target.key)")
        )

    def image_id(self) -> int:
        """The id in the page's address."""
        return int(self.page.url.split("?")[0].rsplit("/", 1)[-1])
