'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { bench } = require('./bench.js');
const { drawable, isSpeck, pathOf } = globalThis.dsb.tracing;

class Pen {
  constructor(text = '') {
    this.said = [text];
  }
  moveTo(x, y) { this.said.push(`M${x} ${y}`); }
  lineTo(x, y) { this.said.push(`L${x} ${y}`); }
  rect(x, y, w, h) { this.said.push(`R${x} ${y} ${w} ${h}`); }
  closePath() { this.said.push('Z'); }
}

const traced = (state) => {
  const before = globalThis.Path2D;
  globalThis.Path2D = Pen;
  const { said } = pathOf(state, null);
  globalThis.Path2D = before;
  return said.join('');
};

const polygon = { kind: 'polygon', geometry: { parts: [[[[0, 0], [8, 0], [8, 8]], [[5, 1], [7, 1], [7, 3]]]] } };

test('a pen follows the rings, the lines and the boxes; other kinds go by their text', () => {
  assert.equal(traced(polygon), 'M0 0L8 0L8 8ZM5 1L7 1L7 3Z');
  assert.equal(traced({ kind: 'polyline', geometry: { points: [[1, 2], [3, 4]] } }), 'M1 2L3 4');
  assert.equal(traced({ kind: 'box', geometry: { x: 1, y: 2, width: 3, height: 4 } }), 'R1 2 3 4');
  assert.match(traced({ kind: 'ellipse', geometry: { cx: 5, cy: 5, rx: 2, ry: 1, angle: 0 } }), /A/);
});

test('what is smaller than a few screen pixels is a speck; dots never are', () => {
  assert.equal(isSpeck(polygon, 0.5), true);
  assert.equal(isSpeck(polygon, 1), false);
  assert.equal(isSpeck({ kind: 'points', geometry: { points: [[1, 1]] } }, 0.1), false);
  assert.equal(isSpeck({ kind: 'tag', geometry: {} }, 0.1), false);
});

test('the bounds of a state are worked out once', () => {
  assert.equal(drawable(polygon), drawable(polygon));
  assert.deepEqual(drawable(polygon).bounds, [0, 0, 8, 8]);
});

test('a crowd is carried without a node for each, and moves as each can go', async () => {
  const { editor, drag, press } = await bench();
  const box = (k) => ({ x: k % 50, y: 10 + (k % 20), width: 4, height: 4 });
  const boxes = Array.from({ length: 120 }, (_, k) => ({ type: 'annotation', key: `u${k}`, after: { label: 1, kind: 'box', geometry: box(k), source: 'person' } }));
  editor.commit(boxes, 'box');
  press('ctrl+a');
  let nodes = 0;
  let carried = [];
  const before = editor.redraw;
  editor.redraw = () => {
    if (!editor.tool.drafts) return;
    nodes = Math.max(nodes, editor.active().filter(({ is }) => is === 'shape').length);
    carried = [...editor.carried()];
  };
  drag([[2, 12], [22, 12], [-8, 17]]);
  editor.redraw = before;
  assert.equal(nodes, 1);
  assert.equal(carried.length, 119);
  assert.deepEqual(carried[20].shift, [-10, 5]);
  assert.deepEqual(carried[3].shift, [-3, 5]);
  assert.deepEqual(editor.model.annotation('u20').geometry, { x: 10, y: 15, width: 4, height: 4 });
  assert.deepEqual(editor.model.annotation('u3').geometry, { x: 0, y: 18, width: 4, height: 4 });
  editor.undo();
  assert.deepEqual(editor.model.annotation('u20').geometry, box(20));
});
