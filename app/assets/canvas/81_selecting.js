/** What is selected, hidden and carried from image to image. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { geometry } = dsb;
  const COPIES_APART = 8;

  const methods = {
    select(uid) {
      if (uid === this.selection) return;
      this.repaint(this.selection);
      this.selection = uid;
      this.repaint(uid);
      this.tool.selected();
      this.emit('selection');
      this.emit('dock');
      this.redraw();
    },

    /** Highlight what the pointer is over. */
    point(uid) {
      if (uid === this.pointed) return;
      this.pointed = uid;
      this.emit('pointed');
      this.redraw();
    },

    /** The smallest visible object under a point. @param {(state: object) => boolean} [accepts] */
    pick(point, accepts = () => true) {
      const slack = 3 / this.view.scale;
      let best = null;
      let least = Infinity;
      for (const { key, state } of this.model.annotations) {
        if (this.isHidden(key) || !accepts(state) || !dsb.shapes.hits(state, point, slack)) continue;
        const area = dsb.shapes.areaOf(state);
        if (area <= least) [best, least] = [key, area];
      }
      return best;
    },

    isHidden(uid) {
      return this.allHidden || this.hidden.has(uid);
    },

    toggleHidden(uid = this.selection) {
      if (!uid) this.allHidden = !this.allHidden;
      else if (!this.hidden.delete(uid)) this.hidden.add(uid);
      this.scene.all();
      this.redraw();
      this.emit('objects');
    },

    nudge(dx, dy) {
      const state = this.selectedState;
      if (!state || state.kind === 'tag') return false;
      const moved = geometry.translated(state.kind, state.geometry, [dx, dy], this.image);
      this.edit(this.selection, { geometry: moved }, 'nudge');
      return true;
    },

    copy() {
      const state = this.selectedState;
      if (!state || state.kind === 'tag') return false;
      this.clipboard = { state, image: this.image.id };
      this.hint('Copied');
      return true;
    },

    paste() {
      if (!this.clipboard) return false;
      const { state, image } = this.clipboard;
      const box = geometry.bounds(state.kind, state.geometry);
      if (box[2] - box[0] > this.image.width || box[3] - box[1] > this.image.height) {
        this.hint('The copied object is larger than this image');
        return true;
      }
      const by = image === this.image.id ? COPIES_APART : 0;
      const shape = geometry.translated(state.kind, state.geometry, [by, by], this.image);
      const uid = this.annotate(state.kind, shape, { label: state.label, source: state.source, tool: 'paste' });
      this.clipboard = { state: this.model.annotation(uid), image: this.image.id };
      this.setTool('select');
      this.select(uid);
      return true;
    },

    escape() {
      if (this.tool.escape()) return true;
      if (this.selection) this.select(null);
      else if (this.toolName !== 'select') this.setTool('select');
      return true;
    },

    erase() {
      if (this.tool.erase()) return true;
      this.removeSelected();
      return true;
    },
  };

  Object.assign(dsb.Editor.prototype, methods);
})(window);
