'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Journal } = require('../../app/assets/canvas/38_journal.js');
const { Queue } = require('../../app/assets/canvas/40_queue.js');

/** localStorage as far as the journal needs it: its keys are its own properties. */
class Storage {
  constructor(room = Infinity) {
    Object.defineProperty(this, 'room', { value: room, writable: true });
  }
  setItem(key, value) {
    if (value.length > this.room) throw new Error('QuotaExceededError');
    this[key] = value;
  }
  getItem(key) {
    return this[key] ?? null;
  }
  removeItem(key) {
    delete this[key];
  }
}

const op = (id, group = null) => ({ op_id: id, group_id: group, kind: 'add', payload: {}, target: { type: 'annotation', key: id } });
const accept = (body) => ({
  status: 200,
  body: {
    results: body.operations.map(({ op_id }) => ({ op_id, outcome: 'accepted', version: 1 })),
    others: [],
    seq: 9,
  },
});

/** A queue before a fake server; `answers` are taken one by one, then everything is accepted. */
function bench({ answers = [], storage = new Storage(), tab = 'tab' } = {}) {
  const requests = [];
  const timers = [];
  const journal = new Journal(storage, tab);
  const post = async (slug, image, body) => {
    requests.push({ slug, image, ...structuredClone(body) });
    const answer = answers.shift() || accept;
    return answer(body);
  };
  const queue = new Queue({ journal, post, client: tab, setTimer: (run, ms) => timers.push({ run, ms }) });
  const seen = [];
  queue.on('answer', (entry, result) => seen.push([entry.op.op_id, result.outcome]));
  const sent = () => requests.map(({ operations }) => operations.map(({ op_id }) => op_id));
  return { queue, journal, storage, requests, timers, seen, sent };
}

const status = (code, error) => () => ({ status: code, body: error ? { error } : {} });
const noAnswer = () => {
  throw new TypeError('Failed to fetch');
};

test('what is pushed is sent, answered and forgotten', async () => {
  const { queue, storage, seen } = bench();
  await queue.push('p', 1, [op('a')]);
  assert.deepEqual(seen, [['a', 'accepted']]);
  assert.equal(queue.state, 'saved');
  assert.equal(Object.keys(storage).length, 0);
});

test('it is not saved before the server has answered', async () => {
  let answer;
  const { queue } = bench({ answers: [() => new Promise((resolve) => (answer = resolve))] });
  const sending = queue.push('p', 1, [op('a')]);
  assert.equal(queue.state, 'saving');
  answer(accept({ operations: [op('a')] }));
  await sending;
  assert.equal(queue.state, 'saved');
});

test('one request is in flight, and the next takes all that came meanwhile', async () => {
  let answer;
  const { queue, sent } = bench({ answers: [() => new Promise((resolve) => (answer = resolve))] });
  const sending = queue.push('p', 1, [op('a')]);
  queue.push('p', 1, [op('b')]);
  queue.push('p', 1, [op('c')]);
  assert.deepEqual(sent(), [['a']]);
  answer(accept({ operations: [op('a')] }));
  await sending;
  assert.deepEqual(sent(), [['a'], ['b', 'c']]);
});

test('a request holds operations of one image only', async () => {
  let answer;
  const { queue, requests } = bench({ answers: [() => new Promise((resolve) => (answer = resolve))] });
  const sending = queue.push('p', 1, [op('a')]);
  queue.push('p', 2, [op('b')]);
  queue.push('p', 1, [op('c')]);
  answer(accept({ operations: [op('a')] }));
  await sending;
  assert.deepEqual(requests.map(({ image }) => image), [1, 2, 1]);
});

test('without an answer everything is kept and sent again, under the same names', async () => {
  const { queue, sent, timers } = bench({ answers: [noAnswer] });
  await queue.push('p', 1, [op('a'), op('b')]);
  assert.equal(queue.state, 'unsaved');
  assert.equal(queue.entries.length, 2);
  timers[0].run();
  await new Promise(setImmediate);
  assert.deepEqual(sent(), [['a', 'b'], ['a', 'b']]);
  assert.equal(queue.state, 'saved');
});

test('the pauses grow and have an end', async () => {
  const { queue, timers } = bench({ answers: Array(9).fill(noAnswer) });
  await queue.push('p', 1, [op('a')]);
  for (let k = 0; k < 8; k++) {
    timers[k].run();
    await new Promise(setImmediate);
  }
  assert.deepEqual(timers.map(({ ms }) => ms), [250, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000]);
});

test('what is drawn during a pause waits for its end', async () => {
  const { queue, sent } = bench({ answers: [noAnswer] });
  await queue.push('p', 1, [op('a')]);
  await queue.push('p', 1, [op('b')]);
  assert.deepEqual(sent(), [['a']]);
  assert.equal(queue.entries.length, 2);
});

