/**
 * One object after the other, each looked at closely: a digit labels it and goes on, Enter keeps
 * it. Goes through what is selected, else through the object list as it is filtered.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  class WalkTool extends dsb.Tool {
    cursor = 'default';
    uids = [];
    at = 0;

    enter() {
      const { editor } = this;
      if (!editor.model) return;
      const chosen = editor.chosen.length > 1 ? editor.chosen : null;
      this.uids = (chosen || editor.listed()).filter((uid) => this.hasPlace(uid));
      this.at = -1;
      this.go(1);
    }

    leave() {
      this.uids = [];
    }

    hasPlace(uid) {
      const state = this.editor.model.annotation(uid);
      return Boolean(state && state.kind !== 'tag');
    }

    /** Another object; those that went meanwhile are passed over. */
    go(direction) {
      const { editor, uids } = this;
      do this.at += direction;
      while (this.at < uids.length && this.at >= 0 && !this.hasPlace(uids[this.at]));
      this.at = Math.max(this.at, 0);
      if (this.at >= uids.length) {
        editor.select(null);
        editor.hint(uids.length ? 'That was the last object of the list' : 'The list of objects is empty');
      } else {
        editor.select(uids[this.at]);
        editor.view.frame(editor.chosenBounds());
      }
      editor.emit('dock');
      return true;
    }

    labelled() {
      if (!this.editor.selection) return false;
      this.editor.relabel(this.editor.label);
      return this.go(1);
    }

    accept() {
      return this.go(1);
    }

    erase() {
      if (!this.editor.selection) return true;
      this.editor.removeSelected();
      return this.go(1);
    }

    dock() {
      const { editor, uids, at } = this;
      const { selectedState: state } = editor;
      const here = state ? [
        { is: 'chip', text: editor.labelName(state.label), color: editor.color(state.label) },
        { is: 'text', text: `${at + 1} of ${uids.length} · a digit labels it and goes on` },
        { is: 'button', text: 'back', run: () => this.go(-1) },
        { is: 'button', text: 'keep', keys: '⏎', primary: true, run: () => this.go(1) },
      ] : [{ is: 'text', text: `${uids.length} gone through` }];
      return [...here, { is: 'button', text: 'end', keys: 'Esc', run: () => editor.setTool('select') }];
    }

    escape() {
      this.editor.setTool('select');
      return true;
    }
  }

  dsb.register('walk', WalkTool);
})(typeof window !== 'undefined' ? window : globalThis);
