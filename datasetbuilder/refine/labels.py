"""Several labels drawn in one window: each gets its own mask, and no pixel has two."""

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from datasetbuilder.refine import window as windows
from datasetbuilder.refine.answering import Reply, replied
from datasetbuilder.refine.drawing import Drawing
from datasetbuilder.refine.methods import Answer, Method
from datasetbuilder.refine.prepared import Prepared
from datasetbuilder.refine.proposal import Proposal
from datasetbuilder.refine.window import Window


def proposals_of_labels(  # noqa: PLR0913 - what is known, and how to answer
    prepared: Prepared,
    seen: Mapping[int, Drawing],
    previous: Mapping[int, Proposal],
    method: Method,
    *,
    name: str,
    smooth: float,
    parts: str,
) -> dict[int, Proposal]:
    """Each label against all others and the background; what two want goes to the surer one."""
    if not seen:
        return {}
    window = _common_window(seen, previous)
    graph = prepared.graph(window)
    replies = [
        replied(graph, window, drawing, previous.get(label), method)
        for label, drawing in seen.items()
    ]
    found = {
        label: reply.proposal(drawing, name=name, smooth=smooth, parts=parts)
        for (label, drawing), reply in zip(seen.items(), _settled(replies), strict=True)
    }
    return _apart(found, seen)


def _common_window(seen: Mapping[int, Drawing], previous: Mapping[int, Proposal]) -> Window:
    """One window for all labels, round everything drawn and all answers before."""
    one = next(iter(seen.values()))
    extents = [windows.extent_of_mask(before.mask) for before in previous.values()]
    return windows.around(
        [*one.extents, *(extent for extent in extents if extent is not None)], one.shape
    )


def _settled(replies: list[Reply]) -> list[Reply]:
    """Work pixels that two labels want: the surer one has them, else whose stroke is nearer."""
    claims = np.array([reply.answer.work for reply in replies])
    contested = claims.sum(0) > 1
    if not contested.any():
        return replies
    scores = np.array([_score(reply) for reply in replies])
    winner = np.where(claims, scores, -np.inf).argmax(0)
    return [
        replace(
            reply, answer=Answer(claim & (~contested | (winner == place)), reply.answer.log_odds)
        )
        for place, (reply, claim) in enumerate(zip(replies, claims, strict=True))
    ]


def _score(reply: Reply) -> NDArray[np.float64]:
    """How sure the label is of each work pixel; the way to its strokes breaks ties."""
    own = (reply.drawn.pixels <= 0).astype(np.uint8)
    near = -cv2.distanceTransform(own, cv2.DIST_L2, 5) / np.hypot(*own.shape)
    odds = reply.answer.log_odds
    return near if odds is None else odds[reply.graph.labels] + 1e-3 * near


def _apart(found: dict[int, Proposal], seen: Mapping[int, Drawing]) -> dict[int, Proposal]:
    """Smoothing and enlarging may bring rims over each other: the label drawn first keeps them."""
    taken: NDArray[np.bool_] | None = None
    for label, proposal in found.items():
        if taken is None:
            taken = proposal.mask.copy()
            continue
        proposal.mask[taken] = False
        seen[label].paint(proposal.mask)
        taken |= proposal.mask
    return found