test('when the network is back it does not wait for the pause', async () => {
  const { queue } = bench({ answers: [noAnswer] });
  await queue.push('p', 1, [op('a')]);
  await queue.wake();
  assert.equal(queue.state, 'saved');
});

for (const code of [401, 403, 500, 502, 503]) {
  test(`after a ${code} nothing is lost and nothing called saved`, async () => {
    const { queue, storage } = bench({ answers: [status(code)] });
    await queue.push('p', 1, [op('a')]);
    assert.equal(queue.state, 'unsaved');
    assert.equal(Object.keys(storage).length, 1);
  });
}

test('the sentence of the server is told', async () => {
  const { queue } = bench({ answers: [status(503, 'The disk is full')] });
  await queue.push('p', 1, [op('a')]);
  assert.equal(queue.failure, 'The disk is full');
});

test('an answer that leaves an operation out is not an answer', async () => {
  const { queue } = bench({ answers: [() => ({ status: 200, body: { results: [], others: [], seq: 1 } })] });
  await queue.push('p', 1, [op('a')]);
  assert.equal(queue.state, 'unsaved');
});

test('of a refused batch only the culprit falls', async () => {
  const refuse = (body) =>
    body.operations.some(({ op_id }) => op_id === 'bad') ? status(400, 'no such field')() : accept(body);
  const { queue, seen, storage } = bench({ answers: Array(8).fill(refuse) });
  await queue.push('p', 1, [op('a'), op('bad'), op('c')]);
  assert.deepEqual(seen, [['a', 'accepted'], ['bad', 'refused'], ['c', 'accepted']]);
  assert.deepEqual(Object.keys(storage), ['dsb-refused:bad']);
});

test('what was refused is kept with its reason until somebody deals with it', async () => {
  const { queue, journal, storage, sent } = bench({ answers: [status(403, 'You may not annotate here.')] });
  await queue.push('p', 1, [op('a')]);
  await queue.wake();
  assert.deepEqual(sent(), [['a']]);
  assert.equal(queue.state, 'unsaved');
  const [entry] = journal.refused('p', 1);
  assert.deepEqual([entry.op.op_id, entry.reason], ['a', 'You may not annotate here.']);
  assert.deepEqual(journal.refused('p', 2), []);
  const later = bench({ storage, tab: 'later' });
  assert.equal(later.queue.state, 'unsaved');
  later.queue.free(['a']);
  assert.equal(later.queue.state, 'saved');
  assert.deepEqual(Object.keys(storage), []);
});

test('an operation that the store refuses by itself is kept too', async () => {
  const refuse = (body) => ({
    status: 200,
    body: { results: body.operations.map(({ op_id }) => ({ op_id, outcome: 'refused', reason: 'no label 7' })), others: [], seq: 1 },
  });
  const { queue, journal, seen } = bench({ answers: [refuse] });
  await queue.push('p', 1, [op('a')]);
  assert.deepEqual(seen, [['a', 'refused']]);
  assert.equal(journal.refused('p', 1)[0].reason, 'no label 7');
});

test('the group of a conflict waits with it', async () => {
  const clash = (body) => ({
    status: 200,
    body: {
      results: body.operations.map(({ op_id }) =>
        op_id === 'a' ? { op_id, outcome: 'conflict', version: 2, current: null } : { op_id, outcome: 'refused', reason: 'group' }),
      others: [], seq: 1,
    },
  });
  const { queue, seen, storage } = bench({ answers: [clash] });
  await queue.push('p', 1, [op('a', 'g'), op('b', 'g'), op('c')]);
  assert.deepEqual(seen, [['a', 'conflict'], ['b', 'conflict'], ['c', 'refused']]);
  assert.deepEqual(Object.keys(storage), ['dsb-refused:c']);
});

test('a login that ended is told once, the queue waits, and all is sent after the next one', async () => {
  const { queue, timers, sent, seen } = bench({ answers: [status(401), status(401)] });
  const doors = [];
  queue.on('door', (open) => doors.push(open));
  await queue.push('p', 1, [op('a')]);
  timers[0].run();
  await new Promise(setImmediate);
  assert.deepEqual(doors, [false]);
  assert.equal(queue.state, 'unsaved');
  await queue.wake();
  assert.deepEqual(doors, [false, true]);
  assert.deepEqual(sent(), [['a'], ['a'], ['a']]);
  assert.deepEqual(seen, [['a', 'accepted']]);
});

test('a login that ended is noticed while nothing waits', async () => {
  const { queue } = bench({ answers: [status(401)] });
  const doors = [];
  queue.on('door', (open) => doors.push(open));
  await queue.poll('p', 1);
  assert.deepEqual([doors, queue.state], [[false], 'saved']);
  await queue.poll('p', 1);
  assert.deepEqual(doors, [false, true]);
});

