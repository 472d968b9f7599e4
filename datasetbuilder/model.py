"""The words of a labelling campaign as frozen dataclasses.

Coordinates are continuous ``(x, y)`` from the top-left corner of the upright image; pixel
``(row, col)`` covers ``[col, col + 1) × [row, row + 1)``. Ids are per project, start at 1 and are
never reused. Polygon coordinates hold the shortest decimal of a float32, so that the browser, the
store, COCO text and Parquet columns all carry the very same number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import BinaryIO, ClassVar, Protocol, TypeAlias

BACKGROUND = 0
TRUTH = "truth"

Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = tuple[Point, ...]
Bbox: TypeAlias = tuple[float, float, float, float]


class Kind(StrEnum):
    """What an annotation draws."""

    TAG = "tag"
    BOX = "box"
    ROTATED_BOX = "rotated_box"
    POLYGON = "polygon"
    MASK = "mask"
    ELLIPSE = "ellipse"
    POLYLINE = "polyline"
    POINTS = "points"
    KEYPOINTS = "keypoints"


class ImageState(StrEnum):
    """Where an image stands in the campaign."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The named keypoints of a label and the lines between them, as pairs of positions."""

    names: tuple[str, ...]
    edges: tuple[tuple[int, int], ...] = ()


class AttributeKind(StrEnum):
    """What an attribute holds."""

    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a label asks of each of its objects, by name; the answers are ``attributes`` of these.

    ``options`` are the answers of a choice; ``default`` is what an object is born with, None for
    nothing.
    """

    name: str
    kind: AttributeKind
    options: tuple[str, ...] = ()
    required: bool = False
    default: str | float | bool | None = None


@dataclass(frozen=True, slots=True)
class LabelGroup:
    """Labels of the whole image that answer one question: one of them, or ``several``."""

    name: str
    several: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A class of the project; ``id`` ≥ 1 is the category id of every export."""

    id: int
    name: str
    color: str
    uid: str = ""
    supercategory: str = ""
    skeleton: Skeleton | None = None
    deleted: bool = False
    version: int = 1
    merged_into: int | None = None
    attributes: tuple[Attribute, ...] = ()
    group: LabelGroup | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a project; ``width`` and ``height`` are those of the upright picture.

    ``likeness`` is its perceptual hash; None where it is not known or there is nothing to see.
    ``split`` is chosen by a person, ``dealt`` is where an export put it.
    """

    id: int
    name: str
    width: int
    height: int
    uri: str = ""
    sha256: str = ""
    format: str = ""
    dtype: str = "uint8"
    channels: int = 3
    orientation: int = 1
    state: ImageState = ImageState.NEW
    comment: str = ""
    split: str | None = None
    n_annotations: int = 0
    version: int = 1
    split_version: int = 1
    likeness: int | None = None
    dealt: str | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """``(height, width)`` in pixels."""
        return self.height, self.width


@dataclass(frozen=True, slots=True)
class Tag:
    """The whole image belongs to the label."""

    kind: ClassVar[Kind] = Kind.TAG


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle."""

    x: float
    y: float
    width: float
    height: float
    kind: ClassVar[Kind] = Kind.BOX


@dataclass(frozen=True, slots=True)
class Part:
    """One connected piece of a polygon: an outer ring and the holes in it, rings not closed."""

    exterior: Ring
    holes: tuple[Ring, ...] = ()


@dataclass(frozen=True, slots=True)
class Polygon:
    """What was drawn, vertex by vertex."""

    parts: tuple[Part, ...]
    kind: ClassVar[Kind] = Kind.POLYGON


@dataclass(frozen=True, slots=True)
class Mask:
    """Painted pixels: COCO's compressed RLE (column-major) of the tight crop at ``(x, y)``."""

    x: int
    y: int
    width: int
    height: int
    counts: str
    kind: ClassVar[Kind] = Kind.MASK


@dataclass(frozen=True, slots=True)
class Patch:
    """What a stroke changed of a mask: pixels that came, pixels that went, and the area since then.

    Carrying it out twice changes nothing more than carrying it out once.
    """

    added: Mask | None
    taken: Mask | None
    area: int


@dataclass(frozen=True, slots=True)
class RotatedBox:
    """A rectangle about its centre, turned by ``angle`` degrees, clockwise on the screen."""

    cx: float
    cy: float
    width: float
    height: float
    angle: float = 0.0
    kind: ClassVar[Kind] = Kind.ROTATED_BOX


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse about its centre with radii along its axes, turned as a `RotatedBox` is."""

    cx: float
    cy: float
    rx: float
    ry: float
    angle: float = 0.0
    kind: ClassVar[Kind] = Kind.ELLIPSE


@dataclass(frozen=True, slots=True)
class Polyline:
    """An open line from vertex to vertex; it covers no pixel."""

    points: Ring
    kind: ClassVar[Kind] = Kind.POLYLINE


@dataclass(frozen=True, slots=True)
class Points:
    """Places of one object, each as good as the other; they cover no pixel."""

    points: Ring
    kind: ClassVar[Kind] = Kind.POINTS


class Visibility(IntEnum):
    """Whether a keypoint can be seen, in COCO's numbers."""

    UNLABELLED = 0
    HIDDEN = 1
    VISIBLE = 2


