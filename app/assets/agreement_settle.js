/* Settling one image: what each annotator drew, object by object, and which of it stands for all. */
(function (dsb) {
  'use strict';
  const make = dsb.make;
  const COLORS = ['#e6194b', '#0082c8', '#3cb44b', '#f58231', '#911eb4', '#008080', '#aa6e28', '#808000'];
  const NOBODY = '';

  /** Show one image in the card `place`; `api` is the address of the project. */
  dsb.settle = function (place, api, image) {
    return new Settling(place, `${api}/images/${image}`).show();
  };

  /** The uids that the choices stand for, in the order of the findings. Pure. */
  dsb.chosenUids = function (choices) {
    return choices.filter((uid) => uid !== NOBODY);
  };

  /** What more than half of the annotators drew; nothing where they did not. Pure. */
  dsb.majorityOf = function (finding) {
    return finding.majority ? finding.typical : NOBODY;
  };

  class Settling {
    constructor(place, address) {
      this.place = place;
      this.address = address;
      this.notice = make('div', { className: 'notice', role: 'status' });
    }

    async show() {
      this.place.hidden = false;
      try {
        this.take(await dsb.ask(`${this.address}/findings`));
      } catch (error) {
        this.place.replaceChildren(this.notice);
        this.say(error.message, 'bad');
      }
      this.place.scrollIntoView({ block: 'start' });
      this.place.querySelector('h2')?.focus();
    }

    say(words, kind = '', ...more) {
      this.notice.className = `notice ${kind}`;
      this.notice.replaceChildren(words, ...more);
    }

    take(found) {
      this.found = found;
      this.color = Object.fromEntries(found.raters.map((rater, n) => [rater, COLORS[n % COLORS.length]]));
      this.choices = found.findings.map(dsb.majorityOf);
      const picture = this.picture();
      const list = make('div', { className: 'findings' }, ...found.findings.map((one, n) => this.row(one, n)));
      const majority = make('button', { type: 'button', className: 'button' }, 'Take the majority');
      majority.addEventListener('click', () => this.choose(found.findings.map(dsb.majorityOf)));
      const write = make('button', { type: 'button', className: 'button primary', id: 'write-consensus' }, 'Write the consensus');
      write.addEventListener('click', () => this.write());
      const veil = make('input', { type: 'checkbox', checked: true });
      veil.addEventListener('change', () => (this.veil.style.display = veil.checked ? '' : 'none'));
      const written = found.consensus.length ? `The consensus holds ${count(found.consensus.length)}.` : 'No consensus yet.';
      this.place.replaceChildren(
        make('h2', { tabIndex: -1 }, `Settle ${found.image.name}`),
        this.legend(),
        make('div', { className: 'settling' }, picture, make('div', { className: 'stack' }, list)),
        make('div', { className: 'row wrap' }, majority, write, make('label', { className: 'row' }, veil, 'Show where they differ'), make('span', { className: 'dim' }, written)),
        this.notice,
      );
    }

    legend() {
      const keys = this.found.raters.map((rater) => {
        const dot = make('span', { className: 'swatch' });
        dot.style.background = this.color[rater];
        return make('span', { className: 'row' }, dot, rater);
      });
      return make('div', { className: 'row wrap' }, ...keys);
    }

    // --- the picture --------------------------------------------------------------------------

    picture() {
      const { width, height } = this.found.image;
      this.veil = make('img', { src: `${this.address}/disagreement`, alt: 'Where they differ, in red', className: 'veil' });
      this.svg = svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none' });
      this.found.findings.forEach((finding, n) => {
        const group = svg('g', { 'data-finding': n });
        for (const object of finding.objects) {
          for (const line of object.lines) {
            const points = line.map(([x, y]) => `${x},${y}`).join(' ');
            group.append(svg('polyline', { points, stroke: this.color[object.rater], 'vector-effect': 'non-scaling-stroke' }));
          }
        }
        this.svg.append(group);
      });
      const image = make('img', { src: `${this.address}/pixels/preview`, alt: this.found.image.name });
      const frame = make('div', { className: 'settling-picture' }, image, this.veil, this.svg);
      frame.style.aspectRatio = `${width} / ${height}`;
      frame.style.width = `min(100%, calc(56vh * ${width / height}))`;
      return frame;
    }

    light(n) {
      for (const group of this.svg.children) group.classList.toggle('lit', group.dataset.finding === String(n));
      this.svg.classList.toggle('lighting', n !== null);
    }

    // --- the findings -------------------------------------------------------------------------

    row(finding, n) {
      const options = finding.objects.map((object) => {
        const label = this.found.labels[object.label];
        return this.option(n, object.uid, `${object.rater}: ${label ? label.name : object.label}`, this.color[object.rater]);
      });
      options.push(this.option(n, NOBODY, 'leave out'));
      const missed = finding.missed.length ? `not drawn by ${finding.missed.join(', ')}` : `overlap ${dsb.parts.share(finding.iou)}`;
      const row = make(
        'fieldset',
        { className: finding.agreed ? 'finding agreed' : 'finding' },
        make('legend', {}, `Object ${n + 1}`),
        make('div', { className: 'row wrap' }, ...options, make('span', { className: 'dim' }, missed)),
      );
      for (const event of ['mouseenter', 'focusin']) row.addEventListener(event, () => this.light(n));
      row.addEventListener('mouseleave', () => this.light(null));
      return row;
    }

    option(n, uid, words, color) {
      const radio = make('input', { type: 'radio', name: `finding-${n}`, value: uid, checked: this.choices[n] === uid });
      radio.addEventListener('change', () => (this.choices[n] = uid));
      if (color) radio.style.accentColor = color;
      return make('label', { className: 'row' }, radio, words);
    }

    choose(choices) {
      this.choices = choices;
      choices.forEach((uid, n) => {
        for (const radio of this.place.querySelectorAll(`[name='finding-${n}']`)) radio.checked = radio.value === uid;
      });
    }

    // --- writing ------------------------------------------------------------------------------

    async write() {
      const json = { uids: dsb.chosenUids(this.choices), name: dsb.uuid() };
      await this.change({ method: 'POST', json }, (answer) => {
        const undo = make('button', { type: 'button', className: 'button' }, 'Undo');
        undo.addEventListener('click', () =>
          this.change({ method: 'DELETE', json: { seq: answer.before } }, () => this.say('The consensus is as it was before.', 'good')),
        );
        this.say(`The consensus holds ${count(answer.consensus.length)}. `, 'good', undo);
      });
    }

    async change(asked, told) {
      const kept = this.choices;
      try {
        const answer = await dsb.ask(`${this.address}/consensus`, asked);
        const refused = answer.results.find((one) => one.outcome !== 'accepted');
        if (refused) throw new Error(`Nothing was changed: ${refused.reason}`);
        this.take(answer);
        this.choose(kept);
        told(answer);
      } catch (error) {
        this.say(error.message, 'bad');
      }
    }
  }

  function count(n) {
    return n === 1 ? '1 object' : `${n} objects`;
  }

  function svg(tag, attributes) {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }
})(window.dsb);
