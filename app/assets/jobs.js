/* The jobs of a project: how far each is, what failed and why; cancel and resume. */
(function (dsb) {
  'use strict';
  const POLL_MS = 500;
  const IDLE_MS = 3000;
  const KINDS = { images: 'Taking in images', export: 'Export', verify: 'Verifying an export', diff: 'Comparing an export', import: 'Import', agreement: 'Comparing annotators', previews: 'Previews', measure: 'Measuring objects', map: 'Drawing a map' };
  const STATES = {
    waiting: 'Waiting',
    running: 'Running',
    done: 'Done',
    failed: 'Failed',
    cancelled: 'Cancelled',
    interrupted: 'Interrupted',
  };
  const make = dsb.make;

  dsb.whenPresent('#jobs', (root, signal) => new Jobs(root, signal).follow());

  class Jobs {
    constructor(root, signal) {
      this.root = root;
      this.signal = signal;
      this.address = `/api/v1/projects/${root.dataset.slug}/jobs`;
      this.notice = document.getElementById('job-notice');
      this.rows = new Map();
      this.body = make('tbody');
      this.offerPreviews(document.getElementById('make-previews'));
    }

    /** Only who may manage the project has the button. */
    offerPreviews(button) {
      if (!button) return;
      const address = this.address.replace(/jobs$/, 'previews');
      button.addEventListener('click', async () => {
        await this.send(button, address, { method: 'POST', json: {} });
        button.disabled = false;
      });
    }

    /** Ask again and again while the page is open, more often while something runs. */
    async follow() {
      while (!this.signal.aborted) {
        let wait = IDLE_MS;
        try {
          const { jobs } = await dsb.ask(this.address);
          await this.show(jobs);
          if (jobs.some((job) => job.state === 'running')) wait = POLL_MS;
        } catch (error) {
          this.say(error.message);
        }
        await this.pause(wait);
      }
    }

    /** Wait, but no longer than until somebody pressed a button. */
    pause(ms) {
      return new Promise((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, ms);
      });
    }

    say(words) {
      this.notice.replaceChildren(words ? make('div', { className: 'notice bad' }, words) : '');
    }

    async show(jobs) {
      if (!jobs.length) {
        this.root.replaceChildren(make('p', { className: 'dim' }, 'No jobs yet.'));
        return;
      }
      if (!this.body.isConnected) {
        const heads = ['Job', 'What', 'State', 'Progress', ''].map((words) => make('th', {}, words));
        const head = make('thead', {}, make('tr', {}, ...heads));
        this.root.replaceChildren(make('table', { className: 'table' }, head, this.body));
      }
      for (const [place, job] of jobs.entries()) await this.showOne(job, place);
    }

    /** Paint a row anew only if something of it changed, so that the focus stays on its button. */
    async showOne(job, place) {
      const text = JSON.stringify(job);
      const known = this.rows.get(job.id);
      if (known && known.text === text) return;
      const reasons = job.failed ? (await dsb.ask(`${this.address}/${job.id}`)).failed : [];
      const row = this.row(job, reasons);
      if (known) {
        const focused = known.row.contains(document.activeElement);
        known.row.replaceWith(row);
        if (focused) row.querySelector('button')?.focus();
      } else {
        this.body.insertBefore(row, this.body.children[place] || null);
      }
      this.rows.set(job.id, { text, row });
    }

    row(job, reasons) {
      const what = [make('div', {}, KINDS[job.kind] || job.kind), make('div', { className: 'dim' }, job.title)];
      const state = make('td', { className: `state ${job.state}` }, STATES[job.state] || job.state);
      const row = make(
        'tr',
        {},
        make('td', { className: 'number' }, String(job.id)),
        make('td', {}, ...what),
        state,
        make('td', {}, ...progress(job), ...failures(job, reasons)),
        make('td', {}, this.button(job)),
      );
      row.dataset.job = job.id;
      row.dataset.state = job.state;
      return row;
    }

    button(job) {
      if (job.state === 'running') return this.does('Cancel', `${this.address}/${job.id}`, { method: 'DELETE' });
      if (!job.resumable) return null;
      return this.does('Resume', `${this.address}/${job.id}/resume`, { method: 'POST', json: {} });
    }

    does(words, address, asked) {
      const button = make('button', { type: 'button', className: 'button' }, words);
      button.addEventListener('click', () => this.send(button, address, asked));
      return button;
    }

    /** Ask for what a button stands for; a row of the table gets a new button with its state. */
    async send(button, address, asked) {
      button.disabled = true;
      this.say('');
      try {
        await dsb.ask(address, asked);
      } catch (error) {
        this.say(error.message);
        button.disabled = false;
      }
      this.wake?.();
    }
  }

  function progress(job) {
    const amount = (n) => n.toLocaleString('en');
    const none = job.kind === 'previews' && job.state === 'done' ? 'None was missing.' : '';
    const words = job.total ? `${amount(job.done)} of ${amount(job.total)}` : none;
    const bar = make('progress', { max: job.total || 1, value: job.state === 'done' ? job.total || 1 : job.done });
    bar.setAttribute('aria-label', `Job ${job.id}`);
    return [bar, make('div', { className: 'dim' }, `${words} ${job.state === 'running' ? job.message : ''}`)];
  }

  function failures(job, reasons) {
    const said = job.error ? [make('div', { className: 'notice bad' }, job.error)] : [];
    if (!reasons.length) return said;
    const lines = reasons.map((one) => make('li', {}, one.reason));
    const heading = `${job.failed} failed`;
    const list = make('details', { open: reasons.length < 6 }, make('summary', {}, heading), make('ul', {}, ...lines));
    return [...said, list];
  }
})(window.dsb);
