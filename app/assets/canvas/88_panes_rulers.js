/** Rulers along the top and the left edge of the stage, in image pixels, with the pointer on them. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const WIDE = 18;

  class RulersPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} stage */
    constructor(editor, stage) {
      Object.assign(this, { editor, stage, frame: 0, pointer: null });
      this.rulers = ['top', 'side'].map((edge) =>
        dsb.make('canvas', { className: `ruler ruler-${edge}`, hidden: true, 'aria-hidden': 'true' }),
      );
      stage.append(...this.rulers);
      editor.view.on('moved rested', () => this.ask());
      editor.on('image aids', () => this.ask());
      editor.on('pointer', (point) => {
        this.pointer = point;
        this.ask();
      });
    }

    ask() {
      if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
    }

    draw() {
      this.frame = 0;
      const on = Boolean(this.editor.settings.rulers && this.editor.image);
      this.stage.classList.toggle('ruled', on);
      for (const ruler of this.rulers) ruler.hidden = !on;
      if (!on) return;
      const { place, stage } = this.editor.view;
      this.mark(this.rulers[0], stage.width, place.x, 0);
      this.mark(this.rulers[1], stage.height, place.y, 1);
    }

    /** One ruler; `axis` 1 runs downwards. */
    mark(ruler, length, from, axis) {
      const context = this.sheet(ruler, length, axis);
      const { scale } = this.editor.view;
      context.font = '10px system-ui, sans-serif';
      context.fillStyle = getComputedStyle(ruler).color;
      for (const { value, at } of dsb.ruler.ticks(from, length, scale)) {
        context.fillRect(at, WIDE - 5, 1, 5);
        context.fillText(String(value), at + 3, WIDE - 7);
      }
      if (!this.pointer) return;
      context.fillStyle = '#ff5d8f';
      context.fillRect((this.pointer[axis] - from) * scale - 0.5, 0, 1, WIDE);
    }

    /** An empty ruler that is drawn from left to right, whichever way it lies. */
    sheet(ruler, length, axis) {
      const ratio = root.devicePixelRatio || 1;
      const size = [length, WIDE].map((side) => Math.round(side * ratio));
      [ruler.width, ruler.height] = axis ? size.reverse() : size;
      ruler.style.width = axis ? `${WIDE}px` : '100%';
      ruler.style.height = axis ? '100%' : `${WIDE}px`;
      const context = ruler.getContext('2d');
      context.scale(ratio, ratio);
      // Words of the side ruler read downwards, the ticks towards the picture.
      if (axis) context.transform(0, 1, -1, 0, WIDE, 0);
      return context;
    }
  }

  dsb.RulersPane = RulersPane;
})(window);
