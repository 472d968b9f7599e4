/** The history of the image: who did what and when, the object as it was, and the way back. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const PAGE = 100;
  const KINDS = { add: 'added', change: 'changed', remove: 'removed' };
  const FIELDS = { geometry: 'shape', label: 'label', state: 'state', strokes: 'strokes', attributes: 'attributes' };

  class PastPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place */
    constructor(editor, place) {
      Object.assign(this, { editor, place });
      this.lines = [];
      this.more = false;
      this.moments = new Map();
      this.turn = 0;
      this.build();
      editor.on('past', () => this.toggle());
      editor.on('image', () => (place.hidden ? null : this.read()));
      editor.on('selection', () => this.only.checked && !place.hidden && this.read());
      editor.on('stored', dsb.soon(() => place.hidden || this.read()));
    }

    build() {
      const close = button('Close', () => this.toggle(), 'button quiet');
      this.who = dsb.make('select', { 'aria-label': 'Whose changes' });
      this.only = dsb.make('input', { type: 'checkbox' });
      this.list = dsb.make('div', { className: 'past-list', role: 'listbox', tabIndex: 0, 'aria-label': 'History of this image' });
      const here = dsb.make('label', { className: 'row' }, this.only, 'selected object only');
      this.place.replaceChildren(
        dsb.make('div', { className: 'row' }, dsb.make('h3', {}, 'History'), dsb.make('span', { className: 'grow' }), close),
        dsb.make('div', { className: 'row wrap past-filters' }, this.who, here),
        this.list,
        (this.foot = dsb.make('div', { className: 'row wrap past-ways' })),
      );
      for (const control of [this.who, this.only]) control.addEventListener('change', () => this.read());
      this.list.addEventListener('pointerover', (event) => this.look(lineAt(event)));
      this.list.addEventListener('click', (event) => this.choose(lineAt(event)));
      this.place.addEventListener('keydown', (event) => this.key(event));
      this.list.addEventListener('scroll', () => this.grow());
    }

    toggle() {
      const { place, editor } = this;
      place.hidden = !place.hidden;
      this.choose(null);
      if (place.hidden) {
        editor.shades = [];
        editor.redraw();
        editor.surface.focus({ preventScroll: true });
      } else {
        this.list.focus();
        editor.relearn();
        this.read();
      }
    }

    // --- reading --------------------------------------------------------------------------------

    async ask(before) {
      const { slug, image, selection } = this.editor;
      const query = { limit: PAGE };
      if (this.who.value) query.author = this.who.value;
      if (this.only.checked && selection) query.key = selection;
      if (before) query.before = before;
      const answer = await dsb.client.history(slug, image.id, query).catch(() => ({ status: 0 }));
      return answer.status === 200 ? answer.body.lines : null;
    }

    async read() {
      const turn = ++this.turn;
      const lines = this.editor.model ? await this.ask() : [];
      if (turn !== this.turn) return;
      this.moments.clear();
      this.lines = lines || [];
      this.more = this.lines.length === PAGE;
      this.fillPeople();
      this.draw(lines === null ? 'The history cannot be read; the server cannot be reached' : 'Nothing yet');
    }

    async grow() {
      const { list } = this;
      const last = this.lines[this.lines.length - 1];
      if (!this.more || list.scrollTop + list.clientHeight < list.scrollHeight - 200) return;
      this.more = false;
      const { turn } = this;
      const lines = (await this.ask(last.seq)) || [];
      if (turn !== this.turn) return;
      this.lines.push(...lines);
      this.more = lines.length === PAGE;
      this.list.append(...lines.map((line) => this.row(line)));
    }

    fillPeople() {
      const { who } = this;
      const kept = who.value;
      const known = new Set([...this.lines.map(({ author }) => author), kept].filter(Boolean));
      who.replaceChildren(
        dsb.make('option', { value: '' }, 'everybody'),
        ...[...known].sort().map((name) => dsb.make('option', { value: name }, name === 'local' ? 'me' : name)),
      );
      who.value = kept;
    }

    // --- painting -------------------------------------------------------------------------------

    draw(empty) {
      const rows = this.lines.map((line) => this.row(line));
      this.list.replaceChildren(...(rows.length ? rows : [dsb.make('p', { className: 'empty' }, empty)]));
      this.mark();
    }

    row(line) {
      const { editor } = this;
      const at = new Date(line.at);
      const swatch = dsb.make('i', { className: 'swatch' });
      swatch.style.background = line.about.label ? editor.color(line.about.label) : 'transparent';
      const time = dsb.make('time', { title: at.toLocaleString() }, shortTime(at));
      const node = dsb.make(
        'div', { className: 'past-row', role: 'option', tabIndex: -1, 'aria-selected': 'false' },
        swatch, dsb.make('span', { className: 'past-words' }, this.words(line)),
        dsb.make('span', { className: 'dim past-who' }, [line.author === 'local' ? '' : line.author, line.tool].filter(Boolean).join(' · ')), time,
      );
      node.line = line;
      return node;
    }

    words({ target, kind, about, fields }) {
      const { editor } = this;
      if (target.type === 'conflict') return `conflict settled: ${about.choice || ''}`;
      if (target.type === 'image_state') return `image is ${(about.state || '').replace('_', ' ')}`;
      if (target.type === 'batch') return `import into the project (${about.n} in all)`;
      if (target.type === 'split') return `split: ${about.split || 'none'}`;
      const label = about.label && (editor.anyLabel(about.label) || {}).name;
      const what = target.type === 'annotation' ? `${about.kind || 'object'}${label ? ` “${label}”` : ''}` : target.type;
      const known = fields.filter((name) => FIELDS[name]).map((name) => FIELDS[name]);
      const detail = kind === 'change' && known.length ? ` (${known.join(', ')})` : '';
      return `${what} ${KINDS[kind]}${detail}`;
    }

    // --- looking back ---------------------------------------------------------------------------

    /** The object as it was before and after a line. */
    async moment(line) {
      if (!this.moments.has(line.seq)) {
        const { slug, image } = this.editor;
        const answer = await dsb.client.moment(slug, image.id, line.seq).catch(() => ({ status: 0 }));
        if (answer.status !== 200) return null;
        this.moments.set(line.seq, answer.body);
      }
      return this.moments.get(line.seq);
    }

    async look(line) {
      if (!line || line === this.looked) return;
      this.looked = line;
      const found = line.target.type === 'annotation' ? await this.moment(line) : null;
      if (this.looked !== line || this.place.hidden) return;
      const { editor } = this;
      const state = found && dsb.model.stateFromWire('annotation', found.after || found.before);
      const word = found && !found.after ? 'removed' : 'as it was';
      editor.shades = state ? dsb.shade(editor, state, 'past', word) : [];
      const bounds = state && state.kind !== 'tag' && dsb.shapes.drawable(state).bounds;
      if (bounds) editor.view.reveal(bounds);
      editor.redraw();
    }

    choose(line) {
      this.chosen = line;
      this.mark();
      this.look(line);
      const buttons = line ? this.ways(line) : [];
      const all = line ? button('Whole image as it was then', () => this.restoreImage(line)) : null;
      const words = line ? null : dsb.make('span', { className: 'dim' }, 'Choose a line to look at it and to go back.');
      this.foot.replaceChildren(...[words, ...buttons, all].filter(Boolean));
    }

    ways(line) {
      if (line.target.type !== 'annotation' && line.target.type !== 'scribble') return [];
      const word = line.kind === 'remove' ? 'Bring it back' : 'Object as it was then';
      return [button(word, () => this.restoreObject(line), 'button primary')];
    }

    mark() {
      for (const node of this.list.querySelectorAll('.past-row')) {
        node.setAttribute('aria-selected', String(node.line === this.chosen));
      }
    }

    /** The object after this line; before it, where the line removed it. */
    async restoreObject(line) {
      const found = await this.moment(line);
      if (!found) return this.editor.hint('The history cannot be read just now');
      const { type, key } = line.target;
      const after = dsb.model.stateFromWire(type, line.kind === 'remove' ? found.before : found.after);
      this.bringBack([{ type, key, after }], found.tombs);
    }

    async restoreImage(line) {
      const { slug, image } = this.editor;
      const answer = await dsb.client.stateAt(slug, image.id, line.seq).catch(() => ({ status: 0 }));
      if (answer.status !== 200) return this.editor.hint('The history cannot be read just now');
      const wanted = answer.body.targets.map(({ target, state }) => ({
        type: target.type, key: target.key, after: dsb.model.stateFromWire(target.type, state),
      }));
      this.bringBack(wanted, answer.body.tombs);
    }

    /** New operations, one group, one step to undo. */
    bringBack(wanted, tombs) {
      const { editor } = this;
      editor.acquaint(tombs);
      const changed = editor.restore(wanted);
      editor.hint(changed ? 'Brought back; Ctrl+Z undoes it' : 'It is like that already');
    }

    // --- keys -----------------------------------------------------------------------------------

    key(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === 'Escape') this.toggle();
      else if (step && event.target.closest('.past-list')) this.walk(step);
      else if (event.key === 'Enter' && event.target.closest('.past-list') && this.chosen) {
        const first = this.foot.querySelector('button');
        if (first) first.click();
      } else if (event.key === 'Tab' || event.key === ' ' || event.key === 'Enter') {
        event.stopPropagation();
        return;
      } else return;
      event.preventDefault();
      event.stopPropagation();
    }

    walk(step) {
      const rows = [...this.list.querySelectorAll('.past-row')];
      const at = rows.findIndex((node) => node.line === this.chosen);
      const next = rows[dsb.geometry.clamp(at + step, 0, rows.length - 1)];
      if (!next) return;
      this.choose(next.line);
      next.scrollIntoView({ block: 'nearest' });
    }
  }

  /** The time today, else the day. */
  function shortTime(at) {
    const today = at.toDateString() === new Date().toDateString();
    const how = today ? { hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' };
    return today ? at.toLocaleTimeString([], how) : at.toLocaleDateString([], how);
  }

  const lineAt = (event) => {
    const row = event.target.closest('.past-row');
    return row ? row.line : null;
  };

  function button(text, run, className = 'button') {
    const node = dsb.make('button', { type: 'button', className }, text);
    node.addEventListener('click', run);
    return node;
  }

  dsb.PastPane = PastPane;
})(window);
