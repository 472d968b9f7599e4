/**
 * What the editor does when others were first: conflicts and refusals are answered by operations,
 * labels follow the project, and what was done before a reload can still be taken back.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const AFTER_OPENING = 250;

  /** A step on its way back or forth carries this instead of the tool's name. */
  const TURNS = new Set(['undo', 'redo']);

  const methods = {
    // --- conflicts ------------------------------------------------------------------------------

    /**
     * Conflicts that waited in the store.
     * @param {object[]} disputes the oldest, as the server tells them
     * @param {number} waiting how many operations wait in all
     */
    meet(disputes, waiting) {
      this.counted = waiting;
      this.emit('disputes', disputes.map((dispute) => this.conflictOf(dispute)));
    },

    conflictOf({ op_ids: opIds, group_id: group, author, sides }) {
      return {
        opIds,
        group,
        author,
        sides: sides.map(({ target, mine, theirs, version }) => {
          const item = this.model.item(target.type, target.key);
          const known = dsb.model.stateFromWire(target.type, theirs);
          if (!item.born) {
            item.born = true;
            item.server = { version, state: known };
          }
          return { item, mine: dsb.model.stateFromWire(target.type, mine), theirs: known };
        }),
      };
    },

    /**
     * What the person chose; the answer is an operation, and so is the note that it was given.
     * @param {object} conflict @param {'mine' | 'theirs' | 'both'} choice
     */
    resolve(conflict, choice) {
      const wanted = conflict.sides.map(({ item, mine }) => {
        const { type, key } = item.target;
        if (choice === 'mine') return { type, key, after: mine };
        const copies = choice === 'both' && mine && type === 'annotation';
        return copies ? { type, key: dsb.uuid(), after: mine } : null;
      });
      this.commit(wanted.filter(Boolean), 'conflict');
      this.queue.push(this.slug, this.image.id, conflict.opIds.map((id) => this.settled(id, choice)));
      this.redraw();
    },

    settled(opId, choice) {
      return {
        op_id: dsb.uuid(),
        group_id: null,
        kind: 'remove',
        target: { type: 'conflict', key: opId, image: this.image.id },
        payload: { choice },
        base_version: 1,
        tool: 'conflict',
      };
    },

    // --- refusals -------------------------------------------------------------------------------

    /**
     * Say again what the server refused, all of a group together.
     * @param {object[]} items @param {(state: object | null) => object | null} [mend]
     */
    resend(items, mend = (state) => state) {
      const overtaken = items.filter((item) => item.stuck.version !== item.server.version);
      for (const item of overtaken) this.dispute(item, mend);
      const groups = new Map();
      for (const item of items.filter((one) => !overtaken.includes(one))) {
        const name = item.stuck.ops[0].group_id || item.key;
        groups.set(name, [...(groups.get(name) || []), item]);
      }
      for (const members of groups.values()) this.sayAgain(members, mend);
    },

    sayAgain(items, mend) {
      const group = items.length > 1 ? dsb.uuid() : null;
      const operations = items.map((item) => {
        const { mine, ops } = item.stuck;
        return this.model.change(item, mend(mine), { group, tool: ops[ops.length - 1].tool });
      });
      this.queue.push(this.slug, this.image.id, operations.filter(Boolean));
      this.emit('objects');
    },

    /** Somebody changed it since it was refused: now it is a conflict. */
    dispute(item, mend) {
      const mine = mend(item.stuck.mine);
      this.model.unstick(item);
      this.model.show(item, item.server.state);
      this.emit('conflict', { opIds: [], group: null, sides: [{ item, mine, theirs: item.server.state }] });
    },

    /** Give up what was refused. */
    giveUp(items) {
      for (const item of items) {
        this.model.unstick(item);
        this.model.show(item, item.server.state);
      }
      this.emit('objects');
    },

    // --- labels ---------------------------------------------------------------------------------

    /** Somebody added, renamed, recoloured, merged or removed a label. */
    async relearn() {
      const { slug } = this;
      const { status, body } = await dsb.client.labels(slug).catch(() => ({ status: 0, body: {} }));
      if (status !== 200 || slug !== this.slug || !this.model) return;
      this.allLabels = body.labels;
      this.labels = body.labels.filter((label) => !label.deleted);
      if (!this.labelOf(this.label)) this.followLabel();
      this.scene.all();
      this.redraw();
      for (const name of ['label', 'objects', 'dock', 'refused']) this.emit(name);
    },

    /** The label in hand is gone: its heir takes its place, else the first one. */
    followLabel() {
      const gone = this.allLabels.find((label) => label.id === this.label);
      const heir = gone && this.labelOf(gone.merged_into);
      const next = heir || this.labels[0];
      this.label = next ? next.id : null;
      if (gone) {
        const words = next ? `“${next.name}” is the label now` : 'there is none left';
        this.hint(`The label “${gone.name}” was removed meanwhile; ${words}`);
      }
    },

    /** What is known of a label, in use or not. */
    anyLabel(id) {
      return this.labelOf(id) || (this.allLabels || []).find((label) => label.id === id);
    },

    // --- the past ---------------------------------------------------------------------------------

    /** What was removed before this page was opened comes back on the version of its tombstone. */
    acquaint(tombs) {
      for (const { target, version } of tombs || []) {
        const item = this.model.item(target.type, target.key);
        if (item.born) continue;
        item.born = true;
        item.server = { version, state: null };
      }
    },

    /** What this page removed from an image, by key: undo finds it when the image is opened again. */
    graves(place = `${this.slug}/${this.image.id}`) {
      this.buried = this.buried || new Map();
      if (!this.buried.has(place)) this.buried.set(place, new Map());
      return this.buried.get(place);
    },

    /** Keep the version of a tombstone, or forget it when the object is back. */
    bury({ op: { kind, target }, slug, image }, { outcome, version }) {
      if (outcome !== 'accepted') return;
      const graves = this.graves(`${slug}/${image}`);
      if (kind === 'remove') graves.set(`${target.type}:${target.key}`, { target, version });
      else graves.delete(`${target.type}:${target.key}`);
    },

    /** The past as new operations, one step to undo. @returns {boolean} was anything different? */
    restore(wanted) {
      const changes = wanted
        .map(({ type, key, after }) => ({ type, key, after: this.withHeir(after) }))
        .filter(({ type, key, after }) => !dsb.model.equal(this.model.item(type, key).state, after));
      this.commit(changes, 'restore');
      return changes.length > 0;
    },

    /** A label that was merged since stands for the one that took its place. */
    withHeir(state) {
      if (!state || !state.label) return state;
      let label = this.anyLabel(state.label);
      while (label && label.deleted && label.merged_into) label = this.anyLabel(label.merged_into);
      return label ? { ...state, label: label.id } : state;
    },

    // --- undo across reloads -----------------------------------------------------------------------

    /** Operations that wait since before this image was opened, shown and able to be taken back. */
    replayed(model, operations) {
      const fresh = !this.history.done.length && !this.history.undone.length;
      const steps = [];
      for (const op of operations) {
        const { type, key } = op.target;
        if (type === 'conflict') continue;
        const before = model.item(type, key).state;
        model.replay(op);
        const change = { type, key, before, after: model.item(type, key).state };
        const last = steps[steps.length - 1];
        if (last && op.group_id && last.group === op.group_id) last.changes.push(change);
        else steps.push({ group: op.group_id, tool: op.tool, changes: [change] });
      }
      if (fresh) this.waited = steps;
    },

    /**
     * Ask the log for what this person did here before, once the image is in sight.
     * @param {number} until what came later is known to this page
     */
    recall(until) {
      const { slug, image, history } = this;
      const waited = this.waited || [];
      this.waited = null;
      if (history.recalled || history.done.length || history.undone.length) return;
      for (const step of waited) history.replay(step);
      history.recalled = true;
      clearTimeout(this.recalling);
      this.recalling = setTimeout(async () => {
        const answer = await dsb.client.steps(slug, image.id, until).catch(() => ({ status: 0 }));
        if (answer.status !== 200) history.recalled = false;
        else this.recalled(slug, image, history, answer.body);
      }, AFTER_OPENING);
    },

    recalled(slug, image, history, { steps, tombs }) {
      const here = this.model && this.slug === slug && this.image.id === image.id;
      if (here) this.acquaint(tombs);
      else history.recalled = false;
      if (here && history.precede(steps.map(stepOf))) this.emit('objects');
    },
  };

  function stepOf({ tool, changes }) {
    return {
      tool,
      changes: changes.map(({ target, before, after }) => ({
        type: target.type,
        key: target.key,
        before: dsb.model.stateFromWire(target.type, before),
        after: dsb.model.stateFromWire(target.type, after),
      })),
    };
  }

  /** One step of the past: what took back or did again moves the stacks, all else is done. */
  dsb.History.prototype.replay = function replay({ tool, changes }) {
    const [from, to] = tool === 'undo' ? [this.done, this.undone] : [this.undone, this.done];
    const last = from[from.length - 1];
    const turn = tool === 'undo' ? dsb.commands.inverse : (same) => same;
    if (TURNS.has(tool) && last && alike(turn(last.changes), changes)) to.push(from.pop());
    else this.record(changes, tool);
  };

  const alike = (one, other) =>
    one.length === other.length &&
    one.every((change) =>
      other.some(
        ({ type, key, after }) =>
          type === change.type && key === change.key && dsb.model.equal(after, change.after),
      ),
    );

  /** Put what was done before this page below what it did itself. */
  dsb.History.prototype.precede = function precede(steps) {
    const past = new dsb.History();
    for (const step of steps) past.replay(step);
    const idle = !this.done.length && !this.undone.length;
    this.done = [...past.done, ...this.done];
    if (idle) this.undone = past.undone;
    return steps.length > 0;
  };

  Object.assign(dsb.Editor.prototype, methods);
})(typeof window !== 'undefined' ? window : globalThis);
