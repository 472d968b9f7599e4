/** Every key of the page in one table; the overlay behind `?` is drawn from it. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  if (typeof require !== 'undefined' && typeof module !== 'undefined') require('./77_own_keys.js');

  const tool = (name) => (editor) => editor.setTool(name);
  const turn = (direction) => (editor) => editor.step(direction);

  /** Nudge the selection, or change the image when nothing is selected. */
  const arrow = (dx, dy, direction) => (editor, event) => {
    const pixels = event.shiftKey ? 10 : 1;
    if (editor.selection) return editor.nudge(dx * pixels, dy * pixels);
    return direction ? editor.step(direction) : false;
  };

  /**
   * keys: as `KeyboardEvent.key` in lower case, with `ctrl+`, `shift+` in front;
   * run: answers false when the key means nothing just now.
   */
  const BINDINGS = [
    { group: 'Tools', show: 'V', keys: ['v'], text: 'Select', run: tool('select') },
    { group: 'Tools', show: 'B', keys: ['b'], text: 'Box', run: tool('box') },
    { group: 'Tools', show: 'O', keys: ['o'], text: 'Rotated box', run: tool('rotated') },
    { group: 'Tools', show: 'E', keys: ['e'], text: 'Ellipse', run: tool('ellipse') },
    { group: 'Tools', show: 'P', keys: ['p'], text: 'Polygon', run: tool('polygon') },
    { group: 'Tools', show: 'F', keys: ['f'], text: 'Polygon by free hand', run: tool('freehand') },
    { group: 'Tools', show: 'L', keys: ['l'], text: 'Line, with its length', run: tool('polyline') },
    { group: 'Tools', show: 'K', keys: ['k'], text: 'Points; keypoints of a label with a skeleton', run: tool('points') },
    { group: 'Tools', show: 'M', keys: ['m'], text: 'Brush mask', run: tool('brush') },
    { group: 'Tools', show: 'X', keys: ['x'], text: 'Erase', run: tool('eraser') },
    { group: 'Tools', show: 'S', keys: ['s'], text: 'Scribble', run: tool('scribble') },
    { group: 'Tools', show: 'C', keys: ['c'], text: 'Snap outline', run: tool('snap') },
    { group: 'Tools', show: 'G', keys: ['g'], text: 'Cut shapes exactly along a line', run: tool('cut') },
    { group: 'Tools', show: 'W', keys: ['w'], text: 'Wand: click, box or touches to a mask', run: tool('wand') },
    { group: 'Tools', show: 'R', keys: ['r'], text: 'Mend: split at the neck, fill, smooth, grow…', run: tool('mend') },
    { group: 'Tools', show: '[ ]', keys: ['['], text: 'Smaller, larger brush', run: (e) => e.resizeBrush(false) },
    { keys: [']'], run: (e) => e.resizeBrush(true) },
    { group: 'Tools', show: 'Alt', text: 'Background stroke; on a corner: remove it' },
    { group: 'Labels', show: '1 – 9', text: 'Label; with a selection: relabel it' },
    { group: 'Labels', show: 'Shift 1 – 9', text: 'Class of the whole image, on or off' },
    { group: 'Objects', show: 'Enter', keys: ['enter'], text: 'Finish, accept', run: (e) => e.tool.accept() },
    { group: 'Objects', show: 'Esc', keys: ['escape'], text: 'Cancel, reject, deselect', run: (e) => e.escape() },
    { group: 'Objects', show: 'Delete', keys: ['delete', 'backspace'], text: 'Remove', run: (e) => e.erase() },
    { group: 'Objects', show: 'Arrows', keys: ['arrowup'], text: 'Move the selection by 1 px, with Shift by 10', run: arrow(0, -1) },
    { keys: ['arrowdown'], run: arrow(0, 1) },
    { group: 'Objects', show: 'Shift click', text: 'Add to the selection; a drag beside objects frames several' },
    { group: 'Objects', show: 'Ctrl A', keys: ['ctrl+a'], text: 'Select all', run: (e) => e.chooseAlike(false) },
    { group: 'Objects', show: 'Ctrl Shift A', keys: ['ctrl+shift+a'], text: 'Select all of the same label', run: (e) => e.chooseAlike(true) },
    { group: 'Objects', show: 'T', keys: ['t'], text: 'Handles that scale and turn the selection', run: (e) => e.selection && e.toggleFraming() },
    { group: 'Objects', show: 'Alt drag', text: 'Frame corners of the selected shape; Shift-click a corner adds it' },
    { group: 'Objects', show: 'Ctrl drag', text: 'Move an edge of the selected polygon' },
    { group: 'Objects', show: 'Ctrl D', keys: ['ctrl+d'], text: 'Copy of the selection', run: (e) => e.duplicate() },
    { group: 'Objects', show: 'Ctrl Shift D', keys: ['ctrl+shift+d'], text: 'Next image, with a copy of the selection', run: (e) => e.selection && Boolean(e.propagate()) },
    { group: 'Objects', show: 'Ctrl C, Ctrl V', keys: ['ctrl+c'], text: 'Copy, paste (on another image too)', run: (e) => e.copy() },
    { keys: ['ctrl+v'], run: (e) => e.paste() },
    { group: 'Objects', show: 'Ctrl Z', keys: ['ctrl+z'], text: 'Undo', run: (e) => e.undo() },
    { group: 'Objects', show: 'Ctrl Shift Z', keys: ['ctrl+shift+z', 'ctrl+y'], text: 'Redo', run: (e) => e.redo() },
    { group: 'Objects', show: 'H', keys: ['h'], text: 'Hide or show the selection, else all', run: (e) => e.toggleHidden() },
    { group: 'Together', show: 'N', keys: ['n'], text: 'Answer what waits: conflicts, refusals', run: (e) => e.emit('settle') },
    { group: 'Together', show: 'M T B', text: 'There: keep mine, take theirs, keep both' },
    { group: 'Together', show: 'U', keys: ['u'], text: 'Comment on the selection, or on a place', run: (e) => e.remark() },
    { group: 'Together', show: 'Y', keys: ['y'], text: 'History of the image', run: (e) => e.emit('past') },
    { group: 'Objects', show: 'J', keys: ['j'], text: 'Merge the selected shapes', run: (e) => e.selection && Boolean(e.combine('merge')) },
    { group: 'Objects', show: '−', keys: ['-'], text: 'Take the others off the shape selected first', run: (e) => e.selection && Boolean(e.combine('subtract')) },
    { group: 'Objects', show: '&', keys: ['&', 'shift+&'], text: 'Keep what the selected shapes share', run: (e) => e.selection && Boolean(e.combine('intersect')) },
    { group: 'Objects', show: 'PgUp PgDn', keys: ['pageup'], text: 'One step forward or back among what overlaps', run: (e) => e.level('raise') },
    { keys: ['pagedown'], run: (e) => e.level('lower') },
    { group: 'Objects', show: 'Home End', keys: ['home'], text: 'In front of all, behind all', run: (e) => e.level('front') },
    { keys: ['end'], run: (e) => e.level('back') },
    { group: 'Objects', show: ', ;', keys: [','], text: 'Draw another part of the shape, a hole in it', run: (e) => e.extend('merge') },
    { keys: [';'], run: (e) => e.extend('subtract') },
    { group: 'Tools', show: 'Shift C', keys: ['shift+c'], text: 'Corners stick to the borders of neighbours, or not', run: (e) => e.toggleSticking() },
    { group: 'Objects', show: 'Q', keys: ['q'], text: 'Answer what the label asks; write a note', run: (e) => e.askMe() },
    { group: 'Objects', show: 'Shift H', keys: ['shift+h'], text: 'Show the selection alone, or all again', run: (e) => e.solo() },
    { group: 'Objects', show: 'Ctrl L', keys: ['ctrl+l'], text: 'Lock or free the selection; free all when nothing is selected', run: (e) => e.toggleLocked() },
    { group: 'Images', show: '← →', keys: ['arrowleft'], text: 'Previous, next image (nothing selected)', run: arrow(-1, 0, -1) },
    { keys: ['arrowright'], run: arrow(1, 0, 1) },
    { group: 'Images', show: 'A D', keys: ['a'], text: 'Previous, next image', run: turn(-1) },
    { keys: ['d'], run: turn(1) },
    { group: 'Images', show: 'Ctrl Enter', keys: ['ctrl+enter'], text: 'Done and next', run: (e) => e.done() },
    { group: 'Images', show: 'Shift X', keys: ['shift+x'], text: 'Skip the image and say why', run: (e) => e.skip() },
    { group: 'View', show: '0', keys: ['0'], text: 'Fit the image', run: (e) => e.view.fit() },
    { group: 'Images', show: 'Shift D', keys: ['shift+d'], text: 'Next image that needs you', run: (e) => e.nextNeeded() },
    { group: 'Objects', show: 'Shift U', keys: ['shift+u'], text: 'Next object that came in and that nobody changed', run: (e) => e.nextUntouched() },
    { group: 'Objects', show: 'Shift O', keys: ['shift+o'], text: 'One by one: zoom to each of the list, a digit labels it', run: (e) => e.walk() },
    { group: 'View', show: 'I', keys: ['i'], text: 'Actual size: one pixel for one of the screen', run: (e) => e.actualSize() },
    { group: 'View', show: 'Z', keys: ['z'], text: 'Zoom to the selection', run: (e) => e.zoomToChosen() },
    { group: 'View', show: 'Shift V', keys: ['shift+v'], text: 'View panel: window, contrast, colours', run: (e) => e.look() },
    { group: 'View', show: '.', keys: ['.'], text: 'Hold: nothing but the picture', run: (e) => e.blink(true) },
    { group: 'View', show: 'Wheel', text: 'Zoom to the cursor' },
    { group: 'View', show: 'Space', text: 'Hold to drag the image (or the middle button)' },
    { group: 'View', show: '?', keys: ['?'], text: 'This list', run: (e) => e.emit('help') },
  ];

  const own = new dsb.OwnKeys(BINDINGS, root.localStorage);

  /** The name of a pressed key as the table spells it. */
  function nameOf(event, slug) {
    const key = event.key.toLowerCase();
    const ctrl = event.ctrlKey || event.metaKey ? 'ctrl+' : '';
    const shift = event.shiftKey && (ctrl || own.has(`shift+${key}`, slug)) ? 'shift+' : '';
    return ctrl + shift + key;
  }

  const TYPED = 'input:not([type=radio]):not([type=checkbox]):not([type=range]),textarea,select,[contenteditable=true]';

  /** Does the focused control need this key for itself? */
  function taken(event) {
    const { target } = event;
    if (!target.closest) return false;
    if (target.closest(TYPED)) return true;
    if (target.closest('input[type=range]')) return event.key.startsWith('Arrow');
    return Boolean(target.closest('button, a, [role=option]')) && (event.key === 'Enter' || event.key === ' ');
  }

  /** @returns {number} 1 to 9 for a digit key, whatever Shift makes of it; else 0 */
  function digit(event) {
    const match = /^(?:Digit|Numpad)([1-9])$/.exec(event.code || '');
    return match ? Number(match[1]) : 0;
  }

  /**
   * @param {dsb.Editor} editor
   * @param {KeyboardEvent} event
   * @returns {boolean} was the key meant for the page?
   */
  function press(editor, event) {
    if (event.isComposing || taken(event)) return false;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (plain && digit(event)) return editor.digit(digit(event), event.shiftKey);
    const { slug } = editor;
    const binding = event.altKey ? null : own.find(nameOf(event, slug), slug);
    return Boolean(binding) && binding.run(editor, event) !== false;
  }

  dsb.keys = { BINDINGS, nameOf, own, press, taken };
})(typeof window !== 'undefined' ? window : globalThis);
