/**
 * The keys as a person wants them: bindings moved to other keys, and presets, each one key for a
 * tool with a label. Kept in this browser. A binding is known by the key it comes with.
 *
 * @typedef {{key: string, tool: string, label: number}} Preset of one project
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') require('./05_events.js');
  const KEPT = 'dsb-keys';
  const MODIFIERS = ['control', 'shift', 'alt', 'meta'];
  // What the page or the browser needs for itself.
  const FIXED = new Set([' ', 'tab', 'escape', 'enter', 'ctrl+w', 'ctrl+t', 'ctrl+n', 'ctrl+r', 'f5', 'f11', 'f12']);
  const WORDS = { ' ': 'Space', arrowup: '↑', arrowdown: '↓', arrowleft: '←', arrowright: '→', escape: 'Esc' };

  /** `ctrl+shift+a` as a person reads it. */
  function written(name) {
    const parts = name === '+' ? [name] : name.split('+');
    return parts.map((part) => WORDS[part] || part[0].toUpperCase() + part.slice(1)).join(' ');
  }

  /** The name of a pressed key for a new place; '' while only a modifier is down. */
  function nameFrom(event) {
    const key = event.key.toLowerCase();
    if (MODIFIERS.includes(key)) return '';
    const ctrl = event.ctrlKey || event.metaKey ? 'ctrl+' : '';
    // Shift counts with letters and named keys; of a sign it is a part already.
    const shift = event.shiftKey && (ctrl || /^([a-z]|[a-z]\w+)$/.test(key)) ? 'shift+' : '';
    return ctrl + shift + key;
  }

  /** Emits `change`. */
  class OwnKeys extends dsb.Emitter {
    /** @param {object[]} bindings @param {Storage} storage */
    constructor(bindings, storage) {
      super();
      Object.assign(this, { bindings, storage });
      const { moves = {}, presets = {} } = this.read();
      /** @type {Record<string, string>} the key in use by the key it comes with */
      this.moves = moves;
      /** @type {Record<string, Preset[]>} by project */
      this.presets = presets;
      this.build();
    }

    read() {
      try {
        return JSON.parse(this.storage.getItem(KEPT) || '{}') || {};
      } catch {
        return {};
      }
    }

    build() {
      this.table = new Map();
      for (const binding of this.bindings) {
        for (const key of binding.keys || []) this.table.set(this.keyFor(key), binding);
      }
    }

    keep() {
      this.build();
      try {
        this.storage.setItem(KEPT, JSON.stringify({ moves: this.moves, presets: this.presets }));
      } finally {
        this.emit('change');
      }
    }

    keyFor(key) {
      return this.moves[key] || key;
    }

    presetsOf(slug) {
      return this.presets[slug] || [];
    }

    has(name, slug) {
      return this.table.has(name) || this.presetsOf(slug).some(({ key }) => key === name);
    }

    /** @returns {string} why a key cannot be had, '' when it is free */
    problem(name, slug) {
      if (FIXED.has(name)) return `${written(name)} stays what it is`;
      if (/^(shift\+)?[1-9]$/.test(name)) return 'The digits are for labels';
      const binding = this.table.get(name);
      if (binding) return `${written(name)} already means: ${binding.text || 'the other half of another key'}`;
      const preset = this.presetsOf(slug).find(({ key }) => key === name);
      return preset ? `${written(name)} is already a preset` : '';
    }

    /** @returns {string} why not, '' when it is done */
    move(key, name, slug) {
      if (this.keyFor(key) === name) return '';
      const problem = this.problem(name, slug);
      if (problem) return problem;
      if (key === name) delete this.moves[key];
      else this.moves[key] = name;
      this.keep();
      return '';
    }

    /** @param {Preset} preset @returns {string} why not, '' when it is done */
    addPreset(slug, preset) {
      const problem = this.problem(preset.key, slug);
      if (problem) return problem;
      this.presets[slug] = [...this.presetsOf(slug), preset];
      this.keep();
      return '';
    }

    removePreset(slug, name) {
      this.presets[slug] = this.presetsOf(slug).filter(({ key }) => key !== name);
      this.keep();
    }

    /** All keys as they came; presets stay. */
    reset() {
      this.moves = {};
      this.keep();
    }

    /** @returns {{run: Function} | undefined} what a key means in a project */
    find(name, slug) {
      const preset = this.presetsOf(slug).find(({ key }) => key === name);
      return preset ? { run: (editor) => editor.takePreset(preset) } : this.table.get(name);
    }
  }

  dsb.OwnKeys = OwnKeys;
  dsb.keyNames = { nameFrom, written };
  if (typeof module !== 'undefined') module.exports = { OwnKeys, nameFrom, written };
})(typeof window !== 'undefined' ? window : globalThis);
