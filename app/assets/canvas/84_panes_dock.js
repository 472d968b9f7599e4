/**
 * The floating dock: the controls of the tool in hand, from its plain list. Controls are kept while
 * their kind stays the same, so that a slider is not torn out of the hand that drags it.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const STEPS = 1000;
  const PATIENCE = 60;

  const toPosition = ({ min, max, curve = 1 }, value) =>
    Math.round(STEPS * ((value - min) / (max - min)) ** (1 / curve));
  const toValue = ({ min, max, curve = 1 }, position) =>
    Math.round(min + (max - min) * (position / STEPS) ** curve);

  const NAMED = ['button', 'range', 'select'];
  const signature = (control) =>
    control.is + (NAMED.includes(control.is) ? control.text : '');

  class DockPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place */
    constructor(editor, place) {
      Object.assign(this, { editor, place });
      this.controls = [];
      this.nodes = [];
      this.ask = dsb.soon(() => this.draw());
      editor.on('dock tool selection label image', () => this.ask());
    }

    draw() {
      const next = this.editor.model ? this.editor.tool.dock() : [];
      const same =
        next.length === this.controls.length &&
        next.every((control, i) => signature(control) === signature(this.controls[i]));
      this.controls = next;
      this.place.hidden = next.length === 0;
      if (!same) {
        this.nodes = next.map((control, i) => this.build(control, i));
        this.place.replaceChildren(...this.nodes);
      }
      next.forEach((control, i) => this.fill(this.nodes[i], control));
    }

    build(control, i) {
      return this[`build_${control.is}`](control, i);
    }

    fill(node, control) {
      this[`fill_${control.is}`](node, control);
    }

    build_text() {
      return dsb.make('span', { className: 'dock-text' });
    }

    fill_text(node, { text }) {
      node.textContent = text;
    }

    build_chip() {
      return dsb.make('b', { className: 'dock-chip' }, dsb.make('i', { className: 'swatch' }), '');
    }

    fill_chip(node, { text, color }) {
      node.firstChild.style.background = color || 'transparent';
      node.firstChild.hidden = !color;
      node.lastChild.textContent = text;
    }

    build_button(control, i) {
      const keys = control.keys ? dsb.make('kbd', {}, control.keys) : null;
      const look = control.primary ? 'button primary' : 'button quiet';
      const node = dsb.make('button', { type: 'button', className: look }, `${control.text} `, keys);
      node.addEventListener('click', () => this.controls[i].run());
      return node;
    }

    fill_button(node, { disabled }) {
      node.disabled = Boolean(disabled);
    }

    build_choice(control, i) {
      const options = control.options.map((option) => this.option(option, i));
      return dsb.make('div', { className: 'dock-choice', role: 'group' }, ...options);
    }

    option({ value, text, color, keys }, i) {
      const dot = dsb.make('i', { className: 'dot' });
      dot.style.background = color || 'transparent';
      dot.hidden = !color;
      const hint = keys ? dsb.make('kbd', {}, keys) : null;
      const node = dsb.make('button', { type: 'button', className: 'option' }, dot, text, hint);
      node.dataset.value = value;
      node.addEventListener('click', () => this.controls[i].set(value));
      return node;
    }

    fill_choice(node, { value }) {
      for (const option of node.children) {
        option.setAttribute('aria-pressed', String(option.dataset.value === value));
      }
    }

    build_select(control, i) {
      const options = control.options.map((value) => dsb.make('option', { value }, value));
      const node = dsb.make('select', { 'aria-label': control.text }, ...options);
      node.addEventListener('change', () => {
        node.blur(); // keys belong to the canvas again
        this.controls[i].set(node.value);
      });
      return dsb.make('label', { className: 'dock-select' }, control.text, node);
    }

    fill_select(node, { value }) {
      node.querySelector('select').value = value;
    }

    build_range(control, i) {
      const input = dsb.make('input', { type: 'range', min: 0, max: STEPS, 'aria-label': control.text });
      const value = dsb.make('output', {});
      let timer = 0;
      input.addEventListener('input', () => {
        const now = this.controls[i];
        value.textContent = words(now, toValue(now, Number(input.value)));
        clearTimeout(timer);
        timer = setTimeout(() => this.controls[i].set(toValue(now, Number(input.value))), PATIENCE);
      });
      const title = control.keys ? `${control.text} (${control.keys})` : control.text;
      return dsb.make('label', { className: 'dock-range', title }, control.text, input, value);
    }

    fill_range(node, control) {
      const [input, value] = [node.querySelector('input'), node.querySelector('output')];
      value.textContent = words(control, control.value);
      if (toValue(control, Number(input.value)) !== control.value) {
        input.value = toPosition(control, control.value);
      }
      input.setAttribute('aria-valuetext', value.textContent);
    }
  }

  const words = ({ unit, zero }, value) =>
    zero && value === 0 ? zero : `${value}${unit ? ` ${unit}` : ''}`;

  dsb.DockPane = DockPane;
})(window);
