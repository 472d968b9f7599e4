"""From any depth to the eight bits that a screen shows."""

import numpy as np

PERCENTILES = (0.1, 99.9)

_SAMPLE = 1_000_000
_BLOCK = 4_000_000


def to_display(array: np.ndarray) -> np.ndarray:
    """Map pixels of any depth to eight bits.

    Parameters
    ----------
    array : ndarray of shape (H, W) or (H, W, C)
        Pixels in their original depth.

    Returns
    -------
    shown : ndarray of uint8, shape (H, W) or (H, W, 3)
        Eight-bit values as they are; deeper ones stretched over the window of `window_of`. Of
        more than three channels the first three; two channels become red and green.
    """
    channels = shown_channels(array)
    if channels.dtype == bool:
        shown = channels.astype(np.uint8) * np.uint8(255)
    elif channels.dtype == np.uint8:
        shown = channels
    else:
        shown = _stretched(channels, *window_of(channels))
    return _with_blue(shown) if shown.ndim == 3 and shown.shape[2] == 2 else shown


def window_of(array: np.ndarray) -> tuple[float, float]:
    """The values that become black and white: percentiles of the finite pixels.

    Where nearly all pixels are equal the percentiles coincide; then the smallest and the greatest
    value are taken.
    """
    flat = array.reshape(-1)
    sample = flat[:: max(1, flat.size // _SAMPLE)].astype(np.float64)
    finite = sample[np.isfinite(sample)]
    if not finite.size:
        return 0.0, 1.0
    low, high = np.percentile(finite, PERCENTILES)
    if low == high:
        low, high = finite.min(), finite.max()
    return float(low), float(high)


def shown_channels(array: np.ndarray) -> np.ndarray:
    """Of a picture with more than three channels the first three; a single one without its axis."""
    if array.ndim == 2:
        return array
    return array[:, :, 0] if array.shape[2] == 1 else array[:, :, :3]


def _with_blue(array: np.ndarray) -> np.ndarray:
    return np.concatenate([array, np.zeros_like(array[:, :, :1])], axis=2)


def _stretched(array: np.ndarray, low: float, high: float) -> np.ndarray:
    if array.dtype == np.uint16:
        return _levels(np.arange(2**16), low, high)[array]
    shown = np.empty(array.shape, np.uint8)
    rows = max(1, _BLOCK // max(1, array[0].size))
    for start in range(0, len(array), rows):
        shown[start : start + rows] = _levels(array[start : start + rows], low, high)
    return shown


def _levels(values: np.ndarray, low: float, high: float) -> np.ndarray:
    scale = 255.0 / (high - low) if high > low else 0.0
    levels = (np.clip(values.astype(np.float64), low, high) - low) * scale
    return np.floor(np.nan_to_num(levels, nan=0.0) + 0.5).astype(np.uint8)
