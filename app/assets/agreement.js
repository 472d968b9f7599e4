/* The agreement page: rounds, tables of agreement, gold images; settling is its own file. */
(function (dsb) {
  'use strict';
  const POLL_MS = 400;
  const make = dsb.make;

  dsb.whenPresent('#agreement', (root, signal) => new Agreement(root, signal).show());

  class Agreement {
    constructor(root, signal) {
      this.signal = signal;
      this.slug = root.dataset.slug;
      this.api = `/api/v1/projects/${this.slug}`;
      this.notice = make('div', { className: 'notice', role: 'status' });
      this.rounds = make('section', { className: 'card stack', id: 'rounds' });
      this.tables = make('section', { className: 'card stack', id: 'agreement-tables', hidden: true });
      this.settling = make('section', { className: 'card stack', id: 'settling', hidden: true });
      this.gold = make('section', { className: 'card stack', id: 'gold' });
      root.replaceChildren(this.notice, this.rounds, this.tables, this.settling, this.gold);
    }

    async show() {
      await this.doing(async () => {
        const [{ rounds }, gold] = await Promise.all([dsb.ask(`${this.api}/rounds`), dsb.ask(`${this.api}/gold`)]);
        this.showRounds(rounds);
        this.showGold(gold);
      });
    }

    /** Do something; a refusal is told in its own words. */
    async doing(work, words = '') {
      this.say(words);
      try {
        await work();
        if (words) this.say('');
      } catch (error) {
        this.say(error.message, 'bad');
      }
    }

    say(words, kind = '') {
      this.notice.className = `notice ${kind}`;
      this.notice.replaceChildren(words);
    }

    // --- rounds -------------------------------------------------------------------------------

    showRounds(rounds) {
      const rows = rounds.map((one) => this.roundRow(one));
      const content = [make('h2', {}, 'Rounds')];
      content.push(
        rounds.length
          ? table(['Round', 'Images', 'Done', '', ''], rows)
          : make('p', { className: 'dim' }, 'No round yet. Start one: its annotators then see their own work alone.'),
      );
      content.push(this.newRound(!rounds.length));
      if (rounds.length > 1) content.push(make('div', { className: 'row' }, button('Compare all rounds', () => this.compare(null))));
      this.rounds.replaceChildren(...content);
    }

    roundRow(one) {
      const done = one.raters.map((rater) => make('div', {}, `${rater.user}: ${rater.done} of ${rater.images}`));
      const compare = button('Compare', () => this.compare(one.id));
      compare.classList.add('primary');
      const end = one.closed
        ? make('span', { className: 'dim' }, 'ended')
        : button('End', () => this.doing(async () => this.showRounds((await dsb.ask(`${this.api}/rounds/${one.id}`, { method: 'DELETE' })).rounds)));
      end.title = 'Its annotators see again what everybody sees; what they drew stays.';
      return [one.name, String(one.images), make('div', {}, ...done), compare, end];
    }

    newRound(open) {
      const name = input('Name', { required: true, value: 'Round' });
      const raters = input('Annotators, separated by commas', { required: true, placeholder: 'ada, bob' });
      const each = input('People for each image', { type: 'number', min: 1, max: 100, value: 2 });
      const first = input('From image', { type: 'number', min: 1, value: 1 });
      const last = input('To image', { type: 'number', min: 1, placeholder: 'the last' });
      const form = make(
        'form',
        { className: 'choices' },
        ...[name, raters, each, first, last].map((one) => one.field),
        make('div', { className: 'row' }, make('button', { type: 'submit', className: 'button primary' }, 'Start the round')),
      );
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        const json = {
          name: name.value,
          raters: raters.value.split(',').map((one) => one.trim()).filter(Boolean),
          per_image: Number(each.value),
          first: Number(first.value) || 1,
          last: Number(last.value) || null,
        };
        this.doing(async () => this.showRounds((await dsb.ask(`${this.api}/rounds`, { method: 'POST', json })).rounds));
      });
      return make('details', { open }, make('summary', {}, 'New round'), form);
    }

    // --- agreement ----------------------------------------------------------------------------

    async compare(round) {
      await this.doing(async () => {
        const answer = await dsb.ask(`${this.api}/agreement`, { method: 'POST', json: { round } });
        const found = answer.agreement || (await this.finished(answer.job));
        if (found) this.showAgreement(found);
      }, 'Comparing…');
    }

    /** Follow a job to its end, with a way to stop it. */
    async finished(job) {
      // A refusal is told by the job, which then goes on.
      const cancel = button('Cancel', () => dsb.ask(`${this.api}/jobs/${job.id}`, { method: 'DELETE' }).catch(() => {}));
      while (!this.signal.aborted) {
        const amount = job.total ? `${job.done} of ${job.total} images` : '';
        this.notice.replaceChildren(`Comparing… ${amount} `, cancel);
        if (!['waiting', 'running'].includes(job.state)) break;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        ({ job } = await dsb.ask(`${this.api}/jobs/${job.id}`));
      }
      if (job.state === 'failed') throw new Error(job.error);
      return job.state === 'done' ? job.result : null;
    }

    showAgreement(found) {
      this.tables.hidden = false;
      const heading = make('h2', { tabIndex: -1 }, `How far ${found.raters.join(', ') || 'they'} agree`);
      if (!found.n_images) {
        this.tables.replaceChildren(heading, make('p', {}, 'No image was marked done by two annotators yet.'));
        return;
      }
      const told = [
        `${found.n_images} images, ${found.n_objects} objects`,
        `mean score ${share(found.score)}`,
        found.label_kappa === null ? '' : `kappa of labels ${found.label_kappa.toFixed(2)}`,
        found.tag_kappa === null ? '' : `kappa of whole-image classes ${found.tag_kappa.toFixed(2)}`,
      ];
      const classes = found.classes.map((one) => [one.label, String(one.objects), bar(one.found), bar(one.iou), bar(one.pixels), kappa(one.kappa)]);
      const pairs = found.pairs.map((one) => [`${one.rater} and ${one.other}`, String(one.images), bar(one.found), bar(one.iou), bar(one.pixels), kappa(one.kappa)]);
      const worst = found.images.map((one) => this.imageRow(one));
      this.tables.replaceChildren(
        heading,
        make('p', { className: 'dim' }, told.filter(Boolean).join(' · ')),
        table(['Label', 'Objects', 'Drawn by both', 'Overlap (IoU)', 'Same pixels', 'Kappa'], classes),
        make('details', {}, make('summary', {}, 'By two annotators'), table(['Who', 'Images', 'Drawn by both', 'Overlap (IoU)', 'Same pixels', 'Kappa'], pairs)),
        make('h3', {}, 'Images, the worst first'),
        table(['', 'Image', 'Agreed', 'Score', ''], worst),
      );
      heading.focus();
    }

    imageRow(one) {
      const picture = make('img', {
        src: `${this.api}/images/${one.image_id}/pixels/thumb`,
        alt: '',
        className: 'thumb',
        loading: 'lazy',
      });
      const settle = button('Settle', () => dsb.settle(this.settling, this.api, one.image_id));
      settle.setAttribute('aria-label', `Settle ${one.image}`);
      return [picture, one.image, `${one.agreed} of ${one.findings} objects`, bar(one.score), settle];
    }

    // --- gold ---------------------------------------------------------------------------------

    showGold({ images, trials }) {
      const by = new Map();
      for (const one of trials) by.set(one.user, [...(by.get(one.user) || []), one.score]);
      const rows = [...by].sort().map(([user, scores]) => [user, String(scores.length), bar(mean(scores)), bar(mean(scores.slice(-5)))]);
      const number = input('Image number', { type: 'number', min: 1, required: true });
      const form = make('form', { className: 'row end' }, number.field, make('button', { type: 'submit', className: 'button' }, 'Make it gold'));
      const change = (image, method) =>
        this.doing(async () => this.showGold(await dsb.ask(`${this.api}/images/${image}/gold`, { method, json: {} })));
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        change(number.value, 'PUT');
      });
      const chips = images.map((image) => {
        const remove = button('×', () => change(image, 'DELETE'));
        remove.setAttribute('aria-label', `Image ${image} is gold no longer`);
        return make('span', { className: 'chip' }, make('a', { href: `/p/${this.slug}/annotate/${image}` }, String(image)), remove);
      });
      const told =
        'What stands on a gold image now is its answer. Later rounds hide it among the others, and every annotator of a round gets it; nobody is told which it is.';
      this.gold.replaceChildren(
        make('h2', {}, 'Gold images'),
        make('p', { className: 'dim' }, told),
        make('div', { className: 'row wrap' }, ...chips),
        form,
        ...(rows.length ? [table(['Annotator', 'Gold images done', 'Mean score', 'The last five'], rows)] : []),
      );
    }
  }

  // --- small parts ------------------------------------------------------------------------------

  function table(heads, rows) {
    const head = make('tr', {}, ...heads.map((words) => make('th', { scope: 'col' }, words)));
    const body = rows.map((row) => make('tr', {}, ...row.map((cell) => make('td', {}, cell))));
    return make('table', { className: 'table' }, make('thead', {}, head), make('tbody', {}, ...body));
  }

  function button(words, act) {
    const made = make('button', { type: 'button', className: 'button' }, words);
    made.addEventListener('click', act);
    return made;
  }

  /** An input in its label; `.field` is what stands on the page. */
  function input(words, properties) {
    const made = make('input', { className: 'input', ...properties });
    made.field = make('label', { className: 'field' }, make('span', { className: 'caption' }, words), made);
    return made;
  }

  function share(value) {
    return value === null || value === undefined ? '–' : `${Math.round(100 * value)} %`;
  }

  function bar(value) {
    if (value === null || value === undefined) return make('span', { className: 'dim' }, '–');
    const meter = make('meter', { min: 0, max: 1, low: 0.5, high: 0.75, optimum: 1, value });
    return make('span', { className: 'row' }, meter, share(value));
  }

  function kappa(value) {
    return value === null || value === undefined ? '–' : value.toFixed(2);
  }

  function mean(values) {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  }

  dsb.parts = { table, button, bar, share };
})(window.dsb);
