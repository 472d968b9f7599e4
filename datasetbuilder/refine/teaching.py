"""Images that were labelled teach a classifier, which proposes objects in images that were not.

:func:`teach` from examples, :func:`likelihood` for an overlay, :func:`proposals` for prelabels. A
classifier is plain arrays; what it was taught decides every number of it.
"""

import hashlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.errors import GeometryError
from datasetbuilder.refine.lab import lab_from_pixels, pixels_from_image, stretched_levels_of
from datasetbuilder.refine.pixel_features import FEATURES, Layers, pixel_features, pixel_odds

__all__ = [
    "Classifier",
    "Example",
    "Found",
    "Likelihood",
    "arrays_from_classifier",
    "classifier_from_arrays",
    "likelihood",
    "proposals",
    "teach",
]

UNKNOWN = -1
LARGEST = 2_000_000
ROWS_PER_IMAGE = 24_000
MOST_ROWS = 400_000
FEWEST_ROWS = 20
HIDDEN = (32, 16)
ROUNDS = 24


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """An image and what is known of it.

    Attributes
    ----------
    image : array_like, shape (H, W) or (H, W, C)
    known : ndarray of int, shape (H, W)
        A label, 0 for background, -1 where nothing is known: strokes know little, a finished image
        knows every pixel.
    """

    image: ArrayLike
    known: NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """For each label a net that tells its pixels from all others; ``version`` names its lessons."""

    nets: Mapping[int, Layers]
    version: str

    @property
    def labels(self) -> tuple[int, ...]:
        """What it knows, in rising order."""
        return tuple(self.nets)


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """How likely each pixel belongs to each label.

    Attributes
    ----------
    labels : tuple of int
    chances : ndarray of float32, shape (n, H, W)
    """

    labels: tuple[int, ...]
    chances: NDArray[np.float32]

    @property
    def best(self) -> NDArray[np.int64]:
        """The likeliest label of each pixel, 0 where background is likelier than any."""
        place = self.chances.argmax(0)
        return np.where(self.chances.max(0) > 0.5, np.array(self.labels)[place], 0)

    @property
    def uncertainty(self) -> NDArray[np.float32]:
        """0 where the classifier is sure, 1 where it could be either."""
        return 1 - np.abs(2 * self.chances.max(0) - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """An object that is proposed: its label, pixels, and mean chance as score."""

    label: int
    mask: NDArray[np.bool_]
    score: float


def teach(examples: Iterable[Example], *, seed: int = 0) -> Classifier:
    """Learn to tell the pixels of every label that occurs.

    Parameters
    ----------
    examples : iterable of Example
        In any number; each is looked at once and not kept.
    seed : int
        The same examples and seed give the same classifier.

    Raises
    ------
    GeometryError
        If an example does not fit its image, or there are not two kinds of pixels to tell apart.
    """
    rng, lessons = np.random.default_rng(seed), hashlib.sha256(str(seed).encode())
    rows: list[NDArray] = []
    answers: list[NDArray] = []
    for example in examples:
        chosen, labels = _lesson(example, rng)
        lessons.update(chosen.tobytes() + labels.tobytes())
        rows.append(chosen)
        answers.append(labels)
    known = np.concatenate(answers) if answers else np.zeros(0, np.int64)
    kinds = np.unique(known)
    if len(kinds) < 2 or len(known) < FEWEST_ROWS:
        raise GeometryError(
            "there is too little to learn from: draw on objects and on background in one image"
        )
    inputs = np.concatenate(rows)
    if len(known) > MOST_ROWS:
        kept = np.sort(rng.choice(len(known), MOST_ROWS, replace=False))
        inputs, known = inputs[kept], known[kept]
    nets = {int(k): _net(inputs, known == k, seed) for k in kinds if k > 0}
    return Classifier(nets, lessons.hexdigest()[:12])


def likelihood(classifier: Classifier, image: ArrayLike) -> Likelihood:
    """What a classifier thinks of every pixel of an image.

    Images over two megapixels are looked at smaller, and the answer is enlarged.
    """
    pixels = pixels_from_image(image)
    height, width = pixels.shape[:2]
    lab = _lab(pixels)
    rows = pixel_features(lab)
    chances = np.empty((len(classifier.nets), *lab.shape[:2]), np.float32)
    for place, layers in enumerate(classifier.nets.values()):
        odds = pixel_odds(layers, rows).reshape(lab.shape[:2])
        chances[place] = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    if lab.shape[:2] != (height, width):
        planes = [cv2.resize(np.asarray(plane), (width, height)) for plane in chances]
        chances = np.stack(planes).astype(np.float32)
    return Likelihood(classifier.labels, chances)


def proposals(
    classifier: Classifier, image: ArrayLike, *, smallest: float = 20.0, least_score: float = 0.0
) -> list[Found]:
    """Objects in an image that nobody has labelled, the surest first.

    Parameters
    ----------
    classifier : Classifier
    image : array_like, shape (H, W) or (H, W, C)
    smallest : float
        Objects of fewer pixels are left out.
    least_score : float
        And those of a lower score.
    """
    seen = likelihood(classifier, image)
    best, found = seen.best, list[Found]()
    for place, label in enumerate(seen.labels):
        whole = (best == label).astype(np.uint8)
        count, parts, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=4)
        for part in range(1, count):
            if stats[part, cv2.CC_STAT_AREA] < smallest:
                continue
            mask = parts == part
            score = float(seen.chances[place][mask].mean())
            if score >= least_score:
                found.append(Found(label, mask, score))
    return sorted(found, key=lambda one: -one.score)


