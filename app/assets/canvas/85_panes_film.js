/** The film strip: the images around the current one, with their state; only tiles in sight exist. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const PITCH = 100;
  const PAGE = 100;
  const WORDS = {
    new: 'new', in_progress: 'in progress', done: 'done', accepted: 'accepted',
    rejected: 'rejected', skipped: 'skipped',
  };

  class FilmPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place */
    constructor(editor, place) {
      Object.assign(this, { editor, place });
      this.sheet = dsb.make('div', { className: 'film-sheet' });
      this.left = 0;
      this.width = 0;
      place.replaceChildren(this.sheet);
      this.reset(null);
      editor.on('image', () => this.show());
      editor.on('state', (id, state) => this.mark(id, state));
      place.addEventListener('scroll', () => {
        this.left = place.scrollLeft;
        this.scrolled();
      });
      place.addEventListener('click', (event) => this.click(event));
      place.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
      new ResizeObserver(() => {
        this.width = place.clientWidth;
        this.draw();
      }).observe(place);
    }

    scrollTo(left) {
      this.place.scrollLeft = left;
      this.left = this.place.scrollLeft;
    }

    reset(slug) {
      this.slug = slug;
      /** @type {object[]} a gapless run of images by id */
      this.images = [];
      this.atStart = false;
      this.atEnd = false;
      this.loading = false;
    }

    /** The current image changed. */
    async show() {
      const { slug, image } = this.editor;
      if (slug !== this.slug) this.reset(slug);
      const at = this.images.findIndex(({ id }) => id === image.id);
      if (at >= 0) this.images[at] = image;
      else await this.start(image.id);
      this.centre();
      this.scrolled();
    }

    async start(id) {
      this.reset(this.slug);
      const first = Math.max(0, id - PAGE / 2);
      const found = await this.page(first);
      this.atStart = first === 0;
      this.images = found;
    }

    /** @returns {Promise<object[]>} the images after an id, in order */
    async page(after) {
      this.loading = true;
      try {
        const { status, body } = await dsb.client.images(this.slug, after, PAGE);
        if (status !== 200) return [];
        if (body.next === null) this.atEnd = true;
        return body.images;
      } catch {
        return [];
      } finally {
        this.loading = false;
      }
    }

    async later() {
      const last = this.images[this.images.length - 1];
      const found = await this.page(last.id);
      this.images.push(...found);
      this.draw();
    }

    async earlier() {
      const [first] = this.images;
      const after = Math.max(0, first.id - 1 - PAGE);
      const end = this.atEnd;
      const found = (await this.page(after)).filter(({ id }) => id < first.id);
      this.atEnd = end;
      this.atStart = after === 0;
      this.images.unshift(...found);
      this.sheet.style.width = `${this.images.length * PITCH}px`;
      this.scrollTo(this.left + found.length * PITCH);
      this.draw();
    }

    scrolled() {
      this.draw();
      const { left, width } = this;
      if (this.loading || !this.images.length) return;
      const end = this.images.length * PITCH - width;
      if (!this.atEnd && left > end - 5 * PITCH) this.later();
      else if (!this.atStart && left < 5 * PITCH) this.earlier();
    }

    centre() {
      const at = this.images.findIndex(({ id }) => id === this.editor.image.id);
      this.sheet.style.width = `${this.images.length * PITCH}px`;
      if (at >= 0) this.scrollTo((at + 0.5) * PITCH - this.width / 2);
    }

    mark(id, state) {
      const at = this.images.findIndex((image) => image.id === id);
      if (at < 0) return;
      this.images[at] = { ...this.images[at], state };
      this.draw();
    }

    draw() {
      const { left, width } = this;
      const first = Math.max(0, Math.floor(left / PITCH) - 2);
      const last = Math.min(this.images.length, Math.ceil((left + width) / PITCH) + 2);
      const kept = new Map([...this.sheet.children].map((node) => [node.dataset.image, node]));
      this.sheet.style.width = `${this.images.length * PITCH}px`;
      const nodes = [];
      for (let i = first; i < last; i++) nodes.push(this.tile(this.images[i], i, kept));
      this.sheet.replaceChildren(...nodes);
    }

    tile(image, i, kept) {
      const node = kept.get(String(image.id)) || this.fresh(image);
      const words = `${image.name}, ${WORDS[image.state] || image.state}`;
      node.title = words;
      node.setAttribute('aria-label', words);
      node.lastChild.className = `dot ${image.state}`;
      node.style.transform = `translateX(${i * PITCH}px)`;
      const here = this.editor.image && image.id === this.editor.image.id;
      if (here) node.setAttribute('aria-current', 'true');
      else node.removeAttribute('aria-current');
      return node;
    }

    fresh(image) {
      const picture = dsb.make('img', {
        src: dsb.client.pixels(this.slug, image, 'thumb'), alt: '', draggable: false,
      });
      const node = dsb.make('button', { type: 'button', className: 'film-tile' }, picture, dsb.make('i', {}));
      node.dataset.image = image.id;
      return node;
    }

    click(event) {
      const tile = event.target.closest('[data-image]');
      if (!tile) return;
      const reason = this.editor.tool.unfinished();
      if (reason) this.editor.hint(reason);
      else this.editor.visit(this.slug, Number(tile.dataset.image));
    }

    wheel(event) {
      if (Math.abs(event.deltaY) <= Math.abs(event.deltaX)) return;
      event.preventDefault();
      this.scrollTo(this.left + event.deltaY);
    }
  }

  dsb.FilmPane = FilmPane;
})(window);
