'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const pyramid = require('../../app/assets/canvas/18_pyramid.js');

const IMAGE = { width: 1500, height: 700 };

test('one tile of the top level covers the picture', () => {
  assert.equal(pyramid.top(IMAGE), 2);
  assert.deepEqual(pyramid.tiles(IMAGE, 2, [-50, -50, 9000, 9000]).map(({ key }) => key), ['2/0/0']);
});

test('each pixel of the screen has a sample', () => {
  assert.deepEqual([4, 1, 0.6, 0.5, 0.25, 0.01].map((scale) => pyramid.level(IMAGE, scale)), [0, 0, 0, 1, 2, 2]);
});

test('only tiles within the window are asked for', () => {
  const found = pyramid.tiles(IMAGE, 0, [500, 10, 1100, 300]);
  assert.deepEqual(found.map(({ x, y }) => [x, y]), [[0, 0], [512, 0], [1024, 0]]);
});

test('a tile at the edge is smaller', () => {
  const [, last] = pyramid.tiles(IMAGE, 1, [0, 0, 1500, 700]);
  assert.deepEqual(pyramid.extent(IMAGE, last), { width: 238, height: 350 });
});

test('the oldest tiles make room, never one that is in sight', () => {
  const kept = new Map([['a', 1], ['b', 1], ['c', 1], ['d', 1]]);
  pyramid.makeRoom(kept, [{ key: 'a' }, { key: 'e' }], 3);
  assert.deepEqual([...kept.keys()], ['a', 'd']);
  pyramid.makeRoom(kept, [{ key: 'a' }, { key: 'd' }, { key: 'e' }], 2);
  assert.deepEqual([...kept.keys()], ['a', 'd']);
});