def arrays_from_classifier(classifier: Classifier) -> dict[str, NDArray]:
    """A classifier as named arrays, for ``np.savez``; no pickle is needed to read them."""
    arrays: dict[str, NDArray] = {
        "labels": np.array(classifier.labels, np.int64),
        "version": np.frombuffer(classifier.version.encode(), np.uint8),
    }
    for label, layers in classifier.nets.items():
        for depth, (weights, bias) in enumerate(layers):
            arrays[f"label{label}_w{depth}"], arrays[f"label{label}_b{depth}"] = weights, bias
    return arrays


def classifier_from_arrays(arrays: Mapping[str, NDArray]) -> Classifier:
    """The other way round.

    Raises
    ------
    GeometryError
        If the arrays are not those of a classifier.
    """
    try:
        labels = [int(label) for label in arrays["labels"]]
        nets = {label: _layers(arrays, f"label{label}") for label in labels}
        version = bytes(arrays["version"]).decode("ascii")
    except (KeyError, ValueError, TypeError) as error:
        raise GeometryError(f"these are not the arrays of a classifier: {error}") from None
    if any(not layers or len(layers[0][0]) != FEATURES for layers in nets.values()):
        raise GeometryError("this classifier looks at other features: teach it anew")
    return Classifier(nets, version)


def _layers(arrays: Mapping[str, NDArray], name: str) -> Layers:
    depths = range(sum(key.startswith(f"{name}_w") for key in arrays))
    return tuple((arrays[f"{name}_w{k}"], arrays[f"{name}_b{k}"]) for k in depths)


def _lab(pixels: NDArray) -> NDArray[np.float32]:
    height, width = pixels.shape[:2]
    shrink = (LARGEST / (height * width)) ** 0.5
    levels = stretched_levels_of(pixels)
    if shrink >= 1:
        return lab_from_pixels(pixels, levels)
    size = (max(round(width * shrink), 1), max(round(height * shrink), 1))
    small = pixels if pixels.dtype in (np.uint8, np.uint16) else pixels.astype(np.float32)
    return lab_from_pixels(
        cv2.resize(np.ascontiguousarray(small), size, interpolation=cv2.INTER_AREA), levels
    )


def _lesson(example: Example, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Some rows of one image with their labels, of each label about as many as there are."""
    pixels, known = pixels_from_image(example.image), np.asarray(example.known)
    if known.shape != pixels.shape[:2]:
        raise GeometryError(f"what is known is {known.shape}, the image {pixels.shape[:2]}")
    lab = _lab(pixels)
    if lab.shape[:2] != known.shape:
        size = (lab.shape[1], lab.shape[0])
        known = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_NEAREST)
    labels = known.ravel().astype(np.int64)
    seen = np.flatnonzero(labels > UNKNOWN)
    if len(seen) > ROWS_PER_IMAGE:
        seen = np.sort(rng.choice(seen, ROWS_PER_IMAGE, replace=False))
    return pixel_features(lab)[seen], labels[seen]


def _net(rows: NDArray, answer: NDArray[np.bool_], seed: int) -> Layers:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    mean, spread = rows.mean(0), rows.std(0) + 1e-3
    scaled = ((rows - mean) / spread).astype(np.float32)
    net = MLPClassifier(
        HIDDEN, alpha=1e-3, max_iter=ROUNDS, learning_rate_init=3e-3, random_state=seed
    ).set_params(batch_size=min(512, len(scaled)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early on purpose
        net.fit(scaled, answer.astype(int))
    weights, bias = list(net.coefs_), list(net.intercepts_)
    # What brings the rows to one scale goes into the first layer: one pass less for every pixel.
    bias[0] = bias[0] - (mean / spread) @ weights[0]
    weights[0] = weights[0] / spread[:, None]
    pairs = zip(weights, bias, strict=True)
    return tuple((one.astype(np.float32), other.astype(np.float32)) for one, other in pairs)


def known_from_masks(
    masks: Sequence[tuple[int, NDArray[np.bool_]]], shape: tuple[int, int], *, finished: bool
) -> NDArray[np.int64]:
    """What accepted objects say of an image; round them is background, and everywhere if finished.

    Parameters
    ----------
    masks : sequence of (int, ndarray of bool)
        Label and pixels of each object.
    shape : tuple of int
    finished : bool
        Whether every object of the image is among them.
    """
    known = np.full(shape, 0 if finished else UNKNOWN, np.int64)
    objects = np.zeros(shape, np.uint8)
    for label, mask in masks:
        known[mask] = label
        objects |= mask.astype(np.uint8)
    if not finished and objects.any():
        away = cv2.distanceTransform(1 - objects, cv2.DIST_L2, 5)
        rim = max(3.0, 0.25 * float(np.sqrt(objects.sum() / max(len(masks), 1))))
        known[(away > 0) & (away <= rim)] = 0
    return known
