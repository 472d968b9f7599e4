/** Raw tiles of the image on the stage, in their original depth, loaded where a line runs. */
(function (root) {
  'use strict';
  const dsb = (root.dsb = root.dsb || {});
  const SIDE = 512;
  const MOST = 64;
  const ARRAYS = {
    uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array,
    uint32: Uint32Array, int32: Int32Array, float32: Float32Array, float64: Float64Array,
  };

  const keyOf = (x, y) => Math.floor(y / SIDE) * 65536 + Math.floor(x / SIDE);

  /**
   * Raw samples of a square of an image, shrunk by 2 to the power of `level`.
   * @returns {Promise<{values: ArrayLike<number>, channels: number, type: string} | null>}
   */
  dsb.readSamples = async function (slug, image, { x, y, side, level = 0 }) {
    const address = dsb.client.samples(slug, image, x, y, side, 2 ** level);
    const answer = await fetch(address, { credentials: 'same-origin' });
    if (!answer.ok) return null;
    const [type, channels] = (answer.headers.get('X-Samples') || '').split(' ');
    return { values: new ARRAYS[type](await answer.arrayBuffer()), channels: Number(channels), type };
  };

  class Samples {
    /** @param {() => void} arrived called when a tile came */
    constructor(arrived) {
      this.arrived = arrived;
      this.show('', null);
    }

    /** Another image: what was loaded is of no use. */
    show(slug, image) {
      Object.assign(this, { slug, image, tiles: new Map(), channels: 1 });
      this.read = this.read.bind(this);
    }

    /** Is the tile of a pixel there? */
    has(x, y) {
      return Boolean(this.tiles.get(keyOf(x, y)));
    }

    /** A pixel; NaN while its tile is on the way. */
    read(x, y, channel) {
      const [column, row] = [Math.floor(x / SIDE), Math.floor(y / SIDE)];
      const key = keyOf(x, y);
      const tile = this.tiles.get(key);
      if (tile === undefined) this.load(key, column, row);
      if (!tile) return NaN;
      const at = (y - row * SIDE) * tile.width + (x - column * SIDE);
      return tile.values[at * tile.channels + channel];
    }

    async load(key, column, row) {
      const { image, slug, tiles } = this;
      if (tiles.size >= MOST) tiles.delete(tiles.keys().next().value);
      tiles.set(key, null);
      const place = { x: column * SIDE, y: row * SIDE, side: SIDE };
      const found = await dsb.readSamples(slug, image, place).catch(() => null);
      // without samples the exact values of the server come all the same
      if (!found || tiles !== this.tiles) return;
      this.channels = found.channels;
      tiles.set(key, { ...found, width: Math.min(SIDE, image.width - column * SIDE) });
      this.arrived();
    }
  }

  dsb.Samples = Samples;
})(window);
