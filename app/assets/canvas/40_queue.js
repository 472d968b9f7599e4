/**
 * The way to the server: one request in flight, everything that waits for one image in one batch,
 * sent again with growing pauses until it is answered. The server knows an `op_id` it has seen, so
 * sending twice is safe. Nothing here calls itself saved before the answer is there.
 *
 * @typedef {{op: object, slug: string, image: number, order: number}} Entry
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') require('./05_events.js');

  const BATCH_OPERATIONS = 200;
  const BATCH_CHARACTERS = 2_000_000;
  const FIRST_PAUSE = 250;
  const LONGEST_PAUSE = 8000;
  const REFUSING = new Set([400, 403, 404, 409, 413, 415, 422]);

  /**
   * Emits `state`, `answer(entry, result)`, `others(slug, image, answer)`, and `door(open)` when the
   * login has ended or begun again.
   */
  class Queue extends dsb.Emitter {
    /**
     * @param {object} parts
     * @param {dsb.Journal} parts.journal
     * @param {(slug: string, image: number, body: object) => Promise<{status: number, body: object}>} parts.post
     * @param {string} parts.client
     * @param {Function} [parts.setTimer]
     */
    constructor({ journal, post, client, setTimer = (f, ms) => setTimeout(f, ms) }) {
      super();
      Object.assign(this, { journal, post, client, setTimer });
      /** @type {Entry[]} */
      this.entries = [];
      /** @type {Map<string, number>} the newest event number seen, by image */
      this.seen = new Map();
      /** How many answers came in, by image: tells whether a read was overtaken by a write. */
      this.answers = new Map();
      this.order = Date.now();
      this.busy = false;
      this.failure = '';
      this.pause = 0;
      this.retrying = false;
      this.alone = false;
      /** Does the server know who we are? */
      this.open = true;
      /** @type {Set<string>} what the server refused and nobody has dealt with yet */
      this.refused = new Set(journal.refused().map((entry) => entry.op.op_id));
    }

    /** @returns {'saved' | 'saving' | 'unsaved'} */
    get state() {
      if (!this.entries.length) return this.refused.size ? 'unsaved' : 'saved';
      return this.failure ? 'unsaved' : 'saving';
    }

    /** @param {string} slug @param {number} image @param {object[]} operations */
    push(slug, image, operations) {
      for (const op of operations) {
        const entry = { op, slug, image, order: this.order++ };
        this.entries.push(entry);
        this.journal.write(entry);
      }
      this.emit('state');
      return this.flush();
    }

    /** Put what a closed tab left in front of what waits here. */
    adopt(entries) {
      const known = new Set(this.entries.map((entry) => entry.op.op_id));
      this.entries.unshift(...entries.filter((entry) => !known.has(entry.op.op_id)));
      this.emit('state');
      return this.flush();
    }

    /** @returns {object[]} operations of an image that wait */
    waiting(slug, image) {
      return this.entries.filter((e) => e.slug === slug && e.image === image).map((e) => e.op);
    }

    /** The longest batch for one image from the head of the queue; groups are never torn. */
    batch() {
      const [head] = this.entries;
      const batch = [];
      let characters = 0;
      for (const entry of this.entries) {
        if (entry.slug !== head.slug || entry.image !== head.image) continue;
        const last = batch[batch.length - 1];
        const torn = last && entry.op.group_id && entry.op.group_id === last.op.group_id;
        characters += JSON.stringify(entry.op.payload).length;
        const full = batch.length >= BATCH_OPERATIONS || characters > BATCH_CHARACTERS;
        if (last && !torn && (full || this.alone)) break;
        batch.push(entry);
      }
      return batch;
    }

    /** Send what waits; returns when nothing more can be done just now. */
    async flush() {
      if (this.busy || this.retrying) return;
      while (this.entries.length && !this.retrying) {
        const batch = this.batch();
        await this.exchange(batch[0].slug, batch[0].image, batch);
      }
    }

    /** Ask what others did, when nothing waits. */
    async poll(slug, image) {
      if (this.busy || this.retrying || this.entries.length) return;
      await this.exchange(slug, image, []);
      await this.flush();
    }

    /** Try at once, whatever the pause (the network is back, the person came back). */
    wake() {
      this.retrying = false;
      this.pause = 0;
      return this.flush();
    }

    async exchange(slug, image, batch) {
      const operations = batch.map((entry) => entry.op);
      const since = this.seen.get(`${slug}/${image}`) || 0;
      this.busy = true;
      this.emit('state');
      let answer;
      try {
        answer = await this.post(slug, image, { client: this.client, since, operations });
      } catch {
        answer = { status: 0, body: {} };
      }
      this.busy = false;
      this.enter(answer.status);
      if (answer.status === 200 && answers(answer.body, batch)) this.take(slug, image, batch, answer.body);
      else if (REFUSING.has(answer.status) && batch.length) this.isolate(batch, answer.body.error);
      else this.fail(answer, batch.length);
      this.emit('state');
    }

    /** A login that ended is noticed, and so is the one after it. */
    enter(status) {
      const open = status === 401 ? false : status === 200 ? true : this.open;
      if (open === this.open) return;
      this.open = open;
      this.emit('door', open);
    }

    take(slug, image, batch, body) {
      this.failure = '';
      this.pause = 0;
      this.alone = false;
      const results = new Map(body.results.map((result) => [result.op_id, result]));
      const place = `${slug}/${image}`;
      if (batch.length) this.answers.set(place, (this.answers.get(place) || 0) + 1);
      const clashing = clashingGroups(batch, results);
      for (const entry of batch) {
        const result = results.get(entry.op.op_id);
        if (result.outcome !== 'refused') this.answered(entry, result);
        else if (clashing.has(entry.op.group_id)) {
          this.answered(entry, { ...result, outcome: 'conflict', sibling: true });
        } else this.refuse(entry, result.reason || 'the server refused it');
      }
      this.seen.set(place, body.seq);
      this.emit('others', slug, image, body);
    }

    answered(entry, result) {
      this.entries.splice(this.entries.indexOf(entry), 1);
      this.journal.remove(entry);
      this.emit('answer', entry, result);
    }

    /** The request as a whole was refused: send one by one, so that only the culprit falls. */
    isolate(batch, error) {
      const group = batch[0].op.group_id;
      const single = batch.length === 1 || (group && batch.every((e) => e.op.group_id === group));
      if (!single) {
        this.alone = true;
        return;
      }
      this.alone = false;
      const reason = error || 'the server refused it';
      for (const entry of batch) this.refuse(entry, reason);
    }

    /** Never sent again by itself, never lost: it is kept until the person has dealt with it. */
    refuse(entry, reason) {
      // Nobody needs what only said that a conflict is settled.
      if (entry.op.target.type !== 'conflict') {
        this.journal.keepRefused(entry, reason);
        this.refused.add(entry.op.op_id);
      }
      this.answered(entry, { op_id: entry.op.op_id, outcome: 'refused', reason });
    }

    /** What was refused is said anew or given up. @param {string[]} ids */
    free(ids) {
      this.journal.dropRefused(ids);
      for (const id of ids) this.refused.delete(id);
      this.emit('state');
    }

    /** Keep everything, try again later. */
    fail({ status, body }, hadWork) {
      if (!hadWork && !this.entries.length) return;
      this.failure =
        status === 401
          ? 'please log in again; what you drew is kept here'
          : body.error || 'the server cannot be reached; what you drew is kept here';
      this.pause = Math.min(this.pause * 2 || FIRST_PAUSE, LONGEST_PAUSE);
      this.retrying = true;
      this.setTimer(() => {
        this.retrying = false;
        this.flush();
      }, this.pause);
    }
  }

  /** An answer that leaves an operation out must not count as one. */
  function answers(body, batch) {
    const known = new Set((body.results || []).map((result) => result.op_id));
    return batch.every((entry) => known.has(entry.op.op_id));
  }

  /** Groups of which one operation met a newer version: all of such a group wait for one answer. */
  function clashingGroups(batch, results) {
    const clashing = batch.filter(({ op }) => results.get(op.op_id).outcome === 'conflict');
    return new Set(clashing.map(({ op }) => op.group_id).filter(Boolean));
  }

  dsb.Queue = Queue;
  if (typeof module !== 'undefined') module.exports = { Queue };
})(typeof window !== 'undefined' ? window : globalThis);
