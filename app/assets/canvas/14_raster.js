/**
 * Painting into a crop of pixels. One rule everywhere: a pixel belongs to a stroke when its centre
 * lies within half the brush's width of the stroke's line; a square brush measures along the axes.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  const empty = (x = 0, y = 0, width = 0, height = 0) => ({
    x, y, width, height, bits: new Uint8Array(width * height),
  });

  const covers = (raster, [x0, y0, x1, y1]) =>
    raster.x <= x0 && raster.y <= y0 && raster.x + raster.width >= x1 && raster.y + raster.height >= y1;

  /** The pixels that a segment can touch, cut at the image's border; null when outside. */
  function reach(a, b, width, size) {
    const r = width / 2;
    const box = [
      Math.max(0, Math.floor(Math.min(a[0], b[0]) - r)),
      Math.max(0, Math.floor(Math.min(a[1], b[1]) - r)),
      Math.min(size.width, Math.ceil(Math.max(a[0], b[0]) + r)),
      Math.min(size.height, Math.ceil(Math.max(a[1], b[1]) + r)),
    ];
    return box[0] < box[2] && box[1] < box[3] ? box : null;
  }

  /**
   * A raster with the same pixels that also holds `box`; grows by half its size at a time, so that
   * a long stroke copies little.
   */
  function grown(raster, box, size) {
    if (covers(raster, box)) return raster;
    const has = raster.width > 0;
    const x0 = has ? Math.min(raster.x, box[0]) : box[0];
    const y0 = has ? Math.min(raster.y, box[1]) : box[1];
    const x1 = has ? Math.max(raster.x + raster.width, box[2]) : box[2];
    const y1 = has ? Math.max(raster.y + raster.height, box[3]) : box[3];
    const [px, py] = [64 + ((x1 - x0) >> 2), 64 + ((y1 - y0) >> 2)];
    const left = Math.max(0, x0 - px);
    const top = Math.max(0, y0 - py);
    const next = empty(
      left, top, Math.min(size.width, x1 + px) - left, Math.min(size.height, y1 + py) - top,
    );
    for (let row = 0; row < raster.height; row++) {
      const line = raster.bits.subarray(row * raster.width, (row + 1) * raster.width);
      next.bits.set(line, (raster.y - top + row) * next.width + raster.x - left);
    }
    return next;
  }

  /** Set every pixel of the segment a–b to `value`, in place. The raster must hold the segment. */
  function paintSegment(raster, a, b, width, value, shape = 'round') {
    if (shape === 'square') {
      paintSquares(raster, a, b, width, value);
      return;
    }
    const r2 = (width * width) / 4;
    const box = reach(a, b, width, { width: raster.x + raster.width, height: raster.y + raster.height });
    if (!box) return;
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const length = dx * dx + dy * dy;
    for (let y = Math.max(box[1], raster.y); y < box[3]; y++) {
      const cy = y + 0.5 - a[1];
      for (let x = Math.max(box[0], raster.x); x < box[2]; x++) {
        const cx = x + 0.5 - a[0];
        const t = length ? Math.min(1, Math.max(0, (cx * dx + cy * dy) / length)) : 0;
        const [ex, ey] = [cx - t * dx, cy - t * dy];
        if (ex * ex + ey * ey <= r2) raster.bits[(y - raster.y) * raster.width + x - raster.x] = value;
      }
    }
  }

  /** A square brush from a to b: row by row, the columns that some place of it covers. */
  function paintSquares(raster, a, b, width, value) {
    const r = width / 2;
    const box = reach(a, b, width, { width: raster.x + raster.width, height: raster.y + raster.height });
    if (!box) return;
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    for (let y = Math.max(box[1], raster.y); y < box[3]; y++) {
      const [t0, t1] = covering(y + 0.5 - a[1], dy, r);
      if (t0 > t1) continue;
      const ends = [a[0] + t0 * dx, a[0] + t1 * dx];
      const from = Math.max(raster.x, Math.ceil(Math.min(...ends) - r - 0.5));
      const to = Math.min(raster.x + raster.width - 1, Math.floor(Math.max(...ends) + r - 0.5));
      const row = (y - raster.y) * raster.width - raster.x;
      for (let x = from; x <= to; x++) raster.bits[row + x] = value;
    }
  }

  /** The stretch of the way, 0 to 1, within `r` of a place along one axis. */
  function covering(place, step, r) {
    if (step === 0) return Math.abs(place) <= r ? [0, 1] : [1, 0];
    const [low, high] = [(place - r) / step, (place + r) / step].sort((p, q) => p - q);
    return [Math.max(0, low), Math.min(1, high)];
  }

  /** @returns {boolean} is the pixel under a point set? */
  function at(raster, point) {
    const x = Math.floor(point[0]) - raster.x;
    const y = Math.floor(point[1]) - raster.y;
    if (x < 0 || y < 0 || x >= raster.width || y >= raster.height) return false;
    return raster.bits[y * raster.width + x] === 1;
  }

  /** The border along pixel corners as an SVG path: straight runs, each drawn once. */
  function outline({ x, y, width, height, bits }) {
    const bit = (row, col) =>
      row >= 0 && col >= 0 && row < height && col < width ? bits[row * width + col] : 0;
    const path = [];
    for (let row = 0; row <= height; row++) {
      runs(width, (col) => bit(row - 1, col) !== bit(row, col), (from, to) =>
        path.push(`M${x + from} ${y + row}H${x + to}`),
      );
    }
    for (let col = 0; col <= width; col++) {
      runs(height, (row) => bit(row, col - 1) !== bit(row, col), (from, to) =>
        path.push(`M${x + col} ${y + from}V${y + to}`),
      );
    }
    return path.join('');
  }

  function runs(length, test, found) {
    let from = -1;
    for (let k = 0; k <= length; k++) {
      const hit = k < length && test(k);
      if (hit && from < 0) from = k;
      if (!hit && from >= 0) {
        found(from, k);
        from = -1;
      }
    }
  }

  dsb.raster = { at, covers, empty, grown, outline, paintSegment, reach };
  if (typeof module !== 'undefined') module.exports = dsb.raster;
})(typeof window !== 'undefined' ? window : globalThis);
