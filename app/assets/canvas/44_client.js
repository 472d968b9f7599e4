/** The plain routes of the server as functions; every answer is `{status, body}`. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const PATIENCE = 20_000;

  const project = (slug) => `/api/v1/projects/${encodeURIComponent(slug)}`;
  const place = (slug, image) => `${project(slug)}/images/${image}`;

  /** @returns {Promise<{status: number, body: object}>} rejects when no answer comes */
  async function call(url, body, { signal, patience = PATIENCE, keepalive = false } = {}) {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), patience);
    if (signal) signal.addEventListener('abort', () => giveUp.abort(), { once: true });
    const post = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
    try {
      const answer = await fetch(url, {
        ...(body === undefined ? {} : { ...post, body: JSON.stringify(body) }),
        signal: giveUp.signal,
        credentials: 'same-origin',
        keepalive,
      });
      const type = answer.headers.get('Content-Type') || '';
      const json = type.includes('json') ? await answer.json() : {};
      const odd = answer.status === 200 && !type.includes('json') && !type.includes('text/plain');
      return { status: odd ? 502 : answer.status, body: json };
    } finally {
      clearTimeout(timer);
    }
  }

  dsb.client = {
    openImage: (slug, image) => call(`${place(slug, image)}/annotations`),
    images: (slug, after, limit) => call(`${project(slug)}/images?after=${after}&limit=${limit}`),
    operations: (slug, image, body) => call(`${place(slug, image)}/operations`, body),
    conflicts: (slug, image) => call(`${place(slug, image)}/conflicts`),
    labels: (slug) => call(`${project(slug)}/labels`),
    steps: (slug, image, until) => call(`${place(slug, image)}/steps?until=${until}`),
    history: (slug, image, query) => call(`${place(slug, image)}/history?${new URLSearchParams(query)}`),
    moment: (slug, image, seq) => call(`${place(slug, image)}/history/${seq}`),
    stateAt: (slug, image, seq) => call(`${place(slug, image)}/state?seq=${seq}`),
    presence: (slug, image, body) => call(`${place(slug, image)}/presence`, body, { keepalive: body.leaving }),
    reviews: (slug, after = 0) => call(`${project(slug)}/review?after=${after}&limit=200`),
    review: (slug, image) => call(`${place(slug, image)}/review`),
    /** The next image for this person, held for them; a slow answer is none. */
    take: (slug, leaving) => call(`${project(slug)}/queue`, { leaving }, { patience: 2_000 }),
    /** Operations on the project itself: labels. */
    projectOperations: (slug, body) => call(`${project(slug)}/operations`, body),
    /** A one-time token becomes a session; the address of this page stays as it is. */
    login: (token) => call(`/login?${new URLSearchParams({ token, next: '/health' })}`),
    /** As the form of the login page does. @returns {Promise<{status: number}>} */
    async logInAs(name, password) {
      const { status, ok } = await fetch('/login', {
        method: 'POST', body: new URLSearchParams({ name, password, next: '/health' }),
        credentials: 'same-origin', signal: AbortSignal.timeout(PATIENCE),
      });
      return { status: ok ? 200 : status };
    },
    prepare: (slug, image) => call(`${place(slug, image)}/refine/prepare`, {}, { patience: 120_000 }),
    refine: (slug, image, tool, body, signal) =>
      call(`${place(slug, image)}/refine/${tool}`, body, { signal, patience: 60_000 }),
    /** The object of a shape as a picture. @returns {Promise<{status: number, picture: Blob}>} */
    async cutout(slug, image, body) {
      const answer = await fetch(`${place(slug, image)}/refine/cutout`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, credentials: 'same-origin',
        body: JSON.stringify(body), signal: AbortSignal.timeout(60_000),
      });
      return { status: answer.status, picture: await answer.blob() };
    },
    /** Shapes made of shapes: `combine` or `divide`. Nothing is stored. */
    shapes: (slug, image, how, body) => call(`${place(slug, image)}/shapes/${how}`, body),
    /** The values under a line, exact. Nothing is stored. */
    profile: (slug, image, body) => call(`${place(slug, image)}/profile`, body),
    /** The address of raw values in a square of an image. */
    samples: (slug, image, x, y, side, shrink = 1) =>
      `${place(slug, image.id)}/samples?x=${x}&y=${y}&width=${side}&height=${side}&shrink=${shrink}&v=${(image.sha256 || '').slice(0, 12)}`,
    /** How often each value occurs, and the window the image is shown in at first. */
    histogram: (slug, image) => call(`${place(slug, image.id)}/histogram?v=${(image.sha256 || '').slice(0, 12)}`),
    /** The address of an image's pixels; it changes when the pixels do. */
    pixels: (slug, image, kind) =>
      `${place(slug, image.id)}/pixels/${kind}?v=${(image.sha256 || '').slice(0, 12)}`,
  };
})(window);
