/* The table of all objects: rows open their object, filters narrow what is saved and shown. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const explore = (dsb.explore = dsb.explore || {});

  /**
   * How old a table is, in words.
   * @param {{seq: number, n: number}|null} table @param {number} seq the event the project is at
   * @param {string} noun what a row of it is
   */
  explore.ageInWords = function (table, seq, noun = 'object') {
    if (!table) return 'Not there yet.';
    const rows = `${table.n.toLocaleString('en')} ${noun}${table.n === 1 ? '' : 's'}`;
    const late = seq - table.seq;
    if (!late) return `${rows}, up to date`;
    return `${rows}; ${late.toLocaleString('en')} ${late === 1 ? 'change' : 'changes'} since`;
  };

  /** The query by which a file or a pick is narrowed as the grid is. */
  explore.queryOf = function (filter, columns) {
    const query = new URLSearchParams();
    if (filter && Object.keys(filter).length) query.set('filter', JSON.stringify(filter));
    const sorted = (columns || []).filter((column) => column.sort);
    sorted.sort((one, other) => (one.sortIndex || 0) - (other.sortIndex || 0));
    const sort = sorted.map((column) => ({ colId: column.colId, sort: column.sort }));
    if (sort.length) query.set('sort', JSON.stringify(sort));
    return query;
  };

  /** Where the object of a row is looked at. */
  explore.placeOf = function (slug, row) {
    return `/p/${slug}/annotate/${row.image_id}?object=${encodeURIComponent(row.uid)}`;
  };

  if (typeof module !== 'undefined') module.exports = explore;
  if (!dsb.whenPresent) return;

  dsb.whenPresent('.explore-grid', (element, signal) => new ObjectTable(element, signal).open());

  class ObjectTable {
    constructor(element, signal) {
      this.signal = signal;
      this.slug = element.closest('.explore-page').dataset.slug;
      this.bar = document.getElementById('explore-bar');
      this.count = document.getElementById('explore-count');
    }

    async open() {
      this.api = await root.dash_ag_grid.getApiAsync('explore-grid');
      if (this.signal.aborted) return;
      const open = (event) => event.data && root.location.assign(explore.placeOf(this.slug, event.data));
      this.api.addEventListener('rowDoubleClicked', open);
      this.api.addEventListener('cellKeyDown', (event) => event.event.key === 'Enter' && open(event));
      this.api.addEventListener('modelUpdated', () => this.told());
      this.bar.addEventListener('click', (event) => this.clicked(event), { signal: this.signal });
    }

    told() {
      const rows = this.api.getDisplayedRowCount();
      const narrowed = Object.keys(this.api.getFilterModel()).length > 0;
      this.count.textContent = narrowed ? `${rows.toLocaleString('en')} pass the filters` : 'Double-click or Enter opens an object';
    }

    clicked(event) {
      const button = event.target.closest('button');
      if (!button) return;
      const filter = this.api.getFilterModel();
      if (button.dataset.save) {
        const query = explore.queryOf(filter, this.api.getColumnState());
        root.location.assign(`/api/v1/projects/${this.slug}/objects.${button.dataset.save}?${query}`);
      } else if (button.dataset.action === 'pick') {
        explore.pick(this.slug, { filter });
      }
    }
  }

  /** Whether the reader may measure, choose images and drop them, as the frame around `element` says. */
  explore.mayAnnotate = (element) => element.closest('.explore-page').dataset.annotator === 'yes';

  /** Show images in the gallery: `{images: [ids]}` or `{filter: model}`. */
  explore.pick = async function (slug, chosen) {
    try {
      const { address } = await dsb.ask(`/api/v1/projects/${slug}/picks`, { method: 'POST', json: chosen });
      root.location.assign(address);
    } catch (error) {
      const words = dsb.make('div', { className: 'notice bad' }, error.message);
      document.getElementById('explore-notice').replaceChildren(words);
    }
  };
})(typeof window !== 'undefined' ? window : globalThis);
