'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const handles = require('../../app/assets/canvas/15_handles.js');

const FRAME = [10, 10, 30, 20];
const none = new Set();
const how = { scale: 4, color: '#000', chosen: none };

test('a pulled corner of the frame scales towards the opposite one', () => {
  const { at, sx, sy } = handles.scaling(FRAME, 'se', [50, 30], false);
  assert.deepEqual([sx, sy, at([10, 10]), at([30, 20])], [2, 2, [10, 10], [50, 30]]);
  assert.deepEqual(handles.scaling(FRAME, 'nw', [20, 15], false).at([10, 10]), [20, 15]);
});

test('with Shift both sides grow alike', () => {
  const { sx, sy } = handles.scaling(FRAME, 'se', [50, 20], true);
  assert.deepEqual([sx, sy], [2, 2]);
});

test('a frame is not pulled through itself', () => {
  assert.equal(handles.scaling(FRAME, 'se', [5, 20], false), null);
});

test('a box that is turned becomes a rotated box of the same size', () => {
  const quarter = handles.spinning(FRAME, [100, 15], false);
  assert.deepEqual(handles.transformed({ kind: 'box', geometry: { x: 10, y: 10, width: 20, height: 10 } }, quarter), {
    kind: 'rotated_box', geometry: { cx: 20, cy: 15, width: 20, height: 10, angle: 90 },
  });
});

test('a polygon is turned vertex by vertex, an ellipse by its angle, a mask not at all', () => {
  const quarter = handles.spinning([0, 0, 10, 10], [100, 5], false);
  const square = { parts: [[[[0, 0], [10, 0], [10, 10], [0, 10]]]] };
  assert.deepEqual(handles.transformed({ kind: 'polygon', geometry: square }, quarter).geometry, { parts: [[[[10, 0], [10, 10], [0, 10], [0, 0]]]] });
  const ellipse = { cx: 5, cy: 5, rx: 3, ry: 2, angle: 135 };
  assert.deepEqual(handles.transformed({ kind: 'ellipse', geometry: ellipse }, quarter).geometry, { ...ellipse, angle: -135 });
  const mask = { x: 0, y: 0, width: 1, height: 1, counts: '01' };
  assert.equal(handles.transformed({ kind: 'mask', geometry: mask }, quarter).geometry, mask);
});

test('a rotated box grows along its own axes', () => {
  const twice = handles.scaling([0, 0, 10, 10], 'se', [20, 10], false);
  const box = { cx: 5, cy: 5, width: 4, height: 2, angle: 90 };
  assert.deepEqual(handles.transformed({ kind: 'rotated_box', geometry: box }, twice).geometry, { cx: 10, cy: 5, width: 4, height: 4, angle: 90 });
});

test('chosen vertices move together and the others stay to the last bit', () => {
  const line = { points: [[1.0625, 1], [5, 5], [9, 9]] };
  const after = handles.withVerticesMoved('polyline', line, [{ part: 0, ring: 0, index: 1 }, { part: 0, ring: 0, index: 2 }], ([x, y]) => [x + 1, y]);
  assert.deepEqual(after.points, [[1.0625, 1], [6, 5], [10, 9]]);
});

test('a shape far away has no clump of handles, a point always has its own', () => {
  const many = { parts: [[Array.from({ length: 12 }, (_, k) => [Math.cos(k / 2), Math.sin(k / 2)])]] };
  assert.deepEqual(handles.handlesOf({ kind: 'polygon', geometry: many }, how), []);
  const points = { points: [[1, 1], [1.5, 1]] };
  assert.equal(handles.handlesOf({ kind: 'points', geometry: points }, how).length, 2);
});

test('a line has no ghost between its ends', () => {
  const looks = handles.handlesOf({ kind: 'polyline', geometry: { points: [[0, 0], [30, 0], [30, 30]] } }, how).map(({ look }) => look);
  assert.deepEqual(looks, ['vertex', 'ghost-vertex', 'vertex', 'ghost-vertex', 'vertex']);
});
