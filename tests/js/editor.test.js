'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Server, bench } = require('./bench.js');

const SQUARE = [[10, 10], [50, 10], [50, 50], [10, 50]];

test('a drag with the box tool is a box, and it is stored', async () => {
  const { press, drag, states, settled, server } = await bench();
  press('b');
  drag([[10, 20], [30, 50]]);
  assert.deepEqual(states(), [{ label: 1, kind: 'box', geometry: { x: 10, y: 20, width: 20, height: 30 }, source: 'person' }]);
  await settled();
  assert.equal(server.all('annotation', 1).length, 1);
});

test('a box ends at the border of the image, on the grid', async () => {
  const { press, drag, states } = await bench();
  press('b');
  drag([[90.03, 70], [500, 500]]);
  assert.deepEqual(states()[0].geometry, { x: 90, y: 70, width: 10, height: 10 });
});

test('a click with the box tool draws nothing and says what to do', async () => {
  const { press, click, states, hints } = await bench();
  press('b');
  click([10, 10]);
  assert.equal(states().length, 0);
  assert.match(hints[0], /Drag/);
});

test('a digit in a drawing tool is the label of the next object', async () => {
  const { press, drag, states } = await bench();
  press('b');
  drag([[10, 10], [20, 20]]);
  press('2');
  drag([[30, 30], [40, 40]]);
  assert.deepEqual(states().map(({ label }) => label), [1, 2]);
});

test('a digit relabels what is selected', async () => {
  const { press, drag, click, states } = await bench();
  press('b');
  drag([[10, 10], [20, 20]]);
  press('v');
  click([15, 15]);
  press('2');
  assert.equal(states()[0].label, 2);
});

test('Shift and a digit set and take a class of the whole image', async () => {
  const { press, states } = await bench();
  press('shift+2');
  assert.deepEqual(states().map(({ kind, label }) => [kind, label]), [['tag', 2]]);
  press('shift+2');
  assert.equal(states().length, 0);
});

async function withPolygon() {
  const hand = await bench();
  hand.press('p');
  for (const corner of SQUARE) hand.click(corner);
  hand.press('Enter');
  hand.press('v');
  hand.click([30, 30]);
  return hand;
}

test('corners and Enter make a polygon', async () => {
  const { states } = await withPolygon();
  assert.deepEqual(states()[0].geometry, { parts: [[SQUARE]] });
});

test('a click on the first corner closes the polygon', async () => {
  const { press, click, states } = await bench();
  press('p');
  for (const corner of [...SQUARE, [10.5, 10.5]]) click(corner);
  assert.deepEqual(states()[0].geometry, { parts: [[SQUARE]] });
});

test('a polygon that crosses itself is not closed; Backspace takes a corner back', async () => {
  const { press, click, states, hints, editor } = await bench();
  press('p');
  for (const corner of [[10, 10], [50, 10], [10, 50], [50, 50]]) click(corner);
  press('Enter');
  assert.equal(states().length, 0);
  assert.match(hints[0], /crosses itself/);
  assert.deepEqual(editor.crossed[0].point, [30, 30]);
  press('Backspace', 'Enter');
  assert.equal(states()[0].geometry.parts[0][0].length, 3);
});

test('an unfinished polygon is not left behind by a change of image', async () => {
  const { press, click, hints, editor } = await bench();
  press('p');
  for (const corner of SQUARE) click(corner);
  press('d');
  assert.equal(editor.image.id, 1);
  assert.match(hints[0], /Close the polygon/);
  press('Escape');
  assert.equal(editor.tool.points.length, 0);
});

test('undo in the middle of a polygon takes one corner', async () => {
  const { press, click, editor } = await bench();
  press('p');
  for (const corner of SQUARE) click(corner);
  press('ctrl+z');
  assert.equal(editor.tool.points.length, 3);
});

test('a dragged corner moves, all others stay', async () => {
  const { drag, states } = await withPolygon();
  drag([[50, 10], [60, 5]]);
  assert.deepEqual(states()[0].geometry.parts[0][0], [[10, 10], [60, 5], [50, 50], [10, 50]]);
});

