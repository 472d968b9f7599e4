"""Random gestures on the real canvas before the real server, beside what a whole paint shows.

Run: python -m tests.soak.canvas_gestures [--gestures 2000] [--seed 1] [--broken half-told]

After every gesture the canvas as it was painted piece by piece must look as one that is painted
anew (to the pixel, but for the smoothing of edges that a piece cuts); after every 20 the page must
show what the server stores. Images are changed in between. In the end everything is undone, and the
images must be as they were. ``half-told`` lets the canvas hear of every other change only: the run
must fail.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import expect, sync_playwright

from datasetbuilder.api import open_workspace
from datasetbuilder.app.sample import build_sample
from tests.browser.labeller import Labeller
from tests.browser.serving import CHROMIUM_ARGS, Server, chromium_path

SLUG, NAME = "blood-cells", "BloodImage_00029.jpg"
IMAGES = 3
EVERY = 20
HAND = Path(__file__).parents[1] / "js" / "gestures.js"
PATIENCE_MS = 120_000

SLACK = 40
"""Of 255: where the border of a repainted piece cuts a slanted edge, it is smoothed otherwise."""

GESTURES = """async ({ count, seed, slack }) => {
  window.hand = window.hand || window.randomly(seed);
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const frames = async () => { await frame(); await frame(); };
  const { scene } = dsb.editor;
  const { width, height } = scene.canvas;
  const read = () => scene.context.getImageData(0, 0, width, height).data;
  const seen = (pixels, k, c) => (c < 3 ? (pixels[k + c] * pixels[k + 3]) / 255 : pixels[k + 3]);
  const wrong = [];
  for (let step = 0; step < count; step++) {
    const name = await window.hand.gesture(dsb.editor);
    await frames();
    const before = read();
    scene.all();
    await frames();
    const after = read();
    let pixels = 0;
    for (let k = 0; k < before.length; k += 4) {
      const far = (c) => Math.abs(seen(before, k, c) - seen(after, k, c)) > slack;
      if (far(0) || far(1) || far(2) || far(3)) pixels++;
    }
    if (pixels > 12) wrong.push(`${name}: ${pixels} pixels differ from a whole paint`);
  }
  return wrong;
}"""

UNDO = """() => {
  const { editor } = dsb;
  while (editor.history.done.length) editor.rewind(editor.history.undo(), 'undo');
}"""

HALF_TOLD = """() => {
  const { scene } = dsb.editor, { touch } = scene;
  let told = 0;
  scene.touch = (bounds) => { if (told++ % 2) touch.call(scene, bounds); };
}"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gestures", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", choices=["half-told"])
    asked = parser.parse_args(arguments)
    expect.set_options(timeout=PATIENCE_MS)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        with open_workspace(workspace) as opened:
            build_sample(opened)
        server = Server(workspace)
        server.start()
        try:
            faults = run(server, asked)
        finally:
            server.stop()
            shutil.rmtree(workspace, ignore_errors=True)
    for fault in faults[:10]:
        sys.stdout.write(f"- {fault}\n")
    return 1 if faults else 0


def run(server: Server, asked: Any) -> list[str]:
    """Every fault that was found."""
    started = time.monotonic()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGS)
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        person = Labeller(page, server)
        person.open_image(SLUG, NAME)
        page.evaluate(HAND.read_text(encoding="utf-8"))
        if asked.broken:
            page.evaluate(HALF_TOLD)
        known = [len(person.stored(SLUG, image)) for image in range(1, IMAGES + 1)]
        checks = 0
        while checks * EVERY < asked.gestures and not faults:
            how = {"count": EVERY, "seed": asked.seed, "slack": SLACK}
            faults += page.evaluate(GESTURES, how)
            checks += 1
            faults += differences(person, f"gesture {checks * EVERY}")
            if checks % 3 == 0:
                visit(person, 1 + checks // 3 % IMAGES)
        if not faults:
            faults += everything_undone(person, known)
        browser.close()
    took = time.monotonic() - started
    words = f"{checks * EVERY} gestures, seed {asked.seed}, {took:.0f} s"
    sys.stdout.write(f"{words}: {len(faults)} faults\n")
    return faults


def visit(person: Labeller, image: int) -> None:
    """Another image, as the film strip would open it."""
    person.page.evaluate("(id) => dsb.editor.visit(dsb.editor.slug, id)", image)
    person.until(f"dsb.editor.model && dsb.editor.image.id === {image} && !dsb.editor.scene.frame")


def differences(person: Labeller, when: str) -> list[str]:
    """What the server refused, and objects that page and store have otherwise."""
    return refusals(person, when) or unlike(person, when)


def refusals(person: Labeller, when: str) -> list[str]:
    """What the server did not take; nothing is to be refused to one hand alone."""
    person.until("!dsb.queue.entries.length")
    said = person.page.evaluate(
        "dsb.editor.model.stuck.map(({ key, stuck }) => `${key}: ${stuck.reason}`)"
    )
    return [f"{when}: {reason}" for reason in said]


def unlike(person: Labeller, when: str) -> list[str]:
    """Whether the store holds what the page shows."""
    shown = person.page.evaluate(
        "dsb.editor.model.annotations.map(({ key, state }) => [key, state])"
    )
    stored = {item["uid"]: item for item in person.stored(SLUG, person.image_id())}
    if sorted(uid for uid, _ in shown) != sorted(stored):
        return [f"{when}: the page shows {len(shown)} objects, the store holds {len(stored)}"]
    return [
        f"{when}: {uid} has other {name}: {json.dumps(value)[:200]}"
        for uid, state in shown
        for name, value in state.items()
        if stored[uid][name] != value
    ]


def everything_undone(person: Labeller, known: list[int]) -> list[str]:
    """Undo on every image until nothing is left to undo; as many objects stay as there were."""
    faults = []
    for image, there in enumerate(known, start=1):
        visit(person, image)
        person.page.evaluate(UNDO)
        faults += refusals(person, f"image {image} with everything undone")
        faults += unlike(person, f"image {image} with everything undone")
        left = person.page.evaluate("dsb.editor.model.annotations.length")
        if left != there:
            faults.append(f"image {image}: {left} objects are left after undo, {there} were there")
    return faults


if __name__ == "__main__":
    sys.exit(main())
