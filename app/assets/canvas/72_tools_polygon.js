/**
 * Polygon: one click a corner, or a drag for a stretch by free hand; Enter, a double click or the
 * first corner closes it. The free hand closes it where it lets go.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const geometry = dsb.geometry;
  const NEAR = 9;
  // Between the points of a free hand, and how far the line may leave them: both on the screen.
  const STRIDE = 3;
  const LOOSE = 0.8;

  class PolygonTool extends dsb.Tool {
    static draws = true;

    constructor(editor) {
      super(editor);
      /** @type {Array<[number, number]>} */
      this.points = [];
      this.cursor = null;
    }

    leave() {
      this.editor.extending = null;
      this.clear();
    }

    clear() {
      this.points = [];
      /** @type {Array<[number, number]> | null} the stretch under the free hand, as it came */
      this.trail = null;
      this.pointer = null;
      this.editor.redraw();
      this.editor.emit('dock');
    }

    down(touch) {
      if (touch.button !== 0 || !this.editor.needsLabel()) return false;
      if (this.points.length > 2 && this.onFirst(touch.point)) {
        this.close();
        return false;
      }
      this.trail = [touch.inside];
      const last = this.points[this.points.length - 1];
      const place = this.editor.snapped(touch.inside, null);
      if (!last || geometry.distance(last, place) > 0) this.points.push(place);
      this.pointer = touch.inside;
      this.editor.redraw();
      this.editor.emit('dock');
      return true;
    }

    /** The free hand: its way is kept in small strides. */
    drag(touch) {
      if (!this.trail) return;
      const { view, image } = this.editor;
      for (const place of touch.trail) {
        const point = geometry.settled(place, image);
        const last = this.trail[this.trail.length - 1];
        if (geometry.distance(last, point) * view.scale >= STRIDE) this.trail.push(point);
      }
      this.pointer = touch.inside;
      this.editor.redraw();
    }

    up() {
      const { trail } = this;
      this.trail = null;
      if (!trail || trail.length < 3) return;
      this.points.push(...geometry.straightened(trail, LOOSE / this.editor.view.scale).slice(1));
      this.editor.redraw();
      this.editor.emit('dock');
      if (this.points.length > 2 && this.onFirst(trail[trail.length - 1])) this.close();
    }

    abandon() {
      this.trail = null;
    }

    onFirst(point) {
      return geometry.distance(point, this.points[0]) * this.editor.view.scale < NEAR;
    }

    hover(touch) {
      this.pointer = touch.inside;
      if (this.points.length) this.editor.redraw();
    }

    double() {
      if (this.points.length > 2) this.close();
    }

    accept() {
      if (!this.points.length) return false;
      this.close();
      return true;
    }

    close() {
      const ring = geometry.withoutRepeats(this.points);
      if (ring.length < 3) {
        this.editor.hint('A polygon needs at least three corners');
        return;
      }
      const crossing = geometry.crossing(ring);
      if (crossing) {
        this.editor.hint('The outline crosses itself here; Backspace takes corners back', crossing);
        return;
      }
      this.clear();
      this.finish({ parts: [[ring]] });
    }

    /** @param {object} polygon */
    finish(polygon) {
      const { editor } = this;
      if (editor.extending) editor.extended(polygon);
      else editor.annotateBetween(polygon, 'polygon');
    }

    escape() {
      const busy = this.points.length > 0;
      this.clear();
      if (busy || !this.editor.extending) return busy;
      const { uid } = this.editor.extending;
      this.editor.setTool('select');
      this.editor.select(uid);
      return true;
    }

    erase() {
      if (!this.points.length) return false;
      this.points.pop();
      this.editor.hint('');
      this.editor.redraw();
      this.editor.emit('dock');
      return true;
    }

    undo() {
      return this.erase();
    }

    unfinished() {
      const drawing = this.points.length > 2;
      return drawing ? 'Close the polygon first (Enter), or drop it (Esc)' : '';
    }

    parts() {
      const { points, pointer, editor } = this;
      if (!points.length) return [];
      const color = editor.color(editor.label);
      const drawn = this.trail ? [...points, ...this.trail.slice(1)] : points;
      const line = pointer ? [...drawn, pointer] : drawn;
      const closing = pointer && points.length > 2 && this.onFirst(pointer);
      const corners = points.map((point, i) => ({
        is: 'handle',
        point,
        look: i === 0 && closing ? 'inert vertex chosen' : 'inert vertex',
        data: {},
        color,
      }));
      const [first] = points;
      const back = pointer && points.length > 1 ? [pointer, first] : null;
      return [
        { is: 'line', points: line, color },
        ...(back ? [{ is: 'line', points: back, color, look: 'faint' }] : []),
        ...corners,
      ];
    }

    dock() {
      const n = this.points.length;
      const chip = this.editor.labelChip();
      const { extending } = this.editor;
      const task = extending ? (extending.way === 'subtract' ? 'draw the hole: ' : 'draw the part: ') : '';
      if (!n) {
        const text = `${task}click corner after corner, or drag by free hand`;
        return [...chip, ...(task ? [] : [this.editor.bordersControl()]), { is: 'text', text }];
      }
      return [
        ...chip,
        { is: 'text', text: n === 1 ? '1 corner' : `${n} corners` },
        { is: 'button', text: 'back', keys: '⌫', run: () => this.erase() },
        { is: 'button', text: 'cancel', keys: 'Esc', run: () => this.escape() },
        { is: 'button', text: 'close', keys: 'Enter', primary: true, run: () => this.accept() },
      ];
    }
  }

  /** Press, go round the object, let go. */
  class FreehandTool extends PolygonTool {
    up() {
      const { trail } = this;
      this.trail = null;
      if (!trail || trail.length < 4) {
        this.clear();
        this.editor.hint('Keep the button down and go round the object');
        return;
      }
      const ring = geometry.straightened(trail, LOOSE / this.editor.view.scale);
      this.points = ring;
      this.close();
    }

    dock() {
      if (this.points.length > 2) return super.dock();
      return [...this.editor.labelChip(), { is: 'text', text: 'go round the object and let go' }];
    }
  }

  dsb.PolygonTool = PolygonTool;
  dsb.register('polygon', PolygonTool);
  dsb.register('freehand', FreehandTool);
})(window);