test('a corner that would cross an edge goes back', async () => {
  const { drag, states, hints } = await withPolygon();
  drag([[50, 10], [0, 40]]);
  assert.deepEqual(states()[0].geometry, { parts: [[SQUARE]] });
  assert.match(hints[0], /cross itself/);
});

test('the ghost in the middle of an edge becomes a corner', async () => {
  const { drag, states } = await withPolygon();
  drag([[30, 10], [30, 4]]);
  assert.deepEqual(states()[0].geometry.parts[0][0][1], [30, 4]);
  assert.equal(states()[0].geometry.parts[0][0].length, 5);
});

test('Delete takes the corner in hand first, the object after it', async () => {
  const { click, press, states } = await withPolygon();
  click([50, 50]);
  press('Delete');
  assert.equal(states()[0].geometry.parts[0][0].length, 3);
  press('Delete');
  assert.equal(states().length, 0);
});

test('a double click on an edge adds a corner there', async () => {
  const { editor, states } = await withPolygon();
  editor.tool.double({ point: [40, 10.4] });
  assert.deepEqual(states()[0].geometry.parts[0][0][1], [40, 10]);
});

test('an object is moved by dragging it, and undo brings it back exactly', async () => {
  const { drag, press, states } = await withPolygon();
  drag([[30, 30], [35, 31]]);
  assert.deepEqual(states()[0].geometry.parts[0][0][0], [15, 11]);
  press('ctrl+z');
  assert.deepEqual(states()[0].geometry, { parts: [[SQUARE]] });
});

test('arrows nudge by one pixel, with Shift by ten', async () => {
  const { press, states } = await withPolygon();
  press('ArrowRight', 'shift+ArrowDown');
  assert.deepEqual(states()[0].geometry.parts[0][0][0], [11, 20]);
});

test('the smallest object under the pointer is the one that is picked', async () => {
  const { press, drag, editor } = await bench();
  press('b');
  drag([[20, 20], [30, 30]]);
  press('2');
  drag([[5, 5], [70, 70]]);
  assert.equal(editor.model.annotation(editor.pick([25, 25])).label, 1);
  assert.equal(editor.model.annotation(editor.pick([60, 60])).label, 2);
});

test('what is hidden is not picked', async () => {
  const { press, editor } = await withPolygon();
  press('h', 'Escape');
  assert.equal(editor.pick([30, 30]), null);
});

test('a copy on the same image lies beside, on another image at the same place', async () => {
  const { press, states, editor, settled } = await withPolygon();
  press('ctrl+c', 'ctrl+v');
  assert.deepEqual(states()[1].geometry.parts[0][0][0], [18, 18]);
  press('d');
  await settled();
  assert.equal(editor.image.id, 2);
  press('ctrl+v');
  assert.deepEqual(states()[0].geometry.parts[0][0][0], [18, 18]);
});

const pixels = (state) => dsb.rle.maskArea(state.geometry);

test('a stroke of the brush is a mask, the next one adds to it', async () => {
  const { press, drag, states } = await bench();
  press('m');
  drag([[20, 20], [40, 20]]);
  const [first] = states();
  assert.equal(first.kind, 'mask');
  drag([[40, 20], [60, 20]]);
  assert.equal(states().length, 1);
  assert.ok(pixels(states()[0]) > pixels(first));
});

test('another label, or Esc, begins another mask', async () => {
  const { press, drag, states } = await bench();
  press('m');
  drag([[20, 20], [22, 20]]);
  press('2');
  drag([[60, 60], [62, 60]]);
  press('Escape');
  drag([[80, 20], [82, 20]]);
  assert.deepEqual(states().map(({ label }) => label), [1, 2, 2]);
});

test('the eraser takes pixels, and the mask with its last pixel', async () => {
  const { press, drag, states } = await bench();
  press('m');
  drag([[20, 20], [60, 20]]);
  const [whole] = states();
  press('x');
  drag([[20, 20], [22, 20]]);
  assert.ok(pixels(states()[0]) < pixels(whole));
  drag([[10, 20], [70, 20]]);
  assert.equal(states().length, 0);
  press('ctrl+z', 'ctrl+z');
  assert.deepEqual(states()[0], whole);
});

