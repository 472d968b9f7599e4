/**
 * What can be grabbed of a selected shape, and what becomes of the shape when it is pulled.
 * Pure: a geometry, the zoom and a place go in, plain parts or another geometry come out.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') require('./13_kinds.js');
  const { geometry, kinds, turned } = dsb;
  const APART = 9;
  const ROOM_FOR_MIDDLE = 36;
  const ROOM_FOR_HANDLES = 14;
  const ROOM_FOR_SIDES = 40;
  // Below this a shape of many corners is only a clump of handles: zoom in to edit it.
  const ROOM_FOR_CORNERS = 64;
  const FEW = 8;
  const KNOB = 22;

  const handle = (point, look, data, color, cursor) => ({ is: 'handle', point, look, data, color, cursor });
  const turns = (kind) => kind === 'rotated_box' || kind === 'ellipse';

  /** The name of a vertex, to be found in a set. */
  const nameOf = ({ part, ring, index }) => `${part}/${ring}/${index}`;

  /**
   * @param {{kind: string, geometry: object}} state
   * @param {{scale: number, color: string, chosen: Set<string>}} how `chosen` names vertices
   * @returns {object[]} parts of the active layer
   */
  function handlesOf({ kind, geometry: shape }, how) {
    if (kind === 'box') return boxHandles(shape, how);
    if (turns(kind)) return turnedHandles(shape, how);
    return vertexHandles(kind, shape, how);
  }

  function boxHandles(box, { scale, color }) {
    const [wide, high] = [box.width * scale, box.height * scale];
    if (Math.min(wide, high) < ROOM_FOR_HANDLES) return [];
    const top = [box.x + box.width / 2, box.y - KNOB / scale];
    const sides = geometry
      .boxHandles(box)
      .filter(({ name }) => roomFor(name, wide, high))
      .map(({ name, point, cursor }) => handle(point, 'corner', { box: name }, color, cursor));
    return [...sides, handle(top, 'knob', { spin: true }, color, 'grab')];
  }

  const roomFor = (name, wide, high) =>
    name.length === 2 || (name === 'n' || name === 's' ? wide : high) > ROOM_FOR_SIDES;

  function turnedHandles(shape, { scale, color }) {
    const [wide, high] = turned.halves(shape).map((half) => 2 * half * scale);
    const knob = handle(turned.knob(shape, KNOB / scale), 'knob', { spin: true }, color, 'grab');
    if (Math.min(wide, high) < ROOM_FOR_HANDLES) return [knob];
    const places = turned.handles(shape).filter(({ name }) => roomFor(name, wide, high));
    return [...places.map(({ name, point }) => handle(point, 'corner', { turned: name }, color)), knob];
  }

  /** Corners far enough apart to be told from each other, and ghosts in the middle of edges. */
  function vertexHandles(kind, shape, { scale, color, chosen }) {
    const chains = kinds.chains(kind, shape);
    const count = chains.reduce((sum, { points }) => sum + points.length, 0);
    if (!count) return [];
    const [x0, y0, x1, y1] = kinds.bounds(kind, shape);
    if (count > FEW && Math.max(x1 - x0, y1 - y0) * scale < ROOM_FOR_CORNERS) return [];
    return chains.flatMap((chain) => chainHandles(kind, chain, { scale, color, chosen }));
  }

  function chainHandles(kind, { points, address, closed }, { scale, color, chosen }) {
    const parts = [];
    const loose = kind === 'points' || kind === 'keypoints';
    let last = null;
    points.forEach((place, index) => {
      if (kind === 'keypoints' && !place[2]) return;
      const point = place.slice(0, 2);
      const here = { ...address, index };
      const marked = chosen.has(nameOf(here));
      if (!loose && !marked && last && geometry.distance(last, point) * scale < APART) return;
      last = point;
      parts.push(handle(point, marked ? 'vertex chosen' : 'vertex', { vertex: here }, color));
      const next = points[index + 1] || (closed ? points[0] : null);
      if (loose || !next || geometry.distance(point, next) * scale < ROOM_FOR_MIDDLE) return;
      const middle = [(point[0] + next[0]) / 2, (point[1] + next[1]) / 2];
      parts.push(handle(middle, 'ghost-vertex', { middle: { ...address, index: index + 1 } }, color));
    });
    return parts;
  }

  /**
   * A geometry with vertices moved; only these change, to the last bit.
   * @param {object[]} addresses @param {(point: Point) => Point} move
   */
  function withVerticesMoved(kind, shape, addresses, move) {
    return addresses.reduce((after, address) => {
      const { points } = kinds
        .chains(kind, after)
        .find((chain) => chain.address.part === address.part && chain.address.ring === address.ring);
      return kinds.withVertex(kind, after, address, move(points[address.index].slice(0, 2)));
    }, shape);
  }

  // --- frames: scaling and turning whatever is selected -----------------------------------------

  /** The eight handles of a frame round several shapes, and the knob that turns them. */
  function frameHandles([x0, y0, x1, y1], { scale, color }) {
    const box = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
    const places = geometry.boxHandles(box).filter(({ name }) => name.length === 2);
    const top = [(x0 + x1) / 2, y0 - KNOB / scale];
    return [
      ...places.map(({ name, point, cursor }) => handle(point, 'corner frame', { frame: name }, color, cursor)),
      handle(top, 'knob', { spin: true }, color, 'grab'),
    ];
  }

  /**
   * The map of a frame whose corner is pulled to a place; the opposite corner stays.
   * @typedef {{at: (point: Point) => Point, sx: number, sy: number, angle: number}} Transform
   * @returns {Transform | null} null when nothing would be left
   */
  function scaling([x0, y0, x1, y1], name, point, even) {
    const [fx, px] = name.includes('w') ? [x1, x0] : [x0, x1];
    const [fy, py] = name.includes('n') ? [y1, y0] : [y0, y1];
    let [sx, sy] = [px === fx ? 1 : (point[0] - fx) / (px - fx), py === fy ? 1 : (point[1] - fy) / (py - fy)];
    if (even) sx = sy = Math.max(sx, sy);
    if (sx <= 0 || sy <= 0) return null;
    return { at: ([x, y]) => [fx + (x - fx) * sx, fy + (y - fy) * sy], sx, sy, angle: 0 };
  }

  /** The map of a turn about the middle of a frame that brings its knob to a place. @returns {Transform} */
  function spinning([x0, y0, x1, y1], point, steps) {
    const centre = [(x0 + x1) / 2, (y0 + y1) / 2];
    const frame = { cx: centre[0], cy: centre[1], width: x1 - x0, height: y1 - y0, angle: 0 };
    const { angle } = turned.turnedTo(frame, point, steps);
    return { at: (p) => turned.out({ ...frame, angle }, [p[0] - centre[0], p[1] - centre[1]]), sx: 1, sy: 1, angle };
  }

  const moved = (at) => (point) => geometry.roundPoint(at(point));

  /**
   * A state after a transform. A box that is turned becomes a rotated box; masks are pixels and
   * stay as they are.
   * @returns {{kind: string, geometry: object}}
   */
  function transformed({ kind, geometry: shape }, { at, sx, sy, angle }) {
    if (kind === 'mask' || kind === 'tag') return { kind, geometry: shape };
    if (kind === 'box' && angle) {
      const [cx, cy] = moved(at)([shape.x + shape.width / 2, shape.y + shape.height / 2]);
      return { kind: 'rotated_box', geometry: { cx, cy, width: shape.width, height: shape.height, angle } };
    }
    const mapped = kinds.mapped(kind, shape, moved(at));
    if (!turns(kind)) return { kind, geometry: mapped };
    const own = turned.canonical(shape.angle + angle);
    return { kind, geometry: { ...stretched(mapped, sx, sy), angle: own } };
  }

  /** Sides or radii that grow as their own axes do. */
  function stretched(shape, sx, sy) {
    const turn = (shape.angle * Math.PI) / 180;
    const [c, s] = [Math.cos(turn), Math.sin(turn)];
    const [along, across] = [Math.hypot(c * sx, s * sy), Math.hypot(s * sx, c * sy)];
    const { round } = geometry;
    if ('rx' in shape) return { ...shape, rx: round(shape.rx * along), ry: round(shape.ry * across) };
    return { ...shape, width: round(shape.width * along), height: round(shape.height * across) };
  }

  /** Why a shape cannot be kept as it is, '' if it can. */
  function emptiness(kind, shape) {
    if (kind === 'box' || kind === 'rotated_box') return shape.width > 0 && shape.height > 0 ? '' : 'no size';
    if (kind === 'ellipse') return shape.rx > 0 && shape.ry > 0 ? '' : 'no size';
    return '';
  }

  dsb.handles = {
    emptiness, frameHandles, handlesOf, nameOf, scaling, spinning, transformed, withVerticesMoved,
  };
  if (typeof module !== 'undefined') module.exports = dsb.handles;
})(typeof window !== 'undefined' ? window : globalThis);
