/**
 * Commands: what a gesture changed, with its inverse. Undo and redo are new operations like any
 * other; the log on the server only ever grows.
 *
 * @typedef {{type: string, key: string, before: object | null, after: object | null}} Change
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /** Undo and redo of one image, without limit. */
  class History {
    constructor() {
      /** @type {{changes: Change[], tool: string}[]} */
      this.done = [];
      this.undone = [];
    }

    /** @param {Change[]} changes */
    record(changes, tool) {
      this.done.push({ changes, tool });
      this.undone = [];
    }

    /** @returns {{changes: Change[], tool: string, forget: Function, settle: Function} | null} */
    undo() {
      return this.step(this.done, this.undone, inverse);
    }

    redo() {
      return this.step(this.undone, this.done, (changes) => changes);
    }

    step(from, to, turn) {
      const command = from[from.length - 1];
      if (!command) return null;
      return {
        changes: turn(command.changes),
        tool: command.tool,
        settle: () => to.push(from.pop()),
        forget: () => from.pop(),
      };
    }

    /** The last two steps were one movement of the hand, on the same objects: one step to undo. */
    join(tool) {
      const [first, second] = this.done.slice(-2);
      const fits = first && second && first.tool === tool && second.tool === tool && first.changes.length === second.changes.length;
      if (!fits || !first.changes.every(({ key }, k) => key === second.changes[k].key)) return;
      const changes = second.changes.map((change, k) => ({ ...change, before: first.changes[k].before }));
      this.done.splice(-2, 2, { changes, tool });
    }

    /** The server stored something slightly different: later undos must recognise it. */
    rewrite(before, after) {
      for (const { changes } of [...this.done, ...this.undone]) {
        for (const change of changes) {
          if (change.before === before) change.before = after;
          if (change.after === before) change.after = after;
        }
      }
    }
  }

  const inverse = (changes) =>
    changes.map(({ type, key, before, after }) => ({ type, key, before: after, after: before })).reverse();

  /**
   * Make every change and hand over its operation; several changes are one group.
   * @param {dsb.Model} model
   * @param {Change[]} changes
   * @returns {object[]} operations
   */
  function apply(model, changes, tool) {
    const group = changes.length > 1 ? dsb.uuid() : null;
    return changes
      .map(({ type, key, after }) => model.change(model.item(type, key), after, { group, tool }))
      .filter(Boolean);
  }

  /** Does the model still show what these changes start from? If not, somebody else was here. */
  const untouched = (model, changes) =>
    changes.every(({ type, key, before }) => dsb.model.equal(model.item(type, key).state, before));

  dsb.History = History;
  dsb.commands = { apply, inverse, untouched };
  if (typeof module !== 'undefined') module.exports = { History, apply, inverse, untouched };
})(typeof window !== 'undefined' ? window : globalThis);
