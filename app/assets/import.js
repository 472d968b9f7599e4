/* Importing: the file is sent once, looked at as a job, and stored by another one. */
(function (dsb) {
  'use strict';
  const POLL_MS = 400;

  dsb.whenPresent('#import', (root, signal) => new ImportForm(root, signal));

  class ImportForm {
    constructor(root, signal) {
      this.url = `/api/v1/projects/${root.dataset.slug}`;
      this.signal = signal;
      this.outcome = root.querySelector('#import-outcome');
      this.look = root.querySelector('#import-look');
      this.store = root.querySelector('#import-store');
      this.picker = dsb.make('input', { type: 'file', multiple: true });
      root.querySelector('#import-file').replaceChildren(this.picker);
      this.picker.setAttribute('aria-label', 'File or zip');
      this.source = null;
      const changed = () => this.forget();
      root.querySelectorAll('input, select').forEach((one) => one.addEventListener('change', changed, { signal }));
      this.look.addEventListener('click', () => this.run(true), { signal });
      this.store.addEventListener('click', () => this.run(false), { signal });
    }

    /** What was looked at is no longer what would be stored. */
    forget() {
      this.source = null;
      this.store.disabled = true;
    }

    async run(dryRun) {
      this.look.disabled = this.store.disabled = true;
      try {
        if (!this.source) this.source = await this.sent();
        const json = { ...this.source, ...this.options(), dry_run: dryRun };
        const { job } = await dsb.ask(`${this.url}/imports`, { method: 'POST', json });
        const said = await this.followed(job);
        this.show(said);
        this.store.disabled = !(dryRun && said.added);
      } catch (error) {
        this.say('bad', [error.message]);
      }
      this.look.disabled = false;
    }

    options() {
      const value = (id) => document.getElementById(id).value;
      return { format: value('import-format'), way: value('import-way'), new_labels: value('import-labels') };
    }

    async sent() {
      const path = document.getElementById('import-path').value.trim();
      const files = Array.from(this.picker.files);
      if (path && !files.length) return { path };
      if (!files.length) throw new Error('Choose a file, or name a path.');
      this.say('', [`Sending ${files.length === 1 ? files[0].name : `${files.length} files`} …`]);
      const body = new FormData();
      files.forEach((file) => body.append('files', file));
      const { upload } = await dsb.ask(`${this.url}/imports`, { method: 'POST', body });
      return { upload };
    }

    async followed(begun) {
      let job = begun;
      while (job.state === 'running' && !this.signal.aborted) {
        this.say('', ['Reading …']);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        ({ job } = await dsb.ask(`${this.url}/jobs/${job.id}`));
      }
      if (job.state !== 'done') throw new Error(job.error || `The import was ${job.state}.`);
      return job.result;
    }

    show(said) {
      const verb = said.dry_run ? 'would be added' : 'added';
      const lines = [`Read as ${said.format}: ${said.added} annotations ${verb} to ${said.images} images.`];
      Object.entries(said.counts).forEach(([label, n]) => {
        lines.push(`${label}: ${n}${said.new_labels.includes(label) ? ' (new label)' : ''}`);
      });
      if (said.unchanged) lines.push(`${said.unchanged} are there already.`);
      lines.push(...said.notes.map((note) => `Note: ${note}.`));
      if (said.n_unmatched) lines.push(`Images that the project lacks: ${said.n_unmatched}, such as ${said.unmatched.slice(0, 5).join(', ')}`);
      if (said.n_problems) lines.push(`Found wrong: ${said.n_problems}. A file with a fault is refused whole.`, ...said.problems);
      this.say(said.n_problems || said.n_unmatched ? 'bad' : 'good', lines);
    }

    say(kind, lines) {
      const rows = lines.map((line) => dsb.make('div', {}, line));
      this.outcome.replaceChildren(dsb.make('div', { className: `notice ${kind}` }, ...rows));
    }
  }
})(window.dsb);
