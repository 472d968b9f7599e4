/** The View panel: where to look, and the tone of the picture. Labels never change by it. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /** A button of the panel. */
  const button = (text, run, title) => {
    const node = dsb.make('button', { type: 'button', className: 'button quiet', title: title || text }, text);
    node.addEventListener('click', run);
    return node;
  };

  // Gamma by its logarithm: 50 doubles it.
  const DOUBLING = 50;

  const COLORS = [['label', 'by label'], ['object', 'each its own'], ['status', 'by status']];
  const COMPARED = [['', 'with nothing'], ['previous', 'with the previous image'], ['next', 'with the next image']];

  function legendLine({ color, words }) {
    const swatch = dsb.make('i', { className: 'swatch' });
    swatch.style.background = color;
    return dsb.make('li', {}, swatch, words);
  }

  class ViewPane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place @param {HTMLElement} opener */
    constructor(editor, place, opener) {
      Object.assign(this, { editor, place, opener, display: editor.display });
      this.histogram = new dsb.HistogramPane(this.display);
      this.sliders = [
        this.slider('Brightness', { min: -100, max: 100, step: 1, of: 'brightness' }),
        this.slider('Contrast', { min: -100, max: 100, step: 1, of: 'contrast' }),
        this.slider('Gamma', { min: -100, max: 100, step: 1, of: 'gamma' }),
      ];
      this.build();
      editor.on('look', () => this.toggle());
      editor.on('image', () => this.draw());
      this.display.on('tone', () => this.draw());
      place.addEventListener('keydown', (event) => this.key(event));
    }

    build() {
      const close = button('×', () => this.toggle(), 'Close (Shift+V)');
      close.setAttribute('aria-label', 'Close the View panel');
      this.ends = ['Black', 'White'].map((name, end) => this.field(name, end));
      this.equalise = dsb.make('input', { type: 'checkbox' });
      this.equalise.addEventListener('change', () => this.display.set({ equalise: this.equalise.checked }));
      const { editor } = this;
      this.place.replaceChildren(
        dsb.make('div', { className: 'view-head' }, dsb.make('h3', {}, 'View'), close),
        dsb.make('div', { className: 'view-row' },
          button('Fit', () => editor.fitView(), 'All of the image (0)'),
          button('1:1', () => editor.actualSize(), 'One pixel of the image for one of the screen (I)'),
          button('Object', () => editor.zoomToChosen(), 'Zoom to what is selected (Z)')),
        this.histogram.node,
        dsb.make('div', { className: 'view-row ends' }, ...this.ends.map(({ label }) => label)),
        ...this.sliders.map(({ label }) => label),
        dsb.make('div', { className: 'view-row' },
          dsb.make('label', { className: 'view-check' }, this.equalise, 'Equalise'),
          button('Stretch', () => this.stretch(), 'From the darkest to the brightest values that occur'),
          button('Reset', () => this.display.reset(), 'The picture as it came')),
        ...this.ofObjects(),
        ...this.ofAids(),
      );
    }

    /** How the objects are painted. */
    ofObjects() {
      const { editor } = this;
      this.opacity = dsb.make('input', { type: 'range', min: 0, max: 100, 'aria-label': 'Opacity of fills' });
      this.opacity.addEventListener('input', () => {
        editor.setLook('opacity', Number(this.opacity.value));
        this.draw();
      });
      this.percent = dsb.make('output', {});
      this.legend = dsb.make('ul', { className: 'view-legend' }, ...Object.values(dsb.colors.STATUSES).map(legendLine));
      return [
        dsb.make('h3', {}, 'Objects'),
        dsb.make('div', { className: 'view-row' },
          this.select('Colour', 'colorBy', COLORS, (value) => editor.setLook('colorBy', value)),
          this.check('Outlines', 'outlined', (on) => editor.setLook('outlined', on))),
        this.legend,
        dsb.make('label', { className: 'view-slider' }, dsb.make('span', {}, 'Opacity'), this.opacity, this.percent),
      ];
    }

    /** What helps to find one's way. */
    ofAids() {
      const { editor } = this;
      const aid = (name) => (on) => editor.setAid(name, on);
      return [
        dsb.make('h3', {}, 'Beside the picture'),
        dsb.make('div', { className: 'view-row' },
          this.check('Rulers', 'rulers', aid('rulers')), this.check('Overview', 'minimap', aid('minimap'))),
        this.select('Compare', 'compared', COMPARED, aid('compared')),
      ];
    }

    check(name, setting, run) {
      const input = dsb.make('input', { type: 'checkbox', checked: Boolean(this.editor.settings[setting]) });
      input.addEventListener('change', () => run(input.checked));
      return dsb.make('label', { className: 'view-check' }, input, name);
    }

    select(name, setting, options, run) {
      const node = dsb.make('select', { 'aria-label': name }, ...options.map(([value, words]) => dsb.make('option', { value }, words)));
      node.value = this.editor.settings[setting] || options[0][0];
      node.addEventListener('change', () => {
        run(node.value);
        this.draw();
      });
      return dsb.make('label', { className: 'view-choice' }, name, node);
    }

    slider(name, { of, ...bounds }) {
      const input = dsb.make('input', { type: 'range', ...bounds, value: 0, 'aria-label': name });
      const value = dsb.make('output', {}, '0');
      input.addEventListener('input', () => this.slid(of, Number(input.value)));
      input.addEventListener('dblclick', () => this.slid(of, 0));
      const label = dsb.make('label', { className: 'view-slider' }, dsb.make('span', {}, name), input, value);
      return { of, input, value, label };
    }

    field(name, end) {
      const input = dsb.make('input', { type: 'number', step: 'any', 'aria-label': `${name} at` });
      input.addEventListener('change', () => {
        const range = [...this.histogram.range];
        range[end] = Number(input.value);
        if (Number.isFinite(range[end])) this.histogram.move(range, end);
        this.draw();
      });
      return { input, label: dsb.make('label', {}, name, input) };
    }

    /** The sliders of tone and the window are two ways to say the same. */
    get values() {
      const { tone, histogram } = this.display;
      return { ...dsb.tones.slidersFrom(tone, histogram), gamma: Math.round(DOUBLING * Math.log2(tone.gamma)) };
    }

    slid(of, value) {
      if (!this.display.histogram) return;
      if (of === 'gamma') this.display.set({ gamma: 2 ** (value / DOUBLING) });
      else this.display.set({ range: dsb.tones.rangeFrom({ ...this.values, [of]: value }, this.display.histogram) });
    }

    stretch() {
      const { histogram } = this.display;
      if (histogram) this.display.set({ range: dsb.tones.stretched(histogram) });
    }

    toggle() {
      const open = this.place.hidden;
      this.place.hidden = !open;
      this.opener.setAttribute('aria-expanded', String(open));
      this.display.watched = open;
      if (!open) this.editor.surface.focus({ preventScroll: true });
      else {
        this.draw();
        if (this.editor.image) this.display.know();
        this.place.querySelector('button').focus();
      }
    }

    key(event) {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.toggle();
    }

    draw() {
      if (this.place.hidden || !this.editor.image) return;
      const { histogram, tone } = this.display;
      this.histogram.draw();
      const { settings } = this.editor;
      this.legend.hidden = settings.colorBy !== 'status';
      this.opacity.value = settings.opacity;
      this.percent.textContent = `${settings.opacity}`;
      this.equalise.checked = tone.equalise;
      if (!histogram) return;
      const { least } = this.display;
      const { values } = this;
      for (const { of, input, value } of this.sliders) {
        if (input !== document.activeElement || Number(input.value) !== values[of]) input.value = values[of];
        value.textContent = of === 'gamma' ? tone.gamma.toFixed(2) : String(values[of]);
      }
      this.histogram.range.forEach((end, k) => {
        const { input } = this.ends[k];
        if (input !== document.activeElement) input.value = least === 1 ? Math.round(end) : end.toPrecision(5);
      });
    }
  }

  dsb.ViewPane = ViewPane;
})(window);
