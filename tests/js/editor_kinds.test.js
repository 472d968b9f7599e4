'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Server, bench } = require('./bench.js');

const SQUARE = [[10, 10], [50, 10], [50, 50], [10, 50]];

/** Labels of the tiny server with a skeleton for the second one. */
class FishServer extends Server {
  open(id) {
    const answer = super.open(id);
    const [cell, leaf] = answer.labels;
    return { ...answer, labels: [cell, { ...leaf, skeleton: { names: ['tip', 'tail', 'fin'], edges: [[0, 1]] } }] };
  }
}

const geometryOf = ({ states }) => states().map(({ kind, geometry }) => [kind, geometry]);

test('a dragged side and a click make a rotated box', async () => {
  const hand = await bench();
  hand.press('o');
  hand.drag([[10, 10], [30, 10]]);
  hand.click([20, 22]);
  assert.deepEqual(geometryOf(hand), [['rotated_box', { cx: 20, cy: 16, width: 20, height: 12, angle: 0 }]]);
});

test('three clicks make a rotated box as well, and Esc drops the side', async () => {
  const hand = await bench();
  hand.press('o');
  hand.click([10, 10]);
  hand.press('Escape');
  for (const place of [[10, 10], [10, 30], [20, 20]]) hand.click(place);
  assert.deepEqual(geometryOf(hand), [['rotated_box', { cx: 15, cy: 20, width: 20, height: 10, angle: 90 }]]);
});

test('a drag with the ellipse tool fills the box between its ends; Shift makes a circle', async () => {
  const hand = await bench();
  hand.press('e');
  hand.drag([[10, 20], [30, 30]]);
  hand.drag([[40, 40], [60, 50]], { shift: true });
  assert.deepEqual(geometryOf(hand), [
    ['ellipse', { cx: 20, cy: 25, rx: 10, ry: 5, angle: 0 }],
    ['ellipse', { cx: 50, cy: 50, rx: 10, ry: 10, angle: 0 }],
  ]);
});

test('a polygon may be clicked here and drawn by free hand there', async () => {
  const hand = await bench();
  hand.press('p');
  hand.click([10, 10]);
  hand.drag([[50, 10], [51, 20], [50, 30], [50, 50]]);
  hand.click([10, 50]);
  hand.press('Enter');
  const [[kind, { parts: [[ring]] }]] = geometryOf(hand);
  assert.deepEqual([kind, ring[0], ring[1], ring[ring.length - 1]], ['polygon', [10, 10], [50, 10], [10, 50]]);
  assert.deepEqual(ring.slice(-2)[0], [50, 50]);
});

test('the free hand closes where it lets go and keeps only the points that matter', async () => {
  const hand = await bench();
  hand.press('f');
  hand.drag([[10, 10], [30, 10], [50, 10], [50, 30], [50, 50], [30, 50], [10, 50], [10, 40]]);
  assert.deepEqual(geometryOf(hand), [['polygon', { parts: [[[[10, 10], [50, 10], [50, 50], [10, 50], [10, 40]]]] }]]);
});

test('clicks and Enter make a line that stays open', async () => {
  const hand = await bench();
  hand.press('l');
  for (const place of [[10, 10], [40, 10], [40, 50]]) hand.click(place);
  assert.match(hand.editor.tool.dock()[1].text, /70.0 px/);
  hand.press('Enter');
  assert.deepEqual(geometryOf(hand), [['polyline', { points: [[10, 10], [40, 10], [40, 50]] }]]);
});

test('clicks collect the points of one object, Esc begins another', async () => {
  const hand = await bench();
  hand.press('k');
  hand.click([10, 10]);
  hand.click([20, 20]);
  hand.press('Escape');
  hand.click([30, 30]);
  assert.deepEqual(geometryOf(hand), [['points', { points: [[10, 10], [20, 20]] }], ['points', { points: [[30, 30]] }]]);
});