@dataclass(frozen=True, slots=True)
class Keypoint:
    """One named place of a skeleton; at (0, 0) while it is not labelled."""

    x: float
    y: float
    visibility: Visibility = Visibility.VISIBLE


@dataclass(frozen=True, slots=True)
class Keypoints:
    """The places of an object in the order of its label's skeleton; they cover no pixel."""

    points: tuple[Keypoint, ...]
    kind: ClassVar[Kind] = Kind.KEYPOINTS

    @property
    def labelled(self) -> tuple[Keypoint, ...]:
        """The keypoints that have a place."""
        return tuple(point for point in self.points if point.visibility)


Geometry: TypeAlias = (
    Tag | Box | RotatedBox | Polygon | Mask | Ellipse | Polyline | Points | Keypoints
)


@dataclass(frozen=True, slots=True)
class Annotation:
    """One labelled object of an image.

    ``uid`` is made where the annotation is born and is the only name operations use; ``id`` is
    given by the store at the first commit. ``area`` and ``bbox`` are computed at commit from the
    pixels that the geometry covers. An object of a higher ``level`` lies in front of others.
    """

    uid: str
    label: int
    geometry: Geometry
    image_id: int = 0
    id: int = 0
    set: str = TRUTH
    attributes: Mapping[str, object] = field(default_factory=dict)
    source: str = "person"
    score: float | None = None
    crowd: bool = False
    author: str = ""
    version: int = 0
    area: float = 0.0
    bbox: Bbox | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    level: int = 0

    @property
    def kind(self) -> Kind:
        """The kind of the geometry."""
        return self.geometry.kind


@dataclass(frozen=True, slots=True)
class Stroke:
    """A brush line: centre ``points``, ``width`` in image pixels, a label id or ``BACKGROUND``."""

    points: Ring
    width: float
    label: int


@dataclass(frozen=True, slots=True)
class Scribble:
    """Ordered strokes that feed the refine tools; never ground truth."""

    uid: str
    strokes: tuple[Stroke, ...]
    image_id: int = 0
    set: str = TRUTH
    author: str = ""
    version: int = 0


class OperationKind(StrEnum):
    """What an operation does to its target."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


class TargetType(StrEnum):
    """What an operation can act on; ``batch`` stands in the log alone, for rows added together.

    A ``conflict`` is removed when somebody has answered it.
    """

    ANNOTATION = "annotation"
    SCRIBBLE = "scribble"
    LABEL = "label"
    IMAGE_STATE = "image_state"
    SPLIT = "split"
    COMMENT = "comment"
    SETTINGS = "settings"
    CONFLICT = "conflict"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Target:
    """The thing an operation acts on.

    ``key`` is the uid of an annotation, scribble, label or comment, the image id as text for
    ``image_state`` and ``split``, the ``op_id`` of the refused operation for ``conflict``, and
    ``project`` for ``settings``. ``image_id`` is None for labels
    and settings.
    """

    type: TargetType
    key: str
    image_id: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """The only way to change anything in a project; safe to send twice.

    ``base_version`` is the version that the person saw, or the ``op_id`` of the queued operation
    before it on the same target, or None for an add.
    """

    op_id: str
    kind: OperationKind
    target: Target
    payload: Mapping[str, object] = field(default_factory=dict)
    base_version: int | str | None = None
    group_id: str | None = None
    tool: str = ""


class Outcome(StrEnum):
    """How the store answered an operation."""

    ACCEPTED = "accepted"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """The store's answer to one operation, the same however often it is asked.

    ``current`` is the target as the store holds it (wire form, None when it is removed); on a
    conflict it is the other person's version.
    """

    op_id: str
    outcome: Outcome
    seq: int | None = None
    version: int | None = None
    id: int | None = None
    current: Mapping[str, object] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the project's log: who changed what, when, with which tool."""

    seq: int
    at: datetime
    author: str
    client: str
    tool: str
    kind: OperationKind
    target: Target
    after: Mapping[str, object] | None
    previous_seq: int | None = None
    op_id: str = ""
    group_id: str | None = None


class Snapshot(Protocol):
    """A project at one event number, read in one transaction, streamed in id order."""

    @property
    def project(self) -> str:
        """The project's slug."""
        ...

    @property
    def seq(self) -> int:
        """The number of the last event seen."""
        ...

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels in use, by id."""
        ...

    def images(self) -> Iterator[Image]:
        """Every image, by id."""
        ...

    def rows(self) -> Iterator[tuple[Image, tuple[Annotation, ...]]]:
        """Every image with its annotations, both by id; may be asked for more than once."""
        ...

    def open_pixels(self, image: Image) -> BinaryIO:
        """The original file of an image, checked against its hash."""
        ...
