/**
 * A picture deeper than eight bits in the window that a person chose: raw samples in their original
 * depth, shaded here, on a canvas between the photograph and the objects.
 */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const { pyramid } = dsb;
  const MOST = 48;
  const STEPS = 4096;
  const OPAQUE = 0xff000000;
  const GREY = 0x010101;
  const SHORT = { uint8: [0, 256], int8: [-128, 256], uint16: [0, 65536], int16: [-32768, 65536] };

  /** A table of shades, and which place of it a value has: itself for whole numbers of 16 bits. */
  function tableFor(tone, histogram, type) {
    if (SHORT[type]) {
      const [from, count] = SHORT[type];
      return { shades: dsb.tones.levels(tone, histogram, { from, step: 1, count }), from, per: 0 };
    }
    const [black, white] = dsb.tones.windowOf(tone, histogram);
    const step = (white - black) / (STEPS - 1);
    const shades = dsb.tones.levels(tone, histogram, { from: black, step, count: STEPS });
    return { shades, from: 0, start: black, per: 1 / step };
  }

  /** Every sample becomes a pixel; of several channels the first three, two are red and green. */
  function shaded({ values, channels }, table, words) {
    const places = table.per ? placesIn(values, table) : values;
    if (channels === 1) greys(places, table, words);
    else colours(places, channels, table, words);
  }

  /** Where numbers of any size stand in the table, as whole numbers from `from`. */
  function placesIn(values, { from, per, shades, start }) {
    const last = shades.length - 1;
    return Uint16Array.from(values, (value) => Math.min(Math.max(((value - start) * per) | 0, 0), last) + from);
  }

  function greys(places, { shades, from }, words) {
    const pixels = Uint32Array.from(shades, (shade) => OPAQUE | (shade * GREY));
    for (let k = 0; k < words.length; k += 1) words[k] = pixels[places[k] - from];
  }

  function colours(places, channels, { shades, from }, words) {
    for (let k = 0, at = 0; k < words.length; k += 1, at += channels) {
      const blue = channels > 2 ? shades[places[at + 2] - from] : 0;
      words[k] = OPAQUE | (blue << 16) | (shades[places[at + 1] - from] << 8) | shades[places[at] - from];
    }
  }

  class Depth {
    /** @param {HTMLElement} surface @param {dsb.View} view */
    constructor(surface, view) {
      this.view = view;
      this.canvas = dsb.make('canvas', { className: 'canvas-layer canvas-depth', hidden: true });
      surface.append(this.canvas);
      this.context = this.canvas.getContext('2d');
      this.frame = 0;
      this.show('', null);
      view.on('moved rested', () => this.ask());
    }

    /** Another picture: its tiles come when a tone is chosen. */
    show(slug, image) {
      Object.assign(this, { slug, image, tiles: new Map(), tone: null, tables: new Map() });
      this.canvas.hidden = true;
    }

    /** @param {dsb.Tone | null} tone null shows nothing */
    shadeBy(tone, histogram) {
      Object.assign(this, { tone, histogram, tables: new Map() });
      this.canvas.hidden = !tone;
      this.ask();
    }

    resize({ width, height }) {
      this.ratio = root.devicePixelRatio || 1;
      this.canvas.width = Math.round(width * this.ratio);
      this.canvas.height = Math.round(height * this.ratio);
      this.ask();
    }

    ask() {
      if (this.tone && !this.frame) this.frame = requestAnimationFrame(() => this.paint());
    }

    /** The coarsest tiles first, what the zoom asks for on top of them. */
    wanted() {
      const { image, view } = this;
      const { width, height } = view.stage;
      const window = [...view.toImage([0, 0]), ...view.toImage([width, height])];
      const top = pyramid.top(image);
      const level = pyramid.level(image, view.scale * this.ratio);
      const under = pyramid.tiles(image, top, window);
      return level === top ? under : [...under, ...pyramid.tiles(image, level, window)];
    }

    paint() {
      this.frame = 0;
      const { tone, context, canvas } = this;
      if (!tone) return;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      const { x, y, scale } = this.view.place;
      const k = scale * this.ratio;
      context.setTransform(k, 0, 0, k, -x * k, -y * k);
      context.imageSmoothingEnabled = scale < 3;
      const wanted = this.wanted();
      for (const place of wanted) {
        const tile = this.tiles.get(place.key);
        if (tile) this.draw(tile, place);
        else if (tile === undefined && (!this.view.moving || place.level)) {
          // a tile in sight never goes: it would be asked for again in the next frame, without end
          pyramid.makeRoom(this.tiles, wanted, MOST);
          this.load(place);
        }
      }
    }

    draw(tile, { x, y, level }) {
      if (tile.tone !== this.tone) this.colour(tile);
      const { width, height } = tile.picture;
      this.context.drawImage(tile.picture, x, y, width * 2 ** level, height * 2 ** level);
    }

    colour(tile) {
      if (!this.tables.has(tile.type)) {
        this.tables.set(tile.type, tableFor(this.tone, this.histogram, tile.type));
      }
      shaded(tile, this.tables.get(tile.type), new Uint32Array(tile.pixels.data.buffer));
      tile.picture.getContext('2d').putImageData(tile.pixels, 0, 0);
      tile.tone = this.tone;
    }

    async load(place) {
      const { slug, image, tiles } = this;
      tiles.set(place.key, null);
      const found = await dsb.readSamples(slug, image, place).catch(() => null);
      if (tiles !== this.tiles) return;
      if (!found) {
        tiles.delete(place.key);
        return; // the preview stays to be seen; the next move asks again
      }
      const picture = dsb.make('canvas', pyramid.extent(image, place));
      const pixels = picture.getContext('2d').createImageData(picture.width, picture.height);
      tiles.set(place.key, { ...found, picture, pixels });
      this.ask();
    }
  }

  dsb.Depth = Depth;
})(window);
