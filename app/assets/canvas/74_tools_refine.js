/**
 * What scribble and snap share: ask the server for a proposal, show the newest answer, let the
 * person accept or reject it. A newer request cancels the one before.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /** One stream of requests to one refine route. */
  class Requests {
    /** @param {dsb.Editor} editor @param {string} route */
    constructor(editor, route) {
      Object.assign(this, { editor, route });
      this.number = 0;
      this.running = null;
    }

    get busy() {
      return this.running !== null;
    }

    /** Forget whatever is on its way. */
    cancel() {
      this.number++;
      if (this.running) this.running.abort();
      this.running = null;
    }

    /**
     * @param {object} body
     * @returns {Promise<{proposal: object | null, hint: string} | null>} null when overtaken
     */
    async ask(body) {
      this.cancel();
      const number = this.number;
      const running = (this.running = new AbortController());
      const { slug, image, queue } = this.editor;
      const request = { request: number, client: queue.client, ...body };
      let answer;
      try {
        answer = await dsb.client.refine(slug, image.id, this.route, request, running.signal);
      } catch {
        answer = { status: 0, body: { error: 'The server cannot be reached; the strokes are kept' } };
      }
      if (number !== this.number) return null;
      this.running = null;
      if (answer.status === 200) return answer.body;
      return { proposal: null, hint: answer.body.error || 'The server could not do this' };
    }
  }

  /** Warm the server up for this image, once. */
  const prepared = new Set();
  function prepare(editor) {
    const name = `${editor.slug}/${editor.image.id}`;
    if (prepared.has(name)) return;
    prepared.add(name);
    dsb.client.prepare(editor.slug, editor.image.id).catch(() => prepared.delete(name));
  }

  const acceptControls = (tool, ready) => [
    { is: 'button', text: 'reject', keys: 'Esc', run: () => tool.escape() },
    {
      is: 'button', text: 'accept', keys: 'Enter', primary: true, disabled: !ready,
      run: () => tool.accept(),
    },
  ];

  /** The names that the tools know on the server; a test holds the two lists together. */
  const METHODS = {
    scribbles: ['auto', 'superpixel random forest', 'random walker', 'watershed'],
    outline: [
      'auto', 'active contour', 'morphological geodesic contour', 'watershed band', 'grabcut band',
      'live wire',
    ],
    box: ['auto', 'learned evidence', 'superpixel random forest', 'watershed', 'grabcut', 'two tones'],
    superpixels: ['small', 'medium', 'large'],
    threshold: ['auto', 'bright', 'dark'],
  };

  /** Add what the pointer passed to a stroke, no finer than can be seen. */
  function extend(stroke, touch, editor) {
    const grain = Math.max(0.5, 1.5 / editor.view.scale);
    const { points } = stroke;
    for (const place of touch.trail) {
      const point = dsb.geometry.settled(place, editor.image);
      if (dsb.geometry.distance(point, points[points.length - 1]) >= grain) points.push(point);
    }
  }

  /** Choose a method; the newest choice is asked for at once. */
  const methodControl = (tool, setting, options) => ({
    is: 'select', text: 'method', options, value: tool.editor.settings[setting] || 'auto',
    set: (value) => {
      tool.editor.setSetting(setting, value);
      tool.ask();
    },
  });

  /** A list of words for what the tool is told; the first stands where nothing was chosen. */
  function wordControl(tool, text, setting, words) {
    const values = Object.keys(words);
    const chosen = tool.editor.settings[setting];
    return {
      is: 'select', text, options: Object.values(words), value: words[chosen] || words[values[0]],
      set: (word) => {
        tool.editor.setSetting(setting, values.find((value) => words[value] === word));
        tool.ask();
      },
    };
  }

  /** How far a point is from the paint of a stroke; 0 on it. */
  function away({ points, width }, point) {
    const { distance, nearestOnSegment } = dsb.geometry;
    const steps = points.slice(1).map((to, k) => nearestOnSegment(point, points[k], to).distance);
    return Math.max(0, Math.min(distance(point, points[0]), ...steps) - width / 2);
  }

  /** Hand a file over to the person. */
  function save(blob, name) {
    const address = URL.createObjectURL(blob);
    dsb.make('a', { href: address, download: name }).click();
    URL.revokeObjectURL(address);
  }

  dsb.refine = { METHODS, Requests, acceptControls, away, extend, methodControl, prepare, save, wordControl };
})(window);
