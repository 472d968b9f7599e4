"""Features: what a picture, or an object, is like in a row of numbers, so that likes can be found.

A picture speaks by its gradients (HOG), its texture (local binary patterns) and its colours; an
object by the columns of the table of all objects: its form and its intensities, each relative to
the others, so that no unit matters.

References
----------
.. [1] N. Dalal, B. Triggs: Histograms of Oriented Gradients for Human Detection. CVPR 2005.
.. [2] T. Ojala, M. Pietikäinen, T. Mäenpää: Multiresolution Gray-Scale and Rotation Invariant
       Texture Classification with Local Binary Patterns. IEEE TPAMI 24(7), 2002.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pandas import DataFrame

_SIDE = 64
_CELL = 16
_PATTERNS = 10
_FORMS = ("eccentricity", "extent", "euler_number")
_RATIOS = ("area", "aspect", "perimeter", "axis_major_length", "axis_minor_length")


def features_of_picture(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The features of one picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        Of any size; a thumbnail says as much.

    Returns
    -------
    features : ndarray of float, shape (162,)
    """
    import cv2
    from skimage.feature import hog, local_binary_pattern

    small = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    cell = (_CELL, _CELL)
    edges = hog(grey, orientations=8, pixels_per_cell=cell, cells_per_block=(1, 1))
    patterns = local_binary_pattern(grey, 8, 1, method="uniform").astype(int).ravel()
    texture = np.bincount(patterns, minlength=_PATTERNS) / patterns.size
    parts = [edges, texture, _colours(small)]
    # each of the three says as much as the others, however many numbers it needs
    return np.concatenate([part / np.sqrt(len(part)) for part in parts])


def _colours(small: NDArray[Any]) -> NDArray[np.float64]:
    """Mean and spread of each channel in each quarter."""
    import cv2

    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float64) / 255
    half = _SIDE // 2
    quarters = lab.reshape(2, half, 2, half, 3)
    return np.concatenate([quarters.mean((1, 3)).ravel(), quarters.std((1, 3)).ravel()])


def features_of_objects(table: "DataFrame") -> NDArray[np.float64]:
    """The features of every row of the table of all objects; NaN where one has none."""
    import pandas as pd

    columns: list[Any] = [np.log(table[name].where(table[name] > 0)) for name in _RATIOS]
    columns += [table[name] for name in _FORMS]
    channels = [name for name in table.columns if name.startswith(("mean_", "std_"))]
    columns += [table[name] for name in channels]
    return pd.concat(columns, axis=1).to_numpy(float)
