"""Model to JSON and back: the form that REST, the event log and the browser share.

Every reader takes the path of what it reads, so that a refusal names the very field. Unknown fields
are refused: a misspelt one must not vanish silently.
"""

from datasetbuilder.wire.annotations import (
    CHANGEABLE,
    annotation_fields_from_wire,
    annotation_from_wire,
    annotation_to_wire,
)
from datasetbuilder.wire.attributes import (
    NOTE,
    attribute_to_wire,
    attributes_from_wire,
    group_from_wire,
    group_to_wire,
)
from datasetbuilder.wire.fields import MAX_TEXT, MAX_VERTICES, shortest_float32
from datasetbuilder.wire.operations import (
    event_to_wire,
    operation_from_wire,
    operation_to_wire,
    result_to_wire,
    target_to_wire,
)
from datasetbuilder.wire.patches import (
    annotation_change_from_wire,
    patch_from_wire,
    patch_to_wire,
)
from datasetbuilder.wire.project import (
    image_to_wire,
    label_fields_from_wire,
    label_to_wire,
    skeleton_from_wire,
    skeleton_to_wire,
)
from datasetbuilder.wire.scribbles import (
    scribble_fields_from_wire,
    scribble_to_wire,
    strokes_from_wire,
    strokes_to_wire,
)
from datasetbuilder.wire.shapes import geometry_from_wire, geometry_to_wire

__all__ = [
    "CHANGEABLE",
    "MAX_TEXT",
    "MAX_VERTICES",
    "NOTE",
    "annotation_change_from_wire",
    "annotation_fields_from_wire",
    "annotation_from_wire",
    "annotation_to_wire",
    "attribute_to_wire",
    "attributes_from_wire",
    "event_to_wire",
    "geometry_from_wire",
    "geometry_to_wire",
    "group_from_wire",
    "group_to_wire",
    "image_to_wire",
    "label_fields_from_wire",
    "label_to_wire",
    "operation_from_wire",
    "operation_to_wire",
    "patch_from_wire",
    "patch_to_wire",
    "result_to_wire",
    "scribble_fields_from_wire",
    "scribble_to_wire",
    "shortest_float32",
    "skeleton_from_wire",
    "skeleton_to_wire",
    "strokes_from_wire",
    "strokes_to_wire",
    "target_to_wire",
]
