/**
 * Rotated box: draw one side, then pull out the other. Ellipse: drag from corner to corner of the
 * box round it; Shift makes it a circle.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { geometry, turned } = dsb;
  const TOO_SMALL = 3;

  class RotatedBoxTool extends dsb.Tool {
    static draws = true;

    constructor(editor) {
      super(editor);
      this.clear();
    }

    clear() {
      /** @type {Array<[number, number]>} the first side: its start, then its end */
      this.side = [];
      this.pointer = null;
      this.editor.redraw();
    }

    leave() {
      this.clear();
    }

    down(touch) {
      if (touch.button !== 0 || !this.editor.needsLabel()) return false;
      if (this.side.length === 2) this.finish(touch.inside);
      else if (this.side.length === 1) this.endSide(touch);
      else this.side = [touch.inside];
      this.follow(touch);
      return true;
    }

    drag(touch) {
      this.follow(touch);
    }

    hover(touch) {
      this.follow(touch);
    }

    follow(touch) {
      this.pointer = this.side.length === 1 ? this.end(touch) : touch.inside;
      if (this.side.length) this.editor.redraw();
    }

    /** A side that was dragged ends where the pointer is let go. */
    up(touch) {
      if (this.side.length === 1 && this.isLong(this.end(touch))) this.endSide(touch);
    }

    end(touch) {
      return touch.shift ? turned.snapped(this.side[0], touch.inside) : touch.inside;
    }

    endSide(touch) {
      const end = this.end(touch);
      if (!this.isLong(end)) return;
      this.side.push(end);
      this.editor.emit('dock');
    }

    isLong(end) {
      return geometry.distance(this.side[0], end) * this.editor.view.scale >= TOO_SMALL;
    }

    finish(point) {
      const box = turned.boxOnLine(...this.side, point);
      if (box.height * this.editor.view.scale < TOO_SMALL) {
        this.editor.hint('Move away from the first side before you click');
        return;
      }
      this.clear();
      this.editor.annotate('rotated_box', box, { tool: 'rotated' });
      this.editor.emit('dock');
    }

    accept() {
      if (this.side.length !== 2 || !this.pointer) return false;
      this.finish(this.pointer);
      return true;
    }

    abandon() {
      this.clear();
    }

    escape() {
      const busy = this.side.length > 0;
      this.clear();
      this.editor.emit('dock');
      return busy;
    }

    undo() {
      return this.escape();
    }

    parts() {
      const { side, pointer, editor } = this;
      if (!side.length || !pointer) return [];
      const color = editor.color(editor.label);
      if (side.length === 1) return [{ is: 'line', points: [side[0], pointer], color }];
      const box = turned.boxOnLine(...side, pointer);
      return [{ is: 'shape', kind: 'rotated_box', geometry: box, color, look: 'draft' }];
    }

    dock() {
      const words = [
        'drag along one side of the object · Shift keeps to 15°',
        'now the end of that side',
        'move across to the opposite side and click',
      ];
      return [...this.editor.labelChip(), { is: 'text', text: words[this.side.length] }];
    }
  }

  class EllipseTool extends dsb.Tool {
    static draws = true;

    constructor(editor) {
      super(editor);
      this.shape = null;
      this.from = null;
    }

    leave() {
      this.escape();
    }

    down(touch) {
      if (touch.button !== 0 || !this.editor.needsLabel()) return false;
      this.from = touch.inside;
      return true;
    }

    drag(touch) {
      this.shape = ellipseIn(this.from, touch.shift ? even(this.from, touch.inside) : touch.inside);
      this.editor.redraw();
    }

    up() {
      const { shape, editor } = this;
      this.escape();
      if (!shape || Math.min(shape.rx, shape.ry) * 2 * editor.view.scale < TOO_SMALL) {
        editor.hint('Drag from one corner of the box round the object to the opposite one');
        return;
      }
      editor.annotate('ellipse', shape, { tool: 'ellipse' });
    }

    abandon() {
      this.escape();
    }

    escape() {
      const busy = Boolean(this.from);
      this.from = null;
      this.shape = null;
      this.editor.redraw();
      return busy;
    }

    parts() {
      if (!this.shape) return [];
      const color = this.editor.color(this.editor.label);
      return [{ is: 'shape', kind: 'ellipse', geometry: this.shape, color, look: 'draft' }];
    }

    dock() {
      return [
        ...this.editor.labelChip(),
        { is: 'text', text: 'drag round the object · Shift: a circle · V turns it afterwards' },
      ];
    }
  }

  /** The upright ellipse in the box between two corners. */
  function ellipseIn(a, b) {
    const { x, y, width, height } = geometry.boxBetween(a, b);
    const { round } = geometry;
    return {
      cx: round(x + width / 2), cy: round(y + height / 2), rx: round(width / 2), ry: round(height / 2), angle: 0,
    };
  }

  /** The corner that makes the box between square. */
  function even(a, b) {
    const size = Math.max(Math.abs(b[0] - a[0]), Math.abs(b[1] - a[1]));
    return [a[0] + size * Math.sign(b[0] - a[0]), a[1] + size * Math.sign(b[1] - a[1])];
  }

  dsb.register('rotated', RotatedBoxTool);
  dsb.register('ellipse', EllipseTool);
})(window);
