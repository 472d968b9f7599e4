/** Box: drag from corner to corner. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const TOO_SMALL = 3;

  class BoxTool extends dsb.Tool {
    static draws = true;

    constructor(editor) {
      super(editor);
      this.from = null;
      this.to = null;
    }

    leave() {
      this.from = null;
    }

    down(touch) {
      if (touch.button !== 0 || !this.editor.needsLabel()) return false;
      this.from = touch.inside;
      this.to = touch.inside;
      return true;
    }

    drag(touch) {
      this.to = touch.inside;
      this.editor.redraw();
    }

    up() {
      const box = this.box;
      const scale = this.editor.view.scale;
      this.from = null;
      this.editor.redraw();
      if (!box) return;
      if (Math.min(box.width, box.height) * scale < TOO_SMALL) {
        this.editor.hint('Drag from one corner of the object to the opposite one');
        return;
      }
      this.editor.annotate('box', box, { tool: 'box' });
    }

    get box() {
      return this.from && dsb.geometry.boxBetween(this.from, this.to);
    }

    abandon() {
      this.escape();
    }

    escape() {
      const busy = Boolean(this.from);
      this.from = null;
      this.editor.redraw();
      return busy;
    }

    parts() {
      if (!this.box) return [];
      const color = this.editor.color(this.editor.label);
      return [{ is: 'shape', kind: 'box', geometry: this.box, color, look: 'draft' }];
    }

    dock() {
      return [...this.editor.labelChip(), { is: 'text', text: 'drag from corner to corner' }];
    }
  }

  dsb.register('box', BoxTool);
})(window);
