/* The map of objects or images: points on a plain 2-D canvas, a lasso that chooses, what stands out. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const PALETTE = ['#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377', '#e8853a', '#7a6ff0', '#8b93a6'];
  const RAMP = 12;

  /** Is a point inside a closed line? By the even-odd rule. */
  function inside(ring, x, y) {
    let within = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [[x0, y0], [x1, y1]] = [ring[i], ring[j]];
      if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) within = !within;
    }
    return within;
  }

  /** The points inside a ring, by index. */
  function within(ring, xs, ys) {
    const found = [];
    if (ring.length < 3) return found;
    const [across, down] = [ring.map(([x]) => x), ring.map(([, y]) => y)];
    const [x0, x1] = [Math.min(...across), Math.max(...across)];
    const [y0, y1] = [Math.min(...down), Math.max(...down)];
    for (let i = 0; i < xs.length; i++) {
      if (xs[i] < x0 || xs[i] > x1 || ys[i] < y0 || ys[i] > y1) continue;
      if (inside(ring, xs[i], ys[i])) found.push(i);
    }
    return found;
  }

  /** The index of the point nearest to a place, at most `reach` away; -1 if none is. */
  function nearest(xs, ys, x, y, reach) {
    let best = -1;
    let least = reach * reach;
    for (let i = 0; i < xs.length; i++) {
      const distance = (xs[i] - x) ** 2 + (ys[i] - y) ** 2;
      if (distance <= least) [best, least] = [i, distance];
    }
    return best;
  }

  /**
   * Which colour each point has: a class for each word, or a step of a ramp for a number.
   * @returns {{classes: Uint8Array, colours: string[], words: string[]}}
   */
  function coloured(values, known = {}) {
    if (typeof values[0] === 'number') return ramp(values);
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
    const words = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || (a < b ? -1 : 1));
    const last = PALETTE.length - 1;
    const place = new Map(words.map((word, i) => [word, Math.min(i, last)]));
    const colours = PALETTE.map((colour, i) => (i < last && known[words[i]]) || colour);
    return { classes: Uint8Array.from(values, (value) => place.get(value)), colours, words: words.slice(0, last + 1) };
  }

  function ramp(values) {
    const most = values.reduce((high, value) => Math.max(high, value), 0) || 1;
    const classes = Uint8Array.from(values, (value) => Math.min(RAMP - 1, Math.floor((value / most) * RAMP)));
    const colours = Array.from({ length: RAMP }, (_, i) => `hsl(${230 - (220 * i) / (RAMP - 1)} 75% 55%)`);
    return { classes, colours, words: [] };
  }

  dsb.map = { coloured, inside, nearest, within };
  if (typeof module !== 'undefined') module.exports = dsb.map;
  if (!dsb.whenPresent) return;

  dsb.whenPresent('#map', (element, signal) => new MapView(element, signal).open());

  const SIZE = 3;
  const MARGIN = 24;
  const LISTED = 30;

  class MapView {
    constructor(element, signal) {
      this.signal = signal;
      this.slug = element.dataset.slug;
      this.api = `/api/v1/projects/${this.slug}`;
      this.stage = document.getElementById('map-stage');
      this.side = document.getElementById('map-side');
      this.bar = document.getElementById('map-bar');
      this.chosenWords = document.getElementById('map-chosen');
      this.asked = new URLSearchParams(root.location.search);
      this.may = dsb.explore.mayAnnotate(element);
      this.order = 'unusual';
      this.chosen = [];
      this.trail = [];
    }

    async open() {
      this.setChoices();
      const [answer, about] = await Promise.all([
        this.points().catch((error) => error),
        dsb.ask(this.api).catch(() => ({ labels: [] })),
      ]);
      if (this.signal.aborted) return;
      if (answer instanceof Error) {
        this.stage.replaceChildren(dsb.make('p', { className: 'empty' }, answer.message));
        return;
      }
      this.labelColours = Object.fromEntries(about.labels.map(({ name, color }) => [name, color]));
      this.take(answer);
    }

    async points() {
      const { table } = await dsb.ask(`${this.api}/map?${this.asked}`);
      if (!table && !this.may) throw new Error('Nobody has drawn this map yet.');
      if (!table) throw new Error('Choose what to see, then Draw. It runs as a job; you may leave the page meanwhile.');
      return dsb.ask(`${this.api}/map/points?${this.asked}`);
    }

    setChoices() {
      for (const select of this.bar.querySelectorAll('select')) {
        const name = select.dataset.choice;
        const kept = this.asked.get(name);
        if (kept) select.value = kept;
        select.addEventListener('change', () => this.choose(name, select.value), { signal: this.signal });
      }
      this.bar.addEventListener('click', (event) => {
        const { mode } = event.target.dataset;
        if (mode) this.setMode(mode);
      }, { signal: this.signal });
    }

    /** Other points are another address; other colours are not. */
    choose(name, value) {
      this.asked.set(name, value);
      const address = `${root.location.pathname}?${this.asked}`;
      if (name !== 'colour') root.location.assign(address);
      else {
        root.history.replaceState(root.history.state, '', address);
        this.paint();
      }
    }

    setMode(mode) {
      this.mode = mode;
      for (const button of this.bar.querySelectorAll('[data-mode]')) {
        button.setAttribute('aria-pressed', String(button.dataset.mode === mode));
      }
      this.stage.classList.toggle('moving', mode === 'move');
    }

    take({ n, values }) {
      this.n = n;
      this.values = values;
      this.xs = Float32Array.from(values.map_x);
      this.ys = Float32Array.from(values.map_y);
      this.canvas = dsb.make('canvas', {});
      this.over = dsb.make('canvas', { className: 'map-over' });
      this.card = dsb.make('div', { className: 'map-card', hidden: true });
      this.legend = dsb.make('div', { className: 'map-legend' });
      this.stage.replaceChildren(this.canvas, this.over, this.legend, this.card);
      this.setMode(this.may ? 'lasso' : 'move');
      const sized = new ResizeObserver(() => this.resize());
      sized.observe(this.stage);
      this.signal.addEventListener('abort', () => sized.disconnect());
      this.listen();
      this.list();
      this.tell();
    }

    resize() {
      const { clientWidth: width, clientHeight: height } = this.stage;
      const ratio = root.devicePixelRatio || 1;
      for (const canvas of [this.canvas, this.over]) {
        [canvas.width, canvas.height] = [width * ratio, height * ratio];
        canvas.getContext('2d').setTransform(ratio, 0, 0, ratio, 0, 0);
      }
      [this.width, this.height] = [width, height];
      const side = Math.max(10, Math.min(width, height) - 2 * MARGIN);
      this.view = { scale: side, x: (width - side) / 2, y: (height - side) / 2 };
      this.paint();
    }

    // --- painting -------------------------------------------------------------------------------

    paint() {
      if (!this.view || this.frame) return;
      this.frame = root.requestAnimationFrame(() => {
        this.frame = 0;
        this.paintPoints();
        this.paintOver();
      });
    }

    paintPoints() {
      const by = this.asked.get('colour') || 'label';
      if (this.paintedBy !== by) {
        this.colours = coloured(this.values[by], by === 'label' ? this.labelColours : {});
        this.paintedBy = by;
        this.tellColours(by);
      }
      const { classes, colours } = this.colours;
      const { x, y, scale } = this.view;
      const pen = this.canvas.getContext('2d');
      pen.clearRect(0, 0, this.width, this.height);
      const size = this.n > 5000 ? SIZE : 2 * SIZE;
      colours.forEach((colour, wanted) => {
        pen.fillStyle = colour;
        for (let i = 0; i < this.n; i++) {
          if (classes[i] !== wanted) continue;
          pen.fillRect(x + this.xs[i] * scale - size / 2, y + this.ys[i] * scale - size / 2, size, size);
        }
      });
    }

    paintOver() {
      const { x, y, scale } = this.view;
      const pen = this.over.getContext('2d');
      const style = getComputedStyle(this.stage);
      pen.clearRect(0, 0, this.width, this.height);
      pen.strokeStyle = style.getPropertyValue('--ink');
      pen.lineWidth = 1;
      const marked = this.hovered >= 0 ? [...this.chosen, this.hovered] : this.chosen;
      for (const i of marked) pen.strokeRect(x + this.xs[i] * scale - 4, y + this.ys[i] * scale - 4, 8, 8);
      if (this.trail.length < 2) return;
      pen.strokeStyle = style.getPropertyValue('--acc');
      pen.lineWidth = 2;
      pen.beginPath();
      for (const [px, py] of this.trail) pen.lineTo(x + px * scale, y + py * scale);
      pen.stroke();
    }

    tellColours(by) {
      const { words, colours } = this.colours;
      const line = (colour, text) => {
        const swatch = dsb.make('i', { className: 'swatch' });
        swatch.style.background = colour;
        return dsb.make('span', {}, swatch, text);
      };
      const named = words.map((word, i) => line(colours[i], word || '(none)'));
      const ends = [line(colours[0], 'little'), line(colours[colours.length - 1], `very ${by}`)];
      this.legend.replaceChildren(...(words.length ? named : ends));
    }

    // --- the hand -------------------------------------------------------------------------------

    listen() {
      const on = (name, run) => this.stage.addEventListener(name, run, { signal: this.signal });
      on('pointerdown', (event) => this.down(event));
      on('pointermove', (event) => this.move(event));
      on('pointerup', () => this.up());
      on('pointerleave', () => this.point(-1));
      on('dblclick', () => this.hovered >= 0 && root.location.assign(this.placeOf(this.hovered)));
      on('wheel', (event) => this.zoom(event));
      on('keydown', (event) => this.key(event));
    }

    at(event) {
      const box = this.stage.getBoundingClientRect();
      const { x, y, scale } = this.view;
      return [(event.clientX - box.left - x) / scale, (event.clientY - box.top - y) / scale];
    }

    down(event) {
      if (event.target.closest('.map-card')) return;
      this.stage.setPointerCapture(event.pointerId);
      this.dragged = this.mode === 'move' || event.button === 1 || event.shiftKey ? 'move' : 'lasso';
      this.from = [event.clientX, event.clientY];
      this.trail = this.dragged === 'lasso' ? [this.at(event)] : [];
    }

    move(event) {
      if (this.dragged === 'move') {
        this.view.x += event.clientX - this.from[0];
        this.view.y += event.clientY - this.from[1];
        this.from = [event.clientX, event.clientY];
        this.paint();
      } else if (this.dragged) {
        this.trail.push(this.at(event));
        this.paintOver();
      } else {
        const [x, y] = this.at(event);
        this.point(nearest(this.xs, this.ys, x, y, 8 / this.view.scale), event);
      }
    }

    up() {
      if (this.dragged === 'lasso') {
        this.chosen = within(this.trail, this.xs, this.ys);
        this.tell();
      }
      this.dragged = null;
      this.trail = [];
      this.paintOver();
    }

    zoom(event) {
      event.preventDefault();
      const box = this.stage.getBoundingClientRect();
      const factor = Math.exp(-event.deltaY / 400);
      const [px, py] = [event.clientX - box.left, event.clientY - box.top];
      const { x, y, scale } = this.view;
      this.view = { scale: scale * factor, x: px - (px - x) * factor, y: py - (py - y) * factor };
      this.paint();
    }

    key(event) {
      if (event.key === 'Escape') this.chosen = [];
      else if (event.key === '0') this.resize();
      else if (event.key === 'Enter' && this.chosen.length) this.show();
      else return;
      event.preventDefault();
      this.tell();
      this.paint();
    }

    point(index, event) {
      if (index !== this.hovered) {
        this.hovered = index;
        this.paintOver();
        this.card.hidden = index < 0;
        if (index >= 0) this.card.replaceChildren(...this.describe(index));
      }
      if (index < 0 || !event) return;
      const box = this.stage.getBoundingClientRect();
      const [px, py] = [event.clientX - box.left, event.clientY - box.top];
      this.card.style.left = `${px > this.width / 2 ? px - 176 : px + 16}px`;
      this.card.style.top = `${Math.max(4, Math.min(py - 60, this.height - 200))}px`;
    }

    // --- what a point is ------------------------------------------------------------------------

    placeOf(i) {
      const { image_id: images, uid } = this.values;
      return dsb.explore.placeOf(this.slug, { image_id: images[i], uid: uid[i] });
    }

    describe(i) {
      const { image, label, author } = this.values;
      const words = [label[i], author[i]].filter(Boolean).join(' · ');
      return [this.picture(i), dsb.make('b', {}, image[i].split('/').pop()), dsb.make('span', { className: 'dim' }, words)];
    }

    /** The image, or the object cut out of it. */
    picture(i) {
      const values = this.values;
      const [width, height] = [values.image_width[i], values.image_height[i]];
      const box = values.box_x
        ? [values.box_x[i], values.box_y[i], values.box_width[i], values.box_height[i]]
        : [0, 0, width, height];
      const side = Math.max(box[2], box[3]) * (values.box_x ? 1.5 : 1);
      const small = side * 4 < Math.max(width, height);
      const source = `${this.api}/images/${values.image_id[i]}/pixels/${small ? 'preview' : 'thumb'}`;
      const picture = dsb.make('img', { src: source, alt: '', loading: 'lazy' });
      const scale = 100 / side;
      picture.style.width = `${width * scale}%`;
      picture.style.left = `${50 - (box[0] + box[2] / 2) * scale}%`;
      picture.style.top = `${50 - (box[1] + box[3] / 2) * scale}%`;
      return dsb.make('div', { className: 'map-picture' }, picture);
    }

    // --- beside the map -------------------------------------------------------------------------

    tell() {
      if (!this.may) return;
      const images = new Set(this.chosen.map((i) => this.values.image_id[i]));
      const words = this.chosen.length
        ? `${this.chosen.length.toLocaleString('en')} chosen `
        : 'A ring drawn with the lasso chooses points ';
      const parts = [dsb.make('span', { className: 'dim' }, words)];
      if (images.size) {
        const noun = images.size === 1 ? 'image' : 'images';
        const show = dsb.make('button', { type: 'button', className: 'button primary' }, `Show ${images.size.toLocaleString('en')} ${noun}`);
        show.addEventListener('click', () => this.show());
        parts.push(show);
      }
      this.chosenWords.replaceChildren(...parts);
    }

    show() {
      const images = [...new Set(this.chosen.map((i) => this.values.image_id[i]))];
      dsb.explore.pick(this.slug, { images });
    }

    /** What stands out, first. */
    list() {
      const order = dsb.make('select', { 'aria-label': 'Which come first' });
      for (const [value, words] of [['unusual', 'Unusual first'], ['doubtful', 'Doubtful labels first']]) {
        order.append(dsb.make('option', { value }, words));
      }
      const sheet = dsb.make('div', { className: 'map-list' });
      order.addEventListener('change', () => {
        this.order = order.value;
        this.fill(sheet);
      });
      this.side.replaceChildren(order, sheet);
      this.fill(sheet);
    }

    fill(sheet) {
      const scores = this.values[this.order];
      const first = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]).slice(0, LISTED);
      const rows = first.filter((i) => scores[i] > 0).map((i) => {
        const said = this.order === 'unusual' ? `${scores[i].toFixed(1)} × usual` : `${Math.round(scores[i] * 100)} % others`;
        const words = dsb.make('span', { className: 'dim' }, `${this.values.label[i]} · ${said}`);
        const far = this.order === 'unusual' ? ': how far it is from what is most like it' : '';
        const row = dsb.make('a', { href: this.placeOf(i), title: `${this.values.image[i]}${far}` }, this.picture(i), words);
        row.addEventListener('pointerenter', () => this.point(i));
        return row;
      });
      sheet.replaceChildren(...(rows.length ? rows : [dsb.make('p', { className: 'dim' }, 'Nothing stands out.')]));
    }
  }
})(typeof window !== 'undefined' ? window : globalThis);
