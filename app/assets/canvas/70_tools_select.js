/**
 * Select: pick the smallest object under the cursor or several with a frame, move them, drag their
 * handles. Shift adds to what is selected, Alt on a corner removes it, Ctrl drags an edge.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { geometry, handles, kinds, turned } = dsb;
  const STILL = 3;
  const ON_EDGE = 8;

  class SelectTool extends dsb.Tool {
    constructor(editor) {
      super(editor);
      this.cursor = 'default';
      this.gesture = null;
      this.hot = null;
      /** @type {Map<string, object> | null} kind and geometry by uid while they are dragged */
      this.drafts = null;
      /** @type {Map<string, [number, number]>} how far each of a crowd was carried */
      this.shifts = new Map();
      /** @type {Map<string, object>} addresses of the chosen vertices by name */
      this.vertices = new Map();
    }

    leave() {
      this.stop();
      this.vertices.clear();
    }

    selected() {
      this.vertices.clear();
    }

    get state() {
      return this.editor.selectedState;
    }

    /** What the active layer shows in place of an object. */
    draftOf(uid) {
      return this.drafts ? this.drafts.get(uid) : undefined;
    }

    shiftOf(uid) {
      return this.shifts.get(uid);
    }

    // --- beginning ------------------------------------------------------------------------------

    down(touch) {
      if (touch.button !== 0) return false;
      if (touch.handle && this.state) return this.grab(touch);
      if (touch.ctrl && this.grabEdge(touch)) return true;
      if (touch.alt && this.insert(touch)) return false;
      const uid = this.editor.pick(touch.point);
      if (!uid) return this.beginMarquee(touch);
      if (touch.shift) this.editor.choose(uid);
      else if (!this.editor.isChosen(uid)) this.editor.select(uid);
      this.gesture = { edit: 'move', from: touch.point, uid, shift: touch.shift };
      return true;
    }

    beginMarquee(touch) {
      const corners = touch.alt && this.state && kinds.chains(this.state.kind, this.state.geometry).length > 0;
      if (!touch.shift && !corners) this.editor.select(null);
      this.gesture = { edit: 'marquee', from: touch.inside, to: touch.inside, corners };
      return true;
    }

    grab(touch) {
      const { vertex, middle, ...data } = touch.handle.data;
      if (vertex && touch.alt) return this.removeVertices([vertex]);
      if (vertex && touch.shift) return this.toggleVertex(vertex);
      if (middle) {
        const base = kinds.withInserted(this.state.kind, this.state.geometry, middle, touch.inside);
        this.gesture = { edit: 'vertex', addresses: [middle], base };
      } else if (vertex) {
        if (!this.vertices.has(handles.nameOf(vertex))) this.chooseVertices([vertex]);
        this.gesture = { edit: 'vertex', addresses: [...this.vertices.values()], grabbed: vertex };
      } else this.gesture = { edit: 'pull', ...data, frame: this.frame(), pulled: data.frame };
      this.gesture.from = touch.point;
      this.editor.redraw();
      return true;
    }

    toggleVertex(address) {
      const name = handles.nameOf(address);
      if (!this.vertices.delete(name)) this.vertices.set(name, address);
      this.editor.redraw();
      return false;
    }

    chooseVertices(addresses) {
      this.vertices = new Map(addresses.map((address) => [handles.nameOf(address), address]));
    }

    /** Both ends of an edge are dragged as one. */
    grabEdge(touch) {
      const near = this.nearEdge(touch.point);
      if (!near) return false;
      const { part, ring, index } = near.address;
      const chain = kinds
        .chains(this.state.kind, this.state.geometry)
        .find(({ address }) => address.part === part && address.ring === ring);
      const ends = [index - 1, index % chain.points.length].map((k) => ({ part, ring, index: k }));
      this.chooseVertices(ends);
      this.gesture = { edit: 'vertex', addresses: ends, from: touch.point };
      return true;
    }

    nearEdge(point) {
      const { state } = this;
      const near = state && kinds.nearestEdge(state.kind, state.geometry, point);
      return near && near.distance * this.editor.view.scale <= ON_EDGE ? near : null;
    }

    /** The box round everything that is selected. */
    frame() {
      return this.editor.chosen
        .map((uid) => this.editor.model.annotation(uid))
        .filter(Boolean)
        .map((state) => dsb.shapes.drawable(state).bounds)
        .reduce(geometry.union, null);
    }

    // --- dragging -------------------------------------------------------------------------------

    drag(touch) {
      const { gesture, editor } = this;
      if (!gesture) return;
      if (gesture.edit === 'marquee') gesture.to = touch.inside;
      else if (!this.state) return;
      else {
        const still = geometry.distance(touch.point, gesture.from) * editor.view.scale < STILL;
        if (!this.drafts && still) return;
        const lifted = !this.drafts;
        this.drafts = this.dragged(gesture, touch);
        if (lifted) editor.repaintCrowd();
        editor.crowd.show(editor.isCrowd());
        if (this.state.kind === 'mask' && gesture.edit === 'move') this.showMoved();
      }
      editor.redraw();
    }

    /** @returns {Map<string, {kind: string, geometry: object}>} */
    dragged(gesture, touch) {
      if (gesture.edit === 'move') return this.movedAll(gesture, touch);
      if (gesture.edit === 'pull' && (gesture.pulled || this.editor.chosen.length > 1)) {
        return this.framed(gesture, touch);
      }
      const { kind } = this.state;
      const one = gesture.edit === 'vertex' ? { kind, geometry: this.movedVertices(gesture, touch) } : this.pulledOne(gesture, touch);
      return new Map([[this.editor.selection, one]]);
    }

    /** Of a crowd only the selection is moved at once, the others when the hand lets go. */
    movedAll(gesture, touch) {
      const { editor } = this;
      gesture.way = [touch.point[0] - gesture.from[0], touch.point[1] - gesture.from[1]];
      if (!editor.isCrowd()) return editor.mapChosen((state) => this.moved(state));
      for (const [uid, state] of editor.chosenStates()) {
        const { bounds } = dsb.shapes.drawable(state);
        this.shifts.set(uid, kinds.way(state.kind, state.geometry, gesture.way, editor.image, bounds));
      }
      return new Map([[editor.selection, this.moved(this.state)]]);
    }

    moved({ kind, geometry: shape }) {
      return { kind, geometry: kinds.translated(kind, shape, this.gesture.way, this.editor.image) };
    }

    /** All chosen vertices go as far as the one in the hand. */
    movedVertices({ addresses, grabbed, base, from }, touch) {
      const { kind, geometry: shape } = this.state;
      if (addresses.length === 1) {
        const place = grabbed || base ? this.snapped(touch.inside) : touch.inside;
        return kinds.withVertex(kind, base || shape, addresses[0], place);
      }
      const shift = [touch.point[0] - from[0], touch.point[1] - from[1]];
      const move = ([x, y]) => geometry.settled([x + shift[0], y + shift[1]], this.editor.image);
      return handles.withVerticesMoved(kind, shape, addresses, move);
    }

    snapped(point) {
      return this.editor.snapped(point, this.editor.selection);
    }

    pulledOne(gesture, touch) {
      const { kind, geometry: shape } = this.state;
      if (gesture.box) return { kind, geometry: geometry.boxDragged(shape, gesture.box, touch.inside) };
      if (gesture.turned) return { kind, geometry: turned.pulled(shape, gesture.turned, touch.point) };
      if ('angle' in shape) return { kind, geometry: turned.turnedTo(shape, touch.point, touch.shift) };
      return handles.transformed(this.state, handles.spinning(gesture.frame, touch.point, touch.shift));
    }

    framed(gesture, touch) {
      const transform = gesture.spin
        ? handles.spinning(gesture.frame, touch.point, touch.shift)
        : handles.scaling(gesture.frame, gesture.pulled, touch.point, touch.shift);
      return transform ? this.editor.mapChosen((state) => handles.transformed(state, transform)) : this.drafts;
    }

    showMoved() {
      const { geometry: at } = this.draftOf(this.editor.selection);
      const raster = dsb.shapes.rasterOf(this.state);
      this.editor.hide(this.editor.selection);
      this.editor.live.show({ ...raster, x: at.x, y: at.y }, this.editor.color(this.state.label));
    }

    // --- letting go -----------------------------------------------------------------------------

    up() {
      const { gesture, editor } = this;
      const drafts = this.shifts.size ? editor.mapChosen((state) => this.moved(state)) : this.drafts;
      this.stop();
      if (gesture && gesture.edit === 'marquee') this.takeMarquee(gesture);
      else if (drafts && [...drafts.values()].every((draft) => this.fits(draft))) {
        const turnedBoxes = [...drafts].filter(([uid, { kind }]) => kind !== editor.model.annotation(uid).kind);
        editor.editMany(drafts, 'select');
        if (turnedBoxes.length) editor.hint('A turned box is a rotated box; Ctrl+Z brings the box back');
        if (gesture.base) this.chooseVertices(gesture.addresses);
      } else if (gesture && !drafts && gesture.uid && !gesture.shift) editor.select(gesture.uid);
      editor.redraw();
    }

    takeMarquee({ from, to, corners }) {
      const frame = geometry.boundsOfPoints([from, to]);
      const size = Math.max(frame[2] - frame[0], frame[3] - frame[1]) * this.editor.view.scale;
      if (size < STILL) return;
      if (!corners) this.editor.chooseWithin(frame);
      else {
        const found = kinds.chains(this.state.kind, this.state.geometry).flatMap(({ points, address }) =>
          points.map((point, index) => ({ ...address, index, point })).filter(({ point }) => geometry.within(frame, point)),
        );
        this.chooseVertices(found.map(({ part, ring, index }) => ({ part, ring, index })));
      }
    }

    /** A shape that crosses itself or has no size is not kept; the place is shown. */
    fits({ kind, geometry: shape }) {
      if (handles.emptiness(kind, shape)) return false;
      const crossing = kind === 'polygon' && geometry.crossingOf(shape);
      if (crossing) this.editor.hint('The outline would cross itself here; nothing was changed', crossing);
      return !crossing;
    }

    stop() {
      if (this.drafts && this.editor.held) {
        this.editor.live.show(null);
        this.editor.hide(null);
      }
      const down = this.drafts;
      this.gesture = null;
      this.drafts = null;
      this.shifts.clear();
      this.editor.crowd.show(false);
      if (down) this.editor.repaintCrowd();
    }

    abandon() {
      this.stop();
      this.editor.redraw();
    }

    escape() {
      const busy = Boolean(this.gesture) || this.vertices.size > 0;
      this.vertices.clear();
      this.abandon();
      return busy;
    }

    // --- vertices -------------------------------------------------------------------------------

    double(touch) {
      this.insert(touch);
    }

    /** A new vertex where an edge was clicked. */
    insert(touch) {
      const near = this.nearEdge(touch.point);
      if (!near) return false;
      const { kind, geometry: before } = this.state;
      const point = geometry.settled(near.point, this.editor.image);
      const shape = kinds.withInserted(kind, before, near.address, point);
      if (this.repeats(kind, shape, near.address) || !this.fits({ kind, geometry: shape })) return false;
      this.editor.edit(this.editor.selection, { geometry: shape }, 'select');
      this.chooseVertices([near.address]);
      this.editor.redraw();
      return true;
    }

    /** Would the vertex lie on one of its neighbours? */
    repeats(kind, shape, { part, ring, index }) {
      const { points } = kinds.chains(kind, shape).find(({ address }) => address.part === part && address.ring === ring);
      const n = points.length;
      return [n - 1, 1].some((k) => geometry.distance(points[index], points[(index + k) % n]) === 0);
    }

    erase() {
      if (!this.vertices.size || !this.state) return false;
      this.removeVertices([...this.vertices.values()]);
      return true;
    }

    /** Last ones first, so that the addresses of the others stay true. */
    removeVertices(addresses) {
      const { kind } = this.state;
      const falling = [...addresses].sort((a, b) => b.index - a.index);
      const shape = falling.reduce(
        (after, address) => after && kinds.withoutVertex(kind, after, address), this.state.geometry,
      );
      this.vertices.clear();
      if (!shape) this.editor.hint(TOO_FEW[kind] || 'Nothing would be left; Delete without a corner removes it');
      else if (this.fits({ kind, geometry: shape })) {
        this.editor.edit(this.editor.selection, { geometry: shape }, 'select');
      }
      this.editor.redraw();
      return false;
    }

    // --- showing --------------------------------------------------------------------------------

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
      return Boolean(this.drafts) && (this.drafts.has(uid) || this.shifts.has(uid));
    }

    parts() {
      const { state, gesture } = this;
      const parts = gesture && gesture.edit === 'marquee' ? [{ is: 'marquee', from: gesture.from, to: gesture.to }] : [];
      if (!state || state.kind === 'tag') return parts;
      const shown = { ...state, ...this.draftOf(this.editor.selection) };
      const how = {
        scale: this.editor.view.scale, color: this.editor.color(state.label), chosen: this.vertices,
      };
      const several = this.editor.chosen.length > 1;
      const found = several || this.editor.framing ? this.frameParts(how) : shown.kind === 'mask' ? [] : handles.handlesOf(shown, how);
      const lit = found.map((part) =>
        JSON.stringify(part.data) === this.hot ? { ...part, look: `${part.look} hot` } : part,
      );
      return [...parts, ...lit];
    }

    frameParts(how) {
      const frame = this.drafts ? null : this.frame();
      return frame ? [{ is: 'marquee', from: frame.slice(0, 2), to: frame.slice(2), look: 'frame' }, ...handles.frameHandles(frame, how)] : [];
    }

    dock() {
      const { state, editor } = this;
      if (!state) return [];
      if (editor.chosen.length > 1) return editor.severalDock();
      return [
        { is: 'chip', text: editor.labelName(state.label), color: editor.color(state.label) },
        { is: 'text', text: TIPS[state.kind] || kinds.words(state.kind) },
        ...editor.objectActions(state),
        { is: 'button', text: 'remove', keys: 'Del', run: () => editor.removeSelected() },
      ];
    }
  }

  const TOO_FEW = {
    polygon: 'A polygon needs at least three corners; Delete without a corner removes it',
    polyline: 'A line needs two ends; Delete without a corner removes it',
  };

  const TIPS = {
    polygon: 'Alt-click removes a corner · double-click adds one',
    box: 'drag a corner or an edge · arrow keys move it',
    rotated_box: 'drag a corner or a side · the knob turns it',
    ellipse: 'drag a side · the knob turns it',
    polyline: 'drag a corner · double-click the line adds one',
    points: 'drag a point · Alt-click removes it · K adds more',
    keypoints: 'drag a keypoint · Alt-click takes it away',
    mask: 'M paints more, X erases · arrow keys move it',
    tag: 'class of the whole image',
  };

  dsb.SelectTool = SelectTool;
  dsb.register('select', SelectTool);
})(window);