test('without a mask the eraser says so', async () => {
  const { press, click, hints } = await withPolygon();
  press('x', 'Escape');
  click([30, 30]);
  press('x');
  click([30, 30]);
  assert.match(hints.at(-1), /works on masks/);
});

const MASK = { x: 20, y: 20, width: 2, height: 2, counts: '04' };
const proposing = (geometry, more = {}) => (body) => ({
  request: body.request, hint: '',
  proposal: { kind: geometry.parts ? 'polygon' : 'mask', geometry, area: 4, method: 'forest', quality: 1, ...more },
});

test('a stroke is saved at once and answered by a proposal', async () => {
  const server = new Server();
  server.proposals = [proposing(MASK)];
  const { press, drag, settled, editor, states } = await bench(server);
  press('s');
  drag([[20, 20], [30, 20]]);
  await settled();
  assert.equal(server.all('scribble', 1)[0].strokes.length, 1);
  assert.equal(editor.tool.proposal.area, 4);
  assert.equal(states().length, 0);
});

test('accepting makes the mask and names the method; the strokes keep its name', async () => {
  const server = new Server();
  server.proposals = [proposing(MASK)];
  const { press, drag, settled, editor, states } = await bench(server);
  press('s');
  drag([[20, 20], [30, 20]]);
  await settled();
  press('Enter');
  assert.deepEqual(states(), [{ label: 1, kind: 'mask', geometry: MASK, source: 'scribbles: forest' }]);
  assert.equal(editor.model.annotations[0].key, editor.model.present('scribble')[0].key);
  assert.equal(editor.tool.key, null);
});

test('Alt or the right button draws background', async () => {
  const server = new Server();
  const asked = [];
  const note = (body) => {
    asked.push(body.strokes.map(({ label }) => label));
    return proposing(MASK)(body);
  };
  server.proposals = [note, note, note];
  const { press, drag, settled } = await bench(server);
  press('s', '2');
  drag([[20, 20], [30, 20]]);
  await settled();
  drag([[60, 20], [60, 40]], { alt: true });
  await settled();
  drag([[70, 20], [70, 40]], { button: 2 });
  await settled();
  assert.deepEqual(asked.at(-1), [2, 0, 0]);
});

test('undo takes one stroke and asks again; without strokes nothing is proposed', async () => {
  const server = new Server();
  server.proposals = [proposing(MASK), proposing(MASK), proposing(MASK, { area: 3 })];
  const { press, drag, settled, editor } = await bench(server);
  press('s');
  drag([[20, 20], [30, 20]]);
  await settled();
  drag([[20, 30], [30, 30]]);
  await settled();
  press('ctrl+z');
  await settled();
  assert.equal(editor.tool.strokes.length, 1);
  assert.equal(editor.tool.proposal.area, 3);
  press('ctrl+z');
  await settled();
  assert.equal(editor.tool.proposal, null);
  assert.equal(server.all('scribble', 1).length, 0);
});

test('only the newest answer counts', async () => {
  const server = new Server();
  const late = [];
  server.proposals = [() => ({ then: (done) => late.push(() => done(proposing(MASK, { area: 1 })({}))) }), proposing(MASK, { area: 2 })];
  const { press, drag, settled, editor } = await bench(server);
  press('s');
  drag([[20, 20], [30, 20]]);
  await settled();
  drag([[20, 30], [30, 30]]);
  await settled();
  for (const arrive of late) arrive();
  await settled();
  assert.equal(editor.tool.proposal.area, 2);
});

test('Esc rejects: the strokes go, and undo brings them back', async () => {
  const server = new Server();
  server.proposals = [proposing(MASK), proposing(MASK)];
  const { press, drag, settled, editor } = await bench(server);
  press('s');
  drag([[20, 20], [30, 20]]);
  await settled();
  press('Escape');
  await settled();
  assert.equal(server.all('scribble', 1).length, 0);
  press('ctrl+z');
  await settled();
  assert.equal(editor.tool.strokes.length, 1);
});

