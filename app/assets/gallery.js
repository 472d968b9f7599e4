/* The gallery: only the tiles in sight exist; images come page by page by id (keyset). */
(function (dsb) {
  'use strict';
  const PAGE = 200;
  const TILE = { width: 176, height: 166, gap: 12, margin: 16 };
  const STATES = {
    new: 'new',
    in_progress: 'in progress',
    done: 'done',
    accepted: 'accepted',
    rejected: 'rejected',
    skipped: 'skipped',
  };

  dsb.whenPresent('#gallery', (root, signal) => new Gallery(root, signal).open());

  function badgeOf(n) {
    const words = n === 1 ? '1 conflict waits for an answer' : `${n} conflicts wait for an answer`;
    return dsb.make('span', { className: 'in-conflict', title: words, 'aria-label': words }, `! ${n}`);
  }

  class Gallery {
    constructor(root, signal) {
      this.root = root;
      this.signal = signal;
      this.api = `/api/v1/projects/${root.dataset.slug}`;
      this.sheet = dsb.make('div', { className: 'sheet' });
      this.tiles = new Map();
      this.filter = new URLSearchParams(location.search);
      root.replaceChildren(this.sheet);
    }

    async open() {
      try {
        this.about = await dsb.ask(this.api);
      } catch (error) {
        this.fail(error);
        return;
      }
      this.buildFilters();
      await this.reload();
      const paint = () => requestAnimationFrame(() => this.paint());
      this.root.addEventListener('scroll', paint, { signal: this.signal, passive: true });
      const resized = new ResizeObserver(paint);
      resized.observe(this.root);
      this.signal.addEventListener('abort', () => resized.disconnect());
    }

    fail(error) {
      this.sheet.replaceChildren(dsb.make('p', { className: 'empty' }, error.message));
    }

    buildFilters() {
      const { project, labels } = this.about;
      const states = Object.entries(STATES)
        .filter(([key]) => project.states[key])
        .map(([key, words]) => [key, `${words} (${project.states[key].toLocaleString('en')})`]);
      const classes = labels.map((label) => [
        String(label.id),
        `${label.name} (${label.count.toLocaleString('en')})`,
      ]);
      const bar = document.getElementById('gallery-filters');
      bar.replaceChildren(
        this.choice('state', 'every state', states),
        this.choice('label', 'every label', classes),
        this.pick(),
        (this.counter = dsb.make('span', { className: 'dim', role: 'status' })),
      );
    }

    /** The images of a chart or a table, until their mark is taken away. */
    pick() {
      if (!this.filter.get('pick')) return '';
      const words = 'Chosen on the Explore page';
      const mark = dsb.make('button', { type: 'button', className: 'button', title: 'Show all images' }, `${words} ×`);
      mark.addEventListener('click', () => {
        this.narrow('pick', '');
        mark.remove();
      });
      return mark;
    }

    narrow(name, value) {
      if (value) this.filter.set(name, value);
      else this.filter.delete(name);
      const query = this.filter.toString();
      history.replaceState(history.state, '', location.pathname + (query ? `?${query}` : ''));
      this.reload();
    }

    choice(name, all, options) {
      const select = dsb.make('select', { 'aria-label': `Show ${all}` });
      for (const [value, words] of [['', all], ...options]) {
        select.append(dsb.make('option', { value }, words));
      }
      select.value = this.filter.get(name) || '';
      select.addEventListener('change', () => this.narrow(name, select.value));
      return select;
    }

    async reload() {
      this.images = [];
      this.next = 0;
      this.root.scrollTop = 0;
      this.tiles.clear();
      this.sheet.replaceChildren();
      await this.more();
    }

    /** The next page of images, if there is one; one request at a time. */
    async more() {
      if (this.loading || this.next === null) return;
      this.loading = true;
      const query = new URLSearchParams(this.filter);
      query.set('after', this.next);
      query.set('limit', PAGE);
      try {
        const page = await dsb.ask(`${this.api}/images?${query}`, { signal: this.signal });
        this.images.push(...page.images);
        this.next = page.next;
      } catch (error) {
        this.next = null;
        if (!this.signal.aborted) this.fail(error);
        return;
      } finally {
        this.loading = false;
      }
      this.paint();
    }

    paint() {
      if (this.signal.aborted) return;
      const { width, height, gap, margin } = TILE;
      const inner = this.root.clientWidth - 2 * margin + gap;
      const columns = Math.max(1, Math.floor(inner / (width + gap)));
      const rows = Math.ceil(this.images.length / columns);
      const step = height + gap;
      this.sheet.style.height = `${rows * step + 2 * margin}px`;
      const first = Math.max(0, Math.floor((this.root.scrollTop - margin) / step) - 2) * columns;
      const last = Math.ceil((this.root.scrollTop + this.root.clientHeight) / step + 2) * columns;
      this.place(first, Math.min(last, this.images.length), columns, step);
      this.count();
      if (last >= this.images.length) this.more();
    }

    place(first, last, columns, step) {
      for (const [index, tile] of this.tiles) {
        if (index < first || index >= last) {
          tile.remove();
          this.tiles.delete(index);
        }
      }
      for (let index = first; index < last; index += 1) {
        if (!this.tiles.has(index)) this.tiles.set(index, this.tile(this.images[index]));
        const tile = this.tiles.get(index);
        tile.style.left = `${TILE.margin + (index % columns) * (TILE.width + TILE.gap)}px`;
        tile.style.top = `${TILE.margin + Math.floor(index / columns) * step}px`;
        if (!tile.isConnected) this.sheet.append(tile);
      }
    }

    tile(image) {
      const { slug } = this.root.dataset;
      const words = STATES[image.state];
      const shapes = image.n_annotations;
      const tile = dsb.make(
        'a',
        {
          className: 'tile',
          href: `/p/${slug}/annotate/${image.id}`,
          title: `${image.name} · ${image.width} × ${image.height} · ${words} · ${shapes} annotations`,
        },
        dsb.make('img', {
          src: `${this.api}/images/${image.id}/pixels/thumb?v=${image.sha256.slice(0, 12)}`,
          alt: image.name,
          loading: 'lazy',
        }),
        dsb.make(
          'span',
          { className: 'caption' },
          dsb.make('i', { className: `dot ${image.state}`, role: 'img', 'aria-label': words }),
          dsb.make('span', { className: 'name' }, image.name.split('/').pop()),
          dsb.make('span', { className: 'dim' }, shapes ? String(shapes) : ''),
        ),
      );
      if (image.conflicts) tile.append(badgeOf(image.conflicts));
      tile.style.width = `${TILE.width}px`;
      tile.style.height = `${TILE.height}px`;
      return tile;
    }

    count() {
      const shown = this.images.length.toLocaleString('en');
      const all = this.about.project.n_images.toLocaleString('en');
      const more = this.next === null ? '' : '+';
      this.counter.textContent = `${shown}${more} of ${all} images`;
      if (!this.images.length && this.next === null) {
        const words = this.filter.toString()
          ? 'No image matches. Choose "every state" and "every label" to see all.'
          : 'No images yet. Add some with the button above.';
        this.sheet.replaceChildren(dsb.make('p', { className: 'empty' }, words));
      }
    }
  }
})(window.dsb);
