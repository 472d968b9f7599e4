"""The gestures that the canvas benchmark times, with real mouse events."""

import statistics

from playwright.sync_api import Page

from tests.browser.labeller import Labeller

WATCH = """(path) => {
  const M = (window.M = { up: 0, painted: 0, stored: 0, bytes: 0, frames: [] });
  M.start = () => {
    let before = performance.now();
    M.frames = [];
    M.on = true;
    const tick = () => {
      const now = performance.now();
      M.frames.push(now - before);
      before = now;
      if (M.on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  };
  addEventListener('pointerup', (event) => {
    M.up = event.timeStamp;
    M.stored = 0;
    M.painted = 0;
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

ARRIVED = """(how) => {
  const start = performance.now(), before = dsb.editor.image.id;
  const look = () => {
    const image = document.querySelector('#canvas image');
    const address = image && image.getAttribute('href');
    const there = dsb.editor.image.id !== before && !dsb.editor.scene.full;
    if (!there || !address || !address.includes(`/${dsb.editor.image.id}/pixels`)) {
      return requestAnimationFrame(look);
    }
    const arrive = () => { M.next = performance.now() - start; };
    requestAnimationFrame(() => requestAnimationFrame(arrive));
  };
  M.next = 0;
  if (how.cold) dsb.editor.ahead = null;
  dsb.editor.step(how.direction);
  look();
}"""

Box = tuple[float, float, float, float]


def box(page: Page, left: float, top: float, shift: float) -> Box:
    """Draw one box: milliseconds to painted, written and answered, and the bytes sent."""
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
    """Where the drawing surface begins on the screen."""
    corner = page.locator(".canvas-surface").bounding_box()
    assert corner is not None
    return corner["x"], corner["y"]


def frames(page: Page, gesture) -> list[float]:
    """How long the frames took while a gesture went on."""
    page.evaluate("M.start()")
    gesture()
    return page.evaluate("(M.on = false, M.frames.slice(1))")


def pan(person: Labeller) -> list[float]:
    """Drag the picture by its middle button."""
    left, top = stage_corner(person.page)
    mouse = person.page.mouse

    def steps() -> None:
        for step in range(40):
            mouse.move(left + 400 + 3 * step, top + 300 + 2 * step)

    mouse.move(left + 400, top + 300)
    mouse.down(button="middle")
    took = frames(person.page, steps)
    mouse.up(button="middle")
    rest(person)
    return took


def zoom(person: Labeller) -> list[float]:
    """Turn the wheel in and out again."""
    left, top = stage_corner(person.page)
    mouse = person.page.mouse
    mouse.move(left + 400, top + 300)

    def steps() -> None:
        for step in range(24):
            mouse.wheel(0, -100 if step < 12 else 100)

    took = frames(person.page, steps)
    rest(person)
    return took


def vertex(person: Labeller) -> list[float]:
    """Drag a corner of the polygon nearest to the middle, near enough to see its handles."""
    page, mouse = person.page, person.page.mouse
    person.press("v")
    uid = page.evaluate(
        """() => {
          const { editor } = dsb, { width, height } = editor.image, g = dsb.geometry;
          const away = ({ state }) => {
            if (state.kind !== 'polygon') return Infinity;
            const [x0, y0, x1, y1] = dsb.shapes.drawable(state).bounds;
            return g.distance([(x0 + x1) / 2, (y0 + y1) / 2], [width / 2, height / 2]);
          };
          const best = editor.model.annotations.reduce((a, b) => (away(a) <= away(b) ? a : b));
          const { bounds } = dsb.shapes.drawable(best.state);
          const middle = [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2];
          const scale = 120 / (bounds[2] - bounds[0]);
          editor.select(best.key);
          editor.view.go(dsb.view.centred(middle, scale, editor.view.stage));
          return best.key;
        }"""
    )
    page.wait_for_timeout(700)
    at = page.evaluate("(uid) => dsb.editor.model.annotation(uid).geometry.parts[0][0][0]", uid)
    x, y = person.on_screen(at)

    def steps() -> None:
        for step in range(30):
            mouse.move(x + step % 7, y + step % 5)

    mouse.move(x, y)
    mouse.down()
    took = frames(page, steps)
    mouse.up()
    person.press("Escape", "Escape")
    rest(person)
    person.press("b")
    return took


def rest(person: Labeller) -> None:
    """The whole picture again, and a pause."""
    person.press("0")
    person.page.wait_for_timeout(700)


def next_image(person: Labeller, *, cold: bool) -> float:
    """From the step to two frames after the other image's picture and objects stand."""
    person.page.wait_for_timeout(1500)
    direction = 1 if person.image_id() == 1 else -1
    person.page.evaluate(ARRIVED, {"cold": cold, "direction": direction})
    while not person.page.evaluate("M.next"):
        person.page.wait_for_timeout(20)
    return person.page.evaluate("M.next")


def high(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]
