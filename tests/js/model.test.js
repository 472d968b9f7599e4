'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Model, difference, equal } = require('../../app/assets/canvas/20_model.js');

const IMAGE = { id: 7, width: 100, height: 80, state: 'new', comment: '', version: 1 };
const BOX = { label: 1, kind: 'box', geometry: { x: 1, y: 2, width: 3, height: 4 }, source: 'person' };
const wire = (uid, fields = {}) => ({
  uid, id: 1, version: 1, area: 12, bbox: [1, 2, 3, 4], author: 'ann', ...BOX, ...fields,
});

function opened({ annotations = [], scribbles = [] } = {}) {
  const model = new Model(IMAGE);
  model.load({ image: IMAGE, annotations, scribbles });
  return model;
}

const accepted = (op, version, current) => ({ op_id: op.op_id, outcome: 'accepted', version, current });
const change = (model, uid, fields) => {
  const item = model.item('annotation', uid);
  return model.change(item, fields && { ...item.state, ...fields });
};

test('what was never there is added without a base', () => {
  const model = opened();
  const op = model.change(model.item('annotation', 'a'), BOX);
  assert.equal(op.kind, 'add');
  assert.equal(op.base_version, null);
  assert.deepEqual(op.payload, BOX);
  assert.deepEqual(op.target, { type: 'annotation', key: 'a', image: 7 });
});

test('what is drawn lies in the set that the page shows', () => {
  const model = new Model(IMAGE);
  model.load({ image: IMAGE, annotations: [], scribbles: [], set: 'blind-bob' });
  assert.deepEqual(model.placed('annotation', BOX), { ...BOX, set: 'blind-bob' });
  assert.deepEqual(model.placed('annotation', { ...BOX, set: 'gold' }), { ...BOX, set: 'gold' });
  assert.deepEqual(model.placed('image_state', { state: 'done' }), { state: 'done' });
  assert.equal(model.placed('annotation', null), null);
  assert.equal(opened().placed('annotation', BOX), BOX);
});

test('a change carries what changed and nothing else', () => {
  const op = change(opened({ annotations: [wire('a')] }), 'a', { label: 2 });
  assert.equal(op.kind, 'change');
  assert.equal(op.base_version, 1);
  assert.deepEqual(op.payload, { label: 2 });
});

test('what the store fills in by itself is no difference', () => {
  const model = opened();
  const changes = [];
  const op = model.change(model.item('annotation', 'a'), BOX);
  model.on('change', (item) => changes.push(item));
  const filled = { set: 'truth', attributes: {}, score: null, crowd: false };
  model.acknowledge(op, accepted(op, 1, wire('a', filled)));
  assert.deepEqual(changes, []);
  assert.equal(model.annotation('a'), BOX);
});

test('a field that returns to its default says so', () => {
  assert.deepEqual(difference({ ...BOX, score: 0.5 }, BOX), { score: null });
});

test('a geometry never travels without its kind', () => {
  const geometry = { x: 0, y: 0, width: 1, height: 1 };
  assert.deepEqual(difference(BOX, { ...BOX, geometry }), { kind: 'box', geometry });
});

test('equality does not depend on the order of keys', () => {
  assert.equal(equal({ a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } }), true);
  assert.equal(equal({ a: [1, 2] }, { a: [2, 1] }), false);
});

test('what changes nothing is no operation', () => {
  assert.equal(change(opened({ annotations: [wire('a')] }), 'a', { label: 1 }), null);
});

test('operations that wait are chained by their ids', () => {
  const model = opened({ annotations: [wire('a')] });
  const first = change(model, 'a', { label: 2 });
  const second = change(model, 'a', { label: 3 });
  assert.equal(first.base_version, 1);
  assert.equal(second.base_version, first.op_id);
});

test('after the answer the next change stands on the new version', () => {
  const model = opened({ annotations: [wire('a')] });
  const first = change(model, 'a', { label: 2 });
  model.acknowledge(first, accepted(first, 2, wire('a', { label: 2, version: 2 })));
  assert.equal(change(model, 'a', { label: 3 }).base_version, 2);
});

