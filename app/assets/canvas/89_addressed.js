/** An address may name the object to look at: `…/annotate/7?object=<uid>`. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const ROOM = 5;
  const CLOSEST = 8;

  /**
   * The scale at which an object fills a fifth of the stage, but never closer than that.
   * @param {[number, number, number, number]} bounds @param {{width: number, height: number}} stage
   */
  function scaleFor([x0, y0, x1, y1], stage) {
    const across = stage.width / (ROOM * Math.max(1, x1 - x0));
    const down = stage.height / (ROOM * Math.max(1, y1 - y0));
    return Math.min(across, down, CLOSEST);
  }

  /** Select the object that the address names, once its image is there. */
  dsb.openAddressed = function (editor) {
    const uid = new URLSearchParams(root.location.search).get('object');
    if (!uid) return;
    const stop = editor.on('image', () => {
      stop();
      setTimeout(() => show(editor, uid), 0);
    });
  };

  function show(editor, uid) {
    const state = editor.model && editor.model.annotation(uid);
    if (!state) {
      editor.hint('The object of this address is no longer on the image');
      return;
    }
    editor.select(uid);
    const bounds = dsb.shapes.drawable(state).bounds;
    if (!bounds) return;
    const { stage } = editor.view;
    const middle = [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2];
    const scale = Math.max(scaleFor(bounds, stage), editor.view.scale);
    editor.view.go(dsb.view.centred(middle, scale, stage));
  }

  dsb.addressed = { scaleFor };
  if (typeof module !== 'undefined') module.exports = dsb.addressed;
})(typeof window !== 'undefined' ? window : globalThis);
