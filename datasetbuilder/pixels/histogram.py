"""How often each value occurs in a picture: what a display window is chosen by."""

from dataclasses import dataclass

import numpy as np

from datasetbuilder.pixels.display import shown_channels, window_of

BINS = 512
_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts in bins of one width, and the window that a screen begins with.

    ``low`` is where the first bin begins and ``high`` where the last one ends, in the picture's
    own values; of more than three channels the first three are counted, all together.
    """

    low: float
    high: float
    counts: np.ndarray
    window: tuple[float, float]


def histogram(array: np.ndarray) -> Histogram:
    """Count the values of a picture.

    Parameters
    ----------
    array : ndarray of shape (H, W) or (H, W, C)
        Pixels in their original depth.

    Returns
    -------
    Histogram
        256 bins for eight bits, a bin per value where there are at most 512 values, else 512
        bins. Values that are not finite are left out.
    """
    channels = shown_channels(array)
    if channels.dtype == bool:
        channels = channels.astype(np.uint8) * np.uint8(255)
    if channels.dtype == np.uint8:
        return Histogram(0.0, 256.0, np.bincount(channels.ravel(), minlength=256), (0.0, 255.0))
    window = window_of(channels)
    if channels.dtype.kind in "iu" and channels.dtype.itemsize <= 2:
        return _of_short_integers(channels, window)
    return _of_numbers(channels, window)


def shrunk(array: np.ndarray, factor: int) -> np.ndarray:
    """The picture in squares of ``factor`` pixels, each their mean, in the same depth.

    Squares that hang over the right or lower edge go on with the last column or row.
    """
    if factor == 1:
        return array
    right, below = -array.shape[1] % factor, -array.shape[0] % factor
    rest = [(0, 0)] * (array.ndim - 2)
    whole = np.pad(array, [(0, below), (0, right), *rest], mode="edge")
    rows, columns = whole.shape[0] // factor, whole.shape[1] // factor
    squares = whole.reshape(rows, factor, columns, factor, *whole.shape[2:])
    means = squares.mean((1, 3), dtype=np.float64)
    return (np.rint(means) if array.dtype.kind in "iub" else means).astype(array.dtype)


def _of_short_integers(values: np.ndarray, window: tuple[float, float]) -> Histogram:
    low, high = int(values.min()), int(values.max()) + 1
    counts = np.zeros(high - low, np.int64)
    rows = max(1, _BLOCK // max(1, values[0].size))
    for start in range(0, len(values), rows):
        block = values[start : start + rows].astype(np.int64).ravel() - low
        counts += np.bincount(block, minlength=high - low)
    bins = min(BINS, high - low)
    counted, _ = np.histogram(np.arange(low, high), bins, (low, high), weights=counts)
    return Histogram(float(low), float(high), counted.astype(np.int64), window)


def _of_numbers(values: np.ndarray, window: tuple[float, float]) -> Histogram:
    flat = values.ravel()
    sample = flat[:: max(1, flat.size // _BLOCK)].astype(np.float64)
    finite = sample[np.isfinite(sample)]
    if not finite.size:
        return Histogram(0.0, 1.0, np.zeros(1, np.int64), window)
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        high = low + 1
    counted, _ = np.histogram(finite, BINS, (low, high))
    return Histogram(low, high, counted, window)
