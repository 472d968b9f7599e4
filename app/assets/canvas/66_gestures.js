/**
 * Pointer and wheel events of the stage. Panning (space, middle button), pinching and the wheel
 * belong to the view; everything else goes to the tool in hand.
 *
 * @typedef {object} Touch what a tool hears of a pointer
 * @property {[number, number]} point in image pixels, may lie outside
 * @property {[number, number]} inside the same, inside the image and on the 1/16 px grid
 * @property {object | null} handle the handle under the pointer, a part of the active layer
 * @property {boolean} alt @property {boolean} shift @property {boolean} ctrl
 * @property {number} button @property {boolean} pen @property {number} pressure 0 to 1, of a pen
 * @property {Array} trail image points since the last event, coalesced ones included
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  // How far from its middle a handle can be grabbed, in stage pixels.
  const MOUSE = 8;
  const FINGER = 18;

  /** The hands on one stage. */
  class Gestures {
    /** @param {HTMLElement} surface @param {dsb.View} view @param {object} hooks */
    constructor(surface, view, hooks) {
      Object.assign(this, { surface, view, hooks });
      this.pointers = new Map();
      this.mode = null;
      this.space = false;
      this.measure();
      new ResizeObserver(() => this.measure()).observe(surface);
      const on = (name, handle, options) =>
        surface.addEventListener(name, (event) => handle.call(this, event), options);
      on('pointerenter', this.measure);
      on('pointerdown', this.down);
      on('pointermove', this.move);
      on('pointerup', this.up);
      on('pointercancel', this.cancel);
      on('pointerleave', () => hooks.leave());
      on('dblclick', (event) => hooks.double(this.touch(event)));
      on('contextmenu', (event) => event.preventDefault());
      on('wheel', this.wheel, { passive: false });
    }

    /** Stage pixels of an event; the place of the stage is asked for when the pointer arrives. */
    at(event) {
      return [event.clientX - this.box.left, event.clientY - this.box.top];
    }

    measure() {
      this.box = this.surface.getBoundingClientRect();
    }

    /** @returns {Touch} */
    touch(event) {
      const place = (e) => this.view.toImage(this.at(e));
      const point = place(event);
      const coalesced = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      const reach = event.pointerType === 'touch' ? FINGER : MOUSE;
      return {
        point,
        inside: dsb.geometry.settled(point, this.view.image),
        handle: this.hooks.handleAt(this.at(event), reach),
        alt: event.altKey,
        shift: event.shiftKey,
        ctrl: event.ctrlKey || event.metaKey,
        pressure: event.pressure,
        button: event.button,
        pen: event.pointerType === 'pen',
        trail: (coalesced.length ? coalesced : [event]).map(place),
      };
    }

    setSpace(down) {
      this.space = down;
      this.surface.classList.toggle('panning', down || this.mode === 'pan');
    }

    down(event) {
      event.preventDefault();
      this.measure();
      this.surface.focus({ preventScroll: true });
      this.surface.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, this.at(event));
      if (this.pointers.size === 2) this.startPinch();
      else if (this.pointers.size > 2) return;
      else if (event.button === 1 || this.space) this.startPan();
      else if (this.hooks.down(this.touch(event))) this.mode = 'tool';
    }

    startPan() {
      this.mode = 'pan';
      this.surface.classList.add('panning');
    }

    startPinch() {
      if (this.mode === 'tool') this.hooks.abandon();
      this.mode = 'pinch';
      this.spread = this.span();
    }

    span() {
      const [[ax, ay], [bx, by]] = [...this.pointers.values()];
      return { length: Math.hypot(ax - bx, ay - by), middle: [(ax + bx) / 2, (ay + by) / 2] };
    }

    move(event) {
      const before = this.pointers.get(event.pointerId);
      const now = this.at(event);
      if (before) this.pointers.set(event.pointerId, now);
      if (this.mode === 'pan' && before) this.view.pan(now[0] - before[0], now[1] - before[1]);
      else if (this.mode === 'pinch') this.pinch();
      else if (this.mode === 'tool') this.hooks.drag(this.touch(event));
      else if (event.pointerType !== 'touch') this.hooks.hover(this.touch(event));
    }

    pinch() {
      if (this.pointers.size < 2) return;
      const next = this.span();
      const { length, middle } = this.spread;
      this.view.pan(next.middle[0] - middle[0], next.middle[1] - middle[1]);
      if (length > 0) this.view.zoom(next.middle, next.length / length);
      this.spread = next;
    }

    up(event) {
      if (!this.pointers.delete(event.pointerId)) return;
      if (this.mode === 'tool') this.hooks.up(this.touch(event));
      if (this.mode === 'tool' || !this.pointers.size) this.mode = null;
      this.surface.classList.toggle('panning', this.space);
    }

    cancel(event) {
      this.pointers.delete(event.pointerId);
      if (this.mode === 'tool') this.hooks.abandon();
      if (!this.pointers.size) this.mode = null;
    }

    wheel(event) {
      event.preventDefault();
      const step = event.deltaY * (event.deltaMode === 1 ? 20 : 1);
      this.view.zoom(this.at(event), Math.exp(-dsb.geometry.clamp(step, -100, 100) / 400));
    }
  }

  dsb.Gestures = Gestures;
})(window);
