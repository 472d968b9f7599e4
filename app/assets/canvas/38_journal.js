/**
 * The operations that the server has not answered yet, kept in localStorage, one key each, so that
 * a reload, a crash or a dead server loses nothing. Every tab writes under its own name; a tab that
 * opens later adopts what closed tabs left behind.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const PREFIX = 'dsb-queue:';
  const REFUSED = 'dsb-refused:';

  /** The journal of one tab. */
  class Journal {
    /** @param {Storage} storage @param {string} tab */
    constructor(storage, tab) {
      this.storage = storage;
      this.tab = tab;
      /** Could everything be written so far? */
      this.healthy = true;
    }

    name(entry) {
      return `${PREFIX}${this.tab}:${entry.op.op_id}`;
    }

    /** @param {{op: object, order: number}} entry */
    write(entry) {
      try {
        this.storage.setItem(this.name(entry), JSON.stringify(entry));
      } catch {
        this.healthy = false;
      }
    }

    remove(entry) {
      try {
        this.storage.removeItem(this.name(entry));
      } catch {
        this.healthy = false;
      }
    }

    /** Keep what the server will never take, so that it can still be looked at. */
    keepRefused(entry, reason) {
      try {
        this.storage.setItem(REFUSED + entry.op.op_id, JSON.stringify({ ...entry, reason }));
      } catch {
        this.healthy = false;
      }
    }

    /** @returns {object[]} what the server refused of an image, or of all, oldest first */
    refused(slug, image) {
      const entries = [];
      for (const key of this.keys(REFUSED)) {
        try {
          entries.push(JSON.parse(this.storage.getItem(key)));
        } catch {
          this.healthy = false;
        }
      }
      return entries
        .filter((entry) => slug === undefined || (entry.slug === slug && entry.image === image))
        .sort((a, b) => a.order - b.order);
    }

    /** What was refused is said anew or given up. @param {string[]} ids */
    dropRefused(ids) {
      try {
        for (const id of ids) this.storage.removeItem(REFUSED + id);
      } catch {
        this.healthy = false;
      }
    }

    /** @returns {string[]} the names of other tabs with operations left */
    orphans() {
      const tabs = new Set();
      for (const key of this.keys(PREFIX)) tabs.add(key.slice(PREFIX.length).split(':')[0]);
      tabs.delete(this.tab);
      return [...tabs];
    }

    /** Take over what another tab left. @returns {object[]} its entries, oldest first */
    adopt(tab) {
      const entries = [];
      for (const key of this.keys(`${PREFIX}${tab}:`)) {
        try {
          const entry = JSON.parse(this.storage.getItem(key));
          this.write(entry);
          if (this.healthy) this.storage.removeItem(key);
          entries.push(entry);
        } catch {
          this.healthy = false;
        }
      }
      return entries.sort((a, b) => a.order - b.order);
    }

    keys(prefix) {
      try {
        return Object.keys(this.storage).filter((key) => key.startsWith(prefix));
      } catch {
        return [];
      }
    }
  }

  dsb.Journal = Journal;
  if (typeof module !== 'undefined') module.exports = { Journal };
})(typeof window !== 'undefined' ? window : globalThis);
