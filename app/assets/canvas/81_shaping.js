/** Levels, other kinds, holes and parts, fewer corners, sticking and shared borders, on the editor. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { kinds, shaping } = dsb;
  const REACH = 9;
  const ROUGHEST = 20;
  const AREAS = new Set(['box', 'rotated_box', 'ellipse', 'polygon', 'mask']);
  const OUTLINES = new Set(['box', 'rotated_box', 'ellipse', 'polygon']);
  const LEVELS = { front: 'In front of all', back: 'Behind all', raise: 'One step forward', lower: 'One step back' };
  const BORDERS = [
    { value: 'free', text: 'overlaps' }, { value: 'over', text: 'takes from others' }, { value: 'empty', text: 'only empty' },
  ];

  const SAME = { box: true, polygon: true, mask: true };

  const drawn = ({ kind, geometry }) => ({ kind, geometry });
  const pixels = (n) => `${new Intl.NumberFormat('en').format(Math.abs(n))} pixels`;

  const methods = {
    // --- levels -----------------------------------------------------------------------------------

    /** @param {'front' | 'back' | 'raise' | 'lower'} way */
    level(way) {
      const chosen = this.chosenStates().map(([uid]) => this.model.item('annotation', uid));
      if (!chosen.length) return false;
      const changed = shaping.levelled(way, chosen, this.around(chosen, way));
      const fields = [...changed].map(([item, level]) => [item.key, { level }]);
      if (fields.length) this.editMany(new Map(fields), 'level');
      this.hint(fields.length ? LEVELS[way] : 'It lies there already');
      return true;
    },

    /** What the chosen pass: for a step what they overlap, else everything. */
    around(chosen, way) {
      const step = way === 'raise' || way === 'lower';
      const near = step ? chosen.flatMap(({ state }) => this.model.near(dsb.shapes.drawable(state).bounds)) : this.model.annotations;
      return [...new Set(near)].filter(({ key, state }) => state.kind !== 'tag' && !this.isChosen(key));
    },

    // --- other kinds ------------------------------------------------------------------------------

    /** Draw what is selected as another kind; what changes is said. @param {string} to */
    async convert(to) {
      const chosen = this.chosenStates().filter(([, { kind }]) => AREAS.has(kind) && kind !== to);
      if (!chosen.length) {
        this.hint(`Nothing that is selected can become a ${kinds.words(to)}`);
        return;
      }
      const body = { to, shapes: chosen.map(([, state]) => drawn(state)) };
      const answer = await this.askShapes('convert', body, chosen.map(([uid]) => uid));
      if (!answer) return;
      const fields = answer.shapes.map(({ kind, geometry }, k) => [chosen[k][0], { kind, geometry }]);
      this.editMany(new Map(fields), 'convert');
      this.hint(becoming(to, answer.shapes));
    },

    kindControl(kind) {
      return { is: 'select', text: 'as', options: ['…', 'box', 'polygon', 'mask'], value: AREAS.has(kind) && kind in SAME ? kind : '…', set: (to) => to in SAME && this.convert(to) };
    },

    // --- holes and parts --------------------------------------------------------------------------

    /** The next polygon is a hole in the selected shape, or another part of it. */
    extend(way) {
      const uid = this.selection;
      const state = this.selectedState;
      if (!state || !AREAS.has(state.kind)) return false;
      this.setTool('polygon');
      this.extending = { uid, way, before: state };
      this.emit('dock');
      this.hint(way === 'subtract' ? 'Draw the hole' : 'Draw the other part');
      return true;
    },

    /** @param {object} polygon what was drawn */
    async extended(polygon) {
      const { uid, way } = this.extending;
      this.extending = null;
      this.setTool('select');
      const state = this.model.annotation(uid);
      if (!state) return;
      const shapes = [drawn(state), { kind: 'polygon', geometry: polygon }];
      const answer = await this.askShapes('combine', { way, shapes }, [uid]);
      if (!answer) return;
      if (answer.shape) this.edit(uid, answer.shape, way === 'merge' ? 'part' : 'hole');
      else this.hint('Nothing would be left; nothing was changed');
      this.select(uid);
    },

    // --- fewer corners ----------------------------------------------------------------------------

    /** From the corners as they were when the slider was taken: back at 0 they are there again. */
    simplify(tolerance) {
      const state = this.selectedState;
      const { rough } = this;
      const same = rough && rough.uid === this.selection && dsb.model.equal(rough.now, state.geometry);
      const from = same ? rough.from : state.geometry;
      const now = shaping.simplified(state.kind, from, tolerance);
      this.rough = { uid: this.selection, from, now, tolerance };
      this.edit(this.selection, { geometry: now }, 'simplify');
      if (same) this.history.join('simplify');
      this.emit('dock');
    },

    simplifyControl(state) {
      const { rough } = this;
      const same = rough && rough.uid === this.selection && dsb.model.equal(rough.now, state.geometry);
      return {
        is: 'range', text: 'simplify', min: 0, max: ROUGHEST, curve: 2,
        value: same ? rough.tolerance : 0, unit: 'px', zero: 'as drawn',
        set: (value) => this.simplify(value),
      };
    },

    // --- neighbours -------------------------------------------------------------------------------

    toggleSticking() {
      this.setSetting('stick', !this.settings.stick);
      this.hint(this.settings.stick ? 'Corners stick to the borders of neighbours' : 'Corners go where the hand goes');
      return true;
    },

    /** Where a corner goes that is put down near a neighbour. */
    snapped(point, uid) {
      if (!this.settings.stick || !this.model) return point;
      const reach = REACH / this.view.scale;
      const window = [point[0] - reach, point[1] - reach, point[0] + reach, point[1] + reach];
      const near = this.model.near(window).filter(({ key }) => key !== uid && !this.isHidden(key));
      return dsb.geometry.settled(shaping.stuck(point, near.map(({ state }) => state), reach), this.image);
    },

    bordersControl() {
      const { borders } = this.settings;
      return {
        is: 'select', text: 'borders', options: BORDERS.map(({ text }) => text),
        value: (BORDERS.find(({ value }) => value === borders) || BORDERS[0]).text,
        set: (text) => this.setSetting('borders', BORDERS.find((each) => each.text === text).value),
      };
    },

    /** A painted mask and what it means for the masks around it: one step. */
    painted(uid, label, mask, tool) {
      const before = this.model.annotation(uid);
      const around = this.model
        .near([mask.x, mask.y, mask.x + mask.width, mask.y + mask.height])
        .filter(({ key, state }) => key !== uid && state.kind === 'mask' && !this.hidden.has(key))
        .map(({ key, state }) => ({ key, mask: state.geometry, fixed: this.isLocked(key) }));
      const { mask: own, others } = shaping.settledBorders(before && before.geometry, mask, around, this.settings.borders);
      const wanted = [...others].flatMap(([key, left]) => (left ? [this.reshaped(key, left)] : this.removal(key)));
      if (own && before) wanted.unshift({ type: 'annotation', key: uid, after: { ...before, geometry: own } });
      else if (own) wanted.unshift({ type: 'annotation', key: uid, after: this.born('mask', own, { label }) });
      else this.hint('All of the stroke lies on other objects; nothing was painted');
      this.commit(wanted, tool);
      return Boolean(own);
    },

    reshaped(key, geometry) {
      return { type: 'annotation', key, after: { ...this.model.annotation(key), geometry } };
    },

    /** A polygon between others: it ends where they begin, or they make way. */
    async annotateBetween(polygon, tool) {
      const { borders } = this.settings;
      const around = this.model.near(kinds.bounds('polygon', polygon)).filter(({ key, state }) =>
        (OUTLINES.has(state.kind) || (borders === 'over' && state.kind === 'mask')) && !this.isHidden(key) && !(borders === 'over' && this.isLocked(key)));
      if (borders === 'free' || !around.length) {
        this.annotate('polygon', polygon, { tool });
        return;
      }
      const mine = { kind: 'polygon', geometry: polygon };
      const after = this.born('polygon', polygon, {});
      const uids = around.map(({ key }) => key);
      const wanted = borders === 'empty' ? await this.leftOf(mine, after, around, uids) : await this.madeWay(mine, after, around);
      if (wanted) this.commit(wanted, tool);
    },

    async leftOf(mine, after, around, uids) {
      const answer = await this.askShapes('combine', { way: 'subtract', shapes: [mine, ...around.map(({ state }) => drawn(state))] }, uids);
      if (answer && !answer.shape) this.hint('All of it lies on other objects; nothing was drawn');
      return answer && answer.shape ? [{ type: 'annotation', key: dsb.uuid(), after: { ...after, ...answer.shape } }] : null;
    },

    async madeWay(mine, after, around) {
      const wanted = [{ type: 'annotation', key: dsb.uuid(), after }];
      for (const { key, state } of around) {
        const answer = await this.askShapes('combine', { way: 'subtract', shapes: [drawn(state), mine] }, [key]);
        if (!answer) return null;
        const left = answer.shape;
        wanted.push(...(left ? [{ type: 'annotation', key, after: { ...state, ...left } }] : this.removal(key)));
      }
      return wanted;
    },
  };

  function becoming(to, shapes) {
    const before = shapes.reduce((sum, each) => sum + each.before, 0);
    const after = shapes.reduce((sum, each) => sum + each.after, 0);
    const change = after - before;
    const what = shapes.length > 1 ? `${shapes.length} objects are drawn as ${to}${to === 'box' ? 'es' : 's'}` : `Drawn as a ${to}`;
    if (!change) return `${what}; the pixels are the same`;
    return `${what}; ${pixels(change)} ${change > 0 ? 'more' : 'less'} than before`;
  }

  Object.assign(dsb.Editor.prototype, methods);
})(window);
