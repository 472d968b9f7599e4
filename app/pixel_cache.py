"""Decoded pictures that were just asked for: a line that is dragged asks again and again."""

import threading
from collections import OrderedDict

import numpy as np

from datasetbuilder.api import Project
from datasetbuilder.model import Image

_MOST_BYTES = 256 * 2**20


class PixelCache:
    """Keeps the last decoded pictures, as many as fit.

    Parameters
    ----------
    most : int, optional
        Bytes to keep at most; a single picture above that is decoded each time.
    """

    def __init__(self, most: int = _MOST_BYTES) -> None:
        self._most = most
        self._held: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()
        self._decoding: dict[str, threading.Lock] = {}

    def pixels(self, project: Project, image: Image) -> np.ndarray:
        """The upright picture in its original depth; not to be written to."""
        key = image.sha256
        with self._lock:
            turn = self._decoding.setdefault(key, threading.Lock())
        with turn:
            found = self._look(key)
            if found is None:
                found = project.pixels(image.id)
                found.setflags(write=False)
                self._keep(key, found)
        return found

    def _look(self, key: str) -> np.ndarray | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def _keep(self, key: str, pixels: np.ndarray) -> None:
        with self._lock:
            if pixels.nbytes > self._most:
                return
            self._held[key] = pixels
            while sum(one.nbytes for one in self._held.values()) > self._most:
                gone, _ = self._held.popitem(last=False)
                self._decoding.pop(gone, None)
