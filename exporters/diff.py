"""What is different between two exports, or an export and the project.

Images are matched by name, annotations by their uid where both sides know it and otherwise by
label and overlap; how far a changed shape moved is told as IoU.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from datasetbuilder.errors import FormatError, UsageError
from datasetbuilder.exporters import reading
from datasetbuilder.exporters.claims import Entry
from datasetbuilder.exporters.manifest import read_manifest
from datasetbuilder.geometry import iou
from datasetbuilder.model import Annotation, Geometry, Snapshot, Tag

MATCHED = 0.5
"""The least IoU at which two shapes without a common uid are one object."""
_MOST_SHOWN = 50
_UNKNOWN = (0, 0)

Named = tuple[str, Annotation]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two things that are compared: an image's objects by its name."""

    title: str
    images: Mapping[str, tuple[Named, ...]]
    shapes: Mapping[str, tuple[int, int]]


@dataclass(slots=True)
class DiffReport:
    """What is different.

    Attributes
    ----------
    images_added, images_removed : list of str
    added, removed, changed : Counter
        Number of objects by label; a changed one counts under its later label.
    unchanged : int
    overlaps : list of float
        IoU of every object whose shape changed.
    details : list of str
        The first of the differences, in words.
    """

    images_added: list[str] = field(default_factory=list)
    images_removed: list[str] = field(default_factory=list)
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: int = 0
    overlaps: list[float] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether there is no difference."""
        counted = (self.added, self.removed, self.changed)
        return not (self.images_added or self.images_removed or any(counted))

    @property
    def mean_iou(self) -> float | None:
        """How far the changed shapes agree; None where none changed."""
        return sum(self.overlaps) / len(self.overlaps) if self.overlaps else None

    def to_json(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "same": self.same,
            "images_added": self.images_added,
            "images_removed": self.images_removed,
            "added": dict(self.added),
            "removed": dict(self.removed),
            "changed": dict(self.changed),
            "unchanged": self.unchanged,
            "mean_iou": self.mean_iou,
            "details": self.details,
        }

    def rows(self) -> list[tuple[str, int, int, int]]:
        """Label, added, removed and changed objects, one label to the row."""
        labels = sorted({*self.added, *self.removed, *self.changed})
        return [(x, self.added[x], self.removed[x], self.changed[x]) for x in labels]


def diff(before: Side, after: Side) -> DiffReport:
    """Compare two sides, the earlier one first."""
    report = DiffReport()
    report.images_removed = sorted(before.images.keys() - after.images.keys())
    report.images_added = sorted(after.images.keys() - before.images.keys())
    for name in sorted(before.images.keys() | after.images.keys()):
        shape = before.shapes.get(name) or after.shapes.get(name) or _UNKNOWN
        _compare(name, shape, before.images.get(name, ()), after.images.get(name, ()), report)
    return report


def side_of_export(
    folder: Path, size_of: Callable[[str], tuple[int, int] | None] | None = None
) -> Side:
    """An export as a side.

    Parameters
    ----------
    folder : Path
    size_of : callable, optional
        Sizes of images, for formats that do not tell them; by default those of the export's files.

    Raises
    ------
    FormatError
        If none of its formats can be read.
    UsageError
        If it is no folder.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder of an export.")
    names = [name for name in read_manifest(folder).formats if name in reading.READERS]
    if not names:
        raise FormatError(f"{folder.name} holds no format that can be read again.")
    home = folder / names[0] if (folder / names[0]).is_dir() else folder
    sizes = size_of or _Sizes(folder)
    known = reading.Known(sizes, {}, {})
    images: dict[str, tuple[Named, ...]] = {}
    shapes: dict[str, tuple[int, int]] = {}
    for entry in reading.READERS[names[0]](home, known):
        if entry.faults:
            raise FormatError(f"{folder.name}: {entry.faults[0]}")
        name = _plain(entry, names[0])
        images[name] = tuple((claim.label, claim.annotation) for claim in entry.claims)
        if shape := entry.shape or sizes(entry.name):
            shapes[name] = shape
    return Side(folder.name, images, shapes)


def side_of_snapshot(snapshot: Snapshot) -> Side:
    """A project as a side."""
    labels = {label.id: label.name for label in snapshot.labels}
    images, shapes = {}, {}
    for image, annotations in snapshot.rows():
        name = image.name
        images[name] = tuple((labels[item.label], item) for item in annotations)
        shapes[name] = image.shape
    return Side(snapshot.project, images, shapes)


def bare_names(side: Side) -> Side:
    """The side with names without endings."""
    return Side(
        side.title,
        {_bare(name): objects for name, objects in side.images.items()},
        {_bare(name): shape for name, shape in side.shapes.items()},
    )


def is_bare(side: Side) -> bool:
    """Whether the names of a side have no endings."""
    return bool(side.images) and not any(PurePosixPath(name).suffix for name in side.images)


