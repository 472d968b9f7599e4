"""A click becomes the connected pixels of like colour."""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.refine import window as windows
from datasetbuilder.refine.lab import lab_from_pixels, levels_of, pixels_from_image
from datasetbuilder.refine.proposal import Proposal, nothing
from datasetbuilder.refine.regions import gradient
from datasetbuilder.refine.window import Extent, Window

WAND_START = 256
WAND_SMOOTH = 1.0
EDGE_SCALE = 1.0
WAND_TOLERANCES = (3, 4, 6, 8, 11, 15, 20, 26, 33, 41)

_OUTSIDE = "The place lies outside the image."


def wand(
    image: ArrayLike, point: tuple[float, float], *, tolerance: float | None = None
) -> Proposal:
    """Propose the connected pixels whose colour is like that under a click.

    Parameters
    ----------
    image : array_like of shape (H, W) or (H, W, C)
    point : tuple of float
        ``(x, y)`` of the click.
    tolerance : float, optional
        Largest colour difference (CIE Lab, 0 to 100). By default the one whose outline lies on
        the strongest edges.

    Returns
    -------
    proposal : Proposal
        Its ``quality`` is how strong the edges under the outline are.
    """
    pixels = pixels_from_image(image)
    shape = (pixels.shape[0], pixels.shape[1])
    x, y = float(point[0]), float(point[1])
    if not (0 <= x < shape[1] and 0 <= y < shape[0]):
        return nothing(shape, method="wand", hint=_OUTSIDE)
    levels, reach = levels_of(pixels), WAND_START
    while True:
        extent = Extent(int(x), int(y), int(x) + 1, int(y) + 1).grown(reach, shape)
        window = windows.scaled(extent, shape)
        lab = lab_from_pixels(window.read(pixels), levels)
        seed = _seed_pixel(window, x, y)
        if window.scale >= 1:  # shrinking has smoothed already
            lab = np.asarray(cv2.GaussianBlur(lab, (0, 0), WAND_SMOOTH), np.float32)
        work, quality = _like_the_seed(lab, seed, tolerance)
        if extent.sides == shape[::-1] or not _reaches_inner_side(work, extent, shape):
            return Proposal(window.mask_from_work(work), "wand", quality)
        reach *= 2


def _seed_pixel(window: Window, x: float, y: float) -> tuple[int, int]:
    height, width = window.shape
    wide, tall = window.extent.sides
    column = int((x - window.extent.left) * width / wide)
    row = int((y - window.extent.top) * height / tall)
    return min(row, height - 1), min(column, width - 1)


def _like_the_seed(
    lab: NDArray[np.float32], seed: tuple[int, int], tolerance: float | None
) -> tuple[NDArray[np.bool_], float]:
    near = lab[max(seed[0] - 1, 0) : seed[0] + 2, max(seed[1] - 1, 0) : seed[1] + 2]
    colour = np.median(near.reshape(-1, 3), axis=0)
    apart = np.sqrt(((lab - colour) ** 2).sum(2))
    edges = gradient(lab, EDGE_SCALE)
    ranks = np.sort(edges[::4, ::4].ravel())
    best, best_quality = np.zeros(apart.shape, bool), -1.0
    chosen = WAND_TOLERANCES if tolerance is None else (max(float(tolerance), 0.0),)
    for bound in chosen:
        work = _piece_at(apart <= bound, seed)
        quality = _edge_rank(work, edges, ranks)
        if quality > best_quality + 0.01:
            best, best_quality = work, quality
    return best, max(best_quality, 0.0)


def _piece_at(like: NDArray[np.bool_], seed: tuple[int, int]) -> NDArray[np.bool_]:
    like = like.copy()
    like[seed] = True
    _, pieces = cv2.connectedComponents(like.astype(np.uint8), connectivity=4)
    return pieces == pieces[seed]


def _edge_rank(work: NDArray[np.bool_], edges: NDArray, ranks: NDArray) -> float:
    """Mean rank of the edges along an outline; the frame of the image does not count."""
    flat, kernel = work.astype(np.uint8), np.ones((3, 3), np.uint8)
    along = cv2.dilate(flat, kernel) != cv2.erode(flat, kernel)
    if not along.any():
        return 0.0
    return float(np.searchsorted(ranks, edges[along]).mean() / len(ranks))


def _reaches_inner_side(work: NDArray, extent: Extent, shape: tuple[int, int]) -> bool:
    """Whether a piece touches a side of the window that is no side of the image."""
    sides = (
        (extent.left > 0, work[:, 0]),
        (extent.top > 0, work[0]),
        (extent.right < shape[1], work[:, -1]),
        (extent.bottom < shape[0], work[-1]),
    )
    return any(inner and side.any() for inner, side in sides)
