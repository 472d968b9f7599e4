/** Cut: a line drawn across shapes divides them; what is selected, else whatever it crosses. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { geometry, kinds } = dsb;
  const TOO_SHORT = 5;
  const LOOSE = 0.8;
  const STEPS = 64;

  class CutTool extends dsb.Tool {
    constructor(editor) {
      super(editor);
      /** @type {Array<[number, number]> | null} */
      this.line = null;
    }

    leave() {
      this.escape();
    }

    down(touch) {
      if (touch.button !== 0) return false;
      this.line = [touch.point];
      return true;
    }

    /** A free line; with Shift a straight one. */
    drag(touch) {
      if (touch.shift) this.line = [this.line[0], touch.point];
      else this.line.push(...touch.trail);
      this.editor.redraw();
    }

    up() {
      const { line, editor } = this;
      this.escape();
      if (!line || kinds.length(line) * editor.view.scale < TOO_SHORT) {
        editor.hint('Draw a line across the shape, from one side to the other');
        return;
      }
      const knife = geometry.straightened(line, LOOSE / editor.view.scale).map(geometry.roundPoint);
      const uids = this.crossed(knife);
      if (uids.length) editor.divide(uids, knife);
      else editor.hint('The line crosses no shape that can be cut');
    }

    /** The shapes with an area that the line goes through. */
    crossed(knife) {
      const { editor } = this;
      const places = sampled(knife);
      const meets = ({ key, state }) =>
        state.kind !== 'tag' && !kinds.isOpen(state.kind) && !editor.isHidden(key) && !editor.isLocked(key) &&
        places.some((place) => dsb.shapes.hits(state, place));
      const found = editor.model.annotations.filter(meets).map(({ key }) => key);
      const chosen = found.filter((uid) => editor.isChosen(uid));
      return editor.chosen.length ? chosen : found;
    }

    abandon() {
      this.escape();
    }

    escape() {
      const busy = Boolean(this.line);
      this.line = null;
      this.editor.redraw();
      return busy;
    }

    parts() {
      return this.line && this.line.length > 1 ? [{ is: 'line', points: this.line, color: '#ffffff' }] : [];
    }

    dock() {
      const n = this.editor.chosen.length;
      const what = n ? (n > 1 ? `the ${n} selected shapes` : 'the selected shape') : 'whatever the line crosses';
      return [{ is: 'chip', text: 'cut' }, { is: 'text', text: `draw a line across: cuts ${what} · Shift: straight` }];
    }
  }

  /** Places along a line, close together. */
  function sampled(line) {
    return line.slice(1).flatMap((b, i) => {
      const a = line[i];
      return Array.from({ length: STEPS + 1 }, (_, k) => [a[0] + ((b[0] - a[0]) * k) / STEPS, a[1] + ((b[1] - a[1]) * k) / STEPS]);
    });
  }

  dsb.register('cut', CutTool);
})(window);
