/**
 * The editor: one image in hand. It ties model, history, queue, view and tool together; panes and
 * tools talk to it alone.
 *
 * Emits: image · objects · tool · label · selection · dock · save · hint · conflict · help ·
 * state(imageId, state) · pointer(touch)
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const SETTINGS = 'dsb-settings';
  const DEFAULTS = { brush: 24, scribble: 8, smooth: 0, snap: 0, tool: 'select', pointEach: false, brushShape: 'round', opacity: 50, stick: false, borders: 'free' };
  const NO_COLOR = '#8b93a6';

  /** Settings of this browser; what cannot be read is the default. */
  function keptSettings() {
    try {
      return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(SETTINGS) || '{}') };
    } catch {
      return { ...DEFAULTS };
    }
  }

  class Editor extends dsb.Emitter {
    /** @param {dsb.Queue} queue */
    constructor(queue) {
      super();
      this.queue = queue;
      this.view = new dsb.View();
      this.settings = keptSettings();
      this.histories = new Map();
      this.tools = new Map([...dsb.tools].map(([name, type]) => [name, new type(this)]));
      this.toolName = 'select';
      this.labels = [];
      this.label = null;
      this.image = null;
      this.hidden = new Set();
      /** @type {Set<string>} seen, but not picked */
      this.locked = new Set();
      /** Do the handles of the selection scale and turn it? */
      this.framing = false;
      this.allHidden = false;
      /** Both sides of what waits for an answer, and an object as it was. */
      this.ghosts = [];
      this.shades = [];
      /** @type {[string, string][]} what others have selected: uid and who */
      this.taken = [];
      this.empty();
    }

    /** Nothing is open. */
    empty() {
      this.model = null;
      this.selection = null;
      this.chosen = [];
      this.chosenSet = new Set();
      this.pointed = null;
      this.held = null;
      this.hidden.clear();
      this.locked.clear();
    }

    get tool() {
      return this.tools.get(this.toolName);
    }

    get history() {
      const name = `${this.slug}/${this.image.id}`;
      if (!this.histories.has(name)) this.histories.set(name, new dsb.History());
      return this.histories.get(name);
    }

    get selectedState() {
      return this.selection && this.model ? this.model.annotation(this.selection) : null;
    }

    // --- labels ---------------------------------------------------------------------------------

    labelOf(id) {
      return this.labels.find((label) => label.id === id);
    }

    color(id) {
      const label = this.anyLabel(id);
      return label ? label.color : NO_COLOR;
    }

    labelName(id) {
      const label = this.anyLabel(id);
      if (!label) return 'no label';
      return label.deleted ? `${label.name} (removed)` : label.name;
    }

    /** The skeleton of a label's keypoints, null where it has none. */
    skeleton(id) {
      const label = this.labelOf(id);
      return (label && label.skeleton) || null;
    }

    labelChip() {
      if (!this.label) return [];
      return [{ is: 'chip', text: this.labelName(this.label), color: this.color(this.label) }];
    }

    needsLabel() {
      if (this.label) return true;
      this.hint('This project has no labels yet: add one on the Labels page');
      return false;
    }

    setLabel(id) {
      if (!this.labelOf(id) || id === this.label) return;
      this.label = id;
      this.emit('label');
      this.emit('dock');
      this.redraw();
    }

    /** A digit: another current label, and with the select tool the selection follows. */
    digit(number, shift) {
      const label = this.labels[number - 1];
      if (!label) return false;
      if (shift) this.toggleTag(label.id);
      else this.chooseLabel(label.id);
      return true;
    }

    chooseLabel(id) {
      this.setLabel(id);
      if (this.tool.labelled()) return;
      if (this.toolName === 'select') this.relabel(id);
    }

    tagOf(label) {
      return this.model.annotations.find(
        ({ state }) => state.kind === 'tag' && state.label === label,
      );
    }

    // --- changes --------------------------------------------------------------------------------

    /**
     * Everything that changes anything goes through here.
     * @param {{type: string, key: string, after: object | null}[]} wanted
     */
    commit(wanted, tool) {
      const changes = wanted
        .map(({ type, key, after }) => ({ type, key, after: this.model.placed(type, after) }))
        .map((change) => ({ ...change, before: this.model.item(change.type, change.key).state }))
        .filter(({ before, after }) => !dsb.model.equal(before, after));
      if (!changes.length) return;
      this.history.record(changes, tool);
      this.carryOut(changes, tool);
    }

    carryOut(changes, tool) {
      const operations = dsb.commands.apply(this.model, changes, tool);
      if (changes.some(({ type }) => type === 'annotation')) this.model.begin();
      this.queue.push(this.slug, this.image.id, operations);
      this.emit('objects');
      this.emit('dock');
    }

    /** @returns {string} the uid of the new annotation */
    annotate(kind, shape, { uid = dsb.uuid(), label = this.label, source = 'person', tool }) {
      this.commit([{ type: 'annotation', key: uid, after: this.born(kind, shape, { label, source }) }], tool);
      return uid;
    }

    /** The state of a new annotation, with what its label gives it. */
    born(kind, shape, { label = this.label, source = 'person' }) {
      const attributes = dsb.asking.withDefaults(this.labelOf(label));
      const answers = Object.keys(attributes).length ? { attributes } : {};
      return { label, kind, geometry: shape, source, ...answers };
    }

    edit(uid, fields, tool) {
      const before = this.model.annotation(uid);
      if (before) this.commit([{ type: 'annotation', key: uid, after: { ...before, ...fields } }], tool);
    }

    /** An annotation goes together with the strokes that it was made of. */
    remove(uid, tool) {
      this.commit(this.removal(uid), tool);
    }

    /** The changes that take an annotation away. */
    removal(uid) {
      const wanted = [{ type: 'annotation', key: uid, after: null }];
      const strokes = this.model.items.get(`scribble:${uid}`);
      if (strokes && strokes.state) wanted.push({ type: 'scribble', key: uid, after: null });
      return wanted;
    }

    /** @param {object[] | null} strokes null removes the scribble */
    scribble(key, strokes) {
      const after = strokes && strokes.length ? { strokes } : null;
      this.commit([{ type: 'scribble', key, after }], 'scribble');
    }

    undo() {
      if (this.tool.undo()) return;
      this.rewind(this.history.undo(), 'undo');
    }

    redo() {
      this.rewind(this.history.redo(), 'redo');
    }

    /** A step that starts from what somebody else has changed since is a conflict. */
    rewind(step, tool) {
      if (!step) return;
      if (dsb.commands.untouched(this.model, step.changes)) {
        step.settle();
        this.carryOut(step.changes, tool);
        return;
      }
      step.forget();
      this.emit('conflict', {
        opIds: [],
        group: null,
        sides: step.changes.map(({ type, key, after }) => {
          const item = this.model.item(type, key);
          return { item, mine: after, theirs: item.state };
        }),
      });
      this.emit('objects');
    }

    // --- tools ----------------------------------------------------------------------------------

    setTool(name) {
      if (!this.tools.has(name) || name === this.toolName) return;
      this.tool.leave();
      this.toolName = name;
      this.point(null);
      if (this.tool.constructor.draws) this.select(null);
      this.tool.enter();
      this.emit('tool');
      this.emit('dock');
      this.scene.all();
      this.redraw();
    }

    setSetting(name, value) {
      this.settings[name] = value;
      try {
        localStorage.setItem(SETTINGS, JSON.stringify(this.settings));
      } catch {
        this.hint('This browser keeps no settings');
      }
      this.emit('dock');
    }

    /** Brush and eraser share one size, the scribble pen has its own. */
    get sizeSetting() {
      return ['scribble', 'wand'].includes(this.toolName) ? 'scribble' : 'brush';
    }

    setBrush(value) {
      this.setSetting(this.sizeSetting, value);
      this.redraw();
    }

    resizeBrush(up) {
      this.setBrush(dsb.brush.nextSize(this.settings[this.sizeSetting], up));
    }

    /** While a tool shows this object itself, the scene does not. */
    hide(uid) {
      const before = this.held;
      this.held = uid;
      this.repaint(before);
      this.repaint(uid);
    }

    // --- painting -------------------------------------------------------------------------------

    /** What the scene paints of a window: all but what the active layer or the tool shows. */
    *resting(window) {
      if (!this.model || this.allHidden) return;
      for (const item of this.model.near(window)) {
        const { key, state } = item;
        if (key === this.held || this.hidden.has(key) || this.tool.hides(key)) continue;
        const chosen = this.isChosen(key);
        if (chosen && state.kind !== 'mask' && this.isSingled(key)) continue;
        yield { state, color: this.colorOf(item), strong: chosen, skeleton: this.skeleton(state.label) };
      }
    }

    /** What of a crowd is in the hand, where it is. */
    *carried() {
      if (!this.model || this.allHidden) return;
      for (const uid of this.chosen) {
        const state = this.model.annotation(uid);
        const [draft, shift] = [this.tool.draftOf(uid), this.tool.shiftOf(uid)];
        if (!state || this.isSingled(uid) || this.hidden.has(uid) || !(draft || shift)) continue;
        const shown = draft ? { ...state, ...draft } : state;
        yield { state: shown, shift, color: this.colorOf(this.model.item('annotation', uid)), strong: true, skeleton: this.skeleton(state.label) };
      }
    }

    /** What the active layer shows. */
    active() {
      if (!this.model) return [];
      const parts = [...this.ghosts, ...this.shades, ...this.takenParts(), ...(this.pins || [])];
      const pointed = !this.isChosen(this.pointed) && this.shapePart(this.pointed, 'pointed');
      if (pointed) parts.push(pointed);
      for (const uid of this.chosen) {
        if (!this.isSingled(uid)) continue;
        const selected = this.shapePart(uid, 'selected', this.tool.draftOf(uid));
        if (selected) parts.push(selected);
      }
      return [...parts, ...this.tool.parts(), ...(this.crossed || [])];
    }

    /** The name of whoever holds an object, beside it. */
    takenParts() {
      return this.taken.flatMap(([uid, who]) => {
        const state = this.model.annotation(uid);
        return state && !this.isHidden(uid) ? dsb.shade(this, state, 'taken', who) : [];
      });
    }

    shapePart(uid, look, drafted = null) {
      const state = uid && this.model.annotation(uid);
      if (!state || state.kind === 'tag' || this.isHidden(uid) || uid === this.held) return null;
      if (this.tool.hides(uid) && !drafted) return null;
      const shown = drafted ? { ...state, ...drafted } : state;
      const color = this.colorOf(this.model.item('annotation', uid));
      const outline = shown.kind === 'mask' ? dsb.shapes.outlineOf(shown) : null;
      const skeleton = this.skeleton(state.label);
      return { is: 'shape', kind: shown.kind, geometry: shown.geometry, outline, skeleton, color, look };
    }

    redraw() {
      if (this.activeLayer) this.activeLayer.ask();
    }

    repaint(uid) {
      const state = uid && this.model && this.model.annotation(uid);
      if (state && this.scene) this.scene.touch(dsb.shapes.drawable(state).bounds);
    }

    /** A sentence at the edge of sight, with a cross where it happened. */
    hint(text, place = null) {
      this.crossed = place ? [{ is: 'cross', point: place }] : [];
      this.emit('hint', text);
      this.redraw();
    }
  }

  dsb.Editor = Editor;
})(window);
