/**
 * What waits for an answer: conflicts, and what the server refused. Mine is drawn dashed, theirs
 * solid, both with the word beside it, so that nobody has to tell them apart by colour.
 *
 * @typedef {{item: dsb.Item, mine: object | null, theirs: object | null}} Side
 * @typedef {{opIds: string[], group: string | null, sides: Side[], listed?: boolean}} Waiting
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const CHOICES = [
    ['mine', 'Keep mine', 'm'],
    ['theirs', 'Take theirs', 't'],
    ['both', 'Keep both', 'b'],
  ];
  const STATES = { in_progress: 'in progress' };

  const pathOf = ({ kind, geometry }) => Boolean(kind && geometry && kind !== 'tag');
  const copied = ({ sides }) =>
    sides.some(({ item, mine, theirs }) => item.target.type === 'annotation' && mine && theirs);

  class SettlePane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place */
    constructor(editor, place) {
      Object.assign(this, { editor, place });
      /** @type {Waiting[]} */
      this.waiting = [];
      /** What was answered here: the store may not know yet. @type {Set<string>} */
      this.answered = new Set();
      this.faced = null;
      this.ask = dsb.soon(() => this.draw());
      editor.on('image', () => {
        this.waiting = [];
        this.draw();
      });
      editor.on('conflict', (conflict) => this.add(conflict));
      editor.on('disputes', (list) => this.take(list));
      editor.on('refused label', () => this.ask());
      editor.on('settle', () => this.enter());
      place.addEventListener('keydown', (event) => this.key(event));
      place.addEventListener('focusin', (event) => this.face(event));
    }

    get count() {
      return this.waiting.reduce((n, { opIds }) => n + opIds.length, 0);
    }

    /** Members of one group are answered together. */
    add(conflict) {
      const [{ item }] = conflict.sides;
      const same = this.waiting.find(
        (one) => (conflict.group && one.group === conflict.group) || one.sides.some((s) => s.item === item),
      );
      if (!same) this.waiting.push(conflict);
      else {
        const sides = same.sides.filter((s) => !conflict.sides.some((other) => other.item === s.item));
        same.sides = [...sides, ...conflict.sides];
        same.opIds = [...new Set([...same.opIds, ...conflict.opIds])];
      }
      this.draw();
    }

    /** What the store holds; what it has not heard of yet stays, what others answered goes. */
    take(list) {
      const open = list.filter(({ opIds }) => !opIds.every((id) => this.answered.has(id)));
      const told = new Set(open.flatMap(({ opIds }) => opIds));
      const own = this.waiting.filter((one) => !one.listed && !one.opIds.some((id) => told.has(id)));
      this.waiting = [...open.map((one) => ({ ...one, listed: true })), ...own];
      this.draw();
    }

    answer(conflicts, choice) {
      for (const conflict of conflicts) {
        for (const id of conflict.opIds) this.answered.add(id);
        this.editor.resolve(conflict, choice);
      }
      this.waiting = this.waiting.filter((one) => !conflicts.includes(one));
      this.draw();
      if (this.place.hidden) this.editor.surface.focus({ preventScroll: true });
      else this.enter();
    }

    // --- painting -------------------------------------------------------------------------------

    draw() {
      const { editor, place, waiting } = this;
      const refusals = editor.model ? dsb.refusalCards(editor) : [];
      const all = waiting.length > 1 ? [this.forAll()] : [];
      place.hidden = !waiting.length && !refusals.length;
      place.replaceChildren(...all, ...waiting.map((one) => this.card(one)), ...refusals);
      this.overlay();
      editor.emit('waiting', waiting.length);
    }

    forAll() {
      const more = this.editor.counted > this.count ? ', and more after them' : '';
      const words = `${this.waiting.length} conflicts${more}`;
      const button = (choice, text) =>
        this.button(text, () => this.answer([...this.waiting], choice));
      return dsb.make(
        'div', { className: 'settle-all' }, dsb.make('b', {}, words),
        button('mine', 'All mine'), button('theirs', 'All theirs'),
      );
    }

    card(conflict) {
      const card = dsb.make('section', { className: 'settle-card', role: 'group' });
      const words = sentence(this.editor, conflict);
      const legend = conflict.sides.some((side) => pathOf(side.mine || {}) || pathOf(side.theirs || {}));
      card.append(dsb.make('p', {}, words));
      if (legend) card.append(legendOf(conflict));
      const choices = CHOICES.filter(([choice]) => choice !== 'both' || copied(conflict));
      const row = dsb.make('div', { className: 'row wrap' });
      for (const [choice, text, key] of choices) {
        const button = this.button(text, () => this.answer([conflict], choice), key);
        button.dataset.choice = choice;
        row.append(button);
      }
      card.append(row);
      card.setAttribute('aria-label', words);
      card.conflict = conflict;
      return card;
    }

    button(text, run, key = null) {
      const kbd = key ? dsb.make('kbd', {}, key.toUpperCase()) : null;
      const node = dsb.make('button', { type: 'button', className: 'button' }, `${text} `, kbd);
      node.addEventListener('click', (event) => {
        event.stopPropagation();
        run();
      });
      return node;
    }

    /** Both sides of every conflict over the image. */
    overlay() {
      const { editor } = this;
      editor.ghosts = this.waiting.flatMap((conflict) =>
        conflict.sides.flatMap((side) => [
          ...dsb.shade(editor, side.theirs, 'theirs', 'theirs'),
          ...dsb.shade(editor, side.mine, 'mine', 'mine'),
        ]),
      );
      editor.redraw();
    }

    // --- keys -----------------------------------------------------------------------------------

    /** The first question, by keyboard. */
    enter() {
      const first = this.place.querySelector('.settle-card button, .settle-card select');
      if (first) first.focus();
      else this.editor.hint('Nothing waits for an answer on this image');
    }

    key(event) {
      const card = event.target.closest('.settle-card');
      const typed = event.target.closest('select, input');
      if (event.key === 'Escape') this.editor.surface.focus({ preventScroll: true });
      else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        if (typed) return;
        this.walk(card, event.key === 'ArrowDown' ? 1 : -1);
      } else {
        const choice = card && !typed && CHOICES.find(([, , key]) => key === event.key.toLowerCase());
        const button = choice && card.querySelector(`[data-choice="${choice[0]}"]`);
        if (!button) return;
        button.click();
      }
      event.preventDefault();
      event.stopPropagation();
    }

    walk(card, step) {
      const cards = [...this.place.querySelectorAll('.settle-card')];
      const next = cards[cards.indexOf(card) + step];
      if (next) next.querySelector('button, select').focus();
    }

    /** Look where the question is. */
    face(event) {
      const card = event.target.closest('.settle-card');
      const conflict = card && card.conflict;
      if (!conflict || conflict === this.faced) return;
      this.faced = conflict;
      const state = conflict.sides.map(({ mine, theirs }) => theirs || mine).find((one) => one && pathOf(one));
      const bounds = state && dsb.shapes.drawable(state).bounds;
      if (bounds) this.editor.view.reveal(bounds);
    }
  }

  /** A state as it is drawn over the image, with a word beside it. */
  dsb.shade = function (editor, state, look, text) {
    if (!state || !pathOf(state)) return [];
    const outline = state.kind === 'mask' ? dsb.shapes.outlineOf(state) : null;
    const color = editor.color(state.label);
    const { bounds } = dsb.shapes.drawable(state);
    return [
      { is: 'shape', kind: state.kind, geometry: state.geometry, outline, color, look },
      { is: 'note', point: [bounds[0], look === 'mine' ? bounds[1] : bounds[3]], text, look },
    ];
  };

  function legendOf({ sides }) {
    const parts = [];
    if (sides.some(({ mine }) => mine)) parts.push(dsb.make('span', { className: 'legend mine' }, 'mine'));
    if (sides.some(({ theirs }) => theirs)) parts.push(dsb.make('span', { className: 'legend theirs' }, 'theirs'));
    return dsb.make('div', { className: 'legends' }, ...parts);
  }

  function sentence(editor, { sides }) {
    if (sides.length > 1) {
      return `A step of yours on ${sides.length} objects met a change by somebody else. Nothing of it was done.`;
    }
    const [{ item, mine, theirs }] = sides;
    const { type } = item.target;
    if (type === 'image_state') return stateSentence(mine, theirs);
    if (type === 'scribble') return 'You and somebody else changed the strokes of one scribble.';
    const state = mine || theirs;
    const what = state ? `${state.kind} “${editor.labelName(state.label)}”` : 'object';
    if (!mine && !theirs) return `You and somebody else removed an ${what}.`;
    if (!mine) return `You removed this ${what}, somebody else changed it.`;
    if (!theirs) return `You changed this ${what}, somebody else removed it.`;
    return `You and somebody else changed this ${what}.`;
  }

  function stateSentence(mine, theirs) {
    const name = (state) => (state ? STATES[state.state] || state.state : 'gone');
    return `You set this image to “${name(mine)}”, somebody else to “${name(theirs)}”.`;
  }

  dsb.SettlePane = SettlePane;
})(window);
