/* Writing the instructions of a project and of its labels; administrators alone have the place for it. */
(function (dsb) {
  'use strict';
  const make = dsb.make;

  dsb.whenPresent('#guide-editor', (root) => new Guide(root).show());

  class Guide {
    constructor(root) {
      this.root = root;
      this.address = `/api/v1/projects/${root.dataset.slug}/guide`;
      this.notice = make('div', { role: 'alert' });
    }

    async show() {
      try {
        this.build(await dsb.ask(this.address));
      } catch (error) {
        this.say(error.message, 'bad');
        this.root.replaceChildren(this.notice);
      }
    }

    say(words, kind) {
      this.notice.replaceChildren(make('div', { className: `notice ${kind}` }, words));
    }

    build({ text, labels }) {
      const whole = make('textarea', { rows: 12, maxLength: 40000, value: text, id: 'guide-text', 'aria-label': 'Instructions' });
      const fields = labels.map((label) => {
        const field = make('textarea', { rows: 2, maxLength: 2000, value: label.text, 'aria-label': `What ${label.name} means` });
        return { id: label.id, name: label.name, field };
      });
      const form = make(
        'form', { className: 'stack guide-form' },
        make('h2', {}, 'Write'),
        make('p', { className: 'dim' }, '# Heading · - list · **bold** · *slanted* · `code` · [words](https://…) · ![what it shows](image:12) for a picture of this project.'),
        whole,
        ...fields.flatMap(({ name, field }) => [make('h3', {}, `What “${name}” means`), field]),
        make('div', { className: 'row' }, make('button', { type: 'submit', className: 'button primary' }, 'Keep')),
        this.notice,
      );
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        this.keep(whole.value, fields);
      });
      this.root.replaceChildren(form);
    }

    async keep(text, fields) {
      const labels = Object.fromEntries(fields.map(({ id, field }) => [id, field.value]));
      try {
        await dsb.ask(this.address, { method: 'PUT', json: { text, labels } });
        location.reload();
      } catch (error) {
        this.say(error.message, 'bad');
      }
    }
  }
})(window.dsb);
