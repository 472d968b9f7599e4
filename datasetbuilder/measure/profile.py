"""The intensity profile along a line: what lies under it, channel by channel, in original units.

The samples are those of `skimage.measure.profile_line` on the image as floating-point numbers (on
whole numbers it rounds every place that it reads): one at each end, as evenly spaced between them
as steps of at most a pixel allow, each the linearly interpolated mean over ``width`` places a pixel
apart across the line. Beyond the centres of the outermost pixels the image goes on as at
beyond the edge itself there is nothing, and the profile says NaN there.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.errors import DataError, GeometryError
from datasetbuilder.geometry.centres import HALF
from datasetbuilder.measure.lines import vertices

MAX_WIDTH = 999
MAX_SAMPLES = 1_000_000
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A profile.

    Attributes
    ----------
    distance : ndarray of float, shape (N,)
        From the first vertex along the line, in pixels.
    points : ndarray of float, shape (N, 2)
        Where each sample lies, ``(x, y)``.
    values : ndarray of float, shape (N, C)
        NaN where no pixel lies.
    """

    distance: _Floats
    points: _Floats
    values: _Floats


def profile(image: ArrayLike, line: ArrayLike, width: int = 1) -> Profile:
    """The values of an image along a line.

    Parameters
    ----------
    image : array_like of shape (H, W) or (H, W, C)
        Of any depth; read where the line runs only.
    line : array_like of shape (N, 2)
        Vertices ``(x, y)``. A line of no length gives the one value at its place; parts of a line
        outside the image give NaN.
    width : int, optional
        Over how many pixels across the line the mean goes.

    Raises
    ------
    GeometryError
        If the line has no vertex or one that is not finite.
    DataError
        If the width is not from 1 to 999, or the line is absurdly long.
    """
    pixels = np.asarray(image)
    if pixels.ndim not in (2, 3):
        raise DataError(f"an image has two or three dimensions, not {pixels.ndim}")
    if not 1 <= width <= MAX_WIDTH:
        raise DataError(f"The width of a profile must be from 1 to {MAX_WIDTH} pixels.")
    band, distance = _band(vertices(line), int(width))
    return Profile(distance, band.mean(1), _means(pixels, band))


def _band(line: _Floats, width: int) -> tuple[_Floats, _Floats]:
    """Every place that is read, shape (N, width, 2), and how far along the line each N lies."""
    if len(line) == 1:
        line = np.repeat(line, 2, axis=0)
    pieces, distances, start = [], [], 0.0
    for index, (a, b) in enumerate(pairwise(line)):
        piece, way = _segment(a, b, width)
        if index and len(piece) == 1:
            continue
        # The corner itself belongs to the segment that ends there.
        pieces.append(piece[1 if index else 0 :])
        distances.append(way[1 if index else 0 :] + start)
        start += way[-1]
    return np.concatenate(pieces), np.concatenate(distances)


def _segment(a: _Floats, b: _Floats, width: int) -> tuple[_Floats, _Floats]:
    along = b - a
    whole = float(np.hypot(*along))
    if whole > MAX_SAMPLES:
        raise GeometryError(f"the line is longer than {MAX_SAMPLES} pixels")
    count = int(np.ceil(whole + 1))
    spine = np.linspace(a, b, count)
    theta = np.arctan2(along[1], along[0])
    reach = np.array([np.sin(-theta), np.cos(theta)]) * (width - 1) / 2
    band = np.linspace(spine - reach, spine + reach, width, axis=1)
    return band, np.linspace(0, whole, count)


def _means(pixels: NDArray[Any], band: _Floats) -> _Floats:
    height, width = pixels.shape[:2]
    x, y = band[..., 0], band[..., 1]
    inside = (x >= 0) & (x <= width) & (y >= 0) & (y <= height)
    column = np.clip(x - HALF, 0, width - 1)
    row = np.clip(y - HALF, 0, height - 1)
    left = np.minimum(column.astype(np.intp), max(width - 2, 0))
    top = np.minimum(row.astype(np.intp), max(height - 2, 0))
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (column - left)[..., None], (row - top)[..., None]
    channels = pixels.reshape(height, width, -1)
    upper = channels[top, left] * (1 - across) + channels[top, right] * across
    lower = channels[bottom, left] * (1 - across) + channels[bottom, right] * across
    found = np.where(inside[..., None], upper * (1 - down) + lower * down, 0.0)
    count = inside.sum(1)[:, None]
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, found.sum(1) / np.maximum(count, 1), np.nan)
