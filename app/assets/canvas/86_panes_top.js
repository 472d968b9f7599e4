/** The line of truth on top, and the two corners of the stage: where am I, how far, saved or not. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /** @param {dsb.Editor} editor @param {HTMLElement} page @param {AbortSignal} signal */
  function topPane(editor, page, signal) {
    const find = (selector) => page.querySelector(selector);
    const save = () => showSaving(editor.queue, find('#save-state'));
    signal.addEventListener('abort', editor.queue.on('state', save));
    editor.on('image', () => showImage(editor, find));
    editor.on('image state', () => showProgress(editor, find));
    editor.on('image state', () => showVerdict(editor, find('#annotate-verdict')));
    editor.on('image objects', dsb.soon(() => editor.model && showSteps(editor, find)));
    editor.on('waiting', (n) => showWaiting(find('#annotate-waiting'), n));
    editor.on('tool', () => showTool(editor, page));
    editor.view.on('moved rested', () => showZoom(editor, find('#annotate-zoom')));
    editor.on('image', () => showZoom(editor, find('#annotate-zoom')));
    save();
    showTool(editor, page);
  }

  /** Never "saved" before the server has answered. */
  function showSaving(queue, node) {
    const n = queue.entries.length;
    const lost = n ? `${n} waiting` : `${queue.refused.size} refused`;
    const words = { saved: 'saved', saving: 'saving…', unsaved: `NOT saved, ${lost}` };
    node.dataset.state = queue.state;
    node.textContent = words[queue.state];
    node.title = queue.state === 'unsaved' ? queue.failure || 'Press N to see what was refused' : '';
    if (!queue.journal.healthy) node.title = 'This browser cannot keep the changes over a reload';
  }

  /** How many conflicts of this image wait for an answer. */
  function showWaiting(node, n) {
    node.hidden = !n;
    node.textContent = n === 1 ? '1 conflict' : `${n} conflicts`;
  }

  function showImage({ image, answer, slug }, find) {
    const { name } = answer.project;
    find('#annotate-name').textContent = image.name;
    const project = find('#annotate-project');
    project.textContent = name;
    project.href = `/p/${encodeURIComponent(slug)}/images`;
    document.title = `${image.name} · ${name}`;
  }

  /** Done and accepted of all; what was just done counts at once. */
  function showProgress({ answer, states }, find) {
    const { n_images: total } = answer.project;
    const done = (states.done || 0) + (states.accepted || 0);
    find('#annotate-progress').textContent = `${done} of ${total} done`;
    find('#annotate-meter').style.width = `${total ? (100 * done) / total : 0}%`;
  }

  /** Why a reviewer sent the image back, or why somebody skipped it. */
  function showVerdict({ model }, node) {
    const { state, comment } = (model && model.imageState.state) || {};
    node.hidden = state !== 'rejected' && state !== 'skipped';
    node.textContent = comment ? `${state}: ${comment}` : state;
    node.title = node.textContent;
  }

  function showSteps({ history }, find) {
    find('[data-do="undo"]').disabled = history.done.length === 0;
    find('[data-do="redo"]').disabled = history.undone.length === 0;
  }

  function showTool({ toolName, tool, surface }, page) {
    for (const button of page.querySelectorAll('[data-tool]')) {
      button.setAttribute('aria-pressed', String(button.dataset.tool === toolName));
    }
    if (surface) surface.style.cursor = tool.cursor || 'crosshair';
  }

  function showZoom({ view }, node) {
    const percent = view.scale * 100;
    node.textContent = `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
  }

  dsb.topPane = topPane;
})(window);
