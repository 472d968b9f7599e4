/** An image that is not labelled, with the reason. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  const methods = {
    skip() {
      const reason = this.tool.unfinished();
      if (reason) this.hint(reason);
      else this.emit('skip');
      return true;
    },

    skipped(comment) {
      const { key, state } = this.model.imageState;
      this.commit([{ type: 'image_state', key, after: { ...state, state: 'skipped', comment } }], 'skip');
      this.goOn(this.answer);
    },
  };

  Object.assign(dsb.Editor.prototype, methods);
})(window);
