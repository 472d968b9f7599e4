/** The overview: the whole image small, with what is in sight framed; a drag on it moves the view. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const SIDE = 150;

  class MinimapPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place */
    constructor(editor, place) {
      Object.assign(this, { editor, place, frame: 0 });
      this.picture = dsb.make('img', { alt: '', draggable: false });
      this.sight = dsb.make('div', { className: 'minimap-sight' });
      place.replaceChildren(this.picture, this.sight);
      place.setAttribute('role', 'img');
      place.setAttribute('aria-label', 'Overview of the image with what is in sight framed');
      editor.on('image', () => this.show());
      editor.on('aids', () => this.ask());
      editor.view.on('moved rested', () => this.ask());
      place.addEventListener('pointerdown', (event) => this.take(event));
      place.addEventListener('pointermove', (event) => event.buttons && this.go(event));
    }

    show() {
      const { editor } = this;
      const { width, height } = editor.image;
      this.scale = SIDE / Math.max(width, height);
      this.place.style.width = `${width * this.scale}px`;
      this.place.style.height = `${height * this.scale}px`;
      this.picture.src = editor.pixels(editor.image, 'thumb');
      this.ask();
    }

    ask() {
      if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
    }

    draw() {
      this.frame = 0;
      const { editor, scale, sight } = this;
      this.place.hidden = !(editor.settings.minimap && editor.image);
      if (this.place.hidden) return;
      const { stage } = editor.view;
      const [left, top] = editor.view.toImage([0, 0]);
      const [right, bottom] = editor.view.toImage([stage.width, stage.height]);
      sight.style.transform = `translate(${left * scale}px,${top * scale}px)`;
      sight.style.width = `${(right - left) * scale}px`;
      sight.style.height = `${(bottom - top) * scale}px`;
    }

    take(event) {
      event.preventDefault();
      this.place.setPointerCapture(event.pointerId);
      this.go(event);
    }

    /** What is under the pointer comes into the middle of the stage. */
    go(event) {
      const box = this.place.getBoundingClientRect();
      const point = [(event.clientX - box.left) / this.scale, (event.clientY - box.top) / this.scale];
      const { view } = this.editor;
      view.go(dsb.view.centred(point, view.scale, view.stage));
    }
  }

  dsb.MinimapPane = MinimapPane;
})(window);
