/** Edits of everything that is selected: one gesture, one group of operations, one step to undo. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { kinds } = dsb;
  const COPIES_APART = 8;

  const methods = {
    /** The selected objects with their states, those that have a place. */
    chosenStates() {
      return this.chosen
        .map((uid) => [uid, this.model.annotation(uid)])
        .filter(([, state]) => state && state.kind !== 'tag');
    },

    /** @param {(state: object) => object} edit @returns {Map<string, object>} fields by uid */
    mapChosen(edit) {
      return new Map(this.chosenStates().map(([uid, state]) => [uid, edit(state)]));
    },

    /** @param {Map<string, object>} fields by uid */
    editMany(fields, tool) {
      const wanted = [...fields].map(([uid, changed]) => ({
        type: 'annotation', key: uid, after: { ...this.model.annotation(uid), ...changed },
      }));
      this.commit(wanted, tool);
    },

    relabel(label) {
      const wanted = this.chosen.filter((uid) => this.model.annotation(uid));
      const answers = (uid) => dsb.asking.withDefaults(this.labelOf(label), this.model.annotation(uid).attributes);
      this.editMany(new Map(wanted.map((uid) => [uid, { label, attributes: answers(uid) }])), 'label');
    },

    removeSelected() {
      const wanted = this.chosen.flatMap((uid) => this.removal(uid));
      if (wanted.length) this.commit(wanted, 'remove');
    },

    nudge(dx, dy) {
      if (!this.chosenStates().length) return false;
      const move = ({ kind, geometry }) => ({ geometry: kinds.translated(kind, geometry, [dx, dy], this.image) });
      this.editMany(this.mapChosen(move), 'nudge');
      return true;
    },

    /** Handles that scale and turn the whole selection, in place of its corners. */
    toggleFraming() {
      this.framing = !this.framing;
      this.redraw();
      this.emit('dock');
      return true;
    },

    // --- copies ---------------------------------------------------------------------------------

    copy() {
      const states = this.chosenStates().map(([, state]) => state);
      if (!states.length) return false;
      this.clipboard = { states, image: this.image.id };
      this.hint(states.length > 1 ? `Copied ${states.length} objects` : 'Copied');
      return true;
    },

    paste() {
      if (!this.clipboard) return false;
      const { states, image } = this.clipboard;
      const by = image === this.image.id ? COPIES_APART : 0;
      const made = this.addCopies(states, by, 'paste');
      if (made.length) {
        this.clipboard = { states: made.map((uid) => this.model.annotation(uid)), image: this.image.id };
      }
      return true;
    },

    duplicate() {
      const states = this.chosenStates().map(([, state]) => state);
      if (!states.length) return false;
      this.addCopies(states, COPIES_APART, 'duplicate');
      return true;
    },

    /** @returns {string[]} the uids of the copies, which are selected */
    addCopies(states, by, tool) {
      const small = states.filter(({ kind, geometry }) => this.holdsShape(kind, geometry));
      if (small.length < states.length) this.hint('A copied object is larger than this image; it was left out');
      const wanted = small.map((state) => ({
        type: 'annotation', key: dsb.uuid(),
        after: { ...state, geometry: kinds.translated(state.kind, state.geometry, [by, by], this.image) },
      }));
      if (!wanted.length) return [];
      this.commit(wanted, tool);
      const uids = wanted.map(({ key }) => key);
      this.setTool('select');
      this.chooseAll(uids);
      return uids;
    },

    holdsShape(kind, shape) {
      const [x0, y0, x1, y1] = kinds.bounds(kind, shape);
      return x1 - x0 <= this.image.width && y1 - y0 <= this.image.height;
    },

    /** Go on to the next image and put the selection down there in the same places. */
    async propagate() {
      const states = this.chosenStates().map(([, state]) => state);
      const next = this.answer && this.answer.next;
      if (!states.length) return false;
      if (!next) {
        this.hint('This is the last image');
        return true;
      }
      await this.visit(this.slug, next);
      if (this.image.id === next) this.addCopies(states, 0, 'propagate');
      return true;
    },

    // --- the dock -------------------------------------------------------------------------------

    /** What can be done with one object, beside removing it. */
    objectActions(state) {
      if (state.kind === 'tag') return [];
      const lines = state.kind === 'polygon' || state.kind === 'polyline';
      const area = !dsb.kinds.isOpen(state.kind);
      return [
        ...(lines ? [this.simplifyControl(state)] : []),
        ...(area ? [
          { is: 'button', text: 'part', keys: ',', run: () => this.extend('merge') },
          { is: 'button', text: 'hole', keys: ';', run: () => this.extend('subtract') },
          this.kindControl(state.kind),
        ] : []),
        ...(lines ? [] : [{ is: 'button', text: 'copy', keys: 'Ctrl D', run: () => this.duplicate() }]),
      ];
    },

    severalDock() {
      return [
        { is: 'chip', text: `${this.chosen.length} objects` },
        { is: 'text', text: 'drag moves · corners scale · knob turns' },
        { is: 'button', text: 'merge', keys: 'J', run: () => this.combine('merge') },
        { is: 'button', text: 'subtract', keys: '−', run: () => this.combine('subtract') },
        { is: 'button', text: 'intersect', keys: '&', run: () => this.combine('intersect') },
        this.kindControl(''),
        { is: 'button', text: 'remove', keys: 'Del', run: () => this.removeSelected() },
      ];
    },
  };

  Object.assign(dsb.Editor.prototype, methods);
})(window);
