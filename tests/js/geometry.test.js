'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const kinds = require('../../app/assets/canvas/13_kinds.js');
const geometry = require('../../app/assets/canvas/10_geometry.js');

const SIZE = { width: 100, height: 80 };
const SQUARE = [[10, 10], [30, 10], [30, 30], [10, 30]];
const HOLE = [[15, 15], [25, 15], [25, 25], [15, 25]];
const polygon = (...rings) => ({ parts: [rings] });

test('coordinates settle on sixteenths of a pixel', () => {
  assert.deepEqual(geometry.roundPoint([1.03, 2.04]), [1, 2.0625]);
});

test('a settled coordinate is the same number in float32', () => {
  for (const value of [0.1, 33.337, 8191.97, 12345.678]) {
    const settled = geometry.round(value);
    assert.equal(Math.fround(settled), settled);
    assert.equal(Number(String(settled)), settled);
  }
});

test('a point outside the image settles on its border', () => {
  assert.deepEqual(geometry.settled([-5, 200], SIZE), [0, 80]);
});

test('a whole-image class has no bounds', () => {
  assert.equal(kinds.bounds('tag', {}), null);
});

test('the bounds of a polygon hold all of its parts', () => {
  const far = [[50, 60], [55, 60], [55, 70]];
  assert.deepEqual(kinds.bounds('polygon', { parts: [[SQUARE], [far]] }), [10, 10, 55, 70]);
});

test('nothing joined to a region is the region', () => {
  assert.deepEqual(geometry.union(null, [1, 2, 3, 4]), [1, 2, 3, 4]);
  assert.equal(geometry.union(null, null), null);
});

test('a point in a hole is not in the polygon', () => {
  assert.equal(geometry.insidePolygon(polygon(SQUARE, HOLE), [20, 20]), false);
  assert.equal(geometry.insidePolygon(polygon(SQUARE, HOLE), [12, 20]), true);
});

test('a point in the second part is in the polygon', () => {
  const second = [[50, 50], [60, 50], [60, 60], [50, 60]];
  assert.equal(geometry.insidePolygon({ parts: [[SQUARE], [second]] }, [55, 55]), true);
});

test('the area of a polygon leaves its holes out', () => {
  assert.equal(geometry.polygonArea(polygon(SQUARE, HOLE)), 400 - 100);
});

test('the nearest edge says where a vertex would go', () => {
  const near = geometry.nearestEdge(polygon(SQUARE), [20, 12]);
  assert.deepEqual(near.address, { part: 0, ring: 0, index: 1 });
  assert.deepEqual(near.point, [20, 10]);
  assert.equal(near.distance, 2);
});

test('the last edge closes the ring', () => {
  const near = geometry.nearestEdge(polygon(SQUARE), [9, 20]);
  assert.equal(near.address.index, 4);
});

test('a plain ring does not cross itself', () => {
  assert.equal(geometry.crossing(SQUARE), null);
});

test('a bow tie crosses itself in its middle', () => {
  assert.deepEqual(geometry.crossing([[0, 0], [10, 0], [0, 10], [10, 10]]), [5, 5]);
});

test('a ring that touches itself in a vertex is refused at that vertex', () => {
  const ring = [[0, 0], [10, 0], [5, 5], [10, 10], [0, 10], [5, 5]];
  assert.deepEqual(geometry.crossing(ring), [5, 5]);
});

test('a vertex on another edge counts as crossing', () => {
  assert.deepEqual(geometry.crossing([[0, 0], [10, 0], [10, 10], [5, 0], [0, 5]]), [5, 0]);
});

test('a spike that folds back on itself counts as crossing', () => {
  assert.deepEqual(geometry.crossing([[0, 0], [6, 6], [10, 0], [4, 0], [8, 0]]), [4, 0]);
});

test('a straight run of three corners is allowed', () => {
  assert.equal(geometry.crossing([[0, 0], [5, 0], [10, 0], [10, 10]]), null);
});

