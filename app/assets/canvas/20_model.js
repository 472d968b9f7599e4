/**
 * What one image holds: annotations, scribbles and its own state, each as an immutable `state`.
 *
 * An item knows what the server last said (`server`) and what the person sees (`state`); the
 * difference is the operations still on their way. When the last of them is answered, the server's
 * word counts.
 *
 * @typedef {{type: string, key: string, image: number}} Target
 * @typedef {object} State the fields a person may set; null while the target does not exist
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') {
    ['05_events', '13_kinds', '16_grid', '17_tracing', '18_patches'].forEach((name) => require(`./${name}.js`));
  }

  const FIELDS = {
    annotation: ['label', 'set', 'kind', 'geometry', 'attributes', 'source', 'score', 'crowd', 'level'],
    scribble: ['strokes', 'set'],
    image_state: ['state', 'comment'],
    comment: ['text', 'set', 'annotation', 'x', 'y', 'resolved'],
  };

  /** What stays on the page when the server refuses it; a state of the image would be a lie. */
  const SEEN = new Set(['annotation', 'scribble', 'comment']);

  /** What a field says when nobody said anything; such fields are left out of a state. */
  const DEFAULTS = { set: 'truth', attributes: {}, score: null, crowd: false, level: 0, comment: '', annotation: null, x: null, y: null, resolved: false };

  /** The settable fields of a wire object. @returns {State | null} */
  function stateFromWire(type, wire) {
    if (!wire) return null;
    const state = {};
    for (const field of FIELDS[type]) {
      const value = wire[field];
      if (value !== undefined && !equal(value, DEFAULTS[field])) state[field] = value;
    }
    return state;
  }

  /** A field that says nothing beyond its default is left out, as it is of what the server tells. */
  function withoutDefaults(state) {
    const idle = (field) => equal(state[field], DEFAULTS[field]);
    if (!state || !Object.keys(state).some(idle)) return state;
    return Object.fromEntries(Object.entries(state).filter(([field]) => !idle(field)));
  }

  const isObject = (value) => typeof value === 'object' && value !== null;

  /** Deep equality of two JSON values, whatever the order of their keys. */
  function equal(a, b) {
    if (a === b) return true;
    if (!isObject(a) || !isObject(b)) return false;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => equal(a[key], b[key]));
  }

  /** Only what changed; kind and geometry travel together, of a mask only the pixels that changed. */
  function difference(before, after) {
    const payload = {};
    for (const field of Object.keys({ ...before, ...after })) {
      const value = after[field] === undefined ? DEFAULTS[field] : after[field];
      if (!equal(before[field], after[field])) payload[field] = value;
    }
    if (!payload.geometry && !payload.kind) return payload;
    const { kind, geometry, ...rest } = payload;
    const patch = before.kind === 'mask' && after.kind === 'mask' && dsb.patches.between(before.geometry, after.geometry);
    if (patch && size(patch) < size(after.geometry)) return { ...rest, patch };
    return { ...rest, kind: after.kind, geometry: after.geometry };
  }

  /** Of one level the older lies behind. */
  const inFront = (a, b) => (a.state.level || 0) - (b.state.level || 0) || a.rank - b.rank;

  const size = (value) => JSON.stringify(value).length;

  /** A state with what a payload says; a patch becomes the mask that it makes. */
  function said(state, { patch, ...fields }) {
    if (!patch || !state || state.kind !== 'mask') return { ...state, ...fields };
    return { ...state, ...fields, geometry: dsb.patches.patched(state.geometry, patch) || state.geometry };
  }

  /** One target with its history on the wire. */
  class Item {
    /** @param {number} rank what was there before it has a lower one */
    constructor(type, key, image, rank) {
      this.rank = rank;
      /** @type {Target} */
      this.target = { type, key, image };
      /** @type {State | null} */
      this.state = null;
      this.server = { version: 0, state: null };
      /** Did an add for this target ever leave the page, or come from the server? */
      this.born = false;
      /** @type {string | null} the newest operation still without an answer */
      this.head = null;
      this.pending = 0;
      /** @type {object[]} operations that met a newer version, until the last answer is there */
      this.clashed = [];
      /** @type {{op: object, reason: string}[]} operations that were refused for another reason */
      this.refusals = [];
      /** @type {{reason: string, mine: State | null, version: number, ops: object[]} | null} */
      this.stuck = null;
      this.meta = {};
    }

    get key() {
      return this.target.key;
    }
  }

  /**
   * The items of one image. Emits `change(item, before)`, `conflict(conflict)`, `refused(item)` when
   * the server will not take what the person sees, `freed(opIds)` when such operations are done with.
   */
  class Model extends dsb.Emitter {
    /** @param {{id: number, width: number, height: number}} image */
    constructor(image) {
      super();
      this.image = image;
      /** @type {Map<string, Item>} */
      this.items = new Map();
      /** The set that this page shows and draws in: a blind annotator's own, else `truth`. */
      this.set = DEFAULTS.set;
      /** @type {Map<string, Item[]>} what is there by type, until something comes or goes */
      this.known = new Map();
      this.grid = new dsb.Grid(image);
      /** @type {Set<Item>} annotations that the grid has not heard of since they changed */
      this.moved = new Set();
    }

    /** @returns {Item} */
    item(type, key) {
      const name = `${type}:${key}`;
      if (!this.items.has(name)) this.items.set(name, new Item(type, key, this.image.id, this.items.size));
      return this.items.get(name);
    }

    /** @returns {readonly Item[]} what is there, oldest first */
    present(type) {
      if (!this.known.has(type)) {
        const there = [...this.items.values()].filter((item) => item.target.type === type && item.state);
        this.known.set(type, there);
      }
      return this.known.get(type);
    }

    /** @param {Bounds} window @returns {Item[]} the annotations that overlap it, the hindmost first */
    near(window) {
      for (const item of this.moved) {
        const { state } = item;
        this.grid.put(item, state && dsb.tracing.drawable(state).bounds);
      }
      this.moved.clear();
      // Of a wide window a walk is cheaper than to collect and sort.
      if (!this.grid.isWide(window)) return [...this.grid.near(window)].sort(inFront);
      const found = this.annotations.filter((item) => this.grid.overlaps(item, window));
      return found.some(({ state }) => state.level) ? found.sort(inFront) : found;
    }

    get annotations() {
      return this.present('annotation');
    }

    get imageState() {
      return this.item('image_state', String(this.image.id));
    }

    /** @param {string} uid @returns {State | null} */
    annotation(uid) {
      const item = this.items.get(`annotation:${uid}`);
      return item ? item.state : null;
    }

    /** Take the server's answer to "open this image". */
    load({ image, annotations, scribbles, comments = [], set = DEFAULTS.set }) {
      this.set = set;
      for (const wire of annotations) this.settle(this.item('annotation', wire.uid), wire);
      for (const wire of scribbles) this.settle(this.item('scribble', wire.uid), wire);
      for (const wire of comments) this.settle(this.item('comment', wire.uid), wire);
      this.settle(this.imageState, image);
    }

    /** The server's version becomes the truth of an item without operations on their way. */
    settle(item, wire, version) {
      const state = stateFromWire(item.target.type, wire);
      item.server = { version: wire ? wire.version : version || 0, state };
      item.born = true;
      if (wire) {
        const { id, area, bbox, author, created_at: at } = wire;
        item.meta = { id, area, bbox, author, at };
      }
      if (!item.pending && !item.stuck) this.show(item, state);
    }

    /** Change what the person sees. */
    show(item, state) {
      if (equal(item.state, state)) return;
      const before = item.state;
      item.state = state;
      if (!before || !state) this.known.delete(item.target.type);
      if (item.target.type === 'annotation') this.moved.add(item);
      this.emit('change', item, before);
    }

    /**
     * Change an item and make the operation that says so.
     * @param {Item} item
     * @param {State | null} after
     * @param {{group?: string | null, tool?: string}} how
     * @returns {object | null} the operation on the wire, null when nothing changes
     */
    change(item, after, { group = null, tool = '' } = {}) {
      // What the server refused it does not know: the difference is to its own word.
      const before = item.stuck ? item.server.state : item.state;
      this.unstick(item);
      if (equal(before, after)) {
        this.show(item, after);
        return null;
      }
      const kind = after === null ? 'remove' : item.born ? 'change' : 'add';
      const payload = before && after ? difference(before, after) : after || {};
      const op = {
        op_id: dsb.uuid(),
        group_id: group,
        kind,
        target: item.target,
        payload,
        base_version: kind === 'add' ? null : item.head || item.server.version,
        tool,
      };
      item.born = true;
      item.meta = { ...item.meta, area: null };
      this.await(item, op);
      this.show(item, after);
      return op;
    }

    /** What is drawn lies in the set that this page shows. @returns {State | null} */
    placed(type, given) {
      const state = withoutDefaults(given);
      const elsewhere = this.set !== DEFAULTS.set && SEEN.has(type);
      return elsewhere && state && !state.set ? { ...state, set: this.set } : state;
    }

    await(item, op) {
      item.head = op.op_id;
      item.pending++;
    }

    /** Show an operation that waits in the queue since before this image was opened. */
    replay(op) {
      const item = this.item(op.target.type, op.target.key);
      const known = item.state || item.server.state || {};
      item.born = true;
      this.await(item, op);
      this.show(item, op.kind === 'remove' ? null : said(known, op.payload));
    }

    /** Show an operation that the server refused before this image was opened. */
    stick(op, reason) {
      const item = this.item(op.target.type, op.target.key);
      const known = (item.stuck ? item.stuck.mine : item.state) || {};
      const mine = op.kind === 'remove' ? null : said(known, op.payload);
      const ops = [...(item.stuck ? item.stuck.ops : []), op];
      item.stuck = { reason, mine, version: item.server.version, ops };
      if (SEEN.has(op.target.type)) this.show(item, mine);
    }

    /** What was refused is done with: said anew, or given up. */
    unstick(item) {
      if (!item.stuck) return;
      const ids = item.stuck.ops.map((op) => op.op_id);
      item.stuck = null;
      this.emit('freed', ids);
    }

    /** @returns {Item[]} what the server would not take */
    get stuck() {
      return [...this.items.values()].filter((item) => item.stuck);
    }

    /** Take the server's answer to one operation. */
    acknowledge(op, result) {
      if (!FIELDS[op.target.type]) return;
      const item = this.item(op.target.type, op.target.key);
      item.pending = Math.max(0, item.pending - 1);
      if (item.head === op.op_id) item.head = null;
      if (result.outcome === 'accepted') this.accepted(item, op, result);
      else if (result.outcome === 'conflict') this.conflicting(item, op, result);
      else item.refusals.push({ op, reason: result.reason || 'the server refused it' });
      if (item.pending) return;
      if (item.clashed.length) this.clash(item);
      else if (item.refusals.length) this.refuse(item);
      else this.normalise(item);
    }

    /** The store may have clipped or rounded: its numbers are the ones that count. */
    normalise(item) {
      const before = item.state;
      this.show(item, item.server.state);
      if (item.state !== before) this.emit('normalised', before, item.state);
    }

    /** The first annotation moves a new image on, without an operation of its own. */
    begin() {
      const item = this.imageState;
      if (!item.state || item.state.state !== 'new') return;
      const state = { ...item.state, state: 'in_progress' };
      item.server = { ...item.server, state };
      this.show(item, state);
    }

    accepted(item, op, result) {
      if (result.version < item.server.version) return;
      const wire = result.current;
      const merged = op.kind === 'remove' ? null : said(item.server.state, op.payload);
      const state = stateFromWire(item.target.type, wire || merged);
      item.server = { version: result.version, state };
      if (wire && !item.head) {
        item.meta = { id: wire.id, area: wire.area, bbox: wire.bbox, author: wire.author, at: wire.created_at };
        this.emit('meta', item);
      }
    }

    /** A sibling of the operation that met a newer version says nothing of its own target. */
    conflicting(item, op, { current, version, sibling }) {
      item.clashed.push(op);
      if (sibling) return;
      const tombstone = version || item.server.version + 1;
      item.server = {
        version: current ? current.version : tombstone,
        state: stateFromWire(item.target.type, current),
      };
      item.meta = current ? { ...item.meta, author: current.author } : item.meta;
    }

    /** Nothing was overwritten: theirs is shown, mine is handed on with the choice. */
    clash(item) {
      const ops = item.clashed;
      this.emit('freed', item.refusals.map(({ op }) => op.op_id));
      item.clashed = [];
      item.refusals = [];
      const mine = item.state;
      this.show(item, item.server.state);
      this.emit('conflict', {
        opIds: ops.map((op) => op.op_id),
        group: ops[0].group_id,
        sides: [{ item, mine, theirs: item.server.state }],
      });
    }

    /** The person keeps seeing what they drew, marked as not saved. */
    refuse(item) {
      const { refusals } = item;
      item.refusals = [];
      item.stuck = {
        reason: refusals[0].reason,
        mine: item.state,
        version: item.server.version,
        ops: refusals.map(({ op }) => op),
      };
      if (item.server.version === 0) item.born = false;
      if (!SEEN.has(item.target.type)) this.show(item, item.server.state);
      this.emit('refused', item);
    }

    /** Somebody else's latest word on a target. */
    foreign({ target, current }) {
      if (!FIELDS[target.type]) return;
      const item = this.item(target.type, target.key);
      if (current && current.version < item.server.version) return;
      this.settle(item, current, item.server.version + 1);
    }
  }

  dsb.Model = Model;
  dsb.model = { difference, equal, said, stateFromWire };
  if (typeof module !== 'undefined') module.exports = { Model, difference, equal, said, stateFromWire };
})(typeof window !== 'undefined' ? window : globalThis);
