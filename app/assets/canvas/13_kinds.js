/**
 * What every kind of geometry can do, one object each: the one place to look when a kind is added.
 * Pure functions on the wire form.
 *
 * @typedef {object} Kind
 * @property {(g: object) => Bounds | null} bounds
 * @property {(g: object) => string} path SVG path text, '' where only dots are drawn
 * @property {(g: object) => number} area drawn pixels, as far as the browser can tell
 * @property {(g: object, point: Point, slack: number) => boolean} hits
 * @property {(g: object, move: (point: Point) => Point) => object} mapped every place moved
 * @property {(g: object) => Point[]} dots places drawn as dots of one size, whatever the zoom
 * @property {boolean} open is there nothing to fill?
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') {
    ['10_geometry', '11_turned', '12_rle', '14_raster'].forEach((name) => require(`./${name}.js`));
  }
  const { geometry, turned } = dsb;
  const NO_SIZE = 1e-6;

  const rectangle = ({ x, y, width, height }) => [x, y, x + width, y + height];
  const near = (places, point, slack) => places.some((place) => geometry.distance(place, point) <= slack);
  const line = (points, close = '') => `M${points.map(([x, y]) => `${x} ${y}`).join('L')}${close}`;
  const labelled = (g) => g.points.filter((point) => point[2]);
  const none = () => [];

  const nearLine = (points, point, slack) =>
    points.some((a, i) => i > 0 && geometry.nearestOnSegment(point, points[i - 1], a).distance <= slack);

  /** @type {Kind} */
  const tag = { bounds: () => null, path: () => '', area: () => 0, hits: () => false, mapped: (g) => g, dots: none };

  /** @type {Kind} */
  const box = {
    bounds: rectangle,
    path: ({ x, y, width, height }) => `M${x} ${y}h${width}v${height}h${-width}Z`,
    area: (g) => g.width * g.height,
    hits: (g, point, slack) => {
      const [x0, y0, x1, y1] = rectangle(g);
      return geometry.within([x0 - slack, y0 - slack, x1 + slack, y1 + slack], point);
    },
    mapped: (g, move) => {
      const [x0, y0, x1, y1] = rectangle(g);
      return geometry.boxBetween(move([x0, y0]), move([x1, y1]));
    },
    dots: none,
  };

  /** @type {Kind} */
  const mask = {
    bounds: rectangle,
    path: () => '',
    area: (g) => dsb.rle.maskArea(g),
    hits: (g, point) => dsb.raster.at(dsb.rle.rasterFromMask(g), point),
    mapped: (g, move) => {
      const [x, y] = move([g.x, g.y]).map(Math.round);
      return { ...g, x, y };
    },
    dots: none,
  };

  /** @type {Kind} */
  const polygon = {
    bounds: (g) => geometry.boundsOfPoints(geometry.ringsOf(g).flat()),
    path: (g) => geometry.ringsOf(g).map((ring) => line(ring, 'Z')).join(''),
    area: (g) => geometry.polygonArea(g),
    hits: (g, point, slack) =>
      geometry.insidePolygon(g, point) || (slack > 0 && geometry.nearestEdge(g, point).distance <= slack),
    mapped: (g, move) => ({ parts: g.parts.map((rings) => rings.map((ring) => ring.map(move))) }),
    dots: none,
  };

  const centred = (g, move) => {
    const [cx, cy] = move([g.cx, g.cy]);
    return { ...g, cx, cy };
  };

  /** @type {Kind} */
  const rotated_box = {
    bounds: turned.bounds,
    path: turned.path,
    area: (g) => g.width * g.height,
    hits: (g, point, slack) => turned.inside({ ...g, width: g.width + 2 * slack, height: g.height + 2 * slack }, point),
    mapped: centred,
    dots: none,
  };

  /** @type {Kind} */
  const ellipse = {
    bounds: turned.bounds,
    path: turned.path,
    area: (g) => Math.PI * g.rx * g.ry,
    hits: (g, point, slack) => turned.inside({ ...g, rx: g.rx + slack, ry: g.ry + slack }, point),
    mapped: centred,
    dots: none,
  };

  /** @type {Kind} */
  const polyline = {
    bounds: (g) => geometry.boundsOfPoints(g.points),
    path: (g) => line(g.points),
    area: () => 0,
    hits: (g, point, slack) => nearLine(g.points, point, Math.max(slack, NO_SIZE)),
    mapped: (g, move) => ({ points: g.points.map(move) }),
    dots: none,
    open: true,
  };

  /** @type {Kind} */
  const points = {
    bounds: (g) => geometry.boundsOfPoints(g.points),
    path: () => '',
    area: () => 0,
    hits: (g, point, slack) => near(g.points, point, slack),
    mapped: (g, move) => ({ points: g.points.map(move) }),
    dots: (g) => g.points,
    open: true,
  };

  /** @type {Kind} */
  const keypoints = {
    bounds: (g) => geometry.boundsOfPoints(labelled(g)),
    path: () => '',
    area: () => 0,
    hits: (g, point, slack) => near(labelled(g), point, slack),
    mapped: (g, move) => ({
      points: g.points.map(([x, y, seen]) => (seen ? [...move([x, y]), seen] : [0, 0, 0])),
    }),
    dots: labelled,
    open: true,
  };

  const kinds = { tag, box, rotated_box, polygon, mask, ellipse, polyline, points, keypoints };

  const WORDS = { rotated_box: 'rotated box', tag: 'whole image' };

  /** What people call a kind. */
  const words = (kind) => WORDS[kind] || kind;

  /** The lines of a skeleton between places that are labelled. @returns {Array<[Point, Point]>} */
  function bones(g, skeleton) {
    const edges = skeleton ? skeleton.edges : [];
    const at = (k) => g.points[k] && g.points[k][2] && g.points[k].slice(0, 2);
    return edges.map(([a, b]) => [at(a), at(b)]).filter(([a, b]) => a && b);
  }

  /** The path of a shape, with the bones of its keypoints. */
  function path(kind, g, skeleton) {
    if (kind !== 'keypoints') return kinds[kind].path(g);
    return bones(g, skeleton).map((bone) => line(bone)).join('');
  }

  /** How far a geometry can go as a whole; it stops at the border of the image. @returns {Point} */
  function way(kind, g, shift, size, bounds = kinds[kind].bounds(g)) {
    if (!bounds) return [0, 0];
    const grain = kind === 'mask' ? Math.round : geometry.round;
    const turns = kind === 'rotated_box' || kind === 'ellipse';
    // What may reach over the border keeps its middle inside.
    const [x0, y0, x1, y1] = turns ? [g.cx, g.cy, g.cx, g.cy] : bounds;
    const dx = geometry.clamp(grain(shift[0]), -x0, Math.max(-x0, size.width - x1));
    const dy = geometry.clamp(grain(shift[1]), -y0, Math.max(-y0, size.height - y1));
    return [dx, dy];
  }

  /** A geometry moved as a whole, as far as it can go. */
  function translated(kind, g, shift, size) {
    if (kind === 'tag') return g;
    const [dx, dy] = way(kind, g, shift, size);
    const move = ([x, y]) => [x + dx, y + dy];
    if (kind === 'box') return { ...g, x: g.x + dx, y: g.y + dy };
    return kinds[kind].mapped(g, move);
  }

  /**
   * The vertices that can be dragged one by one: of rings, or of a list of points.
   * @returns {Array<{points: Point[], address: object, closed: boolean}>}
   */
  function chains(kind, g) {
    if (kind === 'polygon') {
      return g.parts.flatMap((rings, part) =>
        rings.map((ring, k) => ({ points: ring, address: { part, ring: k }, closed: true })),
      );
    }
    const listed = kind === 'polyline' || kind === 'points' || kind === 'keypoints';
    return listed ? [{ points: g.points, address: { part: 0, ring: 0 }, closed: false }] : [];
  }

  /** One vertex moved; of a keypoint its visibility stays. */
  function withVertex(kind, g, address, point) {
    if (kind === 'polygon') return geometry.withVertex(g, address, point);
    const next = g.points.slice();
    next[address.index] = kind === 'keypoints' ? [...point, g.points[address.index][2] || 2] : point;
    return { points: next };
  }

  function withInserted(kind, g, address, point) {
    if (kind === 'polygon') return geometry.withInserted(g, address, point);
    const next = g.points.slice();
    next.splice(address.index, 0, point);
    return { points: next };
  }

  const LEAST = { polyline: 2, points: 1 };

  /** One vertex taken away; of keypoints it is no longer labelled. @returns {object | null} null when too few are left */
  function withoutVertex(kind, g, address) {
    if (kind === 'polygon') return geometry.withoutVertex(g, address);
    if (kind === 'keypoints') {
      const next = g.points.map((point, k) => (k === address.index ? [0, 0, 0] : point));
      return next.some((point) => point[2]) ? { points: next } : null;
    }
    if (g.points.length <= LEAST[kind]) return null;
    return { points: g.points.filter((_, k) => k !== address.index) };
  }

  /** The edge nearest to a point, of polygons and polylines. */
  function nearestEdge(kind, g, point) {
    if (kind === 'polygon') return geometry.nearestEdge(g, point);
    if (kind !== 'polyline') return null;
    let best = null;
    g.points.slice(1).forEach((b, i) => {
      const found = geometry.nearestOnSegment(point, g.points[i], b);
      if (!best || found.distance < best.distance) {
        best = { ...found, address: { part: 0, ring: 0, index: i + 1 } };
      }
    });
    return best;
  }

  /** The length of a line, in image pixels. */
  const length = (chain) =>
    chain.reduce((sum, point, i) => (i ? sum + geometry.distance(point, chain[i - 1]) : 0), 0);

  dsb.kinds = {
    bones, chains, kinds, length, nearestEdge, path, translated, way, withInserted,
    withoutVertex, withVertex, words,
    bounds: (kind, g) => kinds[kind].bounds(g),
    area: (kind, g) => kinds[kind].area(g),
    dots: (kind, g) => kinds[kind].dots(g),
    isOpen: (kind) => Boolean(kinds[kind].open),
    mapped: (kind, g, move) => kinds[kind].mapped(g, move),
    hits: (kind, g, point, slack) => kinds[kind].hits(g, point, slack),
  };
  if (typeof module !== 'undefined') module.exports = dsb.kinds;
})(typeof window !== 'undefined' ? window : globalThis);
