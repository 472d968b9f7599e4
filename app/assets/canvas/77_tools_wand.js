/**
 * Wand: a click, a box or a few touches become a mask, shown first, taken with Enter.
 *
 * click: the pixels like the one under it, dragging sideways sets how like;
 * box: the object in the box; paint: every superpixel touched; grow: on from the strokes;
 * threshold: the bright or the dark pixels inside a free hand.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const OBJECT = '#39d98a';
  const BACKGROUND = '#ff5d8f';
  const PER_PIXEL = 0.15;
  const FIRST_TOLERANCE = 12;
  const MODES = ['click', 'box', 'paint', 'grow', 'threshold'];
  const LOOSE = 1;
  const WORDS = {
    click: 'click on the object; drag sideways for more or less of it',
    box: 'drag a box around the object',
    paint: 'paint over the object: whole superpixels are taken, with Alt given up',
    grow: 'draw on the object: it grows to where it looks different',
    threshold: 'drag around the object: the bright or the dark pixels inside are taken',
  };

  class WandTool extends dsb.Tool {
    constructor(editor) {
      super(editor);
      this.requests = new dsb.refine.Requests(editor, 'region');
      this.from = null;
      this.draft = null;
      this.pointer = null;
      /** @type {Array<[number, number]> | null} the free hand around a threshold */
      this.ring = null;
      this.forget();
    }

    get mode() {
      const { wandMode } = this.editor.settings;
      return MODES.includes(wandMode) ? wandMode : 'click';
    }

    get touches() {
      return this.mode === 'paint' || this.mode === 'grow';
    }

    get width() {
      return this.editor.settings.scribble;
    }

    forget() {
      Object.assign(this, { proposal: null, state: null, hintText: '', asked: null, strokes: [] });
    }

    enter() {
      dsb.refine.prepare(this.editor);
      this.editor.select(null);
    }

    leave() {
      this.drop();
      this.pointer = null;
    }

    drop() {
      this.requests.cancel();
      this.from = null;
      this.draft = null;
      this.ring = null;
      this.show(null);
      this.forget();
      this.editor.emit('dock');
    }

    // --- the gesture ----------------------------------------------------------------------------

    down(touch) {
      if (touch.button === 1 || !this.editor.needsLabel()) return false;
      this.from = touch.inside;
      this.to = touch.inside;
      if (this.touches) this.draft = this.strokeFrom(touch);
      if (this.mode === 'threshold') this.ring = [touch.inside];
      if (this.mode === 'click') this.click(touch, this.editor.settings.wandTolerance || null);
      this.editor.redraw();
      return true;
    }

    strokeFrom(touch) {
      const background = touch.alt || touch.button === 2;
      return { points: [touch.inside], width: this.width, label: background ? 0 : this.editor.label };
    }

    drag(touch) {
      this.pointer = touch.point;
      this.to = touch.inside;
      if (this.draft) dsb.refine.extend(this.draft, touch, this.editor);
      if (this.ring) dsb.refine.extend({ points: this.ring }, touch, this.editor);
      if (this.mode === 'click') this.pull(touch);
      this.editor.redraw();
    }

    /** How far the pointer went sideways, on the screen, is how tolerant the wand is. */
    pull(touch) {
      const way = (touch.point[0] - this.from[0]) * this.editor.view.scale;
      if (Math.abs(way) < 4) return;
      const start = this.editor.settings.wandTolerance || FIRST_TOLERANCE;
      const tolerance = Math.min(100, Math.max(1, Math.round(start + way * PER_PIXEL)));
      if (tolerance === this.pulled) return;
      this.pulled = tolerance;
      this.ask({ tool: 'wand', point: this.from, tolerance });
    }

    up() {
      const { draft, mode } = this;
      this.draft = null;
      this.pulled = null;
      if (mode === 'box') this.askBox();
      else if (this.ring) this.askThreshold();
      else if (draft) {
        this.strokes = [...this.strokes, draft];
        this.askStrokes();
      }
      this.from = null;
      this.editor.redraw();
    }

    click(touch, tolerance) {
      this.ask({ tool: 'wand', point: touch.inside, ...(tolerance ? { tolerance } : {}) });
    }

    askBox() {
      const geometry = dsb.geometry.boxBetween(this.from, this.to);
      if (Math.min(geometry.width, geometry.height) * this.editor.view.scale < 3) {
        this.say('Drag from one corner of the object to the opposite one');
        return;
      }
      this.ask({ tool: 'box', geometry, method: this.editor.settings.boxMethod || 'auto' });
    }

    askThreshold() {
      const ring = dsb.geometry.straightened(this.ring, LOOSE / this.editor.view.scale);
      this.ring = null;
      if (ring.length < 3) {
        this.say('Drag around the object, without letting go');
        return;
      }
      this.ask({ tool: 'threshold', geometry: { parts: [[ring]] }, ...this.levels });
    }

    get levels() {
      const { thresholdLevel: level, thresholdSide: side = 'auto' } = this.editor.settings;
      return { side, ...(level ? { level } : {}) };
    }

    askStrokes() {
      const { settings, label } = this.editor;
      const body = { label, strokes: this.strokes };
      if (this.mode === 'paint') this.ask({ tool: 'superpixels', size: settings.wandSize || 'medium', ...body });
      else this.ask({ tool: 'grow', tolerance: settings.growTolerance || 3, ...body });
    }

    /** The same question again, after a setting changed. */
    again() {
      if (this.strokes.length) this.askStrokes();
      else if (this.asked && this.asked.tool === 'box') {
        this.ask({ ...this.asked, method: this.editor.settings.boxMethod });
      } else if (this.asked && this.asked.tool === 'threshold') {
        const { tool, geometry } = this.asked;
        this.ask({ tool, geometry, ...this.levels });
      } else if (this.asked) {
        const tolerance = this.editor.settings.wandTolerance || null;
        const { tolerance: _old, ...rest } = this.asked;
        this.ask(tolerance ? { ...rest, tolerance } : rest);
      }
    }

    async ask(body) {
      this.asked = body;
      this.editor.emit('dock');
      const answer = await this.requests.ask(body);
      if (!answer || body !== this.asked) return;
      this.show(answer.proposal);
      this.say(answer.hint || '');
    }

    say(text) {
      this.hintText = text;
      this.editor.emit('dock');
    }

    show(proposal) {
      const { editor } = this;
      this.proposal = proposal;
      this.state = proposal && { label: editor.label, kind: 'mask', geometry: proposal.geometry };
      const raster = proposal ? dsb.shapes.rasterOf(this.state) : null;
      if (editor.live) editor.live.show(raster, editor.color(editor.label));
      editor.redraw();
      editor.emit('objects');
    }

    // --- keys -----------------------------------------------------------------------------------

    accept() {
      const { proposal, editor, requests } = this;
      if (!proposal) return requests.busy || this.strokes.length > 0;
      const { geometry, method } = proposal;
      this.drop();
      editor.annotate('mask', geometry, { source: `wand: ${method}`, tool: 'wand' });
      return true;
    }

    escape() {
      const busy = Boolean(this.from || this.asked || this.strokes.length);
      this.drop();
      return busy;
    }

    /** Ctrl+Z takes the newest touch back. */
    undo() {
      if (!this.strokes.length) return false;
      this.strokes = this.strokes.slice(0, -1);
      if (this.strokes.length) this.askStrokes();
      else this.drop();
      return true;
    }

    abandon() {
      this.from = null;
      this.draft = null;
      this.ring = null;
      this.editor.redraw();
    }

    labelled() {
      const { proposal } = this;
      this.strokes = this.strokes.map((s) => (s.label ? { ...s, label: this.editor.label } : s));
      if (proposal) this.show(proposal);
      return Boolean(proposal);
    }

    hover(touch) {
      this.pointer = touch.point;
      this.editor.redraw();
    }

    unfinished() {
      return this.proposal ? 'Enter accepts the mask, Esc rejects it' : '';
    }

    // --- what is to be seen ---------------------------------------------------------------------

    parts() {
      const { editor, state, draft, pointer, mode } = this;
      const color = editor.color(editor.label);
      const parts = state
        ? [{ is: 'shape', kind: 'mask', outline: dsb.shapes.outlineOf(state), color, look: 'preview' }]
        : [];
      for (const stroke of draft ? [...this.strokes, draft] : this.strokes) {
        parts.push({ is: 'stroke', ...stroke, color: stroke.label ? OBJECT : BACKGROUND });
      }
      if (mode === 'box' && this.from) {
        const geometry = dsb.geometry.boxBetween(this.from, this.to);
        parts.push({ is: 'shape', kind: 'box', geometry, color, look: 'draft' });
      }
      const outline = this.ring || this.around;
      if (outline) parts.push({ is: 'shape', kind: 'polyline', geometry: { points: outline }, color, look: 'ghost' });
      if (pointer && this.touches) parts.push({ is: 'ring', point: pointer, width: this.width });
      return parts;
    }

    /** The shape whose inside was asked about, closed. */
    get around() {
      if (!this.asked || this.asked.tool !== 'threshold') return null;
      const [[ring]] = this.asked.geometry.parts;
      return [...ring, ring[0]];
    }

    dock() {
      const { editor } = this;
      const status = this.requests.busy ? 'working…' : this.hintText;
      const idle = this.proposal || this.strokes.length ? '' : WORDS[this.mode];
      return [
        ...editor.labelChip(),
        {
          is: 'choice', value: this.mode, options: MODES.map((value) => ({ value, text: value })),
          set: (value) => {
            this.drop();
            editor.setSetting('wandMode', value);
          },
        },
        ...this.settingsOf(this.mode),
        ...(status || idle ? [{ is: 'text', text: status || idle }] : []),
        ...(this.asked || this.strokes.length ? dsb.refine.acceptControls(this, this.proposal) : []),
      ];
    }

    settingsOf(mode) {
      const { settings } = this.editor;
      const set = (name) => (value) => {
        this.editor.setSetting(name, value);
        this.again();
      };
      if (mode === 'click') {
        return [{
          is: 'range', text: 'tolerance', min: 0, max: 60, zero: 'auto',
          value: settings.wandTolerance || 0, set: set('wandTolerance'),
        }];
      }
      if (mode === 'box') {
        return [{
          is: 'select', text: 'method', options: dsb.refine.METHODS.box,
          value: settings.boxMethod || 'auto', set: set('boxMethod'),
        }];
      }
      if (mode === 'threshold') {
        return [{
          is: 'range', text: 'level', min: 0, max: 99, zero: 'auto',
          value: settings.thresholdLevel || 0, set: set('thresholdLevel'),
        }, {
          is: 'select', text: 'take', options: dsb.refine.METHODS.threshold,
          value: settings.thresholdSide || 'auto', set: set('thresholdSide'),
        }];
      }
      const size = {
        is: 'range', text: 'size', min: 1, max: 100, curve: 2, unit: 'px', keys: '[ ]',
        value: this.width, set: (value) => this.editor.setSetting('scribble', value),
      };
      if (mode === 'grow') {
        return [size, {
          is: 'range', text: 'tolerance', min: 1, max: 12,
          value: settings.growTolerance || 3, set: set('growTolerance'),
        }];
      }
      return [size, {
        is: 'select', text: 'superpixels', options: dsb.refine.METHODS.superpixels,
        value: settings.wandSize || 'medium', set: set('wandSize'),
      }];
    }
  }

  dsb.register('wand', WandTool);
})(window);
