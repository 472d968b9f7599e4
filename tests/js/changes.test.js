'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { between, summed } = require('../../app/assets/canvas/24_changes.js');

const box = (x, label = 1) => ({ label, kind: 'box', geometry: { x, y: 0, width: 5, height: 5 } });
const states = (entries) => new Map(Object.entries(entries));

test('what came, went and became another is told apart', () => {
  const found = between(
    states({ kept: box(0), moved: box(1), relabelled: box(2), gone: box(3) }),
    states({ kept: box(0), moved: box(9), relabelled: box(2, 2), fresh: box(4) }),
  );
  assert.deepStrictEqual(
    found.map(({ uid, how, fields }) => [uid, how, fields]),
    [
      ['moved', 'changed', ['shape']],
      ['relabelled', 'changed', ['label']],
      ['fresh', 'added', []],
      ['gone', 'removed', []],
    ],
  );
  assert.strictEqual(summed(found), '1 added, 2 changed, 1 removed');
});

test('where nothing changed that is said', () => {
  assert.strictEqual(summed(between(states({ a: box(0) }), states({ a: box(0) }))), 'nothing changed');
});
