"""From a drawing to an answer: the window, what is drawn in it, a method, the mask."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasetbuilder.refine import window as windows
from datasetbuilder.refine.drawing import Drawing
from datasetbuilder.refine.evidence import Drawn, frame_regions, seeds_from_pixels
from datasetbuilder.refine.graph import RegionGraph
from datasetbuilder.refine.methods import Answer, Method
from datasetbuilder.refine.prepared import Prepared
from datasetbuilder.refine.proposal import Belief, Proposal
from datasetbuilder.refine.window import Window

FEW_SEEDS = 30
FEW_SHARE = 0.02
MOST_GRAZED = 0.5

_NOTHING_APART = "Too little is left to tell the object from: only the strokes were taken."


def answered(  # noqa: PLR0913 - what is known, and how to answer
    prepared: Prepared,
    seen: Drawing,
    previous: Proposal | None,
    method: Method,
    *,
    name: str,
    smooth: float = 0.0,
    parts: str = "touched",
) -> Proposal:
    """What a method makes of a drawing that has a stroke on the object."""
    window = window_of(seen, previous)
    reply = replied(prepared.graph(window), window, seen, previous, method)
    return reply.proposal(seen, name=name, smooth=smooth, parts=parts)


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """An answer with what it was made from; ``undecided`` where only one side was drawn."""

    graph: RegionGraph
    window: Window
    drawn: Drawn
    answer: Answer
    undecided: bool

    def proposal(self, seen: Drawing, *, name: str, smooth: float, parts: str) -> Proposal:
        """The answer carried to the image."""
        work = _joined(self.answer.work, self.drawn.pixels)
        if parts == "touched":
            work = _touched(work, self.drawn.pixels)
        mask = self.window.mask_from_work(work, smooth=smooth)
        seen.paint(mask)
        hint = _NOTHING_APART if self.undecided else ""
        odds = self.answer.log_odds
        belief = None if odds is None else Belief(self.window, odds)
        quality = _quality(self.graph, self.answer.work)
        return Proposal(mask, name, quality, hint, belief=belief)


def replied(
    graph: RegionGraph, window: Window, seen: Drawing, previous: Proposal | None, method: Method
) -> Reply:
    """What a method says on the graph of a window."""
    drawn = drawn_in(graph, window, seen, previous)
    undecided = not ((drawn.seeds > 0).any() and (drawn.seeds < 0).any())
    answer = Answer(drawn.pixels > 0) if undecided else method(graph, drawn)
    return Reply(graph, window, drawn, answer, undecided)


def window_of(seen: Drawing, previous: Proposal | None) -> Window:
    """Where to work: round everything drawn and the answer before."""
    extents = list(seen.extents)
    before = None if previous is None else windows.extent_of_mask(previous.mask)
    return windows.around(extents if before is None else [*extents, before], seen.shape)


def drawn_in(graph: RegionGraph, window: Window, seen: Drawing, previous: Proposal | None) -> Drawn:
    """The drawing on the graph of a window; where hardly any background is, the frame is too."""
    pixels = seen.pixels(window)
    # Where the image is enlarged a stroke is many regions wide: those at its rim say little. While
    # one side alone is drawn, all that it touched is needed.
    both = (pixels > 0).any() and (pixels < 0).any()
    least = MOST_GRAZED * float(np.clip(window.scale - 1, 0, 1)) if both else 0.0
    seeds = seeds_from_pixels(graph, pixels, least=least)
    if np.count_nonzero(seeds < 0) < min(FEW_SEEDS, FEW_SHARE * graph.count):
        frame = frame_regions(graph)
        seeds[frame[seeds[frame] == 0]] = -1
    if previous is None:
        return Drawn(pixels, seeds, seen.newest(window))
    share = graph.share(window.covered(previous.mask))
    belief = previous.belief
    known = None if belief is None or belief.window != window else belief.log_odds
    return Drawn(pixels, seeds, seen.newest(window), share, known)


def _joined(work: NDArray[np.bool_], pixels: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Drawn pixels as drawn."""
    return (work | (pixels > 0)) & (pixels >= 0)


def _touched(work: NDArray[np.bool_], pixels: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Only the parts that hold a pixel drawn as object."""
    _, parts = cv2.connectedComponents(work.astype(np.uint8), connectivity=4)
    return work & np.isin(parts, np.unique(parts[pixels > 0]))


def _quality(graph: RegionGraph, work: NDArray[np.bool_]) -> float:
    """Mean rank, among all borders of the window, of the borders along the outline."""
    objects = graph.share(work) > 0.5
    along = objects[graph.first] != objects[graph.second]
    if not along.any():
        return 0.0
    ranks = np.searchsorted(np.sort(graph.strength), graph.strength[along]) / len(graph.strength)
    return float(np.average(ranks, weights=graph.length[along]))
