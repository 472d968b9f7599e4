'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
require('../../app/assets/canvas/78_keys.js');
const { keys } = globalThis.dsb;

/** A control that answers `closest` for the selectors it is. */
const control = (...kinds) => ({
  closest: (selectors) => selectors.split(',').some((one) => kinds.includes(one.trim().split(':')[0])) || null,
});
const NOWHERE = control();

function pressed(key, { target = NOWHERE, ...more } = {}) {
  const log = [];
  const editor = new Proxy(
    { selection: null, tool: { accept: () => log.push('accept') }, view: { fit: () => log.push('fit') } },
    { get: (known, name) => known[name] ?? (name in known ? known[name] : (...args) => log.push([name, ...args])) },
  );
  if (more.selection) editor.selection = more.selection;
  const event = { key, code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, target, ...more };
  return { meant: keys.press(editor, event), log };
}

test('a letter takes its tool', () => {
  assert.deepEqual(pressed('b').log, [['setTool', 'box']]);
  assert.deepEqual(pressed('B').log, [['setTool', 'box']]);
});

test('a letter typed into a field stays a letter', () => {
  assert.deepEqual(pressed('b', { target: control('input') }).log, []);
});

test('the arrows of a slider belong to the slider, its letters to the page', () => {
  assert.equal(keys.taken({ key: 'ArrowLeft', target: control('input[type=range]') }), true);
  assert.equal(keys.taken({ key: 'b', target: control('input[type=range]') }), false);
});

test('Enter on a button presses the button', () => {
  assert.equal(pressed('Enter', { target: control('button') }).meant, false);
  assert.deepEqual(pressed('Enter').log, ['accept']);
});

test('Ctrl+Z undoes, with Shift it does again', () => {
  assert.deepEqual(pressed('z', { ctrlKey: true }).log, [['undo']]);
  assert.deepEqual(pressed('Z', { ctrlKey: true, shiftKey: true }).log, [['redo']]);
  assert.deepEqual(pressed('z', { metaKey: true }).log, [['undo']]);
});

test('a browser\'s own shortcut is left alone', () => {
  assert.equal(pressed('b', { ctrlKey: true }).meant, false);
  assert.equal(pressed('d', { altKey: true }).meant, false);
});

test('arrows change the image while nothing is selected', () => {
  assert.deepEqual(pressed('ArrowRight').log, [['step', 1]]);
  assert.equal(pressed('ArrowUp').meant, false);
});

test('arrows nudge the selection, with Shift by ten', () => {
  assert.deepEqual(pressed('ArrowRight', { selection: 'a' }).log, [['nudge', 1, 0]]);
  assert.deepEqual(pressed('ArrowUp', { selection: 'a', shiftKey: true }).log, [['nudge', 0, -10]]);
});

test('A and D change the image whatever is selected', () => {
  assert.deepEqual(pressed('d', { selection: 'a' }).log, [['step', 1]]);
  assert.deepEqual(pressed('a', { selection: 'a' }).log, [['step', -1]]);
});

test('a digit is a label, with Shift a class of the whole image', () => {
  assert.deepEqual(pressed('2', { code: 'Digit2' }).log, [['digit', 2, false]]);
  assert.deepEqual(pressed('"', { code: 'Digit2', shiftKey: true }).log, [['digit', 2, true]]);
});

test('zero fits the image', () => {
  assert.deepEqual(pressed('0', { code: 'Digit0' }).log, ['fit']);
});

test('no key does two things', () => {
  const all = keys.BINDINGS.flatMap((binding) => binding.keys || []);
  assert.equal(new Set(all).size, all.length);
});

test('the list of keys explains every line it shows', () => {
  for (const { group, show, text } of keys.BINDINGS) if (group) assert.ok(show && text);
});

test('no key means two things', () => {
  const all = keys.BINDINGS.flatMap((binding) => binding.keys || []);
  assert.deepEqual(all.filter((key, k) => all.indexOf(key) !== k), []);
});