def compare(before: Side, after: Side) -> DiffReport:
    """Compare two sides, whichever way they call their images."""
    if is_bare(before) != is_bare(after):
        before, after = bare_names(before), bare_names(after)
    return diff(before, after)


def _bare(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def _plain(entry: Entry, format: str) -> str:
    """The image's name without the folders that the format puts in front."""
    parts = PurePosixPath(entry.name).parts
    skipped = {"yolo-detect": 1, "yolo-segment": 1, "yolo-obb": 1, "yolo-pose": 1}
    skipped |= {"masks": 1, "labelme": 1, "classes": 2}
    return PurePosixPath(*parts[skipped.get(format, 0) :]).as_posix()


class _Sizes:
    """Sizes of the images that lie in an export, read when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, Path] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp"):
                for k in range(len(path.relative_to(folder).parts)):
                    tail = PurePosixPath(*path.relative_to(folder).parts[k:])
                    self._files.setdefault(tail.with_suffix("").as_posix(), path)
                    self._files.setdefault(tail.as_posix(), path)

    def __call__(self, name: str) -> tuple[int, int] | None:
        from PIL import Image as Pillow

        path = self._files.get(name)
        if path is None:
            return None
        with Pillow.open(path) as picture:
            return picture.height, picture.width


# --- one image --------------------------------------------------------------------------------


def _compare(
    name: str,
    shape: tuple[int, int],
    before: Sequence[Named],
    after: Sequence[Named],
    report: DiffReport,
) -> None:
    pairs, gone, new = _matched(before, after, shape)
    for old, now in pairs:
        _note_change(name, shape, old, now, report)
    for label, _ in gone:
        report.removed[label] += 1
        _say(report, f"{name}: a {label} is gone")
    for label, _ in new:
        report.added[label] += 1
        _say(report, f"{name}: a {label} is new")


def _note_change(
    name: str, shape: tuple[int, int], old: Named, now: Named, report: DiffReport
) -> None:
    said = []
    if old[0] != now[0]:
        said.append(f"was a {old[0]}")
    if old[1].geometry != now[1].geometry:
        overlap = _overlap(old[1].geometry, now[1].geometry, shape)
        report.overlaps.append(overlap)
        said.append(f"has another shape (IoU {overlap:.3f})")
    for key in ("attributes", "score", "crowd"):
        if getattr(old[1], key) != getattr(now[1], key):
            said.append(f"has other {key}" if key == "attributes" else f"has another {key}")
    if not said:
        report.unchanged += 1
        return
    report.changed[now[0]] += 1
    _say(report, f"{name}: a {now[0]} {' and '.join(said)}")


def _say(report: DiffReport, words: str) -> None:
    if len(report.details) < _MOST_SHOWN:
        report.details.append(words)


def _matched(
    before: Sequence[Named], after: Sequence[Named], shape: tuple[int, int]
) -> tuple[list[tuple[Named, Named]], list[Named], list[Named]]:
    by_uid = {named[1].uid: named for named in after if named[1].uid}
    pairs, left = [], []
    for old in before:
        now = by_uid.pop(old[1].uid, None) if old[1].uid else None
        if now is None:
            left.append(old)
        else:
            pairs.append((old, now))
    used = {id(now) for _, now in pairs}
    right = [now for now in after if id(now) not in used]
    more, left, right = _by_overlap(left, right, shape)
    return pairs + more, left, right


def _by_overlap(
    left: list[Named], right: list[Named], shape: tuple[int, int]
) -> tuple[list[tuple[Named, Named]], list[Named], list[Named]]:
    """The best pairs first: same label before another one, then the greatest overlap."""
    found = sorted(_candidates(left, right, shape), reverse=True)
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    pairs = []
    for _, _, i, j in found:
        if -i in taken_left or -j in taken_right:
            continue
        taken_left.add(-i)
        taken_right.add(-j)
        pairs.append((left[-i], right[-j]))
    return (
        pairs,
        [x for k, x in enumerate(left) if k not in taken_left],
        [x for k, x in enumerate(right) if k not in taken_right],
    )


def _candidates(
    left: Sequence[Named], right: Sequence[Named], shape: tuple[int, int]
) -> Iterator[tuple[bool, float, int, int]]:
    boxes = defaultdict(list)
    for j, now in enumerate(right):
        boxes[now[1].kind == "tag"].append(j)
    for i, old in enumerate(left):
        for j in boxes[old[1].kind == "tag"]:
            now = right[j]
            if isinstance(old[1].geometry, Tag):
                if old[0] == now[0]:
                    yield True, 1.0, -i, -j
                continue
            overlap = _overlap(old[1].geometry, now[1].geometry, shape)
            if overlap >= MATCHED:
                yield old[0] == now[0], overlap, -i, -j


def _overlap(one: Geometry, other: Geometry, shape: tuple[int, int]) -> float:
    if one == other:
        return 1.0
    if isinstance(one, Tag) or isinstance(other, Tag) or shape == _UNKNOWN:
        return 0.0
    return iou(one, other, shape)
