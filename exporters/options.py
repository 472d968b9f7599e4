"""What a person chooses for one export."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from datasetbuilder.errors import UnknownName, UsageError
from datasetbuilder.exporters.grouping import Groups
from datasetbuilder.insight.splits import checked_splits
from datasetbuilder.model import Kind

CLASSIFICATION = "classification"
DETECTION = "detection"
INSTANCES = "instances"
SEMANTIC = "semantic"
PANOPTIC = "panoptic"
KEYPOINTS = "keypoints"
TASKS = (CLASSIFICATION, DETECTION, INSTANCES, SEMANTIC, PANOPTIC, KEYPOINTS)

COPY = "copy"
LINK = "link"
NONE = "none"
IMAGES = (COPY, LINK, NONE)

SEGMENTATIONS = ("polygon", "rle", "counts")

OUTLINED = (Kind.POLYGON, Kind.MASK, Kind.ROTATED_BOX, Kind.ELLIPSE)
"""The kinds that say which pixels belong to the object."""

UNCOVERING = (Kind.POLYLINE, Kind.POINTS, Kind.KEYPOINTS)
"""The kinds that cover no pixel."""

WHOLE = "all"
"""The name of the only split of an export that is not split."""

Extension: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Everything that decides the bytes of an export, besides the snapshot.

    Attributes
    ----------
    task : str
        One of ``TASKS``.
    images : str
        ``copy``, ``link`` or ``none``.
    segmentation : str
        How COCO writes masks: exact ``polygon``, compressed ``rle`` or uncompressed ``counts``.
    splits : mapping of str to float, or None
        Share of each split.
    seed : int
        Deals the images among the splits.
    groups : Groups
        What has to stay together.
    stratify : bool
        Whether each split gets its share of every label.
    where : str
        Which images and annotations are meant; empty for all.
    fresh_split : bool
        Whether images are dealt anew, wherever earlier exports put them.
    """

    task: str = INSTANCES
    images: str = COPY
    segmentation: str = "polygon"
    splits: Mapping[str, float] | None = None
    seed: int = 0
    groups: Groups = field(default_factory=Groups)
    stratify: bool = False
    where: str = ""
    fresh_split: bool = False

    def __post_init__(self) -> None:
        _known("task", self.task, TASKS)
        _known("way with images", self.images, IMAGES)
        _known("way to write masks", self.segmentation, SEGMENTATIONS)
        if self.splits is not None:
            checked_splits(self.splits)
        elif self.stratify or self.groups.by:
            raise UsageError(
                "Groups and stratified splits need shares (--split train=0.8,val=0.2)."
            )

    def to_json(self) -> dict[str, object]:
        """The options as the manifest keeps them."""
        said: dict[str, object] = {
            "images": self.images,
            "segmentation": self.segmentation,
            "splits": None if self.splits is None else dict(self.splits),
            "seed": self.seed,
        }
        if self.groups.by:
            said["group_by"] = self.groups.by
        if self.stratify:
            said["stratify"] = True
        if self.fresh_split:
            said["fresh_split"] = True
        return said


def _known(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise UnknownName(f"There is no {what} called '{name}'. Known: {', '.join(known)}.")
