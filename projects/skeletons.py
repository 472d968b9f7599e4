"""Skeletons of labels as text, and the rule that keeps keypoints true to them.

An annotation of keypoints has as many of them as its label has names, or any number while the label
has no skeleton. Hence names may be exchanged for others, but neither added nor taken away under
keypoints that are already drawn.
"""

from typing import Any

import orjson
from sqlalchemy import Row, bindparam, func, select

from datasetbuilder.model import Geometry, Keypoints, Kind, Skeleton
from datasetbuilder.projects.kept import Refusal
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.schema import annotation, annotation_set
from datasetbuilder.wire import skeleton_from_wire, skeleton_to_wire

_BYTES = 4
_DRAWN = select(func.max(func.length(annotation.c.rings)), func.count()).where(
    annotation.c.project == bindparam("p"),
    annotation.c.label == bindparam("i"),
    annotation.c.kind == Kind.KEYPOINTS.value,
    # Named, because the index on labels begins with the set.
    annotation.c.set_name.in_(
        select(annotation_set.c.name).where(annotation_set.c.project == bindparam("p"))
    ),
    func.length(annotation.c.rings) != bindparam("size"),
)


def text_from_skeleton(skeleton: Skeleton | None) -> str | None:
    """A skeleton as the column keeps it."""
    return None if skeleton is None else orjson.dumps(skeleton_to_wire(skeleton)).decode()


def skeleton_from_text(text: str | None) -> Skeleton | None:
    """A skeleton out of its column."""
    return None if text is None else skeleton_from_wire(orjson.loads(text))


def mismatch(shape: Geometry, label: Row[Any]) -> str:
    """Why the shape does not fit the label's skeleton, empty if it does."""
    if not isinstance(shape, Keypoints):
        return ""
    skeleton = skeleton_from_text(label.keypoints)
    if skeleton is None or len(shape.points) == len(skeleton.names):
        return ""
    return (
        f'the skeleton of "{label.name}" has {len(skeleton.names)} keypoints, got '
        f"{len(shape.points)}"
    )


def check_drawn(ledger: Ledger, label_id: int, name: str, skeleton: Skeleton | None) -> None:
    """Refuse a skeleton for keypoints of the label that were drawn with other numbers of points."""
    if skeleton is None:
        return
    keys = {"p": ledger.project_id, "i": label_id, "size": _BYTES * len(skeleton.names)}
    size, count = ledger.connection.execute(_DRAWN, keys).one()
    if count:
        raise Refusal(
            f'"{name}" has {count} annotation{"s" if count > 1 else ""} with {size // _BYTES} '
            f"keypoints, which a skeleton of {len(skeleton.names)} cannot name; remove them first, "
            "or use another label"
        )
