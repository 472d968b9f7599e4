'use strict';
/**
 * An editor without a browser: the scripts of the canvas before a tiny server that keeps versions,
 * with hands that speak in image pixels. Layers only note that they were asked.
 */
const path = require('node:path');
const fs = require('node:fs');

const CANVAS = path.join(__dirname, '../../app/assets/canvas');
const WITHOUT_PAGE = /^(0|1|2|3|40|50|60|69|7|80|81)/;

globalThis.window = globalThis;
globalThis.localStorage = {
  kept: {},
  getItem: (key) => globalThis.localStorage.kept[key] ?? null,
  setItem: (key, value) => {
    globalThis.localStorage.kept[key] = value;
  },
};
globalThis.location = { pathname: '/' };
globalThis.history = { pushState: (_, __, address) => (globalThis.location.pathname = address) };
globalThis.Image = class {};
globalThis.Path2D = class {};
globalThis.requestAnimationFrame = (run) => setImmediate(run);
for (const name of fs.readdirSync(CANVAS).sort()) {
  if (WITHOUT_PAGE.test(name)) require(path.join(CANVAS, name));
}
const { dsb } = globalThis;

const LABELS = [
  { id: 1, name: 'cell', color: '#e4572e' },
  { id: 2, name: 'leaf', color: '#3a86ff' },
];

/** A server for one project: accepts what stands on the current version, else it is a conflict. */
class Server {
  constructor(images = 3) {
    this.images = Array.from({ length: images }, (_, k) => ({
      id: k + 1, name: `${k + 1}.png`, width: 100, height: 80, state: 'new', comment: '', version: 1,
      sha256: 'ab', dtype: 'uint8', channels: 3,
    }));
    /** @type {Map<string, object>} wire objects by image, type and key; null when removed */
    this.things = new Map();
    this.versions = new Map();
    this.requests = [];
    this.down = false;
    this.proposals = [];
    this.steps = [];
    this.labels = LABELS;
    /** ids of images that others work on */
    this.held = [];
  }

  all(type, image) {
    return [...this.things].filter(([name, wire]) => wire && name.startsWith(`${image}/${type}/`)).map(([, wire]) => wire);
  }

  open(id) {
    const image = this.images.find((one) => one.id === id);
    return {
      project: { slug: 'p', name: 'P', n_images: this.images.length, states: {} },
      image, labels: LABELS, seq: 1, position: id,
      annotations: this.all('annotation', id), scribbles: this.all('scribble', id),
      previous: id > 1 ? id - 1 : null, next: id < this.images.length ? id + 1 : null,
    };
  }

  operations(slug, image, body) {
    if (this.down) throw new TypeError('Failed to fetch');
    this.requests.push(structuredClone(body));
    return { status: 200, body: { results: body.operations.map((op) => this.carryOut(op, image)), others: [], seq: 2 } };
  }

  carryOut({ op_id, kind, target, payload, base_version: base }, image) {
    const name = `${image}/${target.type}/${target.key}`;
    const version = this.versions.get(name) || (target.type === 'image_state' ? 1 : 0);
    if (kind === 'add' && version) return { op_id, outcome: 'refused', reason: `${target.key} was there before` };
    const stands = kind === 'add' || base === version || this.versions.get(base) === version;
    if (!stands) return { op_id, outcome: 'conflict', version, current: this.things.get(name) ?? null };
    const wire = kind === 'remove' ? null : { uid: target.key, ...dsb.model.said(this.things.get(name), payload), version: version + 1 };
    this.things.set(name, wire);
    this.versions.set(name, version + 1);
    this.versions.set(op_id, version + 1);
    return { op_id, outcome: 'accepted', version: version + 1, current: wire };
  }

  /** The queue: the first image behind the one that is left, of those that nobody else has. */
  take(leaving) {
    if (this.down) throw new TypeError('Failed to fetch');
    const image = this.images.find(({ id }) => id > leaving && !this.held.includes(id));
    return { status: 200, body: { image: image ? { id: image.id } : null } };
  }

  /** Somebody else writes. */
  write(image, key, fields) {
    const name = `${image}/annotation/${key}`;
    const version = this.versions.get(name) + 1;
    this.versions.set(name, version);
    this.things.set(name, { ...this.things.get(name), ...fields, version, author: 'bob' });
    return this.things.get(name);
  }
}

const layer = () => ({ all() {}, touch() {}, ask() {}, shown: null, show(raster) { this.shown = raster; } });

/** @returns {Promise<object>} an editor with the first image open, its server, and hands */
async function bench(server = new Server()) {
  const journal = { healthy: true, write() {}, remove() {}, keepRefused() {}, refused: () => [], dropRefused() {} };
  const timers = [];
  const queue = new dsb.Queue({
    journal, client: 'me', setTimer: (run) => timers.push(run),
    post: async (...request) => server.operations(...request),
  });
  Object.assign(dsb, {
    client: {
      openImage: async (_, id) => ({ status: server.down ? 0 : 200, body: server.open(id) }),
      take: async (_, leaving) => server.take(leaving),
      prepare: async () => ({}),
      steps: async () => ({ status: 200, body: { steps: server.steps } }),
      labels: async () => ({ status: 200, body: { labels: server.labels } }),
      refine: async (slug, image, route, body) => ({ status: 200, body: await server.proposals.shift()(body, route) }),
      pixels: () => '',
    },
  });
  const editor = new dsb.Editor(queue);
  Object.assign(editor, { scene: layer(), crowd: layer(), live: layer(), activeLayer: layer(), surface: { style: {}, focus() {} } });
  editor.graph = { show: async () => {} };
  editor.prefetch = () => {};
  editor.view.resize({ width: 148, height: 184 });
  queue.on('answer', (entry, result) => {
    if (editor.slug === entry.slug && editor.image.id === entry.image) editor.model.acknowledge(entry.op, result);
    editor.stored(entry, result);
  });
  const hints = [];
  const conflicts = [];
  editor.on('hint', (text) => text && hints.push(text));
  editor.on('conflict', (conflict) => conflicts.push(conflict));
  await editor.open('p', 1);
  return { editor, server, queue, timers, hints, conflicts, ...hands(editor) };
}

/** Pointer and keys; `settled` waits until nothing is under way. */
function hands(editor) {
  const touch = (point, more = {}) => ({
    point, inside: dsb.geometry.settled(point, editor.image), trail: [point], handle: null,
    alt: false, shift: false, button: 0, ...more,
  });
  const handle = (point) =>
    editor.tool.parts().find((part) => part.is === 'handle' && dsb.geometry.distance(part.point, point) < 1) || null;
  const drag = (points, more = {}) => {
    const first = touch(points[0], more);
    if (!more.plain) first.handle = handle(points[0]);
    if (!editor.tool.down(first)) return;
    for (const point of points.slice(1)) editor.tool.drag(touch(point, more));
    editor.tool.up(touch(points[points.length - 1], more));
  };
  const click = (point, more = {}) => drag([point], more);
  const press = (...names) => {
    for (const name of names) {
      const parts = name.split('+');
      const key = parts.pop();
      const event = {
        key, code: /^\d$/.test(key) ? `Digit${key}` : '', target: {}, altKey: false, metaKey: false,
        ctrlKey: parts.includes('ctrl'), shiftKey: parts.includes('shift'),
      };
      dsb.keys.press(editor, event);
    }
  };
  const settled = async () => {
    for (let k = 0; k < 20; k++) await new Promise(setImmediate);
  };
  const states = () => editor.model.annotations.map(({ state }) => state);
  return { drag, click, press, settled, states };
}

module.exports = { Server, bench };
