/**
 * The objects at rest, on one canvas. A change repaints its own region only; while the view moves
 * over a heavy scene the painted bitmap is moved, and painted again when the view pauses.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const geometry = dsb.geometry;
  const FRINGE = 6;
  const HEAVY = 20;
  const FAR_TOO_HEAVY = 50;
  const LINE = 1.5;
  const DOT = 4;
  const THIN = 2;

  const { drawable } = dsb.tracing;

  function pathOf(state, skeleton) {
    const entry = drawable(state);
    if (!entry.path || entry.skeleton !== skeleton) {
      entry.path = dsb.tracing.pathOf(state, skeleton);
      entry.skeleton = skeleton;
    }
    return entry.path;
  }

  /** @returns {dsb.Raster} the pixels of a mask */
  function rasterOf(state) {
    const entry = drawable(state);
    if (!entry.raster) entry.raster = dsb.rle.rasterFromMask(state.geometry);
    return entry.raster;
  }

  function outlineOf(state) {
    const entry = drawable(state);
    if (!entry.outline) entry.outline = dsb.raster.outline(rasterOf(state));
    return entry.outline;
  }

  /** The pixels of a mask as a canvas in one colour. */
  function pictureOf(state, color) {
    const entry = drawable(state);
    if (entry.color !== color) {
      entry.picture = coloured(rasterOf(state), color);
      entry.color = color;
    }
    return entry.picture;
  }

  function coloured({ width, height, bits }, color) {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const word = colorWord(color);
    for (let k = 0; k < bits.length; k++) if (bits[k]) pixels[k] = word;
    context.putImageData(image, 0, 0);
    return canvas;
  }

  /** `#rrggbb` as an opaque pixel in the byte order of ImageData (little-endian). */
  function colorWord(color) {
    const value = parseInt(color.slice(1), 16);
    return ((255 << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
  }

  /** Covered pixels, as far as the browser can tell without the server. */
  function areaOf(state) {
    const entry = drawable(state);
    if (entry.area === undefined) {
      const { kind, geometry: shape } = state;
      entry.area = dsb.kinds.area(kind, shape);
    }
    return entry.area;
  }

  /** Is the point on the object? Lines count `slack` image pixels around them. */
  function hits(state, point, slack = 0) {
    const box = drawable(state).bounds;
    if (!box) return false;
    // A line or a dot is thin: it is found from a little further away.
    const reach = dsb.kinds.isOpen(state.kind) ? slack * THIN : slack;
    const wide = [box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach];
    if (!geometry.within(wide, point)) return false;
    if (state.kind === 'mask') return dsb.raster.at(rasterOf(state), point);
    return dsb.kinds.hits(state.kind, state.geometry, point, reach);
  }

  /** The levels of what is painted, the hindmost first. */
  const levelsOf = (seen) => [...new Set(seen.map(({ state }) => state.level || 0))].sort((a, b) => a - b);

  /** The canvas of objects at rest. */
  class Scene {
    /**
     * @param {HTMLElement} surface
     * @param {dsb.View} view
     * @param {(window: Bounds) => Iterable<{state: object, color: string, strong: boolean}>} list
     *   what to paint of a window in image pixels
     */
    constructor(surface, view, list) {
      Object.assign(this, { view, list });
      /** @type {{opacity: number, outlined?: boolean}} how fills are painted */
      this.look = { opacity: 50 };
      this.canvas = document.createElement('canvas');
      this.canvas.className = 'canvas-layer';
      surface.append(this.canvas);
      this.context = this.canvas.getContext('2d');
      this.full = true;
      this.dirty = null;
      this.cost = 0;
      this.frame = 0;
      this.late = 0;
      /** Milliseconds of the last paints, for measurements. */
      this.times = [];
      view.on('moved rested', () => this.all());
    }

    resize({ width, height }) {
      this.ratio = root.devicePixelRatio || 1;
      this.canvas.width = Math.round(width * this.ratio);
      this.canvas.height = Math.round(height * this.ratio);
      this.painted = null;
      this.all();
    }

    /** Everything has to be painted again. */
    all() {
      this.full = true;
      this.dirty = null;
      this.ask();
    }

    /** This region (image pixels) has to be painted again. */
    touch(bounds) {
      if (this.full || !bounds) return;
      this.dirty = geometry.union(this.dirty, bounds);
      this.ask();
    }

    ask() {
      if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
    }

    paint() {
      this.frame = 0;
      const started = performance.now();
      if (this.full && this.view.moving && this.painted && this.cost > HEAVY) {
        this.slide();
        return;
      }
      if (this.full) this.paintAll();
      else if (this.dirty) this.paintRegion(this.dirty);
      const full = this.full;
      this.full = false;
      this.dirty = null;
      this.times.push(performance.now() - started);
      if (this.times.length > 300) this.times.shift();
      if (full) requestAnimationFrame(() => this.weigh(performance.now() - started));
    }

    weigh(milliseconds) {
      this.cost = this.cost ? 0.6 * this.cost + 0.4 * milliseconds : milliseconds;
    }

    /** Does the bitmap show another place than the view? */
    slid() {
      const [a, b] = [this.painted, this.view.place];
      return !a || a.x !== b.x || a.y !== b.y || a.scale !== b.scale;
    }

    /** Move the bitmap that is there instead of painting. */
    slide() {
      const [from, to] = [this.painted, this.view.place];
      const [dx, dy] = [(from.x - to.x) * to.scale, (from.y - to.y) * to.scale];
      this.canvas.style.transform = `translate(${dx}px,${dy}px) scale(${to.scale / from.scale})`;
      this.full = false;
      if (this.late || this.cost > FAR_TOO_HEAVY) return;
      this.late = setTimeout(() => {
        this.late = 0;
        this.painted = null;
        this.all();
      }, 120);
    }

    paintAll() {
      const { canvas, context } = this;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      canvas.style.transform = '';
      this.painted = { ...this.view.place };
      const { width, height } = this.view.stage;
      this.draw([...this.view.toImage([0, 0]), ...this.view.toImage([width, height])]);
    }

    paintRegion(dirty) {
      const { context, ratio } = this;
      const [x0, y0] = this.view.toStage(dirty).map((v) => Math.floor((v - FRINGE) * ratio));
      const [x1, y1] = this.view.toStage(dirty.slice(2)).map((v) => Math.ceil((v + FRINGE) * ratio));
      context.save();
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.beginPath();
      context.rect(x0, y0, x1 - x0, y1 - y0);
      context.clip();
      context.clearRect(x0, y0, x1 - x0, y1 - y0);
      const grow = FRINGE / this.view.scale;
      this.draw([dirty[0] - grow, dirty[1] - grow, dirty[2] + grow, dirty[3] + grow]);
      context.restore();
    }

    draw(window) {
      const { context } = this;
      const { x, y, scale } = this.view.place;
      const k = scale * this.ratio;
      context.setTransform(k, 0, 0, k, -x * k, -y * k);
      context.lineJoin = 'round';
      context.lineWidth = LINE / scale;
      const seen = [...this.list(window)];
      for (const level of levelsOf(seen)) {
        const here = seen.filter(({ state }) => (state.level || 0) === level);
        for (const entry of here) if (entry.state.kind === 'mask') this.drawEntry(entry, this.drawMask);
        for (const entry of here) if (entry.state.kind !== 'mask') this.drawEntry(entry, this.drawShape);
      }
    }

    /** From far away an object is a speck; one that is carried is drawn where it is now. */
    drawEntry(entry, draw) {
      const { context } = this;
      const { shift } = entry;
      if (shift) context.translate(shift[0], shift[1]);
      if (dsb.tracing.isSpeck(entry.state, this.view.scale)) this.drawSpeck(entry);
      else draw.call(this, entry);
      if (shift) context.translate(-shift[0], -shift[1]);
    }

    /** A spot of at least one device pixel. */
    drawSpeck({ state, color, strong }) {
      const [x0, y0, x1, y1] = drawable(state).bounds;
      const least = 1 / (this.view.scale * this.ratio);
      this.context.fillStyle = strong ? color : `${color}b0`;
      this.context.fillRect(x0, y0, Math.max(least, x1 - x0), Math.max(least, y1 - y0));
    }

    /** How much of a fill is to be seen. */
    alpha(meant) {
      return this.look.outlined ? 0 : dsb.colors.alpha(meant, this.look.opacity);
    }

    drawMask({ state, color, strong }) {
      const { x, y, width, height } = state.geometry;
      if (this.look.outlined) this.drawOutline(state, color);
      this.context.imageSmoothingEnabled = this.view.scale < 2;
      this.context.globalAlpha = this.alpha(strong ? 0.45 : 0.36);
      this.context.drawImage(pictureOf(state, color), x, y, width, height);
      this.context.globalAlpha = 1;
    }

    drawOutline(state, color) {
      const entry = drawable(state);
      entry.line = entry.line || new Path2D(outlineOf(state));
      this.context.strokeStyle = color;
      this.context.stroke(entry.line);
    }

    drawShape({ state, color, strong, skeleton }) {
      const path = pathOf(state, skeleton);
      if (!dsb.kinds.isOpen(state.kind)) {
        this.context.fillStyle = color;
        this.context.globalAlpha = this.alpha(strong ? 0.33 : 0.13);
        this.context.fill(path, 'evenodd');
        this.context.globalAlpha = 1;
      }
      this.context.strokeStyle = color;
      this.context.lineWidth = (strong ? 2 * LINE : LINE) / this.view.scale;
      this.context.stroke(path);
      this.context.lineWidth = LINE / this.view.scale;
      for (const dot of dsb.kinds.dots(state.kind, state.geometry)) this.drawDot(dot, color);
    }

    /** A place of one size at every zoom; a hidden keypoint is hollow. */
    drawDot([x, y, seen = 2], color) {
      const { context } = this;
      context.beginPath();
      context.arc(x, y, DOT / this.view.scale, 0, 2 * Math.PI);
      context.fillStyle = seen === 1 ? '#ffffffcc' : color;
      context.fill();
      context.strokeStyle = seen === 1 ? color : '#ffffffcc';
      context.stroke();
    }
  }

  dsb.Scene = Scene;
  dsb.shapes = { THIN, areaOf, coloured, colorWord, drawable, hits, outlineOf, pictureOf, rasterOf };
})(window);
