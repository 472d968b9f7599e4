/** The tools of the left rail. A tool is one class; a new one is one file and one `register`. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /**
   * What every tool may do; each method is called by the editor and may be left out.
   * Methods that answer true have dealt with the matter.
   */
  class Tool {
    /** Does the tool begin objects, so that nothing stays selected when it is taken? */
    static draws = false;

    /** @param {dsb.Editor} editor */
    constructor(editor) {
      this.editor = editor;
    }

    /** The tool is taken into the hand, or another image came under it. */
    enter() {}

    /** The tool is put away, or the image goes. */
    leave() {}

    /** @param {dsb.Touch} _touch @returns {boolean} does a drag begin? */
    down(_touch) {
      return false;
    }

    drag(_touch) {}
    up(_touch) {}
    hover(_touch) {}
    double(_touch) {}

    /** A second finger came: forget the gesture. */
    abandon() {}

    /** Enter. */
    accept() {
      return false;
    }

    /** Esc. */
    escape() {
      return false;
    }

    /** Delete or Backspace. */
    erase() {
      return false;
    }

    /** Ctrl+Z while something is half done. */
    undo() {
      return false;
    }

    /** Another object was selected. */
    selected() {}

    /** Another label is current. @returns {boolean} */
    labelled() {
      return false;
    }

    /** Strokes of a scribble changed: drawn, undone, or somebody else's. */
    scribbled(_item) {}

    /** @returns {object | undefined} kind and geometry to show in place of a selected object */
    draftOf(_uid) {}

    /** @returns {[number, number] | undefined} how far one of a crowd was carried, unchanged else */
    shiftOf(_uid) {}

    /** @returns {boolean} must this annotation not be painted, because the tool shows it? */
    hides(_uid) {
      return false;
    }

    /** @returns {string} why the image must not be left now, or '' */
    unfinished() {
      return '';
    }

    /** @returns {object[]} parts for the active layer */
    parts() {
      return [];
    }

    /** @returns {object[]} controls of the floating dock */
    dock() {
      return [];
    }
  }

  /** @type {Map<string, typeof Tool>} */
  const tools = new Map();

  /** @param {string} name @param {typeof Tool} type */
  function register(name, type) {
    type.tool = name;
    tools.set(name, type);
  }

  dsb.Tool = Tool;
  dsb.tools = tools;
  dsb.register = register;
})(window);
