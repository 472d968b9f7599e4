'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const kinds = require('../../app/assets/canvas/13_kinds.js');
const { turned } = globalThis.dsb;

const SIZE = { width: 100, height: 80 };
const near = (found, wanted) => found.forEach((value, k) => assert.ok(Math.abs(value - wanted[k]) < 1e-9, `${found} ${wanted}`));
const FISH = { names: ['tip', 'tail', 'fin'], edges: [[0, 1], [1, 2]] };

test('a quarter turn of a rotated box brings its top left corner to the top right', () => {
  near(turned.corners({ cx: 10, cy: 8, width: 6, height: 4, angle: 90 })[0], [12, 5]);
  near(turned.bounds({ cx: 10, cy: 8, width: 6, height: 4, angle: 90 }), [8, 5, 12, 11]);
});

test('the bounds of a turned ellipse touch it', () => {
  near(turned.bounds({ cx: 0, cy: 0, rx: 4, ry: 2, angle: 90 }), [-2, -4, 2, 4]);
  near(turned.bounds({ cx: 0, cy: 0, rx: 3, ry: 3, angle: 37 }), [-3, -3, 3, 3]);
});

test('a place is in a rotated box by its own axes', () => {
  const box = { cx: 10, cy: 10, width: 10, height: 2, angle: 45 };
  assert.ok(kinds.hits('rotated_box', box, [13, 13], 0));
  assert.ok(!kinds.hits('rotated_box', box, [13, 7], 0));
});

test('pulling a side leaves the opposite one where it is', () => {
  const box = turned.pulled({ cx: 10, cy: 10, width: 10, height: 4, angle: 90 }, 'e', [10, 25]);
  assert.deepEqual(box, { cx: 10, cy: 15, width: 20, height: 4, angle: 90 });
  const ellipse = turned.pulled({ cx: 10, cy: 10, rx: 4, ry: 2, angle: 0 }, 'se', [16, 14]);
  assert.deepEqual(ellipse, { cx: 11, cy: 11, rx: 5, ry: 3, angle: 0 });
});

test('a knob turns a shape, with Shift by steps of fifteen degrees', () => {
  const box = { cx: 0, cy: 0, width: 4, height: 4, angle: 0 };
  assert.equal(turned.turnedTo(box, [10, 0], false).angle, 90);
  assert.equal(turned.turnedTo(box, [10, 1], true).angle, 90);
  assert.equal(turned.turnedTo(box, [0, 10], false).angle, -180);
});

test('a box on a line has its other side through the place, on either hand', () => {
  assert.deepEqual(turned.boxOnLine([0, 0], [10, 0], [3, 4]), { cx: 5, cy: 2, width: 10, height: 4, angle: 0 });
  assert.deepEqual(turned.boxOnLine([0, 0], [0, 10], [4, 2]), { cx: 2, cy: 5, width: 10, height: 4, angle: 90 });
});

test('an ellipse is drawn as two arcs', () => {
  assert.equal(turned.path({ cx: 5, cy: 5, rx: 2, ry: 1, angle: 0 }), 'M7 5A2 1 0 0 1 3 5A2 1 0 0 1 7 5Z');
});

test('a line is found near it and a point near it, not between', () => {
  assert.ok(kinds.hits('polyline', { points: [[0, 0], [10, 0]] }, [5, 2], 2));
  assert.ok(!kinds.hits('polyline', { points: [[0, 0], [10, 0]] }, [5, 3], 2));
  assert.ok(!kinds.hits('points', { points: [[0, 0], [10, 0]] }, [5, 0], 2));
  assert.ok(kinds.hits('keypoints', { points: [[0, 0, 0], [10, 0, 1]] }, [9, 0], 2));
});

test('a keypoint that is not labelled has no place, no bone and no dot', () => {
  const fish = { points: [[1, 1, 2], [0, 0, 0], [5, 6, 1]] };
  assert.deepEqual(kinds.bounds('keypoints', fish), [1, 1, 5, 6]);
  assert.equal(kinds.path('keypoints', fish, FISH), '');
  assert.deepEqual(kinds.dots('keypoints', fish), [[1, 1, 2], [5, 6, 1]]);
  assert.equal(kinds.path('keypoints', { points: [[1, 1, 2], [3, 3, 2], [5, 6, 1]] }, FISH), 'M1 1L3 3M3 3L5 6');
});

test('every kind moves by the same shift and stops at the border', () => {
  assert.deepEqual(kinds.translated('polyline', { points: [[0, 0], [10, 5]] }, [200, 1], SIZE), { points: [[90, 1], [100, 6]] });
  assert.deepEqual(kinds.translated('keypoints', { points: [[0, 0, 0], [10, 5, 1]] }, [1, 1], SIZE), { points: [[0, 0, 0], [11, 6, 1]] });
  const box = { cx: 5, cy: 5, width: 20, height: 4, angle: 10 };
  assert.deepEqual(kinds.translated('rotated_box', box, [-50, 2], SIZE), { ...box, cx: 0, cy: 7 });
});

test('one vertex changes alone, and a keypoint keeps whether it is seen', () => {
  const line = { points: [[0, 0], [10.0625, 5], [3, 3]] };
  assert.deepEqual(kinds.withVertex('polyline', line, { index: 2 }, [4, 4]).points, [[0, 0], [10.0625, 5], [4, 4]]);
  assert.deepEqual(kinds.withVertex('keypoints', { points: [[1, 1, 1]] }, { index: 0 }, [2, 2]).points, [[2, 2, 1]]);
});

test('a line keeps two ends, an object one point', () => {
  assert.equal(kinds.withoutVertex('polyline', { points: [[0, 0], [1, 1]] }, { index: 0 }), null);
  assert.equal(kinds.withoutVertex('points', { points: [[0, 0]] }, { index: 0 }), null);
  assert.deepEqual(kinds.withoutVertex('keypoints', { points: [[1, 1, 2], [2, 2, 2]] }, { index: 0 }).points, [[0, 0, 0], [2, 2, 2]]);
});
