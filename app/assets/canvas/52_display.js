/**
 * The tone in which the picture on the stage is shown. Eight bits go through a table of the
 * browser's own filter; deeper pictures are shaded from their raw samples, and the filter stands
 * in until those are there. Emits `tone`.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { tones } = dsb;
  const SVG = 'http://www.w3.org/2000/svg';
  const FILTER = 'canvas-tone';
  const PATIENCE = 400;

  /** An SVG filter that maps each of the three colours by one table. */
  function filterNode() {
    const svg = document.createElementNS(SVG, 'svg');
    const filter = document.createElementNS(SVG, 'filter');
    const transfer = document.createElementNS(SVG, 'feComponentTransfer');
    const colours = ['R', 'G', 'B'].map((name) => document.createElementNS(SVG, `feFunc${name}`));
    for (const colour of colours) colour.setAttribute('type', 'table');
    const bounds = { id: FILTER, filterUnits: 'userSpaceOnUse', x: 0, y: 0, width: '100%', height: '100%' };
    for (const [name, value] of Object.entries(bounds)) filter.setAttribute(name, value);
    filter.setAttribute('color-interpolation-filters', 'sRGB');
    svg.setAttribute('class', 'tone-filter');
    svg.setAttribute('aria-hidden', 'true');
    transfer.append(...colours);
    filter.append(transfer);
    svg.append(filter);
    return { svg, colours };
  }

  class Display extends dsb.Emitter {
    /** @param {dsb.Editor} editor @param {HTMLElement} surface */
    constructor(editor, surface) {
      super();
      this.editor = editor;
      this.depth = new dsb.Depth(surface, editor.view);
      const { svg, colours } = filterNode();
      this.colours = colours;
      surface.append(svg);
      /** @type {dsb.Histogram | null} */
      this.histogram = null;
      this.frame = 0;
      editor.on('image', () => this.show());
    }

    /** Is there more to the picture than the eight bits of its preview? */
    get isDeep() {
      return !['uint8', 'bool'].includes(this.editor.image.dtype);
    }

    /** @returns {dsb.Tone} what was chosen; a window of values counts for its own depth alone */
    get tone() {
      const { tone } = this.editor.settings;
      if (!tone) return tones.PLAIN;
      const { image } = this.editor;
      return image && tone.dtype === image.dtype ? tone : { ...tone, range: null };
    }

    /** The smallest window: one value, or a sliver of what there is. */
    get least() {
      const { image } = this.editor;
      const { low, high } = this.histogram;
      return image.dtype.startsWith('float') ? (high - low) / 1e4 : 1;
    }

    show() {
      const { slug, image } = this.editor;
      this.histogram = null;
      this.depth.show(slug, this.isDeep ? image : null);
      this.apply();
      if (!tones.isPlain(this.tone) || this.watched) this.know();
    }

    /** Ask for the histogram once. */
    async know() {
      const { slug, image } = this.editor;
      if (this.histogram || this.asked === image) return;
      this.asked = image;
      const answer = await dsb.client.histogram(slug, image).catch(() => ({ status: 0 }));
      if (this.asked === image) this.asked = null;
      if (this.editor.image !== image) return;
      if (answer.status !== 200) {
        this.editor.hint('The histogram of this image cannot be read');
        return;
      }
      this.histogram = answer.body;
      this.apply();
      this.emit('tone');
    }

    /** @param {Partial<dsb.Tone>} fields */
    set(fields) {
      const { editor } = this;
      const next = { ...this.tone, ...fields, dtype: editor.image.dtype };
      if (next.range) next.range = tones.sound(next.range, this.least);
      editor.settings.tone = next;
      clearTimeout(this.keeping);
      this.keeping = setTimeout(() => editor.setSetting('tone', editor.settings.tone), PATIENCE);
      this.ask();
    }

    reset() {
      this.set(tones.PLAIN);
    }

    ask() {
      if (this.frame) return;
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.apply();
        this.emit('tone');
      });
    }

    apply() {
      const { tone } = this;
      const plain = tones.isPlain(tone);
      this.filter(plain ? null : tone);
      if (this.isDeep && this.histogram) this.depth.shadeBy(plain ? null : tone, this.histogram);
    }

    /** What the preview shows as 0 to 255 stands for the picture's own window. */
    filter(tone) {
      const known = this.histogram || (this.isDeep || (tone && tone.equalise) ? null : { window: [0, 255] });
      const { graph } = this.editor;
      if (!tone || !known) {
        graph.filter('');
        return;
      }
      const [from, to] = known.window;
      const shades = tones.levels(tone, known, { from, step: (to - from) / 255, count: 256 });
      const table = Array.from(shades, (level) => (level / 255).toFixed(4)).join(' ');
      for (const colour of this.colours) colour.setAttribute('tableValues', table);
      graph.filter(`url("#${FILTER}")`);
    }
  }

  dsb.Display = Display;
})(window);
