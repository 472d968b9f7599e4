'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Server, bench } = require('./bench.js');

/** Two boxes of a model, the right one first, and one of a person. */
async function withBoxes() {
  const server = new Server();
  const box = (uid, x, source) => {
    const wire = { uid, label: 1, kind: 'box', geometry: { x, y: 10, width: 10, height: 10 }, source, version: 1 };
    server.things.set(`1/annotation/${uid}`, wire);
    server.versions.set(`1/annotation/${uid}`, 1);
  };
  box('right', 60, 'yolo');
  box('left', 10, 'yolo');
  box('own', 30, 'person');
  return bench(server);
}

test('Shift+U goes through what came in and nobody changed, as one reads', async () => {
  const { press, editor } = await withBoxes();
  const seen = [];
  for (let k = 0; k < 3; k++) {
    press('shift+u');
    seen.push(editor.selection);
  }
  assert.deepEqual(seen, ['left', 'right', 'left']);
});

test('a changed object is no longer untouched', async () => {
  const { press, editor, settled } = await withBoxes();
  press('shift+u', '2');
  await settled();
  press('escape', 'shift+u');
  assert.equal(editor.selection, 'right');
});

test('one by one: a digit labels an object and goes on, Enter keeps it', async () => {
  const { press, editor, states } = await withBoxes();
  press('shift+o', '2', 'enter', '2');
  assert.deepEqual(states().map(({ label }) => label), [2, 1, 2]);
  assert.equal(editor.selection, null);
  press('escape');
  assert.equal(editor.toolName, 'select');
});

test('the next image that needs someone is the one that nobody else has', async () => {
  const { press, editor, server, settled } = await withBoxes();
  server.held = [2];
  press('shift+d');
  await settled();
  assert.equal(editor.image.id, 3);
});

test('a preset takes the tool and the label', async () => {
  const { press, editor } = await withBoxes();
  dsb.keys.own.addPreset('p', { key: '~', tool: 'box', label: 2 });
  press('~');
  assert.deepEqual([editor.toolName, editor.label], ['box', 2]);
  dsb.keys.own.removePreset('p', '~');
});
