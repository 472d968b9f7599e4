/**
 * COCO's run lengths: column by column, starting with a run of zeros, as compressed text.
 * A mask on the wire is the text of its tight crop, `{x, y, width, height, counts}`.
 *
 * @typedef {{x: number, y: number, width: number, height: number, bits: Uint8Array}} Raster
 *   a crop of 0 and 1, row by row
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /** @param {Raster} raster @returns {number[]} alternating run lengths, zeros first */
  function countsFromRaster({ width, height, bits }) {
    const counts = [];
    let value = 0;
    let run = 0;
    for (let x = 0; x < width; x++) {
      for (let y = 0, k = x; y < height; y++, k += width) {
        if (bits[k] === value) run++;
        else {
          counts.push(run);
          value = bits[k];
          run = 1;
        }
      }
    }
    counts.push(run);
    return counts;
  }

  /** @returns {Uint8Array} bits, row by row */
  function bitsFromCounts(counts, width, height) {
    const bits = new Uint8Array(width * height);
    let at = 0;
    counts.forEach((run, i) => {
      if (i % 2) for (let k = at; k < at + run; k++) bits[(k % height) * width + ((k / height) | 0)] = 1;
      at += run;
    });
    if (at !== width * height) throw new RangeError('the run lengths do not fill the crop');
    return bits;
  }

  /** pycocotools' text: six bits a character, the difference to the run before the last one. */
  function textFromCounts(counts) {
    let text = '';
    counts.forEach((count, i) => {
      let value = i > 2 ? count - counts[i - 2] : count;
      let more = true;
      while (more) {
        let code = value & 31;
        value >>= 5;
        more = code & 16 ? value !== -1 : value !== 0;
        if (more) code |= 32;
        text += String.fromCharCode(code + 48);
      }
    });
    return text;
  }

  /** @param {string} text @returns {number[]} */
  function countsFromText(text) {
    const counts = [];
    for (let at = 0; at < text.length; ) {
      let value = 0;
      let shift = 0;
      let code;
      do {
        code = text.charCodeAt(at++) - 48;
        value |= (code & 31) << shift;
        shift += 5;
      } while (code & 32);
      if (code & 16 && shift < 32) value |= -1 << shift;
      counts.push(counts.length > 2 ? value + counts[counts.length - 2] : value);
    }
    return counts;
  }

  /** The smallest crop that holds every set pixel. @returns {Raster | null} null when empty */
  function tight({ x, y, width, height, bits }) {
    let [x0, y0, x1, y1] = [width, height, -1, -1];
    for (let row = 0; row < height; row++) {
      const line = bits.subarray(row * width, (row + 1) * width);
      const first = line.indexOf(1);
      if (first < 0) continue;
      x0 = Math.min(x0, first);
      x1 = Math.max(x1, line.lastIndexOf(1));
      y0 = Math.min(y0, row);
      y1 = row;
    }
    if (x1 < 0) return null;
    const [w, h] = [x1 - x0 + 1, y1 - y0 + 1];
    const cut = new Uint8Array(w * h);
    for (let row = 0; row < h; row++) {
      const from = (row + y0) * width + x0;
      cut.set(bits.subarray(from, from + w), row * w);
    }
    return { x: x + x0, y: y + y0, width: w, height: h, bits: cut };
  }

  /** @param {Raster} raster @returns {object | null} the mask on the wire, null when empty */
  function maskFromRaster(raster) {
    const crop = tight(raster);
    if (!crop) return null;
    const { x, y, width, height } = crop;
    return { x, y, width, height, counts: textFromCounts(countsFromRaster(crop)) };
  }

  /** @returns {Raster} */
  function rasterFromMask({ x, y, width, height, counts }) {
    return { x, y, width, height, bits: bitsFromCounts(countsFromText(counts), width, height) };
  }

  /** The number of pixels a mask covers, without decoding it to pixels. */
  const maskArea = (mask) =>
    countsFromText(mask.counts).reduce((sum, run, i) => (i % 2 ? sum + run : sum), 0);

  dsb.rle = {
    bitsFromCounts, countsFromRaster, countsFromText, maskArea, maskFromRaster, rasterFromMask,
    textFromCounts, tight,
  };
  if (typeof module !== 'undefined') module.exports = dsb.rle;
})(typeof window !== 'undefined' ? window : globalThis);
