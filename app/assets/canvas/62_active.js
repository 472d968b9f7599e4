/**
 * What is in the person's hand: the selected object with its handles, drafts, proposals, strokes.
 * A small SVG, built anew from a plain list whenever something moves, so that dragging a vertex
 * never repaints the scene.
 *
 * @typedef {{is: 'shape', kind: string, geometry: object, color: string, look: string}} ShapePart
 * @typedef {{is: 'line', points: Array, color: string, look: string}} LinePart
 * @typedef {{is: 'stroke', points: Array, width: number, color: string}} StrokePart
 * @typedef {{is: 'handle', point: Array, look: string, data: object, cursor: string}} HandlePart
 * @typedef {{is: 'ring', point: Array, width: number}} RingPart
 * @typedef {{is: 'cross', point: Array}} CrossPart
 * @typedef {{is: 'note', point: Array, text: string, look: string}} NotePart
 * @typedef {{is: 'pin', point: Array, text: string, look: string}} PinPart
 * @typedef {{is: 'marquee', from: Array, to: Array, look?: string}} MarqueePart
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const SVG = 'http://www.w3.org/2000/svg';

  function element(name, attributes) {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  }

  /** The SVG of active things. */
  class Active {
    /** @param {HTMLElement} surface @param {dsb.View} view @param {() => object[]} list */
    constructor(surface, view, list) {
      Object.assign(this, { view, list });
      this.svg = element('svg', { class: 'canvas-layer canvas-active', 'aria-hidden': 'true' });
      this.frame = 0;
      surface.append(this.svg);
      view.on('moved rested', () => this.ask());
    }

    ask() {
      if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
    }

    paint() {
      this.frame = 0;
      const { x, y, scale } = this.view.place;
      const inImage = element('g', { transform: `scale(${scale}) translate(${-x},${-y})` });
      const onStage = element('g', {});
      for (const part of this.list()) {
        const [group, nodes] = this.nodes(part, inImage, onStage);
        group.append(...nodes);
      }
      this.svg.replaceChildren(inImage, onStage);
    }

    nodes(part, inImage, onStage) {
      if (part.is === 'shape') return [inImage, shapeNodes(part, this.view.scale)];
      if (part.is === 'marquee') return [onStage, [this.marqueeNode(part)]];
      if (part.is === 'line') return [inImage, [lineNode(part)]];
      if (part.is === 'stroke') return [inImage, [strokeNode(part)]];
      const at = this.view.toStage(part.point);
      if (part.is === 'handle') return [onStage, [handleNode(part, at)]];
      if (part.is === 'pin') return [onStage, [pinNode(part, at)]];
      if (part.is === 'note') return [onStage, [noteNode(part, at)]];
      if (part.is === 'ring') return [onStage, ringNodes(at, (part.width / 2) * this.view.scale, part.square)];
      return [onStage, [crossNode(at)]];
    }

    marqueeNode({ from, to, look }) {
      const [a, b] = [this.view.toStage(from), this.view.toStage(to)];
      return element('rect', {
        x: Math.min(a[0], b[0]), y: Math.min(a[1], b[1]),
        width: Math.abs(a[0] - b[0]), height: Math.abs(a[1] - b[1]), class: look || 'marquee',
      });
    }
  }

  function shapeNodes({ kind, geometry, outline, skeleton, color, look }, scale) {
    const d = outline || dsb.kinds.path(kind, geometry, skeleton);
    const fill = kind === 'mask' || dsb.kinds.isOpen(kind) ? 'none' : color;
    const dots = dsb.kinds.dots(kind, geometry).map((dot) => dotNode(dot, color, scale));
    const body = element('path', { d, class: `shape ${look}`, style: `--c:${color}`, fill });
    if (look === 'ghost') return [body, ...dots];
    return [body, ...dots, element('path', { d, class: `shape-line ${look}`, style: `--c:${color}` })];
  }

  function dotNode([cx, cy, seen = 2], color, scale) {
    const node = element('circle', { cx, cy, r: 4 / scale, class: seen === 1 ? 'dot hidden-dot' : 'dot' });
    node.style.setProperty('--c', color);
    return node;
  }

  const lineNode = ({ points, color, look }) =>
    element('path', {
      d: `M${points.map((p) => p.join(' ')).join('L')}`,
      class: `draft-line ${look || ''}`,
      style: `--c:${color}`,
    });

  function strokeNode({ points, width, color }) {
    const rest = points.length > 1 ? points.slice(1) : points;
    const d = `M${points[0].join(' ')}L${rest.map((p) => p.join(' ')).join('L')}`;
    return element('path', { d, class: 'stroke', stroke: color, 'stroke-width': width });
  }

  function handleNode({ look, color }, [x, y]) {
    const r = look.includes('ghost') ? 3.5 : look.includes('hot') ? 5.5 : 4.5;
    const node = element('circle', { cx: x, cy: y, r, class: `handle ${look}` });
    node.style.setProperty('--c', color);
    return node;
  }

  /** A word above (mine) or below what it speaks of. */
  function noteNode({ text, look }, [x, y]) {
    const node = element('text', { x, y: look === 'mine' ? y - 6 : y + 16, class: `note ${look}` });
    node.textContent = text;
    return node;
  }

  /** A comment's number where it belongs. */
  function pinNode({ text, look }, [x, y]) {
    const group = element('g', { class: `pin ${look}`, transform: `translate(${x},${y})` });
    const word = element('text', { y: 4 });
    word.textContent = text;
    group.append(element('circle', { r: 10 }), word);
    return group;
  }

  const ringNodes = ([cx, cy], half, square) => {
    const r = Math.max(half, 1);
    const at = square ? { x: cx - r, y: cy - r, width: 2 * r, height: 2 * r } : { cx, cy, r };
    return ['brush-ring dark', 'brush-ring'].map((name) =>
      element(square ? 'rect' : 'circle', { ...at, class: name }),
    );
  };

  const crossNode = ([x, y]) =>
    element('path', {
      d: `M${x - 7} ${y - 7}L${x + 7} ${y + 7}M${x + 7} ${y - 7}L${x - 7} ${y + 7}`,
      class: 'crossing',
    });

  dsb.Active = Active;
})(window);
