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

  /** @type {WeakMap<object, object>} what is computed once per immutable state */
  const known = new WeakMap();

  /** Path, bounds and pixels of a state, computed when first needed. */
  function drawable(state) {
    let entry = known.get(state);
    if (!entry) {
      entry = { bounds: geometry.bounds(state.kind, state.geometry) };
      known.set(state, entry);
    }
    return entry;
  }

  function pathOf(state) {
    const entry = drawable(state);
    if (!entry.path) entry.path = new Path2D(pathText(state.kind, state.geometry));
    return entry.path;
  }

  /** An outline as SVG path text. */
  function pathText(kind, shape) {
    if (kind === 'box') {
      return `M${shape.x} ${shape.y}h${shape.width}v${shape.height}h${-shape.width}Z`;
    }
    return geometry
      .ringsOf(shape)
      .map((ring) => `M${ring.map(([x, y]) => `${x} ${y}`).join('L')}Z`)
      .join('');
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
      if (kind === 'tag') entry.area = 0;
      else if (kind === 'box') entry.area = shape.width * shape.height;
      else entry.area = kind === 'mask' ? dsb.rle.maskArea(shape) : geometry.polygonArea(shape);
    }
    return entry.area;
  }

  /** Is the point on the object? Lines count `slack` image pixels around them. */
  function hits(state, point, slack = 0) {
    const box = drawable(state).bounds;
    if (!box) return false;
    const wide = [box[0] - slack, box[1] - slack, box[2] + slack, box[3] + slack];
    if (!geometry.within(wide, point)) return false;
    if (state.kind === 'mask') return dsb.raster.at(rasterOf(state), point);
    if (state.kind === 'box' || geometry.insidePolygon(state.geometry, point)) return true;
    return geometry.nearestEdge(state.geometry, point).distance <= slack;
  }

  /** The canvas of objects at rest. */
  class Scene {
    /**
     * @param {HTMLElement} surface
     * @param {dsb.View} view
     * @param {() => Iterable<{state: object, color: string, strong: boolean}>} list what to paint
     */
    constructor(surface, view, list) {
      Object.assign(this, { view, list });
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
      const seen = [];
      for (const entry of this.list()) {
        const { bounds } = drawable(entry.state);
        if (bounds && geometry.overlap(bounds, window)) seen.push(entry);
      }
      for (const entry of seen) if (entry.state.kind === 'mask') this.drawMask(entry);
      for (const entry of seen) if (entry.state.kind !== 'mask') this.drawShape(entry);
    }

    drawMask({ state, color, strong }) {
      const { x, y, width, height } = state.geometry;
      this.context.imageSmoothingEnabled = this.view.scale < 2;
      this.context.globalAlpha = strong ? 0.45 : 0.36;
      this.context.drawImage(pictureOf(state, color), x, y, width, height);
      this.context.globalAlpha = 1;
    }

    drawShape({ state, color }) {
      const path = pathOf(state);
      this.context.fillStyle = `${color}22`;
      this.context.fill(path, 'evenodd');
      this.context.strokeStyle = color;
      this.context.stroke(path);
    }
  }

  dsb.Scene = Scene;
  dsb.shapes = { areaOf, coloured, colorWord, drawable, hits, outlineOf, pathText, pictureOf, rasterOf };
})(window);
