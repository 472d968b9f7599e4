"""YOLO's poses: a line is a box and its keypoints, ``class x y w h`` and ``x y visibility`` each.

``data.yaml`` says besides::

    kpt_shape: [17, 3]       as many as the longest skeleton; shorter ones are filled up with 0 0 0
    flip_idx: [0, 2, 1, …]   where names tell left from right: a mirrored picture swaps them
    kpt_names:               of each class

The box is that of the shape around the keypoints (see `bodies`), else that of the points.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from datasetbuilder.exporters import yolo, yolo_names, yolo_rows
from datasetbuilder.exporters.bodies import bodies
from datasetbuilder.exporters.checking import Tally, near
from datasetbuilder.exporters.claims import Claim, Entry, SizeOf
from datasetbuilder.exporters.coco_objects import measured
from datasetbuilder.exporters.job import ExportJob
from datasetbuilder.exporters.options import UNCOVERING, ExportOptions
from datasetbuilder.exporters.survey import ATTRIBUTES, LEVELS, NAMELESS, SCORES, Survey
from datasetbuilder.exporters.survey import counted as n
from datasetbuilder.geometry import extent
from datasetbuilder.model import Annotation, Box, Image, Keypoints, Kind, Skeleton

_SIDES = (("left", "right"), ("l", "r"))


class Pose(yolo.Yolo):
    """The YOLO format of keypoints."""

    __slots__ = ()

    def losses(self, found: Survey, options: ExportOptions) -> tuple[str, ...]:
        """What the lines leave out."""
        kinds, features, said = found.kinds, found.features, []
        lines = sum(kinds[kind] for kind in UNCOVERING) - kinds[Kind.KEYPOINTS]
        others = sum(kinds.values()) - kinds[Kind.KEYPOINTS] - kinds[Kind.TAG] - lines
        if lines:
            said.append(f"{n(lines, 'line or point', 'lines or points')} left out")
        if count := kinds[Kind.TAG]:
            said.append(f"{n(count, 'whole-image class', 'whole-image classes')} left out")
        if others:
            around = "only boxes around keypoints are written"
            said.append(f"{n(others, 'other shape', 'other shapes')}: {around}")
        if count := features[NAMELESS]:
            one, many = "object of keypoints", "objects of keypoints"
            said.append(f"{n(count, one, many)} without names for them")
        for feature in (ATTRIBUTES, SCORES, LEVELS):
            if count := features[feature]:
                said.append(f"{feature} of {n(count, 'object', 'objects')} left out")
        if kinds[Kind.KEYPOINTS]:
            said.append("the edges of skeletons left out")
        return tuple(said)

    def keeps(self, image: Image, annotations: Sequence[Annotation]) -> list[Annotation]:
        """Each object with keypoints, followed by what lends it its box."""
        around = bodies(annotations)
        found: list[Annotation] = []
        for item in annotations:
            if item.kind is Kind.KEYPOINTS:
                found += (item, around.get(item.id, item))
        return found

    def lines(self, image: Image, kept: Sequence[Annotation], job: ExportJob) -> Iterator[str]:
        """The numbers of each line, without its class."""
        size = longest(job)
        for item, body in zip(kept[::2], kept[1::2], strict=True):
            assert isinstance(item.geometry, Keypoints)
            values = yolo_rows.box_values(body, image)
            points = yolo_rows.keypoints_text(item.geometry, image, size)
            yield f"{yolo_rows.shares_text(values, image)} {points}"

    def numbered(self, kept: Sequence[Annotation]) -> Sequence[Annotation]:
        """The annotations that give the lines their class."""
        return kept[::2]

    def more(self, job: ExportJob) -> list[str]:
        """The lines about keypoints in ``data.yaml``."""
        skeletons = [label.skeleton for label in job.snapshot.labels if label.skeleton]
        said = [f"kpt_shape: [{longest(job)}, 3]"]
        if flipped := flip_of(skeletons, longest(job)):
            said.append(f"flip_idx: [{', '.join(map(str, flipped))}]")
        return [*said, *yolo_names.point_lines(job.snapshot.labels)]

    def check(self, job: ExportJob, folder: Path) -> Tally:
        """Read every label file back and compare it with the snapshot."""
        tally = super().check(job, folder)
        return {split: _halved(counted) for split, counted in tally.items()}

    def differs(self, wanted: Annotation, claim: Claim, image: Image) -> str:
        """What is wrong with keypoints, or their box, that were read back."""
        found = claim.annotation.geometry
        if isinstance(found, Box):
            _, bbox = measured(wanted, image)
            same = near((found.x, found.y, found.width, found.height), bbox)
            return "" if same else f"its box is {found} instead of {bbox}"
        assert isinstance(found, Keypoints)
        assert isinstance(wanted.geometry, Keypoints)
        return "" if _same(found, wanted.geometry) else "its keypoints are others"

    def tally(self, folder: Path, task: str, split: str) -> dict[str, int]:
        """Images and objects of one split."""
        return _halved(super().tally(folder, task, split))


def _halved(counted: Mapping[str, int]) -> dict[str, int]:
    """Each line was read as keypoints and a box."""
    return {"images": counted["images"], "annotations": counted["annotations"] // 2}


def _same(found: Keypoints, wanted: Keypoints) -> bool:
    extra = found.points[len(wanted.points) :]
    pairs = list(zip(found.points, wanted.points, strict=False))
    return (
        len(pairs) == len(wanted.points)
        and not any(point.visibility for point in extra)
        and all(
            near((one.x, one.y), (other.x, other.y)) and one.visibility == other.visibility
            for one, other in pairs
        )
    )


def longest(job: ExportJob) -> int:
    """How many keypoints a line has."""
    sizes = [len(label.skeleton.names) for label in job.snapshot.labels if label.skeleton]
    if job.survey.features[NAMELESS]:
        sizes += [
            len(item.geometry.points)
            for _, annotations in job.snapshot.rows()
            for item in annotations
            if isinstance(item.geometry, Keypoints)
        ]
    return max(sizes, default=0)


# --- mirrored pictures ------------------------------------------------------------------------


def flip_of(skeletons: Sequence[Skeleton], size: int) -> list[int]:
    """Which keypoint each one is in a mirrored picture, empty where names do not tell.

    Every left one needs its right one, and all skeletons must agree.
    """
    found = {tuple(_flip(skeleton.names)) for skeleton in skeletons}
    if len(found) != 1:
        return []
    (flipped,) = found
    if not flipped or list(flipped) == sorted(flipped):
        return []
    return [*flipped, *range(len(flipped), size)]


def _flip(names: Sequence[str]) -> list[int]:
    places = {name.casefold(): k for k, name in enumerate(names)}
    found = []
    for k, name in enumerate(names):
        other = _mirrored(name.casefold())
        if other is not None and other not in places:
            return []
        found.append(k if other is None else places[other])
    return found


def _mirrored(name: str) -> str | None:
    """The name with its word for one side exchanged, None where it has none."""
    words = re.split(r"([\W_]+)", name)
    for one, other in (pair for sides in _SIDES for pair in (sides, sides[::-1])):
        if words.count(one) == 1:
            return "".join(other if word == one else word for word in words)
    return None


# --- reading ----------------------------------------------------------------------------------


def entries(path: Path, size_of: SizeOf, *, kind: str = "") -> Iterator[Entry]:
    """Every label file of a dataset; see `yolo.entries`."""
    for entry in yolo.entries(path, size_of, kind=kind):
        yield _without_own_boxes(entry, size_of)


def _without_own_boxes(entry: Entry, size_of: SizeOf) -> Entry:
    """The entry without boxes that only say how far the keypoints before them reach."""
    shape, kept = size_of(entry.name), list[Claim]()
    for claim in entry.claims:
        box = claim.annotation.geometry
        if isinstance(box, Box) and kept and shape is not None:
            found = extent(kept[-1].annotation.geometry, shape).bbox
            if found is not None and near((box.x, box.y, box.width, box.height), found):
                continue
        kept.append(claim)
    return replace(entry, claims=tuple(kept))
