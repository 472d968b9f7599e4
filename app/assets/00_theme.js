/* Light or dark, before the first paint: the choice kept in this browser, else the system's. */
(function () {
  'use strict';
  const KEY = 'mantine-color-scheme-value';

  /** @returns {'light'|'dark'} the scheme that is shown. */
  function scheme() {
    const kept = localStorage.getItem(KEY);
    if (kept === 'light' || kept === 'dark') return kept;
    return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }

  /** Show a scheme and remember it. @param {'light'|'dark'} value */
  function show(value) {
    localStorage.setItem(KEY, value);
    document.documentElement.setAttribute('data-mantine-color-scheme', value);
  }

  document.documentElement.setAttribute('data-mantine-color-scheme', scheme());

  document.addEventListener('click', (event) => {
    const button = event.target.closest && event.target.closest('[data-action="theme"]');
    if (button) show(scheme() === 'dark' ? 'light' : 'dark');
  });
})();
