/** The profile under the line in the hand, or under the selected line, as it moves. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const PATIENCE = 150;
  const WIDEST = 99;
  const COLORS = [['#e5484d', '#30a46c', '#3e63dd'], ['#5b7cfa']];

  class MeasurePane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place */
    constructor(editor, place) {
      Object.assign(this, { editor, place, wide: 1, exact: null, shown: '' });
      this.samples = new dsb.Samples(() => this.ask(true));
      this.build();
      this.frame = 0;
      editor.on('pointer selection tool objects dock', () => this.ask());
      editor.on('image', () => {
        this.samples.show(editor.slug, editor.image);
        this.ask(true);
      });
    }

    build() {
      this.words = dsb.make('output', { className: 'grow' });
      this.size = dsb.make('input', {
        type: 'number', min: 1, max: WIDEST, value: 1, 'aria-label': 'Width of the profile in pixels',
      });
      this.size.addEventListener('change', () => {
        this.wide = Math.min(WIDEST, Math.max(1, Math.round(Number(this.size.value)) || 1));
        this.size.value = this.wide;
        this.ask(true);
      });
      this.save = dsb.make('button', { type: 'button', className: 'button quiet' }, 'CSV');
      this.save.addEventListener('click', () => this.download());
      this.plot = dsb.make('div', { className: 'measure-plot' });
      const size = dsb.make('label', {}, 'width ', this.size, ' px');
      const row = dsb.make('div', { className: 'row' }, this.words, size, this.save);
      this.place.replaceChildren(row, this.plot);
    }

    /** @returns {Array<[number, number]> | null} the line to look at */
    get line() {
      const { editor } = this;
      if (!editor.model) return null;
      const { tool } = editor;
      if (editor.toolName === 'polyline' && tool.points.length) {
        const drawn = tool.trail ? [...tool.points, ...tool.trail.slice(1)] : tool.points;
        return tool.pointer ? [...drawn, tool.pointer] : drawn;
      }
      const state = editor.selectedState;
      if (!state || state.kind !== 'polyline') return null;
      const draft = tool.draftOf(editor.selection);
      return ((draft && draft.geometry) || state.geometry).points;
    }

    ask(anew = false) {
      if (anew) this.shown = '';
      if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
    }

    draw() {
      this.frame = 0;
      const { line } = this;
      this.place.hidden = !line;
      const name = JSON.stringify([line, this.wide]);
      if (!line || name === this.shown) return;
      this.shown = name;
      this.exact = null;
      const how = { wide: this.wide, channels: this.samples.channels };
      this.show(dsb.sampling.profile(this.samples.read, this.editor.image, line, how));
      const length = dsb.kinds.length(line);
      this.words.textContent = `${length.toFixed(1)} px`;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.settle(name, line), PATIENCE);
    }

    show({ distance, values }) {
      const colors = COLORS[values.length === 1 ? 1 : 0];
      const traces = values.map((y, c) => ({
        x: distance, y, type: 'scatter', mode: 'lines', line: { width: 1.5, color: colors[c % colors.length] },
        name: values.length > 1 ? `channel ${c + 1}` : 'intensity',
      }));
      const style = getComputedStyle(this.place);
      const axis = { gridcolor: style.getPropertyValue('--line'), zeroline: false, automargin: true };
      root.Plotly.react(this.plot, traces, {
        height: 150, margin: { l: 44, r: 8, t: 4, b: 30 }, showlegend: false,
        paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
        font: { size: 11, color: style.color },
        xaxis: { ...axis, title: { text: 'px along the line', standoff: 4 } }, yaxis: axis,
      }, { displayModeBar: false, showSendToCloud: false, responsive: true });
    }

    /** The line rests: the exact values of the server take the place of what was read here. */
    async settle(name, points) {
      const { slug, image } = this.editor;
      const body = { points, width: this.wide };
      const answer = await dsb.client.profile(slug, image.id, body).catch(() => ({ status: 0 }));
      if (name !== this.shown || answer.status !== 200) return;
      this.exact = answer.body;
      const angles = answer.body.angles.filter((angle) => angle !== null);
      const turns = angles.length && angles.length < 4 ? `, ${angles.map((a) => `${a.toFixed(1)}°`).join(', ')}` : '';
      this.words.textContent = `${answer.body.length.toFixed(1)} px${turns}`;
      this.show(answer.body);
    }

    download() {
      if (!this.exact) return;
      const { distance, values } = this.exact;
      const head = ['distance_px', ...values.map((_, c) => `channel_${c + 1}`)].join(',');
      const rows = distance.map((d, i) => [d, ...values.map((v) => v[i] ?? '')].join(','));
      const address = URL.createObjectURL(new Blob([`${[head, ...rows].join('\n')}\n`], { type: 'text/csv' }));
      const link = dsb.make('a', { href: address, download: 'profile.csv' });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 1000);
    }
  }

  dsb.MeasurePane = MeasurePane;
})(window);
