"""A few strokes inside and outside an object become its mask.

:func:`prepare` once per image, :func:`segment` after every stroke; :func:`segment_each` for several
labels at once.
"""

from collections.abc import Mapping, Sequence

from datasetbuilder.errors import UnknownName
from datasetbuilder.model import Stroke
from datasetbuilder.refine.answering import answered
from datasetbuilder.refine.drawing import drawing, strokes_from_raster
from datasetbuilder.refine.labels import proposals_of_labels
from datasetbuilder.refine.methods import AUTO, METHODS, Method, with_look_alikes
from datasetbuilder.refine.prepared import Prepared, prepare
from datasetbuilder.refine.proposal import Proposal, nothing

__all__ = [
    "METHODS",
    "PARTS",
    "Prepared",
    "prepare",
    "segment",
    "segment_each",
    "strokes_from_raster",
]

PARTS = ("touched", "all")

_NO_OBJECT = "Draw a stroke on the object."
_OUTSIDE = "The strokes lie outside the image."


def segment(  # noqa: PLR0913 - what was drawn and the panel's three settings
    prepared: Prepared,
    strokes: Sequence[Stroke],
    *,
    label: int,
    previous: Proposal | None = None,
    method: str = "auto",
    smooth: float = 0.0,
    parts: str = "touched",
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
    parts : str
        ``touched`` keeps the parts that a stroke on the object lies in, ``all`` takes every part
        of the window that looks like it.

    Returns
    -------
    proposal : Proposal
        Empty, with a hint, where nothing can be said.

    Raises
    ------
    UnknownName
        If there is no such method or way with parts.
    """
    check_names(method, parts)
    name = AUTO if method == "auto" else method
    seen = drawing(strokes, label=label, shape=prepared.shape)
    if not seen.has_object:
        meant = any(stroke.label == label for stroke in strokes)
        return nothing(prepared.shape, method=name, hint=_OUTSIDE if meant else _NO_OBJECT)
    how = way_of(method, parts)
    return answered(prepared, seen, previous, how, name=name, smooth=smooth, parts=parts)


def segment_each(  # noqa: PLR0913 - what was drawn and the panel's settings
    prepared: Prepared,
    strokes: Sequence[Stroke],
    *,
    previous: Mapping[int, Proposal] | None = None,
    method: str = "auto",
    smooth: float = 0.0,
    parts: str = "touched",
) -> dict[int, Proposal]:
    """Propose one mask for every label that was drawn; no pixel belongs to two of them.

    Parameters are those of :func:`segment`; ``previous`` holds the answers before by label.

    Returns
    -------
    proposals : dict of int to Proposal
        By label, in the order in which the labels were first drawn.
    """
    check_names(method, parts)
    name = AUTO if method == "auto" else method
    before = previous or {}
    labels = list(dict.fromkeys(stroke.label for stroke in strokes if stroke.label > 0))
    seen = {label: drawing(strokes, label=label, shape=prepared.shape) for label in labels}
    drawn = {label: one for label, one in seen.items() if one.has_object}
    masks = proposals_of_labels(
        prepared, drawn, before, way_of(method, parts), name=name, smooth=smooth, parts=parts
    )
    outside = nothing(prepared.shape, method=name, hint=_OUTSIDE)
    return {label: masks.get(label, outside) for label in labels}


def way_of(method: str, parts: str) -> Method:
    """The method of a name, made to reach for all parts where they are wanted."""
    return with_look_alikes(METHODS[method]) if parts == "all" else METHODS[method]


def check_names(method: str, parts: str) -> None:
    """Refuse what there is not.

    Raises
    ------
    UnknownName
    """
    if method not in METHODS:
        raise UnknownName(f"no method {method!r} for scribbles; there are: {', '.join(METHODS)}")
    if parts not in PARTS:
        raise UnknownName(f"no way with parts {parts!r}; there are: {', '.join(PARTS)}")
