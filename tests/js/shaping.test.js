'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { bench } = require('./bench.js');
const { maskFromRaster, maskArea } = require('../../app/assets/canvas/12_rle.js');
const shaping = require('../../app/assets/canvas/21_shaping.js');
const { dsb } = globalThis;

const item = (rank, level = 0) => ({ rank, state: { level } });
const block = (x, y, width, height) =>
  maskFromRaster({ x, y, width, height, bits: new Uint8Array(width * height).fill(1) });
const square = (x, y, side) => ({ parts: [[[[x, y], [x + side, y], [x + side, y + side], [x, y + side]]]] });

// --- levels -------------------------------------------------------------------------------------

test('front and back go past everything and keep the order among the chosen', () => {
  const [a, b, c] = [item(0), item(1), item(2, 3)];
  assert.deepEqual([...shaping.levelled('front', [a, b], [c])], [[a, 4], [b, 4]]);
  assert.deepEqual([...shaping.levelled('back', [c], [a, b])], [[c, -1]]);
  assert.deepEqual([...shaping.levelled('front', [a], [])], []);
});

test('a step goes past the next one only, and nowhere at the end', () => {
  const [a, b, c] = [item(0), item(1), item(2)];
  assert.deepEqual([...shaping.levelled('raise', [a], [b, c])], [[a, 1]]);
  assert.deepEqual([...shaping.levelled('lower', [c], [a, b])], [[c, -1]]);
  assert.deepEqual([...shaping.levelled('raise', [c], [a, b])], []);
  assert.deepEqual([...shaping.levelled('raise', [b], [a, item(2, 5)])], [[b, 6]]);
  assert.deepEqual([...shaping.levelled('raise', [c], [a, item(1, 5)])], [[c, 5]]);
});

test('what is in front is painted later', async () => {
  const { editor, press, drag } = await bench();
  press('b');
  drag([[10, 10], [30, 30]]);
  drag([[20, 20], [40, 40]]);
  const order = () => editor.model.near([0, 0, 100, 80]).map(({ state }) => state.geometry.x);
  assert.deepEqual(order(), [10, 20]);
  editor.select(editor.model.annotations[0].key);
  press('pageup');
  assert.deepEqual(order(), [20, 10]);
  press('end');
  assert.deepEqual(order(), [10, 20]);
  press('ctrl+z');
  assert.deepEqual(order(), [20, 10]);
});

// --- neighbours ---------------------------------------------------------------------------------

test('a corner sticks to a corner before it sticks to a border', () => {
  const states = [{ kind: 'box', geometry: { x: 10, y: 10, width: 20, height: 10 } }];
  assert.deepEqual(shaping.stuck([11, 9], states, 3), [10, 10]);
  assert.deepEqual(shaping.stuck([18, 11], states, 3), [18, 10]);
  assert.deepEqual(shaping.stuck([18, 16], states, 3), [18, 16]);
  const open = [{ kind: 'polyline', geometry: { points: [[0, 0], [10, 0]] } }];
  assert.deepEqual(shaping.stuck([5, 1], open, 2), [5, 0]);
});

test('corners stick while it is switched on, to others and not to themselves', async () => {
  const { editor, press, drag } = await bench();
  press('b');
  drag([[10, 10], [30, 30]]);
  press('shift+c');
  assert.deepEqual(editor.snapped([31, 29], null), [30, 30]);
  assert.deepEqual(editor.snapped([31, 29], editor.model.annotations[0].key), [31, 29]);
  press('shift+c');
  assert.deepEqual(editor.snapped([31, 29], null), [31, 29]);
});

// --- fewer corners ------------------------------------------------------------------------------

test('fewer corners within the tolerance, and the very corners again at 0', () => {
  const wavy = { parts: [[[[0, 0], [5, 0.2], [10, 0], [10, 10], [5, 9.9], [0, 10]]]] };
  assert.deepEqual(shaping.simplified('polygon', wavy, 0.5), { parts: [[[[0, 0], [10, 0], [10, 10], [0, 10]]]] });
  assert.equal(shaping.simplified('polygon', wavy, 0), wavy);
  assert.ok(shaping.simplified('polygon', square(0, 0, 4), 50).parts[0][0].length >= 3);
});

test('the slider is one step to undo and leads back to what was drawn', async () => {
  const { editor, states, press } = await bench();
  const drawn = { parts: [[[[10, 10], [20, 10.1875], [30, 10], [30, 30], [10, 30]]]] };
  editor.select(editor.annotate('polygon', drawn, { tool: 'polygon' }));
  const corners = () => states()[0].geometry.parts[0][0].length;
  editor.simplify(1);
  editor.simplify(2);
  assert.equal(corners(), 4);
  editor.simplify(0);
  assert.deepEqual(states()[0].geometry, drawn);
  editor.simplify(1);
  press('ctrl+z');
  assert.deepEqual(states()[0].geometry, drawn);
  press('ctrl+z');
  assert.equal(states().length, 0);
});

// --- numbers ------------------------------------------------------------------------------------

