/**
 * What labels ask of their objects, and groups of whole-image labels. Pure: labels and states on
 * the wire go in, attributes and lists of changes come out.
 *
 * @typedef {{name: string, kind: 'choice' | 'number' | 'text' | 'check', options?: string[],
 *   required?: boolean, default?: string | number | boolean}} Attribute
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const NOTE = 'note';

  /** @returns {Attribute[]} */
  const asked = (label) => (label && label.attributes) || [];

  /** The attributes of an object that gets this label: what it has, and defaults for the rest. */
  function withDefaults(label, attributes = {}) {
    const fresh = asked(label).filter(({ name, default: value }) => value !== undefined && !(name in attributes));
    return { ...attributes, ...Object.fromEntries(fresh.map(({ name, default: value }) => [name, value])) };
  }

  /** With another answer; an empty one is no answer. */
  function answered(attributes, name, value) {
    const { [name]: _before, ...rest } = attributes || {};
    return value === '' || value === null || Number.isNaN(value) ? rest : { ...rest, [name]: value };
  }

  /** The names of what has to be answered and is not. */
  const unanswered = (label, attributes = {}) =>
    asked(label).filter(({ name, required }) => required && !(name in attributes)).map(({ name }) => name);

  /** @returns {{name: string, several: boolean, labels: object[]}[]} in the order of their first label */
  function groupsOf(labels) {
    const groups = new Map();
    for (const label of labels) {
      if (!label.group) continue;
      const { name, several } = label.group;
      if (!groups.has(name)) groups.set(name, { name, several, labels: [] });
      groups.get(name).labels.push(label);
    }
    return [...groups.values()];
  }

  /** The labels that make way when a label of the whole image is set: the others of its group. */
  function rivals(labels, id) {
    const group = groupsOf(labels).find((each) => each.labels.some((label) => label.id === id));
    return group && !group.several ? group.labels.map((label) => label.id).filter((other) => other !== id) : [];
  }

  dsb.asking = { NOTE, answered, asked, groupsOf, rivals, unanswered, withDefaults };
  if (typeof module !== 'undefined') module.exports = dsb.asking;
})(typeof window !== 'undefined' ? window : globalThis);
