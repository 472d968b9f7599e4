'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { bench, Server } = require('./bench.js');

const MASK = { x: 20, y: 20, width: 2, height: 2, counts: '04' };
const AROUND = [[20, 20], [60, 20], [60, 50], [20, 50], [20, 25]];

/** The wand in the mode for thresholds; what it asked is kept. */
async function thresholding() {
  const server = new Server();
  const asked = [];
  const answer = (body) => {
    asked.push(body);
    return { request: body.request, hint: '', proposal: { kind: 'mask', geometry: MASK, area: 4, method: 'threshold', quality: 0 } };
  };
  server.proposals = Array.from({ length: 4 }, () => answer);
  const hand = await bench(server);
  Object.assign(hand.editor.settings, { wandMode: 'threshold', thresholdLevel: 0, thresholdSide: 'auto' });
  hand.press('w');
  return { ...hand, asked };
}

test('the bright or dark pixels inside a free hand become a mask when accepted', async () => {
  const { drag, press, settled, states, asked } = await thresholding();
  drag(AROUND);
  await settled();
  const [{ tool, geometry, side, level }] = asked;
  assert.deepEqual([tool, side, level], ['threshold', 'auto', undefined]);
  assert.ok(geometry.parts[0][0].length >= 4);
  assert.deepEqual(states(), []);
  press('Enter');
  assert.deepEqual(states(), [{ label: 1, kind: 'mask', geometry: MASK, source: 'wand: threshold' }]);
});

test('another level or side asks again about the same shape', async () => {
  const { drag, settled, editor, asked } = await thresholding();
  drag(AROUND);
  await settled();
  const [level, side] = editor.tool.settingsOf('threshold');
  level.set(40);
  side.set('dark');
  await settled();
  assert.deepEqual(asked.at(-1).geometry, asked[0].geometry);
  assert.deepEqual([asked.at(-1).level, asked.at(-1).side], [40, 'dark']);
});

test('a click alone asks for nothing and says what to do', async () => {
  const { click, editor, asked } = await thresholding();
  click([30, 30]);
  assert.deepEqual(asked, []);
  assert.match(editor.tool.hintText, /around the object/);
});
