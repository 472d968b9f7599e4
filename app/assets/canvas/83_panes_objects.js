/** The objects of the image as a list; only the rows in sight exist. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const HEIGHT = 28;
  const number = new Intl.NumberFormat('en');

  /** What a row says of an annotation. */
  function describe(editor, item) {
    const { key, state, meta, stuck } = item;
    const area = meta.area === null || meta.area === undefined ? dsb.shapes.areaOf(state) : meta.area;
    const tool = state.source && state.source !== 'person' ? ` · ${state.source.split(':')[0]}` : '';
    return {
      uid: key,
      color: editor.colorOf(item),
      name: editor.labelName(state.label),
      status: dsb.colors.STATUSES[dsb.colors.statusOf(item, editor.isLocked(key))].words,
      kind: `${stuck ? 'not saved · ' : ''}${dsb.kinds.words(state.kind)}${state.kind === 'tag' ? '' : tool}`,
      area,
      author: meta.author || '',
      tag: state.kind === 'tag',
      flat: state.kind === 'tag' || dsb.kinds.isOpen(state.kind),
    };
  }

  /**
   * Every word must be found; `>500` and `<500` ask for the size in pixels.
   * @param {string} text
   * @returns {(row: object) => boolean}
   */
  function filterOf(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return (row) => words.every((word) => matches(row, word));
  }

  function matches(row, word) {
    const size = /^([<>])(\d+)$/.exec(word);
    if (size) return size[1] === '>' ? row.area > Number(size[2]) : row.area < Number(size[2]);
    return `${row.name} ${row.kind} ${row.author} ${row.status}`.toLowerCase().includes(word);
  }

  class ObjectsPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place @param {HTMLElement} count */
    constructor(editor, place, count) {
      Object.assign(this, { editor, count });
      /** @type {object[]} items, described once they are in sight, and perhaps a proposal */
      this.rows = [];
      /** The same rows, marked otherwise; other rows when `stale`. */
      this.ask = dsb.soon(() => {
        this.draw();
      });
      /** @type {Map<string, {words: string, node: HTMLElement}>} the rows that are on the page */
      this.shown = new Map();
      this.top = 0;
      this.height = 0;
      this.filter = dsb.make('input', {
        className: 'filter', type: 'search', placeholder: 'filter: label, kind, author, >500',
        'aria-label': 'Filter the objects',
      });
      this.list = dsb.make('div', {
        className: 'object-list', tabIndex: 0, role: 'listbox', 'aria-label': 'Objects',
      });
      this.sheet = dsb.make('div', { className: 'object-sheet' });
      this.list.append(this.sheet);
      place.replaceChildren(this.filter, this.list);
      editor.listed = () => {
        this.collect();
        return this.rows.filter((row) => !row.preview).map(({ key }) => key);
      };
      this.listen();
    }

    listen() {
      const { editor, list, filter } = this;
      editor.on('image objects', () => this.refresh());
      editor.on('selection pointed', () => this.ask());
      editor.on('selection', () => this.reveal());
      filter.addEventListener('input', () => this.refresh());
      filter.addEventListener('keydown', (event) => {
        if (event.key === 'Escape') filter.value = '';
        if (event.key === 'Escape' || event.key === 'Enter') list.focus();
        this.refresh();
      });
      list.addEventListener('scroll', () => {
        this.top = list.scrollTop;
        this.draw();
      });
      list.addEventListener('click', (event) => this.click(event));
      list.addEventListener('keydown', (event) => this.key(event));
      list.addEventListener('pointerover', (event) => editor.point(uidOf(event)));
      list.addEventListener('pointerleave', () => editor.point(null));
      new ResizeObserver(() => {
        this.height = list.clientHeight;
        this.draw();
      }).observe(list);
    }

    /** Other rows. */
    refresh() {
      this.stale = true;
      this.ask();
    }

    /** Newest first, a proposal on top. */
    collect() {
      const { editor } = this;
      this.stale = false;
      const all = editor.model ? editor.model.annotations : [];
      const wanted = filterOf(this.filter.value);
      const filtered = Boolean(this.filter.value.trim());
      this.rows = all.filter((item) => !filtered || wanted(describe(editor, item))).reverse();
      const proposal = editor.model && this.proposal();
      if (proposal) this.rows.unshift(proposal);
      const shown = this.rows.length - (proposal ? 1 : 0);
      this.count.textContent = shown === all.length ? String(all.length) : `${shown} of ${all.length}`;
    }

    proposal() {
      const { editor } = this;
      const { state, proposal } = editor.tool;
      if (!proposal || !state) return null;
      return {
        uid: null, color: editor.color(state.label), name: editor.labelName(state.label),
        kind: `${editor.toolName} · preview`, area: proposal.area, preview: true,
      };
    }

    draw() {
      if (this.stale) this.collect();
      const { rows, top, height } = this;
      const first = Math.max(0, Math.floor(top / HEIGHT) - 4);
      const last = Math.min(rows.length, Math.ceil((top + height) / HEIGHT) + 4);
      const before = this.shown;
      this.shown = new Map();
      this.sheet.style.height = `${rows.length * HEIGHT}px`;
      for (let i = first; i < last; i++) this.place(this.described(rows[i]), i, before);
      for (const { node } of before.values()) node.remove();
    }

    described(entry) {
      return entry.preview ? entry : describe(this.editor, entry);
    }

    /** A row that says the same as before is moved, not made again. */
    place(row, index, before) {
      const { editor } = this;
      const key = row.uid || 'preview';
      const off = Boolean(row.uid) && editor.isHidden(row.uid);
      const words = `${row.color} ${row.name} ${row.kind} ${row.area} ${off} ${row.status}`;
      const kept = before.get(key);
      const node = kept && kept.words === words ? kept.node : this.row(row);
      if (kept && kept.node === node) before.delete(key);
      const chosen = row.preview || editor.isChosen(row.uid);
      node.setAttribute('aria-selected', String(chosen));
      node.classList.toggle('pointed', Boolean(row.uid) && row.uid === editor.pointed);
      node.style.transform = `translateY(${index * HEIGHT}px)`;
      this.shown.set(key, { words, node });
      if (!node.parentNode) this.sheet.append(node);
    }

    row(row) {
      const swatch = dsb.make('i', { className: 'swatch' });
      swatch.style.background = row.color;
      const node = dsb.make(
        'div',
        { className: 'object-row', role: 'option', title: row.status || '' },
        swatch,
        dsb.make('b', {}, row.name),
        dsb.make('span', {}, row.kind),
        dsb.make('em', {}, row.flat ? '' : `${number.format(Math.round(row.area))} px`),
        row.preview || row.tag ? null : this.eye(row.uid),
      );
      if (row.uid) node.dataset.uid = row.uid;
      return node;
    }

    eye(uid) {
      const off = this.editor.isHidden(uid);
      const words = off ? 'Show' : 'Hide';
      return dsb.make(
        'button',
        { type: 'button', className: 'eye', title: words, 'aria-label': words, tabIndex: -1 },
        dsb.make('i', { className: off ? 'icon icon-eye-off' : 'icon icon-eye' }),
      );
    }

    click(event) {
      const { editor } = this;
      const uid = uidOf(event);
      if (!uid) return;
      if (event.target.closest('.eye')) editor.toggleHidden(uid);
      else if (event.ctrlKey || event.metaKey || event.shiftKey) editor.choose(uid);
      else this.choose(uid);
    }

    /** Select, look there, and hold a tool that can work on it. */
    choose(uid) {
      const { editor } = this;
      if (editor.tool.constructor.draws) editor.setTool('select');
      editor.select(uid);
      const state = editor.selectedState;
      const box = state && dsb.shapes.drawable(state).bounds;
      if (box) editor.view.reveal(box);
    }

    key(event) {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const uids = this.rows.filter((entry) => !entry.preview).map(({ key }) => key);
      const at = uids.indexOf(this.editor.selection);
      const next = at < 0 ? 0 : dsb.geometry.clamp(at + step, 0, uids.length - 1);
      if (uids.length) this.choose(uids[next]);
    }

    reveal() {
      if (!this.editor.selection) return;
      dsb.soon(() => {
        const at = this.rows.findIndex(({ key }) => key === this.editor.selection) * HEIGHT;
        const { top, height } = this;
        if (at < 0 || (at >= top && at + HEIGHT <= top + height)) return;
        this.list.scrollTop = at - height / 2;
      })();
    }
  }

  function uidOf(event) {
    const row = event.target.closest('[data-uid]');
    return row ? row.dataset.uid : null;
  }

  dsb.ObjectsPane = ObjectsPane;
  dsb.objects = { filterOf };
})(window);
