"""What the hand feels on a 12 MP image with 500 polygons, beside a bare canvas page.

Run: ``python -m benchmarks.canvas``. Real mouse events in headless Chromium; the control is a plain
HTML page that draws one rectangle on a bare canvas and posts it to a server that writes and
fsyncs 1 kB. Both are measured in turn in the same run. *Painted* is the time from the mouse-up
event to the end of the next frame; *written* the time until the server stamps the row that it
then commits, by the clock of this machine; *answered* the time until the page has the answer, which
leaves after the commit.
"""

import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from PIL import Image as Picture
from playwright.sync_api import Page, sync_playwright

from datasetbuilder.api import open_workspace
from datasetbuilder.model import Part, Polygon
from datasetbuilder.wire import shortest_float32
from tests.browser.labeller import Labeller
from tests.browser.serving import CHROMIUM_ARGS, Server, chromium_path

SIZE, OBJECTS, VERTICES = (4272, 2848), 500, 40
ROUNDS, BOXES = 5, 4
PHOTOGRAPH = Path(__file__).parents[1] / "app" / "sample" / "photographs" / "coffee.png"

WATCH = """(path) => {
  const M = (window.M = { up: 0, painted: 0, stored: 0, bytes: 0 });
  addEventListener('pointerup', (event) => {
    M.up = event.timeStamp;
    M.stored = 0;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { M.painted = performance.now() - M.up; };
      channel.port2.postMessage(0);
    });
  }, true);
  const send = window.fetch;
  window.fetch = async (url, options) => {
    const answer = await send(url, options);
    const body = (options && options.body) || '';
    if (String(url).includes(path) && !body.includes('"operations":[]')) {
      const answered = performance.now() - M.up;
      const [result] = (await answer.clone().json()).results;
      const written = Date.parse(result.current ? result.current.updated_at : result.at);
      M.written = written - (performance.timeOrigin + M.up);
      M.bytes = body.length;
      M.stored = answered;
    }
    return answer;
  };
}"""

