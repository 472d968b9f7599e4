"""The tools that people would use instead, each taking the strokes drawn so far as a raster."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from refine_annotator import BACKGROUND, OBJECT
from skimage.color import rgb2lab
from skimage.feature import multiscale_basic_features
from skimage.filters import sobel
from skimage.future import fit_segmenter, predict_segmenter
from skimage.segmentation import random_walker, watershed
from sklearn.ensemble import RandomForestClassifier


class Tool(Protocol):
    """What the benchmark drives: one image, stroke after stroke."""

    @property
    def name(self) -> str:
        """Of its row."""
        ...

    def prepare(self, image: NDArray, /) -> None:
        """Open an image."""

    def add(self, stroke: NDArray, /) -> None:
        """Take the pixels of one more stroke."""

    def refine(self, raster: NDArray, /) -> NDArray[np.bool_]:
        """Answer to everything drawn so far."""
        ...


def colours_of(image: NDArray) -> NDArray:
    """Grey as three equal channels."""
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, 2)


def markers_of(raster: NDArray) -> NDArray[np.int32]:
    """1 object, 2 background, 0 to be decided."""
    return np.where(raster == OBJECT, 1, np.where(raster == BACKGROUND, 2, 0)).astype(np.int32)


class Peer:
    """A tool that needs the raster alone."""

    name = ""

    def prepare(self, image: NDArray) -> None:
        """Open an image."""
        self.image = colours_of(image)

    def add(self, stroke: NDArray) -> None:
        """Nothing: the raster says it all."""


class GrabCut(Peer):
    """OpenCV's, strokes as hard seeds, five rounds on the whole image."""

    name = "OpenCV GrabCut"

    def refine(self, raster: NDArray) -> NDArray[np.bool_]:
        """Answer."""
        cv2.setRNGSeed(0)
        guess = np.where(raster == OBJECT, cv2.GC_FGD, cv2.GC_PR_BGD)
        guess = np.where(raster == BACKGROUND, cv2.GC_BGD, guess).astype(np.uint8)
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(self.image, guess, (0, 0, 0, 0), *models, 5, cv2.GC_INIT_WITH_MASK)
        return (guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)


class Walker(Peer):
    """scikit-image's random walker on Lab; conjugate gradients with the Jacobi preconditioner."""

    name = "scikit-image random walker"

    def prepare(self, image: NDArray) -> None:
        """Open an image."""
        self.lab = rgb2lab(colours_of(image)) / 100

    def refine(self, raster: NDArray) -> NDArray[np.bool_]:
        """Answer."""
        markers = markers_of(raster)
        if len(np.unique(markers[markers > 0])) < 2:
            return markers == 1
        answer = random_walker(self.lab, markers, beta=1000, mode="cg_j", channel_axis=-1)
        return np.asarray(answer) == 1


class Watershed(Peer):
    """scikit-image's marker watershed on the gradient of Lab."""

    name = "scikit-image marker watershed"

    def prepare(self, image: NDArray) -> None:
        """Open an image."""
        lab = rgb2lab(colours_of(image))
        self.height = np.sqrt(sum(sobel(lab[..., k]) ** 2 for k in range(3)))

    def refine(self, raster: NDArray) -> NDArray[np.bool_]:
        """Answer."""
        markers = markers_of(raster)
        return watershed(self.height, markers) == 1 if markers.any() else markers == 1


class Trainable(Peer):
    """scikit-image's trainable segmentation, as its gallery sets it up."""

    name = "scikit-image trainable segmentation"

    def prepare(self, image: NDArray) -> None:
        """Open an image."""
        self.features = multiscale_basic_features(
            colours_of(image), edges=False, sigma_min=1, sigma_max=16, channel_axis=-1
        )

    def refine(self, raster: NDArray) -> NDArray[np.bool_]:
        """Answer."""
        forest = RandomForestClassifier(
            n_estimators=50, n_jobs=1, max_depth=10, max_samples=0.05, random_state=0
        )
        trained = fit_segmenter(markers_of(raster), self.features, forest)
        return np.asarray(predict_segmenter(self.features, trained)) == 1


class DashCanvas(Peer):
    """A function of dash-canvas 0.1.0, read from its own unpacked package.

    Its module of algorithms is loaded alone: the package itself needs a Dash of 2019.
    """

    def __init__(self, function: str) -> None:
        self.name = f"dash-canvas {function}"
        self._function = getattr(_dash_canvas(), function)

    def refine(self, raster: NDArray) -> NDArray[np.bool_]:
        """Answer."""
        answer = self._function(self.image, markers_of(raster))
        return np.asarray(answer) == 1


def _dash_canvas() -> ModuleType:
    place = os.environ.get("REFINE_DASH_CANVAS")
    if not place:
        raise SystemExit(
            "set REFINE_DASH_CANVAS to where it was put by: "
            "pip install --no-deps --target FOLDER dash-canvas==0.1.0"
        )
    file = Path(place) / "dash_canvas" / "utils" / "image_processing_utils.py"
    spec = importlib.util.spec_from_file_location("dash_canvas_algorithms", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PEERS = {
    "grabcut": GrabCut,
    "walker": Walker,
    "watershed": Watershed,
    "trainable": Trainable,
    "dash-canvas": lambda: DashCanvas("superpixel_color_segmentation"),
}
