/** What became of an image between two moments, object by object. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') require('./20_model.js');

  const WORDS = {
    geometry: 'shape', kind: 'shape', label: 'label', attributes: 'attributes', crowd: 'crowd',
    score: 'score', level: 'level', source: 'tool',
  };

  /**
   * @param {Map<string, object>} before states by uid
   * @param {Map<string, object>} after
   * @returns {{uid: string, how: 'added' | 'changed' | 'removed', fields: string[], before: object | null,
   *   after: object | null}[]} removed ones last
   */
  function between(before, after) {
    const found = [];
    for (const [uid, now] of after) {
      const was = before.get(uid) || null;
      if (!was) found.push({ uid, how: 'added', fields: [], before: null, after: now });
      else if (!dsb.model.equal(was, now)) found.push({ uid, how: 'changed', fields: fieldsOf(was, now), before: was, after: now });
    }
    for (const [uid, was] of before) {
      if (!after.has(uid)) found.push({ uid, how: 'removed', fields: [], before: was, after: null });
    }
    return found;
  }

  /** In words, each once. */
  function fieldsOf(was, now) {
    const touched = Object.keys({ ...was, ...now }).filter((name) => !dsb.model.equal(was[name], now[name]));
    return [...new Set(touched.map((name) => WORDS[name] || name))];
  }

  /** "2 added, 1 changed" @returns {string} */
  function summed(found) {
    const words = ['added', 'changed', 'removed'].map((how) => [found.filter((one) => one.how === how).length, how]);
    return words.filter(([n]) => n).map(([n, how]) => `${n} ${how}`).join(', ') || 'nothing changed';
  }

  dsb.changes = { between, summed };
  if (typeof module !== 'undefined') module.exports = dsb.changes;
})(typeof window !== 'undefined' ? window : globalThis);
