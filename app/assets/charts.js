/* The charts of the explore page: a click on a bar opens the images of what it counts. */
(function (dsb) {
  'use strict';

  dsb.whenPresent('.charts', (root, signal) => {
    if (!dsb.explore.mayAnnotate(root)) return;
    const follow = () => {
      for (const plot of root.querySelectorAll('.js-plotly-plot')) listen(plot, root.dataset.slug);
    };
    const seen = new MutationObserver(follow);
    seen.observe(root, { childList: true, subtree: true });
    signal.addEventListener('abort', () => seen.disconnect());
    follow();
  });

  function listen(plot, slug) {
    if (plot.dataset.listens || !plot.on) return;
    plot.dataset.listens = 'yes';
    plot.on('plotly_click', ({ points: [point] }) => {
      if (point && point.customdata) dsb.explore.pick(slug, { filter: JSON.parse(point.customdata) });
    });
  }
})(window.dsb);
