"""Label images in the browser, export exact datasets, read them back in a trainer.

The public names load on first use, so that ``import datasetbuilder`` costs nothing and a trainer
pays for the reader alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasetbuilder import refine
    from datasetbuilder.api import Project, Workspace, open_workspace
    from datasetbuilder.errors import DatasetBuilderError
    from datasetbuilder.exporters.reader import open_dataset
    from datasetbuilder.model import (
        BACKGROUND,
        Annotation,
        Box,
        Ellipse,
        Image,
        ImageState,
        Keypoint,
        Keypoints,
        Kind,
        Label,
        Mask,
        Operation,
        Part,
        Points,
        Polygon,
        Polyline,
        RotatedBox,
        Scribble,
        Skeleton,
        Stroke,
        Tag,
        Visibility,
    )

__version__ = "0.1.0"

_HOME = {
    "Workspace": "datasetbuilder.api",
    "Project": "datasetbuilder.api",
    "open_workspace": "datasetbuilder.api",
    "open_dataset": "datasetbuilder.exporters.reader",
    "DatasetBuilderError": "datasetbuilder.errors",
    **dict.fromkeys(
        (
            "BACKGROUND",
            "Annotation",
            "Box",
            "Ellipse",
            "Image",
            "ImageState",
            "Keypoint",
            "Keypoints",
            "Kind",
            "Label",
            "Mask",
            "Operation",
            "Part",
            "Points",
            "Polygon",
            "Polyline",
            "RotatedBox",
            "Scribble",
            "Skeleton",
            "Stroke",
            "Tag",
            "Visibility",
        ),
        "datasetbuilder.model",
    ),
}

__all__ = [
    "BACKGROUND",
    "Annotation",
    "Box",
    "DatasetBuilderError",
    "Ellipse",
    "Image",
    "ImageState",
    "Keypoint",
    "Keypoints",
    "Kind",
    "Label",
    "Mask",
    "Operation",
    "Part",
    "Points",
    "Polygon",
    "Polyline",
    "Project",
    "RotatedBox",
    "Scribble",
    "Skeleton",
    "Stroke",
    "Tag",
    "Visibility",
    "Workspace",
    "__version__",
    "open_dataset",
    "open_workspace",
    "refine",
]


def __getattr__(name: str) -> object:
    if name == "refine":
        return import_module("datasetbuilder.refine")
    if name not in _HOME:
        raise AttributeError(f"module 'datasetbuilder' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
