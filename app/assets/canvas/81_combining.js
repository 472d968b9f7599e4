/**
 * Shapes made of shapes: the server works them out, the page makes one group of operations of the
 * answer. What changed meanwhile is left alone.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const DONE = { merge: 'Merged', subtract: 'Taken off', intersect: 'Kept what all share' };

  const drawn = ({ kind, geometry }) => ({ kind, geometry });

  const methods = {
    /** Ask the server; null when it refused or the image or the shapes are others meanwhile. */
    async askShapes(how, body, uids) {
      const { model, slug, image } = this;
      const before = uids.map((uid) => model.annotation(uid));
      let answer;
      try {
        answer = await dsb.client.shapes(slug, image.id, how, body);
      } catch {
        answer = { status: 0, body: {} };
      }
      if (this.model !== model) return null;
      const same = uids.every((uid, k) => model.annotation(uid) === before[k]);
      if (answer.status === 200 && same) return answer.body;
      this.hint(same ? answer.body.error || 'The server cannot be reached; nothing was changed' : 'The shapes changed meanwhile; nothing was done');
      return null;
    },

    /**
     * Make one object of those that are selected; the one chosen first keeps its name, and is what
     * the others are taken from. Only that one changes when others are taken off it.
     * @param {'merge' | 'subtract' | 'intersect'} way
     */
    async combine(way) {
      const chosen = this.chosenStates();
      if (chosen.length < 2) {
        this.hint('Select two or more shapes first (Shift-click)');
        return;
      }
      const [[first], ...others] = chosen;
      const uids = chosen.map(([uid]) => uid);
      const shapes = chosen.map(([, state]) => drawn(state));
      const answer = await this.askShapes('combine', { way, shapes }, uids);
      if (!answer) return;
      if (!answer.shape) {
        this.hint('Nothing would be left; nothing was changed');
        return;
      }
      const state = this.model.annotation(first);
      const wanted = [{ type: 'annotation', key: first, after: { ...state, ...answer.shape } }];
      if (way !== 'subtract') wanted.push(...others.flatMap(([uid]) => this.removal(uid)));
      this.commit(wanted, way);
      this.select(first);
      const became = answer.shape.kind === state.kind ? '' : `: the ${dsb.kinds.words(state.kind)} is a ${dsb.kinds.words(answer.shape.kind)} from now on`;
      this.hint(`${DONE[way]}${became}`);
    },

    /** Cut objects by a line; the largest piece keeps the name. @returns {Promise<void>} */
    async divide(uids, line) {
      const wanted = [];
      for (const uid of uids) {
        const state = this.model.annotation(uid);
        const answer = await this.askShapes('divide', { shape: drawn(state), line }, [uid]);
        if (!answer) continue;
        const [kept, ...pieces] = answer.shapes;
        wanted.push({ type: 'annotation', key: uid, after: { ...state, ...kept } });
        for (const piece of pieces) {
          wanted.push({ type: 'annotation', key: dsb.uuid(), after: { ...state, ...piece } });
        }
      }
      if (!wanted.length) return;
      this.commit(wanted, 'cut');
      this.hint(`Cut into ${wanted.length} pieces`);
    },
  };

  Object.assign(dsb.Editor.prototype, methods);
})(window);
