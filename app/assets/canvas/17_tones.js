/**
 * How the values of a picture become shades on the screen. Nothing here touches pixels that are
 * stored, nor labels.
 *
 * @typedef {{range: [number, number] | null, gamma: number, equalise: boolean}} Tone
 *   range: the values that become black and white, null for the picture's own window
 * @typedef {{low: number, high: number, counts: number[], window: [number, number]}} Histogram
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const WHITE = 255;
  // Contrast by 25 halves the window.
  const HALVING = 25;

  /** @type {Tone} */
  const PLAIN = Object.freeze({ range: null, gamma: 1, equalise: false });

  const isPlain = ({ range, gamma, equalise }) => !range && gamma === 1 && !equalise;

  const windowOf = (tone, histogram) => tone.range || histogram.window;

  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

  /** @returns {(value: number) => number} how many of the counted values lie below one */
  function ranks({ low, high, counts }) {
    const sums = [0];
    for (const count of counts) sums.push(sums[sums.length - 1] + count);
    const width = (high - low) / counts.length;
    return (value) => {
      const place = clamp((value - low) / width, 0, counts.length);
      const bin = Math.min(Math.floor(place), counts.length - 1);
      return sums[bin] + (place - bin) * counts[bin];
    };
  }

  /** @returns {(value: number) => number} 0 for black to 1 for white */
  function shade(tone, histogram) {
    const [black, white] = windowOf(tone, histogram);
    const bend = (part) => (part > 0 ? clamp(part, 0, 1) ** (1 / tone.gamma) : 0);
    if (!tone.equalise) return (value) => bend((value - black) / (white - black));
    const rank = ranks(histogram);
    const [first, all] = [rank(black), rank(white) - rank(black)];
    return (value) => bend(all ? (rank(clamp(value, black, white)) - first) / all : 0);
  }

  /**
   * The shades of equally spaced values.
   * @param {{from: number, step: number, count: number}} row
   * @returns {Uint8Array}
   */
  function levels(tone, histogram, { from, step, count }) {
    const shadeOf = shade(tone, histogram);
    const found = new Uint8Array(count);
    for (let k = 0; k < count; k += 1) found[k] = Math.round(WHITE * shadeOf(from + k * step));
    return found;
  }

  /** The two sliders that say a window by its middle and its width, each from -100 to 100. */
  function slidersFrom(tone, { window: [a, b] }) {
    if (!tone.range) return { brightness: 0, contrast: 0 };
    const [black, white] = tone.range;
    const off = (a + b) / 2 - (black + white) / 2;
    return {
      brightness: clamp(Math.round((100 * off) / (b - a)), -100, 100),
      contrast: clamp(Math.round(-HALVING * Math.log2((white - black) / (b - a))), -100, 100),
    };
  }

  /** @returns {[number, number] | null} null where the sliders stand in the middle */
  function rangeFrom({ brightness, contrast }, { window: [a, b] }) {
    if (!brightness && !contrast) return null;
    const middle = (a + b) / 2 - (brightness / 100) * (b - a);
    const half = ((b - a) / 2) * 2 ** (-contrast / HALVING);
    return [middle - half, middle + half];
  }

  /** The window that leaves a share of the values out at each end. */
  function stretched({ low, high, counts }, share = 0.002) {
    const all = counts.reduce((sum, count) => sum + count, 0);
    const width = (high - low) / counts.length;
    const end = (order) => {
      let seen = 0;
      return order.find((bin) => (seen += counts[bin]) > share * all);
    };
    const bins = counts.map((_, bin) => bin);
    const [first, last] = [end(bins) || 0, end(bins.reverse()) || 0];
    return [low + first * width, low + Math.max(last, first + 1) * width];
  }

  /** A window is never turned round or empty; `least` is its smallest width. */
  function sound([black, white], least) {
    return white - black >= least ? [black, white] : [black, black + least];
  }

  dsb.tones = { PLAIN, isPlain, levels, rangeFrom, shade, slidersFrom, sound, stretched, windowOf };
  if (typeof module !== 'undefined') module.exports = dsb.tones;
})(typeof window !== 'undefined' ? window : globalThis);
