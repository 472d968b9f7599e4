"""Any image as CIE Lab in float32, whatever its depth and number of channels."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.errors import GeometryError

_SAMPLES = 200_000
_ENDS = (0.1, 99.9)
_NARROW = 128


@dataclass(frozen=True, slots=True)
class Levels:
    """Per channel, the values shown as black and as white."""

    black: tuple[float, ...]
    white: tuple[float, ...]


def pixels_from_image(image: ArrayLike) -> NDArray:
    """Check an image and give it as ``(H, W, C)`` with 1 or 3 channels, its own depth kept.

    An alpha channel is left out; of more than four channels the first three count, of two both.

    Raises
    ------
    GeometryError
        If the array is not an image: wrong number of dimensions, no pixels, not numbers.
    """
    array = np.asarray(image)
    if array.ndim not in (2, 3) or not array.size:
        raise GeometryError(
            f"an image is an array (H, W) or (H, W, channels) with pixels, not {array.shape}"
        )
    if array.dtype.kind not in "buif":
        raise GeometryError(f"an image holds numbers, not {array.dtype}")
    if array.ndim == 2:
        return array[..., None]
    channels = array.shape[2]
    if channels == 2:
        return np.concatenate([array, np.zeros_like(array[..., :1])], axis=2)
    return array[..., :3] if channels > 2 else array


def levels_of(pixels: NDArray) -> Levels:
    """Black and white of each channel: the type's range for 8 bits, else what is in the image."""
    channels = pixels.shape[2]
    if pixels.dtype == np.uint8:
        return Levels((0.0,) * channels, (255.0,) * channels)
    sample = _sampled(pixels)
    sample = np.where(np.isfinite(sample), sample, np.nan)
    sample[:, np.isnan(sample).all(0)] = 0.0
    black, white = np.nanpercentile(sample, _ENDS, axis=0)
    return Levels(tuple(black.tolist()), tuple(white.tolist()))


def stretched_levels_of(pixels: NDArray) -> Levels:
    """As :func:`levels_of`, but 8 bits of which less than half are used are stretched too.

    All channels share the stretch, so that colours stay colours.
    """
    if pixels.dtype != np.uint8:
        return levels_of(pixels)
    black, white = np.percentile(_sampled(pixels), _ENDS).tolist()
    if white - black > _NARROW:
        return levels_of(pixels)
    channels = pixels.shape[2]
    return Levels((black,) * channels, (white,) * channels)


def _sampled(pixels: NDArray) -> NDArray[np.float64]:
    step = max(1, int((pixels.shape[0] * pixels.shape[1] / _SAMPLES) ** 0.5))
    return pixels[::step, ::step].reshape(-1, pixels.shape[2]).astype(np.float64)


def lab_from_pixels(pixels: NDArray, levels: Levels) -> NDArray[np.float32]:
    """CIE Lab (``L`` 0 to 100) of pixels ``(H, W)`` or ``(H, W, C)`` under fixed levels."""
    values = pixels.reshape(*pixels.shape[:2], -1).astype(np.float32)
    values = np.nan_to_num(values, posinf=3e38, neginf=-3e38)
    black = np.array(levels.black, np.float32)
    white = np.maximum(np.array(levels.white, np.float32), black)
    spread = np.maximum(white - black, np.float32(1e-12))
    values = (np.clip(values, black, white) - black) / spread
    if values.shape[2] == 1:
        values = np.repeat(values, 3, axis=2)
    return np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2LAB), np.float32)
