/** The labels: current one, how many objects of it, and whether the whole image carries it. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /** @param {dsb.Editor} editor @param {HTMLElement} place */
  function labelsPane(editor, place) {
    let frame = 0;
    const ask = () => {
      frame = frame || requestAnimationFrame(() => {
        frame = 0;
        draw(editor, place);
      });
    };
    place.addEventListener('click', (event) => {
      const row = event.target.closest('[data-label]');
      if (!row || !editor.model) return;
      const id = Number(row.dataset.label);
      if (event.target.closest('.tag-toggle')) editor.toggleTag(id);
      else editor.chooseLabel(id);
      ask();
    });
    return editor.on('image objects label', ask);
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

  function draw(editor, place) {
    const { counts, tagged } = counted(editor.model);
    const rows = editor.labels.map((label, i) =>
      rowOf(label, i, {
        count: counts.get(label.id) || 0,
        current: label.id === editor.label,
        tagged: tagged.has(label.id),
      }),
    );
    const empty = dsb.make('p', { className: 'empty' }, 'No labels yet. ', settingsLink(editor));
    place.replaceChildren(...(rows.length || !editor.image ? rows : [empty]));
  }

  const settingsLink = (editor) =>
    dsb.make('a', { href: `/p/${encodeURIComponent(editor.slug)}/settings`, className: 'link' }, 'Add labels');

  function rowOf(label, i, { count, current, tagged }) {
    const swatch = dsb.make('i', { className: 'swatch' });
    swatch.style.background = label.color;
    const digit = i < 9 ? dsb.make('kbd', {}, String(i + 1)) : dsb.make('span', { className: 'no-key' });
    const name = dsb.make(
      'button',
      { type: 'button', className: 'label-name', 'aria-pressed': String(current), title: label.name },
      swatch,
      dsb.make('b', {}, label.name),
      dsb.make('em', {}, String(count)),
    );
    const words = `The whole image is ${label.name}`;
    const tag = dsb.make(
      'button',
      { type: 'button', className: 'tag-toggle', title: words, 'aria-label': words, 'aria-pressed': String(tagged) },
      dsb.make('i', { className: 'icon icon-tag' }),
    );
    const row = dsb.make('div', { className: current ? 'label-row on' : 'label-row' }, name, tag, digit);
    row.dataset.label = label.id;
    return row;
  }

  dsb.labelsPane = labelsPane;
})(window);
