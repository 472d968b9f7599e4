"""A few strokes inside and outside an object become its mask.

:func:`prepare` once per image, :func:`segment` after every stroke.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from datasetbuilder.errors import UnknownName
from datasetbuilder.model import Stroke
from datasetbuilder.refine import window as windows
from datasetbuilder.refine.cues import context_cues, stroke_cues
from datasetbuilder.refine.cut import min_cut
from datasetbuilder.refine.drawing import Drawing, drawing, strokes_from_raster
from datasetbuilder.refine.evidence import (
    Drawn,
    forest_log_odds,
    frame_regions,
    persistence,
    seeds_from_pixels,
    spanning_forest,
)
from datasetbuilder.refine.graph import RegionGraph
from datasetbuilder.refine.nets import learned
from datasetbuilder.refine.prepared import Prepared, prepare
from datasetbuilder.refine.proposal import Belief, Proposal, nothing
from datasetbuilder.refine.window import Window

__all__ = ["METHODS", "Prepared", "prepare", "segment", "strokes_from_raster"]

FOREST_WEIGHT = 1.0
PERSISTENCE_WEIGHT = 2.0
PERSISTENCE_REACH = 0.25
CUT_WEIGHT = 4.0
EDGE_POWER = 8.0
SUREST = 5.0
FEW_SEEDS = 30
FEW_SHARE = 0.02
WALKER_BETA = 12.0

_NO_OBJECT = "Draw a stroke on the object."
_OUTSIDE = "The strokes lie outside the image."
_NOTHING_APART = "Too little is left to tell the object from: only the strokes were taken."


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The object's work pixels, and the log-odds of every region where the method has them."""

    work: NDArray[np.bool_]
    log_odds: NDArray[np.float64] | None = None


def learned_evidence(graph: RegionGraph, drawn: Drawn) -> Answer:
    """Regions by what was learned from strokes on many images; cut."""
    if graph.flat:
        return Answer(nearest_stroke(drawn.pixels, drawn.seeds[graph.labels]))
    cues = stroke_cues(graph, drawn)
    first = learned("evidence").log_odds(cues)
    context = context_cues(graph, drawn.seeds, first)
    log_odds = learned("context").log_odds(np.hstack([cues, context]))
    answer = cut_answer(graph, drawn, np.clip(log_odds, -SUREST, SUREST))
    return only_as_drawn(graph, drawn, answer)


def only_as_drawn(graph: RegionGraph, drawn: Drawn, answer: Answer) -> Answer:
    """A correction on the object takes nothing away, one on the background adds nothing."""
    touched = np.unique(graph.labels[drawn.newest])
    fresh, older = drawn.seeds[touched], np.delete(drawn.seeds, touched)
    knew_both = (older > 0).any() and (older < 0).any() and drawn.belief is not None
    if drawn.previous is None or not knew_both or not drawn.previous.any() or not fresh.any():
        return answer
    before, after = drawn.previous > 0.5, graph.share(answer.work) > 0.5
    kept = before | after if fresh.sum() > 0 else before & after
    kept = np.where(drawn.seeds != 0, drawn.seeds > 0, kept)
    return Answer(kept[graph.labels], answer.log_odds)


def nearest_stroke(pixels: NDArray[np.int8], otherwise: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Pixels nearer to the object's strokes: all that can be said where nothing is to be seen."""
    drawn = pixels if (pixels > 0).any() and (pixels < 0).any() else otherwise
    to_object, to_background = (
        cv2.distanceTransform((drawn != kind).astype(np.uint8), cv2.DIST_L2, 5) for kind in (1, -1)
    )
    return to_object < to_background


def superpixel_random_forest(graph: RegionGraph, drawn: Drawn) -> Answer:
    """Regions by trees on their looks, by who reaches them first, by the previous answer; cut."""
    evidence = forest_log_odds(graph, drawn.seeds)
    evidence += FOREST_WEIGHT * spanning_forest(graph, drawn.seeds)
    evidence += PERSISTENCE_WEIGHT * persistence(graph, drawn, reach=PERSISTENCE_REACH)
    return cut_answer(graph, drawn, evidence)


def cut_answer(graph: RegionGraph, drawn: Drawn, log_odds: NDArray[np.float64]) -> Answer:
    """The cut that goes along strong edges and against as little evidence as can be."""
    size = graph.area / graph.area.mean()
    weights = graph.length / np.sqrt(graph.area.mean()) * (1 - graph.strength) ** EDGE_POWER
    ends = (graph.first, graph.second)
    objects = min_cut(ends, CUT_WEIGHT * weights, log_odds * size, drawn.seeds)
    return Answer(objects[graph.labels], log_odds)


def random_walker(graph: RegionGraph, drawn: Drawn) -> Answer:
    """Regions from which a walk that shuns edges meets the object's strokes first.

    References
    ----------
    .. [1] Grady, L. Random walks for image segmentation. IEEE TPAMI 28 (2006).
       DOI 10.1109/TPAMI.2006.233
    """
    from scipy.sparse.linalg import spsolve

    weights = graph.length * np.exp(-WALKER_BETA * graph.strength) + 1e-6
    ends = (graph.first, graph.second)
    half = sparse.coo_matrix((weights, ends), shape=(graph.count, graph.count))
    touching = (half + half.T).tocsr()
    laplacian = (sparse.diags(np.asarray(touching.sum(1)).ravel()) - touching).tocsr()
    free, known = np.flatnonzero(drawn.seeds == 0), np.flatnonzero(drawn.seeds)
    answer = drawn.seeds.astype(float)
    if len(free):
        pull = touching[free][:, known] @ answer[known]
        answer[free] = spsolve(laplacian[free][:, free].tocsc(), pull)
    return Answer((answer > 0)[graph.labels])


def marker_watershed(graph: RegionGraph, drawn: Drawn) -> Answer:
    """Pixels flooded from the object's strokes before the flood from the background meets them.

    References
    ----------
    .. [1] Meyer, F., Beucher, S. Morphological segmentation. Journal of Visual Communication and
       Image Representation 1 (1990). DOI 10.1016/1047-3203(90)90014-M
    """
    from skimage.segmentation import watershed

    markers = np.where(drawn.pixels > 0, 1, np.where(drawn.pixels < 0, 2, 0))
    if not (markers == 2).any():
        markers[(drawn.seeds < 0)[graph.labels] & (markers == 0)] = 2
    return Answer(watershed(graph.gradient, markers) == 1)


Method: TypeAlias = Callable[[RegionGraph, Drawn], Answer]

AUTO = "learned evidence"
METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "auto": learned_evidence,
        AUTO: learned_evidence,
        "superpixel random forest": superpixel_random_forest,
        "random walker": random_walker,
        "watershed": marker_watershed,
    }
)


