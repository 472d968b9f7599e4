/* Pages come and go without a reload: run a function whenever an element that it serves appears. */
window.dsb = window.dsb || {};
(function (dsb) {
  'use strict';
  const wanted = [];

  /**
   * Call `start(element, signal)` for every element matching `selector`, once each; the signal
   * aborts when the element leaves the page.
   */
  dsb.whenPresent = function (selector, start) {
    wanted.push({ selector, start, element: null, leave: null });
    look();
  };

  function look() {
    for (const entry of wanted) {
      const element = document.querySelector(entry.selector);
      if (element === entry.element) continue;
      if (entry.leave) entry.leave.abort();
      entry.element = element;
      entry.leave = element ? new AbortController() : null;
      if (element) entry.start(element, entry.leave.signal);
    }
  }

  /** Make an element: `dsb.make('a', {className: 'tile', href: '/'}, child, 'text')`. */
  dsb.make = function (tag, properties, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(properties || {})) {
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };

  /** JSON from our own server; a refusal becomes an Error with the server's sentence. */
  dsb.ask = async function (url, options) {
    const settings = { ...options, headers: { ...(options && options.headers) } };
    if (settings.json !== undefined) {
      settings.body = JSON.stringify(settings.json);
      settings.headers['Content-Type'] = 'application/json';
      delete settings.json;
    }
    let answer;
    try {
      answer = await fetch(url, settings);
    } catch (error) {
      throw new Error('The server does not answer. Is it still running?');
    }
    const document_ = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(document_.error || `The server answered ${answer.status}.`);
    return document_;
  };

  new MutationObserver(look).observe(document, { childList: true, subtree: true });
})(window.dsb);