test('a group is refused as a whole', async () => {
  const refuse = (body) =>
    body.operations.some(({ op_id }) => op_id === 'bad') ? status(422, 'no')() : accept(body);
  const { queue, seen } = bench({ answers: Array(8).fill(refuse) });
  await queue.push('p', 1, [op('bad', 'g'), op('b', 'g'), op('c')]);
  assert.deepEqual(seen, [['bad', 'refused'], ['b', 'refused'], ['c', 'accepted']]);
});

test('a batch has a limit, a group is never torn', async () => {
  const many = Array.from({ length: 199 }, (_, k) => op(`o${k}`));
  const { queue, sent } = bench();
  await queue.push('p', 1, [...many, op('g1', 'g'), op('g2', 'g'), op('z')]);
  assert.deepEqual(sent().map((ids) => ids.length), [201, 1]);
});

test('the newest event number seen is asked for the next time', async () => {
  const { queue, requests } = bench();
  await queue.push('p', 1, [op('a')]);
  await queue.push('p', 1, [op('b')]);
  await queue.push('p', 2, [op('c')]);
  assert.deepEqual(requests.map(({ since }) => since), [0, 9, 0]);
});

test('what others did is handed on with its image', async () => {
  const other = { target: { type: 'annotation', key: 'x' }, current: null, seq: 5 };
  const { queue } = bench({ answers: [() => ({ status: 200, body: { results: [], others: [other], seq: 5 } })] });
  const heard = [];
  queue.on('others', (slug, image, { others }) => heard.push([slug, image, others]));
  await queue.poll('p', 4);
  assert.deepEqual(heard, [['p', 4, [other]]]);
});

test('a poll stands back while something waits', async () => {
  const { queue, sent } = bench({ answers: [noAnswer] });
  await queue.push('p', 1, [op('a')]);
  await queue.poll('p', 1);
  assert.equal(sent().length, 1);
});

test('a poll that fails makes no alarm: nothing is unsaved', async () => {
  const { queue, timers } = bench({ answers: [noAnswer] });
  await queue.poll('p', 1);
  assert.equal(queue.state, 'saved');
  assert.equal(timers.length, 0);
});

test('a write tells a read that it was overtaken', async () => {
  const { queue } = bench();
  await queue.push('p', 1, [op('a')]);
  assert.equal(queue.answers.get('p/1'), 1);
  await queue.poll('p', 1);
  assert.equal(queue.answers.get('p/1'), 1);
});

test('a tab that opens later sends what a closed tab left, in its order', async () => {
  const storage = new Storage();
  const closed = bench({ storage, tab: 'old', answers: [noAnswer] });
  await closed.queue.push('p', 1, [op('b'), op('a')]);
  const { queue, journal, sent } = bench({ storage, tab: 'new' });
  assert.deepEqual(journal.orphans(), ['old']);
  await queue.adopt(journal.adopt('old'));
  assert.deepEqual(sent(), [['b', 'a']]);
  assert.equal(Object.keys(storage).length, 0);
});

test('adopted operations stay in the journal until they are answered', async () => {
  const storage = new Storage();
  await bench({ storage, tab: 'old', answers: [noAnswer] }).queue.push('p', 1, [op('a')]);
  const { queue, journal } = bench({ storage, tab: 'new', answers: [noAnswer] });
  await queue.adopt(journal.adopt('old'));
  assert.deepEqual(Object.keys(storage), ['dsb-queue:new:a']);
});

test('what was adopted goes before what is drawn afterwards', async () => {
  const { queue, sent } = bench({ answers: [noAnswer] });
  await queue.push('p', 1, [op('mine')]);
  queue.adopt([{ op: op('theirs'), slug: 'p', image: 1, order: 0 }]);
  await queue.wake();
  assert.deepEqual(sent(), [['mine'], ['theirs', 'mine']]);
});

test('an operation is not adopted twice', async () => {
  const { queue } = bench({ answers: [noAnswer] });
  await queue.push('p', 1, [op('a')]);
  queue.adopt([{ op: op('a'), slug: 'p', image: 1, order: 0 }]);
  assert.equal(queue.entries.length, 1);
});

test('a full browser is noticed; the operation is sent all the same', async () => {
  const { queue, journal, seen } = bench({ storage: new Storage(10) });
  await queue.push('p', 1, [op('a')]);
  assert.equal(journal.healthy, false);
  assert.deepEqual(seen, [['a', 'accepted']]);
});

test('an entry that cannot be read does not hold back the others', () => {
  const storage = new Storage();
  storage.setItem('dsb-queue:old:x', 'not json');
  storage.setItem('dsb-queue:old:y', JSON.stringify({ op: op('y'), slug: 'p', image: 1, order: 1 }));
  const entries = new Journal(storage, 'new').adopt('old');
  assert.deepEqual(entries.map((entry) => entry.op.op_id), ['y']);
});

test('other keys of the same browser are left alone', () => {
  const storage = new Storage();
  storage.setItem('mantine-color-scheme-value', 'dark');
  assert.deepEqual(new Journal(storage, 'new').orphans(), []);
});
