/** Brush and eraser: pixels of a mask, with a round brush measured in image pixels. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const rasters = dsb.raster;
  const SMALLEST = 1;
  const LARGEST = 400;

  /** Brush sizes grow by a quarter, in steps that stay readable. */
  function nextSize(size, up) {
    const next = up ? Math.max(size + 1, size * 1.25) : Math.min(size - 1, size / 1.25);
    return dsb.geometry.clamp(Math.round(next), SMALLEST, LARGEST);
  }

  /** What brush and eraser share: a stroke that sets pixels of one mask to `value`. */
  class PaintTool extends dsb.Tool {
    constructor(editor, value) {
      super(editor);
      this.value = value;
      this.stroke = null;
      this.pointer = null;
    }

    leave() {
      this.abandon();
      this.pointer = null;
    }

    down(touch) {
      if (touch.button !== 0) return false;
      const target = this.target(touch.point);
      if (!target) return false;
      const { uid, label } = target;
      const state = this.editor.model.annotation(uid);
      const raster = state ? copy(dsb.shapes.rasterOf(state)) : rasters.empty();
      this.stroke = { uid, label, raster, last: touch.point, size: this.sizeOf(touch) };
      this.editor.hide(uid);
      this.editor.live.show(null);
      this.paint(touch.point);
      return true;
    }

    drag(touch) {
      this.pointer = touch.point;
      this.stroke.size = this.sizeOf(touch);
      for (const point of touch.trail) this.paint(point);
      this.editor.redraw();
    }

    /** A pen that is pressed lightly paints thinner. */
    sizeOf({ pen, pressure }) {
      const { brush } = this.editor.settings;
      return pen && pressure > 0 ? Math.max(1, brush * (0.25 + 0.75 * pressure)) : brush;
    }

    /** The stroke goes on to a point. */
    paint(point) {
      const { stroke, editor, value } = this;
      const { size } = stroke;
      const box = rasters.reach(stroke.last, point, size, editor.image);
      const from = stroke.last;
      stroke.last = point;
      if (!box) return;
      if (value) stroke.raster = rasters.grown(stroke.raster, box, editor.image);
      const seen = cut(box, stroke.raster);
      if (!seen) return;
      rasters.paintSegment(stroke.raster, from, point, size, value, editor.settings.brushShape);
      this.show(seen);
    }

    show(box) {
      const { live } = this.editor;
      const { raster, label } = this.stroke;
      if (live.raster === raster) live.touch(box);
      else live.show(raster, this.editor.color(label));
    }

    up() {
      const { stroke, editor } = this;
      if (!stroke) return;
      const mask = dsb.rle.maskFromRaster(stroke.raster);
      this.abandon();
      const known = editor.model.annotation(stroke.uid);
      if (!mask && !known) return;
      if (!mask) editor.remove(stroke.uid, this.name);
      else if (!this.value) editor.edit(stroke.uid, { geometry: mask }, this.name);
      else if (!editor.painted(stroke.uid, stroke.label, mask, this.name)) return;
      if (mask) editor.select(stroke.uid);
    }

    get name() {
      return this.value ? 'brush' : 'eraser';
    }

    abandon() {
      if (!this.stroke) return;
      this.stroke = null;
      this.editor.live.show(null);
      this.editor.hide(null);
      this.editor.redraw();
    }

    escape() {
      const busy = Boolean(this.stroke);
      this.abandon();
      return busy;
    }

    hover(touch) {
      this.pointer = touch.point;
      this.editor.redraw();
    }

    parts() {
      if (!this.pointer) return [];
      const { brush, brushShape } = this.editor.settings;
      return [{ is: 'ring', point: this.pointer, width: brush, square: brushShape === 'square' }];
    }

    shapeControl() {
      const { editor } = this;
      return {
        is: 'choice', value: editor.settings.brushShape,
        options: [{ value: 'round', text: 'round' }, { value: 'square', text: 'square' }],
        set: (value) => editor.setSetting('brushShape', value),
      };
    }

    sizeControl() {
      const { editor } = this;
      return {
        is: 'range', text: 'size', min: SMALLEST, max: LARGEST, curve: 2,
        value: editor.settings.brush, unit: 'px', keys: '[ ]',
        set: (value) => editor.setBrush(value),
      };
    }
  }

  class BrushTool extends PaintTool {
    constructor(editor) {
      super(editor, 1);
      this.cursor = 'none';
    }

    /** The selected mask of the current label grows; otherwise a new one begins. */
    target() {
      const { editor } = this;
      if (!editor.needsLabel()) return null;
      const state = editor.selectedState;
      if (state && state.kind === 'mask' && state.label === editor.label) {
        return { uid: editor.selection, label: state.label };
      }
      editor.select(null);
      return { uid: dsb.uuid(), label: editor.label };
    }

    dock() {
      const { editor } = this;
      const state = editor.selectedState;
      const extends_ = state && state.kind === 'mask' && state.label === editor.label;
      return [
        ...editor.labelChip(),
        this.sizeControl(),
        this.shapeControl(),
        editor.bordersControl(),
        { is: 'text', text: extends_ ? 'adds to the selected mask' : 'paints a new mask' },
        ...(extends_
          ? [{ is: 'button', text: 'new object', keys: 'Esc', run: () => editor.select(null) }]
          : []),
      ];
    }
  }

  class EraserTool extends PaintTool {
    constructor(editor) {
      super(editor, 0);
      this.cursor = 'none';
    }

    /** The selected mask, or the one under the brush. */
    target(point) {
      const { editor } = this;
      const state = editor.selectedState;
      if (state && state.kind === 'mask') return { uid: editor.selection, label: state.label };
      const uid = editor.pick(point, (candidate) => candidate.kind === 'mask');
      if (!uid) {
        editor.hint('The eraser works on masks: none is selected, none is under the brush');
        return null;
      }
      editor.select(uid);
      return { uid, label: editor.model.annotation(uid).label };
    }

    dock() {
      return [{ is: 'chip', text: 'erase' }, this.sizeControl(), this.shapeControl(), { is: 'text', text: 'takes pixels off a mask' }];
    }
  }

  const copy = (raster) => ({ ...raster, bits: raster.bits.slice() });

  /** The part of a box that lies in a raster. */
  function cut([x0, y0, x1, y1], raster) {
    const box = [
      Math.max(x0, raster.x),
      Math.max(y0, raster.y),
      Math.min(x1, raster.x + raster.width),
      Math.min(y1, raster.y + raster.height),
    ];
    return box[0] < box[2] && box[1] < box[3] ? box : null;
  }

  dsb.brush = { nextSize };
  dsb.register('brush', BrushTool);
  dsb.register('eraser', EraserTool);
})(window);