test('every kind has its numbers, and one of them changes that one alone', () => {
  const holed = { parts: [[[[0, 0], [9, 0], [9, 9]], [[5, 1], [7, 1], [7, 3]]]] };
  const rows = shaping.numbers('polygon', holed);
  assert.deepEqual(rows.map(({ name }) => name), ['1 · 1', '1 · 2', '1 · 3', '1 hole 1 · 1', '1 hole 1 · 2', '1 hole 1 · 3']);
  const moved = shaping.withNumber('polygon', holed, 4, 1, 1.5);
  assert.deepEqual(moved.parts[0][1], [[5, 1], [7, 1.5], [7, 3]]);
  assert.equal(moved.parts[0][0], holed.parts[0][0]);
  assert.deepEqual(shaping.withNumber('box', { x: 1, y: 2, width: 3, height: 4 }, 2, 0, 7.25), { x: 1, y: 2, width: 7.25, height: 4 });
  assert.deepEqual(shaping.numbers('mask', block(3, 4, 2, 2)), [{ name: 'x', values: [3] }, { name: 'y', values: [4] }]);
});

// --- shared borders -----------------------------------------------------------------------------

test('a stroke over a neighbour takes from it, without gap or overlap', () => {
  const mine = block(0, 0, 6, 4);
  const { mask, others } = shaping.settledBorders(null, mine, [{ key: 'n', mask: block(4, 0, 6, 4), fixed: false }], 'over');
  assert.deepEqual(mask, mine);
  assert.deepEqual(others.get('n'), block(6, 0, 4, 4));
});

test('a stroke on empty ground alone ends where the neighbour begins', () => {
  const { mask, others } = shaping.settledBorders(null, block(0, 0, 6, 4), [{ key: 'n', mask: block(4, 0, 6, 4), fixed: false }], 'empty');
  assert.deepEqual(mask, block(0, 0, 4, 4));
  assert.equal(others.size, 0);
});

test('a locked neighbour keeps its pixels, and an overlap from before stays', () => {
  const over = shaping.settledBorders(null, block(0, 0, 6, 4), [{ key: 'n', mask: block(4, 0, 6, 4), fixed: true }], 'over');
  assert.deepEqual([over.mask, over.others.size], [block(0, 0, 4, 4), 0]);
  const grown = shaping.settledBorders(block(0, 0, 6, 4), block(0, 0, 8, 4), [{ key: 'n', mask: block(4, 0, 6, 4), fixed: false }], 'over');
  assert.deepEqual(grown.others.get('n'), maskFromRaster({ x: 4, y: 0, width: 6, height: 4, bits: Uint8Array.from('110011'.repeat(4), Number) }));
  const covered = shaping.settledBorders(null, block(0, 0, 6, 4), [{ key: 'n', mask: block(2, 1, 2, 2), fixed: false }], 'over');
  assert.equal(covered.others.get('n'), null);
});

test('with the brush the neighbour gives way in the same step', async () => {
  const { editor, press, drag, states, settled, server } = await bench();
  editor.setSetting('brush', 10);
  press('m');
  drag([[20, 20], [60, 20]]);
  press('escape', '2');
  editor.setSetting('borders', 'over');
  drag([[40, 10], [40, 40]]);
  editor.setSetting('borders', 'free');
  const [left, over] = states().map(({ geometry }) => geometry);
  const { without, spansOf, areaOf } = dsb.patches;
  assert.equal(areaOf(without(spansOf(left), spansOf(over))), maskArea(left));
  await settled();
  const groups = new Set(server.requests.at(-1).operations.map(({ group_id: group }) => group));
  assert.equal(groups.size, 1);
  press('ctrl+z');
  assert.equal(states().length, 1);
  assert.ok(maskArea(states()[0].geometry) > maskArea(left));
});

// --- asked of the server ------------------------------------------------------------------------

async function answering(answer) {
  const hand = await bench();
  hand.asked = [];
  dsb.client.shapes = async (slug, image, how, body) => {
    hand.asked.push([how, body]);
    return { status: 200, body: answer };
  };
  hand.press('b');
  hand.drag([[10, 10], [40, 40]]);
  hand.editor.select(hand.editor.model.annotations[0].key);
  return hand;
}

test('a hole is drawn into the shape, which keeps its name', async () => {
  const holed = { kind: 'polygon', geometry: { parts: [[square(10, 10, 30).parts[0][0], square(20, 20, 5).parts[0][0]]] } };
  const hand = await answering({ shape: holed });
  const [uid] = hand.editor.chosen;
  hand.press(';');
  for (const place of [[20, 20], [25, 20], [25, 25], [20, 25]]) hand.click(place);
  hand.press('enter');
  await hand.settled();
  assert.equal(hand.asked[0][1].way, 'subtract');
  assert.deepEqual([hand.states()[0].kind, hand.states()[0].geometry], ['polygon', holed.geometry]);
  assert.deepEqual([hand.editor.toolName, hand.editor.selection], ['select', uid]);
});

test('a hole that is given up leaves the shape selected', async () => {
  const hand = await answering({ shape: null });
  const [uid] = hand.editor.chosen;
  hand.press(';', 'escape');
  assert.deepEqual([hand.editor.toolName, hand.editor.selection, hand.editor.extending], ['select', uid, null]);
});

test('another kind is one step, and what changed is said', async () => {
  const hand = await answering({ shapes: [{ kind: 'mask', geometry: block(10, 10, 30, 30), before: 900, after: 900 }] });
  await hand.editor.convert('mask');
  assert.equal(hand.states()[0].kind, 'mask');
  assert.match(hand.hints.at(-1), /Drawn as a mask; the pixels are the same/);
  hand.press('ctrl+z');
  assert.equal(hand.states()[0].kind, 'box');
});