test('with an object each, every click is an annotation', async () => {
  const hand = await bench();
  hand.editor.setSetting('pointEach', true);
  hand.press('k');
  hand.click([10, 10]);
  hand.click([20, 20]);
  hand.editor.setSetting('pointEach', false);
  assert.equal(hand.states().length, 2);
});

test('keypoints are placed in the order of the skeleton, Alt hides one', async () => {
  const hand = await bench(new FishServer());
  hand.press('2', 'k');
  assert.match(hand.editor.tool.dock()[1].text, /1 of 3: tip/);
  hand.click([10, 10]);
  hand.click([20, 20], { alt: true });
  hand.press('Enter');
  assert.deepEqual(geometryOf(hand), [['keypoints', { points: [[10, 10, 2], [20, 20, 1], [0, 0, 0]] }]]);
});

test('half of the keypoints are not left behind by a change of image', async () => {
  const hand = await bench(new FishServer());
  hand.press('2', 'k');
  hand.click([10, 10]);
  hand.press('d');
  assert.equal(hand.editor.image.id, 1);
  hand.press('ctrl+z');
  assert.equal(hand.editor.tool.placed.length, 0);
});

test('the knob of a box turns it into a rotated box, which is said; undo brings the box back', async () => {
  const hand = await bench();
  hand.press('b');
  hand.drag([[30, 30], [50, 50]]);
  hand.press('v');
  hand.click([40, 40]);
  const knob = hand.editor.tool.parts().find(({ look }) => look === 'knob').point;
  hand.drag([knob, [70, 40]]);
  assert.deepEqual(geometryOf(hand), [['rotated_box', { cx: 40, cy: 40, width: 20, height: 20, angle: 90 }]]);
  assert.match(hand.hints.at(-1), /rotated box/);
  hand.press('ctrl+z');
  assert.equal(hand.states()[0].kind, 'box');
});

async function twoBoxes() {
  const hand = await bench();
  hand.press('b');
  hand.drag([[10, 10], [20, 20]]);
  hand.drag([[30, 10], [40, 20]]);
  hand.press('v');
  return hand;
}

test('a frame selects what lies wholly in it, and one drag moves all', async () => {
  const hand = await twoBoxes();
  hand.drag([[5, 5], [45, 25]]);
  assert.equal(hand.editor.chosen.length, 2);
  hand.drag([[15, 15], [20, 25]], { plain: true });
  assert.deepEqual(hand.states().map(({ geometry }) => [geometry.x, geometry.y]), [[15, 20], [35, 20]]);
  await hand.settled();
  const operations = hand.server.requests.at(-1).operations.filter(({ kind }) => kind === 'change');
  assert.equal(new Set(operations.map(({ group_id: group }) => group)).size, 1);
  hand.press('ctrl+z');
  assert.deepEqual(hand.states().map(({ geometry }) => [geometry.x, geometry.y]), [[10, 10], [30, 10]]);
});

test('Shift adds to the selection and takes away from it', async () => {
  const hand = await twoBoxes();
  hand.click([15, 15]);
  hand.click([35, 15], { shift: true });
  assert.equal(hand.editor.chosen.length, 2);
  hand.click([35, 15], { shift: true });
  assert.equal(hand.editor.chosen.length, 1);
});

test('several objects are relabelled and removed in one step each', async () => {
  const hand = await twoBoxes();
  hand.press('ctrl+a', '2');
  assert.deepEqual(hand.states().map(({ label }) => label), [2, 2]);
  hand.press('Delete');
  assert.equal(hand.states().length, 0);
  hand.press('ctrl+z');
  assert.equal(hand.states().length, 2);
});

test('all of a label are selected at once', async () => {
  const hand = await twoBoxes();
  hand.click([15, 15]);
  hand.press('2', 'ctrl+shift+a');
  assert.equal(hand.editor.chosen.length, 1);
});

test('a frame with handles scales everything in it', async () => {
  const hand = await twoBoxes();
  hand.press('ctrl+a');
  hand.drag([[40, 20], [70, 30]]);
  assert.deepEqual(hand.states().map(({ geometry }) => geometry), [
    { x: 10, y: 10, width: 20, height: 20 }, { x: 50, y: 10, width: 20, height: 20 },
  ]);
});

