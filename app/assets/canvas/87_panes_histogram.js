/** The histogram of the picture, with the window on it that can be dragged. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const HEIGHT = 64;
  const FINE = 200;
  const NAMES = ['Black', 'White'];

  /** A value as a person reads it. */
  const words = (value, whole) => (whole ? String(Math.round(value)) : value.toPrecision(4));

  class HistogramPane {
    /** @param {dsb.Display} display */
    constructor(display) {
      this.display = display;
      this.canvas = dsb.make('canvas', { className: 'histogram-bars', height: HEIGHT, 'aria-hidden': 'true' });
      this.band = dsb.make('div', { className: 'histogram-band' });
      this.knobs = NAMES.map((name, end) => this.knob(name, end));
      this.node = dsb.make('div', { className: 'histogram' }, this.canvas, this.band, ...this.knobs);
      this.drag(this.band, (range, by) => range.map((value) => value + by));
    }

    /** One end of the window: a slider for the hand and for the arrow keys. */
    knob(name, end) {
      const knob = dsb.make('div', {
        className: 'histogram-knob', tabIndex: 0, role: 'slider', 'aria-label': `${name} at`,
      });
      this.drag(knob, (range, by) => range.map((value, k) => (k === end ? value + by : value)), end);
      knob.addEventListener('keydown', (event) => {
        const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
        if (!direction) return;
        event.preventDefault();
        event.stopPropagation();
        const step = Math.max(this.display.least, this.span / FINE) * (event.shiftKey ? 10 : 1);
        this.move(this.range.map((value, k) => (k === end ? value + direction * step : value)), end);
      });
      return knob;
    }

    /** Values that the drawing is wide: a little more than there are. */
    get scale() {
      const { low, high } = this.display.histogram;
      const [black, white] = this.range;
      return [Math.min(low, black), Math.max(high, white)];
    }

    get span() {
      const [first, last] = this.scale;
      return last - first || 1;
    }

    get range() {
      const { tone, histogram } = this.display;
      return dsb.tones.windowOf(tone, histogram);
    }

    drag(node, changed, end) {
      node.addEventListener('pointerdown', (event) => {
        if (!this.display.histogram) return;
        event.preventDefault();
        node.setPointerCapture(event.pointerId);
        const [from, range] = [event.clientX, this.range];
        const perPixel = this.span / this.node.clientWidth;
        node.onpointermove = (next) => this.move(changed(range, (next.clientX - from) * perPixel), end);
      });
      for (const name of ['pointerup', 'pointercancel']) {
        node.addEventListener(name, () => (node.onpointermove = null));
      }
    }

    /** A window is not turned round: the end that is moved stops before the other one. */
    move([black, white], end) {
      const { least } = this.display;
      const range = end === 0 ? [Math.min(black, white - least), white] : [black, Math.max(white, black + least)];
      this.display.set({ range });
    }

    draw() {
      const { histogram } = this.display;
      this.node.classList.toggle('unknown', !histogram);
      if (!histogram) return;
      this.bars(histogram);
      const [first] = this.scale;
      const places = this.range.map((value) => (100 * (value - first)) / this.span);
      this.band.style.left = `${places[0]}%`;
      this.band.style.width = `${places[1] - places[0]}%`;
      const whole = this.display.least === 1;
      this.knobs.forEach((knob, end) => {
        knob.style.left = `${places[end]}%`;
        knob.setAttribute('aria-valuenow', words(this.range[end], whole));
        knob.setAttribute('aria-valuemin', words(this.scale[0], whole));
        knob.setAttribute('aria-valuemax', words(this.scale[1], whole));
      });
    }

    /** Heights by the square root, so that rare values are still to be seen. */
    bars({ low, high, counts }) {
      const { canvas } = this;
      const width = (canvas.width = this.node.clientWidth || 256);
      const context = canvas.getContext('2d');
      context.fillStyle = getComputedStyle(this.node).color;
      const [first] = this.scale;
      const most = Math.sqrt(Math.max(...counts, 1));
      const bin = (high - low) / counts.length;
      counts.forEach((count, k) => {
        const x = (width * (low + k * bin - first)) / this.span;
        const tall = (HEIGHT * Math.sqrt(count)) / most;
        context.fillRect(x, HEIGHT - tall, Math.max(1, (width * bin) / this.span), tall);
      });
    }
  }

  dsb.HistogramPane = HistogramPane;
})(window);
