'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { OwnKeys, nameFrom, written } = require('../../app/assets/canvas/77_own_keys.js');

const BINDINGS = [
  { keys: ['b'], text: 'Box', run: () => 'box' },
  { keys: ['v'], text: 'Select', run: () => 'select' },
];

function storage(kept = null) {
  return { kept, getItem: () => kept, setItem(_, value) { this.kept = value; } };
}

const hand = (kept) => new OwnKeys(BINDINGS, storage(kept));

test('a moved key is kept and read again', () => {
  const keys = hand();
  assert.equal(keys.move('b', 'shift+j', 'p'), '');
  assert.equal(keys.find('b', 'p'), undefined);
  const again = hand(keys.storage.kept);
  assert.equal(again.find('shift+j', 'p').run(), 'box');
});

test('a key that means something says so and stays', () => {
  const keys = hand();
  assert.match(keys.move('b', 'v', 'p'), /V already means: Select/);
  assert.equal(keys.find('b', 'p').run(), 'box');
});

test('digits and what the page needs cannot be had', () => {
  const keys = hand();
  assert.match(keys.move('b', '3', 'p'), /labels/);
  assert.match(keys.move('b', 'enter', 'p'), /stays/);
});

test('a key goes back to where it came from', () => {
  const keys = hand();
  keys.move('b', 'j', 'p');
  keys.move('b', 'b', 'p');
  assert.deepEqual(keys.moves, {});
  keys.move('b', 'j', 'p');
  keys.reset();
  assert.equal(keys.find('b', 'p').run(), 'box');
});

test('a preset is a tool with a label, in its own project', () => {
  const keys = hand();
  assert.equal(keys.addPreset('p', { key: 'j', tool: 'box', label: 2 }), '');
  const taken = [];
  keys.find('j', 'p').run({ takePreset: (preset) => taken.push(preset.label) });
  assert.deepEqual(taken, [2]);
  assert.equal(keys.find('j', 'other'), undefined);
  assert.match(keys.addPreset('p', { key: 'j', tool: 'box', label: 1 }), /already a preset/);
  keys.removePreset('p', 'j');
  assert.equal(keys.has('j', 'p'), false);
});

test('what cannot be read is as it came', () => {
  assert.equal(hand('{broken').find('b', 'p').run(), 'box');
});

test('keys are named as the table spells them', () => {
  const event = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, shiftKey: false, ...more });
  assert.equal(nameFrom(event('J', { shiftKey: true })), 'shift+j');
  assert.equal(nameFrom(event('?', { shiftKey: true })), '?');
  assert.equal(nameFrom(event('a', { ctrlKey: true, shiftKey: true })), 'ctrl+shift+a');
  assert.equal(nameFrom(event('Shift', { shiftKey: true })), '');
  assert.equal(written('ctrl+shift+a'), 'Ctrl Shift A');
});
