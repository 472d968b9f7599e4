'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Model } = require('../../app/assets/canvas/20_model.js');
const { History, apply, inverse, untouched } = require('../../app/assets/canvas/30_commands.js');

const IMAGE = { id: 1, width: 50, height: 50, state: 'new', comment: '', version: 1 };
const box = (x) => ({ label: 1, kind: 'box', geometry: { x, y: 0, width: 5, height: 5 } });

/** A page with one history; every gesture and step goes through it. */
function page() {
  const model = new Model(IMAGE);
  model.load({ image: IMAGE, annotations: [], scribbles: [] });
  const history = new History();
  const sent = [];
  const gesture = (uid, after) => {
    const before = model.annotation(uid);
    const changes = [{ type: 'annotation', key: uid, before, after }];
    history.record(changes, 'box');
    sent.push(...apply(model, changes, 'box'));
  };
  const step = (command) => {
    sent.push(...apply(model, command.changes, command.tool));
    command.settle();
  };
  const shown = () => Object.fromEntries(model.annotations.map(({ key, state }) => [key, state.geometry.x]));
  return { model, history, sent, gesture, step, shown };
}

test('the inverse of an inverse is the command', () => {
  const changes = [
    { type: 'annotation', key: 'a', before: null, after: box(1) },
    { type: 'scribble', key: 'b', before: { strokes: [] }, after: null },
  ];
  assert.deepEqual(inverse(inverse(changes)), changes);
});

test('undo takes the last gesture back and redo makes it again', () => {
  const { history, gesture, step, shown } = page();
  gesture('a', box(1));
  gesture('a', box(2));
  step(history.undo());
  assert.deepEqual(shown(), { a: 1 });
  step(history.undo());
  assert.deepEqual(shown(), {});
  step(history.redo());
  step(history.redo());
  assert.deepEqual(shown(), { a: 2 });
});

test('nothing to undo is nothing', () => {
  const { history } = page();
  assert.equal(history.undo(), null);
  assert.equal(history.redo(), null);
});

test('a new gesture after an undo forgets what was undone', () => {
  const { history, gesture, step } = page();
  gesture('a', box(1));
  step(history.undo());
  gesture('b', box(2));
  assert.equal(history.redo(), null);
});

test('a hundred edits and undos bring back the very same numbers', () => {
  const { history, gesture, step, shown } = page();
  gesture('a', box(0.1));
  for (let k = 1; k <= 100; k++) gesture('a', box(k / 16));
  for (let k = 1; k <= 100; k++) step(history.undo());
  assert.deepEqual(shown(), { a: 0.1 });
});

test('a step that is not settled stays on the stack', () => {
  const { history, gesture } = page();
  gesture('a', box(1));
  history.undo();
  assert.equal(history.done.length, 1);
});

test('a removal undone is a change, for the object has been born', () => {
  const { history, gesture, step, sent } = page();
  gesture('a', box(1));
  gesture('a', null);
  step(history.undo());
  assert.deepEqual(sent.map(({ kind }) => kind), ['add', 'remove', 'change']);
  assert.equal(sent[2].base_version, sent[1].op_id);
});

test('several changes of one gesture are one group', () => {
  const { model } = page();
  const ops = apply(model, [
    { type: 'annotation', key: 'a', before: null, after: box(1) },
    { type: 'scribble', key: 'a', before: null, after: { strokes: [] } },
  ], 'scribble');
  assert.equal(ops[0].group_id, ops[1].group_id);
  assert.ok(ops[0].group_id);
});

test('a single change has no group', () => {
  const { sent, gesture } = page();
  gesture('a', box(1));
  assert.equal(sent[0].group_id, null);
});

test('a change by somebody else is noticed before undo overwrites it', () => {
  const { model, history, gesture } = page();
  gesture('a', box(1));
  const [{ op_id }] = [{ op_id: model.item('annotation', 'a').head }];
  const op = { op_id, kind: 'add', payload: box(1), target: { type: 'annotation', key: 'a', image: 1 } };
  model.acknowledge(op, { op_id, outcome: 'accepted', version: 1, current: null });
  assert.equal(untouched(model, history.undo().changes), true);
  model.foreign({ target: { type: 'annotation', key: 'a' }, current: { uid: 'a', version: 2, ...box(9) } });
  assert.equal(untouched(model, history.undo().changes), false);
});

test('numbers that the store clipped do not look like somebody else\'s', () => {
  const { model, history, gesture } = page();
  gesture('a', box(1));
  history.rewrite(model.annotation('a'), box(0.5));
  assert.deepEqual(history.done[0].changes[0].after, box(0.5));
});
