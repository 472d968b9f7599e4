/* Groups of images that are the same or look alike: drop one, or keep it again. */
(function (dsb) {
  'use strict';
  const make = dsb.make;
  const ALIKE = { true: 'The same file', false: 'Look alike' };

  dsb.whenPresent('#duplicates', (root, signal) => new Duplicates(root, signal).open());

  class Duplicates {
    constructor(root, signal) {
      this.root = root;
      this.signal = signal;
      this.slug = root.dataset.slug;
      this.may = dsb.explore.mayAnnotate(root);
      this.api = `/api/v1/projects/${this.slug}`;
    }

    async open() {
      try {
        const { groups, n } = await dsb.ask(`${this.api}/duplicates`, { signal: this.signal });
        const words = n ? `${n.toLocaleString('en')} ${n === 1 ? 'group' : 'groups'}` : 'No image is there twice, and no two look alike.';
        const more = n > groups.length ? `, the first ${groups.length} shown` : '';
        this.root.replaceChildren(make('p', { role: 'status' }, words + more), ...groups.map((group) => this.group(group)));
      } catch (error) {
        if (!this.signal.aborted) this.root.replaceChildren(make('div', { className: 'notice bad' }, error.message));
      }
    }

    group({ exact, images }) {
      const others = make('button', { type: 'button', className: 'button' }, 'Keep the first, drop the others');
      const cards = images.map((image) => new Card(this, image, images));
      others.addEventListener('click', () => cards.slice(1).forEach((card) => card.image.state !== 'skipped' && card.drop()));
      const head = make('div', { className: 'row' }, make('h2', { className: 'grow' }, ALIKE[exact]), this.may ? others : '');
      const row = make('div', { className: 'duplicate-row' }, ...cards.map((card) => card.node));
      return make('section', { className: 'card' }, head, row);
    }
  }

  class Card {
    constructor(page, image, group) {
      Object.assign(this, { page, image, group, node: make('div', { className: 'duplicate' }) });
      this.paint();
    }

    paint(problem = '') {
      const { image, page } = this;
      const dropped = image.state === 'skipped';
      const button = make('button', { type: 'button', className: 'button' }, dropped ? 'Keep' : 'Drop');
      button.addEventListener('click', () => (dropped ? this.keep() : this.drop()));
      const name = image.name.split('/').pop();
      const said = `${image.width} × ${image.height} · ${image.n_annotations} annotations${dropped ? ' · skipped' : ''}`;
      this.node.classList.toggle('dropped', dropped);
      this.node.replaceChildren(
        make('a', { href: `/p/${page.slug}/annotate/${image.id}`, title: image.name },
          make('img', { src: `${page.api}/images/${image.id}/pixels/thumb?v=${image.sha256.slice(0, 12)}`, alt: image.name, loading: 'lazy' })),
        make('b', {}, name),
        make('span', { className: 'dim' }, said),
        page.may ? button : '',
        problem ? make('span', { className: 'bad' }, problem) : '',
      );
    }

    drop() {
      const kept = this.group.find((other) => other.id !== this.image.id && other.state !== 'skipped');
      if (!kept) return this.paint('One of them has to stay.');
      this.before = this.image.state;
      return this.change('skipped', `duplicate of ${kept.name}`);
    }

    keep() {
      return this.change(this.before || (this.image.n_annotations ? 'in_progress' : 'new'), '');
    }

    async change(state, comment) {
      const { image, page } = this;
      const operation = {
        op_id: dsb.uuid(), kind: 'change', target: { type: 'image_state', key: String(image.id), image: image.id },
        payload: { state, comment }, base_version: image.version, tool: 'duplicates',
      };
      const body = { client: 'duplicates', since: 0, operations: [operation] };
      try {
        const { results: [result] } = await dsb.ask(`${page.api}/images/${image.id}/operations`, { method: 'POST', json: body });
        if (result.outcome !== 'accepted') throw new Error(result.reason || 'Somebody changed it just now; reload the page.');
        Object.assign(image, { state, version: result.version });
        this.paint();
      } catch (error) {
        this.paint(error.message);
      }
    }
  }
})(window.dsb);
