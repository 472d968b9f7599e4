"""A map: things laid out on a plane so that like lies by like, and which of them stand out.

Everything is deterministic. No thing gives an empty map, one lies in the middle, two lie at the two
ends of the middle line, and things that are all alike lie in the middle together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

METHODS = ("pca", "tsne", "umap")
LANDMARKS = 3_000
"""How many things t-SNE and UMAP lay out by themselves; others go beside those most like them."""

_SEED = 0
_COMPONENTS = 8
_NEIGHBOURS = 10
_BESIDE = 3
_CLIP = 4.0

Rows = NDArray[np.float64]


def methods() -> tuple[str, ...]:
    """The methods that work here: ``umap`` where the package umap-learn is installed."""
    return METHODS if find_spec("umap") is not None else METHODS[:2]


def condensed(features: Rows) -> Rows:
    """Features of many things as few numbers of equal weight, the most telling first.

    What is not known of a thing is taken to be as usual; what never varies is left out.

    Returns
    -------
    rows : ndarray of float, shape (N, at most 8)
    """
    if len(features) == 0:
        return np.zeros((0, 1))
    known = np.where(np.isfinite(features), features, np.nan)
    usable = known[:, np.isfinite(known).any(axis=0)]
    if usable.shape[1] == 0:
        return np.zeros((len(features), 1))
    middle = np.nanmedian(usable, axis=0)
    filled = np.where(np.isnan(usable), middle, usable)
    spread = filled.std(axis=0)
    varied = spread > 1e-12
    scaled = (filled[:, varied] - filled[:, varied].mean(axis=0)) / spread[varied]
    return _components(np.clip(scaled, -_CLIP, _CLIP))


def _components(rows: Rows) -> Rows:
    if rows.shape[1] == 0:
        return np.zeros((len(rows), 1))
    centred = rows - rows.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    best = vectors[:, ::-1][:, :_COMPONENTS]
    strongest = np.abs(best).argmax(axis=0)
    return centred @ (best * np.sign(best[strongest, np.arange(best.shape[1])]))


def laid_out(rows: Rows, method: str = "pca") -> Rows:
    """Places on the plane, from 0 to 1 across and down.

    Parameters
    ----------
    rows : ndarray of float, shape (N, D)
        As `condensed` gives them.
    method : {'pca', 'tsne', 'umap'}

    Returns
    -------
    places : ndarray of float, shape (N, 2)
    """
    if len(rows) < 4 or method == "pca" or not np.ptp(rows, axis=0).any():
        flat = np.zeros((len(rows), 2))
        flat[:, : min(2, rows.shape[1])] = rows[:, :2]
        return _in_frame(flat)
    chosen = _landmarks(len(rows))
    places = _embedded(rows[chosen], method)
    return _in_frame(places if len(chosen) == len(rows) else _beside(rows, rows[chosen], places))


def _landmarks(n: int) -> NDArray[np.int64]:
    if n <= LANDMARKS:
        return np.arange(n)
    return np.sort(np.random.default_rng(_SEED).choice(n, LANDMARKS, replace=False))


def _embedded(rows: Rows, method: str) -> Rows:
    if method == "umap":
        umap: Any = import_module("umap")
        engine = umap.UMAP(n_neighbors=min(15, len(rows) - 1), random_state=_SEED)
        return np.asarray(engine.fit_transform(rows), float)
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(rows) - 1) / 3)
    engine = TSNE(init="pca", perplexity=perplexity, max_iter=500, random_state=_SEED)
    return np.asarray(engine.fit_transform(rows), float)


def _beside(rows: Rows, landmarks: Rows, places: Rows) -> Rows:
    """Each thing between the landmarks that are most like it, nearer to the more alike."""
    distance, index = _nearest(landmarks, rows, _BESIDE)
    weight = 1 / (distance + 1e-9)
    weight /= weight.sum(axis=1, keepdims=True)
    return (places[index] * weight[..., None]).sum(axis=1)


def _in_frame(places: Rows) -> Rows:
    """Shift and stretch both ways alike, so that the longer side fills the frame."""
    if len(places) == 0:
        return places
    low, high = places.min(axis=0), places.max(axis=0)
    size = float((high - low).max())
    if size <= 0:
        return np.full_like(places, 0.5)
    return (places - (low + high) / 2) / size + 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Of each thing the others most like it: how far they are, and which."""

    distance: Rows
    index: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Rows) -> "Alike":
        """Look for them; among fewer than three things nothing stands out, so nobody is told."""
        few = min(_NEIGHBOURS, len(rows) - 1) if len(rows) >= 3 else 0
        if not few:
            return cls(np.zeros((len(rows), 0)), np.zeros((len(rows), 0), np.int64))
        distance, index = _nearest(rows, rows, few + 1)
        # Where many are alike the thing itself may stand anywhere in its row, or be left out of it.
        itself = index == np.arange(len(rows))[:, None]
        itself[~itself.any(axis=1), -1] = True
        return cls(distance[~itself].reshape(-1, few), index[~itself].reshape(-1, few))

    def unusual(self) -> NDArray[np.float64]:
        """How far each thing is from those most like it, where 1 is as usual."""
        if not self.index.size:
            return np.zeros(len(self.index))
        mean = self.distance.mean(axis=1)
        usual = float(np.median(mean))
        return mean / usual if usual > 0 else (mean > 0).astype(float)

    def doubtful(self, labels: Sequence[Any]) -> NDArray[np.float64]:
        """The share of those most like a thing that bear another label, from 0 to 1."""
        if not self.index.size:
            return np.zeros(len(self.index))
        names = np.unique(np.asarray(labels, dtype=str), return_inverse=True)[1]
        return (names[self.index] != names[:, None]).mean(axis=1)


def _nearest(of: Rows, to: Rows, n: int) -> tuple[Rows, NDArray[np.int64]]:
    from sklearn.neighbors import NearestNeighbors

    distance, index = NearestNeighbors(n_neighbors=min(n, len(of))).fit(of).kneighbors(to)
    return distance, index
