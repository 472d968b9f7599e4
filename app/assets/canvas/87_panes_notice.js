/** Hints over the stage that go by themselves. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const READING_TIME = 6000;

  class NoticePane {
    /** @param {dsb.Editor} editor @param {HTMLElement} hint */
    constructor(editor, hint) {
      Object.assign(this, { editor, hintNode: hint });
      this.timer = 0;
      editor.on('hint', (text) => this.hint(text));
    }

    hint(text) {
      clearTimeout(this.timer);
      this.hintNode.textContent = text;
      this.hintNode.hidden = !text;
      if (text) this.timer = setTimeout(() => this.editor.hint(''), READING_TIME);
    }
  }

  dsb.NoticePane = NoticePane;
})(window);
