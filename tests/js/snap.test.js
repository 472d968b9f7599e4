'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { bench } = require('./bench.js');

const square = (x) => [[x, 10], [x + 20, 10], [x + 20, 30], [x, 30]];
const polygon = (ring) => ({ parts: [[ring]] });
const fitted = (x, method) => (body) => ({
  request: body.request, hint: '',
  proposal: { kind: 'polygon', geometry: polygon(square(x)), area: 4, method, quality: 1 },
});

/** Three polygons, all selected, taken into the snap tool. */
async function three(...answers) {
  const hand = await bench();
  const { editor, server } = hand;
  const uids = [10, 40, 70].map((x) => editor.annotate('polygon', polygon(square(x)), { tool: 'polygon' }));
  editor.chooseAll(uids);
  server.proposals = answers;
  hand.press('c');
  await hand.settled();
  await hand.settled();
  return { ...hand, uids };
}

test('the whole selection is snapped, accepted with one key and undone in one step', async () => {
  const { press, states, editor } = await three(fitted(11, 'vote'), fitted(40, 'as drawn'), fitted(71, 'vote'));
  assert.equal(editor.tool.hintText, '2 moved, 1 kept as drawn');
  press('Enter');
  assert.deepEqual(states().map(({ geometry }) => geometry.parts[0][0][0][0]), [11, 40, 71]);
  assert.deepEqual(states().map(({ source }) => source), ['outline: vote', 'person', 'outline: vote']);
  press('ctrl+z');
  assert.deepEqual(states().map(({ geometry }) => geometry.parts[0][0][0][0]), [10, 40, 70]);
});

test('an outline for which there is no answer stays as it was', async () => {
  const { press, states } = await three(fitted(11, 'vote'), () => ({ proposal: null, hint: 'no' }), fitted(71, 'vote'));
  press('Enter');
  assert.deepEqual(states().map(({ geometry }) => geometry.parts[0][0][0][0]), [11, 40, 71]);
});

test('Esc on the way leaves everything as it was', async () => {
  const never = () => new Promise(() => {});
  const { press, states, editor } = await three(fitted(11, 'vote'), never);
  assert.equal(editor.tool.complete, false);
  press('Enter');
  press('Escape');
  assert.deepEqual(states().map(({ geometry }) => geometry.parts[0][0][0][0]), [10, 40, 70]);
});
