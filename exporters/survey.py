"""One look over a snapshot before anything is written: counts, and what needs saying."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import columns
from datasetbuilder.exporters.columns import Columned
from datasetbuilder.exporters.options import (
    CLASSIFICATION,
    COPY,
    INSTANCES,
    KEYPOINTS,
    LINK,
    OUTLINED,
    PANOPTIC,
    UNCOVERING,
    ExportOptions,
)
from datasetbuilder.exporters.placement import Placement
from datasetbuilder.exporters.stripping import keeps_metadata
from datasetbuilder.geometry import (
    corners_from_rotated_box,
    polygon_from_mask,
    rotated_box_around,
)
from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.geometry.spans import union
from datasetbuilder.model import (
    Annotation,
    Geometry,
    Image,
    ImageState,
    Kind,
    Label,
    Mask,
    Polygon,
    Snapshot,
)

CROWDS, SCORES, ATTRIBUTES, FRACTIONS = "crowds", "scores", "attributes", "fractions"
NAMELESS, LEVELS = "nameless", "levels"
HOLES, PIECES, OVERLAPS, EDGES = "holes", "pieces", "overlaps", "edges"

_ROUNDING = 1e-6

_UNFINISHED = {
    ImageState.NEW: "not labelled yet",
    ImageState.REJECTED: "rejected",
    ImageState.SKIPPED: "skipped",
}


def held(annotations: tuple[Annotation, ...], task: str) -> tuple[Annotation, ...]:
    """The annotations that an export for the task carries."""
    if task != CLASSIFICATION:
        return annotations
    return tuple(item for item in annotations if item.kind is Kind.TAG)


def set_aside(
    annotations: tuple[Annotation, ...], task: str
) -> tuple[tuple[Annotation, ...], tuple[Annotation, ...]]:
    """The whole-image classes that are kept beside the objects of the task, and the objects."""
    if task == CLASSIFICATION:
        return (), annotations
    tags = tuple(item for item in annotations if item.kind is Kind.TAG)
    return tags, tuple(item for item in annotations if item.kind is not Kind.TAG)


@dataclass(slots=True)
class Survey:
    """Counts of one snapshot as an export for one task sees it.

    Attributes
    ----------
    images : Counter
        Number of images by split.
    objects : dict of str to Counter
        Number of exported annotations by split and label id.
    kinds : Counter
        Number of annotations by kind, left out or not.
    states : Counter
        Number of images by state.
    orientations : int
        Number of images whose file is stored turned or mirrored.
    sets : set of str
        The sets that the annotations belong to.
    several_tags : bool
        Whether an image has more than one whole-image class.
    features : Counter of str
        Number of objects with something that not every format can say; the names are this
        module's constants. Shapes are traced only for an export that asks.
    """

    images: Counter[str] = field(default_factory=Counter)
    objects: dict[str, Counter[int]] = field(default_factory=dict)
    kinds: Counter[Kind] = field(default_factory=Counter)
    states: Counter[ImageState] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    orientations: int = 0
    sets: set[str] = field(default_factory=set)
    several_tags: bool = False
    features: Counter[str] = field(default_factory=Counter)

    def counts(self, labels: tuple[Label, ...]) -> dict[str, Any]:
        """Images and annotations by split and class, for people and for the manifest."""
        return {
            split: {
                "images": self.images[split],
                "annotations": {item.name: self.objects[split][item.id] for item in labels},
            }
            for split in self.images
        }


def survey(
    snapshot: Snapshot, placement: Placement, options: ExportOptions, *, traced: bool = False
) -> Survey:
    """Count a snapshot; ``traced`` looks at holes, pieces and overlaps too.

    Raises
    ------
    FormatError
        If two labels share a name or an annotation has a label that the snapshot lacks.
    """
    labels = _labels_by_id(snapshot)
    found = Survey(images=Counter(dict.fromkeys(placement.splits, 0)))
    found.objects = {split: Counter() for split in placement.splits}
    if isinstance(snapshot, Columned) and options.task != CLASSIFICATION and not traced:
        _count_blocks(found, snapshot, placement, labels)
        return found
    for image, annotations in snapshot.rows():
        split = placement.split(image)
        found.images[split] += 1
        _count_image(found, image, annotations)
        _count_features(found, image, held(annotations, options.task), traced=traced)
        found.features[NAMELESS] += sum(
            _is_nameless(item.kind, labels.get(item.label)) for item in annotations
        )
        for item in held(annotations, options.task):
            if item.label not in labels:
                raise FormatError(f"Annotation {item.id} has label {item.label}, which is gone.")
            found.objects[split][item.label] += 1
    return found


def _count_blocks(
    found: Survey, snapshot: Columned, placement: Placement, labels: Mapping[int, Label]
) -> None:
    """The same counts from rows, for tasks that hold every annotation."""
    kinds = Counter[str]()
    for block in snapshot.blocks():
        for image, rows in columns.by_image(block):
            split = placement.split(image)
            found.images[split] += 1
            _count_image(found, image, ())
            drawn = [row[columns.KIND] for row in rows]
            kinds.update(drawn)
            found.several_tags |= drawn.count(Kind.TAG) > 1
            found.objects[split].update(row[columns.LABEL] for row in rows)
        for row in block.rows:
            _count_row(found, row, labels)
    found.kinds.update({Kind(kind): count for kind, count in kinds.items()})


def _count_row(found: Survey, row: columns.StoredRow, labels: Mapping[int, Label]) -> None:
    if row[columns.LABEL] not in labels:
        raise FormatError(
            f"Annotation {row[columns.ID]} has label {row[columns.LABEL]}, which is gone."
        )
    found.sets.add(row[columns.SET])
    found.features[NAMELESS] += _is_nameless(row[columns.KIND], labels[row[columns.LABEL]])
    if row[columns.CROWD]:
        found.features[CROWDS] += 1
    if row[columns.SCORE] is not None:
        found.features[SCORES] += 1
    if row[columns.ATTRIBUTES] not in (None, "{}"):
        found.features[ATTRIBUTES] += 1
    if row[columns.LEVEL]:
        found.features[LEVELS] += 1
    sides = row[columns.X : columns.AREA]
    if sides[0] is not None and any(side % 1 for side in sides):
        found.features[FRACTIONS] += 1


def _is_nameless(kind: str, label: Label | None) -> bool:
    return kind == Kind.KEYPOINTS and (label is None or label.skeleton is None)


def task_losses(found: Survey, options: ExportOptions) -> tuple[str, ...]:
    """What the task has no words for, whatever the format."""
    shapes = sum(count for kind, count in found.kinds.items() if kind is not Kind.TAG)
    if options.task == CLASSIFICATION and shapes:
        said = f"{counted(shapes, 'shape', 'shapes')} left out"
        return (f"{said}: classification holds whole-image classes",)
    return ()


def notes(found: Survey, options: ExportOptions, *, whole: bool = True) -> tuple[str, ...]:
    """What is written in full but may surprise who trains on it.

    What a format keeps where trainers do not look is said of formats that hold the whole alone;
    the others tell it as a loss.
    """
    if not whole:
        return tuple(_common_notes(found, options))
    said: list[str] = []
    boxes, tags = found.kinds[Kind.BOX], found.kinds[Kind.TAG]
    outlined = sum(found.kinds[kind] for kind in OUTLINED)
    if options.task == INSTANCES and boxes:
        said.append(
            f"{counted(boxes, 'box', 'boxes')} without an outline: no mask is written for them."
        )
    if options.task != CLASSIFICATION and tags:
        said.append(
            f"{counted(tags, 'whole-image class', 'whole-image classes')} kept beside the objects."
        )
    if options.task == KEYPOINTS:
        said += _keypoint_notes(found)
    elif options.task == PANOPTIC:
        said += _panoptic_notes(found)
    else:
        said += _uncovering_notes(found, options)
        if options.task not in (CLASSIFICATION, INSTANCES) and outlined:
            kept = "kept beside the box; trainers see boxes."
            said.append(f"{counted(outlined, 'outline', 'outlines')} {kept}")
    return (*said, *_common_notes(found, options))


def _common_notes(found: Survey, options: ExportOptions) -> list[str]:
    """What is said of files and states, whatever the task."""
    said: list[str] = []
    untouched = sum(count for kind, count in found.formats.items() if keeps_metadata(kind))
    if options.images == COPY and untouched:
        said.append(f"{counted(untouched, 'file', 'files')} (TIFF or GIF) with all their metadata.")
    if options.images == LINK:
        said.append("Linked files keep their metadata.")
    for state, word in _UNFINISHED.items():
        if count := found.states[state]:
            said.append(
                f"{counted(count, 'image is', 'images are')} {word}, exported all the same."
            )
    return said


_TURNED_NOTES = {
    Kind.ROTATED_BOX: ("rotated box", "rotated boxes", "four corners"),
    Kind.ELLIPSE: ("ellipse", "ellipses", "vertices"),
}
_UNCOVERING_WORDS = {
    Kind.POLYLINE: ("polyline", "polylines"),
    Kind.POINTS: ("object of points", "objects of points"),
    Kind.KEYPOINTS: ("object of keypoints", "objects of keypoints"),
}


def _panoptic_notes(found: Survey) -> list[str]:
    """What the pixels of segments do not show."""
    pixelless = found.kinds[Kind.BOX] + sum(found.kinds[kind] for kind in UNCOVERING)
    said = []
    if pixelless:
        one, many = "shape without pixels", "shapes without pixels"
        said.append(f"{counted(pixelless, one, many)} kept beside the image; trainers see none.")
    if hidden := found.features[OVERLAPS]:
        one, many = "object lies", "objects lie"
        said.append(
            f"{counted(hidden, one, many)} partly under a later one, which has the pixels; the "
            "shapes are kept beside them."
        )
    if crowds := found.features[CROWDS]:
        said.append(f"{counted(crowds, 'crowd', 'crowds')} below all objects.")
    return said


def _keypoint_notes(found: Survey) -> list[str]:
    """What trainers of poses do not get to see, or see of another shape."""
    drawn, nameless = found.kinds[Kind.KEYPOINTS], found.features[NAMELESS]
    others = sum(found.kinds.values()) - found.kinds[Kind.TAG] - drawn
    said = []
    if nameless:
        many = "objects of keypoints whose labels have"
        one = counted(nameless, "object of keypoints whose label has", many)
        said.append(f"{one} no skeleton: trainers do not see them.")
    if others:
        said.append(
            f"{counted(others, 'other shape', 'other shapes')}: trainers see of them the box and "
            "outline around the keypoints that lie in them, and crowds."
        )
    return said


def _uncovering_notes(found: Survey, options: ExportOptions) -> list[str]:
    said = []
    for kind, (one, many, vertices) in _TURNED_NOTES.items():
        if options.task == INSTANCES and (count := found.kinds[kind]):
            said.append(f"{counted(count, one, many)} written as an outline of {vertices}.")
    for kind in UNCOVERING:
        if options.task != CLASSIFICATION and (count := found.kinds[kind]):
            said.append(
                f"{counted(count, *_UNCOVERING_WORDS[kind])} with area 0, no mask and the box "
                "round the points; trainers see that box."
            )
    return said


def _count_image(found: Survey, image: Image, annotations: tuple[Annotation, ...]) -> None:
    found.states[image.state] += 1
    found.formats[image.format.lower()] += 1
    found.orientations += image.orientation != 1
    found.kinds.update(item.kind for item in annotations)
    found.sets.update(item.set for item in annotations)
    found.several_tags |= sum(item.kind is Kind.TAG for item in annotations) > 1


def lines_left_out(found: Survey) -> tuple[str, ...]:
    """What a format without lines and points leaves out."""
    count = sum(found.kinds[kind] for kind in UNCOVERING)
    return (f"{counted(count, 'line or point', 'lines or points')} left out",) if count else ()


def _count_features(
    found: Survey, image: Image, annotations: tuple[Annotation, ...], *, traced: bool
) -> None:
    for item in annotations:
        found.features[CROWDS] += item.crowd
        found.features[SCORES] += item.score is not None
        found.features[ATTRIBUTES] += bool(item.attributes)
        found.features[LEVELS] += bool(item.level)
        found.features[FRACTIONS] += any(side % 1 for side in item.bbox or ())
    if traced:
        found.features[HOLES] += sum(_has_holes(item.geometry) for item in annotations)
        found.features[PIECES] += sum(_pieces(item.geometry) > 1 for item in annotations)
        found.features[OVERLAPS] += _overlapping(image, annotations)
        found.features[EDGES] += sum(_over_edge(item, image) for item in annotations)


def _outline(geometry: Geometry) -> Polygon | None:
    if isinstance(geometry, Mask):
        return polygon_from_mask(geometry)
    return geometry if isinstance(geometry, Polygon) else None


def _has_holes(geometry: Geometry) -> bool:
    outline = _outline(geometry)
    return outline is not None and any(part.holes for part in outline.parts)


def _pieces(geometry: Geometry) -> int:
    outline = _outline(geometry)
    return 1 if outline is None else len(outline.parts)


def _over_edge(item: Annotation, image: Image) -> bool:
    """Whether the corners of the rotated box around a shape lie outside the image."""
    if item.kind not in OUTLINED or item.crowd:
        return False
    corners = corners_from_rotated_box(rotated_box_around(item.geometry))
    outside = (corners < -_ROUNDING) | (
        corners > (image.width + _ROUNDING, image.height + _ROUNDING)
    )
    return bool(outside.any())


def _overlapping(image: Image, annotations: tuple[Annotation, ...]) -> int:
    """The number of objects that lie partly under one that was drawn later."""
    above, hidden = union([]), 0
    for item in sorted(annotations, key=lambda item: item.level)[::-1]:
        if item.kind not in OUTLINED or item.crowd:
            continue
        spans = spans_from_geometry(item.geometry, image.shape)
        both = union([above, spans])
        hidden += both.area < above.area + spans.area
        above = both
    return hidden


def _labels_by_id(snapshot: Snapshot) -> Mapping[int, Label]:
    names = Counter(label.name for label in snapshot.labels)
    for name, count in names.items():
        if count > 1:
            raise FormatError(f"{count} labels are called '{name}'. Rename or merge them first.")
    return {label.id: label for label in snapshot.labels}


def counted(count: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{count} {one if count == 1 else many}"
