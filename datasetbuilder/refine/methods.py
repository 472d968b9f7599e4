"""Ways to tell the regions of an object from the others, by what was drawn; by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from datasetbuilder.refine.cues import context_cues, stroke_cues
from datasetbuilder.refine.cut import min_cut
from datasetbuilder.refine.evidence import (
    Drawn,
    forest_log_odds,
    persistence,
    spanning_forest,
)
from datasetbuilder.refine.graph import RegionGraph
from datasetbuilder.refine.nets import learned

FOREST_WEIGHT = 1.0
PERSISTENCE_WEIGHT = 2.0
PERSISTENCE_REACH = 0.25
CUT_WEIGHT = 4.0
EDGE_POWER = 8.0
SUREST = 5.0
WALKER_BETA = 12.0


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


def with_look_alikes(method: "Method") -> "Method":
    """A method that also takes what looks like the object far from its strokes.

    Learned evidence keeps near the strokes; looks alone, by the forest, do not ask for place.
    """

    def answer(graph: RegionGraph, drawn: Drawn) -> Answer:
        near = method(graph, drawn)
        alike = cut_answer(graph, drawn, forest_log_odds(graph, drawn.seeds))
        return Answer(near.work | alike.work, near.log_odds)

    return answer


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
