/**
 * Shapes in image pixels: continuous (x, y) from the top-left corner of the upright image.
 * Pure functions on the wire form; a geometry is never changed in place.
 *
 * @typedef {[number, number]} Point
 * @typedef {Point[]} Ring
 * @typedef {{part: number, ring: number, index: number}} Address a vertex of a polygon
 * @typedef {[number, number, number, number]} Bounds x0, y0, x1, y1
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  const GRAIN = 16;

  /** Round to 1/16 px: exact in float32 and in decimal text alike; never −0. @param {number} value */
  const round = (value) => Math.round(value * GRAIN) / GRAIN + 0;

  /** @param {Point} point @returns {Point} */
  const roundPoint = (point) => [round(point[0]), round(point[1])];

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  /** @param {Point} point @param {{width: number, height: number}} size @returns {Point} */
  const clampPoint = (point, size) => [
    clamp(point[0], 0, size.width),
    clamp(point[1], 0, size.height),
  ];

  /** The point of a finished gesture: inside the image, on the 1/16 px grid. */
  const settled = (point, size) => roundPoint(clampPoint(point, size));

  const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

  /** @returns {Ring[]} every ring of a polygon */
  const ringsOf = (polygon) => polygon.parts.flat();

  /** @param {Point[]} points @returns {Bounds} */
  function boundsOfPoints(points) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [x, y] of points) {
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
    }
    return box;
  }

  /** @returns {Bounds | null} */
  function union(a, b) {
    if (!a || !b) return a || b || null;
    return [
      Math.min(a[0], b[0]),
      Math.min(a[1], b[1]),
      Math.max(a[2], b[2]),
      Math.max(a[3], b[3]),
    ];
  }

  const overlap = (a, b) => a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];

  const within = (box, point) =>
    point[0] >= box[0] && point[0] <= box[2] && point[1] >= box[1] && point[1] <= box[3];

  /** Even-odd test. @param {Ring} ring @param {Point} point */
  function insideRing(ring, point) {
    const [x, y] = point;
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [ax, ay] = ring[i];
      const [bx, by] = ring[j];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    }
    return inside;
  }

  /** Inside a part and in none of its holes. */
  const insidePolygon = (polygon, point) =>
    polygon.parts.some(
      ([outer, ...holes]) =>
        insideRing(outer, point) && !holes.some((hole) => insideRing(hole, point)),
    );

  /** Twice the signed area of a ring. */
  function doubleArea(ring) {
    let sum = 0;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      sum += ring[j][0] * ring[i][1] - ring[i][0] * ring[j][1];
    }
    return sum;
  }

  /** The drawn area; the server's count of covered pixels replaces it once it is known. */
  function polygonArea(polygon) {
    const ringArea = (ring) => Math.abs(doubleArea(ring)) / 2;
    return polygon.parts.reduce(
      (sum, [outer, ...holes]) =>
        sum + ringArea(outer) - holes.reduce((hollow, hole) => hollow + ringArea(hole), 0),
      0,
    );
  }

  /** The nearest point of the segment a–b. @returns {{point: Point, distance: number}} */
  function nearestOnSegment(point, a, b) {
    const dx = b[0] - a[0];
    const dy = b[1] - a[1];
    const length = dx * dx + dy * dy;
    const along = length ? ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length : 0;
    const t = clamp(along, 0, 1);
    const near = [a[0] + t * dx, a[1] + t * dy];
    return { point: near, distance: distance(point, near) };
  }

  /** The edge nearest to a point; `index` is where a vertex on it would be inserted. */
  function nearestEdge(polygon, point) {
    let best = null;
    polygon.parts.forEach((rings, part) =>
      rings.forEach((ring, k) =>
        ring.forEach((a, i) => {
          const near = nearestOnSegment(point, a, ring[(i + 1) % ring.length]);
          if (!best || near.distance < best.distance) {
            best = { ...near, address: { part, ring: k, index: i + 1 } };
          }
        }),
      ),
    );
    return best;
  }

  const side = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

  /** Where two segments meet, touching included. @returns {Point | null} */
  function meeting(a, b, c, d) {
    const [d1, d2, d3, d4] = [side(c, d, a), side(c, d, b), side(a, b, c), side(a, b, d)];
    if (d1 * d2 < 0 && d3 * d4 < 0) {
      const t = d1 / (d1 - d2);
      return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
    }
    const on = (p, q, r, turn) => turn === 0 && within(boundsOfPoints([p, q]), r);
    if (on(c, d, a, d1)) return a;
    if (on(c, d, b, d2)) return b;
    if (on(a, b, c, d3)) return c;
    return on(a, b, d, d4) ? d : null;
  }

  /** Do the two edges that share the vertex `b` lie on top of each other? */
  const foldsBack = (a, b, c) =>
    side(a, b, c) === 0 && (a[0] - b[0]) * (c[0] - b[0]) + (a[1] - b[1]) * (c[1] - b[1]) > 0;

  /**
   * Where a closed ring crosses or touches itself.
   * @param {Ring} ring
   * @returns {Point | null}
   */
  function crossing(ring) {
    const n = ring.length;
    const at = (i) => ring[(i + n) % n];
    for (let i = 0; i < n; i++) {
      if (foldsBack(at(i - 1), at(i), at(i + 1))) return at(i);
      for (let j = i + 2; j < n; j++) {
        if (i === 0 && j === n - 1) continue;
        const point = meeting(at(i), at(i + 1), at(j), at(j + 1));
        if (point) return point;
      }
    }
    return null;
  }

  /** The first self-crossing of any ring of a polygon. @returns {Point | null} */
  function crossingOf(polygon) {
    for (const ring of ringsOf(polygon)) {
      const point = crossing(ring);
      if (point) return point;
    }
    return null;
  }

  /** Drop vertices that repeat the one before them. @param {Ring} ring @returns {Ring} */
  const withoutRepeats = (ring) =>
    ring.filter((point, i) => {
      const before = ring[(i + ring.length - 1) % ring.length];
      return ring.length === 1 || point[0] !== before[0] || point[1] !== before[1];
    });

  /**
   * A line with fewer points that leaves the given one nowhere by more than a tolerance
   * (Douglas–Peucker); both ends stay.
   * @param {Point[]} line @param {number} tolerance
   */
  function straightened(line, tolerance) {
    const kept = new Uint8Array(line.length).fill(0);
    kept[0] = kept[line.length - 1] = 1;
    const spans = [[0, line.length - 1]];
    while (spans.length) {
      const [from, to] = spans.pop();
      let [far, most] = [-1, tolerance];
      for (let k = from + 1; k < to; k++) {
        const away = nearestOnSegment(line[k], line[from], line[to]).distance;
        if (away > most) [far, most] = [k, away];
      }
      if (far < 0) continue;
      kept[far] = 1;
      spans.push([from, far], [far, to]);
    }
    return line.filter((_, k) => kept[k]);
  }

  /** The upright box between two corners. */
  function boxBetween(a, b) {
    const [x0, y0] = [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
    return { x: x0, y: y0, width: Math.abs(a[0] - b[0]), height: Math.abs(a[1] - b[1]) };
  }

  const rectangle = ({ x, y, width, height }) => [x, y, x + width, y + height];

  /** The eight handles of a box: name by compass, place, cursor. */
  function boxHandles(box) {
    const [x0, y0, x1, y1] = rectangle(box);
    const [mx, my] = [(x0 + x1) / 2, (y0 + y1) / 2];
    return [
      { name: 'nw', point: [x0, y0], cursor: 'nwse-resize' },
      { name: 'n', point: [mx, y0], cursor: 'ns-resize' },
      { name: 'ne', point: [x1, y0], cursor: 'nesw-resize' },
      { name: 'e', point: [x1, my], cursor: 'ew-resize' },
      { name: 'se', point: [x1, y1], cursor: 'nwse-resize' },
      { name: 's', point: [mx, y1], cursor: 'ns-resize' },
      { name: 'sw', point: [x0, y1], cursor: 'nesw-resize' },
      { name: 'w', point: [x0, my], cursor: 'ew-resize' },
    ];
  }

  /** A box with one handle dragged to a point; it may be dragged through itself. */
  function boxDragged(box, handle, point) {
    let [x0, y0, x1, y1] = rectangle(box);
    if (handle.includes('w')) x0 = point[0];
    if (handle.includes('e')) x1 = point[0];
    if (handle.includes('n')) y0 = point[1];
    if (handle.includes('s')) y1 = point[1];
    return boxBetween([x0, y0], [x1, y1]);
  }

  /** Rewrite one ring of a polygon; all other rings stay the very same arrays. */
  function withRing(polygon, address, edit) {
    const parts = polygon.parts.map((rings, part) =>
      part !== address.part
        ? rings
        : rings.map((ring, k) => (k === address.ring ? edit(ring.slice()) : ring)),
    );
    return { parts };
  }

  const withVertex = (polygon, address, point) =>
    withRing(polygon, address, (ring) => {
      ring[address.index] = point;
      return ring;
    });

  const withInserted = (polygon, address, point) =>
    withRing(polygon, address, (ring) => {
      ring.splice(address.index, 0, point);
      return ring;
    });

  /** @returns {object | null} null when the ring would have fewer than three vertices left */
  function withoutVertex(polygon, address) {
    if (polygon.parts[address.part][address.ring].length <= 3) return null;
    return withRing(polygon, address, (ring) => {
      ring.splice(address.index, 1);
      return ring;
    });
  }

  dsb.geometry = {
    boundsOfPoints, boxBetween, boxDragged, boxHandles, clamp, clampPoint, crossing,
    crossingOf, distance, insidePolygon, insideRing, nearestEdge, nearestOnSegment, overlap,
    polygonArea, ringsOf, round, roundPoint, settled, straightened, union, within, withInserted,
    withVertex, withoutRepeats, withoutVertex,
  };
  if (typeof module !== 'undefined') module.exports = dsb.geometry;
})(typeof window !== 'undefined' ? window : globalThis);
