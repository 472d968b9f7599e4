'use strict';
const test = require('node:test');
const assert = require('node:assert');
const map = require('../../app/assets/map.js');

const SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10]];

test('a lasso chooses what lies inside it', () => {
  assert.deepStrictEqual(map.within(SQUARE, [5, 15, 1], [5, 5, 9]), [0, 2]);
  assert.deepStrictEqual(map.within(SQUARE.slice(0, 2), [5], [0]), []);
});

test('a hollow lasso leaves out what lies in the hollow', () => {
  const hook = [[0, 0], [10, 0], [10, 10], [8, 10], [8, 2], [2, 2], [2, 10], [0, 10]];
  assert.deepStrictEqual(map.within(hook, [5, 1], [6, 6]), [1]);
});

test('the nearest point is found within reach only', () => {
  assert.strictEqual(map.nearest([0, 3], [0, 0], 2, 0, 5), 1);
  assert.strictEqual(map.nearest([0, 3], [0, 0], 50, 0, 5), -1);
  assert.strictEqual(map.nearest([], [], 0, 0, 5), -1);
});

test('words get the colours of their labels, the most frequent first, and the rest share one', () => {
  const { classes, colours, words } = map.coloured(['a', 'b', 'b'], { b: '#123456' });
  assert.deepStrictEqual([...classes], [1, 0, 0]);
  assert.deepStrictEqual([colours[0], words], ['#123456', ['b', 'a']]);
  const many = map.coloured(Array.from({ length: 30 }, (_, i) => `w${String(i).padStart(2, '0')}`));
  assert.strictEqual(Math.max(...many.classes), 8);
});

test('numbers get a ramp from the least to the most', () => {
  assert.deepStrictEqual([...map.coloured([0, 0.5, 1]).classes], [0, 6, 11]);
  assert.deepStrictEqual([...map.coloured([0, 0]).classes], [0, 0]);
});
