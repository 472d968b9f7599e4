/**
 * Rotated boxes and ellipses: a centre, two sides or radii, an angle in degrees, clockwise on the
 * screen. Pure functions on the wire form.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') require('./10_geometry.js');
  const { round } = dsb.geometry;
  const RIGHT = 15;

  const radians = (degrees) => (degrees * Math.PI) / 180;

  /** Half the extent along the shape's own axes. @returns {[number, number]} */
  const halves = (shape) => ('rx' in shape ? [shape.rx, shape.ry] : [shape.width / 2, shape.height / 2]);

  /** The shape with other halves, on the grid. */
  function withHalves(shape, [a, b]) {
    if ('rx' in shape) return { ...shape, rx: round(a), ry: round(b) };
    return { ...shape, width: round(2 * a), height: round(2 * b) };
  }

  /** From the shape's own axes to the image. */
  function out(shape, [u, v]) {
    const [c, s] = [Math.cos(radians(shape.angle)), Math.sin(radians(shape.angle))];
    return [shape.cx + u * c - v * s, shape.cy + u * s + v * c];
  }

  /** From the image to the shape's own axes. */
  function into(shape, [x, y]) {
    const [c, s] = [Math.cos(radians(shape.angle)), Math.sin(radians(shape.angle))];
    const [dx, dy] = [x - shape.cx, y - shape.cy];
    return [dx * c + dy * s, dy * c - dx * s];
  }

  /** The four corners of the shape or of the box round it, clockwise from the top left one. */
  function corners(shape) {
    const [a, b] = halves(shape);
    return [[-a, -b], [a, -b], [a, b], [-a, b]].map((corner) => out(shape, corner));
  }

  /** @returns {[number, number, number, number]} */
  function bounds(shape) {
    const [a, b] = halves(shape);
    const [c, s] = [Math.abs(Math.cos(radians(shape.angle))), Math.abs(Math.sin(radians(shape.angle)))];
    const [w, h] = 'rx' in shape ? [Math.hypot(a * c, b * s), Math.hypot(a * s, b * c)] : [a * c + b * s, a * s + b * c];
    return [shape.cx - w, shape.cy - h, shape.cx + w, shape.cy + h];
  }

  function inside(shape, point) {
    const [u, v] = into(shape, point);
    const [a, b] = halves(shape);
    if ('rx' in shape) return (u / a) ** 2 + (v / b) ** 2 <= 1;
    return Math.abs(u) <= a && Math.abs(v) <= b;
  }

  /** An angle from −180 up to 180, on the grid. */
  const canonical = (degrees) => round(((((degrees + 180) % 360) + 360) % 360) - 180);

  /** SVG path text. */
  function path(shape) {
    if (!('rx' in shape)) return `M${corners(shape).map((p) => p.join(' ')).join('L')}Z`;
    const [from, to] = [out(shape, [shape.rx, 0]), out(shape, [-shape.rx, 0])];
    const arc = `A${shape.rx} ${shape.ry} ${shape.angle} 0 1`;
    return `M${from.join(' ')}${arc} ${to.join(' ')}${arc} ${from.join(' ')}Z`;
  }

  /** A handle outside the middle of the top side, `away` image pixels from it. */
  function knob(shape, away) {
    return out(shape, [0, -halves(shape)[1] - away]);
  }

  /** Turned so that its knob points at a place; `steps` keeps to multiples of 15 degrees. */
  function turnedTo(shape, point, steps) {
    const degrees = (Math.atan2(point[1] - shape.cy, point[0] - shape.cx) * 180) / Math.PI + 90;
    return { ...shape, angle: canonical(steps ? Math.round(degrees / RIGHT) * RIGHT : degrees) };
  }

  /** One side or corner (`nw`, `n` …) pulled to a place; what lies opposite stays where it is. */
  function pulled(shape, name, point) {
    const [a, b] = halves(shape);
    const [u, v] = into(shape, point);
    const across = (has, less, more, half, place) => {
      if (has(more)) return [-half, place];
      return has(less) ? [place, half] : [-half, half];
    };
    const has = (letter) => name.includes(letter);
    const [u0, u1] = across(has, 'w', 'e', a, u);
    const [v0, v1] = across(has, 'n', 's', b, v);
    const [cx, cy] = out(shape, [(u0 + u1) / 2, (v0 + v1) / 2]);
    const sized = withHalves(shape, [Math.abs(u1 - u0) / 2, Math.abs(v1 - v0) / 2]);
    return { ...sized, cx: round(cx), cy: round(cy) };
  }

  /** The eight places to pull, and the compass names of the sides there. */
  function handles(shape) {
    const [a, b] = halves(shape);
    const places = { nw: [-a, -b], n: [0, -b], ne: [a, -b], e: [a, 0], se: [a, b], s: [0, b], sw: [-a, b], w: [-a, 0] };
    return Object.entries(places).map(([name, place]) => ({ name, point: out(shape, place) }));
  }

  /** A rotated box over the line a–b with its other side through a point. */
  function boxOnLine(a, b, point) {
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const angle = (Math.atan2(b[1] - a[1], b[0] - a[0]) * 180) / Math.PI;
    const frame = { cx: (a[0] + b[0]) / 2, cy: (a[1] + b[1]) / 2, width: length, height: 0, angle };
    const [, depth] = into(frame, point);
    const [cx, cy] = out(frame, [0, depth / 2]);
    return {
      cx: round(cx), cy: round(cy), width: round(length), height: round(Math.abs(depth)), angle: canonical(angle),
    };
  }

  /** The end of a line from `a`, brought to a multiple of 15 degrees. */
  function snapped(a, b) {
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const step = radians(RIGHT);
    const angle = Math.round(Math.atan2(b[1] - a[1], b[0] - a[0]) / step) * step;
    return [a[0] + length * Math.cos(angle), a[1] + length * Math.sin(angle)];
  }

  dsb.turned = {
    bounds, boxOnLine, canonical, corners, halves, handles, inside, into, knob, out, path, pulled,
    snapped, turnedTo,
  };
  if (typeof module !== 'undefined') module.exports = dsb.turned;
})(typeof window !== 'undefined' ? window : globalThis);
