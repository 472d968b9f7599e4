'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const rle = require('../../app/assets/canvas/12_rle.js');

/** A raster from a drawing: `#` is set. */
function drawn(rows, x = 0, y = 0) {
  const bits = Uint8Array.from([...rows.join('')].map((c) => (c === '#' ? 1 : 0)));
  return { x, y, width: rows[0].length, height: rows.length, bits };
}

/** Noise that is the same on every run. */
function noise(width, height, seed) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const bits = Uint8Array.from({ length: width * height }, () => (next() < 0.5 ? 1 : 0));
  return { x: 0, y: 0, width, height, bits };
}

test('runs go down the columns and start with zeros', () => {
  assert.deepEqual(rle.countsFromRaster(drawn(['.#', '##'])), [1, 3]);
});

test('a mask that starts with a set pixel has an empty first run', () => {
  assert.deepEqual(rle.countsFromRaster(drawn(['#.', '#.'])), [0, 2, 2]);
});

test('the text is the one that pycocotools writes', () => {
  // mask_utils.encode(np.asfortranarray([[0,1,1,0],[1,1,1,1],[0,1,1,0]], np.uint8))["counts"]
  const cross = drawn(['.##.', '####', '.##.']);
  assert.equal(rle.textFromCounts(rle.countsFromRaster(cross)), '11150K0');
});

test('text of long runs survives the way there and back', () => {
  const counts = [0, 1_000_000, 3, 31, 32, 1023, 1024, 5, 12_000_000];
  assert.deepEqual(rle.countsFromText(rle.textFromCounts(counts)), counts);
});

for (const [width, height] of [[1, 1], [1, 7], [7, 1], [13, 9], [64, 64], [200, 31]]) {
  test(`any mask of ${width}×${height} comes back bit by bit`, () => {
    for (let seed = 1; seed <= 20; seed++) {
      const raster = noise(width, height, seed);
      const text = rle.textFromCounts(rle.countsFromRaster(raster));
      assert.deepEqual(rle.bitsFromCounts(rle.countsFromText(text), width, height), raster.bits);
    }
  });
}

test('runs that do not fill the crop are an error', () => {
  assert.throws(() => rle.bitsFromCounts([1, 2], 2, 2), RangeError);
});

test('the crop on the wire is tight and knows its place', () => {
  const mask = rle.maskFromRaster(drawn(['....', '..#.', '.##.', '....'], 100, 50));
  assert.deepEqual(mask, { x: 101, y: 51, width: 2, height: 2, counts: rle.textFromCounts([1, 3]) });
});

test('an empty mask is no mask', () => {
  assert.equal(rle.maskFromRaster(drawn(['...', '...'])), null);
});

test('a mask read from the wire is the raster that was sent', () => {
  const raster = drawn(['#.#', '.#.', '#.#'], 7, 8);
  assert.deepEqual(rle.rasterFromMask(rle.maskFromRaster(raster)), raster);
});

test('the area of a mask is its number of pixels', () => {
  assert.equal(rle.maskArea(rle.maskFromRaster(drawn(['##.', '###', '...']))), 5);
});
