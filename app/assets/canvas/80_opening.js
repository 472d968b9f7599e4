/** Opening images: one request each, the next preview fetched ahead, edits on their way kept. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { Editor } = dsb;
  const AFTER_OPENING = 150;
  const KEEPS_FRESH = 60_000;

  const ofState = (entry) => entry.op.target.type === 'image_state';

  const methods = {
    /**
     * Show an image of a project.
     * @param {string} slug
     * @param {number} id
     * @returns {Promise<void>}
     */
    async open(slug, id) {
      const turn = (this.turn = (this.turn || 0) + 1);
      this.opening = { slug, id };
      const early = await this.readAhead(slug, id);
      const answer = early || (await this.fetchImage(slug, id, () => turn === this.turn));
      if (!answer || turn !== this.turn) return;
      this.close();
      this.count(slug, answer);
      this.slug = slug;
      this.take(answer);
      if (early) this.queue.poll(slug, id);
      await this.graph.show(this.image, this.pixels(this.image, 'preview'), this.pixels(this.image, 'full'));
      this.scene.all();
      this.live.all();
      this.prefetch(answer.next);
    },

    /** Read an image; once more when one of our own operations was stored while we read. */
    async fetchImage(slug, id, wanted) {
      const place = `${slug}/${id}`;
      for (;;) {
        const before = this.queue.answers.get(place);
        let answer;
        try {
          answer = await dsb.client.openImage(slug, id);
        } catch {
          answer = { status: 0, body: {} };
        }
        if (!wanted()) return null;
        if (answer.status !== 200) {
          const reason = answer.body.error || 'The server cannot be reached';
          this.hint(`${reason}. The image was not opened; what you drew is kept here`);
          return null;
        }
        if (this.queue.answers.get(place) === before) return answer.body;
      }
    },

    /** Put away what is open. */
    close() {
      if (!this.model) return;
      this.tool.leave();
      this.live.show(null);
      this.ghosts = [];
      this.shades = [];
      this.taken = [];
      this.crossed = [];
      this.empty();
      this.emit('hint', '');
    },

    /**
     * Keep how many images stand in which state. An answer that was read before our own changes of
     * state were stored does not know of them: then our own count is the newer one.
     */
    count(slug, answer) {
      const other = this.slug !== slug;
      if (other) this.stateSeq = 0;
      const waiting = this.queue.entries.some((entry) => entry.slug === slug && ofState(entry));
      if (other || (!waiting && answer.seq >= this.stateSeq)) {
        this.states = { ...answer.project.states };
      }
    },

    /** One of our operations is stored. */
    stored(entry, result) {
      const { seq } = result;
      this.emit('stored');
      this.bury(entry, result);
      if (entry.slug === this.slug && ofState(entry) && seq) {
        this.stateSeq = Math.max(this.stateSeq, seq);
      }
    },

    take(answer) {
      this.answer = answer;
      this.image = answer.image;
      this.labels = answer.labels.filter((label) => !label.deleted);
      if (this.allLabelsOf !== this.slug) this.allLabels = null;
      this.allLabelsOf = this.slug;
      if (!this.labelOf(this.label)) this.label = this.labels.length ? this.labels[0].id : null;
      const model = new dsb.Model(this.image);
      model.load(answer);
      const { journal } = this.queue;
      for (const { op, reason } of journal.refused(this.slug, this.image.id)) model.stick(op, reason);
      const waiting = this.queue.waiting(this.slug, this.image.id);
      this.replayed(model, waiting);
      this.queue.seen.set(`${this.slug}/${this.image.id}`, answer.seq);
      this.model = model;
      this.acquaint([...this.graves().values()]);
      this.listen(model);
      this.view.show(this.image);
      this.emit('image');
      this.emit('label');
      this.emit('objects');
      this.emit('selection');
      this.tool.enter();
      this.emit('dock');
      this.redraw();
      this.meet(answer.conflicts || [], answer.conflicts_waiting || 0);
      this.recall(answer.seq);
    },

    listen(model) {
      model.on('change', (item, before) => this.changed(item, before));
      model.on('meta', () => this.emit('objects'));
      model.on('normalised', (before, after) => this.history.rewrite(before, after));
      model.on('conflict', (conflict) => this.emit('conflict', conflict));
      model.on('refused', () => this.relearn());
      model.on('freed', (ids) => {
        this.queue.free(ids);
        this.emit('refused');
      });
    },

    changed(item, before) {
      const { type, key } = item.target;
      if (type === 'annotation') {
        for (const state of [before, item.state]) {
          if (state) this.scene.touch(dsb.shapes.drawable(state).bounds);
        }
        if (!item.state && this.isChosen(key)) this.unchoose(key);
        if (key === this.selection) this.tool.selected();
        this.emit('objects');
        this.emit('dock');
      }
      if (type === 'scribble') this.tool.scribbled(item);
      if (type === 'comment') this.emit('comments');
      if (type === 'image_state') {
        if (before) this.states[before.state] -= 1;
        this.states[item.state.state] = (this.states[item.state.state] || 0) + 1;
        this.emit('state', this.image.id, item.state.state);
      }
      this.redraw();
    },

    pixels(image, kind) {
      return dsb.client.pixels(this.slug, image, kind);
    },

    /** The next image comes before it is asked for: what it holds, then its preview. */
    prefetch(id) {
      clearTimeout(this.prefetching);
      if (!id) return;
      const { slug } = this;
      this.prefetching = setTimeout(() => {
        const written = this.queue.answers.get(`${slug}/${id}`);
        const answer = dsb.client.openImage(slug, id).catch(() => ({ status: 0, body: {} }));
        this.ahead = { slug, id, written, at: Date.now(), answer };
        answer.then(({ status, body }) => {
          if (status === 200) new Image().src = dsb.client.pixels(slug, body.image, 'preview');
        });
      }, AFTER_OPENING);
    },

    /**
     * What was read ahead, unless it is old or we wrote to that image since. What others did
     * meanwhile comes with the poll that follows.
     */
    async readAhead(slug, id) {
      const { ahead } = this;
      this.ahead = null;
      if (!ahead || ahead.slug !== slug || ahead.id !== id) return null;
      const { status, body } = await ahead.answer;
      const fresh = Date.now() - ahead.at < KEEPS_FRESH;
      const written = this.queue.answers.get(`${slug}/${id}`) !== ahead.written;
      return status === 200 && fresh && !written ? body : null;
    },

    /** Previous (-1) or next (1) image. */
    step(direction) {
      if (!this.answer) return false;
      const reason = this.tool.unfinished();
      if (reason) this.hint(reason);
      else this.goTo(direction < 0 ? this.answer.previous : this.answer.next, direction);
      return true;
    },

    goTo(id, direction = 0) {
      if (id) this.visit(this.slug, id);
      else this.hint(direction < 0 ? 'This is the first image' : 'This is the last image');
    },

    /** Open an image and let the address say so; no round trip through the page's server side. */
    visit(slug, id) {
      const address = `/p/${encodeURIComponent(slug)}/${this.where || 'annotate'}/${id}`;
      if (root.location.pathname !== address) root.history.pushState(null, '', address);
      return this.open(slug, id);
    },

    /** The image is done: say so and go on. */
    done() {
      if (!this.model) return false;
      const reason = this.tool.unfinished() || this.missing();
      if (reason) {
        this.hint(reason);
        return true;
      }
      const { key, state } = this.model.imageState;
      this.commit([{ type: 'image_state', key, after: { ...state, state: 'done' } }], 'done');
      this.goOn(this.answer);
      return true;
    },

    /** Go to the next image that the queue holds for us; without an answer to the one behind. */
    async goOn({ image, next }) {
      const { slug } = this;
      const taken = await dsb.client.take(slug, image.id).catch(() => ({ status: 0 }));
      if (this.slug !== slug || this.answer.image.id !== image.id) return;
      if (taken.status !== 200) this.goTo(next, 1);
      else if (taken.body.image) this.visit(slug, taken.body.image.id);
      else this.hint('Nothing is left to do here');
    },
  };

  Object.assign(Editor.prototype, methods);
})(window);
