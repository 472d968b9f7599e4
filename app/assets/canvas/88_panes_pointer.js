/** The corner that says where the pointer is and which values lie under it, in their own depth. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  // A pointer that only passes by loads no samples.
  const PATIENCE = 120;
  const MOST = 4;

  /** Values as a person reads them: whole numbers as they are, others by four digits. */
  const written = (value) => (Number.isInteger(value) ? String(value) : value.toPrecision(4));

  /** @param {number[]} values of one pixel @returns {string} */
  function words(values) {
    const shown = values.slice(0, MOST).map(written).join(' ');
    const name = { 1: 'grey ', 3: 'RGB ' }[values.length] || '';
    return `${name}${shown}${values.length > MOST ? ' …' : ''}`;
  }

  class PointerPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} node */
    constructor(editor, node) {
      Object.assign(this, { editor, node });
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 1;
      this.pixel = canvas.getContext('2d', { willReadFrequently: true });
      this.samples = new dsb.Samples(() => this.ask(this.point));
      this.frame = 0;
      editor.on('pointer', (point) => this.moved(point));
      editor.on('image', () => this.load());
    }

    moved(point) {
      this.ask(point);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.inside(point) && this.samples.read(...point.map(Math.floor), 0), PATIENCE);
    }

    /** Until its samples are there the preview answers for a pixel of eight bits, roughly. */
    async load() {
      const { editor } = this;
      const { image } = editor;
      this.samples.show(editor.slug, image);
      this.picture = null;
      if (image.dtype !== 'uint8') return;
      const loader = new Image();
      loader.src = editor.pixels(image, 'preview');
      try {
        await loader.decode();
        const picture = await createImageBitmap(loader);
        if (editor.image === image) this.picture = picture;
      } catch {
        // no preview, no colours: the stage shows the same gap
      }
    }

    inside(point) {
      const { width, height } = this.editor.image || { width: 0, height: 0 };
      return Boolean(point) && point[0] >= 0 && point[1] >= 0 && point[0] < width && point[1] < height;
    }

    ask(point) {
      this.point = point;
      this.frame = this.frame || requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
    }

    draw() {
      const { point, node } = this;
      node.hidden = !this.inside(point);
      if (node.hidden) return;
      const place = `x ${point[0].toFixed(1)} · y ${point[1].toFixed(1)}`;
      const value = this.exact(point) || this.rough(point);
      node.textContent = value ? `${place} · ${value}` : place;
    }

    exact(point) {
      const [x, y] = point.map(Math.floor);
      if (!this.samples.has(x, y)) return '';
      const channels = Array.from({ length: this.samples.channels }, (_, k) => k);
      return words(channels.map((channel) => this.samples.read(x, y, channel)));
    }

    rough([x, y]) {
      const { picture, pixel, editor } = this;
      if (!picture || editor.view.moving) return '';
      const { width, height, channels } = editor.image;
      const sx = Math.floor((x / width) * picture.width);
      const sy = Math.floor((y / height) * picture.height);
      pixel.drawImage(picture, sx, sy, 1, 1, 0, 0, 1, 1);
      const found = [...pixel.getImageData(0, 0, 1, 1).data].slice(0, channels === 1 ? 1 : 3);
      return `≈ ${words(found)}`;
    }
  }

  dsb.PointerPane = PointerPane;
})(window);
