/** Who else is on this image, told every few seconds; nothing waits for it. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const BEAT = 5000;
  // The author of everything in a workspace without accounts.
  const ALONE = 'local';

  const nameOf = ({ author }) => (!author || author === ALONE ? 'another window' : author);

  class PresencePane {
    /** @param {dsb.Editor} editor @param {HTMLElement} place @param {AbortSignal} signal */
    constructor(editor, place, signal) {
      Object.assign(this, { editor, place });
      this.others = [];
      /** The image that was last told. */
      this.at = null;
      editor.on('image', () => this.beat());
      const timer = setInterval(() => this.beat(), BEAT);
      const leave = () => this.leave();
      root.addEventListener('pagehide', leave, { signal });
      document.addEventListener(
        'visibilitychange', () => (document.visibilityState === 'visible' ? this.beat() : this.leave()), { signal },
      );
      signal.addEventListener('abort', () => {
        clearInterval(timer);
        this.leave();
      });
    }

    /** What the hand holds, and the uid of what is selected. */
    get doing() {
      const { toolName, selection } = this.editor;
      return selection ? `${toolName}:${selection}` : toolName;
    }

    async beat() {
      const { editor } = this;
      if (!editor.model || document.visibilityState !== 'visible' || !editor.queue.open) return;
      const { slug, image } = editor;
      this.at = [slug, image.id];
      const body = { client: editor.queue.client, doing: this.doing };
      const answer = await dsb.client.presence(slug, image.id, body).catch(() => ({ status: 0, body: {} }));
      if (!editor.holds(slug, image.id)) return;
      this.others = answer.status === 200 ? answer.body.others : [];
      this.draw();
    }

    leave() {
      if (!this.at) return;
      const [slug, image] = this.at;
      this.at = null;
      const body = { client: this.editor.queue.client, leaving: true };
      dsb.client.presence(slug, image, body).catch(() => {});
    }

    draw() {
      const { editor, place, others } = this;
      place.hidden = !others.length;
      place.replaceChildren(...others.map(chip));
      const words = others.map(nameOf).join(', ');
      place.setAttribute('aria-label', others.length ? `Also on this image: ${words}` : '');
      editor.taken = others.map((other) => [other.doing.split(':')[1], nameOf(other)]).filter(([uid]) => uid);
      editor.redraw();
    }
  }

  function chip(other) {
    const name = nameOf(other);
    const since = new Date(other.since).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    const tool = other.doing.split(':')[0];
    const title = `${name} is on this image too, since ${since}${tool ? ` · ${tool}` : ''}`;
    return dsb.make('span', { className: 'present', title }, dsb.make('i', {}), dsb.make('b', {}, name));
  }

  dsb.PresencePane = PresencePane;
})(window);
