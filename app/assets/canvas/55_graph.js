/**
 * The plotly figure under the stage: it owns the picture and the axes, nothing else.
 *
 * Two layout images lie on top of each other, the preview and, once the zoom needs it, the full
 * resolution. While the view moves their nodes are placed by hand; plotly hears of it once, when the
 * view rests. Only `relayout` is used: dcc.Graph keeps its keys, and would undo anything else.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const PREVIEW_SIDE = 2048;
  // plotly keys images by their placement: two with the same size would be drawn as one.
  const APART = 1e-3;

  /** Emits `resized` when the stage has another size. */
  class Graph extends dsb.Emitter {
    /** @param {HTMLElement} node plotly's own graph div @param {dsb.View} view */
    constructor(node, view) {
      super();
      Object.assign(this, { node, view });
      this.own = 0;
      this.sources = ['', ''];
      this.image = null;
      this.onPlot = () => this.plotted();
      node.on('plotly_afterplot', this.onPlot);
    }

    get container() {
      return this.node.querySelector('.svg-container');
    }

    get size() {
      const { w, h } = this.node._fullLayout._size;
      return { width: w, height: h };
    }

    /** How many preview pixels stand for one image pixel. */
    get previewScale() {
      return Math.min(1, PREVIEW_SIDE / Math.max(this.image.width, this.image.height));
    }

    /** @param {{width: number, height: number}} image @param {string} preview @param {string} full */
    show(image, preview, full) {
      this.image = image;
      this.full = full;
      this.sources = [preview, ''];
      return this.tell();
    }

    tell() {
      const up = { ...this.ranges() };
      this.sources.forEach((source, i) => {
        up[`images[${i}].source`] = source;
        up[`images[${i}].sizex`] = this.image.width + i * APART;
        up[`images[${i}].sizey`] = this.image.height;
        up[`images[${i}].visible`] = source !== '';
      });
      return this.relayout(up);
    }

    ranges() {
      const { x, y, scale } = this.view.place;
      const { width, height } = this.size;
      return {
        'xaxis.range': [x, x + width / scale],
        'yaxis.range': [y + height / scale, y],
        'xaxis.autorange': false,
        'yaxis.autorange': false,
      };
    }

    async relayout(up) {
      this.own++;
      try {
        await root.Plotly.relayout(this.node, up);
      } finally {
        this.own--;
      }
      this.place();
    }

    /** The view rests: plotly learns the ranges and, if the zoom needs it, the full resolution. */
    settle() {
      if (!this.image) return null;
      if (!this.sources[1] && this.needsFull()) this.sources[1] = this.full;
      return this.tell();
    }

    needsFull() {
      const pixels = this.view.scale * (root.devicePixelRatio || 1);
      return this.previewScale < 1 && pixels > 1.05 * this.previewScale;
    }

    /** Put plotly's own image nodes where the view is. */
    place() {
      if (!this.image) return;
      const { x, y, scale } = this.view.place;
      for (const node of this.node.querySelectorAll('.layer-below image, .imagelayer image')) {
        node.setAttribute('x', -x * scale);
        node.setAttribute('y', -y * scale);
        node.setAttribute('width', this.image.width * scale);
        node.setAttribute('height', this.image.height * scale);
        node.style.imageRendering = scale >= 3 ? 'pixelated' : 'auto';
      }
    }

    /** Show the picture through a filter of the page; '' shows it as it is. */
    filter(name) {
      this.toned = name;
      for (const layer of this.node.querySelectorAll('.imagelayer')) layer.style.filter = name;
    }

    /** Somebody made plotly draw: after a resize or a figure from the server our word counts. */
    plotted() {
      if (this.toned) this.filter(this.toned);
      if (this.own || !this.image) return;
      const { width, height } = this.size;
      if (width !== this.view.stage.width || height !== this.view.stage.height) this.emit('resized');
      const images = this.node._fullLayout.images || [];
      const lost = this.sources.some((source, i) => source && (images[i] || {}).source !== source);
      if (lost || this.strayed()) this.tell();
      else this.place();
    }

    strayed() {
      const { x, y, scale } = this.view.place;
      const [left] = this.node._fullLayout.xaxis.range;
      const top = Math.min(...this.node._fullLayout.yaxis.range);
      return !this.view.moving && Math.hypot(left - x, top - y) * scale > 0.5;
    }

    detach() {
      if (this.node.removeListener) this.node.removeListener('plotly_afterplot', this.onPlot);
    }
  }

  dsb.Graph = Graph;
})(window);
