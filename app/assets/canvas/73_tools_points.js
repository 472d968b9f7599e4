/** Polyline, points, and keypoints in the order of their label's skeleton. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { geometry, kinds } = dsb;
  const VISIBLE = 2;
  const HIDDEN = 1;

  /** Clicks or a free hand along a line; it stays open. */
  class PolylineTool extends dsb.PolygonTool {
    onFirst() {
      return false;
    }

    double() {
      if (this.points.length > 1) this.close();
    }

    close() {
      const line = this.points.filter((point, k) => !k || geometry.distance(point, this.points[k - 1]) > 0);
      if (line.length < 2) {
        this.editor.hint('A line needs two ends');
        return;
      }
      this.clear();
      this.editor.annotate('polyline', { points: line }, { tool: 'polyline' });
    }

    unfinished() {
      return this.points.length > 1 ? 'End the line first (Enter), or drop it (Esc)' : '';
    }

    parts() {
      return super.parts().filter(({ look }) => look !== 'faint');
    }

    dock() {
      const n = this.points.length;
      const chip = this.editor.labelChip();
      if (!n) return [...chip, { is: 'text', text: 'click along the line, or drag by free hand' }];
      const line = this.pointer ? [...this.points, this.pointer] : this.points;
      return [
        ...chip,
        { is: 'text', text: `${kinds.length(line).toFixed(1)} px` },
        { is: 'button', text: 'back', keys: '⌫', run: () => this.erase() },
        { is: 'button', text: 'cancel', keys: 'Esc', run: () => this.escape() },
        { is: 'button', text: 'end', keys: 'Enter', primary: true, run: () => this.accept() },
      ];
    }

    hover(touch) {
      super.hover(touch);
      if (this.points.length) this.editor.emit('dock');
    }
  }

  /** One click a point: of one object, or an object each; with a skeleton, its keypoints in turn. */
  class PointsTool extends dsb.Tool {
    static draws = true;

    constructor(editor) {
      super(editor);
      this.clear();
    }

    clear() {
      /** @type {Array<[number, number, number]>} keypoints placed so far */
      this.placed = [];
      this.pointer = null;
      this.editor.redraw();
    }

    leave() {
      this.clear();
    }

    labelled() {
      this.clear();
      return false;
    }

    get skeleton() {
      return this.editor.skeleton(this.editor.label);
    }

    down(touch) {
      if (touch.button !== 0 || !this.editor.needsLabel()) return false;
      if (this.skeleton) this.place([...touch.inside, touch.alt ? HIDDEN : VISIBLE]);
      else if (touch.alt) this.takeAway(touch.point);
      else this.add(touch.inside);
      return false;
    }

    // --- points ---------------------------------------------------------------------------------

    /** The points object that grows: the selected one of the current label. */
    get growing() {
      const { editor } = this;
      const state = editor.selectedState;
      return state && state.kind === 'points' && state.label === editor.label ? state : null;
    }

    add(point) {
      const { editor, growing } = this;
      if (growing && !editor.settings.pointEach) {
        editor.edit(editor.selection, { geometry: { points: [...growing.geometry.points, point] } }, 'points');
        return;
      }
      const uid = editor.annotate('points', { points: [point] }, { tool: 'points' });
      editor.select(editor.settings.pointEach ? null : uid);
    }

    takeAway(point) {
      const { editor, growing } = this;
      if (!growing) return;
      const { points } = growing.geometry;
      const near = points.map((each) => geometry.distance(each, point));
      const index = near.indexOf(Math.min(...near));
      if (near[index] * editor.view.scale > 10) return;
      const left = kinds.withoutVertex('points', growing.geometry, { index });
      if (left) editor.edit(editor.selection, { geometry: left }, 'points');
      else editor.removeSelected();
    }

    // --- keypoints ------------------------------------------------------------------------------

    place(point) {
      this.placed.push(point);
      if (this.placed.length === this.skeleton.names.length) this.finish();
      this.editor.redraw();
      this.editor.emit('dock');
    }

    /** What is not placed is not labelled. */
    finish() {
      const missing = this.skeleton.names.length - this.placed.length;
      const points = [...this.placed, ...Array.from({ length: missing }, () => [0, 0, 0])];
      if (!points.some((point) => point[2])) {
        this.editor.hint('None of the keypoints has a place yet');
        return;
      }
      this.clear();
      const uid = this.editor.annotate('keypoints', { points }, { tool: 'keypoints' });
      this.editor.select(uid);
    }

    accept() {
      if (!this.placed.length) return false;
      this.finish();
      return true;
    }

    erase() {
      if (!this.placed.length) return false;
      this.placed.pop();
      this.editor.redraw();
      this.editor.emit('dock');
      return true;
    }

    undo() {
      return this.erase();
    }

    escape() {
      const busy = this.placed.length > 0;
      this.clear();
      this.editor.emit('dock');
      if (busy || !this.growing) return busy;
      this.editor.select(null);
      return true;
    }

    unfinished() {
      return this.placed.length ? 'Finish the keypoints first (Enter), or drop them (Esc)' : '';
    }

    hover(touch) {
      this.pointer = touch.inside;
      if (this.placed.length) this.editor.redraw();
    }

    parts() {
      const { placed, skeleton, editor } = this;
      if (!placed.length || !skeleton) return [];
      const color = editor.color(editor.label);
      const shape = { points: this.pointer ? [...placed, [...this.pointer, VISIBLE]] : placed };
      return [{ is: 'shape', kind: 'keypoints', geometry: shape, skeleton, color, look: 'draft' }];
    }

    dock() {
      const { editor, skeleton } = this;
      const chip = editor.labelChip();
      if (skeleton) return [...chip, ...this.skeletonDock(skeleton)];
      return [
        ...chip,
        {
          is: 'choice', value: editor.settings.pointEach ? 'each' : 'one',
          options: [{ value: 'one', text: 'one object' }, { value: 'each', text: 'an object each' }],
          set: (value) => editor.setSetting('pointEach', value === 'each'),
        },
        { is: 'text', text: this.growing ? `${this.growing.geometry.points.length} points · Alt-click removes one` : 'click the places' },
        ...(this.growing ? [{ is: 'button', text: 'new object', keys: 'Esc', run: () => editor.select(null) }] : []),
      ];
    }

    skeletonDock({ names }) {
      const n = this.placed.length;
      return [
        { is: 'text', text: `${n + 1} of ${names.length}: ${names[n]} · Alt-click: hidden` },
        { is: 'button', text: 'not there', run: () => this.place([0, 0, 0]) },
        ...(n ? [{ is: 'button', text: 'back', keys: '⌫', run: () => this.erase() }] : []),
        ...(n ? [{ is: 'button', text: 'finish', keys: 'Enter', primary: true, run: () => this.accept() }] : []),
      ];
    }
  }

  dsb.register('polyline', PolylineTool);
  dsb.register('points', PointsTool);
})(window);
