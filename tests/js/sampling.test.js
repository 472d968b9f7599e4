'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
require('../../app/assets/canvas/16_sampling.js');
const { profile } = globalThis.dsb.sampling;

const STEPS = [[0, 10, 20, 30], [0, 10, 20, 30]];
const read = (x, y) => STEPS[y][x];
const size = { width: 4, height: 2 };

test('a line through pixel centres reads the pixels', () => {
  const { distance, values } = profile(read, size, [[0.5, 0.5], [3.5, 0.5]]);
  assert.deepEqual(distance, [0, 1, 2, 3]);
  assert.deepEqual(values, [[0, 10, 20, 30]]);
});

test('a line of no length is the one value at its place', () => {
  assert.deepEqual(profile(read, size, [[2.5, 1.5]]), { distance: [0], values: [[20]] });
});

test('beyond the image there is nothing', () => {
  const [found] = profile(read, size, [[-2, 0.5], [2, 0.5]]).values;
  assert.deepEqual(found, [NaN, NaN, 0, 5, 15]);
});

test('a wide line half outside takes the mean of what is inside', () => {
  const rows = (x, y) => [1, 5][y];
  const line = [[0.5, 1.5], [1.5, 1.5]];
  assert.deepEqual(profile(rows, { width: 2, height: 2 }, line, { wide: 3 }).values, [[3, 3]]);
});

test('a corner of a polyline is read once', () => {
  const { distance, values } = profile(read, size, [[0.5, 0.5], [2.5, 0.5], [2.5, 0.5], [2.5, 1.5]]);
  assert.deepEqual(distance, [0, 1, 2, 3]);
  assert.deepEqual(values, [[0, 10, 20, 20]]);
});
