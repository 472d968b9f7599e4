'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const ruler = require('../../app/assets/canvas/21_ticks.js');

test('steps are round and far enough apart', () => {
  assert.deepEqual([0.2, 1, 4, 64].map(ruler.stepOf), [500, 100, 20, 1]);
});

test('ticks stand where their numbers are', () => {
  assert.deepEqual(ruler.ticks(-30, 250, 1), [{ value: -0, at: 30 }, { value: 100, at: 130 }, { value: 200, at: 230 }]);
});
