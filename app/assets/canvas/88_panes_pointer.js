/** The corner that says where the pointer is and what colour lies under it. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  class PointerPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} node */
    constructor(editor, node) {
      Object.assign(this, { editor, node });
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 1;
      this.pixel = canvas.getContext('2d', { willReadFrequently: true });
      this.frame = 0;
      editor.on('pointer', (point) => this.ask(point));
      editor.on('image', () => this.load());
    }

    /** The preview answers for the colours; of deeper images it would not tell the truth. */
    async load() {
      const { editor } = this;
      const { image } = editor;
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

    ask(point) {
      this.point = point;
      this.frame = this.frame || requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
    }

    draw() {
      const { point, node, editor } = this;
      const { width, height } = editor.image || { width: 0, height: 0 };
      const outside = !point || point[0] < 0 || point[1] < 0 || point[0] >= width || point[1] >= height;
      node.hidden = outside;
      if (outside) return;
      const place = `x ${point[0].toFixed(1)} · y ${point[1].toFixed(1)}`;
      const color = this.color(point, width, height);
      node.textContent = color ? `${place} · ${color}` : place;
    }

    color([x, y], width, height) {
      const { picture, pixel } = this;
      if (!picture || this.editor.view.moving) return '';
      const sx = Math.floor((x / width) * picture.width);
      const sy = Math.floor((y / height) * picture.height);
      pixel.drawImage(picture, sx, sy, 1, 1, 0, 0, 1, 1);
      const [r, g, b] = pixel.getImageData(0, 0, 1, 1).data;
      return this.editor.image.channels === 1 ? `grey ${r}` : `RGB ${r} ${g} ${b}`;
    }
  }

  dsb.PointerPane = PointerPane;
})(window);
