/**
 * Scribble: strokes on the object, strokes on the background, and the mask grows under them.
 *
 * A scribble carries the uid of the mask it will become; it is open while no annotation has that
 * uid. Strokes are operations like everything else: they survive a reload and are undone one by one.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const OBJECT = '#39d98a';
  const BACKGROUND = '#ff5d8f';

  class ScribbleTool extends dsb.Tool {
    constructor(editor) {
      super(editor);
      this.cursor = 'none';
      this.requests = new dsb.refine.Requests(editor, 'scribbles');
      this.background = false;
      this.draft = null;
      this.pointer = null;
      this.forget();
    }

    forget() {
      this.key = null;
      this.proposal = null;
      this.state = null;
      this.hintText = '';
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
        const named = this.strokes.find((stroke) => stroke.label > 0);
        if (named) this.editor.setLabel(named.label);
        if (this.known) this.editor.hide(key);
        this.ask();
      }
      this.editor.emit('dock');
    }

    leave() {
      this.requests.cancel();
      this.show(null);
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
      const background = this.background || touch.alt || touch.button === 2;
      this.draft = {
        points: [touch.inside],
        width: this.editor.settings.scribble,
        label: background ? 0 : this.editor.label,
      };
      this.editor.redraw();
      return true;
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
        this.show(null);
        this.say(strokes.length ? 'Draw a stroke on the object too' : '');
        return;
      }
      const label = strokes.find((stroke) => stroke.label > 0).label;
      const { smooth, scribbleMethod: method = 'auto' } = editor.settings;
      editor.emit('dock');
      const answer = await this.requests.ask({ label, strokes, method, smooth });
      if (!answer || key !== this.key) return;
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
      if (this.known) editor.hide(proposal ? this.key : null);
      editor.live.show(proposal ? dsb.shapes.rasterOf(this.state) : null, editor.color(editor.label));
      editor.redraw();
      editor.emit('objects');
    }

    accept() {
      const { proposal, key, editor, known } = this;
      if (!proposal) return this.strokes.length > 0;
      const fields = { kind: 'mask', geometry: proposal.geometry, source: `scribbles: ${proposal.method}` };
      this.requests.cancel();
      this.forget();
      editor.live.show(null);
      editor.hide(null);
      if (known) editor.edit(key, { ...fields, label: editor.label }, 'scribble');
      else editor.annotate('mask', proposal.geometry, { uid: key, source: fields.source, tool: 'scribble' });
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
      this.show(null);
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

    /** Another label: the strokes on the object follow it. */
    labelled() {
      const { strokes, editor } = this;
      const moved = strokes.map((s) => (s.label > 0 ? { ...s, label: editor.label } : s));
      if (strokes.length) editor.scribble(this.key, moved);
      return strokes.length > 0;
    }

    hover(touch) {
      this.pointer = touch.point;
      this.editor.redraw();
    }

    parts() {
      const { editor, state, draft, pointer } = this;
      const color = editor.color(editor.label);
      const parts = state
        ? [{ is: 'shape', kind: 'mask', outline: dsb.shapes.outlineOf(state), color, look: 'preview' }]
        : [];
      for (const stroke of draft ? [...this.strokes, draft] : this.strokes) {
        parts.push({ is: 'stroke', ...stroke, color: stroke.label ? OBJECT : BACKGROUND });
      }
      if (pointer) parts.push({ is: 'ring', point: pointer, width: editor.settings.scribble });
      return parts;
    }

    dock() {
      const { editor } = this;
      const status = this.requests.busy ? 'working…' : this.hintText;
      return [
        {
          is: 'choice',
          value: this.background ? 'background' : 'object',
          options: [
            { value: 'object', text: 'object', color: OBJECT },
            { value: 'background', text: 'background', color: BACKGROUND, keys: 'Alt' },
          ],
          set: (value) => {
            this.background = value === 'background';
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
        ...(status ? [{ is: 'text', text: status }] : []),
        ...(this.strokes.length ? dsb.refine.acceptControls(this, this.proposal) : []),
      ];
    }
  }

  dsb.register('scribble', ScribbleTool);
})(window);
