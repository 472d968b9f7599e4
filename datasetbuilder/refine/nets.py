"""Tiny fully connected nets as plain arrays, learned from free images.

The arrays are in ``weights.npz`` beside this file, read without pickle.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

_FAR = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """A few nets of the same form whose answers are averaged.

    Attributes
    ----------
    mean, spread : ndarray of float32, shape (F,)
        Of each input, after :func:`squashed`.
    members : tuple of tuple of (weights, bias)
        The layers of each net; all but the last are followed by a rectifier.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    members: tuple[tuple[tuple[NDArray, NDArray], ...], ...]

    def log_odds(self, cues: NDArray) -> NDArray[np.float64]:
        """Mean answer of the members for rows of inputs ``(n, F)``."""
        inputs = np.clip((squashed(cues) - self.mean) / self.spread, -_FAR, _FAR)
        inputs = inputs.astype(np.float32)
        answers = [self._answer(inputs, layers) for layers in self.members]
        return np.mean(answers, axis=0).astype(np.float64)

    @staticmethod
    def _answer(values: NDArray, layers: tuple[tuple[NDArray, NDArray], ...]) -> NDArray:
        for weights, bias in layers[:-1]:
            values = np.maximum(values @ weights + bias, 0)
        weights, bias = layers[-1]
        return (values @ weights + bias)[:, 0]


def squashed(cues: NDArray) -> NDArray[np.float32]:
    """Cues with long tails brought together: logarithm of the size, sign kept."""
    values = np.asarray(cues, np.float32)
    return np.sign(values) * np.log1p(np.abs(values))


def net_from_arrays(arrays: Mapping[str, NDArray], name: str) -> Net:
    """The net saved under a name; :func:`arrays_from_net` the other way round."""
    members = []
    while f"{name}_{len(members)}_w0" in arrays:
        start, layers = f"{name}_{len(members)}", []
        while f"{start}_w{len(layers)}" in arrays:
            depth = len(layers)
            layers.append((arrays[f"{start}_w{depth}"], arrays[f"{start}_b{depth}"]))
        members.append(tuple(layers))
    return Net(arrays[f"{name}_mean"], arrays[f"{name}_spread"], tuple(members))


def arrays_from_net(net: Net, name: str) -> dict[str, NDArray[np.float32]]:
    """A net as named arrays."""
    arrays = {f"{name}_mean": net.mean, f"{name}_spread": net.spread}
    for number, layers in enumerate(net.members):
        for depth, (weights, bias) in enumerate(layers):
            arrays[f"{name}_{number}_w{depth}"] = weights
            arrays[f"{name}_{number}_b{depth}"] = bias
    return {key: np.asarray(value, np.float32) for key, value in arrays.items()}


@cache
def learned(name: str) -> Net:
    """A net that comes with the package."""
    file = resources.files("datasetbuilder.refine") / "weights.npz"
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return net_from_arrays(dict(arrays), name)
