/** By one key to what is to be done: the next object, the next image, a tool with its label. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const LINE = 40;

  /** As one reads: line by line, in each from left to right. */
  const inReadingOrder = (a, b) => Math.floor(a.box[1] / LINE) - Math.floor(b.box[1] / LINE) || a.box[0] - b.box[0];

  const methods = {
    /** Uids that the object list shows, top first; the pane of the list says it better. */
    listed() {
      return this.model.annotations.map(({ key }) => key);
    },

    /** The next object that came in and that no person changed. */
    nextUntouched() {
      if (!this.model) return false;
      const waiting = this.model.annotations
        .filter((item) => dsb.colors.isUntouched(item) && !this.isHidden(item.key))
        .map((item) => ({ uid: item.key, box: dsb.shapes.drawable(item.state).bounds }))
        .filter(({ box }) => box)
        .sort(inReadingOrder);
      if (!waiting.length) {
        this.hint('No object here came in untouched');
        return true;
      }
      const here = waiting.findIndex(({ uid }) => uid === this.selection);
      const next = waiting[(here + 1) % waiting.length];
      if (this.tool.constructor.draws) this.setTool('select');
      this.select(next.uid);
      this.view.frame(next.box);
      return true;
    },

    /** The next image that the queue holds for this person; this one is left as it is. */
    nextNeeded() {
      if (!this.model) return false;
      const reason = this.tool.unfinished();
      if (reason) this.hint(reason);
      else this.goOn(this.answer);
      return true;
    },

    /** Go through a list of objects, one after the other. */
    walk() {
      this.setTool('walk');
      return true;
    },

    /** @param {{tool: string, label: number}} preset */
    takePreset({ tool, label }) {
      if (!this.labelOf(label)) {
        this.hint('The label of this preset is gone');
        return true;
      }
      this.setTool(tool);
      this.setLabel(label);
      return true;
    },
  };

  Object.assign(dsb.Editor.prototype, methods);
})(typeof window !== 'undefined' ? window : globalThis);