test('what was removed comes back as a change with everything in it', () => {
  const model = opened({ annotations: [wire('a')] });
  const removal = change(model, 'a', null);
  assert.equal(removal.kind, 'remove');
  model.acknowledge(removal, accepted(removal, 2, null));
  const restore = model.change(model.item('annotation', 'a'), BOX);
  assert.equal(restore.kind, 'change');
  assert.equal(restore.base_version, 2);
  assert.deepEqual(restore.payload, BOX);
});

test('the numbers of the store count once it has answered', () => {
  const model = opened();
  const rewritten = [];
  model.on('normalised', (before, after) => rewritten.push([before, after]));
  const op = model.change(model.item('annotation', 'a'), BOX);
  const clipped = { x: 1, y: 2, width: 2, height: 4 };
  model.acknowledge(op, accepted(op, 1, wire('a', { geometry: clipped })));
  assert.deepEqual(model.annotation('a').geometry, clipped);
  assert.equal(rewritten[0][0], BOX);
});

test('an answer does not disturb what is still on its way', () => {
  const model = opened({ annotations: [wire('a')] });
  const first = change(model, 'a', { label: 2 });
  change(model, 'a', { label: 3 });
  model.acknowledge(first, accepted(first, 2, wire('a', { label: 2, version: 2 })));
  assert.equal(model.annotation('a').label, 3);
});

test('an old answer does not overwrite a newer state', () => {
  const model = opened({ annotations: [wire('a', { label: 5, version: 4 })] });
  const op = {
    op_id: 'old', kind: 'change', payload: { label: 2 },
    target: { type: 'annotation', key: 'a', image: 7 },
  };
  model.replay(op);
  model.acknowledge(op, accepted(op, 2, wire('a', { label: 2, version: 2 })));
  assert.equal(model.annotation('a').label, 5);
});

test('a conflict shows theirs and hands mine on', () => {
  const model = opened({ annotations: [wire('a')] });
  const conflicts = [];
  model.on('conflict', (conflict) => conflicts.push(conflict));
  const op = change(model, 'a', { label: 2 });
  model.acknowledge(op, {
    op_id: op.op_id, outcome: 'conflict', version: 2, current: wire('a', { label: 9, version: 2, author: 'bob' }),
  });
  assert.equal(model.annotation('a').label, 9);
  assert.equal(conflicts[0].sides[0].mine.label, 2);
  assert.equal(conflicts[0].sides[0].theirs.label, 9);
  assert.equal(conflicts[0].sides[0].item.meta.author, 'bob');
});

test('a chain that meets a conflict asks once, with the newest of mine', () => {
  const model = opened({ annotations: [wire('a')] });
  const conflicts = [];
  model.on('conflict', (conflict) => conflicts.push(conflict));
  const ops = [change(model, 'a', { label: 2 }), change(model, 'a', { label: 3 })];
  for (const op of ops) {
    model.acknowledge(op, { op_id: op.op_id, outcome: 'conflict', version: 2, current: wire('a', { version: 2 }) });
  }
  assert.equal(conflicts.length, 1);
  assert.equal(conflicts[0].sides[0].mine.label, 3);
});

test('mine kept after a conflict stands on the version of theirs', () => {
  const model = opened({ annotations: [wire('a')] });
  const op = change(model, 'a', { label: 2 });
  model.acknowledge(op, { op_id: op.op_id, outcome: 'conflict', version: 6, current: wire('a', { label: 9, version: 6 }) });
  assert.equal(change(model, 'a', { label: 2 }).base_version, 6);
});

test('a conflict with a removal restores on the version of the tombstone', () => {
  const model = opened({ annotations: [wire('a')] });
  const op = change(model, 'a', { label: 2 });
  model.acknowledge(op, { op_id: op.op_id, outcome: 'conflict', version: 4, current: null });
  assert.equal(model.annotation('a'), null);
  assert.equal(model.change(model.item('annotation', 'a'), BOX).base_version, 4);
});