def segment(  # noqa: PLR0913 - what was drawn and the panel's three settings
    prepared: Prepared,
    strokes: Sequence[Stroke],
    *,
    label: int,
    previous: Proposal | None = None,
    method: str = "auto",
    smooth: float = 0.0,
) -> Proposal:
    """Propose the mask of one object.

    Parameters
    ----------
    prepared : Prepared
        From :func:`prepare`.
    strokes : sequence of Stroke
        All strokes so far, in the order drawn, the newest last. Those that carry ``label`` mark
        the object, all others are background. Drawn pixels always come out as drawn.
    label : int
        The object's label.
    previous : Proposal, optional
        The answer before the newest stroke: far from that stroke it is kept.
    method : str
        A name in :data:`METHODS`.
    smooth : float
        Rounds the outline: standard deviation in image pixels, 0 for none.

    Returns
    -------
    proposal : Proposal
        Empty, with a hint, where nothing can be said.

    Raises
    ------
    UnknownName
        If there is no such method.
    """
    if method not in METHODS:
        raise UnknownName(f"no method {method!r} for scribbles; there are: {', '.join(METHODS)}")
    name = AUTO if method == "auto" else method
    seen = drawing(strokes, label=label, shape=prepared.shape)
    if not seen.has_object:
        meant = any(stroke.label == label for stroke in strokes)
        return nothing(prepared.shape, method=name, hint=_OUTSIDE if meant else _NO_OBJECT)
    return answered(prepared, seen, previous, METHODS[method], name=name, smooth=smooth)


def answered(  # noqa: PLR0913 - what is known, and how to answer
    prepared: Prepared,
    seen: Drawing,
    previous: Proposal | None,
    method: Method,
    *,
    name: str,
    smooth: float = 0.0,
) -> Proposal:
    """What a method makes of a drawing that has a stroke on the object."""
    window = window_of(seen, previous)
    graph = prepared.graph(window)
    drawn = drawn_in(graph, window, seen, previous)
    undecided = not ((drawn.seeds > 0).any() and (drawn.seeds < 0).any())
    answer = Answer(drawn.pixels > 0) if undecided else method(graph, drawn)
    mask = window.mask_from_work(_connected(answer.work, drawn.pixels), smooth=smooth)
    seen.paint(mask)
    hint = _NOTHING_APART if undecided else ""
    belief = None if answer.log_odds is None else Belief(window, answer.log_odds)
    return Proposal(mask, name, _quality(graph, answer.work), hint, belief=belief)


def window_of(seen: Drawing, previous: Proposal | None) -> Window:
    """Where to work: round everything drawn and the answer before."""
    extents = list(seen.extents)
    before = None if previous is None else windows.extent_of_mask(previous.mask)
    return windows.around(extents if before is None else [*extents, before], seen.shape)


def drawn_in(graph: RegionGraph, window: Window, seen: Drawing, previous: Proposal | None) -> Drawn:
    """The drawing on the graph of a window; where hardly any background is, the frame is too."""
    pixels = seen.pixels(window)
    seeds = seeds_from_pixels(graph, pixels)
    if np.count_nonzero(seeds < 0) < min(FEW_SEEDS, FEW_SHARE * graph.count):
        frame = frame_regions(graph)
        seeds[frame[seeds[frame] == 0]] = -1
    if previous is None:
        return Drawn(pixels, seeds, seen.newest(window))
    share = graph.share(window.covered(previous.mask))
    belief = previous.belief
    known = None if belief is None or belief.window != window else belief.log_odds
    return Drawn(pixels, seeds, seen.newest(window), share, known)


def _connected(work: NDArray[np.bool_], pixels: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Only the parts that hold a pixel drawn as object; drawn pixels as drawn."""
    joined = (work | (pixels > 0)) & (pixels >= 0)
    _, parts = cv2.connectedComponents(joined.astype(np.uint8), connectivity=4)
    return joined & np.isin(parts, np.unique(parts[pixels > 0]))


def _quality(graph: RegionGraph, work: NDArray[np.bool_]) -> float:
    """Mean rank, among all borders of the window, of the borders along the outline."""
    objects = graph.share(work) > 0.5
    along = objects[graph.first] != objects[graph.second]
    if not along.any():
        return 0.0
    ranks = np.searchsorted(np.sort(graph.strength), graph.strength[along]) / len(graph.strength)
    return float(np.average(ranks, weights=graph.length[along]))
