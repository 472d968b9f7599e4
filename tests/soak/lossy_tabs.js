'use strict';
/**
 * Two tabs with the product's own journal, queue and model, drawing through a network that loses.
 * Arguments: the origin, the slug, the number of gestures of each tab, the seed. Prints what the
 * tabs show when everything is answered.
 */
const path = require('node:path');

const CANVAS = path.join(__dirname, '../../app/assets/canvas');
for (const name of ['05_events', '10_geometry', '20_model', '38_journal', '40_queue']) require(path.join(CANVAS, `${name}.js`));
const { dsb } = globalThis;
const [origin, slug, gestures, seed] = [process.argv[2], process.argv[3], Number(process.argv[4]), Number(process.argv[5])];
const IMAGE = 1;

let state = seed >>> 0;
const dice = (n) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};

class Storage {
  setItem(key, value) {
    this[key] = value;
  }
  getItem(key) {
    return this[key] ?? null;
  }
  removeItem(key) {
    delete this[key];
  }
}

async function post(_, image, body) {
  const answer = await fetch(`${origin}/api/v1/projects/${slug}/images/${image}/operations`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

const box = () => ({ label: 1, kind: 'box', source: 'person', geometry: { x: dice(900), y: dice(700), width: 20, height: 10 } });
const turn = () => new Promise((resolve) => setTimeout(resolve, dice(20)));

/** Was a version written over that the operation did not stand on? */
const overwrote = ({ base_version: base }, { outcome, version, seq }) =>
  outcome === 'accepted' && seq !== null && typeof base === 'number' && version !== base + 1;

function tab(name) {
  const journal = new dsb.Journal(new Storage(), name);
  const queue = new dsb.Queue({ journal, post, client: name, setTimer: (run, ms) => setTimeout(run, ms / 50) });
  const model = new dsb.Model({ id: IMAGE, width: 1000, height: 800 });
  const tally = { answers: {}, savedEarly: 0, overwritten: 0, conflicts: 0 };
  queue.on('answer', (entry, result) => {
    tally.answers[entry.op.op_id] = (tally.answers[entry.op.op_id] || 0) + 1;
    if (overwrote(entry.op, result)) tally.overwritten++;
    model.acknowledge(entry.op, result);
  });
  queue.on('others', (_, __, { others }) => others.forEach((other) => model.foreign(other)));
  queue.on('state', () => (tally.savedEarly += queue.state === 'saved' && queue.entries.length > 0 ? 1 : 0));
  model.on('conflict', ({ opIds }) => (tally.conflicts += opIds.length));
  const gesture = () => {
    const there = model.annotations;
    const item = there.length > 3 || (there.length && dice(3)) ? there[dice(there.length)] : model.item('annotation', dsb.uuid());
    const op = model.change(item, item.state && !dice(5) ? null : box());
    if (op) queue.push(slug, IMAGE, [op]);
  };
  return { queue, model, tally, gesture };
}

async function drained({ queue }) {
  while (queue.entries.length || queue.busy) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Polls are lost too: one in five. */
async function caughtUp({ queue }) {
  for (let k = 0; k < 20; k++) await queue.poll(slug, IMAGE);
}

async function main() {
  const tabs = [tab('tab-a'), tab('tab-b')];
  for (let k = 0; k < gestures; k++) {
    for (const one of tabs) one.gesture();
    if (!dice(4)) for (const { queue } of tabs) queue.poll(slug, IMAGE);
    await turn();
  }
  for (const one of tabs) await drained(one);
  for (const one of tabs) await caughtUp(one);
  const shown = tabs.map(({ model, queue, tally }) => ({
    ...tally,
    state: queue.state,
    objects: Object.fromEntries(model.annotations.map(({ key, state: { geometry } }) => [key, geometry.x])),
  }));
  process.stdout.write(JSON.stringify(shown));
}

main();
