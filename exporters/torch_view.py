"""A dataset in the shapes that torchvision's references expect."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from datasetbuilder.errors import FormatError, UnknownName
from datasetbuilder.exporters.options import CLASSIFICATION, DETECTION, INSTANCES, SEMANTIC, TASKS

if TYPE_CHECKING:
    from datasetbuilder.exporters.reader import Dataset, Sample

_SERVES = {
    CLASSIFICATION: (CLASSIFICATION,),
    DETECTION: (DETECTION,),
    INSTANCES: (INSTANCES, DETECTION, SEMANTIC),
}


class TorchDataset:
    """A map-style dataset: give it to a ``DataLoader``.

    Each item is ``(image, target)``; the image is float32 in 0..1, shape (3, H, W) for grey and
    colour. For detection and instances the target has ``boxes`` (x0, y0, x1, y1), ``labels`` from 1
    (0 is background), ``image_id``, ``area``, ``iscrowd``, and ``masks`` (uint8) for instances. For
    semantic it is an int64 map (H, W) of classes from 1, 0 background, 255 to be ignored. For
    classification it is the class number from 0, or a vector of 0 and 1 when an image of the export
    has several classes or none.
    """

    def __init__(self, dataset: "Dataset", task: str) -> None:
        if task not in TASKS:
            raise UnknownName(f"There is no task called '{task}'. Known: {', '.join(TASKS)}.")
        if task not in _SERVES[dataset.task]:
            raise FormatError(
                f"{dataset.folder.name} was exported for {dataset.task} and cannot serve for "
                f"{task}. Export it again with task='{task}'."
            )
        _torch()
        self.dataset, self.task = dataset, task
        self._single = task == CLASSIFICATION and all(
            len(sample["labels"]) == 1 for sample in dataset
        )

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        torch, sample = _torch(), self.dataset[index]
        image = torch.from_numpy(planes_from_pixels(sample["image"]))
        if self.task == CLASSIFICATION:
            return image, self._classes(torch, sample)
        if self.task == SEMANTIC:
            return image, torch.from_numpy(sample.class_map().astype(np.int64))
        target = {
            "boxes": torch.from_numpy(np.array(sample["boxes"], np.float32)),
            "labels": torch.from_numpy(sample["labels"] + 1),
            "image_id": sample["image_id"],
            "area": torch.from_numpy(np.array(sample["area"], np.float32)),
            "iscrowd": torch.from_numpy(np.array(sample["iscrowd"], np.int64)),
        }
        if self.task == INSTANCES:
            target["masks"] = torch.from_numpy(sample["masks"].astype(np.uint8))
        return image, target

    def _classes(self, torch: Any, sample: "Sample") -> Any:
        if self._single:
            return int(sample["labels"][0])
        vector = np.zeros(len(self.dataset.labels), np.float32)
        vector[sample["labels"]] = 1
        return torch.from_numpy(vector)


def planes_from_pixels(pixels: np.ndarray) -> np.ndarray:
    """Pixels (H, W) or (H, W, C) as float32 planes (C, H, W) in 0..1, grey as three equal ones."""
    scale = np.iinfo(pixels.dtype).max if pixels.dtype.kind in "ui" else 1
    scaled = pixels.astype(np.float32) / np.float32(scale)
    if scaled.ndim == 2:
        return np.ascontiguousarray(np.broadcast_to(scaled, (3, *scaled.shape)))
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


def _torch() -> Any:
    try:
        return import_module("torch")
    except ImportError as error:
        raise FormatError(
            "torch is not installed. Install it with: pip install 'datasetbuilder[torch]'"
        ) from error
