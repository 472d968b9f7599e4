/* Assignments: which images are meant for whom, by which day; and the rule of the review. */
(function (dsb) {
  'use strict';
  const STATES = ['new', 'in_progress', 'rejected', 'skipped', 'done', 'accepted'];
  const make = dsb.make;

  dsb.whenPresent('#work', (root) => new Work(root).show());

  class Work {
    constructor(root) {
      this.root = root;
      this.api = `/api/v1/projects/${root.dataset.slug}`;
      this.notice = document.getElementById('work-notice');
    }

    async show() {
      try {
        const [{ members }, { people }, rule, { project, labels }] = await Promise.all([
          dsb.ask(`${this.api}/members`),
          dsb.ask(`${this.api}/assignments`),
          dsb.ask(`${this.api}/review/rule`),
          dsb.ask(this.api),
        ]);
        const able = members.filter(({ role }) => role !== 'viewer').map(({ name }) => name).sort();
        this.root.replaceChildren(this.loads(people), this.assigning(able, project, labels), this.rule(rule));
      } catch (error) {
        this.say(error.message, 'bad');
      }
    }

    say(words, kind = '') {
      this.notice.replaceChildren(words ? make('div', { className: `notice ${kind}`, role: 'status' }, words) : '');
    }

    /** Ask the server and show the page anew; a refusal is told and changes nothing. */
    async change(method, path, json, told) {
      try {
        const answer = await dsb.ask(this.api + path, { method, json });
        await this.show();
        this.say(told(answer), 'good');
      } catch (error) {
        this.say(error.message, 'bad');
      }
    }

    // --- who has what ---------------------------------------------------------------------------

    loads(people) {
      const card = make('section', { className: 'card stack', id: 'work-loads' }, make('h2', {}, 'Assigned'));
      if (!people.length) {
        const words = 'Nothing is assigned: everybody takes the next free image from the queue. Assign images below to say who is to do which.';
        card.append(make('p', { className: 'dim' }, words));
        return card;
      }
      const head = make('tr', {}, ...['Person', 'Images', 'Still open', 'Next is due', ''].map((words) => make('th', {}, words)));
      const rows = people.map((one) => this.load(one));
      card.append(make('table', { className: 'table' }, make('thead', {}, head), make('tbody', {}, ...rows)));
      return card;
    }

    load({ user, images, open, due }) {
      const back = make('button', { type: 'button', className: 'button' }, 'Take back');
      back.addEventListener('click', () =>
        this.change('DELETE', '/assignments', { users: [user] }, ({ unassigned }) => `${unassigned} images of ${user} are free again.`),
      );
      const late = due && new Date(due) < new Date();
      const cells = [user, String(images), String(open), due ? `${dayOf(due)}${late ? ' (late)' : ''}` : ''];
      return make('tr', {}, ...cells.map((words) => make('td', {}, words)), make('td', {}, back));
    }

    assigning(able, project, labels) {
      const boxes = able.map((name) => [name, make('input', { type: 'checkbox', name: 'user', value: name })]);
      const people = boxes.map(([name, box]) => make('label', { className: 'row' }, box, name));
      const first = make('input', { type: 'number', min: 1, value: 1, 'aria-label': 'From image number' });
      const last = make('input', { type: 'number', min: 1, placeholder: 'last', 'aria-label': 'To image number' });
      const all = make('option', { value: '' }, 'in every state');
      const states = STATES.filter((state) => project.states[state]);
      const choices = states.map((value) => make('option', { value }, value.replace('_', ' ')));
      const state = make('select', { 'aria-label': 'Only images in this state' }, all, ...choices);
      const kinds = labels.map(({ id, name }) => make('option', { value: String(id) }, `with ${name}`));
      const label = make('select', { 'aria-label': 'Only images with this label' }, make('option', { value: '' }, 'with any label or none'), ...kinds);
      const due = make('input', { type: 'date', 'aria-label': 'Due on this day' });
      const send = make('button', { type: 'submit', className: 'button primary' }, 'Assign in turn');
      const form = make(
        'form', { className: 'card stack', id: 'work-assign' },
        make('h2', {}, 'Assign images'),
        make('p', { className: 'dim' }, 'The images go to the people in turn, one each. They come first for them and are offered to nobody else. An earlier assignment gives way.'),
        able.length ? make('div', { className: 'row wrap' }, ...people) : make('p', { className: 'dim' }, 'Nobody has a role here yet: give people one on the People page.'),
        make('div', { className: 'row wrap' }, 'Images', first, 'to', last, state, label, 'due', due, send),
      );
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        const users = boxes.filter(([, box]) => box.checked).map(([name]) => name);
        const body = { users, first: Number(first.value) || 1 };
        if (last.value) body.last = Number(last.value);
        if (state.value) body.state = state.value;
        if (label.value) body.label = Number(label.value);
        if (due.value) body.due = endOf(due.value);
        this.change('POST', '/assignments', body, ({ assigned }) => `${assigned} images are assigned.`);
      });
      return form;
    }

    // --- what is reviewed -----------------------------------------------------------------------

    rule(rule) {
      const percent = (value, words) => make('input', { type: 'number', min: 0, max: 100, value, 'aria-label': words });
      const share = percent(rule.share, 'Percent of what each person finishes');
      const second = percent(rule.second, 'Percent for a second reviewer');
      const below = make('input', { type: 'number', min: 0, max: 1, step: 0.01, value: rule.below === null ? '' : rule.below, placeholder: 'none', 'aria-label': 'Score below' });
      const seed = make('input', { type: 'number', min: 0, value: rule.seed, 'aria-label': 'Seed' });
      const send = make('button', { type: 'submit', className: 'button primary' }, 'Keep the rule');
      const form = make(
        'form', { className: 'card stack', id: 'work-rule' },
        make('h2', {}, 'What is reviewed'),
        make('div', { className: 'row wrap' }, share, '% of what each person finishes'),
        make('div', { className: 'row wrap' }, 'and every image with a score below', below),
        make('div', { className: 'row wrap' }, second, '% of what was accepted is seen by a second reviewer'),
        make('div', { className: 'row wrap' }, 'Seed', seed, make('span', { className: 'dim' }, 'another number draws other images')),
        make('div', { className: 'row' }, send),
      );
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        const body = {
          share: Number(share.value), second: Number(second.value), seed: Number(seed.value),
          below: below.value === '' ? null : Number(below.value),
        };
        this.change('PUT', '/review/rule', body, () => 'The rule is kept.');
      });
      return form;
    }
  }

  const dayOf = (at) => new Date(at).toLocaleDateString([], { dateStyle: 'medium' });

  /** The end of a day where the person is, with its time zone. */
  function endOf(day) {
    return new Date(`${day}T23:59:59`).toISOString();
  }
})(window.dsb);
