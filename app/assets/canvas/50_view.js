/**
 * Where the person looks: image point (x, y) at the top-left corner of the stage, and `scale`
 * screen pixels per image pixel.
 *
 * @typedef {{x: number, y: number, scale: number}} Place
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') require('./05_events.js');

  // Room for the corners above the image and the dock below it.
  const ROOM = { top: 38, bottom: 66, side: 24 };
  const CLOSEST = 64;

  /** @returns {Place} the whole image in the middle of the stage */
  function fitted(image, stage) {
    const width = Math.max(40, stage.width - 2 * ROOM.side);
    const height = Math.max(40, stage.height - ROOM.top - ROOM.bottom);
    const scale = Math.min(width / image.width, height / image.height);
    const down = (ROOM.bottom - ROOM.top) / 2 / scale;
    return centred([image.width / 2, image.height / 2 + down], scale, stage);
  }

  const centred = ([x, y], scale, stage) => ({
    x: x - stage.width / 2 / scale,
    y: y - stage.height / 2 / scale,
    scale,
  });

  // So much of the stage stays free around what is looked at closely, and no closer than this.
  const AROUND = 0.18;
  const CLOSE = 12;

  /** @returns {Place} a part of the image in the middle of the stage, with room around it */
  function framed([x0, y0, x1, y1], stage) {
    const fits = (size, length) => (size * (1 - 2 * AROUND)) / Math.max(length, 1);
    const scale = Math.min(fits(stage.width, x1 - x0), fits(stage.height, y1 - y0), CLOSE);
    return centred([(x0 + x1) / 2, (y0 + y1) / 2], scale, stage);
  }

  /** Zoom by a factor so that the image point under `at` (stage pixels) stays where it is. */
  function zoomed(place, at, factor, lowest) {
    const scale = Math.min(Math.max(place.scale * factor, lowest), CLOSEST);
    return {
      x: place.x + at[0] / place.scale - at[0] / scale,
      y: place.y + at[1] / place.scale - at[1] / scale,
      scale,
    };
  }

  const panned = (place, dx, dy) => ({
    ...place,
    x: place.x - dx / place.scale,
    y: place.y - dy / place.scale,
  });

  const toImage = (place, [x, y]) => [place.x + x / place.scale, place.y + y / place.scale];
  const toStage = (place, [x, y]) => [(x - place.x) * place.scale, (y - place.y) * place.scale];

  /** The view of one stage. Emits `moved` on every step and `rested` once it stands still. */
  class View extends dsb.Emitter {
    constructor() {
      super();
      /** @type {Place} */
      this.place = { x: 0, y: 0, scale: 1 };
      this.stage = { width: 1, height: 1 };
      this.image = { width: 1, height: 1 };
      this.fits = true;
      this.moving = false;
      this.timer = 0;
    }

    get scale() {
      return this.place.scale;
    }

    /** Show another image: the same place when the sizes agree, else all of it. */
    show(image) {
      const same = image.width === this.image.width && image.height === this.image.height;
      this.image = { width: image.width, height: image.height };
      if (!same || this.fits) this.place = fitted(this.image, this.stage);
      this.fits = this.fits || !same;
    }

    /** The stage has another size: the middle stays the middle. */
    resize(stage) {
      const middle = toImage(this.place, [this.stage.width / 2, this.stage.height / 2]);
      this.stage = stage;
      this.place = this.fits ? fitted(this.image, stage) : centred(middle, this.scale, stage);
    }

    fit() {
      this.go(fitted(this.image, this.stage));
      this.fits = true;
    }

    /** One pixel of the image for one of the screen; what is in the middle stays there. */
    actual() {
      const { width, height } = this.stage;
      this.go(zoomed(this.place, [width / 2, height / 2], 1 / this.scale, 0));
    }

    /** Look closely at a part of the image. */
    frame(bounds) {
      this.go(framed(bounds, this.stage));
    }

    zoom(at, factor) {
      this.go(zoomed(this.place, at, factor, fitted(this.image, this.stage).scale / 4));
    }

    pan(dx, dy) {
      this.go(panned(this.place, dx, dy));
    }

    /** Bring a point into sight, if it is not. */
    reveal(bounds) {
      const [a, b] = [toStage(this.place, bounds), toStage(this.place, bounds.slice(2))];
      const seen = a[0] < this.stage.width && a[1] < this.stage.height && b[0] > 0 && b[1] > 0;
      const middle = [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2];
      if (!seen) this.go(centred(middle, this.scale, this.stage));
    }

    go(place) {
      this.place = place;
      this.fits = false;
      this.moving = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.moving = false;
        this.emit('rested');
      }, 180);
      this.emit('moved');
    }

    toImage(at) {
      return toImage(this.place, at);
    }

    toStage(point) {
      return toStage(this.place, point);
    }
  }

  dsb.View = View;
  dsb.view = { centred, fitted, framed, panned, toImage, toStage, zoomed };
  if (typeof module !== 'undefined') module.exports = { View, ...dsb.view };
})(typeof window !== 'undefined' ? window : globalThis);
