'use strict';
/**
 * Random work on an editor, the same under Node and in a browser: every gesture goes through the
 * editor or a tool, as a hand would. `randomly(seed)` gives a hand that always does the same.
 */
(function (root) {
  const { dsb } = root;

  /** @returns {() => number} numbers from 0 to 1, the same for the same seed */
  function chances(seed) {
    let state = (seed * 48271 + 11) % 2147483647;
    return () => (state = (state * 48271) % 2147483647) / 2147483647;
  }

  function randomly(seed) {
    const chance = chances(seed);
    const below = (n) => Math.floor(chance() * n);
    const between = (low, high) => dsb.geometry.round(low + chance() * (high - low));
    const one = (list) => list[below(list.length)];

    const place = ({ width, height }, margin = 0) => [between(margin, width - margin), between(margin, height - margin)];

    const ring = ({ width, height }) => {
      const size = Math.min(width, height);
      const [x, y] = place({ width, height }, size / 4);
      const n = 3 + below(9);
      return Array.from({ length: n }, (_, k) => {
        const [angle, away] = [(2 * Math.PI * k) / n, size * (0.05 + 0.15 * chance())];
        return dsb.geometry.roundPoint([x + away * Math.cos(angle), y + away * Math.sin(angle)]);
      });
    };

    const objects = (editor, wanted = () => true) =>
      editor.model.annotations.filter(({ state }) => state.kind !== 'tag' && wanted(state)).map(({ key }) => key);
    const anyOf = (editor, wanted) => {
      const uids = objects(editor, wanted);
      return uids.length ? one(uids) : null;
    };

    function stroke(editor, name, points) {
      const touch = ([x, y]) => ({ point: [x, y], inside: [x, y], trail: [[x, y]], button: 0, pressure: 0 });
      editor.setTool(name);
      if (!editor.tool.down(touch(points[0]))) return;
      for (const point of points.slice(1)) editor.tool.drag(touch(point));
      editor.tool.up(touch(points[points.length - 1]));
    }

    const GESTURES = {
      box: (editor) => {
        const [a, b] = [place(editor.image), place(editor.image)];
        const box = dsb.geometry.boxBetween(a, b);
        if (box.width && box.height) editor.annotate('box', box, { tool: 'box' });
      },
      polygon: (editor) => editor.annotate('polygon', { parts: [[ring(editor.image)]] }, { tool: 'polygon' }),
      brush: (editor) => {
        editor.setBrush(2 + below(20));
        if (chance() < 0.6) editor.select(null);
        stroke(editor, 'brush', Array.from({ length: 3 }, () => place(editor.image)));
      },
      over: (editor) => {
        editor.settings.borders = one(['over', 'empty']);
        GESTURES.brush(editor);
        editor.settings.borders = 'free';
      },
      erase: (editor) => {
        const uid = anyOf(editor, ({ kind }) => kind === 'mask');
        if (!uid) return;
        editor.select(uid);
        stroke(editor, 'eraser', [place(editor.image), place(editor.image)]);
      },
      vertex: (editor) => {
        const uid = anyOf(editor, ({ kind }) => kind === 'polygon');
        if (!uid) return;
        const { geometry } = editor.model.annotation(uid);
        const index = below(geometry.parts[0][0].length);
        const moved = dsb.geometry.withVertex(geometry, { part: 0, ring: 0, index }, place(editor.image));
        if (!dsb.geometry.crossingOf(moved)) editor.edit(uid, { geometry: moved }, 'select');
      },
      move: (editor) => {
        const uids = objects(editor).filter(() => chance() < 0.3);
        editor.chooseAll(uids);
        editor.nudge(below(15) - 7, below(15) - 7);
      },
      relabel: (editor) => {
        const uid = anyOf(editor);
        if (!uid) return;
        editor.select(uid);
        editor.relabel(one(editor.labels).id);
      },
      remove: (editor) => {
        const uid = anyOf(editor);
        if (uid) editor.remove(uid, 'remove');
      },
      level: (editor) => {
        const uid = anyOf(editor);
        if (uid) editor.select(uid);
        if (uid) editor.level(one(['front', 'back', 'raise', 'lower']));
      },
      note: (editor) => {
        const uid = anyOf(editor);
        if (uid) editor.select(uid);
        if (uid) editor.reply('note', one(['', 'seen', 'unsure']));
      },
      duplicate: (editor) => {
        const uid = anyOf(editor);
        if (uid) editor.select(uid);
        if (uid) editor.duplicate();
      },
      tag: (editor) => editor.toggleTag(one(editor.labels).id),
      merge: (editor) => {
        const uids = objects(editor, ({ kind }) => kind === 'box' || kind === 'polygon' || kind === 'mask');
        if (uids.length < 2) return null;
        const first = one(uids);
        editor.chooseAll([first, one(uids.filter((uid) => uid !== first))]);
        return editor.combine('merge');
      },
      split: (editor) => {
        const uid = anyOf(editor, ({ kind }) => kind === 'box' || kind === 'polygon');
        if (!uid) return null;
        const [x0, y0, x1, y1] = dsb.tracing.drawable(editor.model.annotation(uid)).bounds;
        const x = dsb.geometry.round((x0 + x1) / 2);
        return editor.divide([uid], [[x, y0 - 5], [x, y1 + 5]]);
      },
      hide: (editor) => {
        const uid = anyOf(editor);
        if (uid) editor.toggleHidden(uid);
      },
      undo: (editor) => editor.undo(),
      redo: (editor) => editor.redo(),
    };

    // What makes many objects is done less often than what changes or takes them.
    const OFTEN = { undo: 5, redo: 3, vertex: 3, move: 2, remove: 2, brush: 2 };
    const names = Object.keys(GESTURES).flatMap((name) => Array(OFTEN[name] || 1).fill(name));

    return {
      chance,
      below,
      /** @returns {Promise<string>} what was done */
      async gesture(editor) {
        const name = editor.model.annotations.length > 40 ? 'remove' : one(names);
        await GESTURES[name](editor);
        return name;
      },
    };
  }

  root.randomly = randomly;
  if (typeof module !== 'undefined') module.exports = { randomly };
})(typeof window !== 'undefined' ? window : globalThis);
