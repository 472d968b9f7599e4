/** What is selected, hidden and locked. The last object chosen is the one that is edited. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { geometry } = dsb;
  // More are shown as selected by the scene: a node each would make every frame slow.
  const CROWD = 100;

  const methods = {
    select(uid) {
      this.chooseAll(uid ? [uid] : []);
    },

    /** @param {string[]} uids the last one becomes the selection */
    chooseAll(uids) {
      const selection = uids.length ? uids[uids.length - 1] : null;
      if (selection === this.selection && dsb.model.equal(uids, this.chosen)) return;
      const before = this.chosen;
      this.chosen = uids;
      this.chosenSet = new Set(uids);
      const other = selection !== this.selection;
      this.selection = selection;
      for (const each of [...before, ...uids]) this.repaint(each);
      if (other) this.tool.selected();
      this.emit('selection');
      this.emit('dock');
      this.redraw();
    },

    /** Add an object to what is selected, or take it out again. */
    choose(uid) {
      if (this.isChosen(uid)) this.unchoose(uid);
      else this.chooseAll([...this.chosen, uid]);
    },

    unchoose(uid) {
      this.chooseAll(this.chosen.filter((each) => each !== uid));
    },

    /** Add everything that lies wholly within a frame. */
    chooseWithin(frame) {
      const inside = ({ key, state }) => {
        const box = !this.isHidden(key) && !this.isLocked(key) && dsb.shapes.drawable(state).bounds;
        return box && geometry.within(frame, box) && geometry.within(frame, box.slice(2));
      };
      const found = this.model.near(frame).filter(inside).map(({ key }) => key);
      const fresh = new Set(found);
      this.chooseAll([...this.chosen.filter((uid) => !fresh.has(uid)), ...found]);
    },

    /** Everything in sight, or every object of the labels that are selected. */
    chooseAlike(alike) {
      const labels = new Set(this.chosen.map((uid) => this.model.annotation(uid).label));
      const wanted = ({ key, state }) =>
        state.kind !== 'tag' && !this.isHidden(key) && !this.isLocked(key) && (!alike || labels.has(state.label));
      this.setTool('select');
      this.chooseAll(this.model.annotations.filter(wanted).map(({ key }) => key));
      return true;
    },

    /** Highlight what the pointer is over. */
    point(uid) {
      if (uid === this.pointed) return;
      this.pointed = uid;
      this.emit('pointed');
      this.redraw();
    },

    /** The smallest visible object under a point. @param {(state: object) => boolean} [accepts] */
    pick(point, accepts = () => true) {
      const slack = 3 / this.view.scale;
      let best = null;
      let least = Infinity;
      const reach = slack * dsb.shapes.THIN;
      const around = [point[0] - reach, point[1] - reach, point[0] + reach, point[1] + reach];
      for (const { key, state } of this.model.near(around)) {
        if (this.isHidden(key) || this.isLocked(key) || !accepts(state)) continue;
        if (!dsb.shapes.hits(state, point, slack)) continue;
        const area = dsb.shapes.areaOf(state);
        if (area <= least) [best, least] = [key, area];
      }
      return best;
    },

    isChosen(uid) {
      return this.chosenSet.has(uid);
    },

    /** Is so much selected that the scene has to show it? */
    isCrowd() {
      return this.chosen.length > CROWD;
    },

    /** Has this selected object a node of its own? Of a crowd only the one that is edited. */
    isSingled(uid) {
      return uid === this.selection || !this.isCrowd();
    },

    /** A crowd goes into the hand, or out of it: the scene no longer shows it, or shows it again. */
    repaintCrowd() {
      if (this.isCrowd()) for (const uid of this.chosen) this.repaint(uid);
    },

    isHidden(uid) {
      return this.allHidden || this.hidden.has(uid);
    },

    isLocked(uid) {
      return this.locked.has(uid);
    },

    /** Hide or show one object, what is selected, or all. */
    toggleHidden(uid) {
      const uids = uid ? [uid] : this.chosen;
      if (!uids.length) this.allHidden = !this.allHidden;
      else {
        const hide = uids.some((each) => !this.hidden.has(each));
        for (const each of uids) this.hidden[hide ? 'add' : 'delete'](each);
      }
      this.shownAnew();
    },

    /** Everything but the selection goes out of sight, or all comes back. */
    solo() {
      const others = this.model.annotations.map(({ key }) => key).filter((key) => !this.isChosen(key));
      const alone = this.chosen.length > 0 && others.some((key) => !this.hidden.has(key));
      this.hidden = new Set(alone ? others : []);
      this.allHidden = false;
      this.shownAnew();
      return true;
    },

    /** A locked object is seen, but cannot be picked or changed by hand. */
    toggleLocked(uid) {
      const uids = uid ? [uid] : this.chosen;
      if (!uids.length) {
        this.locked.clear();
        this.hint('All objects can be picked again');
      } else {
        const lock = uids.some((each) => !this.locked.has(each));
        for (const each of uids) this.locked[lock ? 'add' : 'delete'](each);
        if (lock) this.chooseAll(this.chosen.filter((each) => !this.locked.has(each)));
      }
      this.shownAnew();
      return true;
    },

    shownAnew() {
      this.scene.all();
      this.redraw();
      this.emit('objects');
    },

    escape() {
      if (this.tool.escape()) return true;
      if (this.framing) this.toggleFraming();
      else if (this.selection) this.select(null);
      else if (this.toolName !== 'select') this.setTool('select');
      return true;
    },

    erase() {
      if (this.tool.erase()) return true;
      this.removeSelected();
      return true;
    },
  };

  Object.assign(dsb.Editor.prototype, methods);
})(window);
