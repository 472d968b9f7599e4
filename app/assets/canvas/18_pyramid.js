/** Which tiles of a picture a view needs: level k has squares of 2^k pixels for one sample. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const SIDE = 512;
  const COARSEST = 6;

  /** The level at which one tile covers the picture, as far as there is one. */
  function top({ width, height }) {
    const wanted = Math.ceil(Math.log2(Math.max(width, height) / SIDE));
    return Math.min(Math.max(wanted, 0), COARSEST);
  }

  /** The coarsest level that still has a sample for each pixel of the screen. */
  function level(image, pixels) {
    const wanted = Math.floor(Math.log2(1 / pixels) + 1e-9);
    return Math.min(Math.max(wanted, 0), top(image));
  }

  /**
   * @param {{width: number, height: number}} image
   * @param {[number, number, number, number]} window in image pixels
   * @returns {{key: string, level: number, x: number, y: number, side: number}[]}
   */
  function tiles(image, k, window) {
    const side = SIDE * 2 ** k;
    const first = (from) => Math.max(0, Math.floor(from / side));
    const last = (to, size) => Math.min(Math.ceil(size / side), Math.ceil(to / side));
    const found = [];
    for (let row = first(window[1]); row < last(window[3], image.height); row += 1) {
      for (let column = first(window[0]); column < last(window[2], image.width); column += 1) {
        found.push({ key: `${k}/${column}/${row}`, level: k, x: column * side, y: row * side, side });
      }
    }
    return found;
  }

  /** How many samples a tile has across and down; those at the edge may be fewer. */
  function extent(image, { x, y, side, level: k }) {
    const count = (from, size) => Math.ceil(Math.min(side, size - from) / 2 ** k);
    return { width: count(x, image.width), height: count(y, image.height) };
  }

  /** Room for one more among `most`: the oldest tiles go, but none of those that are wanted. */
  function makeRoom(kept, wanted, most) {
    if (kept.size < most) return;
    const inSight = new Set(wanted.map(({ key }) => key));
    for (const key of kept.keys()) {
      if (kept.size < most) return;
      if (!inSight.has(key)) kept.delete(key);
    }
  }

  dsb.pyramid = { extent, level, makeRoom, tiles, top };
  if (typeof module !== 'undefined') module.exports = dsb.pyramid;
})(typeof window !== 'undefined' ? window : globalThis);
