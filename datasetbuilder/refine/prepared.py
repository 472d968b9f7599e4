"""An image made ready for strokes: its pixels and the region graphs of the windows in use."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from threading import Lock

from numpy.typing import ArrayLike, NDArray

from datasetbuilder.refine import window as windows
from datasetbuilder.refine.graph import RegionGraph, graph_from_lab
from datasetbuilder.refine.lab import (
    Levels,
    lab_from_pixels,
    pixels_from_image,
    stretched_levels_of,
)
from datasetbuilder.refine.window import Window

KEPT_WINDOWS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What is computed once per image; may be shared by threads, answers never depend on use.

    Attributes
    ----------
    pixels : ndarray, shape (H, W, C)
        The image itself, not a copy: it must not change while this is in use.
    levels : Levels
        Black and white of each channel.
    build : callable
        Makes the region graph of a window's Lab pixels.
    """

    pixels: NDArray
    levels: Levels
    build: Callable[[NDArray], RegionGraph] = graph_from_lab
    _graphs: dict[Window, RegionGraph] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """``(height, width)`` of the image."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def lab(self, window: Window) -> NDArray:
        """The window's pixels as Lab at work scale."""
        return lab_from_pixels(window.read(self.pixels), self.levels)

    def graph(self, window: Window) -> RegionGraph:
        """The region graph of a window, made on first use; the last few are kept."""
        with self._lock:
            graph = self._graphs.pop(window, None)
            if graph is None:
                graph = self.build(self.lab(window))
            self._graphs[window] = graph
            while len(self._graphs) > KEPT_WINDOWS:
                del self._graphs[next(iter(self._graphs))]
            return graph


def prepare(image: ArrayLike, *, whole: bool = True) -> Prepared:
    """Do the part of the work that needs no strokes, once per image.

    Parameters
    ----------
    image : array_like of shape (H, W) or (H, W, C)
        Grey or colour, any depth; values over 8 bits are stretched between their percentiles.
    whole : bool
        Make the whole image ready for strokes; without, windows are made when they are used.

    Raises
    ------
    GeometryError
        If the array is not an image.
    """
    import_module("sklearn.tree")  # takes longer than a stroke may
    pixels = pixels_from_image(image)
    prepared = Prepared(pixels, stretched_levels_of(pixels))
    if whole:
        prepared.graph(windows.whole(prepared.shape))
    return prepared
