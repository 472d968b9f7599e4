/** Hints over the stage that go by themselves, and the overlay of the keys. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const READING_TIME = 6000;

  class NoticePane {
    /** @param {dsb.Editor} editor @param {HTMLElement} hint */
    constructor(editor, hint) {
      Object.assign(this, { editor, hintNode: hint });
      this.timer = 0;
      editor.on('hint', (text) => this.hint(text));
    }

    hint(text) {
      clearTimeout(this.timer);
      this.hintNode.textContent = text;
      this.hintNode.hidden = !text;
      if (text) this.timer = setTimeout(() => this.editor.hint(''), READING_TIME);
    }
  }

  /** The overlay behind `?`: every key, from the table that runs them. */
  function keysPane(editor, node) {
    const groups = new Map();
    for (const { group, show, text } of dsb.keys.BINDINGS) {
      if (!group) continue;
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(
        dsb.make('div', { className: 'key-row' }, dsb.make('kbd', {}, show), dsb.make('span', {}, text)),
      );
    }
    const close = dsb.make('button', { type: 'button', className: 'button quiet', title: 'Close' }, 'Close');
    const toggle = () => {
      node.hidden = !node.hidden;
      if (!node.hidden) close.focus();
      else editor.surface.focus({ preventScroll: true });
    };
    const columns = [...groups].map(([name, rows]) =>
      dsb.make('section', {}, dsb.make('h3', {}, name), ...rows),
    );
    node.replaceChildren(dsb.make('h2', {}, 'Keys'), close, dsb.make('div', { className: 'key-columns' }, ...columns));
    close.addEventListener('click', toggle);
    node.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      toggle();
    });
    editor.on('help', toggle);
  }

  dsb.NoticePane = NoticePane;
  dsb.keysPane = keysPane;
})(window);
