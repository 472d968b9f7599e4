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
_WIRE_STEP = 25.0
_FEWEST_CORNERS = 6
_MOST_CORNERS = 24
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


def live_wire(band: Band) -> NDArray[np.bool_]:
    """Paths along edges from corner to corner, each corner first moved to the edge near it.

    References
    ----------
    .. [1] Mortensen, E., Barrett, W. Intelligent scissors for image composition. SIGGRAPH 1995.
       DOI 10.1145/218380.218442
    """
    shape = (band.rough.shape[0], band.rough.shape[1])
    mask = np.zeros(shape, bool)
    for ring in band.rings:
        corners = _on_edges(band, resampled(ring, _corner_count(ring)))
        path = _wired(band, corners)
        points = tuple((x, y) for x, y in (path[:, ::-1] + 0.5).tolist())
        if len(points) >= 3:
            mask ^= array_from_polygon(Polygon((Part(points),)), shape)
    return band.settled(mask)


def _corner_count(ring: NDArray[np.float64]) -> int:
    return int(np.clip(_length(ring) / _WIRE_STEP, _FEWEST_CORNERS, _MOST_CORNERS))


def _on_edges(band: Band, points: NDArray[np.float64]) -> NDArray[np.intp]:
    """Rows and columns of the strongest edge near each point, nearer ones preferred."""
    height, width = band.edges.shape
    reach = max(round(band.width), 1)
    places = []
    for x, y in points.tolist():
        row, column = min(max(int(y), 0), height - 1), min(max(int(x), 0), width - 1)
        top, left = max(row - reach, 0), max(column - reach, 0)
        near = band.edges[top : row + reach + 1, left : column + reach + 1]
        rows, columns = np.ogrid[top : top + near.shape[0], left : left + near.shape[1]]
        away = np.hypot(rows - row, columns - column) / reach
        best = np.unravel_index(int((near * np.exp(-(away**2))).argmax()), near.shape)
        places.append((top + int(best[0]), left + int(best[1])))
    return np.array(places, np.intp)


def _wired(band: Band, corners: NDArray[np.intp]) -> NDArray[np.intp]:
    from skimage.graph import route_through_array

    typical = float(np.median(band.edges[band.between])) if band.between.any() else 1.0
    cost = 1 / (0.1 + band.edges / max(typical, 1e-3))
    cost[~cv2.dilate(band.between.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)] += 20
    reach = int(2 * band.width) + 2
    pieces = []
    for one, other in zip(corners, np.roll(corners, -1, 0), strict=True):
        low = np.maximum(np.minimum(one, other) - reach, 0)
        high = np.minimum(np.maximum(one, other) + reach + 1, cost.shape)
        part = cost[low[0] : high[0], low[1] : high[1]]
        path, _ = route_through_array(part, tuple(one - low), tuple(other - low))
        pieces.append(np.array(path)[:-1] + low)
    return np.concatenate(pieces)


def learned_band(band: Band) -> NDArray[np.bool_]:
    """What the scribble tool makes of both settled sides as strokes."""
    from datasetbuilder.refine.evidence import Drawn, seeds_from_pixels
    from datasetbuilder.refine.methods import learned_evidence

    pixels = np.where(band.inside, 1, np.where(band.outside, -1, 0)).astype(np.int8)
    seeds = seeds_from_pixels(band.graph, pixels)
    if not ((seeds > 0).any() and (seeds < 0).any()):
        return band.rough
    nothing_new = np.zeros(pixels.shape, bool)
    return learned_evidence(band.graph, Drawn(pixels, seeds, nothing_new)).work
