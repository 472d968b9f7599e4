/**
 * Shapes drawn by a pen, and how much of them there is to see. A pen has the calls of a `Path2D`;
 * no text is made and read again on the way, which is what many vertices would pay for.
 * Pure: what is known of a state is kept beside it, since states never change.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') require('./13_kinds.js');
  const { kinds } = dsb;

  /** An object of fewer screen pixels is a speck: nobody sees its outline. */
  const SPECK = 5;

  /** @type {WeakMap<object, object>} what is computed once per immutable state */
  const known = new WeakMap();

  /** What is known of a state, its bounds first of all. @returns {{bounds: Bounds | null}} */
  function drawable(state) {
    let entry = known.get(state);
    if (!entry) {
      entry = { bounds: kinds.bounds(state.kind, state.geometry) };
      known.set(state, entry);
    }
    return entry;
  }

  function traceRing(ring, pen, closed) {
    ring.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    if (closed) pen.closePath();
  }

  /** Can the pen follow this kind without the path's text? */
  const TRACED = {
    box: ({ x, y, width, height }, pen) => pen.rect(x, y, width, height),
    polygon: ({ parts }, pen) => parts.forEach((rings) => rings.forEach((ring) => traceRing(ring, pen, true))),
    polyline: ({ points }, pen) => traceRing(points, pen, false),
  };

  /** The path of a state. @returns {Path2D} */
  function pathOf({ kind, geometry }, skeleton) {
    if (!TRACED[kind]) return new root.Path2D(kinds.path(kind, geometry, skeleton));
    const pen = new root.Path2D();
    TRACED[kind](geometry, pen);
    return pen;
  }

  /** Too small to have an outline at this zoom? Places drawn as dots never are. */
  function isSpeck(state, scale) {
    if (state.kind === 'points' || state.kind === 'keypoints') return false;
    const { bounds } = drawable(state);
    return Boolean(bounds) && Math.max(bounds[2] - bounds[0], bounds[3] - bounds[1]) * scale < SPECK;
  }

  dsb.tracing = { SPECK, drawable, isSpeck, pathOf };
  if (typeof module !== 'undefined') module.exports = dsb.tracing;
})(typeof window !== 'undefined' ? window : globalThis);
