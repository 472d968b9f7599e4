/** What the server would not take: with another label, once more, copied out, or given up. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /** @param {dsb.Editor} editor @returns {HTMLElement[]} one card for each reason */
  dsb.refusalCards = function (editor) {
    const byLabel = new Map();
    const byReason = new Map();
    for (const item of editor.model.stuck) {
      const { mine, reason } = item.stuck;
      const gone = mine && mine.label && !editor.labelOf(mine.label);
      const [map, key] = gone ? [byLabel, mine.label] : [byReason, reason];
      map.set(key, [...(map.get(key) || []), item]);
    }
    return [
      ...[...byLabel].map(([label, items]) => labelCard(editor, label, items)),
      ...[...byReason].map(([reason, items]) => reasonCard(editor, reason, items)),
      ...elsewhere(editor),
    ];
  };

  const count = (n) => (n === 1 ? '1 change' : `${n} changes`);

  /** A label that went while somebody drew with it. */
  function labelCard(editor, label, items) {
    const gone = editor.anyLabel(label);
    const heir = gone && editor.labelOf(gone.merged_into);
    const name = gone ? `“${gone.name}”` : `number ${label}`;
    const fate = heir ? `was merged into “${heir.name}”` : 'was removed';
    const waits = items.length === 1 ? 'Your change with it waits' : `Your ${items.length} changes with it wait`;
    const words = `The label ${name} ${fate} meanwhile. ${waits} here, not saved.`;
    const use = (id) => editor.resend(items, (state) => state && { ...state, label: id });
    const select = choiceOf(editor, heir);
    const buttons = [
      select,
      button('Use this label', () => use(Number(select.value)), 'button primary'),
      gone && !heir ? button(`Bring ${name} back`, () => bringBack(editor, gone, items)) : null,
      ...always(editor, items),
    ];
    return card(words, buttons);
  }

  function choiceOf(editor, heir) {
    const select = dsb.make('select', { 'aria-label': 'Label to use' });
    for (const { id, name } of editor.labels) select.append(dsb.make('option', { value: String(id) }, name));
    if (heir) select.value = String(heir.id);
    return select;
  }

  /** Into use again, then all that waited for it. */
  async function bringBack(editor, label, items) {
    const op = {
      op_id: dsb.uuid(), group_id: null, kind: 'change', payload: {},
      target: { type: 'label', key: label.uid, image: null }, base_version: label.version, tool: 'restore',
    };
    const body = { client: editor.queue.client, since: 0, operations: [op] };
    const answer = await dsb.client.projectOperations(editor.slug, body).catch(() => ({ status: 0, body: {} }));
    const [result] = answer.body.results || [];
    if (answer.status !== 200 || result.outcome !== 'accepted') {
      const reason = (result && result.reason) || answer.body.error || 'the server cannot be reached';
      editor.hint(`The label was not brought back: ${reason}`);
      return;
    }
    await editor.relearn();
    editor.resend(items.filter((item) => item.stuck));
  }

  function reasonCard(editor, reason, items) {
    const words = `${count(items.length)} not saved: ${reason}`;
    const again = button('Try again', () => editor.resend(items));
    return card(words, [again, ...always(editor, items)]);
  }

  /** Other images have some too. */
  function elsewhere(editor) {
    const others = editor.queue.journal.refused().filter((e) => e.slug === editor.slug && e.image !== editor.image.id);
    if (!others.length) return [];
    const go = button('Go there', () => editor.visit(editor.slug, others[0].image));
    return [card(`${count(others.length)} on other images not saved.`, [go])];
  }

  const always = (editor, items) => [
    button('Copy', () => copy(editor, items), 'button quiet'),
    button('Save as a file', () => save(editor, items), 'button quiet'),
    button('Give up', () => editor.giveUp(items), 'button quiet'),
  ];

  const textOf = ({ slug, image }, items) =>
    JSON.stringify(
      items.map(({ target, stuck }) => ({
        project: slug, image: image.name, target, wanted: stuck.mine, reason: stuck.reason, operations: stuck.ops,
      })),
      null, 2,
    );

  async function copy(editor, items) {
    try {
      await navigator.clipboard.writeText(textOf(editor, items));
      editor.hint('Copied');
    } catch {
      editor.hint('This browser does not let pages copy; save it as a file');
    }
  }

  function save(editor, items) {
    const href = URL.createObjectURL(new Blob([textOf(editor, items)], { type: 'application/json' }));
    dsb.make('a', { href, download: `not-saved-${editor.image.id}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  }

  function button(text, run, className = 'button') {
    const node = dsb.make('button', { type: 'button', className }, text);
    node.addEventListener('click', (event) => {
      event.stopPropagation();
      run();
    });
    return node;
  }

  const card = (words, buttons) =>
    dsb.make(
      'section', { className: 'settle-card refused', role: 'group', 'aria-label': words },
      dsb.make('p', {}, words), dsb.make('div', { className: 'row wrap' }, ...buttons),
    );
})(window);
