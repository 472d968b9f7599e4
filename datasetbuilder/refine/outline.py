"""A rough outline becomes the object's exact one."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.errors import GeometryError, UnknownName
from datasetbuilder.geometry import array_from_polygon
from datasetbuilder.model import Polygon
from datasetbuilder.refine import contours
from datasetbuilder.refine import window as windows
from datasetbuilder.refine.band import Band, band_of
from datasetbuilder.refine.lab import levels_of, pixels_from_image
from datasetbuilder.refine.proposal import Proposal, nothing
from datasetbuilder.refine.window import Extent, Window

__all__ = ["METHODS", "fit"]

METHODS: Mapping[str, Callable[[Band], NDArray[np.bool_]] | None] = MappingProxyType(
    {
        "auto": None,
        "watershed band": contours.watershed_band,
        "active contour": contours.active_contour,
        "morphological geodesic contour": contours.geodesic_contour,
        "grabcut band": contours.grabcut_band,
        "live wire": contours.live_wire,
    }
)

VOTE = "band vote"
AS_DRAWN = "as drawn"
WORK_AREA = 60_000
WIDTH_SHARE = 0.1
LEAST_WIDTH = 1.5
LEAST_GAIN = 0.05
LEAST_CONTRAST = 0.9

_VOTERS = (  # method, share of the band's width, votes
    (contours.watershed_band, 0.6, 1),
    (contours.live_wire, 0.6, 1),
    (contours.grabcut_band, 1.2, 1),
    (contours.learned_band, 1.2, 2),
)
_VOTES = 1 + sum(votes for *_, votes in _VOTERS)
_KEPT = "No better outline was found: yours is kept."
_TOO_SMALL = "The outline covers no pixel: draw it larger."
_OUTSIDE = "The outline lies outside the image."
_MALFORMED = "The outline needs at least three points in finite places."


def fit(
    image: ArrayLike, polygon: Polygon, *, method: str = "auto", width: float | None = None
) -> Proposal:
    """Propose the object that a rough outline means.

    Parameters
    ----------
    image : array_like of shape (H, W) or (H, W, C)
        Grey or colour, any depth.
    polygon : Polygon
        The rough outline; it may cross itself.
    method : str
        A name in :data:`METHODS`. ``auto`` lets a watershed, a live wire, two cuts and the outline
        itself vote on every pixel, and keeps the outline when the winner lies on no stronger edge
        or sets off colours clearly less.
    width : float, optional
        How far, in image pixels, the true outline may be from the rough one. By default a tenth
        of the object's size.

    Returns
    -------
    proposal : Proposal
        Empty, with a hint, where nothing can be said.

    Raises
    ------
    UnknownName
        If there is no such method.
    GeometryError
        If the array is not an image.
    """
    check_method(method)
    pixels = pixels_from_image(image)
    shape = (pixels.shape[0], pixels.shape[1])
    if not _well_formed(polygon):
        return nothing(shape, method=method, hint=_MALFORMED)
    reach = _reach(polygon, width)
    window = _window(polygon, shape, reach)
    if window is None:
        return nothing(shape, method=method, hint=_OUTSIDE)
    try:
        band = band_of(pixels, levels_of(pixels), polygon, window, reach * window.scale)
    except GeometryError as error:
        return nothing(shape, method=method, hint=f"The outline cannot be used: {error}.")
    if not band.rough.any():
        return nothing(shape, method=method, hint=_TOO_SMALL)
    named = METHODS[method]
    if named is None:
        return _judged(band, window, polygon)
    return _proposal(named(band), band, window, method)


def check_method(method: str) -> None:
    """Refuse what there is not.

    Raises
    ------
    UnknownName
    """
    if method not in METHODS:
        raise UnknownName(f"no method {method!r} for outlines; there are: {', '.join(METHODS)}")


def _judged(band: Band, window: Window, polygon: Polygon) -> Proposal:
    """The vote if it is better than the outline as drawn, by what the pixels say."""
    votes = band.rough.astype(int)
    for voter, share, number in _VOTERS:
        votes += number * voter(band.narrowed(share))
    best = votes > _VOTES / 2
    gain = edge_rank(band, best) - edge_rank(band, band.rough)
    if gain >= LEAST_GAIN and contrast(band, best) >= LEAST_CONTRAST * contrast(band, band.rough):
        return _proposal(best, band, window, VOTE)
    mask = np.ascontiguousarray(array_from_polygon(polygon, window.image_shape))
    hint = _KEPT if mask.any() else _TOO_SMALL
    drawn = polygon if mask.any() else None
    return Proposal(mask, AS_DRAWN, edge_rank(band, band.rough), hint, drawn)


def _proposal(work: NDArray[np.bool_], band: Band, window: Window, method: str) -> Proposal:
    mask = window.mask_from_work(work)
    hint = "" if mask.any() else "The outline shrank to nothing: try another method or width."
    return Proposal(mask, method, edge_rank(band, work), hint)


def edge_rank(band: Band, mask: NDArray[np.bool_]) -> float:
    """How strong the edges under a mask's outline are: mean rank in the band, 0 to 1."""
    pixels, kernel = mask.astype(np.uint8), np.ones((3, 3), np.uint8)
    along = cv2.dilate(pixels, kernel) != cv2.erode(pixels, kernel)
    near = cv2.dilate(band.between.astype(np.uint8), kernel) > 0
    if not along.any() or not near.any():
        return 0.0
    order = np.sort(band.edges[near])
    return min(float(np.searchsorted(order, band.edges[along]).mean()) / len(order), 1.0)


def contrast(band: Band, mask: NDArray[np.bool_]) -> float:
    """How far apart the colours just inside and just outside are, in units of their spread."""
    reach = max(band.width, 2.0)
    strips = []
    for side in (mask, ~mask):
        depth = cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, 5)
        strips.append(band.lab[side & (depth <= reach)])
    if min(map(len, strips)) < 3:
        return 0.0
    one, other = strips
    spread = np.sqrt((one.var(0).sum() + other.var(0).sum()) / 2) + 1e-3
    return float(np.linalg.norm(one.mean(0) - other.mean(0)) / spread)


def _well_formed(polygon: Polygon) -> bool:
    rings = [ring for part in polygon.parts for ring in (part.exterior, *part.holes)]
    return bool(rings) and all(
        len(ring) >= 3 and np.isfinite(np.array(ring, float)).all() for ring in rings
    )


def _reach(polygon: Polygon, width: float | None) -> float:
    if width is not None and np.isfinite(width):
        return max(float(width), LEAST_WIDTH)
    area = sum(_area(np.array(part.exterior)) for part in polygon.parts)
    return max(WIDTH_SHARE * area**0.5, LEAST_WIDTH)


def _area(ring: NDArray[np.float64]) -> float:
    x, y = (ring - ring.mean(0)).T
    return abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())) / 2


def _window(polygon: Polygon, shape: tuple[int, int], reach: float) -> Window | None:
    points = np.concatenate([np.array(part.exterior, float) for part in polygon.parts])
    if windows.extent_of_points(points, shape, room=0.01) is None:
        return None
    extent: Extent | None = windows.extent_of_points(points, shape, room=2 * reach + 8)
    return None if extent is None else windows.scaled(extent, shape, area=WORK_AREA)
