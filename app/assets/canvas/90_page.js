/**
 * The annotate page comes to life: one queue for the tab, one editor for the page.
 *
 * The queue belongs to the tab, not to the page: what waits is sent from every page, and what a
 * closed tab left behind is adopted by whichever page opens next.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const POLL = 3000;
  const tab = dsb.uuid();
  const lockOf = (name) => `dsb-tab:${name}`;

  const journal = new dsb.Journal(root.localStorage, tab);
  const queue = new dsb.Queue({ journal, post: dsb.client.operations, client: tab });
  queue.on('answer', (entry, result) => {
    const { editor } = dsb;
    if (!editor) return;
    if (editor.holds(entry.slug, entry.image)) editor.model.acknowledge(entry.op, result);
    editor.stored(entry, result);
  });
  queue.on('others', (slug, image, answer) => {
    const { editor } = dsb;
    if (!editor || !editor.holds(slug, image)) return;
    heard.push(...answer.others);
    learn(editor);
    recount(editor, answer.conflicts || 0);
  });

  /** What others did, until the hand that is at work lets go: it started from what it saw. */
  const heard = [];

  function learn(editor) {
    if (editor.gestures.mode === 'tool') return;
    const others = heard.splice(0);
    for (const other of others) editor.model.foreign(other);
    if (others.some(({ target }) => target.type === 'label')) editor.relearn();
  }

  /** Another window or person met or settled a conflict. */
  async function recount(editor, count) {
    if (count === editor.settle.count || count === editor.counted) return;
    editor.counted = count;
    const { slug, image } = editor;
    const answer = await dsb.client.conflicts(slug, image.id).catch(() => ({ status: 0 }));
    if (answer.status !== 200 || !editor.holds(slug, image.id)) return;
    editor.meet(answer.body.conflicts, answer.body.conflicts_waiting);
  }

  dsb.Editor.prototype.holds = function holds(slug, image) {
    return Boolean(this.model) && this.slug === slug && this.image.id === image;
  };

  /** Hold a lock for as long as this tab lives: nobody adopts its journal meanwhile. */
  if (navigator.locks) navigator.locks.request(lockOf(tab), () => new Promise(() => {}));

  /** Take over what closed tabs left. @returns {Promise<object[]>} the adopted entries */
  async function adopt() {
    const entries = [];
    for (const name of journal.orphans()) {
      const take = () => entries.push(...journal.adopt(name));
      if (!navigator.locks) take();
      else await navigator.locks.request(lockOf(name), { ifAvailable: true }, (lock) => lock && take());
    }
    entries.sort((a, b) => a.order - b.order);
    if (entries.length) queue.adopt(entries);
    return entries;
  }

  /** Wait until plotly has drawn the graph of the page. */
  async function plotted(page, signal) {
    for (;;) {
      const node = page.querySelector('#canvas .js-plotly-plot');
      if (node && node._fullLayout && node.on && root.Plotly) return node;
      if (signal.aborted) return null;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }

  /** The layers over the graph. @returns {HTMLElement} the surface that takes the pointer */
  function surfaceOver(graph) {
    const surface = dsb.make('div', {
      className: 'canvas-surface', tabIndex: 0, role: 'application',
      'aria-label': 'Drawing surface; press ? for the keys',
    });
    graph.container.append(surface);
    return surface;
  }

  /** The nearest handle within reach; a corner goes before the ghost beside it. */
  function handleAt(editor, at, reach) {
    if (!editor.model) return null;
    let best = null;
    let least = reach;
    for (const part of editor.tool.parts()) {
      if (part.is !== 'handle' || part.look.includes('inert')) continue;
      const distance = dsb.geometry.distance(at, editor.view.toStage(part.point));
      const weighed = part.look.includes('ghost') ? distance + 2 : distance;
      if (weighed < least) [best, least] = [part, weighed];
    }
    return best;
  }

  const hooks = (editor) => ({
    handleAt: (at, reach) => handleAt(editor, at, reach),
    down: (touch) => Boolean(editor.model) && editor.tool.down(touch),
    drag: (touch) => {
      editor.emit('pointer', touch.point);
      editor.tool.drag(touch);
    },
    up: (touch) => {
      editor.tool.up(touch);
      setTimeout(() => editor.model && learn(editor), 0);
    },
    hover: (touch) => {
      if (!editor.model) return;
      editor.emit('pointer', touch.point);
      editor.tool.hover(touch);
    },
    double: (touch) => editor.model && editor.tool.double(touch),
    abandon: () => editor.tool.abandon(),
    leave: () => {
      editor.emit('pointer', null);
      editor.point(null);
      editor.tool.pointer = null;
      editor.redraw();
    },
  });

  function buildStage(editor, node, signal) {
    const { view } = editor;
    const graph = (editor.graph = new dsb.Graph(node, view));
    const surface = (editor.surface = surfaceOver(graph));
    editor.display = new dsb.Display(editor, surface);
    editor.scene = new dsb.Scene(surface, view, (window) => editor.resting(window));
    editor.scene.look = editor.settings;
    editor.crowd = new dsb.Crowd(surface, view, () => editor.carried());
    editor.crowd.look = editor.settings;
    editor.live = new dsb.Live(surface, view);
    editor.activeLayer = new dsb.Active(surface, view, () => editor.active());
    editor.gestures = new dsb.Gestures(surface, view, hooks(editor));
    view.on('moved', () => graph.place());
    view.on('rested', () => graph.settle());
    const resize = () => {
      view.resize(graph.size);
      editor.display.depth.resize(graph.size);
      editor.scene.resize(graph.size);
      editor.crowd.resize(graph.size);
      editor.live.resize(graph.size);
      graph.place();
    };
    graph.on('resized', resize);
    resize();
    signal.addEventListener('abort', () => graph.detach());
  }

  /** The panes that reviewing has too. */
  function buildShared(editor, page, signal) {
    const part = (name) => page.querySelector(`#annotate-${name}`);
    dsb.topPane(editor, page, signal);
    new dsb.ObjectsPane(editor, part('objects'), part('count'));
    new dsb.CommentsPane(editor, page, part('comments'));
    new dsb.DockPane(editor, part('dock'));
    new dsb.NoticePane(editor, part('hint'));
    editor.settle = new dsb.SettlePane(editor, part('settle'));
    new dsb.PresencePane(editor, part('present'), signal);
    new dsb.PastPane(editor, part('past'));
    dsb.loginPane(editor, part('login'), page.dataset.user, signal);
    new dsb.PointerPane(editor, part('pointer'));
    new dsb.RulersPane(editor, page.querySelector('.stage'));
    new dsb.MinimapPane(editor, part('map'));
    new dsb.ComparePane(editor, editor.surface, part('compare'));
    new dsb.ViewPane(editor, part('view'), part('zoom'));
  }

  function buildPanes(editor, page, signal) {
    const part = (name) => page.querySelector(`#annotate-${name}`);
    buildShared(editor, page, signal);
    new dsb.LabelsPane(editor, part('labels'));
    new dsb.GroupsPane(editor, part('groups'));
    new dsb.AskingPane(editor, part('asking'));
    new dsb.NumbersPane(editor, part('numbers'));
    new dsb.FilmPane(editor, part('film'));
    new dsb.MeasurePane(editor, part('measure'));
    new dsb.SkipPane(editor, part('skip'));
    new dsb.KeysPane(editor, part('keys'), page);
    dsb.openAddressed(editor);
  }

  function listen(editor, page, signal) {
    const on = (target, name, run) => target.addEventListener(name, run, { signal });
    on(page, 'pointerdown', () => page.classList.remove('tabbing'));
    on(root, 'keydown', (event) => {
      if (event.key === 'Tab') page.classList.add('tabbing');
      if (event.key === ' ' && !dsb.keys.taken(event)) editor.gestures.setSpace(true);
      if (!editor.model || !(editor.review || dsb.keys).press(editor, event)) return;
      event.preventDefault();
    });
    on(root, 'keyup', (event) => {
      if (event.key === ' ') editor.gestures.setSpace(false);
      editor.blink(false);
    });
    on(root, 'blur', () => {
      editor.gestures.setSpace(false);
      editor.blink(false);
    });
    on(root, 'popstate', () => followAddress(editor));
    on(page, 'click', (event) => clicked(editor, event));
  }

  /** Tool buttons and actions; after a click with a pointer the keys belong to the stage again. */
  function clicked(editor, event) {
    const button = event.target.closest('button');
    if (!button || !editor.model) return;
    const { tool, do: action } = button.dataset;
    if (tool) editor.setTool(tool);
    else if (action === 'help' || action === 'past' || action === 'settle') editor.emit(action);
    else if (action) editor[action]();
    const stays =
      ['help', 'past', 'settle', 'look', 'reject', 'skip'].includes(action) ||
      button.closest('.past, .settle, .comments, .skip, .keys-sheet');
    if (event.detail > 0 && !stays) editor.surface.focus({ preventScroll: true });
  }

  /** Back and forward between images. */
  function followAddress(editor) {
    const match = /^\/p\/([^/]+)\/(?:annotate|review)\/(\d+)$/.exec(root.location.pathname);
    if (!match) return;
    const [slug, id] = [decodeURIComponent(match[1]), Number(match[2])];
    const { opening } = editor;
    if (!opening || opening.slug !== slug || opening.id !== id) editor.open(slug, id);
  }

  /** What others do, and what another tab left behind meanwhile. */
  async function poll(editor) {
    if (document.visibilityState !== 'visible' || !editor.model) return;
    const adopted = await adopt();
    const { slug, image } = editor;
    const ours = adopted.filter((entry) => editor.holds(entry.slug, entry.image));
    if (ours.length) editor.open(slug, image.id);
    else queue.poll(slug, image.id);
  }

  /** @param {HTMLElement} page @param {AbortSignal} signal aborts when the page goes */
  async function start(page, signal) {
    const node = await plotted(page, signal);
    if (!node) return;
    const editor = (dsb.editor = new dsb.Editor(queue));
    buildStage(editor, node, signal);
    const reviewing = page.dataset.mode === 'review';
    if (reviewing) {
      buildShared(editor, page, signal);
      editor.review = new dsb.Review(editor, page, signal);
    } else {
      buildPanes(editor, page, signal);
      dsb.returning(editor, page);
    }
    listen(editor, page, signal);
    const timer = setInterval(() => poll(editor), POLL);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      editor.close();
      dsb.editor = null;
    });
    await adopt();
    if (reviewing) await editor.review.begin(page.dataset.slug, Number(page.dataset.image));
    else await editor.open(page.dataset.slug, Number(page.dataset.image));
    editor.setTool(page.dataset.tool || 'select');
    editor.surface.focus({ preventScroll: true });
  }

  root.addEventListener('online', () => queue.wake());
  root.addEventListener('beforeunload', (event) => {
    if (queue.entries.length && !journal.healthy) event.preventDefault();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') queue.wake();
  });

  dsb.queue = queue;
  adopt();
  dsb.whenPresent('#annotate', start);
})(window);
