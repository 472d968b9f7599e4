'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const raster = require('../../app/assets/canvas/14_raster.js');

const SIZE = { width: 12, height: 10 };

function rows({ width, height, bits }) {
  return Array.from({ length: height }, (_, y) =>
    Array.from(bits.subarray(y * width, (y + 1) * width), (bit) => (bit ? '#' : '.')).join(''),
  );
}

test('a dot of three pixels covers the centres within one and a half', () => {
  const sheet = raster.empty(0, 0, 5, 5);
  raster.paintSegment(sheet, [2.5, 2.5], [2.5, 2.5], 3, 1);
  assert.deepEqual(rows(sheet), ['.....', '.###.', '.###.', '.###.', '.....']);
});

test('a centre exactly on the edge of the brush belongs to it', () => {
  const sheet = raster.empty(0, 0, 5, 1);
  raster.paintSegment(sheet, [2.5, 0.5], [2.5, 0.5], 2, 1);
  assert.deepEqual(rows(sheet), ['.###.']);
});

test('a stroke covers what lies between its ends', () => {
  const sheet = raster.empty(0, 0, 8, 3);
  raster.paintSegment(sheet, [1.5, 1.5], [6.5, 1.5], 1, 1);
  assert.deepEqual(rows(sheet), ['........', '.######.', '........']);
});

test('erasing takes away the very same pixels', () => {
  const sheet = raster.empty(0, 0, 9, 9);
  raster.paintSegment(sheet, [1.2, 3.4], [7.7, 6.1], 3.3, 1);
  raster.paintSegment(sheet, [1.2, 3.4], [7.7, 6.1], 3.3, 0);
  assert.equal(sheet.bits.includes(1), false);
});

test('painting cut into short segments covers what one long segment covers', () => {
  const [once, often] = [raster.empty(0, 0, 12, 10), raster.empty(0, 0, 12, 10)];
  raster.paintSegment(once, [1, 1], [11, 6], 2.5, 1);
  for (let k = 0; k < 10; k++) {
    raster.paintSegment(often, [1 + k, 1 + k / 2], [2 + k, 1.5 + k / 2], 2.5, 1);
  }
  assert.deepEqual(rows(often), rows(once));
});

test('the reach of a stroke ends at the border of the image', () => {
  assert.deepEqual(raster.reach([1, 1], [11, 9], 6, SIZE), [0, 0, 12, 10]);
});

test('a stroke outside the image reaches nothing', () => {
  assert.equal(raster.reach([-20, -20], [-10, -20], 6, SIZE), null);
});

test('a grown raster keeps its pixels where they are', () => {
  const small = raster.empty(4, 4, 2, 2);
  small.bits[0] = 1;
  const large = raster.grown(small, [0, 0, 9, 9], SIZE);
  assert.equal(raster.at(large, [4.5, 4.5]), true);
  assert.equal(large.bits.reduce((sum, bit) => sum + bit, 0), 1);
});

test('a raster that holds the region already is the same object', () => {
  const sheet = raster.empty(0, 0, 12, 10);
  assert.equal(raster.grown(sheet, [2, 2, 5, 5], SIZE), sheet);
});

test('a raster never grows over the border of the image', () => {
  const { x, y, width, height } = raster.grown(raster.empty(), [5, 5, 6, 6], SIZE);
  assert.deepEqual([x, y, width, height], [0, 0, 12, 10]);
});

test('a point beside the crop is not in it', () => {
  const sheet = raster.empty(5, 5, 2, 2);
  sheet.bits.fill(1);
  assert.equal(raster.at(sheet, [4.9, 5.5]), false);
  assert.equal(raster.at(sheet, [6.9, 6.9]), true);
  assert.equal(raster.at(sheet, [7, 6]), false);
});

test('the outline of one pixel is its four edges', () => {
  const sheet = { x: 3, y: 4, width: 1, height: 1, bits: Uint8Array.of(1) };
  assert.equal(raster.outline(sheet), 'M3 4H4M3 5H4M3 4V5M4 4V5');
});

test('neighbouring edges are drawn as one line and inner edges not at all', () => {
  const sheet = { x: 0, y: 0, width: 2, height: 1, bits: Uint8Array.of(1, 1) };
  assert.equal(raster.outline(sheet), 'M0 0H2M0 1H2M0 0V1M2 0V1');
});