test('strokes that were left open are taken up after a reload', async () => {
  const server = new Server();
  server.proposals = [proposing(MASK), proposing(MASK)];
  const first = await bench(server);
  first.press('s');
  first.drag([[20, 20], [30, 20]]);
  await first.settled();
  const second = await bench(server);
  second.press('s');
  await second.settled();
  assert.equal(second.editor.tool.strokes.length, 1);
  assert.ok(second.editor.tool.proposal);
});

test('a removed mask takes its strokes with it, in one group', async () => {
  const server = new Server();
  server.proposals = [proposing(MASK)];
  const { press, drag, click, settled, states } = await bench(server);
  press('s');
  drag([[20, 20], [30, 20]]);
  await settled();
  press('Enter', 'v');
  click([21, 21]);
  press('Delete');
  await settled();
  const { operations } = server.requests.at(-1);
  assert.deepEqual(operations.map(({ kind, target }) => [kind, target.type]), [['remove', 'annotation'], ['remove', 'scribble']]);
  assert.equal(new Set(operations.map(({ group_id }) => group_id)).size, 1);
  assert.equal(states().length, 0);
});

const SNAPPED = { parts: [[[[12, 12], [48, 12], [48, 48], [12, 48]]]] };

test('a selected polygon is snapped in place', async () => {
  const hand = await withPolygon();
  const { press, settled, states, server, editor } = hand;
  const [uid] = editor.model.annotations.map(({ key }) => key);
  server.proposals = [proposing(SNAPPED, { method: 'band' })];
  press('c');
  await settled();
  press('Enter');
  assert.equal(states().length, 1);
  assert.deepEqual(states()[0], { label: 1, kind: 'polygon', geometry: SNAPPED, source: 'outline: band' });
  assert.equal(editor.model.annotations[0].key, uid);
});

test('a rough outline is drawn, snapped and accepted', async () => {
  const { press, click, settled, states, server } = await bench();
  server.proposals = [proposing(SNAPPED, { method: 'band' })];
  press('c');
  for (const corner of SQUARE) click(corner);
  press('Enter');
  assert.equal(states().length, 0);
  await settled();
  press('Enter');
  assert.deepEqual(states().map(({ geometry }) => geometry), [SNAPPED]);
});

test('a rejected outline leaves the polygon as it was', async () => {
  const { press, settled, states, server } = await withPolygon();
  server.proposals = [proposing(SNAPPED)];
  press('c');
  await settled();
  press('Escape');
  assert.deepEqual(states()[0].geometry, { parts: [[SQUARE]] });
});

test('done and next says so and goes on', async () => {
  const { press, settled, editor, server } = await bench();
  press('ctrl+Enter');
  await settled();
  assert.equal(editor.image.id, 2);
  assert.equal(globalThis.location.pathname, '/p/p/annotate/2');
  assert.equal(server.things.get('1/image_state/1').state, 'done');
});

test('done and next passes over an image that somebody else works on', async () => {
  const server = new Server();
  server.held = [2];
  const { press, settled, editor } = await bench(server);
  press('ctrl+Enter');
  await settled();
  assert.equal(editor.image.id, 3);
});

test('done and next says when nothing is left', async () => {
  const server = new Server();
  server.held = [2, 3];
  const { press, settled, editor, hints } = await bench(server);
  press('ctrl+Enter');
  await settled();
  assert.equal(editor.image.id, 1);
  assert.equal(hints.at(-1), 'Nothing is left to do here');
});

test('the ends of the project are told', async () => {
  const { press, hints } = await bench(new Server(1));
  press('d');
  press('a');
  assert.deepEqual(hints, ['This is the last image', 'This is the first image']);
});

test('undo belongs to its image', async () => {
  const { press, drag, settled, states } = await bench();
  press('b');
  drag([[10, 10], [20, 20]]);
  press('d');
  await settled();
  drag([[30, 30], [40, 40]]);
  press('a');
  await settled();
  press('ctrl+z');
  assert.equal(states().length, 0);
  press('d');
  await settled();
  assert.equal(states().length, 1);
});

