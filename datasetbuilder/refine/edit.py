"""Masks put right after they were made: joined, cut apart, filled, cleaned, rounded, resized.

Each takes masks of the whole image and gives proposals; nothing that was passed in is changed.
Only the surroundings of a mask are worked on, so that a large image costs no more than its object.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import array_from_polygon
from datasetbuilder.model import Polygon, Stroke
from datasetbuilder.refine.drawing import drawing
from datasetbuilder.refine.lab import Levels, levels_of, pixels_from_image
from datasetbuilder.refine.proposal import Proposal, nothing
from datasetbuilder.refine.simplify import editable_polygon
from datasetbuilder.refine.window import Extent, extent_of_mask

__all__ = [
    "fill_holes",
    "grow",
    "merge",
    "remove_background",
    "remove_specks",
    "shrink",
    "simplify",
    "smooth",
    "split",
    "split_touching",
]

NECK_SHARE = 0.2
LEAST_NECK = 3.0
NEARNESS = 0.3
LENGTHENED = 3.0
DEEPER_THAN_NECK = 1.25
FARTHEST = 500.0

_EMPTY = "The mask covers no pixel."
_NOT_ACROSS = "The stroke does not part the mask: draw it right across."
_ONE_PIECE = "No neck was found: draw a stroke where it should be cut."
_UNCHANGED = {
    "fill holes": "Nothing changes: the mask has no holes of that size.",
    "remove specks": "Nothing changes: the mask has no pieces of that size.",
    "smooth": "Nothing changes: the outline is as smooth as that.",
    "grow": "Nothing changes: there is no room to grow, or the width is 0.",
    "shrink": "Nothing changes: the width is 0.",
}
_GONE = "Nothing would be left of the mask: choose a smaller value."


def merge(masks: Sequence[ArrayLike]) -> Proposal:
    """Make one object of several.

    Parameters
    ----------
    masks : sequence of array_like of bool, shape (H, W)
        At least one, all of the same image.

    Raises
    ------
    GeometryError
        If there is none, or they are not all of one size.
    """
    arrays = [_checked(mask) for mask in masks]
    if not arrays:
        raise GeometryError("there are no masks to merge")
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1:
        raise GeometryError(f"masks of different sizes cannot be merged: {sorted(shapes)}")
    mask = np.logical_or.reduce(arrays)
    return Proposal(mask, "merge", 0.0, "" if mask.any() else _EMPTY)


def split(mask: ArrayLike, stroke: Stroke) -> tuple[Proposal, ...]:
    """Cut an object apart where a stroke crosses it, along the neck nearest to the stroke.

    Parameters
    ----------
    mask : array_like of bool, shape (H, W)
    stroke : Stroke
        From one side of the object to the other; it need not be exact.

    Returns
    -------
    pieces : tuple of Proposal
        The largest first; together they are exactly the mask. A single one with a hint when the
        stroke does not cross it.
    """
    whole = _checked(mask)
    extent = extent_of_mask(whole)
    if extent is None:
        return (nothing(_shape(whole), method="split", hint=_EMPTY),)
    crop = np.pad(whole[extent.slices], 2)
    line = _drawn_line(stroke, extent, _shape(whole))
    labels = _parted(crop, line) if line is not None else None
    if labels is None:
        return (Proposal(whole.copy(), "split", 0.0, _NOT_ACROSS),)
    return _proposals(labels[2:-2, 2:-2], extent, _shape(whole), "split")


def split_touching(mask: ArrayLike, *, neck: float = DEEPER_THAN_NECK) -> tuple[Proposal, ...]:
    """Cut an object apart at its necks: touching nuclei, grains or cells.

    Parameters
    ----------
    mask : array_like of bool, shape (H, W)
    neck : float
        How many times deeper both sides must be than the neck between them; larger cuts less.

    Returns
    -------
    pieces : tuple of Proposal
        The largest first; a single one with a hint when there is no neck.
    """
    whole = _checked(mask)
    extent = extent_of_mask(whole)
    if extent is None:
        return (nothing(_shape(whole), method="split", hint=_EMPTY),)
    extent = extent.grown(2, _shape(whole))
    labels = _fallen_apart(whole[extent.slices], max(float(neck), 1.0))
    if labels.max() < 2:
        return (Proposal(whole.copy(), "split", 0.0, _ONE_PIECE),)
    return _proposals(labels, extent, _shape(whole), "split")


def fill_holes(mask: ArrayLike, *, largest: float = np.inf) -> Proposal:
    """Fill holes of at most ``largest`` pixels."""

    def filled(crop: NDArray[np.bool_]) -> NDArray[np.bool_]:
        pieces = _pieces(~crop)
        small = np.bincount(pieces.ravel()) <= largest
        outside = np.unique(np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]]))
        small[outside] = False
        small[0] = False
        return crop | small[pieces]

    return _edited(mask, "fill holes", filled, room=1, padded=True)


def remove_specks(mask: ArrayLike, *, smallest: float = 0.0) -> Proposal:
    """Remove pieces under ``smallest`` pixels; with 0, all but the largest piece."""

    def cleaned(crop: NDArray[np.bool_]) -> NDArray[np.bool_]:
        pieces = _pieces(crop)
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        kept = sizes >= smallest if smallest > 0 else np.arange(len(sizes)) == sizes.argmax()
        kept[0] = False
        return kept[pieces]

    return _edited(mask, "remove specks", cleaned)


def smooth(mask: ArrayLike, *, radius: float = 2.0) -> Proposal:
    """Round the outline: bumps and bays narrower than about ``radius`` pixels go."""
    width = _bounded(radius)

    def rounded(crop: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if width <= 0:
            return crop
        soft = cv2.GaussianBlur(
            crop.astype(np.float32), (0, 0), width, borderType=cv2.BORDER_REPLICATE
        )
        return soft >= 0.5

    return _edited(mask, "smooth", rounded, room=int(3 * width) + 1)


def grow(mask: ArrayLike, *, pixels: float = 1.0) -> Proposal:
    """Take in everything within ``pixels`` of the mask."""
    width = _bounded(pixels)

    def grown(crop: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return crop | (_away(~crop) <= width) if width > 0 else crop

    return _edited(mask, "grow", grown, room=int(width) + 2)


def shrink(mask: ArrayLike, *, pixels: float = 1.0) -> Proposal:
    """Give up everything within ``pixels`` of the outline; the image's border is no outline."""
    width = _bounded(pixels)

    def shrunk(crop: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return crop & (_away(crop) > width) if width > 0 else crop

    return _edited(mask, "shrink", shrunk, room=int(width) + 2)


def simplify(mask: ArrayLike, *, least_iou: float = 0.98) -> Proposal:
    """Make a polygon of few vertices that covers at least ``least_iou`` of the same pixels."""
    whole = _checked(mask)
    if not whole.any():
        return nothing(_shape(whole), method="simplify", hint=_EMPTY)
    polygon: Polygon = editable_polygon(whole, least_iou=float(np.clip(least_iou, 0.5, 1.0)))
    return Proposal(array_from_polygon(polygon, _shape(whole)), "simplify", drawn=polygon)


def remove_background(image: ArrayLike, mask: ArrayLike, *, soft: float = 0.0) -> NDArray[np.uint8]:
    """Cut an object out of its image.

    Parameters
    ----------
    image : array_like of shape (H, W) or (H, W, C)
        Grey or colour, any depth.
    mask : array_like of bool, shape (H, W)
    soft : float
        Standard deviation, in pixels, of the rim's transparency; 0 for a sharp rim.

    Returns
    -------
    cutout : ndarray of uint8, shape (h, w, 4)
        The tight crop as red, green, blue and opacity; colours outside the mask are black.

    Raises
    ------
    GeometryError
        If the mask is empty, or of another size than the image.
    """
    pixels, whole = pixels_from_image(image), _checked(mask)
    if whole.shape != pixels.shape[:2]:
        raise GeometryError(f"the mask is {whole.shape}, the image {pixels.shape[:2]}")
    extent = extent_of_mask(whole)
    if extent is None:
        raise GeometryError("the mask covers no pixel")
    soft = _bounded(soft)
    extent = extent.grown(int(3 * soft), _shape(whole))
    opacity = whole[extent.slices].astype(np.float32) * 255
    if soft > 0:
        opacity = np.asarray(cv2.GaussianBlur(opacity, (0, 0), soft), np.float32)
    colours = _shown(pixels[extent.slices], levels_of(pixels))
    alpha = np.rint(opacity).astype(np.uint8)
    return np.dstack([np.where(alpha[..., None] > 0, colours, 0), alpha]).astype(np.uint8)


def _edited(
    mask: ArrayLike,
    method: str,
    change: Callable[[NDArray[np.bool_]], NDArray[np.bool_]],
    *,
    room: int = 0,
    padded: bool = False,
) -> Proposal:
    whole = _checked(mask)
    extent = extent_of_mask(whole)
    if extent is None:
        return nothing(_shape(whole), method=method, hint=_EMPTY)
    extent = extent.grown(room, _shape(whole))
    crop = np.pad(whole[extent.slices], 1) if padded else whole[extent.slices]
    changed = change(crop)
    result = np.zeros_like(whole)
    result[extent.slices] = changed[1:-1, 1:-1] if padded else changed
    if not result.any():
        return nothing(_shape(whole), method=method, hint=_GONE)
    hint = _UNCHANGED[method] if np.array_equal(changed, crop) else ""
    return Proposal(result, method, 0.0, hint)


def _drawn_line(stroke: Stroke, extent: Extent, shape: tuple[int, int]) -> NDArray[np.int32] | None:
    """The stroke's points in the padded crop, lengthened a little at both ends."""
    if len(stroke.points) < 2 or not drawing([stroke], label=stroke.label, shape=shape).strokes:
        return None
    points = np.array(stroke.points, float) - extent[:2] + 2
    head, tail = points[0] - points[1], points[-1] - points[-2]
    points = np.vstack([points[0] + _lengthened(head), points, points[-1] + _lengthened(tail)])
    return np.clip(np.floor(points), -10_000, 10_000).astype(np.int32)


def _lengthened(step: NDArray[np.float64]) -> NDArray[np.float64]:
    length = float(np.hypot(*step))
    return step / length * LENGTHENED if length > 0 else step


def _parted(crop: NDArray[np.bool_], line: NDArray[np.int32]) -> NDArray[np.int32] | None:
    """Pieces on both sides of the shortest way across the object near a line."""
    flat = np.zeros(crop.shape, np.uint8)
    cv2.polylines(flat, [line[:, None]], False, 1, 1)
    if not (flat > 0)[crop].any():
        return None
    away, before = _away(flat == 0), _pieces(crop).max()
    if _pieces(crop & (away > 1)).max() <= before:
        return None
    cut = _way_across(crop, away, line)
    pieces = _pieces(crop & ~cut)
    if pieces.max() <= before:
        pieces = _pieces(crop & (away > 1))
    return _flooded(crop, pieces)


def _way_across(
    crop: NDArray[np.bool_], away: NDArray[np.float32], line: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """The shortest path from outside to outside, near the line and rather on it."""
    from skimage.graph import MCP_Geometric

    width = max(NECK_SHARE * np.count_nonzero(crop) ** 0.5, LEAST_NECK)
    near = away <= width
    cost = np.where(crop, 1 + NEARNESS * away / width, 0.01)
    paths = MCP_Geometric(np.where(near, cost, np.inf))
    starts, ends = _banks(~crop & near, line)
    cut = np.zeros(crop.shape, bool)
    if not len(starts) or not len(ends):
        return cut
    costs, _ = paths.find_costs(starts.tolist())
    end = min(map(tuple, ends.tolist()), key=lambda place: float(costs[place]))
    if np.isfinite(costs[end]):
        cut[tuple(np.array(paths.traceback(end)).T)] = True
    return cut


def _banks(outside: NDArray[np.bool_], line: NDArray[np.int32]) -> tuple[NDArray, NDArray]:
    """The two pieces of the outside where the line begins and where it ends."""
    pieces, places = _pieces(outside), np.argwhere(outside)
    if not len(places):
        return places, places
    banks = []
    for x, y in (line[0], line[-1]):
        nearest = places[np.argmin(np.hypot(places[:, 0] - y, places[:, 1] - x))]
        banks.append(pieces == pieces[tuple(nearest)])
    if (banks[0] & banks[1]).any():
        return places[:0], places[:0]
    return np.argwhere(banks[0]), np.argwhere(banks[1])


def _flooded(crop: NDArray[np.bool_], pieces: NDArray[np.int32]) -> NDArray[np.int32]:
    """Pieces grown over what is left of the object."""
    from skimage.segmentation import watershed

    return np.asarray(watershed(np.zeros(crop.shape, np.uint8), pieces, mask=crop), np.int32)


def _fallen_apart(crop: NDArray[np.bool_], neck: float) -> NDArray[np.int32]:
    """Basins of the depth of a mask; those with no neck between them are one."""
    from skimage.segmentation import watershed

    depth = cv2.GaussianBlur(_away(np.pad(crop, 1))[1:-1, 1:-1], (0, 0), 1.0) * crop
    labels = np.asarray(watershed(-depth, mask=crop), np.int32)
    while True:
        deepest = np.zeros(int(labels.max()) + 1)
        np.maximum.at(deepest, labels.ravel(), depth.ravel())
        passes = _passes(labels, depth)
        if not passes:
            return _renumbered(labels)
        ratio = {
            pair: min(deepest[pair[0]], deepest[pair[1]]) / max(depth_there, 1e-6)
            for pair, depth_there in passes.items()
        }
        (one, other), least = min(ratio.items(), key=lambda item: item[1])
        if least >= neck:
            return _renumbered(labels)
        labels[labels == other] = one


def _passes(labels: NDArray[np.int32], depth: NDArray) -> dict[tuple[int, int], float]:
    """How deep the way between each pair of touching labels is."""
    found: dict[tuple[int, int], float] = {}
    for one, other, d1, d2 in (
        (labels[:, 1:], labels[:, :-1], depth[:, 1:], depth[:, :-1]),
        (labels[1:], labels[:-1], depth[1:], depth[:-1]),
    ):
        where = (one != other) & (one > 0) & (other > 0)
        way = np.minimum(d1, d2)[where].tolist()
        for a, b, deep in zip(one[where].tolist(), other[where].tolist(), way, strict=True):
            pair = (min(a, b), max(a, b))
            found[pair] = max(found.get(pair, 0.0), deep)
    return found


def _renumbered(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    _, numbers = np.unique(labels, return_inverse=True)
    has_background = (labels == 0).any()
    return (numbers.reshape(labels.shape) + (0 if has_background else 1)).astype(np.int32)


def _proposals(
    labels: NDArray[np.int32], extent: Extent, shape: tuple[int, int], method: str
) -> tuple[Proposal, ...]:
    sizes = np.bincount(labels.ravel())
    order = np.argsort(-sizes[1:], kind="stable") + 1
    pieces = []
    for number in order[sizes[order] > 0].tolist():
        mask = np.zeros(shape, bool)
        mask[extent.slices] = labels == number
        pieces.append(Proposal(mask, method))
    return tuple(pieces)


def _pieces(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    return np.asarray(cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)[1], np.int32)


def _away(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance of set pixels to the nearest one that is not."""
    exact = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(exact, np.float32)


def _shown(pixels: NDArray, levels: Levels) -> NDArray[np.uint8]:
    black, white = np.array(levels.black), np.array(levels.white)
    values = np.nan_to_num((pixels - black) / np.maximum(white - black, 1e-12))
    shown = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else shown


def _bounded(value: float) -> float:
    return float(np.clip(value, 0, FARTHEST)) if np.isfinite(value) else 0.0


def _checked(mask: ArrayLike) -> NDArray[np.bool_]:
    array = np.asarray(mask)
    if array.ndim != 2 or not array.size:
        raise GeometryError(f"a mask is an array (H, W) with pixels, not {array.shape}")
    return array.astype(bool)


def _shape(mask: NDArray) -> tuple[int, int]:
    return mask.shape[0], mask.shape[1]
