/** The labels: current one, how many objects of it, and whether the whole image carries it. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  class LabelsPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place */
    constructor(editor, place) {
      Object.assign(this, { editor, place });
      this.ask = dsb.soon(() => this.draw());
      /** @type {object[] | null} the labels that have rows */
      this.labels = null;
      this.rows = [];
      editor.on('image objects label', () => this.ask());
      place.addEventListener('click', (event) => this.click(event));
    }

    click(event) {
      const { editor } = this;
      const row = event.target.closest('[data-label]');
      if (!row || !editor.model) return;
      const id = Number(row.dataset.label);
      if (event.target.closest('.tag-toggle')) editor.toggleTag(id);
      else editor.chooseLabel(id);
    }

    draw() {
      const { editor } = this;
      if (!dsb.model.equal(editor.labels, this.labels)) this.build();
      const { counts, tagged } = counted(editor.model);
      editor.labels.forEach((label, i) => {
        const row = this.rows[i];
        const [name, tag] = row.children;
        row.classList.toggle('on', label.id === editor.label);
        name.setAttribute('aria-pressed', String(label.id === editor.label));
        tag.setAttribute('aria-pressed', String(tagged.has(label.id)));
        name.lastChild.textContent = String(counts.get(label.id) || 0);
      });
    }

    build() {
      const { editor, place } = this;
      this.labels = editor.labels;
      this.rows = editor.labels.map(rowOf);
      if (this.rows.length || !editor.image) place.replaceChildren(...this.rows);
      else {
        const href = `/p/${encodeURIComponent(editor.slug)}/settings`;
        const link = dsb.make('a', { href, className: 'link' }, 'Add labels');
        place.replaceChildren(dsb.make('p', { className: 'empty' }, 'No labels yet. ', link));
      }
    }
  }

  /** Objects of each label; classes of the whole image apart. */
  function counted(model) {
    const counts = new Map();
    const tagged = new Set();
    for (const { state } of model ? model.annotations : []) {
      if (state.kind === 'tag') tagged.add(state.label);
      else counts.set(state.label, (counts.get(state.label) || 0) + 1);
    }
    return { counts, tagged };
  }

  function rowOf(label, i) {
    const swatch = dsb.make('i', { className: 'swatch' });
    swatch.style.background = label.color;
    const digit = i < 9 ? dsb.make('kbd', {}, String(i + 1)) : dsb.make('span', { className: 'no-key' });
    const name = dsb.make(
      'button',
      { type: 'button', className: 'label-name', title: label.guidance ? `${label.name}: ${label.guidance}` : label.name },
      swatch,
      dsb.make('b', {}, label.name),
      dsb.make('em', {}, ''),
    );
    const words = `The whole image is ${label.name}`;
    const tag = dsb.make(
      'button',
      { type: 'button', className: 'tag-toggle', title: words, 'aria-label': words },
      dsb.make('i', { className: 'icon icon-tag' }),
    );
    const row = dsb.make('div', { className: 'label-row' }, name, tag, digit);
    if (label.guidance) name.classList.add('explained');
    row.dataset.label = label.id;
    return row;
  }

  dsb.LabelsPane = LabelsPane;
})(window);
