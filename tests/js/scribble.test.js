'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { bench, Server } = require('./bench.js');

const MASK = { x: 20, y: 20, width: 2, height: 2, counts: '04' };
const OTHER = { x: 60, y: 20, width: 2, height: 2, counts: '04' };
const one = (geometry, label) => ({ kind: 'mask', geometry, label, area: 4, method: 'forest', quality: 1 });

/** Strokes of two labels; what the server was asked is kept. */
async function two({ settings = {} } = {}) {
  const server = new Server();
  const asked = [];
  const answer = (body) => {
    asked.push(body);
    return { request: body.request, proposals: [one(MASK, 1), one(OTHER, 2)], hint: '' };
  };
  server.proposals = Array.from({ length: 6 }, () => answer);
  const hand = await bench(server);
  Object.assign(hand.editor.settings, { scribbleLabels: 'several' }, settings);
  hand.press('s');
  hand.drag([[20, 20], [30, 20]]);
  await hand.settled();
  hand.press('2');
  hand.drag([[60, 20], [70, 20]]);
  await hand.settled();
  return { ...hand, server, asked };
}

test('with several labels each stroke keeps the label it was drawn with', async () => {
  const { asked } = await two();
  const { label, strokes, parts } = asked.at(-1);
  assert.equal(label, undefined);
  assert.deepEqual(strokes.map((stroke) => stroke.label), [1, 2]);
  assert.equal(parts, 'touched');
});

test('accepting several labels makes one mask of each, in one step to undo', async () => {
  const { press, states, editor } = await two();
  press('Enter');
  assert.deepEqual(states(), [
    { label: 1, kind: 'mask', geometry: MASK, source: 'scribbles: forest' },
    { label: 2, kind: 'mask', geometry: OTHER, source: 'scribbles: forest' },
  ]);
  assert.equal(editor.model.annotations[0].key, editor.model.present('scribble')[0].key);
  press('ctrl+z');
  assert.deepEqual(states(), []);
});

test('going on with an accepted object asks for that object alone', async () => {
  const { press, editor, asked, settled, server } = await two();
  press('Enter');
  const [{ key }] = editor.model.annotations;
  server.proposals.unshift((body) => {
    asked.push(body);
    return { request: body.request, proposal: one(MASK), hint: '' };
  });
  press('v');
  editor.select(key);
  press('s');
  await settled();
  assert.equal(editor.tool.key, key);
  assert.equal(asked.at(-1).label, 1);
  press('Enter');
  assert.equal(editor.model.annotations.length, 2);
});

test('a stroke is erased where it is clicked, and undo brings it back', async () => {
  const { click, press, editor, settled } = await two();
  editor.tool.mark = 'erase';
  click([25, 20]);
  await settled();
  assert.deepEqual(editor.tool.strokes.map(({ label }) => label), [2]);
  click([50, 70]);
  assert.equal(editor.tool.strokes.length, 1);
  press('ctrl+z');
  await settled();
  assert.equal(editor.tool.strokes.length, 2);
});

test('all parts that look alike are asked for when the panel says so', async () => {
  const { asked } = await two({ settings: { scribbleParts: 'all' } });
  assert.equal(asked.at(-1).parts, 'all');
});
