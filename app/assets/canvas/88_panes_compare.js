/** Another image of the project over this one, up to a line that is moved across the stage. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const STEP = 0.02;

  class ComparePane {
    /** @param {dsb.Editor} editor @param {HTMLElement} surface @param {HTMLElement} line */
    constructor(editor, surface, line) {
      Object.assign(this, { editor, line, part: 0.5, frame: 0, shown: '' });
      this.picture = dsb.make('img', { className: 'compare-picture', alt: '', hidden: true, draggable: false });
      surface.prepend(this.picture);
      this.knob = dsb.make('div', {
        className: 'compare-knob', tabIndex: 0, role: 'slider', 'aria-label': 'Where the other image ends',
        'aria-valuemin': 0, 'aria-valuemax': 100,
      });
      this.words = dsb.make('span', { className: 'compare-name' });
      line.replaceChildren(this.words, this.knob);
      editor.on('image aids', () => this.show());
      editor.view.on('moved rested', () => this.ask());
      this.knob.addEventListener('pointerdown', (event) => this.knob.setPointerCapture(event.pointerId));
      this.knob.addEventListener('pointermove', (event) => event.buttons && this.drag(event));
      this.knob.addEventListener('keydown', (event) => this.key(event));
    }

    /** The other image comes by its preview. */
    async show() {
      const { editor } = this;
      const which = editor.settings.compared;
      const id = which && editor.answer ? editor.answer[which] : null;
      const turn = (this.shown = `${editor.slug}/${id}/${editor.image && editor.image.id}`);
      this.other = null;
      this.ask();
      if (!id) return;
      const { status, body } = await dsb.client.images(editor.slug, id - 1, 1).catch(() => ({ status: 0 }));
      const [image] = status === 200 ? body.images : [];
      if (turn !== this.shown || !image) return;
      this.picture.src = editor.pixels(image, 'preview');
      await this.picture.decode().catch(() => null);
      if (turn !== this.shown) return;
      this.other = image;
      this.words.textContent = `← ${image.name}${this.isOfOneSize() ? '' : ' (another size, stretched)'}`;
      this.ask();
    }

    isOfOneSize() {
      const { image } = this.editor;
      return image.width === this.other.width && image.height === this.other.height;
    }

    ask() {
      if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
    }

    draw() {
      this.frame = 0;
      const { other, picture, line, editor } = this;
      picture.hidden = line.hidden = !other;
      if (!other) return;
      const { place, stage } = editor.view;
      const { width, height } = editor.image;
      const at = stage.width * this.part;
      const [left, top] = [-place.x * place.scale, -place.y * place.scale];
      picture.style.width = `${width * place.scale}px`;
      picture.style.height = `${height * place.scale}px`;
      picture.style.transform = `translate(${left}px,${top}px)`;
      picture.style.clipPath = `inset(0 ${Math.max(0, width * place.scale + left - at)}px 0 0)`;
      picture.style.imageRendering = place.scale >= 3 ? 'pixelated' : 'auto';
      line.style.left = `${at}px`;
      this.knob.setAttribute('aria-valuenow', String(Math.round(100 * this.part)));
    }

    drag(event) {
      const box = this.line.parentNode.getBoundingClientRect();
      this.move((event.clientX - box.left) / box.width);
    }

    key(event) {
      const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      this.move(this.part + step);
    }

    move(part) {
      this.part = dsb.geometry.clamp(part, 0.02, 0.98);
      this.ask();
    }
  }

  dsb.ComparePane = ComparePane;
})(window);
