/** The overlay behind `?`: every key with what it does, searched, moved, and presets made. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { own } = dsb.keys;
  const { nameFrom, written } = dsb.keyNames;

  class KeysPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} node @param {HTMLElement} page */
    constructor(editor, node, page) {
      Object.assign(this, { editor, node, page, asking: null });
      node.setAttribute('role', 'dialog');
      node.setAttribute('aria-labelledby', 'keys-title');
      this.build();
      editor.on('help', () => this.toggle());
      editor.on('image', () => this.draw());
      own.on('change', () => this.draw());
      node.addEventListener('keydown', (event) => this.key(event), true);
    }

    build() {
      this.search = dsb.make('input', {
        type: 'search', className: 'filter', placeholder: 'search', 'aria-label': 'Search the keys',
      });
      this.search.addEventListener('input', () => this.draw());
      this.said = dsb.make('p', { className: 'key-said', role: 'status' });
      this.columns = dsb.make('div', { className: 'key-columns' });
      const reset = this.button('Keys as they came', () => own.reset());
      const close = this.button('Close', () => this.toggle());
      this.node.replaceChildren(
        dsb.make('h2', { id: 'keys-title' }, 'Keys'),
        dsb.make('div', { className: 'key-head' }, this.search, reset, close),
        this.said, this.columns,
      );
      this.draw();
    }

    button(text, run) {
      const node = dsb.make('button', { type: 'button', className: 'button quiet' }, text);
      node.addEventListener('click', run);
      return node;
    }

    toggle() {
      this.node.hidden = !this.node.hidden;
      this.ask(null);
      this.say('A click on a key moves it to another one.');
      if (this.node.hidden) this.editor.surface.focus({ preventScroll: true });
      else this.search.focus();
    }

    say(text) {
      this.said.textContent = text;
    }

    draw() {
      this.showTools();
      const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const found = (text) => words.every((word) => text.toLowerCase().includes(word));
      const groups = new Map([['Presets', this.presetRows(found)]]);
      for (const binding of dsb.keys.BINDINGS) {
        const { group, text } = binding;
        if (!group || !found(`${group} ${text} ${this.shown(binding)}`)) continue;
        if (!groups.has(group)) groups.set(group, []);
        groups.get(group).push(this.row(binding));
      }
      const sections = [...groups].filter(([, rows]) => rows.length);
      this.columns.replaceChildren(...sections.map(([name, rows]) =>
        dsb.make('section', {}, dsb.make('h3', {}, name), ...rows)));
    }

    /** The key in use; what several keys do together is written as it came. */
    shown({ keys, show }) {
      const moved = keys && keys.some((key) => own.keyFor(key) !== key);
      return moved ? keys.map((key) => written(own.keyFor(key))).join(', ') : show;
    }

    row(binding) {
      const { keys, text } = binding;
      const words = this.shown(binding);
      const movable = keys && keys.length === 1;
      const key = movable ? this.button('', () => this.ask((name) => own.move(keys[0], name, this.editor.slug), text))
        : dsb.make('kbd', {}, words);
      if (movable) {
        key.className = 'key-button';
        key.setAttribute('aria-label', `${text}: ${words}. Press to choose another key`);
        key.append(dsb.make('kbd', {}, words));
      }
      return dsb.make('div', { className: 'key-row' }, key, dsb.make('span', {}, text));
    }

    // --- presets --------------------------------------------------------------------------------

    presetRows(found) {
      const { slug, labels } = this.editor;
      if (!slug) return [];
      const rows = own.presetsOf(slug).map((preset) => {
        const { key, tool, label } = preset;
        const text = `${this.toolName(tool)} · ${this.editor.labelName(label)}`;
        const remove = this.button('remove', () => own.removePreset(slug, key));
        remove.className = 'link-button';
        remove.setAttribute('aria-label', `Remove the preset ${text}`);
        return { text, row: dsb.make('div', { className: 'key-row' }, dsb.make('kbd', {}, written(key)), dsb.make('span', {}, text), remove) };
      });
      const shown = rows.filter(({ text }) => found(`presets ${text}`)).map(({ row }) => row);
      return labels.length && found('presets new preset') ? [...shown, this.form()] : shown;
    }

    toolName(name) {
      const button = this.page.querySelector(`[data-tool="${name}"] small`);
      return button ? button.textContent : name;
    }

    form() {
      const options = (list) => list.map(([value, words]) => dsb.make('option', { value }, words));
      const names = [...this.page.querySelectorAll('[data-tool]')].map(({ dataset }) => dataset.tool);
      const tool = dsb.make('select', { 'aria-label': 'Tool of the new preset' }, ...options(names.map((name) => [name, this.toolName(name)])));
      const label = dsb.make('select', { 'aria-label': 'Label of the new preset' }, ...options(this.editor.labels.map(({ id, name }) => [id, name])));
      const add = this.button('key…', () => this.ask(
        (key) => own.addPreset(this.editor.slug, { key, tool: tool.value, label: Number(label.value) }),
        `${this.toolName(tool.value)} with ${label.selectedOptions[0].textContent}`,
      ));
      return dsb.make('div', { className: 'key-row key-form' }, tool, label, add);
    }

    // --- another key ----------------------------------------------------------------------------

    /** The next key that is pressed goes to `take`, which answers why not. */
    ask(take, what = '') {
      this.asking = take;
      this.node.classList.toggle('asking', Boolean(take));
      if (take) this.say(`${what}: press the key that shall do it. Esc leaves it as it is.`);
    }

    key(event) {
      if (this.asking) this.answer(event);
      else if (event.key === 'Escape') {
        event.stopPropagation();
        this.toggle();
      }
    }

    answer(event) {
      event.preventDefault();
      event.stopPropagation();
      const name = nameFrom(event);
      if (!name) return;
      const take = this.asking;
      this.ask(null);
      if (name === 'escape') this.say('');
      else this.say(take(name) || `Done: ${written(name)}.`);
      this.search.focus(); // what had the focus may be drawn anew
    }

    /** The letters on the tool buttons are the keys in use. */
    showTools() {
      for (const button of this.page.querySelectorAll('[data-tool]')) {
        const kbd = button.querySelector('kbd');
        if (!kbd) continue;
        kbd.dataset.came = kbd.dataset.came || kbd.textContent;
        const name = written(own.keyFor(kbd.dataset.came.toLowerCase()));
        kbd.textContent = name.replace('Shift ', '⇧').replace('Ctrl ', '^');
        button.title = `${this.toolName(button.dataset.tool)} (${name})`;
      }
    }
  }

  dsb.KeysPane = KeysPane;
})(window);
