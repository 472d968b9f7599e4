"""Ways to find the true outline in a band; each takes a band and gives a mask of work pixels."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from datasetbuilder.geometry import array_from_polygon
from datasetbuilder.model import Part, Polygon
from datasetbuilder.refine.band import Band

_SNAKE_POINTS = 160
_SNAKE_STEPS = 300
_GEODESIC_STEPS = 40
_GEODESIC_SHRINK_ABOVE = 0.8
_GRABCUT_ROUNDS = 2
_LAB_TO_BYTES = np.array([2.55, 1.0, 1.0], np.float32)


def watershed_band(band: Band) -> NDArray[np.bool_]:
    """Flood from the settled pixels on both sides; the waters meet at the strongest edge."""
    from skimage.segmentation import watershed

    markers = np.where(band.inside, 1, np.where(band.outside, 2, 0))
    if not band.outside.any():
        return band.rough
    return watershed(band.edges, markers) == 1


def active_contour(band: Band) -> NDArray[np.bool_]:
    """A snake: an elastic curve drawn to edges from the rough outline.

    References
    ----------
    .. [1] Kass, M., Witkin, A., Terzopoulos, D. Snakes: active contour models. IJCV 1 (1988).
       DOI 10.1007/BF00133570
    """
    from skimage.segmentation import active_contour as snake

    edges = cv2.GaussianBlur(band.edges, (0, 0), max(band.width / 4, 1.0))
    edges = edges / max(float(edges.max()), 1e-6)
    shape = (band.rough.shape[0], band.rough.shape[1])
    mask = np.zeros(shape, bool)
    for ring in band.rings:
        start = resampled(ring, min(_SNAKE_POINTS, max(24, int(_length(ring) / 2))))
        curve = snake(
            edges,
            start[:, ::-1] - 0.5,
            alpha=0.01,
            beta=0.5,
            gamma=0.01,
            w_line=1,
            w_edge=0,
            max_num_iter=_SNAKE_STEPS,
        )
        points = tuple((x, y) for x, y in (curve[:, ::-1] + 0.5).tolist())
        mask ^= array_from_polygon(Polygon((Part(points),)), shape)
    return band.settled(mask)


def geodesic_contour(band: Band) -> NDArray[np.bool_]:
    """A contour that moves by morphology and stops at edges.

    References
    ----------
    .. [1] Marquez-Neila, P., Baumela, L., Alvarez, L. A morphological approach to curvature-based
       evolution of curves and surfaces. IEEE TPAMI 36 (2014). DOI 10.1109/TPAMI.2013.106
    """
    from skimage.segmentation import morphological_geodesic_active_contour

    typical = float(np.median(band.edges[band.between])) if band.between.any() else 1.0
    stop = 1 / np.sqrt(1 + (band.edges / max(typical, 1e-3)) ** 2)
    start: Any = band.rough.astype(np.int8)
    shrink_above: Any = _GEODESIC_SHRINK_ABOVE
    found = morphological_geodesic_active_contour(
        stop, _GEODESIC_STEPS, init_level_set=start, smoothing=1, balloon=-1, threshold=shrink_above
    )
    return band.settled(np.asarray(found) > 0)


def grabcut_band(band: Band) -> NDArray[np.bool_]:
    """Colour mixtures of both sides and a cut, only in the band.

    References
    ----------
    .. [1] Rother, C., Kolmogorov, V., Blake, A. GrabCut. ACM TOG 23 (2004).
       DOI 10.1145/1015706.1015720
    """
    if not band.outside.any() or not band.inside.any():
        return band.rough
    guess = np.where(band.rough, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    guess = np.where(band.inside, cv2.GC_FGD, np.where(band.outside, cv2.GC_BGD, guess))
    guess = guess.astype(np.uint8)
    shift = np.array([0.0, 128.0, 128.0], np.float32)
    colours = np.clip(band.lab * _LAB_TO_BYTES + shift, 0, 255).astype(np.uint8)
    cv2.setRNGSeed(0)
    inner, outer = np.zeros((1, 65)), np.zeros((1, 65))
    how = cv2.GC_INIT_WITH_MASK
    cv2.grabCut(colours, guess, (0, 0, 0, 0), inner, outer, _GRABCUT_ROUNDS, how)
    return (guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)


def resampled(ring: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Points at equal distances along a closed ring."""
    closed = np.concatenate([ring, ring[:1]])
    travelled = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    places = np.linspace(0, travelled[-1], count, endpoint=False)
    return np.column_stack([np.interp(places, travelled, closed[:, k]) for k in (0, 1)])


def _length(ring: NDArray[np.float64]) -> float:
    return float(np.hypot(*(np.roll(ring, -1, 0) - ring).T).sum())