CONTROL = """<!doctype html><canvas id=c width=1000 height=600></canvas><script>
const c = document.getElementById('c'), p = c.getContext('2d'); let a = null;
c.onpointerdown = (e) => { a = [e.offsetX, e.offsetY]; };
c.onpointerup = (e) => {
  p.strokeRect(a[0], a[1], e.offsetX - a[0], e.offsetY - a[1]);
  fetch('/operations', { method: 'POST', body: JSON.stringify({ box: a, pad: 'x'.repeat(1000) }) });
};
</script>"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, control_server() as control:
        workspace = Path(folder) / "workspace"
        fill(workspace)
        server = Server(workspace)
        server.start()
        try:
            with sync_playwright() as playwright:
                measure(playwright, server, control)
        finally:
            server.stop()


def measure(playwright, server: Server, control: str) -> None:
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGS)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    bare = context.new_page()
    bare.goto(control)
    bare.evaluate(WATCH, "/operations")
    person = Labeller(context.new_page(), server)
    person.open_image("big", "0.jpg")
    person.page.evaluate(WATCH, "/operations")
    person.press("b")
    ours, theirs, nexts, pans = [], [], [], []
    for k in range(ROUNDS):
        person.page.bring_to_front()
        ours += [
            box(person.page, *stage_corner(person.page), 60 * k + 12 * n) for n in range(BOXES)
        ]
        pans.append(pan(person))
        nexts.append(next_image(person))
        bare.bring_to_front()
        theirs += [box(bare, 0, 0, 60 * k + 12 * n) for n in range(BOXES)]
    report(ours, theirs, nexts, pans)
    browser.close()


def report(ours, theirs, nexts, pans) -> None:
    scene = f"{SIZE[0]} x {SIZE[1]} px, {OBJECTS} polygons of {VERTICES} vertices"
    print(f"{scene}, median of {len(ours)} boxes")
    print(f"{'what':34} {'ours':>8} {'bare page':>10} {'ratio':>7}")
    figures = ("box painted, ms", "box written, ms", "box answered, ms", "sent per box, bytes")
    for index, what in enumerate(figures):
        a, b = (statistics.median(row[index] for row in rows) for rows in (ours, theirs))
        print(f"{what:34} {a:8.1f} {b:10.1f} {a / b:7.2f}")
    print(f"{'next image painted, ms':34} {statistics.median(nexts):8.1f}")
    print(f"{'pan, ms per mouse move':34} {statistics.median(pans):8.1f}")


def box(page: Page, left: float, top: float, shift: float) -> tuple[float, float, float, float]:
    page.mouse.move(left + 300 + shift, top + 200)
    page.mouse.down()
    page.mouse.move(left + 380 + shift, top + 260, steps=4)
    page.mouse.up()
    while not page.evaluate("M.stored && M.painted"):
        page.wait_for_timeout(10)
    page.wait_for_timeout(200)
    painted, written, stored, sent = page.evaluate("[M.painted, M.written, M.stored, M.bytes]")
    return painted, written, stored, sent


def stage_corner(page: Page) -> tuple[float, float]:
    corner = page.locator(".canvas-surface").bounding_box()
    assert corner is not None
    return corner["x"], corner["y"]


def pan(person: Labeller) -> float:
    left, top = stage_corner(person.page)
    mouse = person.page.mouse
    mouse.move(left + 400, top + 300)
    mouse.down(button="middle")
    took = []
    for step in range(40):
        start = time.perf_counter()
        mouse.move(left + 400 + 3 * step, top + 300 + 2 * step)
        took.append(1000 * (time.perf_counter() - start))
    mouse.up(button="middle")
    person.press("0")
    person.page.wait_for_timeout(700)
    return statistics.median(took)


def next_image(person: Labeller) -> float:
    """From the key to two frames after the other image's picture and objects stand."""
    person.page.wait_for_timeout(1500)
    key = "d" if person.image_id() == 1 else "a"
    person.page.evaluate(
        """() => { addEventListener('keydown', () => {
          const start = performance.now(), before = dsb.editor.image.id;
          const look = () => {
            const image = document.querySelector('#canvas image');
            const address = image && image.getAttribute('href');
            const there = dsb.editor.image.id !== before && !dsb.editor.scene.full;
            if (!there || !address || !address.includes(`/${dsb.editor.image.id}/pixels`)) {
              return requestAnimationFrame(look);
            }
            requestAnimationFrame(() => requestAnimationFrame(() => {
              window.M.next = performance.now() - start;
            }));
          };
          window.M.next = 0;
          look();
        }, { once: true, capture: true }); }"""
    )
    person.press(key)
    while not person.page.evaluate("window.M.next"):
        person.page.wait_for_timeout(20)
    return person.page.evaluate("window.M.next")


# --- what is measured on --------------------------------------------------------------------------


def fill(workspace: Path) -> None:
    images = workspace.parent / "images"
    images.mkdir()
    photograph = Picture.open(PHOTOGRAPH).convert("RGB").resize(SIZE, Picture.Resampling.LANCZOS)
    for k in range(2):
        (photograph if k == 0 else photograph.rotate(180)).save(images / f"{k}.jpg", quality=90)
    random = np.random.default_rng(0)
    with open_workspace(workspace) as opened:
        project = opened.create_project("big", labels=["cup", "spoon", "table"])
        project.add_images(images)
        for image in project.images():
            shapes = [(1 + k % 3, polygon(random)) for k in range(OBJECTS)]
            project.annotate(image.id, shapes)


def polygon(random: np.random.Generator) -> Polygon:
    angles = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    radius = 60 * (1 + 0.3 * np.sin(3 * angles + random.uniform(0, 6)))
    x, y = random.uniform(100, np.array(SIZE) - 100)
    ring = (
        np.round(np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], 1) * 16) / 16
    )
    return Polygon((Part(tuple((shortest_float32(a), shortest_float32(b)) for a, b in ring)),))


@contextmanager
def control_server() -> Iterator[str]:
    with tempfile.TemporaryFile() as file:

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(CONTROL.encode(), "text/html")

            def do_POST(self) -> None:
                file.write(self.rfile.read(int(self.headers["Content-Length"])))
                file.flush()
                os.fsync(file.fileno())
                stamp = datetime.now(UTC).isoformat()
                self.answer(json.dumps({"results": [{"at": stamp}]}).encode(), "application/json")

            def answer(self, body: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    main()
