/** Answers to what labels ask, notes, and whole-image classes that exclude each other. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { asking } = dsb;

  const methods = {
    /** An answer for everything selected that is asked for it; a note for all. */
    reply(name, value) {
      const asks = (state) =>
        name === asking.NOTE || asking.asked(this.labelOf(state.label)).some((attribute) => attribute.name === name);
      const wanted = this.chosen.map((uid) => [uid, this.model.annotation(uid)]).filter(([, state]) => state && asks(state));
      const fields = ([uid, state]) => [uid, { attributes: asking.answered(state.attributes, name, value) }];
      this.editMany(new Map(wanted.map(fields)), 'attributes');
    },

    /** @returns {string[]} the uids of objects with something left to answer */
    unansweredObjects() {
      const open = ({ state }) => asking.unanswered(this.labelOf(state.label), state.attributes).length > 0;
      return this.model.annotations.filter(open).map(({ key }) => key);
    },

    /** Why the image cannot be done yet; what is in the way is selected. @returns {string} */
    missing() {
      const uids = this.unansweredObjects();
      if (!uids.length) return '';
      const state = this.model.annotation(uids[0]);
      const [name] = asking.unanswered(this.labelOf(state.label), state.attributes);
      this.setTool('select');
      this.select(uids[0]);
      const others = uids.length > 1 ? `, ${uids.length - 1} more objects too` : '';
      return `${this.labelName(state.label)} asks for “${name}” before the image is done${others}`;
    },

    /** Into the first field of what the selection's label asks. */
    askMe() {
      this.emit('ask');
      return true;
    },

    /** A class of the whole image, on or off; of a group with one choice the others go. */
    toggleTag(label) {
      const tag = this.tagOf(label);
      if (tag) {
        this.remove(tag.key, 'tag');
        return;
      }
      const gone = asking.rivals(this.labels, label).map((other) => this.tagOf(other)).filter(Boolean);
      const attributes = asking.withDefaults(this.labelOf(label));
      const after = { label, kind: 'tag', geometry: {}, source: 'person', ...(Object.keys(attributes).length && { attributes }) };
      const wanted = [...gone.flatMap(({ key }) => this.removal(key)), { type: 'annotation', key: dsb.uuid(), after }];
      this.commit(wanted, 'tag');
    },
  };

  Object.assign(dsb.Editor.prototype, methods);
})(window);
