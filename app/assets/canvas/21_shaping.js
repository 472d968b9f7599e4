/**
 * What becomes of shapes without asking anybody: levels, sticking to neighbours, fewer corners,
 * numbers typed in, borders shared by masks. Pure functions on the wire form.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') {
    ['13_kinds', '18_patches'].forEach((name) => require(`./${name}.js`));
  }
  const { geometry, kinds, patches, turned } = dsb;

  // --- levels -----------------------------------------------------------------------------------

  const levelOf = ({ state }) => state.level || 0;

  /**
   * The levels that bring things to the front or the back of all, or one step past a neighbour.
   * @param {'front' | 'back' | 'raise' | 'lower'} way
   * @param {{rank: number, state: object}[]} chosen @param {object[]} others hindmost first
   * @returns {Map<object, number>} the new level of each that gets one
   */
  function levelled(way, chosen, others) {
    if (!others.length) return new Map();
    const levels = others.map(levelOf);
    const own = chosen.map(levelOf);
    if (way === 'front') return shifted(chosen, Math.max(...levels) + 1 - Math.min(...own));
    if (way === 'back') return shifted(chosen, Math.min(...levels) - 1 - Math.max(...own));
    return new Map(chosen.map((item) => [item, past(way, item, others)]).filter(([item, level]) => level !== levelOf(item)));
  }

  const shifted = (chosen, by) => (by ? new Map(chosen.map((item) => [item, levelOf(item) + by])) : new Map());

  const before = (a, b) => levelOf(a) - levelOf(b) || a.rank - b.rank;

  function past(way, item, others) {
    const up = way === 'raise';
    const beyond = others.filter((other) => before(other, item) > 0 === up);
    const next = up ? beyond[0] : beyond[beyond.length - 1];
    if (!next) return levelOf(item);
    const younger = item.rank > next.rank;
    return levelOf(next) + (up ? (younger ? 0 : 1) : younger ? -1 : 0);
  }

  // --- neighbours -------------------------------------------------------------------------------

  /** Lines that a corner may stick to. @returns {{points: Point[], closed: boolean}[]} */
  function borders({ kind, geometry: shape }) {
    if (kind === 'box') {
      const { x, y, width, height } = shape;
      return [{ points: [[x, y], [x + width, y], [x + width, y + height], [x, y + height]], closed: true }];
    }
    if (kind === 'rotated_box') return [{ points: turned.corners(shape), closed: true }];
    return kind === 'polygon' || kind === 'polyline' ? kinds.chains(kind, shape) : [];
  }

  /** The corner of a neighbour within reach, else the place on its border, else the point itself. */
  function stuck(point, states, reach) {
    const lines = states.flatMap(borders);
    const corner = nearest(lines.flatMap(({ points }) => points), point, reach);
    if (corner) return geometry.roundPoint(corner.slice(0, 2));
    const feet = lines.flatMap(({ points, closed }) =>
      points.slice(closed ? 0 : 1).map((b, i) => geometry.nearestOnSegment(point, points.at(closed ? i - 1 : i), b).point),
    );
    const foot = nearest(feet, point, reach);
    return foot ? geometry.roundPoint(foot) : point;
  }

  function nearest(places, point, reach) {
    let [best, least] = [null, reach];
    for (const place of places) {
      const away = geometry.distance(place, point);
      if (away <= least) [best, least] = [place, away];
    }
    return best;
  }

  // --- fewer corners ----------------------------------------------------------------------------

  /** A polygon or polyline whose border moves by no more than a tolerance; rings never cross. */
  function simplified(kind, shape, tolerance) {
    if (!tolerance) return shape;
    if (kind === 'polyline') return { points: geometry.straightened(shape.points, tolerance) };
    return { parts: shape.parts.map((rings) => rings.map((ring) => simpler(ring, tolerance))) };
  }

  function simpler(ring, tolerance) {
    for (let loose = tolerance; loose > 0.05; loose /= 2) {
      const found = geometry.straightened([...ring, ring[0]], loose).slice(0, -1);
      if (found.length >= 3 && !geometry.crossing(found)) return found;
    }
    return ring;
  }

  // --- numbers ----------------------------------------------------------------------------------

  const NAMED = {
    box: ['x', 'y', 'width', 'height'],
    rotated_box: ['cx', 'cy', 'width', 'height', 'angle'],
    ellipse: ['cx', 'cy', 'rx', 'ry', 'angle'],
    mask: ['x', 'y'],
  };

  /** The numbers of a shape as rows of a table. @returns {{name: string, values: number[]}[]} */
  function numbers(kind, shape) {
    if (NAMED[kind]) return NAMED[kind].map((name) => ({ name, values: [shape[name]] }));
    const chains = kinds.chains(kind, shape);
    return chains.flatMap(({ points, address: { part, ring } }) =>
      points.map((point, k) => ({ name: nameOf(chains.length, part, ring, k), values: point.slice(0, 2), address: { part, ring, index: k } })),
    );
  }

  const nameOf = (chains, part, ring, k) =>
    chains > 1 ? `${part + 1}${ring ? ` hole ${ring}` : ''} · ${k + 1}` : String(k + 1);

  /** The shape with one number of one row changed. */
  function withNumber(kind, shape, row, column, value) {
    const { name, values, address } = numbers(kind, shape)[row];
    if (!address) return { ...shape, [name]: kind === 'mask' ? Math.round(value) : value };
    const point = values.map((known, k) => (k === column ? value : known));
    return kinds.withVertex(kind, shape, address, point);
  }

  // --- borders that masks share -----------------------------------------------------------------

  /**
   * What a stroke means for the masks around it.
   * @param {object | null} mask the mask before the stroke @param {object | null} after
   * @param {{key: string, mask: object, fixed: boolean}[]} others
   * @param {'free' | 'over' | 'empty'} way over: others give way, but for those that are fixed;
   *   empty: the stroke ends where others begin
   * @returns {{mask: object | null, others: Map<string, object | null>}} the others that changed
   */
  function settledBorders(mask, after, others, way) {
    if (way === 'free' || !after) return { mask: after, others: new Map() };
    const known = mask ? patches.spansOf(mask) : [];
    const painted = patches.without(patches.spansOf(after), known);
    const keeping = others.filter(({ fixed }) => way === 'empty' || fixed).map((other) => patches.spansOf(other.mask));
    const free = keeping.reduce(patches.without, painted);
    const lost = patches.without(painted, free);
    const own = patches.maskOf(patches.without(patches.spansOf(after), lost));
    const changed = new Map();
    for (const { key, mask: theirs, fixed } of way === 'over' ? others : []) {
      if (fixed) continue;
      const spans = patches.spansOf(theirs);
      const left = patches.without(spans, free);
      if (patches.areaOf(left) < patches.areaOf(spans)) changed.set(key, patches.maskOf(left));
    }
    return { mask: own, others: changed };
  }

  dsb.shaping = { borders, levelled, numbers, settledBorders, simplified, stuck, withNumber };
  if (typeof module !== 'undefined') module.exports = dsb.shaping;
})(typeof window !== 'undefined' ? window : globalThis);