/** An addition that the server refused. */
function refusedAddition() {
  const model = opened();
  const heard = { refused: [], freed: [] };
  model.on('refused', (item) => heard.refused.push(item.stuck.reason));
  model.on('freed', (ids) => heard.freed.push(...ids));
  const item = model.item('annotation', 'a');
  const op = model.change(item, BOX);
  model.acknowledge(op, { op_id: op.op_id, outcome: 'refused', reason: 'the label was removed' });
  return { model, item, op, heard };
}

test('what was refused stays in sight, and is said anew as an addition', () => {
  const { model, item, op, heard } = refusedAddition();
  assert.deepEqual(model.annotation('a'), BOX);
  assert.deepEqual(heard.refused, ['the label was removed']);
  assert.deepEqual(model.stuck, [item]);
  const again = model.change(item, { ...BOX, label: 2 });
  assert.deepEqual([again.kind, again.payload, again.base_version], ['add', { ...BOX, label: 2 }, null]);
  assert.deepEqual(heard.freed, [op.op_id]);
  assert.deepEqual(model.stuck, []);
});

test('what was refused and is taken back needs no word to the server', () => {
  const { model, item, heard, op } = refusedAddition();
  assert.equal(model.change(item, null), null);
  assert.equal(model.annotation('a'), null);
  assert.deepEqual(heard.freed, [op.op_id]);
});

test('a refused change is said anew whole, on the version of the server', () => {
  const model = opened({ annotations: [wire('a')] });
  const op = change(model, 'a', { label: 7 });
  model.acknowledge(op, { op_id: op.op_id, outcome: 'refused', reason: 'no label 7' });
  assert.equal(model.annotation('a').label, 7);
  const again = change(model, 'a', { label: 2 });
  assert.deepEqual([again.kind, again.payload, again.base_version], ['change', { label: 2 }, 1]);
});

test('what builds on a refusal is refused with it, once', () => {
  const model = opened();
  const refused = [];
  model.on('refused', (item) => refused.push(item.stuck.ops.length));
  const item = model.item('annotation', 'a');
  const ops = [model.change(item, BOX), model.change(item, { ...BOX, label: 2 })];
  for (const op of ops) model.acknowledge(op, { op_id: op.op_id, outcome: 'refused', reason: 'no' });
  assert.deepEqual(refused, [2]);
});

test('a state of the image that was refused is not shown as if it were true', () => {
  const model = opened();
  const item = model.imageState;
  const before = item.state;
  const op = model.change(item, { ...before, state: 'accepted' });
  model.acknowledge(op, { op_id: op.op_id, outcome: 'refused', reason: 'you may not review' });
  assert.deepEqual(item.state, before);
  assert.equal(item.stuck.mine.state, 'accepted');
});

test('what was refused before a reload is shown again, and somebody else does not hide it', () => {
  const model = opened({ annotations: [wire('a')] });
  const op = change(opened({ annotations: [wire('a')] }), 'a', { label: 7 });
  model.stick(op, 'no label 7');
  assert.equal(model.annotation('a').label, 7);
  model.foreign({ target: op.target, current: wire('a', { label: 4, version: 2 }) });
  assert.equal(model.annotation('a').label, 7);
  assert.equal(model.stuck[0].stuck.version, 1);
});

test('a sibling of a conflict waits with it and loses nothing', () => {
  const model = opened({ annotations: [wire('a'), wire('b')] });
  const conflicts = [];
  model.on('conflict', (conflict) => conflicts.push(conflict));
  const [a, b] = ['a', 'b'].map((uid) => model.change(model.item('annotation', uid), { ...BOX, label: 5 }, { group: 'g' }));
  model.acknowledge(a, { op_id: a.op_id, outcome: 'conflict', version: 2, current: wire('a', { label: 9, version: 2 }) });
  model.acknowledge(b, { op_id: b.op_id, outcome: 'conflict', sibling: true });
  assert.deepEqual(conflicts.map(({ group, opIds }) => [group, opIds]), [['g', [a.op_id]], ['g', [b.op_id]]]);
  assert.deepEqual(conflicts.map(({ sides: [side] }) => [side.mine.label, side.theirs.label]), [[5, 9], [5, 1]]);
  assert.equal(model.item('annotation', 'b').server.version, 1);
});

