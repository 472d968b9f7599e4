'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Grid } = require('../../app/assets/canvas/16_grid.js');
const { Model } = require('../../app/assets/canvas/20_model.js');

const SIZE = { width: 640, height: 480 };
const found = (grid, window) => [...grid.near(window)].sort();

test('a window finds what overlaps it, across cells, and touching counts', () => {
  const grid = new Grid(SIZE);
  grid.put('a', [0, 0, 5, 5]);
  grid.put('b', [8, 8, 35, 12]);
  grid.put('c', [600, 400, 610, 410]);
  assert.deepEqual(found(grid, [0, 0, 8, 8]), ['a', 'b']);
  assert.deepEqual(found(grid, [30, 9, 31, 10]), ['b']);
  assert.deepEqual(found(grid, [6, 6, 7, 7]), []);
});

test('what moved is found where it is and nowhere else', () => {
  const grid = new Grid(SIZE);
  grid.put('a', [0, 0, 5, 5]);
  grid.put('a', [300, 300, 305, 305]);
  assert.deepEqual(found(grid, [0, 0, 10, 10]), []);
  assert.deepEqual(found(grid, [301, 301, 302, 302]), ['a']);
  grid.take('a');
  assert.deepEqual(found(grid, [0, 0, 640, 480]), []);
});

test('what is larger than many cells, or over the border, is found', () => {
  const grid = new Grid(SIZE);
  grid.put('all', [0, 0, 640, 480]);
  grid.put('out', [-30, -30, -10, -10]);
  grid.put('tag', null);
  grid.put('nowhere', [Infinity, Infinity, -Infinity, -Infinity]);
  assert.deepEqual(found(grid, [320, 240, 321, 241]), ['all']);
  assert.deepEqual(found(grid, [-20, -20, -15, -15]), ['out']);
});

const box = (x, y) => ({ kind: 'box', label: 1, geometry: { x, y, width: 4, height: 4 } });
const near = (model, window) => model.near(window).map(({ key }) => key);

test('a model answers by place, oldest first, after every change and undo', () => {
  const model = new Model({ id: 1, ...SIZE });
  const [a, b] = ['a', 'b'].map((key) => model.item('annotation', key));
  model.change(b, box(2, 2));
  model.change(a, box(0, 0));
  assert.deepEqual(near(model, [0, 0, 10, 10]), ['a', 'b']);
  model.change(a, box(100, 100));
  assert.deepEqual(near(model, [0, 0, 10, 10]), ['b']);
  model.change(b, null);
  assert.deepEqual(near(model, [0, 0, 640, 480]), ['a']);
  model.change(b, box(2, 2));
  assert.deepEqual(near(model, [0, 0, 640, 480]), ['a', 'b']);
});

test('the grid finds the same as a walk over 300 boxes', () => {
  const model = new Model({ id: 1, ...SIZE });
  for (let k = 0; k < 300; k++) model.change(model.item('annotation', `${k}`), box((k * 37) % 636, (k * 53) % 476));
  for (let k = 0; k < 40; k++) {
    const [x, y] = [(k * 71) % 600, (k * 29) % 440];
    const walked = model.annotations.filter(({ state: { geometry: g } }) =>
      g.x <= x + 40 && g.x + 4 >= x && g.y <= y + 40 && g.y + 4 >= y);
    assert.deepEqual(near(model, [x, y, x + 40, y + 40]), walked.map(({ key }) => key));
  }
});
