/**
 * The review page: the images that wait, one after the other; accept, or send back with words.
 * The image is only looked at here; what is wrong is mended on the annotate page.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const FRESH = 15_000;
  const REASONS = { share: '', score: 'low score', second: 'second look' };

  /** Looks and picks; changes nothing. */
  class LookTool extends dsb.Tool {
    constructor(editor) {
      super(editor);
      this.cursor = 'default';
    }

    down(touch) {
      if (touch.button === 0) this.editor.select(this.editor.pick(touch.point));
      return false;
    }

    hover(touch) {
      this.editor.point(this.editor.pick(touch.point));
    }
  }
  dsb.register('look', LookTool);

  const KEYS = [
    { show: 'A', key: 'a', text: 'Accept', run: (r) => r.accept() },
    { show: 'R', key: 'r', text: 'Send back with words', run: (r) => r.askWhy() },
    { show: 'E', key: 'e', text: 'Mend it yourself, then come back', run: (r) => r.mend() },
    { show: 'C', key: 'c', text: 'Only what changed since the last review', run: (r) => r.toggleChanges() },
    { show: 'U', key: 'u', text: 'Comment on the selection, or on a place', run: (r) => r.editor.remark() },
    { show: '← →', key: 'arrowleft', text: 'Previous, next image that waits', run: (r) => r.step(-1) },
    { key: 'arrowright', run: (r) => r.step(1) },
    { key: 'n', run: (r) => r.step(1) },
    { key: 'p', run: (r) => r.step(-1) },
    { show: 'Ctrl Z', key: 'ctrl+z', text: 'Take the last verdict back', run: (r) => r.takeBack() },
    { show: 'H', key: 'h', text: 'Hide or show the objects', run: (r) => r.editor.toggleHidden() },
    { show: '0', key: '0', text: 'Fit the image', run: (r) => r.editor.view.fit() },
    { show: 'Y', key: 'y', text: 'History of the image', run: (r) => r.editor.emit('past') },
    { key: 'escape', run: (r) => r.editor.escape() },
    { key: 'enter', run: (r) => r.editor.tool.accept() },
    { show: '?', key: '?', text: 'This list', run: (r) => r.toggleKeys() },
  ];

  class Review {
    /** @param {dsb.Editor} editor @param {HTMLElement} page @param {AbortSignal} signal */
    constructor(editor, page, signal) {
      Object.assign(this, { editor, page });
      const timer = setInterval(() => this.refresh(), FRESH);
      signal.addEventListener('abort', () => clearInterval(timer));
      this.piece = (name) => page.querySelector(`#review-${name}`);
      /** @type {object[]} what waits, by id; those with a verdict stay until the page is left */
      this.images = [];
      /** @type {Map<number, string>} the verdicts of this page, by image */
      this.verdicts = new Map();
      this.before = null;
      editor.where = 'review';
      editor.skip = () => false;
      editor.step = (direction) => this.step(direction);
      editor.on('image', () => this.show());
      editor.on('state', (id, state) => this.judged(id, state));
      editor.on('image objects', dsb.soon(() => this.compare()));
      editor.accept = () => this.accept();
      editor.reject = () => this.askWhy();
      editor.mend = () => this.mend();
      editor.takeBack = () => this.takeBack();
      editor.reviewKeys = () => this.toggleKeys();
      this.build();
      this.listen();
      this.fillKeys();
    }

    build() {
      const named = (tag, name, properties, ...children) => dsb.make(tag, { id: `review-${name}`, ...properties }, ...children);
      const way = (action, words, key, className) => {
        const node = dsb.make('button', { type: 'button', className }, `${words} `, dsb.make('kbd', {}, key));
        node.dataset.do = action;
        return node;
      };
      const send = dsb.make('button', { type: 'submit', className: 'button primary' }, 'Send back ', dsb.make('kbd', {}, '⏎'));
      this.piece('card').replaceChildren(
        named('dl', 'about', {}),
        dsb.make(
          'div', { className: 'row verdicts' },
          way('accept', 'Accept', 'A', 'button primary'),
          way('reject', 'Send back', 'R', 'button'),
          way('mend', 'Mend it', 'E', 'button quiet'),
        ),
        named(
          'form', 'form', { hidden: true },
          dsb.make('label', { htmlFor: 'review-words' }, 'What is to be mended?'),
          named('textarea', 'words', { rows: 3, maxLength: 2000 }),
          send,
        ),
      );
      this.piece('changes').replaceChildren(
        named('div', 'sum', {}),
        dsb.make('label', { className: 'row' }, named('input', 'only', { type: 'checkbox', disabled: true }), 'Show only what changed ', dsb.make('kbd', {}, 'C')),
        named('div', 'list', {}),
      );
    }

    listen() {
      const words = this.piece('words');
      this.piece('form').addEventListener('submit', (event) => {
        event.preventDefault();
        this.reject(words.value.trim());
      });
      words.addEventListener('keydown', (event) => {
        event.stopPropagation();
        if (event.key === 'Escape') this.stopAsking();
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.reject(words.value.trim());
      });
      this.piece('only').addEventListener('change', () => this.compare());
      this.piece('strip').addEventListener('click', (event) => {
        const tile = event.target.closest('[data-image]');
        if (!tile) return;
        event.preventDefault();
        this.editor.visit(this.slug, Number(tile.dataset.image));
      });
    }

    fillKeys() {
      const rows = KEYS.filter(({ show }) => show).map(({ show, text }) =>
        dsb.make('div', { className: 'key-row' }, dsb.make('kbd', {}, show), dsb.make('span', {}, text)),
      );
      const close = dsb.make('button', { type: 'button', className: 'button quiet' }, 'Close');
      close.addEventListener('click', () => this.toggleKeys());
      this.keys = this.page.querySelector('#annotate-keys');
      this.keys.replaceChildren(dsb.make('h2', {}, 'Keys of the review'), close, ...rows);
    }

    toggleKeys() {
      this.keys.hidden = !this.keys.hidden;
    }

    /** A key of the page. @returns {boolean} was it meant for the review? */
    press(_editor, event) {
      if (event.isComposing || event.altKey || dsb.keys.taken(event)) return false;
      if (event.key === 'Escape' && !this.keys.hidden) {
        this.toggleKeys();
        return true;
      }
      const name = `${event.ctrlKey || event.metaKey ? 'ctrl+' : ''}${event.key.toLowerCase()}`;
      const binding = KEYS.find(({ key }) => key === name);
      return Boolean(binding) && binding.run(this) !== false;
    }

    // --- what waits -----------------------------------------------------------------------------

    async begin(slug, wanted) {
      this.slug = slug;
      const answer = await dsb.client.reviews(slug).catch(() => ({ status: 0, body: {} }));
      if (answer.status !== 200) {
        this.editor.hint(answer.body.error || 'The server cannot be reached');
        return;
      }
      this.images = answer.body.images;
      this.more = answer.body.next !== null;
      const first = wanted || (this.images.length ? this.images[0].id : 0);
      this.page.classList.toggle('nothing', !first);
      this.piece('empty').hidden = Boolean(first);
      this.drawStrip();
      if (first) await this.editor.visit(slug, first);
    }

    /** What was finished meanwhile, or finished again after it was sent back. */
    async refresh() {
      if (!this.slug || document.visibilityState !== 'visible' || this.editor.queue.entries.length) return;
      const answer = await dsb.client.reviews(this.slug).catch(() => ({ status: 0 }));
      if (answer.status !== 200) return;
      const { images, again } = merged(this.images, answer.body.images, this.verdicts);
      if (images.length === this.images.length && !again.length) return;
      this.images = images;
      for (const id of again) this.verdicts.delete(id);
      this.drawStrip();
      if (this.page.classList.contains('nothing')) this.begin(this.slug, 0);
    }

    get index() {
      return this.images.findIndex(({ id }) => this.editor.image && id === this.editor.image.id);
    }

    step(direction) {
      const at = this.index;
      const next = at < 0 ? (direction > 0 ? 0 : this.images.length - 1) : at + direction;
      if (this.images[next]) this.editor.visit(this.slug, this.images[next].id);
      else this.editor.hint(direction < 0 ? 'This is the first image that waits' : 'This is the last image that waits');
      return true;
    }

    /** The next one without a verdict, behind this one or else from the start. */
    goOn() {
      const open = ({ id }) => !this.verdicts.has(id);
      const at = this.index;
      const next = this.images.slice(at + 1).find(open) || this.images.find(open);
      if (next) this.editor.visit(this.slug, next.id);
      else if (this.more) this.begin(this.slug, 0);
      else this.editor.hint('Everything that waited has its verdict. Ctrl+Z takes the last one back.');
    }

    drawStrip() {
      const current = this.editor.image && this.editor.image.id;
      const tiles = this.images.map((image) => this.tile(image, image.id === current));
      this.piece('strip').replaceChildren(...tiles);
      const left = this.images.filter(({ id }) => !this.verdicts.has(id)).length;
      this.piece('count').textContent = left === 1 ? '1 image waits' : `${left}${this.more ? '+' : ''} images wait`;
      const here = this.piece('strip').querySelector('.here');
      if (here) here.scrollIntoView({ block: 'nearest', inline: 'center' });
    }

    tile(image, here) {
      const verdict = this.verdicts.get(image.id) || '';
      const name = image.name.split('/').pop();
      const tile = dsb.make(
        'a',
        {
          className: `review-tile ${verdict} ${here ? 'here' : ''}`, href: `/p/${this.slug}/review/${image.id}`,
          title: `${image.name} · ${image.done_by ? `done by ${image.done_by}` : 'done'} ${REASONS[image.reason]}`,
        },
        dsb.make('img', { src: dsb.client.pixels(this.slug, image, 'thumb'), alt: name, loading: 'lazy' }),
        dsb.make('span', {}, verdict || REASONS[image.reason] || name),
      );
      tile.dataset.image = image.id;
      return tile;
    }

    // --- one image ------------------------------------------------------------------------------

    async show() {
      const { image, slug } = this.editor;
      this.before = null;
      this.stopAsking();
      this.drawStrip();
      this.piece('about').replaceChildren();
      const answer = await dsb.client.review(slug, image.id).catch(() => ({ status: 0 }));
      if (answer.status !== 200 || !this.editor.holds(slug, image.id)) return;
      this.about = answer.body;
      this.drawAbout();
      if (!answer.body.verdict) return;
      const then = await dsb.client.stateAt(slug, image.id, answer.body.verdict.seq).catch(() => ({ status: 0 }));
      if (then.status !== 200 || !this.editor.holds(slug, image.id)) return;
      const drawn = then.body.targets.filter(({ target, state }) => target.type === 'annotation' && state);
      this.before = new Map(drawn.map(({ target, state }) => [target.key, dsb.model.stateFromWire('annotation', state)]));
      this.compare();
    }

    drawAbout() {
      const { about, editor } = this;
      const n = editor.model.annotations.length;
      const line = (words, text) => [dsb.make('dt', {}, words), dsb.make('dd', {}, text)];
      const rows = [...line('Drawn by', told(about.done_by, about.done_at) || 'nobody has finished it'), ...line('Objects', String(n))];
      if (about.accepted_by) rows.push(...line('Accepted by', told(about.accepted_by, about.accepted_at)));
      if (about.seconded_by) rows.push(...line('And by', about.seconded_by));
      const { verdict } = about;
      if (verdict) rows.push(...line('Last verdict', `${verdict.state} by ${told(verdict.by, verdict.at)}`));
      if (verdict && verdict.comment) rows.push(...line('Its words', verdict.comment));
      this.piece('about').replaceChildren(...rows);
    }

    // --- verdicts -------------------------------------------------------------------------------

    accept() {
      this.judge({ state: 'accepted' });
      return true;
    }

    askWhy() {
      this.piece('form').hidden = false;
      this.piece('words').focus();
      return true;
    }

    stopAsking() {
      this.piece('form').hidden = true;
      this.piece('words').value = '';
      this.editor.surface.focus({ preventScroll: true });
    }

    reject(comment) {
      if (!comment) {
        this.editor.hint('Say in a few words what is to be mended; a comment at the place helps too (U)');
        return;
      }
      this.stopAsking();
      this.judge({ state: 'rejected', comment });
    }

    judge(after) {
      const { editor } = this;
      if (!editor.model) return;
      const { key, state, target, head, server } = editor.model.imageState;
      const again = state.state === 'accepted' && after.state === 'accepted';
      if (again) {
        // A second reviewer says the same once more: nothing changes, and yet it is to be stored.
        const op = {
          op_id: dsb.uuid(), group_id: null, kind: 'change', target, payload: after,
          base_version: head || server.version, tool: 'review',
        };
        editor.queue.push(editor.slug, editor.image.id, [op]);
        this.judged(editor.image.id, 'accepted');
        this.last = null;
      } else {
        editor.commit([{ type: 'image_state', key, after }], 'review');
        this.last = editor.image.id;
      }
      this.goOn();
    }

    judged(id, state) {
      if (state === 'accepted' || state === 'rejected') this.verdicts.set(id, state);
      else this.verdicts.delete(id);
      this.drawStrip();
    }

    /** The last verdict of this page goes, wherever it was given. */
    async takeBack() {
      const { editor, last } = this;
      if (!last) {
        editor.hint('There is no verdict to take back');
        return true;
      }
      if (editor.image.id !== last) await editor.visit(this.slug, last);
      if (editor.holds(this.slug, last)) editor.undo();
      this.last = null;
      return true;
    }

    /** To the annotate page and back. */
    mend() {
      const { slug, image } = this.editor;
      root.location.assign(`/p/${encodeURIComponent(slug)}/annotate/${image.id}?review`);
      return true;
    }

    // --- only what changed ----------------------------------------------------------------------

    toggleChanges() {
      const box = this.piece('only');
      if (box.disabled) this.editor.hint('This image was not reviewed before: all of it is new');
      else {
        box.checked = !box.checked;
        this.compare();
      }
      return true;
    }

    compare() {
      const { editor, before } = this;
      if (!editor.model) return;
      const place = this.piece('changes');
      this.piece('only').disabled = !before;
      place.hidden = !before;
      if (this.about) this.drawAbout();
      if (!before) return;
      const after = new Map(editor.model.annotations.map(({ key, state }) => [key, state]));
      const found = dsb.changes.between(before, after);
      this.piece('sum').textContent = `Since the last review: ${dsb.changes.summed(found)}`;
      this.piece('list').replaceChildren(...found.map((one) => this.change(one)));
      this.overlay(found);
    }

    change({ uid, how, fields, before, after }) {
      const { editor } = this;
      const state = after || before;
      const words = `${editor.labelName(state.label)} ${how}${fields.length ? `: ${fields.join(', ')}` : ''}`;
      const node = dsb.make('button', { type: 'button', className: `change ${how}` }, words);
      node.addEventListener('click', () => {
        const { bounds } = dsb.shapes.drawable(state);
        if (bounds) editor.view.reveal(bounds);
        if (after) editor.select(uid);
      });
      return node;
    }

    /** What was there before, dotted, over what is there; all that stayed the same goes. */
    overlay(found) {
      const { editor } = this;
      const only = this.piece('only').checked;
      const touched = new Set(found.map(({ uid }) => uid));
      editor.hidden.clear();
      editor.shades = [];
      if (only) {
        for (const { key } of editor.model.annotations) if (!touched.has(key)) editor.hidden.add(key);
        editor.shades = found.flatMap(({ how, before, after }) => {
          if (how === 'added') return dsb.shade(editor, after, 'fresh', 'added');
          return dsb.shade(editor, before, 'past', how === 'removed' ? 'removed' : 'before');
        });
      }
      editor.scene.all();
      editor.redraw();
    }
  }

  /**
   * @param {object[]} known @param {object[]} waiting @param {Map<number, string>} verdicts
   * @returns {{images: object[], again: number[]}} all of them by id; which of the known came back
   */
  function merged(known, waiting, verdicts) {
    const all = new Map(known.map((image) => [image.id, image]));
    const again = [];
    for (const image of waiting) {
      const before = all.get(image.id);
      // Sent back and finished: two changes of its state since it was listed.
      if (before && verdicts.has(image.id) && image.version >= before.version + 2) again.push(image.id);
      if (!before || again.includes(image.id)) all.set(image.id, image);
    }
    return { images: [...all.values()].sort((a, b) => a.id - b.id), again };
  }

  /** Who and when. */
  function told(who, at) {
    if (!who) return '';
    const name = who === 'local' ? 'you' : who;
    return at ? `${name}, ${new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}` : name;
  }

  /** On the annotate page: the way back to the review that somebody came from to mend. */
  function returning(editor, page) {
    if (!new URLSearchParams(root.location.search).has('review')) return;
    const { slug, image } = page.dataset;
    const back = () => root.location.assign(`/p/${encodeURIComponent(slug)}/review/${image}`);
    editor.done = () => {
      const reason = editor.tool.unfinished();
      if (reason) editor.hint(reason);
      else back();
      return true;
    };
    const button = page.querySelector('[data-do="done"]');
    button.title = 'Go on with the review (Ctrl+Enter)';
    button.replaceChildren('Back to the review ', dsb.make('kbd', {}, 'Ctrl ⏎'));
  }

  dsb.Review = Review;
  dsb.returning = returning;
})(window);
