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
      if (part.is === 'shape') return [inImage, shapeNodes(part)];
      if (part.is === 'line') return [inImage, [lineNode(part)]];
      if (part.is === 'stroke') return [inImage, [strokeNode(part)]];
      const at = this.view.toStage(part.point);
      if (part.is === 'handle') return [onStage, [handleNode(part, at)]];
      if (part.is === 'note') return [onStage, [noteNode(part, at)]];
      if (part.is === 'ring') return [onStage, ringNodes(at, (part.width / 2) * this.view.scale)];
      return [onStage, [crossNode(at)]];
    }
  }

  function shapeNodes({ kind, geometry, outline, color, look }) {
    const d = outline || dsb.shapes.pathText(kind, geometry);
    const fill = kind === 'mask' ? 'none' : color;
    const body = element('path', { d, class: `shape ${look}`, style: `--c:${color}`, fill });
    if (look === 'ghost') return [body];
    return [body, element('path', { d, class: `shape-line ${look}`, style: `--c:${color}` })];
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

  const ringNodes = ([cx, cy], r) => [
    element('circle', { cx, cy, r: Math.max(r, 1), class: 'brush-ring dark' }),
    element('circle', { cx, cy, r: Math.max(r, 1), class: 'brush-ring' }),
  ];

  const crossNode = ([x, y]) =>
    element('path', {
      d: `M${x - 7} ${y - 7}L${x + 7} ${y + 7}M${x + 7} ${y - 7}L${x - 7} ${y + 7}`,
      class: 'crossing',
    });

  dsb.Active = Active;
})(window);