test('the note that a conflict is settled is no object of the image', () => {
  const model = opened();
  model.acknowledge({ op_id: 'x', target: { type: 'conflict', key: 'late', image: 1 } }, { outcome: 'accepted' });
  assert.equal(model.items.size, 1);
});

test('somebody else\'s change is shown', () => {
  const model = opened({ annotations: [wire('a')] });
  model.foreign({ target: { type: 'annotation', key: 'a' }, current: wire('a', { label: 4, version: 2 }) });
  assert.equal(model.annotation('a').label, 4);
  assert.equal(change(model, 'a', { label: 1 }).base_version, 2);
});

test('somebody else\'s change waits while mine is on its way', () => {
  const model = opened({ annotations: [wire('a')] });
  change(model, 'a', { label: 2 });
  model.foreign({ target: { type: 'annotation', key: 'a' }, current: wire('a', { label: 4, version: 2 }) });
  assert.equal(model.annotation('a').label, 2);
});

test('what somebody else removed is gone, and can be restored', () => {
  const model = opened({ annotations: [wire('a')] });
  model.foreign({ target: { type: 'annotation', key: 'a' }, current: null });
  assert.equal(model.annotation('a'), null);
  assert.equal(model.change(model.item('annotation', 'a'), BOX).base_version, 2);
});

test('targets that the canvas does not show are let by', () => {
  const model = opened();
  model.foreign({ target: { type: 'comment', key: 'c' }, current: { text: 'hello' } });
  assert.equal(model.annotations.length, 0);
});

test('operations that waited over a reload are shown again, in order', () => {
  const model = opened({ annotations: [wire('a')] });
  const target = { type: 'annotation', key: 'a', image: 7 };
  model.replay({ op_id: '1', kind: 'change', target, payload: { label: 2 }, base_version: 1 });
  model.replay({ op_id: '2', kind: 'change', target, payload: { source: 'import' }, base_version: '1' });
  assert.equal(model.annotation('a').label, 2);
  assert.equal(model.annotation('a').source, 'import');
  assert.equal(change(model, 'a', { label: 3 }).base_version, '2');
});

test('a removal that waited over a reload hides the object', () => {
  const model = opened({ annotations: [wire('a')] });
  model.replay({ op_id: '1', kind: 'remove', target: { type: 'annotation', key: 'a', image: 7 }, payload: {} });
  assert.equal(model.annotation('a'), null);
});

test('the first annotation moves a new image on without an operation', () => {
  const model = opened();
  model.begin();
  assert.equal(model.imageState.state.state, 'in_progress');
  assert.equal(model.imageState.pending, 0);
  const op = model.change(model.imageState, { ...model.imageState.state, state: 'done' });
  assert.deepEqual(op.payload, { state: 'done' });
  assert.equal(op.base_version, 1);
  assert.deepEqual(op.target, { type: 'image_state', key: '7', image: 7 });
});

test('an image that is done does not fall back', () => {
  const model = new Model({ ...IMAGE, state: 'done' });
  model.load({ image: { ...IMAGE, state: 'done' }, annotations: [], scribbles: [] });
  model.begin();
  assert.equal(model.imageState.state.state, 'done');
});

test('every change says what was there before', () => {
  const model = opened({ annotations: [wire('a')] });
  const seen = [];
  model.on('change', (item, before) => seen.push([before && before.label, item.state && item.state.label]));
  change(model, 'a', { label: 2 });
  change(model, 'a', null);
  assert.deepEqual(seen, [[1, 2], [2, null]]);
});
