/** The login has ended: what was drawn waits, and a password or a fresh address opens the door in place. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  /** @param {string} text an address with a token, or the token alone @returns {string} */
  dsb.tokenIn = function (text) {
    const match = /[?&]token=([\w-]+)/.exec(text);
    return match ? match[1] : text.trim();
  };

  const LINK = { className: 'link', href: '/login', target: '_blank', rel: 'noopener' };
  const WITH_TOKEN = {
    type: 'text', autocomplete: 'off', 'aria-label': 'Address or token', placeholder: '…/login?token=…',
  };

  /**
   * @param {dsb.Editor} editor @param {HTMLElement} place
   * @param {string} user who drew here: what waits is saved in their name, so nobody else logs in
   * @param {AbortSignal} signal
   */
  dsb.loginPane = function (editor, place, user, signal) {
    const { queue } = editor;
    const printed = !user || user === 'local';
    const withPassword = { type: 'password', autocomplete: 'current-password', 'aria-label': `Password of ${user}` };
    const field = dsb.make('input', {
      className: 'input', spellcheck: false, ...(printed ? WITH_TOKEN : withPassword),
    });
    const said = dsb.make('p', { className: 'bad', role: 'alert' });
    const waits = dsb.make('p', {});
    const form = dsb.make(
      'form', { className: 'card stack' },
      dsb.make('h2', { id: 'login-title' }, 'Log in again'), waits,
      dsb.make('p', { className: 'dim' },
        printed ? 'Paste the newest address that the server printed in its terminal, or ' : `Type the password of ${user}, or `,
        dsb.make('a', LINK, 'log in in another tab'), '; this page goes on by itself.'),
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
      said.textContent = printed
        ? await tryDoor(queue, dsb.tokenIn(field.value), dsb.client.login, WRONG_TOKEN)
        : await tryDoor(queue, field.value, (password) => dsb.client.logInAs(user, password), WRONG_PASSWORD);
      if (!said.textContent) field.value = '';
    });
    place.addEventListener('keydown', (event) => event.stopPropagation());
    for (const stop of [queue.on('door', door), queue.on('state', show)]) signal.addEventListener('abort', stop);
    show();
  };

  const WRONG_TOKEN = 'That token was used before or is not of this server; take the newest address.';
  const WRONG_PASSWORD = 'That is not the password.';

  /** @returns {Promise<string>} why the door stays closed, empty when it is open */
  async function tryDoor(queue, key, open, wrong) {
    if (!key) return 'Fill in the field first.';
    let status = 0;
    try {
      ({ status } = await open(key));
    } catch {
      return 'The server cannot be reached.';
    }
    if (status === 429) return 'Too many tries; wait a little and try again.';
    if (status !== 200) return wrong;
    queue.enter(200);
    queue.wake();
    return '';
  }

  function entered(editor) {
    editor.hint('Logged in');
    // Pictures that were asked for in between were refused.
    for (const picture of document.querySelectorAll('.film img')) {
      if (picture.complete && !picture.naturalWidth) picture.src = picture.getAttribute('src');
    }
    editor.surface.focus({ preventScroll: true });
    if (!editor.model && editor.opening) editor.open(editor.opening.slug, editor.opening.id);
  }
})(window);
