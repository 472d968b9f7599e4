/** The numbers of the selected shape in a table, to be typed exactly. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { shaping } = dsb;
  const MOST = 300;

  class NumbersPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place a `details` element */
    constructor(editor, place) {
      Object.assign(this, { editor, place });
      this.body = dsb.make('div', { className: 'numbers-body' });
      place.append(dsb.make('summary', {}, 'Coordinates'), this.body);
      this.ask = dsb.soon(() => this.draw());
      editor.on('image objects selection', () => this.ask());
      place.addEventListener('toggle', () => this.draw());
      place.addEventListener('change', (event) => this.changed(event.target));
      place.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' || event.key === 'Enter') this.editor.surface.focus({ preventScroll: true });
      });
    }

    get state() {
      const { editor } = this;
      const state = editor.chosen.length === 1 ? editor.selectedState : null;
      return state && state.kind !== 'tag' ? state : null;
    }

    draw() {
      const { state, place } = this;
      place.hidden = !state;
      const typing = document.activeElement.tagName === 'INPUT' && place.contains(document.activeElement);
      if (!state || !place.open || typing) return;
      const rows = shaping.numbers(state.kind, state.geometry);
      const shown = rows.slice(0, MOST).map((row, k) => this.row(row, k));
      const rest = rows.length > MOST ? dsb.make('p', { className: 'dim' }, `and ${rows.length - MOST} more corners`) : null;
      this.body.replaceChildren(...shown, ...(rest ? [rest] : []));
    }

    row({ name, values }, row) {
      const fields = values.map((value, column) => {
        const words = values.length > 1 ? `${name}, ${'xy'[column]}` : name;
        const field = dsb.make('input', { type: 'number', step: 'any', className: 'input', 'aria-label': words });
        field.value = String(value);
        Object.assign(field.dataset, { row, column });
        return field;
      });
      return dsb.make('div', { className: 'numbers-row' }, dsb.make('span', {}, name), ...fields);
    }

    /** A number that leads to no shape is put back. */
    changed(field) {
      const { editor, state } = this;
      const value = Number(field.value);
      if (!state || !field.dataset.row || field.value === '' || !Number.isFinite(value)) return this.again();
      const { kind } = state;
      const shape = shaping.withNumber(kind, state.geometry, Number(field.dataset.row), Number(field.dataset.column), Math.fround(value));
      const told = { kind, geometry: shape };
      if (!editor.tools.get('select').fits(told)) return this.again();
      editor.edit(editor.selection, { geometry: shape }, 'numbers');
      return undefined;
    }

    again() {
      if (document.activeElement) document.activeElement.blur();
      this.editor.hint('This number makes no shape; it was put back');
      this.draw();
    }
  }

  dsb.NumbersPane = NumbersPane;
})(window);
