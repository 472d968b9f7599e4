/** Sentences over the stage: hints that go by themselves, conflicts and refusals that stay. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const READING_TIME = 6000;
  // The author of everything in a workspace without accounts.
  const ALONE = 'local';

  class NoticePane {
    /** @param {dsb.Editor} editor @param {HTMLElement} hint @param {HTMLElement} notices */
    constructor(editor, hint, notices) {
      Object.assign(this, { editor, hintNode: hint, notices });
      this.timer = 0;
      editor.on('hint', (text) => this.hint(text));
      editor.on('conflict', (conflict) => this.conflict(conflict));
      editor.on('refused', (item, reason) => this.refused(item, reason));
      editor.on('image', () => notices.replaceChildren());
    }

    hint(text) {
      clearTimeout(this.timer);
      this.hintNode.textContent = text;
      this.hintNode.hidden = !text;
      if (text) this.timer = setTimeout(() => this.editor.hint(''), READING_TIME);
    }

    conflict(conflict) {
      const { editor } = this;
      const { item, mine, theirs } = conflict;
      const { author } = item.meta;
      const who = !author || author === ALONE ? 'Another window' : author;
      const words = theirs
        ? `${who} changed this object meanwhile. Theirs is shown${mine ? ', yours is dashed' : ', you had removed it'}.`
        : `${who} removed this object meanwhile. Yours is dashed.`;
      if (mine && mine.kind && mine.kind !== 'tag') editor.ghosts.push(ghostOf(editor, mine));
      const choices = [
        ['Keep mine', 'mine'],
        ['Take theirs', 'theirs'],
        ...(mine && theirs ? [['Keep both', 'both']] : []),
      ];
      this.add(words, choices.map(([text, choice]) => [text, () => editor.resolve(conflict, choice)]));
      editor.redraw();
    }

    refused(item, reason) {
      const what = item.target.type === 'annotation' ? 'This object' : 'This change';
      this.add(`${what} was not saved: ${reason}`, [['Understood', () => {}]]);
    }

    add(words, choices) {
      const box = dsb.make('div', { className: 'notice-box', role: 'alert' }, dsb.make('p', {}, words));
      for (const [text, run] of choices) {
        const button = dsb.make('button', { type: 'button', className: 'button' }, text);
        button.addEventListener('click', () => {
          box.remove();
          run();
        });
        box.append(button);
      }
      this.notices.append(box);
    }
  }

  function ghostOf(editor, state) {
    const outline = state.kind === 'mask' ? dsb.shapes.outlineOf(state) : null;
    const color = editor.color(state.label);
    return { is: 'shape', kind: state.kind, geometry: state.geometry, outline, color, look: 'ghost' };
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
