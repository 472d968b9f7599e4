/** Snap: rough outlines move onto the edges of their objects, the selection all together. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const WIDEST = 80;
  const AS_DRAWN = 'as drawn';

  /**
   * One outline in hand.
   * @typedef {object} Fit
   * @property {string | null} uid null while it is not an annotation yet
   * @property {object} rough the polygon as drawn
   * @property {object | null} proposal
   */

  class SnapTool extends dsb.PolygonTool {
    static draws = false;

    constructor(editor) {
      super(editor);
      this.requests = new dsb.refine.Requests(editor, 'outline');
      this.forget();
    }

    forget() {
      /** @type {Fit[]} what is to be snapped */
      this.fits = [];
      this.done = 0;
      this.hintText = '';
    }

    get rough() {
      return this.fits.length ? this.fits[0].rough : null;
    }

    get uid() {
      return this.fits.length ? this.fits[0].uid : null;
    }

    get proposal() {
      return this.fits.length ? this.fits[0].proposal : null;
    }

    get complete() {
      return this.fits.length > 0 && this.done === this.fits.length;
    }

    enter() {
      dsb.refine.prepare(this.editor);
      this.selected();
    }

    /** The selected polygons are the rough outlines. */
    selected() {
      const polygons = this.editor.chosenStates().filter(([, state]) => state.kind === 'polygon');
      this.drop();
      if (!polygons.length) return;
      this.clear();
      this.fits = polygons.map(([uid, { geometry }]) => ({ uid, rough: geometry, proposal: null }));
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

    /** While a proposal waits, a click on another polygon takes that one instead; Shift adds it. */
    pickOther(touch) {
      const uid = this.editor.pick(touch.point, (state) => state.kind === 'polygon');
      if (uid && touch.shift && this.uid) this.editor.choose(uid);
      else if (uid && !this.fits.some((fit) => fit.uid === uid)) this.editor.select(uid);
      else this.editor.hint('Enter accepts the outline, Esc rejects it');
    }

    finish(polygon) {
      this.fits = [{ uid: null, rough: polygon, proposal: null }];
      this.ask();
    }

    /** One outline after the other, so that each is shown as soon as it is there. */
    async ask() {
      const { fits, editor } = this;
      this.done = 0;
      const { snap, snapMethod: method = 'auto' } = editor.settings;
      const width = snap || null;
      for (const fit of fits) {
        const pending = this.requests.ask({ geometry: fit.rough, method, width });
        editor.emit('dock');
        const answer = await pending;
        if (!answer || fits !== this.fits) return;
        fit.proposal = answer.proposal;
        this.done += 1;
        this.hintText = fits.length === 1 ? answer.hint || '' : this.summary;
        editor.redraw();
        editor.emit('dock');
        editor.emit('objects');
      }
    }

    get summary() {
      const { fits, done } = this;
      if (done < fits.length) return `${done} of ${fits.length}`;
      const moved = fits.filter(({ proposal }) => proposal && proposal.method !== AS_DRAWN).length;
      const kept = fits.length - moved;
      return kept ? `${moved} moved, ${kept} kept as drawn` : `${moved} moved`;
    }

    accept() {
      if (!this.rough) return super.accept();
      const { fits, editor } = this;
      const ready = fits.filter(({ proposal }) => proposal);
      if (!this.complete || !ready.length) return true;
      const moved = fits.length > 1 ? ready.filter(({ proposal }) => proposal.method !== AS_DRAWN) : ready;
      this.drop();
      editor.select(null);
      editor.commit(moved.flatMap((fit) => this.change(fit)), 'snap');
      return true;
    }

    /** What accepting one outline changes; nothing where the object is gone. */
    change({ uid, proposal: { geometry, method } }) {
      const { editor } = this;
      const known = uid ? editor.model.annotation(uid) : { label: editor.label };
      if (!known) return [];
      const after = { ...known, kind: 'polygon', geometry, source: `outline: ${method}` };
      return [{ type: 'annotation', key: uid || dsb.uuid(), after }];
    }

    escape() {
      if (!this.rough) return super.escape();
      const { uid } = this;
      this.drop();
      if (uid) this.editor.select(null);
      return true;
    }

    labelOf(uid) {
      const known = uid && this.editor.model.annotation(uid);
      return known ? known.label : this.editor.label;
    }

    get label() {
      return this.labelOf(this.uid);
    }

    hides(uid) {
      return this.fits.some((fit) => fit.uid === uid);
    }

    unfinished() {
      return this.rough ? '' : super.unfinished();
    }

    parts() {
      if (!this.rough) return super.parts();
      return this.fits.flatMap(({ uid, rough, proposal }) => {
        const color = this.editor.color(this.labelOf(uid));
        const shown = { is: 'shape', kind: 'polygon', color };
        const before = { ...shown, geometry: rough, look: 'ghost' };
        return proposal ? [before, { ...shown, geometry: proposal.geometry, look: 'preview' }] : [before];
      });
    }

    chip() {
      const { editor, fits } = this;
      if (fits.length > 1) return { is: 'chip', text: `${fits.length} outlines`, color: editor.color(null) };
      return { is: 'chip', text: editor.labelName(this.label), color: editor.color(this.label) };
    }

    dock() {
      const { editor } = this;
      if (!this.rough && this.points.length) return super.dock();
      if (!this.rough) {
        return [...editor.labelChip(), { is: 'text', text: 'click a rough outline around the object' }];
      }
      const busy = this.fits.length > 1 ? this.summary : 'working…';
      const status = this.requests.busy ? busy : this.hintText;
      return [
        this.chip(),
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
        ...dsb.refine.acceptControls(this, this.complete && this.fits.some(({ proposal }) => proposal)),
      ];
    }
  }

  dsb.register('snap', SnapTool);
})(window);
