/* Exporting: start it, show how far it is, list what was exported. */
(function (dsb) {
  'use strict';
  const POLL_MS = 400;
  const MOST_LINES = 12;

  /** Called by Dash with what the form holds; answers nothing, the outcome is painted here. */
  function start(clicks, slug, task, formats, split, images, allowLoss, where, group, stratify) {
    const more = { where: where || '', group_by: group.length ? 'folder' : null, stratify: stratify.includes('yes'),
      fresh_split: stratify.includes('fresh') };
    const choices = { task, formats, split: split || '', images, allow_loss: allowLoss.includes('yes'), ...more };
    if (clicks) run(slug, choices);
    return window.dash_clientside.no_update;
  }

  async function run(slug, choices) {
    const outcome = document.getElementById('export-outcome');
    const button = document.getElementById('export-start');
    button.disabled = true;
    try {
      await follow(slug, choices, outcome);
    } catch (error) {
      outcome.replaceChildren(dsb.make('div', { className: 'notice bad' }, error.message));
    }
    button.disabled = false;
    list(document.getElementById('export-list'));
  }

  async function follow(slug, choices, outcome) {
    const url = `/api/v1/projects/${slug}/exports`;
    let { job } = await dsb.ask(url, { method: 'POST', json: choices });
    while (job.state === 'running' && outcome.isConnected) {
      outcome.replaceChildren(...progress(slug, job));
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      ({ job } = await dsb.ask(`/api/v1/projects/${slug}/jobs/${job.id}`));
    }
    if (job.state === 'failed') throw new Error(job.error);
    const words = job.state === 'cancelled' ? 'Cancelled; nothing was left behind.' : 'Done: written, read back and compared.';
    const kind = job.state === 'cancelled' ? '' : 'good';
    outcome.replaceChildren(dsb.make('div', { className: `notice ${kind}` }, words));
  }

  function progress(slug, job) {
    const cancel = dsb.make('button', { type: 'button', className: 'button' }, 'Cancel');
    cancel.addEventListener('click', () => dsb.ask(`/api/v1/projects/${slug}/jobs/${job.id}`, { method: 'DELETE' }));
    const words = `${job.done} of ${job.total || '…'} images ${job.message}`;
    return [
      dsb.make('progress', { max: job.total || 1, value: job.done }),
      dsb.make('div', { className: 'row' }, dsb.make('span', { className: 'dim' }, words), cancel),
    ];
  }

  async function list(root) {
    const { slug } = root.dataset;
    const { exports } = await dsb.ask(`/api/v1/projects/${slug}/exports`);
    if (!exports.length) {
      root.replaceChildren(dsb.make('p', { className: 'dim' }, 'No exports yet.'));
      return;
    }
    const names = exports.map((item) => item.name);
    const rows = exports.map((item) => row(slug, item, names));
    const head = ['Name', 'Formats', 'Task', 'Images', 'Annotations', ''].map((words) =>
      dsb.make('th', {}, words),
    );
    root.replaceChildren(
      dsb.make(
        'table',
        { className: 'table' },
        dsb.make('thead', {}, dsb.make('tr', {}, ...head)),
        dsb.make('tbody', {}, ...rows),
      ),
    );
  }

  /** Verify and Diff run as jobs; what they found is painted below the list. */
  async function check(button, slug, address, body, words) {
    const outcome = document.getElementById('export-outcome');
    button.disabled = true;
    try {
      let { job } = await dsb.ask(address, { method: 'POST', json: body });
      while (job.state === 'running' && outcome.isConnected) {
        outcome.replaceChildren(...progress(slug, job));
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        ({ job } = await dsb.ask(`/api/v1/projects/${slug}/jobs/${job.id}`));
      }
      if (job.state !== 'done') throw new Error(job.error || `The job was ${job.state}.`);
      const { good, lines } = words(job.result);
      const said = lines.map((line) => dsb.make('div', {}, line));
      outcome.replaceChildren(dsb.make('div', { className: `notice ${good ? 'good' : 'bad'}` }, ...said));
    } catch (error) {
      outcome.replaceChildren(dsb.make('div', { className: 'notice bad' }, error.message));
    }
    button.disabled = false;
    outcome.scrollIntoView({ block: 'nearest' });
  }

  /** The first lines of a long list, and how many there are beside them. */
  function firstOf(lines) {
    const more = lines.length - MOST_LINES;
    return more > 0 ? [...lines.slice(0, MOST_LINES), `… and ${more} more.`] : lines;
  }

  function verified(name) {
    return ({ ok, problems, n_problems: n }) => ({
      good: ok,
      lines: ok ? [`${name} is whole and unchanged.`] : [`${name} differs from its manifest: ${n} found.`, ...firstOf(problems)],
    });
  }

  function compared(name, other) {
    return (said) => {
      const against = other || 'the project';
      if (said.same) return { good: true, lines: [`${name} and ${against} are the same: ${said.unchanged} objects.`] };
      const total = (counts) => Object.values(counts).reduce((sum, n) => sum + n, 0);
      const counts = `${total(said.added)} added, ${total(said.removed)} removed, ${total(said.changed)} changed, ${said.unchanged} the same`;
      const images = `${said.n_images_added} images added, ${said.n_images_removed} removed`;
      const iou = said.mean_iou === null ? [] : [`Mean IoU of the changed shapes: ${said.mean_iou.toFixed(3)}.`];
      return { good: true, lines: [`From ${name} to ${against}: ${counts}; ${images}.`, ...iou, ...firstOf(said.details)] };
    };
  }

  function row(slug, item, names) {
    const home = `/api/v1/projects/${slug}/exports/${item.name}`;
    const button = (words, act) => {
      const made = dsb.make('button', { type: 'button', className: 'button' }, words);
      made.addEventListener('click', () => act(made));
      return made;
    };
    const verify = button('Verify', (b) => check(b, slug, `${home}/verify`, {}, verified(item.name)));
    const options = ['', ...names.filter((name) => name !== item.name)].map((name) =>
      dsb.make('option', { value: name }, name || 'the project'),
    );
    const other = dsb.make('select', { className: 'input narrow', ariaLabel: 'Compare with' }, ...options);
    const diff = button('Diff with', (b) => check(b, slug, `${home}/diff`, { other: other.value }, compared(item.name, other.value)));
    const link = dsb.make(
      'a',
      { className: 'button', href: `/api/v1/projects/${slug}/exports/${item.name}.zip`, download: '' },
      'Download zip',
    );
    const cells = [
      item.name,
      item.formats.join(', '),
      item.task,
      item.images.toLocaleString('en'),
      item.annotations.toLocaleString('en'),
      dsb.make('div', { className: 'row' }, link, verify, diff, other),
    ];
    return dsb.make('tr', {}, ...cells.map((cell) => dsb.make('td', {}, cell)));
  }

  dsb.whenPresent('#export-list', (root) => {
    list(root).catch((error) => root.replaceChildren(error.message));
  });
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.dsb_export = { start };
})(window.dsb);
