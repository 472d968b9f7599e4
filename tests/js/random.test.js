'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Server, bench } = require('./bench.js');
const { randomly } = require('./gestures.js');
const { dsb } = globalThis;

// The soak run asks for 2,000: GESTURES=2000 node --test tests/js/random.test.js
const STEPS = Number(process.env.GESTURES || 300);
const CELL = 4;
const FRINGE = 6;

/** A scene of coarse cells, each with what overlaps it, in order; painted anew only where told. */
class Cells {
  constructor(editor) {
    this.editor = editor;
    this.cells = new Map();
    this.all();
  }

  all() {
    this.full = true;
  }

  touch(bounds) {
    this.dirty = dsb.geometry.union(this.dirty, bounds);
  }

  /** What the scene's frame does. */
  paint() {
    const { image } = this.editor;
    const region = this.full ? [0, 0, image.width, image.height] : this.dirty;
    if (region) for (const [name, text] of this.look(region)) this.cells.set(name, text);
    this.full = false;
    this.dirty = null;
  }

  look([x0, y0, x1, y1]) {
    const seen = [...this.editor.resting([x0 - FRINGE, y0 - FRINGE, x1 + FRINGE, y1 + FRINGE])];
    const drawn = seen.map(({ state, color, strong }) => [dsb.tracing.drawable(state).bounds, JSON.stringify([state, color, strong])]);
    const found = new Map();
    for (let x = Math.floor((x0 - 1) / CELL); x * CELL <= x1; x++) {
      for (let y = Math.floor((y0 - 1) / CELL); y * CELL <= y1; y++) {
        const cell = [x * CELL, y * CELL, (x + 1) * CELL, (y + 1) * CELL];
        found.set(`${x}/${y}`, drawn.filter(([box]) => box && dsb.geometry.overlap(box, cell)).map(([, text]) => text).join('\n'));
      }
    }
    return found;
  }

  /** Cells that a paint of everything would change. */
  stale() {
    const { image } = this.editor;
    return [...this.look([0, 0, image.width, image.height])].filter(([name, text]) => this.cells.get(name) !== text).map(([name]) => name);
  }
}

/** The server's answers to shapes, by their boxes. */
function answersShapes() {
  const polygon = ([x0, y0, x1, y1]) => ({ kind: 'polygon', geometry: { parts: [[[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]]] } });
  const boundsOf = ({ kind, geometry }) => dsb.kinds.bounds(kind, geometry);
  dsb.client.shapes = async (slug, image, how, body) => {
    if (how === 'combine') return { status: 200, body: { shape: polygon(body.shapes.map(boundsOf).reduce(dsb.geometry.union)) } };
    const [x0, y0, x1, y1] = boundsOf(body.shape);
    const x = body.line[0][0];
    if (x <= x0 || x >= x1) return { status: 400, body: { error: 'not across' } };
    return { status: 200, body: { shapes: [polygon([x0, y0, x, y1]), polygon([x, y0, x1, y1])] } };
  };
}

const states = (items) => new Map(items.map(({ key, state }) => [key, state]));
const stored = (server, image) => new Map(server.all('annotation', image).map((wire) => [wire.uid, dsb.model.stateFromWire('annotation', wire)]));

async function work(steps, seed, disturb = () => {}) {
  const server = new Server();
  const hand = await bench(server);
  const { editor, settled } = hand;
  answersShapes();
  const cells = (editor.scene = new Cells(editor));
  disturb(cells);
  const { gesture, chance, below } = randomly(seed);
  const stale = [];
  for (let step = 0; step < steps; step++) {
    cells.paint();
    const name = await gesture(editor);
    cells.paint();
    const missed = cells.stale();
    if (missed.length) stale.push(`${step} ${name}: ${missed.length} cells`);
    if (stale.length > 3) break;
    if (chance() < 0.02) {
      await settled();
      assert.deepEqual(states(editor.model.annotations), stored(server, editor.image.id), `after step ${step} (${name})`);
      await editor.open('p', 1 + below(3));
      cells.all();
    }
  }
  await settled();
  return { ...hand, stale, server };
}

test(`${STEPS} random gestures: the page is the store, and what was repainted is what a whole paint shows`, async () => {
  const { editor, stale, server, settled, conflicts } = await work(STEPS, 5);
  assert.deepEqual(stale, []);
  assert.deepEqual(conflicts, []);
  for (const image of [1, 2, 3]) {
    await editor.open('p', image);
    assert.deepEqual(states(editor.model.annotations), stored(server, image));
    while (editor.history.done.length) editor.undo();
    await settled();
    assert.deepEqual(editor.model.annotations.map(({ state }) => state), []);
    assert.equal(server.all('annotation', image).filter(Boolean).length, 0);
  }
});

test('a scene that is told of half of the places is noticed', async () => {
  const { stale } = await work(200, 5, (cells) => {
    const { touch } = cells;
    let told = 0;
    cells.touch = (bounds) => told++ % 2 && touch.call(cells, bounds);
  });
  assert.ok(stale.length > 0);
});
