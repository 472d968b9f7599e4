/**
 * A crowd in the hand: what is selected beyond a hundred objects, while it is dragged. A scene of
 * its own, since a node for each of them would make every frame slow.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  class Crowd extends dsb.Scene {
    constructor(surface, view, list) {
      super(surface, view, list);
      this.show(false);
    }

    /** @param {boolean} carried is something in the hand? */
    show(carried) {
      this.canvas.hidden = !carried;
      this.all();
    }

    all() {
      if (!this.canvas.hidden) super.all();
    }
  }

  dsb.Crowd = Crowd;
})(window);
