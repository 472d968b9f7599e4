'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Server, bench } = require('./bench.js');
const { answered, groupsOf, rivals, unanswered, withDefaults } = require('../../app/assets/canvas/19_asking.js');

const ASKS = {
  id: 1, name: 'cell', color: '#e4572e',
  attributes: [
    { name: 'colour', kind: 'choice', options: ['red', 'green'], required: true },
    { name: 'cut', kind: 'check', default: false },
  ],
};
const weather = (id, name, several = false) => ({ id, name, color: '#3a86ff', group: { name: 'weather', several } });

async function asking() {
  const server = new Server();
  const hand = await bench(server);
  hand.editor.labels = [ASKS, weather(2, 'sun'), weather(3, 'rain'), { id: 4, name: 'leaf', color: '#000000' }];
  return hand;
}

test('a label gives its defaults, and knows what is still open', () => {
  assert.deepEqual(withDefaults(ASKS), { cut: false });
  assert.deepEqual(withDefaults(ASKS, { cut: true, age: 3 }), { cut: true, age: 3 });
  assert.deepEqual(unanswered(ASKS, { cut: false }), ['colour']);
  assert.deepEqual(unanswered(ASKS, { colour: 'red' }), []);
  assert.deepEqual(unanswered(undefined), []);
});

test('an empty answer is none', () => {
  assert.deepEqual(answered({ a: 1 }, 'b', 'x'), { a: 1, b: 'x' });
  assert.deepEqual(answered({ a: 1, b: 'x' }, 'b', ''), { a: 1 });
  assert.deepEqual(answered(undefined, 'b', Number.NaN), {});
  assert.deepEqual(answered({}, 'b', false), { b: false });
});

test('labels of one group exclude each other unless several may hold', () => {
  const labels = [ASKS, weather(2, 'sun'), weather(3, 'rain')];
  assert.deepEqual(groupsOf(labels).map(({ name, labels: of }) => [name, of.map(({ id }) => id)]), [['weather', [2, 3]]]);
  assert.deepEqual(rivals(labels, 2), [3]);
  assert.deepEqual(rivals(labels, 1), []);
  assert.deepEqual(rivals([weather(2, 'sun', true), weather(3, 'rain', true)], 2), []);
});

test('a new object has the defaults, an answer is stored, and undo takes it back', async () => {
  const { editor, press, drag, states, settled, server } = await asking();
  press('b');
  drag([[10, 10], [30, 30]]);
  assert.deepEqual(states()[0].attributes, { cut: false });
  editor.select(editor.model.annotations[0].key);
  editor.reply('colour', 'green');
  editor.reply('note', 'half hidden');
  await settled();
  assert.deepEqual(server.all('annotation', 1)[0].attributes, { cut: false, colour: 'green', note: 'half hidden' });
  editor.undo();
  editor.undo();
  assert.deepEqual(states()[0].attributes, { cut: false });
});

test('an answer that is taken away leaves the state as the server tells it', async () => {
  const { editor, press, drag, states, settled } = await asking();
  editor.setLabel(4);
  press('b');
  drag([[10, 10], [30, 30]]);
  editor.select(editor.model.annotations[0].key);
  editor.reply('note', 'x');
  editor.reply('note', '');
  await settled();
  assert.equal('attributes' in states()[0], false);
  editor.undo();
  assert.deepEqual(states()[0].attributes, { note: 'x' });
});

test('another label keeps the answers and adds its defaults', async () => {
  const { editor, press, drag, states } = await asking();
  editor.setLabel(4);
  press('b');
  drag([[10, 10], [30, 30]]);
  editor.select(editor.model.annotations[0].key);
  editor.reply('note', 'x');
  editor.relabel(1);
  assert.deepEqual([states()[0].label, states()[0].attributes], [1, { note: 'x', cut: false }]);
});

test('an image with an open answer is not done, and the object is shown', async () => {
  const { editor, press, drag, hints } = await asking();
  press('b');
  drag([[10, 10], [30, 30]]);
  editor.done();
  assert.match(hints.at(-1), /cell asks for “colour”/);
  assert.equal(editor.selection, editor.model.annotations[0].key);
  assert.notEqual(editor.model.imageState.state.state, 'done');
  editor.reply('colour', 'red');
  editor.done();
  assert.equal(editor.missing(), '');
});

test('of a group with one choice the other class goes, in one step', async () => {
  const { editor, states } = await asking();
  editor.toggleTag(2);
  editor.toggleTag(3);
  assert.deepEqual(states().map(({ label }) => label), [3]);
  editor.undo();
  assert.deepEqual(states().map(({ label }) => label), [2]);
});
