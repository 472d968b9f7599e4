"""What a worker does to measure the objects of one image."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from datasetbuilder.errors import DataError, ImageRefused, WireError
from datasetbuilder.insight.measurements import Measurements, Sources, measured
from datasetbuilder.measure.scale import Scale, scale_from_wire
from datasetbuilder.model import Annotation, Image
from datasetbuilder.projects.image_tasks import decoder
from datasetbuilder.projects.job_chunk import Params
from datasetbuilder.projects.library import unreadable
from datasetbuilder.wire import CHANGEABLE, annotation_from_wire, annotation_to_wire


def measure_item(
    image: Image, annotations: tuple[Annotation, ...], *, path: Path, scale: Scale | None
) -> str:
    """The item of an image; ``scale`` is what people said of it, else its file is asked."""
    return json.dumps(
        {
            "image": [image.id, image.name, image.width, image.height],
            "path": str(path),
            "sha256": image.sha256,
            "scale": None if scale is None else scale.to_wire(),
            "annotations": [annotation_to_wire(one) for one in annotations],
        }
    )


def measure(params: Params, item: str) -> Measurements:
    """Measure the objects of an image; ``params`` hold the names of the labels by id."""
    asked = json.loads(item)
    image = Image(*asked["image"], sha256=asked["sha256"])
    annotations = tuple(_annotation(one) for one in asked["annotations"])

    def pixels(_image: Image) -> np.ndarray:
        path = Path(asked["path"])
        try:
            return decoder().pixels(path, sha256=image.sha256 or None)
        except ImageRefused as refused:
            raise DataError(unreadable(image, path, str(refused))) from None

    sources = Sources(pixels=pixels, scale=lambda _image: _scale(asked), labels=params["labels"])
    return measured([(image, annotations)], sources)


def _annotation(wire: dict[str, Any]) -> Annotation:
    payload = {key: wire[key] for key in CHANGEABLE}
    return replace(annotation_from_wire(wire["uid"], payload), id=wire["id"])


def _scale(asked: dict[str, Any]) -> Scale | None:
    try:
        if asked["scale"] is not None:
            return scale_from_wire(asked["scale"])
        said = decoder().pixel_size(Path(asked["path"]), sha256=asked["sha256"] or None)
        return None if said is None else scale_from_wire({"per_pixel": said[0], "unit": said[1]})
    except (DataError, WireError):
        return None
