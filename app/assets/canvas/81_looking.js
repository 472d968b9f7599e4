/** Where the person looks: closely at what is selected, pixel by pixel, or at all of it. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});

  const methods = {
    /** What the selection covers, in image pixels; null where nothing with a place is selected. */
    chosenBounds() {
      const boxes = this.chosen
        .map((uid) => dsb.shapes.drawable(this.model.annotation(uid)).bounds)
        .filter(Boolean);
      return boxes.length ? boxes.reduce((all, box) => dsb.geometry.union(all, box)) : null;
    },

    /** Zoom to the selection; once more goes back to all of the image. */
    zoomToChosen() {
      const bounds = this.model && this.chosenBounds();
      if (!bounds) {
        this.hint('Select an object first: Z zooms to it');
        return true;
      }
      this.view.frame(bounds);
      return true;
    },

    actualSize() {
      this.view.actual();
    },

    fitView() {
      this.view.fit();
    },

    /** The colour of an object, by what the person wants to tell apart. */
    colorOf(item) {
      const { colorBy } = this.settings;
      if (colorBy === 'object') return dsb.colors.ofEach(item);
      if (colorBy !== 'status') return this.color(item.state.label);
      return dsb.colors.STATUSES[dsb.colors.statusOf(item, this.isLocked(item.key))].color;
    },

    /** @param {'colorBy' | 'opacity' | 'outlined'} name */
    setLook(name, value) {
      this.setSetting(name, value);
      this.scene.all();
      this.emit('objects');
      this.redraw();
    },

    /** What stands beside the picture: `rulers`, `minimap`, `compared`. */
    setAid(name, value) {
      this.setSetting(name, value);
      this.emit('aids');
    },

    /** Nothing but the picture for as long as a key is held. */
    blink(on) {
      this.surface.classList.toggle('blinking', on);
    },

    /** Open or close the View panel. */
    look() {
      this.emit('look');
    },
  };

  Object.assign(dsb.Editor.prototype, methods);
})(typeof window !== 'undefined' ? window : globalThis);
