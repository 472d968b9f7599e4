/** The login has ended: what was drawn waits, and a fresh address opens the door in place. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /** @param {string} text an address with a token, or the token alone @returns {string} */
  dsb.tokenIn = function (text) {
    const match = /[?&]token=([\w-]+)/.exec(text);
    return match ? match[1] : text.trim();
  };

  /** @param {dsb.Editor} editor @param {HTMLElement} place @param {AbortSignal} signal */
  dsb.loginPane = function (editor, place, signal) {
    const { queue } = editor;
    const field = dsb.make('input', {
      className: 'input', type: 'text', autocomplete: 'off', spellcheck: false,
      'aria-label': 'Address or token', placeholder: '…/login?token=…',
    });
    const said = dsb.make('p', { className: 'bad', role: 'alert' });
    const waits = dsb.make('p', {});
    const form = dsb.make(
      'form', { className: 'card stack' },
      dsb.make('h2', { id: 'login-title' }, 'Log in again'), waits,
      dsb.make('p', { className: 'dim' },
        'Paste the newest address that the server printed in its terminal, or ',
        dsb.make('a', { className: 'link', href: '/login', target: '_blank', rel: 'noopener' }, 'log in in another tab'),
        '; this page goes on by itself.'),
      field, said,
      dsb.make('div', { className: 'row' }, dsb.make('button', { type: 'submit', className: 'button primary' }, 'Log in')),
    );
    place.replaceChildren(form);

    const show = () => {
      const n = queue.entries.length;
      place.hidden = queue.open;
      waits.textContent = n
        ? `Your session has ended. ${n === 1 ? '1 change waits' : `${n} changes wait`} here and will be saved after it.`
        : 'Your session has ended. Nothing that you drew is lost.';
    };
    const door = (open) => {
      show();
      said.textContent = '';
      if (open) entered(editor);
      else field.focus();
    };
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      said.textContent = await tryDoor(queue, dsb.tokenIn(field.value));
      if (!said.textContent) field.value = '';
    });
    place.addEventListener('keydown', (event) => event.stopPropagation());
    for (const stop of [queue.on('door', door), queue.on('state', show)]) signal.addEventListener('abort', stop);
    show();
  };

  /** @returns {Promise<string>} why the door stays closed, empty when it is open */
  async function tryDoor(queue, token) {
    if (!token) return 'Paste an address or a token first.';
    let status = 0;
    try {
      ({ status } = await dsb.client.login(token));
    } catch {
      return 'The server cannot be reached.';
    }
    if (status !== 200) return 'That token was used before or is not of this server; take the newest address.';
    queue.enter(200);
    queue.wake();
    return '';
  }

  function entered(editor) {
    editor.hint('Logged in');
    editor.surface.focus({ preventScroll: true });
    if (!editor.model && editor.opening) editor.open(editor.opening.slug, editor.opening.id);
  }
})(window);
