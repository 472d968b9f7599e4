"""Which shape lies around an object's keypoints: trainers of poses want its box and its area.

A project draws keypoints and the box or outline of the same object as two annotations. They are
taken for one object where they have one label and the box holds all labelled points; of several
that do, the tightest is taken, and no shape twice.
"""

from collections.abc import Sequence

from datasetbuilder.exporters.options import OUTLINED
from datasetbuilder.model import Annotation, Bbox, Keypoints, Kind

_KINDS = (Kind.BOX, *OUTLINED)


def bodies(annotations: Sequence[Annotation]) -> dict[int, Annotation]:
    """The shape around the keypoints, by the id of the annotation that has them."""
    shapes = [item for item in annotations if item.kind in _KINDS and not item.crowd]
    places = [item for item in annotations if item.kind is Kind.KEYPOINTS]
    fitting = sorted(
        (_slack(shape, item), shape.id, item.id) for item in places for shape in shapes
         if _around(shape, item)
    )  # fmt: skip
    by_id = {shape.id: shape for shape in shapes}
    found: dict[int, Annotation] = {}
    taken: set[int] = set()
    for _, shape_id, item_id in fitting:
        if shape_id not in taken and item_id not in found:
            found[item_id] = by_id[shape_id]
            taken.add(shape_id)
    return found


def _around(shape: Annotation, item: Annotation) -> bool:
    if shape.label != item.label or shape.bbox is None:
        return False
    assert isinstance(item.geometry, Keypoints)
    x, y, width, height = shape.bbox
    labelled = item.geometry.labelled
    return bool(labelled) and all(
        x <= point.x <= x + width and y <= point.y <= y + height for point in labelled
    )


def _slack(shape: Annotation, item: Annotation) -> float:
    return _size(shape.bbox) - _size(item.bbox)


def _size(bbox: Bbox | None) -> float:
    return 0.0 if bbox is None else bbox[2] * bbox[3]
