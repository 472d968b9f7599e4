"""What is looked at in every pixel of a work window: gradients at three scales, and texture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasetbuilder.refine.regions import FINE_SCALE, energy

_TEXTURE_SCALE = 2.0
_TEXTURE_EDGE_SCALE = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Pixel maps ``(h, w)``; ``light`` and ``colour`` are gradients of L and of a and b."""

    light: tuple[NDArray[np.float32], ...]
    colour: tuple[NDArray[np.float32], ...]
    texture: NDArray[np.float32]
    texture_edge: NDArray[np.float32]

    @property
    def fine(self) -> NDArray[np.float32]:
        """Lab gradient at the finest scale."""
        return np.hypot(self.light[0], self.colour[0])


def maps_from_lab(lab: NDArray[np.float32]) -> Maps:
    """All maps of a Lab image."""
    size = (lab.shape[1], lab.shape[0])

    def up(values: NDArray) -> NDArray[np.float32]:
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), np.float32)

    light, colour = _gradients(lab, FINE_SCALE)
    half = _halved(lab)
    coarse = [_gradients(values, 1.0) for values in (half, _halved(half))]
    busy = cv2.GaussianBlur(np.log1p(_halved(light)), (0, 0), _TEXTURE_SCALE)
    texture_edge = np.sqrt(energy(np.asarray(busy, np.float32), _TEXTURE_EDGE_SCALE))
    return Maps(
        (light, *(up(pair[0]) for pair in coarse)),
        (colour, *(up(pair[1]) for pair in coarse)),
        up(busy),
        up(texture_edge),
    )


def _gradients(lab: NDArray, scale: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    squared = energy(np.ascontiguousarray(lab, np.float32), scale)
    return np.sqrt(squared[..., 0]), np.sqrt(squared[..., 1] + squared[..., 2])


def _halved(values: NDArray) -> NDArray[np.float32]:
    size = ((values.shape[1] + 1) // 2, (values.shape[0] + 1) // 2)
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
