"""Touches become regions: grown pixel by pixel, or taken as whole superpixels."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from datasetbuilder.errors import UnknownName
from datasetbuilder.model import Stroke
from datasetbuilder.refine import window as windows
from datasetbuilder.refine.drawing import drawing
from datasetbuilder.refine.prepared import Prepared
from datasetbuilder.refine.proposal import Proposal, nothing

SIZES: Mapping[str, int | None] = MappingProxyType({"small": None, "medium": 1, "large": 3})

GROW_ROUNDS = 3
GROW_TEXTURE = 3.0
GROW_FLOOR = np.array([4.0, 2.5, 2.5, 2.5])

_NO_SEED = "Draw a stroke on the object."


def grow(
    prepared: Prepared, strokes: Sequence[Stroke], *, label: int, tolerance: float = 3.0
) -> Proposal:
    """Grow a region from strokes as long as colour and texture stay like those under them.

    Parameters
    ----------
    prepared : Prepared
    strokes : sequence of Stroke
        Those with ``label`` are the seeds; the others are walls.
    label : int
    tolerance : float
        Largest distance from the seeds' colour and texture, in standard deviations.
    """
    seen = drawing(strokes, label=label, shape=prepared.shape)
    if not seen.has_object:
        return nothing(prepared.shape, method="region growing", hint=_NO_SEED)
    window = windows.whole(prepared.shape)
    if prepared.shape[0] * prepared.shape[1] > windows.WHOLE_AREA:
        window = windows.around(seen.extents, prepared.shape)
    pixels = seen.pixels(window)
    looks = _looks(prepared.lab(window))
    work = pixels > 0
    for _ in range(GROW_ROUNDS):
        grown = _holding((_distance(looks, work) <= tolerance) & (pixels >= 0), pixels > 0)
        if np.array_equal(grown, work):
            break
        work = grown
    mask = window.mask_from_work(work)
    seen.paint(mask)
    return Proposal(mask, "region growing")


def _looks(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    smooth = cv2.GaussianBlur(lab, (0, 0), 1.0)
    rough = np.sqrt(((lab - smooth) ** 2).sum(2))
    texture = cv2.GaussianBlur(rough, (0, 0), GROW_TEXTURE)
    return np.dstack([smooth, texture]).astype(np.float32)


def _distance(looks: NDArray[np.float32], like: NDArray[np.bool_]) -> NDArray[np.float32]:
    seen = looks[like]
    spread = np.maximum(seen.std(0), GROW_FLOOR)
    apart = (looks - seen.mean(0)) / spread
    return np.sqrt((apart**2).sum(2) / apart.shape[2] * 2)


def _holding(work: NDArray[np.bool_], seeds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    joined = work | seeds
    _, pieces = cv2.connectedComponents(joined.astype(np.uint8), connectivity=4)
    return joined & np.isin(pieces, np.unique(pieces[seeds]))


def superpixels(
    prepared: Prepared,
    strokes: Sequence[Stroke],
    *,
    label: int,
    size: str = "medium",
    into: NDArray[np.bool_] | None = None,
) -> Proposal:
    """Paint with whole superpixels: every one that a stroke touches is taken, or given up.

    Parameters
    ----------
    prepared : Prepared
    strokes : sequence of Stroke
        Those with ``label`` take superpixels, the others give them up, in the order drawn.
    label : int
    size : str
        A name in :data:`SIZES`.
    into : ndarray of bool, shape (H, W), optional
        A mask to go on painting.

    Raises
    ------
    UnknownName
        If there is no such size.
    """
    if size not in SIZES:
        raise UnknownName(f"no superpixels of size {size!r}; there are: {', '.join(SIZES)}")
    seen = drawing(strokes, label=label, shape=prepared.shape)
    mask = np.zeros(prepared.shape, bool) if into is None else np.array(into, bool)
    if not seen.strokes:
        hint = "" if mask.any() else _NO_SEED
        return Proposal(mask, "superpixels", 0.0, hint)
    window = windows.around(seen.extents, prepared.shape)
    graph, level = prepared.graph(window), SIZES[size]
    labels = graph.labels if level is None else graph.levels[level][graph.labels]
    for stroke in seen.strokes:
        one = drawing([stroke], label=stroke.label, shape=prepared.shape)
        touched = np.zeros(int(labels.max()) + 1, bool)
        touched[labels[one.newest(window)]] = True
        painted = window.mask_from_work(touched[labels])
        mask = mask | painted if stroke.label == label else mask & ~painted
    return Proposal(mask, "superpixels", 0.0, "" if mask.any() else _NO_SEED)