test('a crossing in a hole is found as well', () => {
  const tie = [[12, 12], [20, 12], [12, 20], [20, 20]];
  assert.deepEqual(geometry.crossingOf(polygon(SQUARE, tie)), [16, 16]);
});

test('corners that repeat the one before are dropped', () => {
  assert.deepEqual(geometry.withoutRepeats([[0, 0], [0, 0], [5, 0], [5, 5], [0, 0]]), [[5, 0], [5, 5], [0, 0]]);
});

test('a moved shape stops at the border of the image', () => {
  const box = { x: 10, y: 10, width: 20, height: 20 };
  assert.deepEqual(kinds.translated('box', box, [500, -500], SIZE), { x: 80, y: 0, width: 20, height: 20 });
});

test('a box off the grid still ends exactly at the border', () => {
  const box = { x: 0.3, y: 10, width: 20, height: 20 };
  assert.equal(kinds.translated('box', box, [-50, 0], SIZE).x, 0);
});

test('a mask moves by whole pixels', () => {
  const mask = { x: 3, y: 4, width: 2, height: 2, counts: '04' };
  assert.deepEqual(kinds.translated('mask', mask, [1.6, 0.4], SIZE), { ...mask, x: 5 });
});

test('a moved polygon is a new object and the old one is as it was', () => {
  const before = polygon(SQUARE);
  const after = kinds.translated('polygon', before, [1, 2], SIZE);
  assert.deepEqual(after.parts[0][0][0], [11, 12]);
  assert.deepEqual(before.parts[0][0][0], [10, 10]);
});

test('a box has no direction', () => {
  const box = { x: 10, y: 20, width: 30, height: 40 };
  assert.deepEqual(geometry.boxBetween([40, 60], [10, 20]), box);
  assert.deepEqual(geometry.boxBetween([10, 60], [40, 20]), box);
});

test('a box has four corners and four edges to drag', () => {
  const names = geometry.boxHandles({ x: 0, y: 0, width: 10, height: 10 }).map(({ name }) => name);
  assert.deepEqual(names, ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w']);
});

test('an edge handle changes one side only', () => {
  const box = { x: 10, y: 10, width: 20, height: 20 };
  assert.deepEqual(geometry.boxDragged(box, 'e', [50, 99]), { x: 10, y: 10, width: 40, height: 20 });
});

test('a corner may be dragged through the opposite one', () => {
  const box = { x: 10, y: 10, width: 20, height: 20 };
  assert.deepEqual(geometry.boxDragged(box, 'nw', [40, 50]), { x: 30, y: 30, width: 10, height: 20 });
});

test('moving a vertex leaves every other number as it was', () => {
  const before = polygon(SQUARE, HOLE);
  const after = geometry.withVertex(before, { part: 0, ring: 0, index: 2 }, [33, 31]);
  assert.deepEqual(after.parts[0][0], [[10, 10], [30, 10], [33, 31], [10, 30]]);
  assert.equal(after.parts[0][1], before.parts[0][1]);
});

test('a vertex goes in where it was asked for', () => {
  const after = geometry.withInserted(polygon(SQUARE), { part: 0, ring: 0, index: 1 }, [20, 8]);
  assert.deepEqual(after.parts[0][0].slice(0, 3), [[10, 10], [20, 8], [30, 10]]);
});

test('a triangle keeps its three corners', () => {
  const triangle = polygon([[0, 0], [10, 0], [0, 10]]);
  assert.equal(geometry.withoutVertex(triangle, { part: 0, ring: 0, index: 1 }), null);
});

test('the corner that was named is the one that goes', () => {
  const after = geometry.withoutVertex(polygon(SQUARE), { part: 0, ring: 0, index: 3 });
  assert.deepEqual(after.parts[0][0], [[10, 10], [30, 10], [30, 30]]);
});
