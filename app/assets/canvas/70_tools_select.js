/** Select: pick the smallest object under the cursor, move it, drag its handles. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const geometry = dsb.geometry;
  const STILL = 3;
  const APART = 9;
  const ROOM_FOR_MIDDLE = 36;
  const ROOM_FOR_HANDLES = 14;
  // Below this a polygon of many corners is only a clump of handles: zoom in to edit it.
  const ROOM_FOR_CORNERS = 64;
  const FEW = 8;

  class SelectTool extends dsb.Tool {
    constructor(editor) {
      super(editor);
      this.cursor = 'default';
      this.gesture = null;
      this.hot = null;
      /** @type {object | null} the geometry while it is dragged */
      this.draft = null;
      /** @type {dsb.Address | null} */
      this.vertex = null;
    }

    leave() {
      this.stop();
      this.vertex = null;
    }

    selected() {
      this.vertex = null;
    }

    get state() {
      return this.editor.selectedState;
    }

    down(touch) {
      if (touch.button !== 0) return false;
      if (touch.handle && this.state) return this.grab(touch);
      if (touch.alt && this.insert(touch)) return false;
      const uid = this.editor.pick(touch.point);
      this.editor.select(uid);
      if (!uid) return false;
      this.gesture = { edit: 'move', from: touch.point };
      return true;
    }

    grab(touch) {
      const handle = touch.handle.data;
      if (handle.vertex && touch.alt) {
        this.removeVertex(handle.vertex);
        return false;
      }
      if (handle.middle) {
        const grown = geometry.withInserted(this.state.geometry, handle.middle, touch.inside);
        this.gesture = { edit: 'vertex', address: handle.middle, base: grown };
      } else if (handle.vertex) {
        this.vertex = handle.vertex;
        this.gesture = { edit: 'vertex', address: handle.vertex, base: this.state.geometry };
      } else this.gesture = { edit: 'box', name: handle.box };
      this.gesture.from = touch.point;
      this.editor.redraw();
      return true;
    }

    drag(touch) {
      const gesture = this.gesture;
      const scale = this.editor.view.scale;
      if (!gesture || !this.state) return;
      if (!this.draft && geometry.distance(touch.point, gesture.from) * scale < STILL) return;
      this.draft = this.dragged(gesture, touch);
      if (this.state.kind === 'mask') this.showMoved();
      this.editor.redraw();
    }

    dragged(gesture, touch) {
      const { kind, geometry: shape } = this.state;
      if (gesture.edit === 'box') return geometry.boxDragged(shape, gesture.name, touch.inside);
      if (gesture.edit === 'vertex') {
        return geometry.withVertex(gesture.base, gesture.address, touch.inside);
      }
      const shift = [touch.point[0] - gesture.from[0], touch.point[1] - gesture.from[1]];
      return geometry.translated(kind, shape, shift, this.editor.image);
    }

    showMoved() {
      const { x, y } = this.draft;
      const raster = dsb.shapes.rasterOf(this.state);
      this.editor.hide(this.editor.selection);
      this.editor.live.show({ ...raster, x, y }, this.editor.color(this.state.label));
    }

    up() {
      const shape = this.draft;
      const place = this.gesture;
      this.stop();
      if (shape && this.fits(shape)) {
        this.editor.edit(this.editor.selection, { geometry: shape }, 'select');
        if (place.edit === 'vertex') this.vertex = place.address;
      }
      this.editor.redraw();
    }

    /** A shape that crosses itself or has no size is not kept; the place is shown. */
    fits(shape) {
      if (this.state.kind === 'box' && !(shape.width && shape.height)) return false;
      const crossing = this.state.kind === 'polygon' && geometry.crossingOf(shape);
      if (crossing) this.editor.hint('The outline would cross itself here; nothing was changed', crossing);
      return !crossing;
    }

    stop() {
      this.gesture = null;
      if (this.draft && this.state && this.state.kind === 'mask') {
        this.editor.live.show(null);
        this.editor.hide(null);
      }
      this.draft = null;
    }

    abandon() {
      this.stop();
      this.editor.redraw();
    }

    escape() {
      const busy = Boolean(this.draft || this.vertex);
      this.stop();
      this.vertex = null;
      this.editor.redraw();
      return busy;
    }

    double(touch) {
      this.insert(touch);
    }

    /** A new vertex where an edge was clicked. */
    insert(touch) {
      if (!this.state || this.state.kind !== 'polygon') return false;
      const near = geometry.nearestEdge(this.state.geometry, touch.point);
      if (near.distance * this.editor.view.scale > 8) return false;
      const point = geometry.settled(near.point, this.editor.image);
      const shape = geometry.withInserted(this.state.geometry, near.address, point);
      if (this.repeats(shape, near.address) || !this.fits(shape)) return false;
      this.editor.edit(this.editor.selection, { geometry: shape }, 'select');
      this.vertex = near.address;
      this.editor.redraw();
      return true;
    }

    /** Would the vertex lie on one of its neighbours? */
    repeats(shape, { part, ring, index }) {
      const points = shape.parts[part][ring];
      const n = points.length;
      return [n - 1, 1].some((k) => geometry.distance(points[index], points[(index + k) % n]) === 0);
    }

    erase() {
      if (!this.vertex || !this.state) return false;
      this.removeVertex(this.vertex);
      return true;
    }

    removeVertex(address) {
      const shape = geometry.withoutVertex(this.state.geometry, address);
      this.vertex = null;
      if (!shape) this.editor.hint('A polygon needs at least three corners; Delete without a corner removes it');
      else if (this.fits(shape)) {
        this.editor.edit(this.editor.selection, { geometry: shape }, 'select');
      }
      this.editor.redraw();
    }

    hover(touch) {
      const { handle } = touch;
      const uid = handle ? this.editor.selection : this.editor.pick(touch.point);
      this.editor.point(uid);
      this.editor.surface.style.cursor = handle ? handle.cursor || 'grab' : uid ? 'move' : 'default';
      this.warm(handle);
    }

    /** The handle under the pointer stands out. */
    warm(handle) {
      const before = this.hot;
      this.hot = handle ? JSON.stringify(handle.data) : null;
      if (this.hot !== before) this.editor.redraw();
    }

    hides(uid) {
      return Boolean(this.draft) && uid === this.editor.selection;
    }

    parts() {
      const state = this.state;
      if (!state || state.kind === 'tag' || state.kind === 'mask') return [];
      const shape = this.draft || state.geometry;
      const color = this.editor.color(state.label);
      const handles =
        state.kind === 'box' ? this.boxHandles(shape, color) : this.vertexHandles(shape, color);
      return handles.map((part) =>
        JSON.stringify(part.data) === this.hot ? { ...part, look: `${part.look} hot` } : part,
      );
    }

    boxHandles(box, color) {
      const scale = this.editor.view.scale;
      const [wide, high] = [box.width * scale, box.height * scale];
      if (Math.min(wide, high) < ROOM_FOR_HANDLES) return [];
      const room = { n: wide > 40, s: wide > 40, e: high > 40, w: high > 40 };
      return geometry
        .boxHandles(box)
        .filter(({ name }) => room[name] !== false)
        .map(({ name, point, cursor }) => ({
          is: 'handle', point, look: 'corner', data: { box: name }, cursor, color,
        }));
    }

    /** Corners far enough apart to be told from each other, and ghosts in the middle of edges. */
    vertexHandles(polygon, color) {
      const scale = this.editor.view.scale;
      const parts = [];
      const [x0, y0, x1, y1] = geometry.bounds('polygon', polygon);
      const many = geometry.ringsOf(polygon).flat().length > FEW;
      if (many && Math.max(x1 - x0, y1 - y0) * scale < ROOM_FOR_CORNERS) return parts;
      polygon.parts.forEach((rings, part) =>
        rings.forEach((points, ring) => {
          let last = null;
          points.forEach((point, index) => {
            const address = { part, ring, index };
            const next = points[(index + 1) % points.length];
            const chosen = this.isVertex(address);
            if (!chosen && last && geometry.distance(last, point) * scale < APART) return;
            last = point;
            parts.push(handle(point, chosen ? 'vertex chosen' : 'vertex', { vertex: address }, color));
            if (geometry.distance(point, next) * scale < ROOM_FOR_MIDDLE) return;
            const middle = [(point[0] + next[0]) / 2, (point[1] + next[1]) / 2];
            const place = { part, ring, index: index + 1 };
            parts.push(handle(middle, 'ghost-vertex', { middle: place }, color));
          });
        }),
      );
      return parts;
    }

    isVertex({ part, ring, index }) {
      const v = this.vertex;
      return Boolean(v) && v.part === part && v.ring === ring && v.index === index;
    }

    dock() {
      const state = this.state;
      if (!state) return [];
      const { kind, label } = state;
      const tips = {
        polygon: 'drag a corner · Alt-click removes it · double-click an edge adds one',
        box: 'drag a corner or an edge · arrow keys move it',
        mask: 'M paints more, X erases · arrow keys move it',
        tag: 'class of the whole image',
      };
      return [
        { is: 'chip', text: this.editor.labelName(label), color: this.editor.color(label) },
        { is: 'text', text: tips[kind] || kind },
        { is: 'button', text: 'remove', keys: 'Del', run: () => this.editor.removeSelected() },
      ];
    }
  }

  const handle = (point, look, data, color) => ({ is: 'handle', point, look, data, color });

  dsb.SelectTool = SelectTool;
  dsb.register('select', SelectTool);
})(window);
