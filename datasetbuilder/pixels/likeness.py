"""How alike two pictures look: a perceptual hash of 64 bits that survives scaling and coding.

The signs of the slowest waves of a picture say what is on it and nothing of how it was stored, so
copies that were re-encoded, scaled or brightened differ in few bits and other pictures in about
half of them.
"""

import numpy as np
from PIL import Image as Pillow

_SIDE = 32
_WAVES = 8
_LEAST_CONTRAST = 2.0
"""Standard deviation, of 255 grey levels, below which only noise would be hashed."""

_ANGLES = np.outer(np.arange(_WAVES), 2 * np.arange(_SIDE) + 1)
_COSINES = np.cos(np.pi * _ANGLES / (2 * _SIDE))


def likeness(picture: Pillow.Image) -> int | None:
    """The perceptual hash of an upright picture, None for one without anything to see.

    Parameters
    ----------
    picture : PIL.Image.Image
        Eight bits, grey or colour, of any size.

    Returns
    -------
    hash : int or None
        From 0 to 2**63 - 1: of each of the 8 by 8 slowest waves but the mean, row by row, whether
        it is above their median.

    References
    ----------
    .. [1] C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010,
       section 3.2.1 (DCT based hash).
    """
    grey = picture.convert("L").convert("F")
    small = np.asarray(grey.resize((_SIDE, _SIDE), Pillow.Resampling.BILINEAR), np.float64)
    if small.std() < _LEAST_CONTRAST:
        return None
    waves = (_COSINES @ small @ _COSINES.T).ravel()
    bits = waves > np.median(waves[1:])
    bits[0] = False
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
