/** In which colour an object is painted: by its label, each its own, or by where it stands. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  // Paul Tol's bright and muted schemes, told apart with every kind of colour blindness.
  const EACH = [
    '#66ccee', '#ee6677', '#ccbb44', '#aa3377', '#44aa99', '#ee7733', '#4477aa', '#ddcc77', '#882255', '#88ccee',
    '#228833', '#cc6677',
  ];

  /** Okabe and Ito's colours, each with the words that say the same without it. */
  const STATUSES = {
    unsaved: { color: '#d55e00', words: 'not saved' },
    waiting: { color: '#cc79a7', words: 'on its way to the server' },
    locked: { color: '#999999', words: 'locked' },
    untouched: { color: '#e69f00', words: 'came in, touched by nobody' },
    touched: { color: '#009e73', words: 'came in, changed by a person' },
    person: { color: '#56b4e9', words: 'drawn by a person' },
  };

  /** Did it come from a file, a model or a program, and nobody changed it since? */
  const isUntouched = ({ state, server, pending }) =>
    !isByPerson(state) && server.version === 1 && !pending;

  // A refine tool is a person's hand: its proposal was accepted.
  const TOOLS = new Set(['person', 'scribbles', 'outline', 'wand', 'mend', 'brush']);
  const isByPerson = ({ source = 'person' }) => TOOLS.has(source.split(':')[0]);

  /** @returns {keyof STATUSES} */
  function statusOf(item, locked) {
    if (item.stuck) return 'unsaved';
    if (item.pending) return 'waiting';
    if (locked) return 'locked';
    if (isByPerson(item.state)) return 'person';
    return isUntouched(item) ? 'untouched' : 'touched';
  }

  const ofEach = (item) => EACH[item.rank % EACH.length];

  /**
   * How much of a fill is to be seen: `opacity` 0 to 100, 50 as the painter meant it.
   * @param {number} meant 0 to 1
   */
  function alpha(meant, opacity) {
    const part = opacity / 50;
    return part <= 1 ? meant * part : meant + (0.95 - meant) * (part - 1);
  }

  dsb.colors = { STATUSES, alpha, isByPerson, isUntouched, ofEach, statusOf };
  if (typeof module !== 'undefined') module.exports = dsb.colors;
})(typeof window !== 'undefined' ? window : globalThis);
