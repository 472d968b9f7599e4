/* Making a project and adding images: a folder is read by the server, files are streamed to it. */
(function (dsb) {
  'use strict';
  const BATCH = 8;
  const POLL_MS = 300;

  dsb.whenPresent('#new-project', (form, signal) => new ProjectForm(form, signal));
  dsb.whenPresent('#add-images', (form, signal) => new AddForm(form, signal));

  /** What both forms share: chosen files, a progress bar with cancel, the list of refusals. */
  class ImageForm {
    constructor(form, signal) {
      this.form = form;
      this.signal = signal;
      this.files = [];
      this.outcome = form.querySelector('.outcome');
      const on = (target, name, act) => target.addEventListener(name, act, { signal });
      on(form, 'submit', (event) => {
        event.preventDefault();
        this.submit();
      });
      this.dropZone(form.querySelector('.drop-zone'), on);
    }

    dropZone(zone, on) {
      const picker = dsb.make('input', { type: 'file', multiple: true, hidden: true });
      picker.accept = '.jpg,.jpeg,.png,.tif,.tiff,.webp,.bmp,.gif,.zip';
      zone.append(picker);
      on(zone.querySelector('[data-action="choose-files"]'), 'click', () => picker.click());
      on(picker, 'change', () => this.choose(picker.files));
      on(zone, 'dragover', (event) => {
        event.preventDefault();
        zone.classList.add('over');
      });
      on(zone, 'dragleave', () => zone.classList.remove('over'));
      on(zone, 'drop', (event) => {
        event.preventDefault();
        zone.classList.remove('over');
        this.choose(event.dataTransfer.files);
      });
    }

    choose(files) {
      this.files = [...files];
      const words = `${this.files.length} file${this.files.length === 1 ? '' : 's'} chosen`;
      this.form.querySelector('.chosen').textContent = ` ${words}`;
    }

    value(suffix) {
      const field = this.form.querySelector(`[id$="-${suffix}"]`);
      return field ? field.value.trim() : '';
    }

    /** Send the folder or the files to a project; returns what went in and what was refused. */
    async send(slug) {
      const report = { added: 0, refused: [], unchanged: 0, cancelled: false };
      const folder = this.value('folder');
      if (folder) await this.sendFolder(slug, folder, report);
      for (let k = 0; k < this.files.length && !report.cancelled; k += BATCH) {
        await this.sendFiles(slug, this.files.slice(k, k + BATCH), report);
        this.progress(Math.min(k + BATCH, this.files.length), this.files.length, report);
      }
      return report;
    }

    async sendFolder(slug, folder, report) {
      const url = `/api/v1/projects/${slug}/images`;
      let { job } = await dsb.ask(url, { method: 'POST', json: { folder } });
      while (job.state === 'running' && !this.signal.aborted) {
        this.progress(job.done, job.total, report, `/api/v1/projects/${slug}/jobs/${job.id}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        ({ job } = await dsb.ask(`/api/v1/projects/${slug}/jobs/${job.id}`));
      }
      if (job.state === 'failed') throw new Error(job.error);
      report.cancelled = report.cancelled || job.state === 'cancelled';
      if (job.result) merge(report, job.result);
    }

    async sendFiles(slug, files, report) {
      const body = new FormData();
      for (const file of files) body.append('files', file, file.webkitRelativePath || file.name);
      const url = `/api/v1/projects/${slug}/images`;
      merge(report, await dsb.ask(url, { method: 'POST', body }));
    }

    progress(done, total, report, job) {
      const stop = dsb.make('button', { type: 'button', className: 'button' }, 'Cancel');
      stop.addEventListener('click', () => {
        report.cancelled = true;
        if (job) dsb.ask(job, { method: 'DELETE' });
      });
      const bar = dsb.make('progress', { max: total || 1, value: done });
      const words = dsb.make('span', { className: 'dim' }, `${done} of ${total || '…'} images`);
      this.outcome.replaceChildren(bar, dsb.make('div', { className: 'row' }, words, stop));
    }

    say(text, kind, refused = []) {
      const lines = refused.map((item) => dsb.make('li', {}, `${item.name}: ${item.reason}`));
      const list = lines.length ? dsb.make('ul', {}, ...lines) : null;
      this.outcome.replaceChildren(dsb.make('div', { className: `notice ${kind}` }, text, list));
    }
  }

  class ProjectForm extends ImageForm {
    constructor(form, signal) {
      super(form, signal);
      document.addEventListener('click', (event) => this.onClick(event), { signal });
    }

    onClick(event) {
      const action = event.target.closest && event.target.closest('[data-action]');
      if (!action) return;
      if (action.dataset.action === 'new-project') {
        this.form.hidden = false;
        this.form.querySelector('input').focus();
      }
      if (action.dataset.action === 'cancel-project') this.form.hidden = true;
    }

    async submit() {
      const name = this.value('name');
      const labels = this.value('labels').split(',').map((text) => text.trim()).filter(Boolean);
      if (!name) return this.say('Give the project a name.', 'bad');
      if (!this.value('folder') && !this.files.length) {
        return this.say('Name a folder or choose files to upload.', 'bad');
      }
      try {
        if (!this.slug) {
          const { project } = await dsb.ask('/api/v1/projects', {
            method: 'POST',
            json: { name, labels },
          });
          this.slug = project.slug;
        }
        this.finish(await this.send(this.slug));
      } catch (error) {
        this.say(error.message, 'bad');
      }
    }

    finish(report) {
      const address = `/p/${this.slug}/images`;
      if (!report.refused.length && !report.cancelled) {
        location.assign(address);
        return;
      }
      this.say(summary(report), report.added ? '' : 'bad', report.refused);
      this.outcome.append(
        dsb.make('a', { className: 'button primary', href: address }, 'Open the project'),
      );
    }
  }

  class AddForm extends ImageForm {
    constructor(form, signal) {
      super(form, signal);
      const toggle = document.querySelector('[data-action="add-images"]');
      toggle.addEventListener('click', () => (form.hidden = !form.hidden), { signal });
    }

    async submit() {
      if (!this.value('folder') && !this.files.length) {
        return this.say('Name a folder or choose files to upload.', 'bad');
      }
      try {
        const report = await this.send(this.form.dataset.slug);
        if (!report.refused.length && !report.cancelled) location.reload();
        else this.say(summary(report), '', report.refused);
      } catch (error) {
        this.say(error.message, 'bad');
      }
    }
  }

  function merge(report, part) {
    report.added += Array.isArray(part.added) ? part.added.length : part.added;
    report.refused.push(...part.refused);
    report.unchanged += part.unchanged;
  }

  function summary(report) {
    const parts = [`${report.added} images added`];
    if (report.refused.length) parts.push(`${report.refused.length} refused`);
    if (report.unchanged) parts.push(`${report.unchanged} already there`);
    return `${report.cancelled ? 'Cancelled: ' : ''}${parts.join(', ')}.`;
  }
})(window.dsb);
