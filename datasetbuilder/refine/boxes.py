"""A box drawn round an object becomes its mask."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.errors import UnknownName
from datasetbuilder.model import Box
from datasetbuilder.refine import window as windows
from datasetbuilder.refine.evidence import Drawn, seeds_from_pixels
from datasetbuilder.refine.graph import RegionGraph
from datasetbuilder.refine.inside import otsu_level
from datasetbuilder.refine.methods import METHODS as SCRIBBLE_METHODS
from datasetbuilder.refine.prepared import Prepared, prepare
from datasetbuilder.refine.proposal import Proposal, nothing
from datasetbuilder.refine.window import Extent, Window

BOX_ROOM = 0.4
BOX_CORE = 0.5

_OUTSIDE = "The box lies outside the image."
_FLAT = "The box covers less than a pixel: draw it larger."
_NOTHING_INSIDE = "Nothing in the box stands out: try another method or scribble."

BoxMethod: TypeAlias = Callable[[RegionGraph, Drawn, NDArray[np.float32]], NDArray[np.bool_]]


def _cut_by_learning(graph: RegionGraph, drawn: Drawn, _lab: NDArray) -> NDArray[np.bool_]:
    return SCRIBBLE_METHODS["auto"](graph, drawn).work


def _cut_by_forest(graph: RegionGraph, drawn: Drawn, _lab: NDArray) -> NDArray[np.bool_]:
    return SCRIBBLE_METHODS["superpixel random forest"](graph, drawn).work


def _flooded(graph: RegionGraph, drawn: Drawn, _lab: NDArray) -> NDArray[np.bool_]:
    return SCRIBBLE_METHODS["watershed"](graph, drawn).work


def _grabcut(_graph: RegionGraph, drawn: Drawn, lab: NDArray) -> NDArray[np.bool_]:
    colours = np.clip(lab * [2.55, 1, 1] + [0, 128, 128], 0, 255).astype(np.uint8)
    guess = np.where(drawn.pixels > 0, cv2.GC_FGD, cv2.GC_PR_FGD)
    guess = np.where(drawn.pixels < 0, cv2.GC_BGD, guess).astype(np.uint8)
    cv2.setRNGSeed(0)
    inner, outer = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(colours, guess, (0, 0, 0, 0), inner, outer, 3, cv2.GC_INIT_WITH_MASK)
    return (guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)


def _two_tones(_graph: RegionGraph, drawn: Drawn, lab: NDArray) -> NDArray[np.bool_]:
    """Pixels nearer to the core's light than to the rim's, by Otsu's level inside the box."""
    inside = drawn.pixels >= 0
    light = np.asarray(cv2.GaussianBlur(lab[..., 0], (0, 0), 1.0), np.float32)
    level = otsu_level(light[inside])
    bright = light > level
    core = drawn.pixels > 0
    return (bright if bright[core].mean() >= 0.5 else ~bright) & inside


def _agreed(graph: RegionGraph, drawn: Drawn, lab: NDArray) -> NDArray[np.bool_]:
    """What most of the methods take."""
    votes = 2 * _cut_by_learning(graph, drawn, lab).astype(int)
    for method in (_flooded, _grabcut, _two_tones):
        votes += method(graph, drawn, lab)
    return votes >= 3


BOX_METHODS: Mapping[str, BoxMethod] = MappingProxyType(
    {
        "auto": _agreed,
        "learned evidence": _cut_by_learning,
        "superpixel random forest": _cut_by_forest,
        "watershed": _flooded,
        "grabcut": _grabcut,
        "two tones": _two_tones,
    }
)


def from_box(image: ArrayLike | Prepared, box: Box, *, method: str = "auto") -> Proposal:
    """Propose the object that a box was drawn round.

    Parameters
    ----------
    image : array_like of shape (H, W) or (H, W, C), or Prepared
    box : Box
        Round the object, about tight; what lies outside is background.
    method : str
        A name in :data:`BOX_METHODS`. ``auto`` takes what most methods agree on.

    Returns
    -------
    proposal : Proposal
        One piece inside the box; empty, with a hint, where nothing can be said.

    Raises
    ------
    UnknownName
        If there is no such method.
    """
    if method not in BOX_METHODS:
        raise UnknownName(f"no method {method!r} for boxes; there are: {', '.join(BOX_METHODS)}")
    prepared = image if isinstance(image, Prepared) else prepare(image, whole=False)
    shape = prepared.shape
    extent = _box_extent(box, shape)
    if extent is None:
        return nothing(shape, method=method, hint=_OUTSIDE)
    if min(box.width, box.height) < 1:
        return nothing(shape, method=method, hint=_FLAT)
    room = max(int(BOX_ROOM * max(extent.sides)), 4)
    window = windows.scaled(extent.grown(room, shape), shape)
    graph, lab = prepared.graph(window), prepared.lab(window)
    drawn = _boxed(graph, window, box)
    if not ((drawn.seeds > 0).any() and (drawn.seeds < 0).any()):
        work = drawn.pixels > 0
    else:
        work = BOX_METHODS[method](graph, drawn, lab)
    mask = window.mask_from_work(_main_piece(work & (drawn.pixels >= 0), drawn.pixels > 0))
    return Proposal(mask, method, 0.0, "" if mask.any() else _NOTHING_INSIDE)


def _box_extent(box: Box, shape: tuple[int, int]) -> Extent | None:
    corners = np.array([[box.x, box.y], [box.x + box.width, box.y + box.height]], float)
    if not np.isfinite(corners).all():
        return None
    return windows.extent_of_points(corners, shape, room=0.0)


def _boxed(graph: RegionGraph, window: Window, box: Box) -> Drawn:
    """Core of the box as object, everything outside it as background."""
    height, width = graph.labels.shape
    scale = np.array([width, height]) / window.extent.sides
    x, y = (np.array([box.x, box.y]) - window.extent[:2]) * scale
    wide, tall = np.array([box.width, box.height]) * scale
    rows, columns = np.mgrid[:height, :width] + 0.5
    across, down = (columns - x) / wide - 0.5, (rows - y) / tall - 0.5
    inside = (np.abs(across) <= 0.5) & (np.abs(down) <= 0.5)
    core = np.hypot(across, down) <= BOX_CORE / 2
    pixels = np.where(core, 1, np.where(inside, 0, -1)).astype(np.int8)
    return Drawn(pixels, seeds_from_pixels(graph, pixels), np.zeros((height, width), bool))


def _main_piece(work: NDArray[np.bool_], core: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The piece that holds most of the core, its holes filled."""
    count, pieces = cv2.connectedComponents(work.astype(np.uint8), connectivity=4)
    if count < 2:
        return work
    held = np.bincount(pieces[core], minlength=count)
    held[0] = 0
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    piece = pieces == (held.argmax() if held.any() else sizes.argmax())
    outlines, _ = cv2.findContours(piece.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(piece.shape, np.uint8)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    return filled > 0
