/** Snap: a rough outline moves onto the object's edge. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const WIDEST = 80;

  class SnapTool extends dsb.PolygonTool {
    static draws = false;

    constructor(editor) {
      super(editor);
      this.requests = new dsb.refine.Requests(editor, 'outline');
      this.forget();
    }

    forget() {
      /** @type {object | null} the polygon to be snapped */
      this.rough = null;
      this.uid = null;
      this.proposal = null;
      this.hintText = '';
    }

    enter() {
      dsb.refine.prepare(this.editor);
      this.selected();
    }

    /** A selected polygon is the rough outline. */
    selected() {
      const { selectedState: state, selection } = this.editor;
      this.drop();
      if (!state || state.kind !== 'polygon') return;
      this.clear();
      this.uid = selection;
      this.rough = state.geometry;
      this.ask();
    }

    leave() {
      this.drop();
      this.clear();
    }

    drop() {
      this.requests.cancel();
      this.forget();
      this.editor.redraw();
      this.editor.emit('dock');
      this.editor.emit('objects');
    }

    down(touch) {
      if (!this.rough) return super.down(touch);
      this.pickOther(touch);
      return false;
    }

    /** While a proposal waits, a click on another polygon takes that one instead. */
    pickOther(touch) {
      const uid = this.editor.pick(touch.point, (state) => state.kind === 'polygon');
      if (uid && uid !== this.uid) this.editor.select(uid);
      else this.editor.hint('Enter accepts the outline, Esc rejects it');
    }

    finish(polygon) {
      this.rough = polygon;
      this.ask();
    }

    async ask() {
      const { rough, editor } = this;
      if (!rough) return;
      editor.emit('dock');
      const { snap, snapMethod: method = 'auto' } = editor.settings;
      const width = snap || null;
      const answer = await this.requests.ask({ geometry: rough, method, width });
      if (!answer || rough !== this.rough) return;
      this.proposal = answer.proposal;
      this.hintText = answer.hint || '';
      editor.redraw();
      editor.emit('dock');
      editor.emit('objects');
    }

    accept() {
      if (!this.rough) return super.accept();
      const { proposal, uid, editor } = this;
      if (!proposal) return true;
      const { geometry, method } = proposal;
      const source = `outline: ${method}`;
      this.drop();
      editor.select(null);
      if (uid) editor.edit(uid, { kind: 'polygon', geometry, source }, 'snap');
      else editor.annotate('polygon', geometry, { source, tool: 'snap' });
      return true;
    }

    escape() {
      if (!this.rough) return super.escape();
      const { uid } = this;
      this.drop();
      if (uid) this.editor.select(null);
      return true;
    }

    get state() {
      const { proposal } = this;
      return proposal && { label: this.label, kind: 'polygon', geometry: proposal.geometry };
    }

    get label() {
      const known = this.uid && this.editor.model.annotation(this.uid);
      return known ? known.label : this.editor.label;
    }

    hides(uid) {
      return uid === this.uid;
    }

    unfinished() {
      return this.rough ? '' : super.unfinished();
    }

    parts() {
      const { rough, proposal, editor } = this;
      if (!rough) return super.parts();
      const color = editor.color(this.label);
      const parts = [{ is: 'shape', kind: 'polygon', geometry: rough, color, look: 'ghost' }];
      if (proposal) {
        parts.push({ is: 'shape', kind: 'polygon', geometry: proposal.geometry, color, look: 'preview' });
      }
      return parts;
    }

    dock() {
      const { editor } = this;
      if (!this.rough && this.points.length) return super.dock();
      if (!this.rough) {
        return [...editor.labelChip(), { is: 'text', text: 'click a rough outline around the object' }];
      }
      const status = this.requests.busy ? 'working…' : this.hintText;
      return [
        { is: 'chip', text: editor.labelName(this.label), color: editor.color(this.label) },
        {
          is: 'range', text: 'width', min: 0, max: WIDEST, value: editor.settings.snap,
          unit: 'px', zero: 'auto',
          set: (value) => {
            editor.setSetting('snap', value);
            this.ask();
          },
        },
        dsb.refine.methodControl(this, 'snapMethod', dsb.refine.METHODS.outline),
        ...(status ? [{ is: 'text', text: status }] : []),
        ...dsb.refine.acceptControls(this, this.proposal),
      ];
    }
  }

  dsb.register('snap', SnapTool);
})(window);
