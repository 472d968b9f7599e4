'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Server, bench } = require('./bench.js');

const BOX = [[10, 10], [20, 20]];
const sentAll = (server) => server.requests.flatMap(({ operations }) => operations);

/** A box that somebody else changed while this page changed it too. */
async function withConflict() {
  const hand = await bench();
  hand.press('b');
  hand.drag(BOX);
  await hand.settled();
  const [{ key }] = hand.editor.model.annotations;
  hand.server.write(1, key, { label: 2 });
  hand.editor.edit(key, { geometry: { x: 50, y: 5, width: 5, height: 5 } }, 'move');
  await hand.settled();
  return { ...hand, key };
}

for (const choice of ['mine', 'theirs', 'both']) {
  test(`the answer "${choice}" is told to the store together with what follows from it`, async () => {
    const { editor, conflicts, server, settled } = await withConflict();
    const [conflict] = conflicts;
    server.requests.length = 0;
    editor.resolve(conflict, choice);
    await settled();
    const notes = sentAll(server).filter(({ target }) => target.type === 'conflict');
    assert.deepEqual(notes.map(({ kind, target, payload }) => [kind, target.key, payload]), [['remove', conflict.opIds[0], { choice }]]);
    const xs = server.all('annotation', 1).map(({ geometry }) => geometry.x).sort();
    assert.deepEqual(xs, { mine: [50], theirs: [10], both: [10, 50] }[choice]);
  });
}

test('a conflict that waited in the store is met again with both sides', async () => {
  const { editor, key } = await withConflict();
  const met = [];
  editor.on('disputes', (list) => met.push(...list));
  const side = { target: { type: 'annotation', key, image: 1 }, mine: { label: 1, kind: 'box', geometry: { x: 1, y: 1, width: 2, height: 2 } }, theirs: null, version: 3 };
  editor.meet([{ op_ids: ['late'], group_id: null, author: 'bob', sides: [side] }]);
  assert.deepEqual(met.map(({ opIds, author, sides }) => [opIds, author, sides[0].mine.label, sides[0].theirs]), [[['late'], 'bob', 1, null]]);
});

test('keeping mine of a removed object brings it back on the version of the tombstone', async () => {
  const { editor, settled, server } = await bench();
  const side = { target: { type: 'annotation', key: 'gone', image: 1 }, mine: { label: 1, kind: 'box', geometry: { x: 1, y: 1, width: 2, height: 2 } }, theirs: null, version: 3 };
  server.versions.set('1/annotation/gone', 3);
  const met = [];
  editor.on('disputes', (list) => met.push(...list));
  editor.meet([{ op_ids: ['late'], group_id: null, author: 'bob', sides: [side] }]);
  editor.resolve(met[0], 'mine');
  await settled();
  const [op] = sentAll(server).filter(({ target }) => target.key === 'gone');
  assert.deepEqual([op.kind, op.base_version], ['change', 3]);
  assert.equal(server.all('annotation', 1).length, 1);
});

test('what was refused for its label is said again under another one, a group together', async () => {
  const server = new Server();
  const carryOut = server.carryOut.bind(server);
  server.carryOut = (op, image) =>
    op.payload.label === 1 ? { op_id: op.op_id, outcome: 'refused', reason: 'the label "cell" was removed' } : carryOut(op, image);
  const { editor, settled } = await bench(server);
  const add = (key) => ({ type: 'annotation', key, after: { label: 1, kind: 'box', geometry: { x: 1, y: 1, width: 5, height: 5 }, source: 'person' } });
  editor.commit([add('a'), add('b')], 'paste');
  await settled();
  assert.equal(editor.model.stuck.length, 2);
  assert.equal(server.all('annotation', 1).length, 0);
  server.requests.length = 0;
  editor.resend(editor.model.stuck, (state) => ({ ...state, label: 2 }));
  await settled();
  const [{ operations }] = server.requests;
  assert.deepEqual(operations.map(({ kind, payload }) => [kind, payload.label]), [['add', 2], ['add', 2]]);
  assert.equal(new Set(operations.map(({ group_id }) => group_id)).size, 1);
  assert.equal(server.all('annotation', 1).length, 2);
  assert.deepEqual(editor.model.stuck, []);
});

