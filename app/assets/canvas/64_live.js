/** The mask under the brush: a canvas of its own, on which only the painted region changes. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /** Shows one raster while it is being painted. */
  class Live {
    /** @param {HTMLElement} surface @param {dsb.View} view */
    constructor(surface, view) {
      this.view = view;
      this.canvas = document.createElement('canvas');
      this.canvas.className = 'canvas-layer';
      this.canvas.hidden = true;
      surface.append(this.canvas);
      this.context = this.canvas.getContext('2d');
      this.raster = null;
      this.dirty = null;
      this.frame = 0;
      view.on('moved rested', () => this.all());
    }

    resize({ width, height }) {
      this.ratio = root.devicePixelRatio || 1;
      this.canvas.width = Math.round(width * this.ratio);
      this.canvas.height = Math.round(height * this.ratio);
      this.all();
    }

    /** @param {dsb.Raster | null} raster @param {string} color */
    show(raster, color) {
      this.canvas.hidden = !raster;
      const fresh = !raster || !this.raster || this.raster.bits !== raster.bits;
      if (raster && (fresh || this.color !== color)) {
        this.picture = dsb.shapes.coloured(raster, color);
        this.pixels = this.picture.getContext('2d');
      }
      Object.assign(this, { raster, color });
      this.all();
    }

    /** Pixels of this region changed. @param {[number, number, number, number]} box */
    touch(box) {
      this.recolour(box);
      this.dirty = dsb.geometry.union(this.dirty, box);
      this.ask();
    }

    recolour([x0, y0, x1, y1]) {
      const { raster, pixels } = this;
      const [width, height] = [x1 - x0, y1 - y0];
      const image = pixels.createImageData(width, height);
      const words = new Uint32Array(image.data.buffer);
      const word = dsb.shapes.colorWord(this.color);
      for (let y = 0; y < height; y++) {
        const from = (y + y0 - raster.y) * raster.width + x0 - raster.x;
        for (let x = 0; x < width; x++) if (raster.bits[from + x]) words[y * width + x] = word;
      }
      pixels.putImageData(image, x0 - raster.x, y0 - raster.y);
    }

    all() {
      this.full = true;
      if (this.raster) this.ask();
    }

    ask() {
      if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
    }

    paint() {
      this.frame = 0;
      const { canvas, context } = this;
      context.setTransform(1, 0, 0, 1, 0, 0);
      if (this.full) context.clearRect(0, 0, canvas.width, canvas.height);
      if (this.raster && this.raster.width) this.paintPart(this.full ? null : this.dirty);
      this.full = false;
      this.dirty = null;
    }

    /** Whole device pixels around the region, so that no seam shows at its edge. */
    paintPart(box) {
      const { context, ratio, raster } = this;
      const { x, y, scale } = this.view.place;
      const k = scale * ratio;
      context.save();
      if (box) {
        const [a, b] = [this.view.toStage(box), this.view.toStage(box.slice(2))];
        const [left, top] = a.map((v) => Math.floor(v * ratio) - 1);
        const [right, bottom] = b.map((v) => Math.ceil(v * ratio) + 1);
        context.beginPath();
        context.rect(left, top, right - left, bottom - top);
        context.clip();
        context.clearRect(left, top, right - left, bottom - top);
      }
      context.setTransform(k, 0, 0, k, -x * k, -y * k);
      context.imageSmoothingEnabled = scale < 2;
      context.globalAlpha = 0.45;
      context.drawImage(this.picture, raster.x, raster.y, raster.width, raster.height);
      context.restore();
    }
  }

  dsb.Live = Live;
})(window);
