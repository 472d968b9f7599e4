/**
 * Scribble: strokes on the object, strokes on the background, and the mask grows under them.
 *
 * A scribble carries the uid of the mask it will become; it is open while no annotation has that
 * uid. Strokes are operations like everything else: they survive a reload and are undone one by one.
 * With several labels at once each gets a mask of its own; the first has the scribble's uid.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const OBJECT = '#39d98a';
  const BACKGROUND = '#ff5d8f';
  const MARKS = [
    { value: 'object', text: 'object', color: OBJECT },
    { value: 'background', text: 'background', color: BACKGROUND, keys: 'Alt' },
    { value: 'erase', text: 'erase stroke', keys: 'Shift' },
  ];
  /** What the two lists of the dock say, and what the tool is told. */
  const LABELS = { one: 'one label', several: 'several labels' };
  const PARTS = { touched: 'this object', all: 'all like it' };
  const ROOM = 6;

  class ScribbleTool extends dsb.Tool {
    constructor(editor) {
      super(editor);
      this.cursor = 'none';
      this.requests = new dsb.refine.Requests(editor, 'scribbles');
      this.mark = 'object';
      this.draft = null;
      this.pointer = null;
      this.forget();
    }

    forget() {
      this.key = null;
      this.proposals = [];
      this.hintText = '';
    }

    get proposal() {
      return this.proposals[0] || null;
    }

    get several() {
      return this.editor.settings.scribbleLabels === 'several';
    }

    /** The label that the strokes on the object have. */
    get label() {
      const { known, strokes } = this;
      const own = known && strokes.find((stroke) => stroke.label === known.label);
      const named = own || strokes.find((stroke) => stroke.label > 0);
      return named ? named.label : this.editor.label;
    }

    /** Take up the selected object's strokes, or the scribble that was left open. */
    enter() {
      dsb.refine.prepare(this.editor);
      const { model, selection } = this.editor;
      const open = model.present('scribble').filter((item) => !model.annotation(item.key));
      const own = selection && model.item('scribble', selection).state ? selection : null;
      const last = open[open.length - 1];
      if (!own) this.editor.select(null);
      this.take(own || (last ? last.key : null));
    }

    take(key) {
      this.forget();
      this.key = key;
      this.begun = this.strokes;
      if (key && this.strokes.length) {
        this.editor.setLabel(this.label);
        if (this.known) this.editor.hide(key);
        this.ask();
      }
      this.editor.emit('dock');
    }

    leave() {
      this.requests.cancel();
      this.show([]);
      this.editor.hide(null);
      this.draft = null;
      this.pointer = null;
      this.forget();
    }

    get strokes() {
      const item = this.key && this.editor.model.item('scribble', this.key);
      return (item && item.state && item.state.strokes) || [];
    }

    /** The annotation that came of this scribble, if it was accepted before. */
    get known() {
      return this.key ? this.editor.model.annotation(this.key) : null;
    }

    down(touch) {
      if (!this.editor.needsLabel() || touch.button === 1) return false;
      if (this.mark === 'erase' || touch.shift) return this.eraseAt(touch.point);
      const background = this.mark === 'background' || touch.alt || touch.button === 2;
      this.draft = {
        points: [touch.inside],
        width: this.editor.settings.scribble,
        label: background ? 0 : this.editor.label,
      };
      this.editor.redraw();
      return true;
    }

    /** Take the newest stroke under the pointer away; the answer is then that of the others. */
    eraseAt(point) {
      const { strokes, editor } = this;
      const room = ROOM / editor.view.scale;
      const place = strokes.findLastIndex((stroke) => dsb.refine.away(stroke, point) <= room);
      if (place < 0) editor.hint('There is no stroke here to erase');
      else editor.scribble(this.key, strokes.toSpliced(place, 1));
      return false;
    }

    drag(touch) {
      this.pointer = touch.point;
      dsb.refine.extend(this.draft, touch, this.editor);
      this.editor.redraw();
    }

    up() {
      const stroke = this.draft;
      this.draft = null;
      if (!stroke) return;
      this.key = this.key || dsb.uuid();
      this.editor.scribble(this.key, [...this.strokes, stroke]);
    }

    /** The strokes changed, by hand, undo or from elsewhere: ask again. */
    scribbled(item) {
      const open = item.state && !this.editor.model.annotation(item.key);
      if (!this.key && open) this.key = item.key;
      if (item.key !== this.key) return;
      this.ask();
    }

    async ask() {
      const { strokes, key, editor } = this;
      if (!strokes.some((stroke) => stroke.label > 0)) {
        this.requests.cancel();
        this.show([]);
        this.say(strokes.length ? 'Draw a stroke on the object too' : '');
        return;
      }
      const { label } = this;
      const { smooth, scribbleMethod: method = 'auto', scribbleParts: parts = 'touched' } = editor.settings;
      const each = this.several && !this.known;
      editor.emit('dock');
      const answer = await this.requests.ask({ ...(each ? {} : { label }), strokes, method, smooth, parts });
      if (!answer || key !== this.key) return;
      const one = answer.proposal ? [{ ...answer.proposal, label }] : [];
      this.show(answer.proposals || one);
      this.say(answer.hint || '');
    }

    say(text) {
      this.hintText = text;
      this.editor.emit('dock');
    }

    show(proposals) {
      const { editor } = this;
      this.proposals = proposals;
      if (this.known) editor.hide(proposals.length ? this.key : null);
      const [first] = this.states;
      editor.live.show(first ? dsb.shapes.rasterOf(first) : null, first && editor.color(first.label));
      editor.redraw();
      editor.emit('objects');
    }

    get states() {
      return this.proposals.map(({ label, geometry }) => ({ label, kind: 'mask', geometry }));
    }

    accept() {
      const { proposals, key, editor, known } = this;
      if (!proposals.length) return this.strokes.length > 0;
      const wanted = proposals.map(({ label, geometry, method }, place) => ({
        type: 'annotation',
        key: place ? dsb.uuid() : key,
        after: { ...(place ? {} : known), label, kind: 'mask', geometry, source: `scribbles: ${method}` },
      }));
      this.requests.cancel();
      this.forget();
      editor.live.show(null);
      editor.hide(null);
      editor.commit(wanted, 'scribble');
      editor.select(null);
      editor.emit('dock');
      return true;
    }

    /** Reject: the strokes go; those of an accepted mask return to what they were. */
    escape() {
      if (this.draft) {
        this.abandon();
        return true;
      }
      if (!this.strokes.length) return false;
      const { key, known, begun } = this;
      this.requests.cancel();
      this.show([]);
      this.editor.hide(null);
      this.forget();
      this.editor.scribble(key, known ? begun : null);
      this.editor.emit('dock');
      return true;
    }

    abandon() {
      this.draft = null;
      this.editor.redraw();
    }

    /** Another label: the strokes on the object follow it, unless each label is to have its own. */
    labelled() {
      const { strokes, editor, label } = this;
      if (this.several && !this.known) return strokes.length > 0;
      const moved = strokes.map((s) => (s.label === label ? { ...s, label: editor.label } : s));
      if (strokes.length) editor.scribble(this.key, moved);
      return strokes.length > 0;
    }

    hover(touch) {
      this.pointer = touch.point;
      this.editor.redraw();
    }

    parts() {
      const { editor, draft, pointer } = this;
      const parts = this.states.map((state) => ({
        is: 'shape', kind: 'mask', outline: dsb.shapes.outlineOf(state),
        color: editor.color(state.label), look: 'preview',
      }));
      for (const stroke of draft ? [...this.strokes, draft] : this.strokes) {
        parts.push({ is: 'stroke', ...stroke, color: this.colorOf(stroke) });
      }
      if (pointer) parts.push({ is: 'ring', point: pointer, width: editor.settings.scribble });
      return parts;
    }

    colorOf({ label }) {
      if (!label) return BACKGROUND;
      return this.several ? this.editor.color(label) : OBJECT;
    }

    dock() {
      const { editor } = this;
      const status = this.requests.busy ? 'working…' : this.hintText;
      return [
        {
          is: 'choice',
          value: this.mark,
          options: MARKS,
          set: (value) => {
            this.mark = value;
            editor.emit('dock');
          },
        },
        {
          is: 'range', text: 'size', min: 1, max: 100, curve: 2, unit: 'px', keys: '[ ]',
          value: editor.settings.scribble, set: (value) => editor.setBrush(value),
        },
        {
          is: 'range', text: 'smooth', min: 0, max: 10, value: editor.settings.smooth,
          set: (value) => {
            editor.setSetting('smooth', value);
            this.ask();
          },
        },
        dsb.refine.methodControl(this, 'scribbleMethod', dsb.refine.METHODS.scribbles),
        dsb.refine.wordControl(this, 'labels', 'scribbleLabels', LABELS),
        dsb.refine.wordControl(this, 'parts', 'scribbleParts', PARTS),
        ...(status ? [{ is: 'text', text: status }] : []),
        ...(this.strokes.length ? dsb.refine.acceptControls(this, this.proposal) : []),
      ];
    }
  }

  dsb.register('scribble', ScribbleTool);
})(window);
