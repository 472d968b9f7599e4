'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { bench } = require('./bench.js');
const { maskFromRaster } = require('../../app/assets/canvas/12_rle.js');
const { between, maskOf, patched, spansOf } = require('../../app/assets/canvas/18_patches.js');
const { difference, said } = require('../../app/assets/canvas/20_model.js');

/** Rows of a picture: '#' is a pixel of the mask. */
function mask(rows, x = 0, y = 0) {
  const bits = Uint8Array.from(rows.join(''), (sign) => (sign === '#' ? 1 : 0));
  return maskFromRaster({ x, y, width: rows[0].length, height: rows.length, bits });
}

const ANGLE = mask(['###', '#..', '###'], 10, 20);

test('the runs of a mask and back are the mask itself', () => {
  const full = mask(['##', '##'], 3, 4);
  assert.equal(spansOf(full).length, 4);
  assert.deepEqual(maskOf(spansOf(full)), full);
  assert.deepEqual(maskOf(spansOf(ANGLE)), ANGLE);
  assert.equal(maskOf([]), null);
});

test('a patch names the pixels that came, those that went, and the area', () => {
  const after = mask(['##.', '#.#', '###'], 10, 20);
  const patch = between(ANGLE, after);
  assert.deepEqual(patch, { added: mask(['#'], 12, 21), taken: mask(['#'], 12, 20), area: 7 });
  assert.deepEqual(patched(ANGLE, patch), after);
  assert.deepEqual(patched(after, patch), after);
  assert.deepEqual(between(after, ANGLE), { added: patch.taken, taken: patch.added, area: 7 });
  assert.equal(between(ANGLE, ANGLE), null);
});

test('any two masks are made of each other by their patch', () => {
  let seed = 7;
  const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const noise = (density) => {
    const [width, height] = [1 + Math.floor(chance() * 12), 1 + Math.floor(chance() * 12)];
    const bits = Uint8Array.from({ length: width * height }, () => (chance() < density ? 1 : 0));
    bits[0] = 1;
    return maskFromRaster({ x: Math.floor(chance() * 9), y: Math.floor(chance() * 9), width, height, bits });
  };
  for (let k = 0; k < 200; k++) {
    const [before, after] = [noise(chance()), noise(chance())];
    assert.deepEqual(maskOf(spansOf(before)), before);
    const patch = between(before, after);
    assert.deepEqual(patch ? patched(before, patch) : before, after);
  }
});

test('a change of many pixels travels whole, one of few as a patch', () => {
  const rows = Array.from({ length: 40 }, (_, k) => '#.'.repeat(20).slice(k % 2, 39 + (k % 2)));
  const crowd = { label: 1, kind: 'mask', geometry: mask(rows) };
  const dotted = { ...crowd, label: 2, geometry: mask([...rows.slice(0, 39), '#'.repeat(39)]) };
  const payload = difference(crowd, dotted);
  assert.deepEqual(Object.keys(payload).sort(), ['label', 'patch']);
  assert.deepEqual(said(crowd, payload), dotted);
  const small = { label: 1, kind: 'mask', geometry: mask(['#']) };
  assert.deepEqual(Object.keys(difference(crowd, small)).sort(), ['geometry', 'kind']);
  assert.deepEqual(Object.keys(difference({ ...crowd, kind: 'box', geometry: {} }, crowd)).sort(), ['geometry', 'kind']);
});

test('the second stroke on a mask sends what it painted, and undo what it took back', async () => {
  const { press, drag, states, settled, editor, server } = await bench();
  editor.setSetting('brush', 5);
  press('m');
  for (let k = 0; k < 9; k++) drag([[5 + 9 * k, 5], [5 + 9 * k, 70]]);
  const before = states()[0].geometry;
  drag([[20, 30], [60, 33]]);
  const after = states()[0].geometry;
  await settled();
  const last = () => server.requests.flatMap(({ operations }) => operations).at(-1).payload;
  assert.deepEqual(Object.keys(last()), ['patch']);
  assert.deepEqual(patched(before, last().patch), after);
  assert.deepEqual(server.all('annotation', 1)[0].geometry, after);
  editor.undo();
  await settled();
  assert.deepEqual(states()[0].geometry, before);
  assert.equal(last().patch.added, undefined);
  assert.deepEqual(server.all('annotation', 1)[0].geometry, before);
});
