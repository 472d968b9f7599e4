"""A classifier as a folder that needs nothing of this package: arrays and a script to read."""

from importlib import resources
from pathlib import Path

import numpy as np

from datasetbuilder.errors import DataError, GeometryError
from datasetbuilder.refine.teaching import (
    Classifier,
    arrays_from_classifier,
    classifier_from_arrays,
)

ARRAYS = "classifier.npz"
FEATURES = "pixel_features.py"
SCRIPT = "predict.py"

_SCRIPT = '''"""Predict the label of every pixel: python predict.py IMAGE OUT.png

Needs numpy, opencv-python and Pillow. The weights are plain arrays in classifier.npz.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from pixel_features import pixel_features, pixel_odds

LARGEST = 2_000_000


def lab_of(pixels):
    """CIE Lab; deep or narrow images are stretched between their percentiles."""
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    step = max(1, int((pixels.shape[0] * pixels.shape[1] / 200_000) ** 0.5))
    sample = pixels[::step, ::step].reshape(-1, pixels.shape[2]).astype(np.float64)
    if pixels.dtype == np.uint8:
        black, white = np.percentile(sample, (0.1, 99.9))
        if white - black > 128:
            black, white = 0.0, 255.0
    else:
        black, white = np.percentile(sample, (0.1, 99.9), axis=0)
    black, white = np.float32(black), np.float32(white)
    values = pixels.astype(np.float32)
    values = (np.clip(values, black, white) - black) / np.maximum(white - black, np.float32(1e-12))
    if values.shape[2] == 1:
        values = np.repeat(values, 3, axis=2)
    return cv2.cvtColor(values, cv2.COLOR_RGB2LAB)


def predict(pixels, arrays):
    """The label of every pixel, 0 for background."""
    height, width = pixels.shape[:2]
    shrink = (LARGEST / (height * width)) ** 0.5
    if shrink < 1:
        size = (max(round(width * shrink), 1), max(round(height * shrink), 1))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    lab = lab_of(pixels)
    rows, chances = pixel_features(lab), []
    for label in arrays["labels"].tolist():
        name = f"label{label}"
        depths = range(sum(key.startswith(f"{name}_w") for key in arrays))
        layers = [(arrays[f"{name}_w{k}"], arrays[f"{name}_b{k}"]) for k in depths]
        odds = pixel_odds(layers, rows).reshape(lab.shape[:2])
        plane = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        chances.append(cv2.resize(plane, (width, height)) if shrink < 1 else plane)
    chances = np.stack(chances)
    return np.where(chances.max(0) > 0.5, arrays["labels"][chances.argmax(0)], 0)


def main():
    with np.load(Path(__file__).with_name("classifier.npz"), allow_pickle=False) as kept:
        arrays = dict(kept)
    labels = predict(np.array(Image.open(sys.argv[1])), arrays)
    Image.fromarray(labels.astype(np.uint16)).save(sys.argv[2])


if __name__ == "__main__":
    main()
'''


def write_classifier(classifier: Classifier, folder: Path) -> None:
    """Write arrays and script into a new folder.

    Raises
    ------
    DataError
        If the folder exists.
    """
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise DataError(f"{folder} exists: name a new folder for the classifier.") from None
    np.savez_compressed(folder / ARRAYS, allow_pickle=False, **arrays_from_classifier(classifier))
    features = resources.files("datasetbuilder.refine") / FEATURES
    (folder / FEATURES).write_text(features.read_text("utf-8"), "utf-8")
    (folder / SCRIPT).write_text(_SCRIPT, "utf-8")


def read_classifier(folder: Path) -> Classifier:
    """Read what :func:`write_classifier` wrote; nothing of it is ever executed.

    Raises
    ------
    DataError
        If there is no classifier, or not one of this version.
    """
    try:
        with np.load(folder / ARRAYS, allow_pickle=False) as kept:
            return classifier_from_arrays(dict(kept))
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{folder} holds no classifier that can be read: {error}") from None
    except GeometryError as error:
        raise DataError(f"{folder}: {error}") from None
