'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const view = require('../../app/assets/canvas/50_view.js');

const STAGE = { width: 1000, height: 800 };
const IMAGE = { width: 640, height: 480 };
const near = (a, b) => a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-9, `${a} is not ${b}`));

/** A view on the stage, which never waits. */
function looking(image = IMAGE) {
  const looker = new view.View();
  looker.resize(STAGE);
  looker.show(image);
  return looker;
}

function quiet(looker) {
  clearTimeout(looker.timer);
  return looker;
}

test('a fitted image lies within the stage, dock and corners left free', () => {
  const place = view.fitted(IMAGE, STAGE);
  const [left, top] = view.toStage(place, [0, 0]);
  const [right, bottom] = view.toStage(place, [640, 480]);
  assert.ok(left >= 24 && right <= 976 && top >= 38 && bottom <= 734);
  near([left], [1000 - right]);
});

test('zooming keeps the point under the cursor', () => {
  const place = view.fitted(IMAGE, STAGE);
  const before = view.toImage(place, [300, 200]);
  near(view.toImage(view.zoomed(place, [300, 200], 1.7, 0.1), [300, 200]), before);
});

test('zooming ends at its limits', () => {
  const place = { x: 0, y: 0, scale: 1 };
  assert.equal(view.zoomed(place, [0, 0], 1e9, 0.25).scale, 64);
  assert.equal(view.zoomed(place, [0, 0], 1e-9, 0.25).scale, 0.25);
});

test('the image follows the hand that drags it', () => {
  const place = { x: 10, y: 20, scale: 2 };
  near(view.toStage(view.panned(place, 30, -8), [50, 60]), [110, 72]);
});

test('stage and image points are each other\'s inverse', () => {
  const place = { x: 3.5, y: -2.25, scale: 1.75 };
  near(view.toStage(place, view.toImage(place, [123, 45])), [123, 45]);
});

test('the next image of the same size is seen at the same place', () => {
  const looker = looking();
  looker.zoom([500, 400], 3);
  const { place } = quiet(looker);
  looker.show({ ...IMAGE });
  assert.deepEqual(looker.place, place);
});

test('the next image of another size is seen as a whole', () => {
  const looker = looking();
  looker.zoom([500, 400], 3);
  quiet(looker).show({ width: 300, height: 300 });
  assert.deepEqual(looker.place, view.fitted({ width: 300, height: 300 }, STAGE));
});

test('a fitted image stays fitted when the window changes', () => {
  const looker = looking();
  looker.resize({ width: 600, height: 500 });
  assert.deepEqual(looker.place, view.fitted(IMAGE, { width: 600, height: 500 }));
});

test('a chosen place keeps its middle when the window changes', () => {
  const looker = looking();
  looker.zoom([100, 100], 4);
  quiet(looker);
  const middle = looker.toImage([500, 400]);
  looker.resize({ width: 600, height: 500 });
  near(looker.toImage([300, 250]), middle);
});

test('an object out of sight is brought to the middle, one in sight moves nothing', () => {
  const looker = looking();
  looker.zoom([0, 0], 8);
  quiet(looker);
  const { place } = looker;
  const [x, y] = looker.toImage([500, 400]);
  looker.reveal([x, y, x + 1, y + 1]);
  assert.equal(looker.place, place);
  looker.reveal([600, 400, 620, 420]);
  near(quiet(looker).toImage([500, 400]), [610, 410]);
});
