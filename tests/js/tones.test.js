'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const tones = require('../../app/assets/canvas/17_tones.js');

const { PLAIN } = tones;
const EIGHT = { low: 0, high: 256, counts: new Array(256).fill(1), window: [0, 255] };
/** Four values: 1000 is rare, 1001 fills half of the picture. */
const DEEP = { low: 1000, high: 1004, counts: [1, 5, 2, 2], window: [1000, 1003] };
const row = { from: 0, step: 1, count: 256 };

test('a plain tone changes no shade', () => {
  assert.deepEqual([...tones.levels(PLAIN, EIGHT, row)], Array.from({ length: 256 }, (_, k) => k));
  assert.equal(tones.isPlain(PLAIN), true);
});

test('a window makes its ends black and white', () => {
  const found = tones.levels({ ...PLAIN, range: [100, 150] }, EIGHT, row);
  assert.deepEqual([found[99], found[100], found[125], found[150], found[151]], [0, 0, 128, 255, 255]);
});

test('a gamma above one lifts the middle and leaves the ends', () => {
  const found = tones.levels({ ...PLAIN, gamma: 2 }, EIGHT, row);
  assert.deepEqual([found[0], found[64], found[255]], [0, 128, 255]);
});

test('equalising gives frequent values more of the scale', () => {
  const shade = tones.shade({ ...PLAIN, equalise: true, range: [1000, 1004] }, DEEP);
  assert.deepEqual([1000, 1001, 1002, 1003, 1004].map((v) => Math.round(100 * shade(v))), [0, 10, 60, 80, 100]);
});

test('what is not a number is black', () => {
  assert.equal(tones.levels(PLAIN, EIGHT, { from: NaN, step: 1, count: 1 })[0], 0);
});

test('brightness and contrast are a window, and are read back from it', () => {
  assert.equal(tones.rangeFrom({ brightness: 0, contrast: 0 }, EIGHT), null);
  const range = tones.rangeFrom({ brightness: 20, contrast: 25 }, EIGHT);
  assert.deepEqual(range, [12.75, 140.25]);
  assert.deepEqual(tones.slidersFrom({ ...PLAIN, range }, EIGHT), { brightness: 20, contrast: 25 });
});

test('a stretch leaves the rare ends out', () => {
  assert.deepEqual(tones.stretched(DEEP, 0.1), [1001, 1003]);
});

test('a window is never empty', () => {
  assert.deepEqual(tones.sound([10, 5], 1), [10, 11]);
});
