/**
 * Mend: the selected object put right. Split it at the neck nearest to a stroke, fill, clean, round,
 * resize or simplify it; always shown first, taken with Enter. (Cut goes exactly where it is drawn.)
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const CUT = '#ff5d8f';
  const AREAS = ['mask', 'polygon', 'box', 'rotated_box', 'ellipse'];

  /** What each edit does with its slider; `amount` turns the slider's value into the tool's. */
  const EDITS = {
    split: { words: 'a rough stroke across cuts at the neck nearby · G: exactly there' },
    'split touching': {
      words: 'cuts at every neck', text: 'depth', min: 100, max: 300, first: 125, unit: '%',
      amount: (value) => value / 100,
    },
    'fill holes': { text: 'up to', min: 0, max: 5000, first: 0, curve: 3, unit: 'px²', zero: 'all' },
    'remove specks': {
      text: 'under', min: 0, max: 5000, first: 0, curve: 3, unit: 'px²', zero: 'all but the largest',
    },
    smooth: { text: 'by', min: 1, max: 20, first: 2, unit: 'px' },
    grow: { text: 'by', min: 1, max: 50, first: 2, unit: 'px' },
    shrink: { text: 'by', min: 1, max: 50, first: 2, unit: 'px' },
    simplify: { text: 'keep', min: 80, max: 99, first: 98, unit: '%', amount: (value) => value / 100 },
    'cut out': {
      words: 'Enter saves a picture of the object alone, transparent round it',
      text: 'soft rim', min: 0, max: 20, first: 0, unit: 'px',
    },
  };

  class MendTool extends dsb.Tool {
    constructor(editor) {
      super(editor);
      this.requests = new dsb.refine.Requests(editor, 'edit');
      this.forget();
    }

    forget() {
      Object.assign(this, { uid: null, proposals: [], stroke: null, draft: null, hintText: '' });
    }

    get name() {
      const { mend } = this.editor.settings;
      return Object.hasOwn(EDITS, mend) ? mend : 'split';
    }

    get value() {
      const kept = this.editor.settings[`mend ${this.name}`];
      return kept === undefined ? EDITS[this.name].first : kept;
    }

    get known() {
      return this.uid ? this.editor.model.annotation(this.uid) : null;
    }

    enter() {
      this.selected();
    }

    leave() {
      this.drop();
    }

    drop() {
      this.requests.cancel();
      this.editor.hide(null);
      this.forget();
      this.editor.redraw();
      this.editor.emit('dock');
      this.editor.emit('objects');
    }

    /** The selected object is the one to be mended. */
    selected() {
      const { selection, selectedState: state } = this.editor;
      if (selection === this.uid && this.uid) return;
      this.drop();
      if (!state || !AREAS.includes(state.kind)) return;
      this.uid = selection;
      this.ask();
    }

    down(touch) {
      if (touch.button !== 0) return false;
      if (this.uid && this.name === 'split') {
        this.draft = { points: [touch.inside], width: 1, label: 0 };
        return true;
      }
      this.pick(touch);
      return false;
    }

    pick(touch) {
      const uid = this.editor.pick(touch.point, (state) => AREAS.includes(state.kind));
      if (uid) this.editor.select(uid);
    }

    drag(touch) {
      if (!this.draft) return;
      dsb.refine.extend(this.draft, touch, this.editor);
      this.editor.redraw();
    }

    up() {
      const { draft } = this;
      this.draft = null;
      if (!draft) return;
      if (draft.points.length > 1) this.stroke = draft;
      this.editor.redraw();
      this.ask();
    }

    get body() {
      const { kind, geometry } = this.known;
      const { amount, first } = EDITS[this.name];
      const wanted = first === undefined || (EDITS[this.name].zero && this.value === 0);
      return {
        tool: this.name,
        shape: { kind, geometry },
        ...(this.name === 'split' ? { stroke: this.stroke } : {}),
        ...(wanted ? {} : { amount: amount ? amount(this.value) : this.value }),
      };
    }

    get waits() {
      return (this.name === 'split' && !this.stroke) || this.cuts;
    }

    get cuts() {
      return this.name === 'cut out';
    }

    async ask() {
      if (!this.known) return;
      if (this.waits) {
        this.requests.cancel();
        this.show([], '');
        return;
      }
      const { uid } = this;
      this.editor.emit('dock');
      const answer = await this.requests.ask(this.body);
      if (!answer || uid !== this.uid) return;
      this.show(answer.proposals || [], answer.hint || '');
    }

    show(proposals, hint) {
      const { editor } = this;
      Object.assign(this, { proposals, hintText: hint });
      editor.hide(proposals.length ? this.uid : null);
      editor.redraw();
      editor.emit('dock');
      editor.emit('objects');
    }

    hides(uid) {
      return this.proposals.length > 0 && uid === this.uid;
    }

    /** The first piece is the object; the further ones are new, with all that was said of it. */
    accept() {
      const { editor, known, uid, proposals, name } = this;
      if (this.cuts && known) return this.save();
      if (!proposals.length || !known) return Boolean(this.stroke || this.requests.busy);
      const source = `mend: ${name}`;
      const wanted = proposals.map(({ kind, geometry }, k) => ({
        type: 'annotation',
        key: k ? dsb.uuid() : uid,
        after: { ...known, kind, geometry, source },
      }));
      this.drop();
      editor.commit(wanted, 'mend');
      editor.select(null);
      return true;
    }

    /** A picture goes out; the object stays as it is. */
    save() {
      const { editor, known, uid, value } = this;
      const { slug, image, queue } = editor;
      const body = { client: queue.client, shape: { kind: known.kind, geometry: known.geometry }, soft: value };
      const failed = () => editor.hint('The picture could not be made: try again');
      dsb.client.cutout(slug, image.id, body).then(({ status, picture }) => {
        if (status !== 200) failed();
        else dsb.refine.save(picture, `${image.name.replace(/\.[^.]*$/, '')}-${uid.slice(0, 8)}.png`);
      }, failed);
      return true;
    }

    escape() {
      const busy = Boolean(this.uid);
      this.drop();
      if (busy) this.editor.select(null);
      return busy;
    }

    abandon() {
      this.draft = null;
      this.editor.redraw();
    }

    parts() {
      const { editor, proposals, known, draft, stroke } = this;
      const parts = [];
      const color = editor.color(known ? known.label : editor.label);
      for (const { kind, geometry } of proposals) {
        const state = { kind, geometry };
        const outline = kind === 'mask' ? dsb.shapes.outlineOf(state) : null;
        parts.push({ is: 'shape', kind, geometry, outline, color, look: 'preview' });
      }
      if (draft || stroke) parts.push({ is: 'stroke', ...(draft || stroke), width: 2 / editor.view.scale, color: CUT });
      return parts;
    }

    dock() {
      const { editor, known } = this;
      const choose = {
        is: 'select', text: 'edit', options: Object.keys(EDITS), value: this.name,
        set: (value) => {
          editor.setSetting('mend', value);
          Object.assign(this, { stroke: null, proposals: [] });
          this.ask();
        },
      };
      if (!known) return [choose, { is: 'text', text: 'click the object to be mended' }];
      const status = this.requests.busy ? 'working…' : this.hintText || (this.waits ? EDITS[this.name].words : this.pieces);
      return [
        choose,
        ...this.slider(),
        ...(status ? [{ is: 'text', text: status }] : []),
        ...dsb.refine.acceptControls(this, this.proposals.length || this.cuts),
      ];
    }

    get pieces() {
      return this.proposals.length > 1 ? `${this.proposals.length} pieces` : '';
    }

    slider() {
      const { text, min, max, curve, unit, zero, first } = EDITS[this.name];
      if (first === undefined) return [];
      return [{
        is: 'range', text, min, max, curve, unit, zero, value: this.value,
        set: (value) => {
          this.editor.setSetting(`mend ${this.name}`, value);
          this.ask();
        },
      }];
    }
  }

  dsb.register('mend', MendTool);
})(window);
