'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { bench } = require('./bench.js');
const { dsb } = globalThis;

const L = { kind: 'polygon', geometry: { parts: [[[[0, 0], [9, 0], [9, 9]]]] } };

async function twoBoxes(answer) {
  const hand = await bench();
  hand.asked = [];
  dsb.client.shapes = async (slug, image, how, body) => {
    hand.asked.push([how, body]);
    return answer(hand, body);
  };
  hand.press('b');
  hand.drag([[10, 10], [20, 20]]);
  hand.drag([[30, 10], [40, 20]]);
  hand.press('v', 'ctrl+a');
  return hand;
}

const saying = (body) => () => ({ status: 200, body });

test('merging is one step: the first takes the shape, the others go', async () => {
  const hand = await twoBoxes(saying({ shape: L }));
  const [first] = hand.editor.chosen;
  hand.press('j');
  await hand.settled();
  assert.deepEqual(hand.asked[0][1].way, 'merge');
  assert.deepEqual(hand.states(), [{ label: 1, source: 'person', ...L }]);
  assert.deepEqual(hand.editor.chosen, [first]);
  assert.match(hand.hints.at(-1), /Merged: the box is a polygon/);
  hand.press('ctrl+z');
  assert.deepEqual(hand.states().map(({ kind }) => kind), ['box', 'box']);
});

test('what is taken off stays itself', async () => {
  const hand = await twoBoxes(saying({ shape: L }));
  hand.press('-');
  await hand.settled();
  assert.deepEqual(hand.states().map(({ kind }) => kind), ['polygon', 'box']);
});

test('when nothing would be left nothing is changed', async () => {
  const hand = await twoBoxes(saying({ shape: null }));
  hand.press('&');
  await hand.settled();
  assert.deepEqual(hand.states().map(({ kind }) => kind), ['box', 'box']);
  assert.match(hand.hints.at(-1), /Nothing would be left/);
});

test('a shape that changed meanwhile is left alone', async () => {
  const hand = await twoBoxes(({ editor }) => {
    editor.nudge(1, 0);
    return { status: 200, body: { shape: L } };
  });
  hand.press('j');
  await hand.settled();
  assert.deepEqual(hand.states().map(({ kind }) => kind), ['box', 'box']);
  assert.match(hand.hints.at(-1), /changed meanwhile/);
});

test('a refusal and a dead server are told', async () => {
  const hand = await twoBoxes(() => ({ status: 422, body: { error: 'too hard' } }));
  hand.press('j');
  await hand.settled();
  assert.equal(hand.hints.at(-1), 'too hard');
  dsb.client.shapes = async () => { throw new TypeError('Failed to fetch'); };
  hand.press('j');
  await hand.settled();
  assert.match(hand.hints.at(-1), /cannot be reached/);
});

test('a line cuts what it crosses, all in one step', async () => {
  const hand = await twoBoxes(saying({ shapes: [L, L] }));
  hand.press('Escape', 'g');
  hand.drag([[5, 15], [45, 15]]);
  await hand.settled();
  assert.equal(hand.asked.length, 2);
  assert.deepEqual(hand.asked[0][1].line, [[5, 15], [45, 15]]);
  assert.equal(hand.states().length, 4);
  hand.press('ctrl+z');
  assert.equal(hand.states().length, 2);
});

test('with a selection only that is cut', async () => {
  const hand = await twoBoxes(saying({ shapes: [L, L] }));
  hand.press('Escape');
  hand.click([15, 15]);
  hand.press('g');
  hand.drag([[5, 15], [45, 15]]);
  await hand.settled();
  assert.equal(hand.states().length, 3);
});

test('a line beside everything says so', async () => {
  const hand = await twoBoxes(saying({ shapes: [L, L] }));
  hand.press('Escape', 'g');
  hand.drag([[5, 60], [45, 60]]);
  await hand.settled();
  assert.equal(hand.asked.length, 0);
  assert.match(hand.hints.at(-1), /crosses no shape/);
});
