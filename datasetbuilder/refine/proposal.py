"""What every refine tool answers: a mask, its outline, and a word about how good it is."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from datasetbuilder import geometry
from datasetbuilder.model import Polygon
from datasetbuilder.refine.simplify import editable_polygon
from datasetbuilder.refine.window import Window, extent_of_mask


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """Log-odds of every region of a window; holds for that window alone."""

    window: Window
    log_odds: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Proposal:
    """A shape offered to the person, who accepts or rejects it.

    Attributes
    ----------
    mask : ndarray of bool, shape (H, W)
        The pixels of the object, in the frame of the whole image.
    method : str
        What made it: a method's name, or what ``auto`` settled on.
    quality : float
        0 to 1: how well the outline runs along edges of the image. A hint, not a probability.
    hint : str
        One plain sentence for the person when there is something to say, else empty.
    drawn : Polygon or None
        The person's own outline, when that is the proposal.
    belief : Belief or None
        What the method thought of every pixel of its window, for the next stroke.
    """

    mask: NDArray[np.bool_]
    method: str
    quality: float = 0.0
    hint: str = ""
    drawn: Polygon | None = None
    belief: Belief | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is proposed."""
        return not self.mask.any()

    @cached_property
    def rings(self) -> tuple[NDArray[np.floating], ...]:
        """Outlines along pixel corners, arrays ``(N, 2)`` of ``(x, y)``; they fill to the mask."""
        extent = extent_of_mask(self.mask)
        if extent is None:
            return ()
        crop = geometry.rings_from_array(self.mask[extent.slices])
        origin = np.array([extent.left, extent.top])
        return tuple(ring + origin for ring in crop)

    @cached_property
    def polygon(self) -> Polygon | None:
        """An outline with few vertices for editing, IoU with the mask at least 0.98."""
        if self.drawn is not None or self.empty:
            return self.drawn
        return editable_polygon(self.mask)


def nothing(shape: tuple[int, int], *, method: str, hint: str) -> Proposal:
    """Make an empty proposal that says why."""
    return Proposal(np.zeros(shape, bool), method, 0.0, hint)