test('a locked object is not picked until it is free again', async () => {
  const hand = await twoBoxes();
  hand.click([15, 15]);
  hand.press('ctrl+l');
  hand.click([15, 15]);
  assert.equal(hand.editor.selection, null);
  hand.press('ctrl+l');
  hand.click([15, 15]);
  assert.notEqual(hand.editor.selection, null);
});

test('what is shown alone hides the rest, and again shows all', async () => {
  const hand = await twoBoxes();
  hand.click([15, 15]);
  hand.press('shift+H');
  assert.deepEqual(hand.editor.model.annotations.map(({ key }) => hand.editor.isHidden(key)), [false, true]);
  hand.press('shift+H');
  assert.deepEqual(hand.editor.model.annotations.map(({ key }) => hand.editor.isHidden(key)), [false, false]);
});

test('copies lie beside what they were made of and are selected', async () => {
  const hand = await twoBoxes();
  hand.press('ctrl+a', 'ctrl+d');
  assert.deepEqual(hand.states().map(({ geometry }) => geometry.x), [10, 30, 18, 38]);
  assert.equal(hand.editor.chosen.length, 2);
});

test('the selection goes on to the next image', async () => {
  const hand = await twoBoxes();
  hand.press('ctrl+a', 'ctrl+shift+d');
  await hand.settled();
  assert.equal(hand.editor.image.id, 2);
  assert.deepEqual(hand.states().map(({ geometry }) => geometry.x), [10, 30]);
});

async function withSquare() {
  const hand = await bench();
  hand.press('p');
  for (const corner of SQUARE) hand.click(corner);
  hand.press('Enter', 'v');
  hand.click([30, 30]);
  return hand;
}

test('several corners move together', async () => {
  const hand = await withSquare();
  hand.drag([[62, 2], [42, 58]], { alt: true, plain: true });
  hand.drag([[50, 10], [60, 10]]);
  assert.deepEqual(hand.states()[0].geometry.parts[0][0], [[10, 10], [60, 10], [60, 50], [10, 50]]);
});

test('an edge moves as a whole with Ctrl', async () => {
  const hand = await withSquare();
  hand.drag([[30, 10], [30, 5]], { ctrl: true, plain: true });
  assert.deepEqual(hand.states()[0].geometry.parts[0][0], [[10, 5], [50, 5], [50, 50], [10, 50]]);
});

test('several corners go at once', async () => {
  const hand = await withSquare();
  hand.editor.tool.chooseVertices([{ part: 0, ring: 0, index: 1 }]);
  hand.press('Delete');
  assert.deepEqual(hand.states()[0].geometry.parts[0][0], [[10, 10], [50, 50], [10, 50]]);
});

test('a square brush covers whole squares along its way', async () => {
  const hand = await bench();
  hand.editor.setSetting('brushShape', 'square');
  hand.editor.setBrush(4);
  hand.press('m');
  hand.drag([[10, 10], [20, 10]]);
  hand.editor.setSetting('brushShape', 'round');
  const [{ geometry }] = hand.states();
  assert.deepEqual([geometry.x, geometry.y, geometry.width, geometry.height], [8, 8, 14, 4]);
});

test('of a crowd only the object that is edited has a node, the others are painted as selected', async () => {
  const hand = await bench();
  for (let k = 0; k < 101; k++) {
    hand.editor.annotate('box', { x: (k % 10) * 6, y: Math.floor(k / 10) * 5, width: 4, height: 4 }, { tool: 'box' });
  }
  hand.press('v');
  hand.editor.chooseAlike(false);
  assert.equal(hand.editor.chosen.length, 101);
  const shapes = hand.editor.active().filter(({ is, look }) => is === 'shape' && look === 'selected');
  assert.equal(shapes.length, 1);
  const painted = [...hand.editor.resting([0, 0, 100, 80])];
  assert.equal(painted.length, 100);
  assert.ok(painted.every(({ strong }) => strong));
});
