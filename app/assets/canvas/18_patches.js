/**
 * Patches: what a stroke changed of a mask, so that it need not travel whole. A patch names the
 * pixels that came, those that went, and how many there are since; carried out twice it changes
 * nothing more. All on run lengths: the cost is that of the outlines, not of the pixels.
 *
 * @typedef {number[]} Spans start and end of runs down the columns, sorted and apart: x · TALL + y
 * @typedef {{added?: object, taken?: object, area: number}} Patch two masks on the wire
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') require('./12_rle.js');

  /** No image is as high: a run never reaches into the next column. */
  const TALL = 2 ** 21;

  /** @returns {Spans} the pixels of a mask where they lie in the image */
  function spansOf({ x, y, height, counts }) {
    const spans = [];
    let at = 0;
    dsb.rle.countsFromText(counts).forEach((run, i) => {
      const end = at + run;
      while (i % 2 && at < end) {
        const column = Math.floor(at / height);
        const stop = Math.min(end, (column + 1) * height);
        const base = (x + column) * TALL + y - column * height;
        spans.push(base + at, base + stop);
        at = stop;
      }
      at = end;
    });
    return spans;
  }

  /**
   * What two sets of pixels make together.
   * @param {(a: boolean, b: boolean) => boolean} keeps which pixels: of the first, of the second
   * @returns {Spans}
   */
  function swept(a, b, keeps) {
    const spans = [];
    let [i, j] = [0, 0];
    while (i < a.length || j < b.length) {
      const at = Math.min(i < a.length ? a[i] : Infinity, j < b.length ? b[j] : Infinity);
      if (a[i] === at) i++;
      if (b[j] === at) j++;
      const open = spans.length % 2 === 1;
      if (keeps(i % 2 === 1, j % 2 === 1) !== open) spans.push(at);
    }
    return spans;
  }

  const without = (a, b) => swept(a, b, (one, other) => one && !other);
  const together = (a, b) => swept(a, b, (one, other) => one || other);

  const areaOf = (spans) => spans.reduce((sum, at, k) => (k % 2 ? sum + at : sum - at), 0);

  const column = (at) => Math.floor(at / TALL);

  /** @param {Spans} spans @returns {object | null} the mask on the wire, null without pixels */
  function maskOf(spans) {
    if (!spans.length) return null;
    const x = column(spans[0]);
    const width = column(spans[spans.length - 2]) - x + 1;
    let [y, bottom] = [Infinity, 0];
    for (let k = 0; k < spans.length; k += 2) {
      const row = spans[k] % TALL;
      y = Math.min(y, row);
      bottom = Math.max(bottom, row + spans[k + 1] - spans[k]);
    }
    const height = bottom - y;
    const place = (at) => (column(at) - x) * height + (at % TALL) - y;
    const counts = [];
    let last = 0;
    for (let k = 0; k < spans.length; k += 2) {
      const start = place(spans[k]);
      const end = start + spans[k + 1] - spans[k];
      // A run that goes on at the top of the next column is the same run.
      if (k && start === last) counts[counts.length - 1] += end - start;
      else counts.push(start - last, end - start);
      last = end;
    }
    if (last < width * height) counts.push(width * height - last);
    return { x, y, width, height, counts: dsb.rle.textFromCounts(counts) };
  }

  /** @returns {Patch | null} what makes the one mask the other; null when nothing has to change */
  function between(before, after) {
    const [a, b] = [spansOf(before), spansOf(after)];
    const [added, taken] = [maskOf(without(b, a)), maskOf(without(a, b))];
    if (!added && !taken) return null;
    return { ...(added && { added }), ...(taken && { taken }), area: areaOf(b) };
  }

  /** @param {object} mask @param {Patch} patch @returns {object | null} the mask after the patch */
  function patched(mask, { added, taken }) {
    const more = added ? together(spansOf(mask), spansOf(added)) : spansOf(mask);
    return maskOf(taken ? without(more, spansOf(taken)) : more);
  }

  dsb.patches = { areaOf, between, maskOf, patched, spansOf, together, without };
  if (typeof module !== 'undefined') module.exports = dsb.patches;
})(typeof window !== 'undefined' ? window : globalThis);
