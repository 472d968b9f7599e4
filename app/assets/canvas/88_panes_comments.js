/** The comments beside the image: what was said, where, and whether it is settled. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  class CommentsPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} page @param {HTMLElement} place */
    constructor(editor, page, place) {
      Object.assign(this, { editor, place });
      this.me = page.dataset.user;
      this.reviewer = page.dataset.reviewer === 'yes';
      this.count = page.querySelector('#annotate-comment-count');
      this.form = this.build();
      this.list = dsb.make('div', { className: 'comment-list', role: 'list' });
      place.replaceChildren(this.form, this.list);
      editor.on('image', () => this.close());
      editor.on('image comments objects', dsb.soon(() => this.draw()));
      editor.on('remark', (where) => this.begin(where));
    }

    build() {
      this.where = dsb.make('div', { className: 'dim' });
      this.words = dsb.make('textarea', { rows: 3, maxLength: 2000, 'aria-label': 'Comment' });
      const save = dsb.make('button', { type: 'submit', className: 'button primary' }, 'Comment ', dsb.make('kbd', {}, '⏎'));
      const cancel = dsb.make('button', { type: 'button', className: 'button quiet' }, 'Cancel');
      cancel.addEventListener('click', () => this.leave());
      const row = dsb.make('div', { className: 'row' }, save, cancel);
      const form = dsb.make('form', { className: 'comment-form', hidden: true }, this.where, this.words, row);
      // Keys that are typed after a click elsewhere mean tools again: nothing may look as if it waited for words.
      form.addEventListener('focusout', (event) => {
        if (form.contains(event.relatedTarget) || this.words.value.trim() || !this.draft) return;
        this.close();
        this.draw();
      });
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        this.save();
      });
      this.words.addEventListener('keydown', (event) => {
        event.stopPropagation();
        if (event.key === 'Escape') this.leave();
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.save();
      });
      return form;
    }

    begin(where) {
      this.draft = where;
      this.form.hidden = false;
      this.where.textContent = this.said(where);
      this.words.focus();
      this.draw();
    }

    save() {
      const text = this.words.value.trim();
      if (!text) return;
      this.editor.say(text, this.draft);
      this.leave();
    }

    leave() {
      this.close();
      this.editor.surface.focus({ preventScroll: true });
      this.draw();
    }

    close() {
      this.draft = null;
      this.words.value = '';
      this.form.hidden = true;
    }

    /** What a comment speaks of. */
    said({ annotation, x, y }) {
      const object = annotation && this.editor.model.annotation(annotation);
      if (object) return `on ${this.editor.labelName(object.label)}`;
      if (annotation) return 'on an object that is gone';
      return x === undefined ? 'on the whole image' : `at ${Math.round(x)}, ${Math.round(y)}`;
    }

    draw() {
      const { editor } = this;
      if (!editor.model) return;
      const comments = editor.model.present('comment');
      const open = comments.filter(({ state }) => !state.resolved).length;
      this.count.textContent = comments.length ? `${open} open of ${comments.length}` : '';
      // A row that stays is kept, so that a change elsewhere takes no button from under the hand.
      const told = comments.map(({ key, state, meta }) => JSON.stringify([key, state, meta, this.said(state)])).join();
      if (told !== this.told) this.list.replaceChildren(...comments.map((item, i) => this.row(item, i + 1)));
      this.told = told;
      editor.pins = comments.flatMap((item, i) => this.pin(item.state, String(i + 1)));
      if (this.draft) editor.pins.push(...this.pin(this.draft, '+'));
      editor.redraw();
    }

    pin(state, text) {
      const point = this.editor.placeOf(state);
      return point ? [{ is: 'pin', point, text, look: state.resolved ? 'resolved' : 'open' }] : [];
    }

    row({ key, state, meta }, number) {
      const { editor } = this;
      const at = new Date(meta.at || Date.now());
      const mine = !meta.author || meta.author === this.me;
      const who = [mine ? 'you' : meta.author, at.toLocaleString([], { dateStyle: 'short', timeStyle: 'short' }), this.said(state)];
      const head = dsb.make('button', { type: 'button', className: 'comment-pin', title: 'Show where' }, String(number));
      head.addEventListener('click', () => this.show(state));
      const ways = [this.way(state.resolved ? 'Reopen' : 'Resolve', () => editor.closeComment(key, !state.resolved))];
      if (this.reviewer || mine) ways.push(this.way('Remove', () => editor.unsay(key)));
      const words = dsb.make(
        'div', { className: 'comment-body' },
        dsb.make('p', {}, state.text),
        dsb.make('div', { className: 'dim' }, who.join(' · ')),
        dsb.make('div', { className: 'row' }, ...ways),
      );
      const look = state.resolved ? 'comment resolved' : 'comment';
      return dsb.make('div', { className: look, role: 'listitem' }, head, words);
    }

    way(text, run) {
      const node = dsb.make('button', { type: 'button', className: 'button quiet' }, text);
      node.addEventListener('click', run);
      return node;
    }

    show(state) {
      const { editor } = this;
      const point = editor.placeOf(state);
      if (state.annotation && editor.model.annotation(state.annotation)) editor.select(state.annotation);
      if (point) editor.view.reveal([...point, ...point]);
      editor.redraw();
    }
  }

  /** Why an image is skipped: a few reasons by one key, or one's own words. */
  class SkipPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place */
    constructor(editor, place) {
      Object.assign(this, { editor, place });
      const reasons = ['Too blurred to label', 'Nothing of interest on it', 'I am not sure how to label it'];
      this.words = dsb.make('input', { type: 'text', maxLength: 500, placeholder: 'or in your own words', 'aria-label': 'Why the image is skipped' });
      const buttons = reasons.map((reason, i) => {
        const node = dsb.make('button', { type: 'button', className: 'button' }, `${reason} `, dsb.make('kbd', {}, String(i + 1)));
        node.addEventListener('click', () => this.skip(reason));
        return node;
      });
      place.replaceChildren(dsb.make('h3', {}, 'Skip this image'), ...buttons, this.words, dsb.make('p', { className: 'dim' }, 'Enter skips, Esc goes back.'));
      place.addEventListener('keydown', (event) => this.key(event, reasons));
      editor.on('skip', () => this.toggle(place.hidden));
      editor.on('image', () => this.toggle(false));
    }

    toggle(open) {
      this.place.hidden = !open;
      this.words.value = '';
      if (open) this.place.querySelector('button').focus();
    }

    key(event, reasons) {
      event.stopPropagation();
      const typing = event.target === this.words;
      if (event.key === 'Escape') this.back();
      else if (typing && event.key === 'Enter' && this.words.value.trim()) this.skip(this.words.value.trim());
      else if (!typing && reasons[Number(event.key) - 1]) this.skip(reasons[Number(event.key) - 1]);
      else return;
      event.preventDefault();
    }

    back() {
      this.toggle(false);
      this.editor.surface.focus({ preventScroll: true });
    }

    skip(reason) {
      this.back();
      this.editor.skipped(reason);
    }
  }

  dsb.CommentsPane = CommentsPane;
  dsb.SkipPane = SkipPane;
})(window);
