/**
 * The values under a line, read in the browser from raw tiles: the same samples as the server's
 * `measure.profile`, so that a line can be dragged without asking it.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const HALF = 0.5;

  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

  /** One place, linearly between pixel centres; NaN outside of the image or where no tile is yet. */
  function valueAt(read, { width, height }, x, y, channel) {
    if (x < 0 || y < 0 || x > width || y > height) return NaN;
    const column = clamp(x - HALF, 0, width - 1);
    const row = clamp(y - HALF, 0, height - 1);
    const [left, top] = [Math.floor(column), Math.floor(row)];
    const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
    const [across, down] = [column - left, row - top];
    const upper = read(left, top, channel) * (1 - across) + read(right, top, channel) * across;
    const lower = read(left, bottom, channel) * (1 - across) + read(right, bottom, channel) * across;
    return upper * (1 - down) + lower * down;
  }

  /** The mean over `wide` places a pixel apart across the line, of those that have a value. */
  function across(read, size, [x, y], [nx, ny], wide, channel) {
    let [sum, count] = [0, 0];
    for (let k = 0; k < wide; k += 1) {
      const off = k - (wide - 1) / 2;
      const value = valueAt(read, size, x + nx * off, y + ny * off, channel);
      if (Number.isNaN(value)) continue;
      sum += value;
      count += 1;
    }
    return count ? sum / count : NaN;
  }

  /**
   * @param {(x: number, y: number, channel: number) => number} read a pixel of the image
   * @param {{width: number, height: number}} size of the image
   * @param {Array<[number, number]>} line
   * @param {{wide?: number, channels?: number}} [how]
   * @returns {{distance: number[], values: number[][]}} a list of values for each channel
   */
  function profile(read, size, line, { wide = 1, channels = 1 } = {}) {
    const distance = [];
    const values = Array.from({ length: channels }, () => []);
    const ends = line.length > 1 ? line : [line[0], line[0]];
    let start = 0;
    for (let i = 1; i < ends.length; i += 1) {
      const [a, b] = [ends[i - 1], ends[i]];
      const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
      const whole = Math.hypot(dx, dy);
      const last = Math.ceil(whole);
      const normal = whole ? [-dy / whole, dx / whole] : [0, 1];
      for (let k = i > 1 ? 1 : 0; k <= last; k += 1) {
        const part = last ? k / last : 0;
        distance.push(start + whole * part);
        const at = [a[0] + dx * part, a[1] + dy * part];
        for (let c = 0; c < channels; c += 1) values[c].push(across(read, size, at, normal, wide, c));
      }
      start += whole;
    }
    return { distance, values };
  }

  dsb.sampling = { profile, valueAt };
})(typeof window !== 'undefined' ? window : globalThis);
