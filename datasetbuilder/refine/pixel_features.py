"""What a classifier of pixels looks at (colour, edges, curvature at four scales), and its net.

Stands alone on NumPy and OpenCV, because an exported classifier takes this file along.
"""

import cv2
import numpy as np

SCALES = (1.0, 2.0, 4.0, 8.0)
FEATURES = 3 + 7 * len(SCALES)
STRIP = 1 << 15

Layers = tuple[tuple[np.ndarray, np.ndarray], ...]
"""Weights and bias of each layer of a net; all but the last are followed by a rectifier."""


def pixel_odds(layers: Layers, rows: np.ndarray) -> np.ndarray:
    """Log-odds of each row; a strip at a time, so that it stays in the cache."""
    odds = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), STRIP):
        values = rows[start : start + STRIP]
        for weights, bias in layers[:-1]:
            values = values @ weights
            values += bias
            np.maximum(values, 0, out=values)
        weights, bias = layers[-1]
        odds[start : start + STRIP] = (values @ weights + bias)[:, 0]
    return odds


def pixel_features(lab: np.ndarray) -> np.ndarray:
    """One row of ``FEATURES`` numbers for every pixel.

    Parameters
    ----------
    lab : ndarray of float32, shape (H, W, 3)
        CIE Lab, the light from 0 to 100.

    Returns
    -------
    rows : ndarray of float32, shape (H * W, FEATURES)
        Lab as it is; then for each scale smoothed Lab, the edge of the light and of the colour, and
        the stronger and the weaker curvature of the light.
    """
    height, width = lab.shape[:2]
    rows = np.empty((height, width, FEATURES), np.float32)
    rows[..., :3] = lab
    at = 3
    for scale in SCALES:
        found = _at_scale(lab, scale)
        if found.shape[:2] != (height, width):
            found = cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR)
        rows[..., at : at + 7] = found
        at += 7
    return rows.reshape(-1, FEATURES)


def _at_scale(lab: np.ndarray, scale: float) -> np.ndarray:
    """Seven maps; coarse scales are worked on smaller, where they look the same."""
    shrink = 1
    while scale / shrink > 2 and min(lab.shape[:2]) // (2 * shrink) >= 8:
        shrink *= 2
    if shrink > 1:
        size = (-(-lab.shape[1] // shrink), -(-lab.shape[0] // shrink))
        lab = cv2.resize(lab, size, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(lab, (0, 0), scale / shrink)
    along_x, along_y = (
        cv2.Sobel(smooth, cv2.CV_32F, *step, ksize=3) / 8 for step in ((1, 0), (0, 1))
    )
    squared = along_x**2 + along_y**2
    light = np.ascontiguousarray(smooth[..., 0])
    xx, yy, xy = (
        cv2.Sobel(light, cv2.CV_32F, *step, ksize=3) / 4 for step in ((2, 0), (0, 2), (1, 1))
    )
    middle, away = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    edges = [np.sqrt(squared[..., 0]), np.sqrt(squared[..., 1] + squared[..., 2])]
    return np.dstack([smooth, *edges, middle + away, middle - away])