test('what waits for the server is still there when the image is opened again', async () => {
  const { press, drag, settled, states, server, editor, queue, timers } = await bench();
  press('b');
  server.down = true;
  drag([[10, 10], [20, 20]]);
  await settled();
  server.down = false;
  await editor.open('p', 2);
  await editor.open('p', 1);
  assert.equal(states().length, 1);
  assert.equal(queue.state, 'unsaved');
  timers.forEach((run) => run());
  await settled();
  assert.equal(queue.state, 'saved');
  assert.equal(server.all('annotation', 1).length, 1);
});

test('an image that cannot be read leaves the open one as it is', async () => {
  const { press, settled, editor, server, hints } = await bench();
  server.down = true;
  press('d');
  await settled();
  assert.equal(editor.image.id, 1);
  assert.match(hints[0], /not opened/);
});

async function withConflict() {
  const hand = await bench();
  hand.press('b');
  hand.drag([[10, 10], [20, 20]]);
  await hand.settled();
  const [{ key }] = hand.editor.model.annotations;
  hand.server.write(1, key, { label: 2 });
  hand.editor.edit(key, { geometry: { x: 0, y: 0, width: 5, height: 5 } }, 'select');
  await hand.settled();
  return { ...hand, key };
}

test('a conflict overwrites nothing and shows theirs', async () => {
  const { conflicts, states, server } = await withConflict();
  assert.equal(conflicts.length, 1);
  assert.equal(states()[0].label, 2);
  assert.equal(server.all('annotation', 1)[0].label, 2);
});

test('mine can be kept: it is written over theirs on purpose', async () => {
  const { conflicts, editor, settled, server } = await withConflict();
  editor.resolve(conflicts[0], 'mine');
  await settled();
  const [stored] = server.all('annotation', 1);
  assert.deepEqual([stored.label, stored.geometry.width], [1, 5]);
});

test('both can be kept', async () => {
  const { conflicts, editor, settled, server } = await withConflict();
  editor.resolve(conflicts[0], 'both');
  await settled();
  assert.deepEqual(server.all('annotation', 1).map(({ label }) => label), [2, 1]);
});

test('undo over somebody else\'s change is a conflict, never silent', async () => {
  const { press, drag, settled, editor, server, conflicts, states } = await bench();
  press('b');
  drag([[10, 10], [20, 20]]);
  await settled();
  const [{ key }] = editor.model.annotations;
  const current = server.write(1, key, { label: 2 });
  editor.model.foreign({ target: { type: 'annotation', key }, current });
  press('ctrl+z');
  assert.equal(states()[0].label, 2);
  assert.equal(conflicts.length, 1);
  assert.equal(conflicts[0].sides[0].mine, null);
});

test('two hundred random gestures, undone and done again, agree with the server', async () => {
  const { press, settled, editor, server, states } = await bench();
  let seed = 7;
  const random = (n) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  const any = () => editor.model.annotations[random(editor.model.annotations.length)];
  const shape = () => ({ x: random(60), y: random(60), width: 1 + random(20), height: 1 + random(20) });
  for (let k = 0; k < 200; k++) {
    const choice = random(6);
    if (choice < 2 || !states().length) editor.annotate('box', shape(), { tool: 'box' });
    else if (choice === 2) editor.edit(any().key, { geometry: shape() }, 'select');
    else if (choice === 3) editor.remove(any().key, 'remove');
    else press(choice === 4 ? 'ctrl+z' : 'ctrl+shift+z');
    if (random(5) === 0) await settled();
  }
  await settled();
  const shown = editor.model.annotations.map(({ key, state }) => [key, state.geometry]).sort();
  const stored = server.all('annotation', 1).map(({ uid, geometry }) => [uid, geometry]).sort();
  assert.deepEqual(shown, stored);
});

test('what was removed comes back by undo after another image was open', async () => {
  const { editor, press, drag, states, settled, server } = await bench();
  press('b');
  drag([[10, 10], [30, 30]]);
  await settled();
  editor.select(editor.model.annotations[0].key);
  press('v', 'delete');
  await settled();
  await editor.open('p', 2);
  await editor.open('p', 1);
  press('ctrl+z');
  await settled();
  assert.equal(states().length, 1);
  assert.deepEqual(editor.model.stuck, []);
  assert.equal(server.all('annotation', 1).length, 1);
});
