/** Beside the image: groups of whole-image classes, and what the selection's label asks. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { asking } = dsb;
  const NUMBER = new Set(['number']);

  /** One line for each group: a question with its choices. */
  class GroupsPane {
    constructor(editor, place) {
      Object.assign(this, { editor, place });
      this.ask = dsb.soon(() => this.draw());
      editor.on('image objects label', () => this.ask());
      place.addEventListener('click', (event) => {
        const button = event.target.closest('[data-label]');
        if (button && editor.model) editor.toggleTag(Number(button.dataset.label));
      });
    }

    draw() {
      const { editor, place } = this;
      const groups = editor.model ? asking.groupsOf(editor.labels) : [];
      place.hidden = !groups.length;
      place.replaceChildren(...groups.map((group) => this.line(group)));
    }

    line({ name, several, labels }) {
      const choices = labels.map((label) => this.choice(label));
      const words = several ? `${name}, several` : name;
      const group = dsb.make('div', { className: 'choices', role: 'group', 'aria-label': words }, ...choices);
      return dsb.make('div', { className: 'group-line' }, dsb.make('span', {}, words), group);
    }

    choice({ id, name }) {
      const pressed = String(Boolean(this.editor.tagOf(id)));
      const button = dsb.make('button', { type: 'button', className: 'choice', 'aria-pressed': pressed }, name);
      button.dataset.label = id;
      return button;
    }
  }

  /** Fields for the attributes of what is selected, and a note. Built anew when others are asked. */
  class AskingPane {
    constructor(editor, place) {
      Object.assign(this, { editor, place });
      this.signature = '';
      /** @type {Map<string, HTMLElement>} fields by the name of what they answer */
      this.fields = new Map();
      this.ask = dsb.soon(() => this.draw());
      editor.on('image objects selection label', () => this.ask());
      editor.on('ask', () => this.focus());
    }

    /** The hand may be faster than the next frame: the fields are made before one is looked for. */
    focus() {
      this.draw();
      const [first] = this.fields.values();
      if (first) first.focus();
      else this.editor.hint('Select an object first: its label may ask something, and a note is possible');
    }

    /** What everything selected is asked: of different labels only the note. */
    questions() {
      const { editor } = this;
      const labels = new Set(editor.chosen.map((uid) => editor.model.annotation(uid)).filter(Boolean).map(({ label }) => label));
      if (!labels.size) return [];
      const own = labels.size === 1 ? asking.asked(editor.labelOf([...labels][0])) : [];
      return [...own, { name: asking.NOTE, kind: 'text' }];
    }

    draw() {
      const { editor, place } = this;
      const questions = editor.model ? this.questions() : [];
      const signature = JSON.stringify(questions);
      if (signature !== this.signature) this.build(questions);
      this.signature = signature;
      place.hidden = !questions.length;
      for (const question of questions) this.fill(question);
    }

    build(questions) {
      this.fields = new Map(questions.map((question) => [question.name, this.field(question)]));
      this.place.replaceChildren(...questions.map((question) => this.row(question)));
    }

    row({ name, required }) {
      const words = name === asking.NOTE ? 'Note' : name;
      const star = required ? dsb.make('abbr', { title: 'has to be answered' }, ' *') : null;
      return dsb.make('label', { className: 'asked' }, dsb.make('span', {}, words, star), this.fields.get(name));
    }

    field(question) {
      const node = FIELDS[question.kind](question);
      const say = () => this.editor.reply(question.name, valueOf(question, node));
      node.addEventListener('change', () => {
        say();
        if (question.kind === 'choice' || question.kind === 'check') node.blur(); // keys belong to the canvas again
      });
      node.addEventListener('keydown', (event) => {
        if (event.key === 'Enter' || event.key === 'Escape') this.editor.surface.focus({ preventScroll: true });
      });
      return node;
    }

    /** What is being typed is left alone. */
    fill({ name, kind, required }) {
      const node = this.fields.get(name);
      const states = this.editor.chosen.map((uid) => this.editor.model.annotation(uid)).filter(Boolean);
      const values = states.map(({ attributes }) => (attributes || {})[name]);
      const same = values.every((value) => value === values[0]);
      node.closest('.asked').classList.toggle('open', Boolean(required) && values.includes(undefined));
      if (kind === 'check') {
        node.checked = same && values[0] === true;
        node.indeterminate = !same || values[0] === undefined;
        return;
      }
      if (node === document.activeElement && kind !== 'choice') return;
      node.value = same && values[0] !== undefined ? String(values[0]) : '';
      if (kind !== 'choice') node.placeholder = same ? '' : 'different';
    }
  }

  const FIELDS = {
    choice: ({ options }) =>
      dsb.make('select', {}, ...['', ...options].map((value) => dsb.make('option', { value }, value || '–'))),
    number: () => dsb.make('input', { type: 'number', step: 'any', className: 'input' }),
    text: () => dsb.make('input', { type: 'text', className: 'input', maxLength: 2000 }),
    check: () => dsb.make('input', { type: 'checkbox' }),
  };

  function valueOf({ kind }, node) {
    if (kind === 'check') return node.checked;
    if (NUMBER.has(kind)) return node.value === '' ? '' : Number(node.value);
    return node.value.trim();
  }

  dsb.GroupsPane = GroupsPane;
  dsb.AskingPane = AskingPane;
})(window);
