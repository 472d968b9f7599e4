"""What the hand feels on large images with crowds of polygons, beside two controls in the same run.

Run: ``python -m benchmarks.canvas [--objects 500] [--megapixels 12] [--rounds 5]``. Real mouse
events in headless Chromium. The controls (`benchmarks/canvas_controls.py`) are a bare canvas page
that draws one rectangle, and a plain plotly page with `drawrect` and as many shapes; both post to a
server that writes and fsyncs. All are measured in turn. *Painted* is the time from the mouse-up
event to the end of the next frame; *written* the time until the server stamps the row that it then
commits, by the clock of this machine; *answered* the time until the page has the answer, which
leaves after the commit. *Frames* are what `requestAnimationFrame` sees while the gesture goes on;
16.7 ms is the floor.
"""

import argparse
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.canvas_controls import control_server
from benchmarks.canvas_hand import WATCH, box, high, next_image, pan, stage_corner, vertex, zoom
from benchmarks.canvas_scene import SIZES, VERTICES, fill
from tests.browser.labeller import Labeller
from tests.browser.serving import CHROMIUM_ARGS, Server, chromium_path

BOXES = 4
FIGURES = ("box painted, ms", "box written, ms", "box answered, ms", "sent per box, bytes")
PATIENCE_MS = 120_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--megapixels", type=int, choices=sorted(SIZES), default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without-plotly", action="store_true", help="leave the slow control out")
    parser.add_argument("--keep", type=Path, help="folder to fill once and to draw on again")
    asked = parser.parse_args()
    expect.set_options(timeout=PATIENCE_MS)
    size = SIZES[asked.megapixels]
    with tempfile.TemporaryDirectory() as folder, control_server(asked.objects, VERTICES) as origin:
        workspace = (asked.keep or Path(folder)) / "workspace"
        if not workspace.exists():
            fill(workspace, size, asked.objects)
        server = Server(workspace)
        server.start()
        try:
            with sync_playwright() as playwright:
                options = {"executable_path": chromium_path(), "args": CHROMIUM_ARGS}
                browser = playwright.chromium.launch(**options)
                rows = measure(browser, server, origin, asked)
                browser.close()
        finally:
            server.stop()
    print(f"{size[0]} x {size[1]} px, {asked.objects} polygons of {VERTICES} vertices")
    report(rows)


def measure(browser: Browser, server: Server, origin: str, asked) -> dict[str, dict]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    controls = {"bare page": control(context.new_page(), f"{origin}/bare")}
    if not asked.without_plotly:
        controls["plotly"] = control(context.new_page(), f"{origin}/plotly")
    person = Labeller(context.new_page(), server)
    person.open_image("big", "0.jpg")
    person.page.evaluate(WATCH, "/operations")
    person.press("b")
    rows: dict[str, dict] = {"boxes": defaultdict(list), "ours": defaultdict(list)}
    for k in range(asked.rounds):
        person.page.bring_to_front()
        ours(person, k, rows)
        for name, page in controls.items():
            page.bring_to_front()
            shifts = [60 * k + 12 * n for n in range(BOXES if name == "bare page" else 1)]
            rows["boxes"][name] += [box(page, 0, 0, shift) for shift in shifts]
    return rows


def ours(person: Labeller, k: int, rows: dict[str, dict]) -> None:
    corner = stage_corner(person.page)
    rows["boxes"]["ours"] += [box(person.page, *corner, 60 * k + 12 * n) for n in range(BOXES)]
    seen = rows["ours"]
    seen["pan, frames p95, ms"].append(high(pan(person)))
    seen["zoom, frames p95, ms"].append(high(zoom(person)))
    seen["vertex drag, frames p95, ms"].append(high(vertex(person)))
    seen["next image, read ahead, ms"].append(next_image(person, cold=False))
    seen["image opened cold, ms"].append(next_image(person, cold=True))


def control(page: Page, address: str) -> Page:
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    if address.endswith("plotly"):
        page.wait_for_selector("#g[data-ready]", timeout=PATIENCE_MS)
    page.evaluate(WATCH, "/operations")
    return page


def report(rows: dict[str, dict]) -> None:
    names = list(rows["boxes"])
    print(f"{'median':34}" + "".join(f"{name:>12}" for name in names))
    for index, what in enumerate(FIGURES):
        medians = [statistics.median(row[index] for row in rows["boxes"][name]) for name in names]
        print(f"{what:34}" + "".join(f"{value:12.1f}" for value in medians))
    for what, values in rows["ours"].items():
        spread = f"   [{min(values):.0f} - {max(values):.0f}]"
        print(f"{what:34}{statistics.median(values):12.1f}{spread}")


if __name__ == "__main__":
    main()
