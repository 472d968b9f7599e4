/* The line that tells how old a table of the explore page is, and measures anew with progress. */
(function (dsb) {
  'use strict';
  const POLL_MS = 400;
  const make = dsb.make;

  dsb.whenPresent('#explore-measure', (root, signal) => new Measuring(root, signal).open());

  class Measuring {
    constructor(root, signal) {
      this.root = root;
      this.signal = signal;
      this.may = dsb.explore.mayAnnotate(root);
      const { slug, what } = root.dataset;
      this.project = `/api/v1/projects/${slug}`;
      this.address = `${this.project}/${what}${location.search}`;
    }

    async open() {
      try {
        const known = await dsb.ask(this.address, { signal: this.signal });
        if (known.job && this.may) await this.follow(known.job);
        else this.show(known);
      } catch (error) {
        if (!this.signal.aborted) this.fail(error);
      }
    }

    fail(error) {
      const again = this.may ? [this.button('Try again')] : [];
      this.root.replaceChildren(make('span', { className: 'bad' }, error.message), ...again);
    }

    show({ table, seq }) {
      const { noun } = this.root.dataset;
      const words = dsb.explore.ageInWords(table, seq, noun);
      const parts = [make('span', { className: 'dim' }, words)];
      const { verb } = this.root.dataset;
      if (this.may && (!table || table.seq !== seq)) parts.push(this.button(table ? `${verb} again` : verb, !table));
      if (table && table.n_problems) parts.push(this.problems(table));
      this.root.replaceChildren(...parts);
    }

    problems(table) {
      const lines = table.problems.map((line) => make('li', {}, line));
      const head = make('summary', {}, `${table.n_problems} images without intensities`);
      return make('details', { className: 'problems' }, head, make('ul', {}, ...lines));
    }

    button(words, first) {
      const button = make('button', { type: 'button', className: first ? 'button primary' : 'button' }, words);
      button.addEventListener('click', () => this.start());
      return button;
    }

    async start() {
      try {
        const { job } = await dsb.ask(this.address, { method: 'POST', json: {} });
        await this.follow(job);
      } catch (error) {
        this.fail(error);
      }
    }

    async follow(job) {
      const address = `${this.project}/jobs/${job.id}`;
      const bar = make('progress', { max: 1, value: 0, 'aria-label': 'Measuring' });
      const words = make('span', { className: 'dim' });
      const cancel = make('button', { type: 'button', className: 'button' }, 'Cancel');
      cancel.addEventListener('click', () => dsb.ask(address, { method: 'DELETE' }).catch(() => {}));
      this.root.replaceChildren(bar, words, cancel);
      while (job.state === 'running' || job.state === 'waiting') {
        [bar.max, bar.value] = [job.total || 1, job.done];
        words.textContent = `${job.done} of ${job.total || '…'} ${job.message}`;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        if (this.signal.aborted) return;
        ({ job } = await dsb.ask(address));
      }
      if (job.state === 'failed') throw new Error(job.error);
      if (job.state === 'cancelled') this.fail(new Error('Cancelled; what was measured before stays.'));
      else location.reload();
    }
  }
})(window.dsb);