test('what was refused and then changed by somebody else is not said over their heads', async () => {
  const { editor, key, server, conflicts } = await withConflict();
  conflicts.length = 0;
  editor.model.stick({ op_id: 'old', kind: 'change', target: { type: 'annotation', key, image: 1 }, payload: { label: 1 } }, 'no');
  editor.model.foreign({ target: { type: 'annotation', key }, current: server.write(1, key, { label: 2 }) });
  editor.resend(editor.model.stuck);
  assert.equal(conflicts.length, 1);
  assert.equal(editor.model.annotation(key).label, 2);
});

test('giving up what was refused shows the server\'s word again', async () => {
  const { editor, key } = await withConflict();
  editor.model.stick({ op_id: 'old', kind: 'change', target: { type: 'annotation', key, image: 1 }, payload: { label: 1 } }, 'no');
  editor.giveUp(editor.model.stuck);
  assert.equal(editor.model.annotation(key).label, 2);
  assert.deepEqual(editor.model.stuck, []);
});

// --- labels -----------------------------------------------------------------------------------

test('a merged label in hand is followed to its heir, a renamed one shows its name at once', async () => {
  const { editor, server, hints } = await bench();
  server.labels = [
    { id: 1, name: 'cell', color: '#e4572e', deleted: true, merged_into: 2 },
    { id: 2, name: 'blade', color: '#3a86ff', deleted: false, merged_into: null },
  ];
  await editor.relearn();
  assert.equal(editor.label, 2);
  assert.equal(editor.labelName(2), 'blade');
  assert.match(hints[0], /“cell” was removed meanwhile; “blade” is the label now/);
  assert.equal(editor.anyLabel(1).merged_into, 2);
});

// --- undo across reloads --------------------------------------------------------------------------

const wire = (uid, x) => ({ uid, version: 1, label: 1, kind: 'box', geometry: { x, y: 1, width: 5, height: 5 }, source: 'person' });
const changed = (key, before, after) => ({ target: { type: 'annotation', key, image: 1 }, before, after });

/** A page opened after the steps were done elsewhere. */
async function reloaded(steps, things) {
  const server = new Server();
  server.steps = steps;
  for (const thing of things) {
    server.things.set(`1/annotation/${thing.uid}`, thing);
    server.versions.set(`1/annotation/${thing.uid}`, 1);
  }
  const hand = await bench(server);
  await new Promise((resolve) => setTimeout(resolve, 300));
  return hand;
}

test('what was done before a reload is undone and done again', async () => {
  const one = wire('a', 30);
  const steps = [{ tool: 'box', changes: [changed('a', null, wire('a', 1))] }, { tool: 'move', changes: [changed('a', wire('a', 1), one)] }];
  const { press, states, settled, server } = await reloaded(steps, [one]);
  press('ctrl+z');
  assert.equal(states()[0].geometry.x, 1);
  press('ctrl+z');
  assert.equal(states().length, 0);
  press('ctrl+shift+z', 'ctrl+shift+z');
  assert.equal(states()[0].geometry.x, 30);
  await settled();
  assert.deepEqual(sentAll(server).map(({ tool }) => tool), ['undo', 'undo', 'redo', 'redo']);
});

test('what was taken back before a reload can be done again', async () => {
  const steps = [
    { tool: 'box', changes: [changed('a', null, wire('a', 1))] },
    { tool: 'move', changes: [changed('a', wire('a', 1), wire('a', 30))] },
    { tool: 'undo', changes: [changed('a', wire('a', 30), wire('a', 1))] },
  ];
  const { press, states, editor } = await reloaded(steps, [wire('a', 1)]);
  assert.deepEqual([editor.history.done.length, editor.history.undone.length], [1, 1]);
  press('ctrl+shift+z');
  assert.equal(states()[0].geometry.x, 30);
});

test('what somebody else changed since is a conflict when it is undone after a reload', async () => {
  const steps = [{ tool: 'box', changes: [changed('a', null, wire('a', 1))] }];
  const { press, conflicts } = await reloaded(steps, [wire('a', 77)]);
  press('ctrl+z');
  assert.equal(conflicts.length, 1);
});

test('what was done before lies below what is done at once', async () => {
  const server = new Server();
  server.steps = [{ tool: 'box', changes: [changed('a', null, wire('a', 1))] }];
  server.things.set('1/annotation/a', wire('a', 1));
  const { press, drag, editor } = await bench(server);
  press('b');
  drag(BOX);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual(editor.history.done.map(({ changes }) => changes[0].key === 'a'), [true, false]);
});
