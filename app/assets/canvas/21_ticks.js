/** Where a ruler has its marks: steps of 1, 2 or 5 times a power of ten. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const APART = 60;

  /** The smallest round step of whole pixels that keeps the words apart. */
  function stepOf(scale) {
    const least = APART / scale;
    const power = 10 ** Math.floor(Math.log10(least));
    const step = [1, 2, 5, 10].map((part) => part * power).find((one) => one >= least - 1e-9);
    return Math.max(1, step);
  }

  /**
   * @param {number} from the image coordinate at the beginning of the ruler
   * @param {number} length of the ruler on the screen
   * @param {number} scale screen pixels per image pixel
   * @returns {{value: number, at: number}[]} what to write, and where on the screen
   */
  function ticks(from, length, scale) {
    const step = stepOf(scale);
    const found = [];
    for (let value = Math.ceil(from / step) * step; (value - from) * scale <= length; value += step) {
      found.push({ value, at: (value - from) * scale });
    }
    return found;
  }

  dsb.ruler = { stepOf, ticks };
  if (typeof module !== 'undefined') module.exports = dsb.ruler;
})(typeof window !== 'undefined' ? window : globalThis);
