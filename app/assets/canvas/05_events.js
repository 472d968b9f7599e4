/**
 * A tiny emitter, the only way in which the parts of the page hear of each other.
 * Classic script: everything hangs on the one namespace `dsb`.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /** Named events with any number of listeners. */
  class Emitter {
    constructor() {
      /** @type {Map<string, Set<Function>>} */
      this.listeners = new Map();
    }

    /**
     * @param {string} names one or several names, separated by spaces
     * @param {Function} listener
     * @returns {Function} removes the listener again
     */
    on(names, listener) {
      for (const name of names.split(' ')) {
        if (!this.listeners.has(name)) this.listeners.set(name, new Set());
        this.listeners.get(name).add(listener);
      }
      return () => names.split(' ').forEach((name) => this.listeners.get(name).delete(listener));
    }

    /** @param {string} name @param {...*} values */
    emit(name, ...values) {
      for (const listener of this.listeners.get(name) || []) listener(...values);
    }
  }

  /** @returns {string} a UUID, also where `crypto.randomUUID` is missing (plain http on a network) */
  function uuid() {
    if (root.crypto.randomUUID) return root.crypto.randomUUID();
    const bytes = root.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  /**
   * Collect calls and run once, after the next frame is painted: what the hand does comes first,
   * the lists beside it follow.
   * @param {() => void} run
   * @returns {() => void}
   */
  function soon(run) {
    let waiting = false;
    return () => {
      if (waiting) return;
      waiting = true;
      root.requestAnimationFrame(() =>
        setTimeout(() => {
          waiting = false;
          run();
        }, 0),
      );
    };
  }

  dsb.Emitter = Emitter;
  dsb.soon = soon;
  dsb.uuid = uuid;
  if (typeof module !== 'undefined') module.exports = { Emitter, uuid };
})(typeof window !== 'undefined' ? window : globalThis);
