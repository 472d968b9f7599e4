"""Stitching photographs that were cut 3 by 3 with 10 % overlap, jitter and noise.

    python benchmarks/stitching.py FOLDER_OF_PHOTOGRAPHS

For each: how far the worst tile is from where it was cut, and the PSNR of the seams against the
photograph. The control lays the tiles where the grid says, without looking at them.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from datasetbuilder.pixels.stitching import stitched

SIDE, OVERLAP, NOISE, JITTER, EDGE = 3, 0.1, 3.0, 4, 12


def cut(whole: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    random = np.random.default_rng(0)
    size = [int(side / (SIDE - (SIDE - 1) * OVERLAP)) - 8 for side in whole.shape[:2]]
    step = [side - round(side * OVERLAP) for side in size]
    tiles, places = [], []
    for row in range(SIDE):
        for column in range(SIDE):
            y, x = (
                k * by + int(random.integers(-JITTER, JITTER + 1))
                for k, by in zip((row, column), step, strict=True)
            )
            y = int(np.clip(y, 0, whole.shape[0] - size[0]))
            x = int(np.clip(x, 0, whole.shape[1] - size[1]))
            tile = whole[y : y + size[0], x : x + size[1]].astype(float)
            tile += random.normal(0, NOISE, tile.shape)
            tiles.append(np.clip(np.rint(tile), 0, 255).astype(np.uint8))
            places.append((x, y))
    return tiles, np.array(places, float)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print(f"{'photograph':28} {'error px':>9} {'grid px':>9} {'PSNR dB':>9}")
    for path in sorted(parser.parse_args().folder.iterdir()):
        if path.suffix not in (".png", ".jpg") or path.name.startswith("large"):
            continue
        whole = np.asarray(Pillow.open(path))
        whole = whole[..., :3] if whole.ndim == 3 else whole
        tiles, places = cut(whole)
        found = stitched(tiles, SIDE, overlap=OVERLAP)
        x, y = places.min(axis=0).astype(int)
        height, width = found.pixels.shape[:2]
        inside = np.s_[EDGE : height - EDGE, EDGE : width - EDGE]
        seen = found.pixels.astype(float)[inside]
        off = seen - whole[y : y + height, x : x + width].astype(float)[inside]
        error = np.abs(found.places - (places - places.min(axis=0))).max()
        psnr = 10 * np.log10(255**2 / (off**2).mean())
        print(f"{path.name:28} {error:9.2f} {JITTER:9d} {psnr:9.1f}")


if __name__ == "__main__":
    main()
