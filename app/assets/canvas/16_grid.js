/**
 * Where things lie: a grid of square cells over an image, each with the things whose bounds touch it.
 * Pure: it knows bounds and nothing of what they belong to.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') require('./10_geometry.js');
  const { geometry } = dsb;

  /** Cells along the longer side. */
  const CELLS = 64;
  /** What touches more cells is kept in one list, which every question walks. */
  const MANY = 256;
  /** A window over more than this part of the cells is wide: one in so many. */
  const WIDE = 8;

  /** Things by place. What lies over the border belongs to the cells at the border. */
  class Grid {
    /** @param {{width: number, height: number}} size of the image */
    constructor({ width, height }) {
      this.side = Math.max(1, Math.max(width, height) / CELLS);
      this.columns = Math.max(1, Math.ceil(width / this.side));
      this.rows = Math.max(1, Math.ceil(height / this.side));
      /** @type {Map<number, Set<object>>} */
      this.cells = new Map();
      /** @type {Set<object>} */
      this.wide = new Set();
      /** @type {Map<object, number[]>} the bounds of everything that is in here */
      this.bounds = new Map();
    }

    /** A thing lies here from now on; without finite bounds it lies nowhere. */
    put(thing, bounds) {
      this.take(thing);
      if (!bounds || !bounds.every(Number.isFinite)) return;
      this.bounds.set(thing, bounds);
      for (const cell of this.homes(bounds)) cell.add(thing);
    }

    take(thing) {
      const bounds = this.bounds.get(thing);
      if (!bounds) return;
      this.bounds.delete(thing);
      for (const cell of this.homes(bounds)) cell.delete(thing);
    }

    /** @returns {Set<object>} what overlaps a window, in no order */
    near(window) {
      const found = new Set();
      const look = (cell) => {
        for (const thing of cell) if (geometry.overlap(this.bounds.get(thing), window)) found.add(thing);
      };
      look(this.wide);
      const [c0, r0, c1, r1] = this.span(window);
      for (let row = r0; row <= r1; row++) {
        for (let column = c0; column <= c1; column++) look(this.cells.get(row * this.columns + column) || []);
      }
      return found;
    }

    overlaps(thing, window) {
      const bounds = this.bounds.get(thing);
      return Boolean(bounds) && geometry.overlap(bounds, window);
    }

    /** Does a window reach over so many cells that most things are near it? */
    isWide(window) {
      const [c0, r0, c1, r1] = this.span(window);
      return (c1 - c0 + 1) * (r1 - r0 + 1) > (this.columns * this.rows) / WIDE;
    }

    /** The sets that hold a thing with these bounds. */
    homes(bounds) {
      const [c0, r0, c1, r1] = this.span(bounds);
      if ((c1 - c0 + 1) * (r1 - r0 + 1) > MANY) return [this.wide];
      const homes = [];
      for (let row = r0; row <= r1; row++) {
        for (let column = c0; column <= c1; column++) homes.push(this.cell(row * this.columns + column));
      }
      return homes;
    }

    cell(at) {
      if (!this.cells.has(at)) this.cells.set(at, new Set());
      return this.cells.get(at);
    }

    /** First and last column and row that bounds touch. */
    span([x0, y0, x1, y1]) {
      const column = (x) => geometry.clamp(Math.floor(x / this.side), 0, this.columns - 1);
      const row = (y) => geometry.clamp(Math.floor(y / this.side), 0, this.rows - 1);
      return [column(x0), row(y0), column(x1), row(y1)];
    }
  }

  dsb.Grid = Grid;
  if (typeof module !== 'undefined') module.exports = { Grid };
})(typeof window !== 'undefined' ? window : globalThis);
