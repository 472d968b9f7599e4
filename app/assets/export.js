/* Exporting: start it, show how far it is, list what was exported. */
(function (dsb) {
  'use strict';
  const POLL_MS = 400;

  /** Called by Dash with what the form holds; answers nothing, the outcome is painted here. */
  function start(clicks, slug, task, formats, split, images, allowLoss) {
    if (clicks) run(slug, { task, formats, split, images, allow_loss: allowLoss.includes('yes') });
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
    const rows = exports.map((item) => row(slug, item));
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

  function row(slug, item) {
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
      link,
    ];
    return dsb.make('tr', {}, ...cells.map((cell) => dsb.make('td', {}, cell)));
  }

  dsb.whenPresent('#export-list', (root) => {
    list(root).catch((error) => root.replaceChildren(error.message));
  });
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.dsb_export = { start };
})(window.dsb);
