'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { bench } = require('./bench.js');

const box = (x, y, width, height) => ({ kind: 'box', geometry: { x, y, width, height } });
const PIECES = [box(10, 10, 20, 40), box(30, 10, 20, 40)];

/** A drawn box that somebody has said something about, mended into the two pieces. */
async function split() {
  const hand = await bench();
  const { editor, server } = hand;
  hand.press('b');
  hand.drag([[10, 10], [50, 50]]);
  const [{ key, state }] = editor.model.annotations;
  const said = { attributes: { ripe: true }, crowd: true, set: 'gold', source: 'import', score: 0.5 };
  editor.commit([{ type: 'annotation', key, after: { ...state, ...said } }], 'say');
  server.proposals = [() => ({ proposals: PIECES, hint: '' })];
  hand.press('v');
  hand.click([30, 30]);
  hand.press('r');
  hand.drag([[30, 5], [30, 55]], { plain: true });
  await hand.settled();
  hand.press('Enter');
  return { ...hand, key };
}

test('every piece of a split keeps what was said of the whole', async () => {
  const { editor } = await split();
  const [first, second] = editor.model.annotations.map(({ state }) => state);
  assert.deepEqual([first.geometry, second.geometry], PIECES.map(({ geometry }) => geometry));
  for (const { attributes, crowd, set, source } of [first, second]) {
    assert.deepEqual({ attributes, crowd, set, source }, {
      attributes: { ripe: true }, crowd: true, set: 'gold', source: 'mend: split',
    });
  }
});

test('the first piece is the object itself, and one undo puts it together again', async () => {
  const { editor, key, press } = await split();
  assert.equal(editor.model.annotations[0].key, key);
  press('ctrl+z');
  assert.deepEqual(editor.model.annotations.map(({ state }) => state.geometry), [box(10, 10, 40, 40).geometry]);
});

test('an object is saved as a picture and stays as it was', async () => {
  const hand = await bench();
  const { editor } = hand;
  const uid = editor.annotate('box', box(10, 10, 20, 20).geometry, { tool: 'box' });
  const [sent, saved] = [[], []];
  globalThis.dsb.client.cutout = async (slug, image, body) => {
    sent.push(body);
    return { status: 200, picture: 'png' };
  };
  globalThis.dsb.refine.save = (picture, name) => saved.push([picture, name]);
  editor.setSetting('mend', 'cut out');
  editor.setTool('mend');
  editor.select(uid);
  hand.press('Enter');
  await hand.settled();
  assert.deepEqual(sent[0].shape, box(10, 10, 20, 20));
  assert.deepEqual(saved, [['png', `1-${uid.slice(0, 8)}.png`]]);
  assert.equal(editor.model.annotations.length, 1);
  editor.setSetting('mend', 'split');
});
