/** Comments as the editor makes them: at a place, on an object, or on the whole image. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  const methods = {
    /** Comment on what is selected; with nothing selected the next click says where. */
    remark() {
      if (!this.model) return false;
      if (this.selection) this.emit('remark', { annotation: this.selection });
      else this.setTool('comment');
      return true;
    },

    /** @param {string} text @param {{annotation?: string, x?: number, y?: number}} place */
    say(text, place) {
      this.commit([{ type: 'comment', key: dsb.uuid(), after: { text, ...place } }], 'comment');
    },

    /** Resolve a comment, or open it again. */
    closeComment(key, resolved) {
      const { state } = this.model.item('comment', key);
      if (state) this.commit([{ type: 'comment', key, after: { ...state, resolved } }], 'comment');
    },

    unsay(key) {
      this.commit([{ type: 'comment', key, after: null }], 'comment');
    },

    /** Where a comment is pinned, null for the whole image. */
    placeOf({ annotation, x, y }) {
      const object = annotation && this.model.annotation(annotation);
      const bounds = object && object.kind !== 'tag' && dsb.shapes.drawable(object).bounds;
      if (x !== undefined && y !== undefined) return [x, y];
      return bounds ? [bounds[2], bounds[1]] : null;
    },
  };

  /** One click says where a comment belongs; then the hand has its tool again. */
  class CommentTool extends dsb.Tool {
    constructor(editor) {
      super(editor);
      this.cursor = 'crosshair';
    }

    down(touch) {
      if (touch.button !== 0) return false;
      const [x, y] = touch.inside;
      const annotation = this.editor.pick(touch.point);
      this.ask({ x, y, ...(annotation ? { annotation } : {}) });
      return false;
    }

    hover(touch) {
      this.editor.point(this.editor.pick(touch.point));
    }

    accept() {
      this.ask({});
      return true;
    }

    escape() {
      this.back();
      return true;
    }

    ask(place) {
      this.back();
      this.editor.emit('remark', place);
    }

    back() {
      this.editor.setTool(this.editor.review ? 'look' : 'select');
    }

    dock() {
      return [
        { is: 'text', text: 'Click where the comment belongs' },
        { is: 'button', text: 'the whole image', keys: '⏎', run: () => this.accept() },
        { is: 'button', text: 'cancel', keys: 'Esc', run: () => this.escape() },
      ];
    }
  }

  Object.assign(dsb.Editor.prototype, methods);
  dsb.register('comment', CommentTool);
})(window);
