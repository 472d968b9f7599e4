'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const colors = require('../../app/assets/canvas/19_colors.js');

const item = (more = {}) => ({ rank: 0, pending: 0, stuck: null, state: { source: 'person' }, server: { version: 1 }, ...more });

test('what came in and nobody changed is untouched', () => {
  const model = { state: { source: 'yolo' } };
  assert.equal(colors.statusOf(item(model), false), 'untouched');
  assert.equal(colors.statusOf(item({ ...model, server: { version: 2 } }), false), 'touched');
  assert.equal(colors.isUntouched(item({ ...model, pending: 1 })), false);
});

test('a refine tool is a hand of a person', () => {
  assert.equal(colors.statusOf(item({ state: { source: 'wand: grow' } }), false), 'person');
  assert.equal(colors.statusOf(item({ state: {} }), false), 'person');
});

test('what is not saved says so before anything else', () => {
  assert.equal(colors.statusOf(item({ stuck: {}, pending: 1 }), true), 'unsaved');
  assert.equal(colors.statusOf(item({ pending: 1 }), true), 'waiting');
  assert.equal(colors.statusOf(item(), true), 'locked');
});

test('each status has words of its own', () => {
  const words = Object.values(colors.STATUSES).map((status) => status.words);
  assert.equal(new Set(words).size, words.length);
});

test('neighbours in the list differ when each object has its colour', () => {
  assert.notEqual(colors.ofEach({ rank: 1 }), colors.ofEach({ rank: 2 }));
});

test('opacity goes from nothing over what was meant to nearly all', () => {
  assert.equal(colors.alpha(0.2, 0), 0);
  assert.equal(colors.alpha(0.2, 50), 0.2);
  assert.ok(Math.abs(colors.alpha(0.2, 100) - 0.95) < 1e-9);
});
