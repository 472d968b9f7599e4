"""YOLO: one text file to the image, as the Ultralytics trainers read it.

::

    data.yaml                          where the images lie and what the classes are called
    images/<split>/<name>              train when the export is not split
    labels/<split>/<name without ending>.txt    empty where there is no object

References
----------
.. [1] https://docs.ultralytics.com/datasets/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters import yolo_names, yolo_rows
from datasetbuilder.exporters.checking import Rule, Tally, check_images, tally_of
from datasetbuilder.exporters.claims import Claim, Entry, SizeOf, claimed, files_below, text_of
from datasetbuilder.exporters.job import ExportJob
from datasetbuilder.exporters.options import WHOLE, ExportOptions
from datasetbuilder.exporters.survey import (
    ATTRIBUTES,
    CROWDS,
    LEVELS,
    SCORES,
    Survey,
    lines_left_out,
)
from datasetbuilder.exporters.survey import counted as n
from datasetbuilder.exporters.yolo_kinds import KINDS
from datasetbuilder.model import Annotation, Image, Kind, Skeleton

VERSION = 1
LABELS, IMAGES = "labels", "images"
_UNSPLIT = "train"
_LISTS = ("classes.txt", "obj.names", "train.txt", "val.txt", "test.txt")
_UNKNOWN_SIZE = (1_000_000, 1_000_000)


def split_folder(split: str) -> str:
    """The folder of a split under images and labels."""
    return _UNSPLIT if split == WHOLE else split


def common_losses(found: Survey) -> list[str]:
    """What no text file of a number to the column says."""
    features, kinds = found.features, found.kinds
    said = [*lines_left_out(found)]
    if count := kinds[Kind.TAG]:
        said.append(f"{n(count, 'whole-image class', 'whole-image classes')} left out")
    if count := features[CROWDS]:
        said.append(f"{n(count, 'crowd', 'crowds')} left out")
    if count := features[ATTRIBUTES]:
        said.append(f"attributes of {n(count, 'object', 'objects')} left out")
    if count := features[SCORES]:
        said.append(f"scores of {n(count, 'object', 'objects')} left out")
    if count := features[LEVELS]:
        said.append(f"levels of {n(count, 'object', 'objects')} left out")
    return said


# --- writing ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Yolo:
    """One of the YOLO formats.

    Attributes
    ----------
    kind : str
        ``detect``, ``segment``, ``obb`` or ``pose``.
    """

    kind: str

    def losses(self, found: Survey, options: ExportOptions) -> tuple[str, ...]:
        """What the label files leave out."""
        return (*common_losses(found), *KINDS[self.kind].losses(found))

    def keeps(self, image: Image, annotations: Sequence[Annotation]) -> list[Annotation]:
        """The annotations that get a line, in their order."""
        kinds = KINDS[self.kind].kinds
        return [item for item in annotations if item.kind in kinds and not item.crowd]

    def write(self, job: ExportJob, folder: Path) -> None:
        """Write label files, images and ``data.yaml``."""
        labels = job.snapshot.labels
        numbers = {label.id: k for k, label in enumerate(labels)}
        for split in job.placement.splits:
            for home in (IMAGES, LABELS):
                (folder / home / split_folder(split)).mkdir(parents=True, exist_ok=True)
        for image, annotations in job.rows():
            kept = self.keeps(image, annotations)
            pairs = zip(self.numbered(kept), self.lines(image, kept, job), strict=True)
            rows = [f"{numbers[item.label]} {text}\n" for item, text in pairs]
            path = folder / label_path(job, image)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(rows), encoding="utf-8", newline="\n")
            job.files.place(image, folder / image_path(job, image), job.options.images)
        names = [label.name for label in labels]
        text = yolo_names.data_text(names, _folders(job), self.more(job))
        (folder / yolo_names.DATA).write_text(text, encoding="utf-8", newline="\n")

    def lines(self, image: Image, kept: Sequence[Annotation], job: ExportJob) -> Iterator[str]:
        """The numbers of each line, without its class."""
        return (KINDS[self.kind].text(item, image) for item in kept)

    def numbered(self, kept: Sequence[Annotation]) -> Sequence[Annotation]:
        """The annotations that give the lines their class."""
        return kept

    def more(self, job: ExportJob) -> list[str]:
        """Further lines of ``data.yaml``."""
        return []

    # --- reading back -------------------------------------------------------------------------

    def check(self, job: ExportJob, folder: Path) -> Tally:
        """Read every label file back and compare it with the snapshot."""
        classes = _classes(folder / yolo_names.DATA, self.kind)

        def read_image(image: Image) -> Entry | None:
            path = folder / label_path(job, image)
            return read_file(path, image.name, image.shape, classes)

        return check_images(job, Rule(f"yolo-{self.kind}", self.keeps, self.differs), read_image)

    def differs(self, wanted: Annotation, claim: Claim, image: Image) -> str:
        """What is wrong with a line that was read back."""
        return KINDS[self.kind].differs(wanted, claim.annotation.geometry, image)

    def tally(self, folder: Path, task: str, split: str) -> dict[str, int]:
        """Images and objects of one split, for a verification without the project."""
        classes = _classes(folder / yolo_names.DATA, self.kind)
        home = folder / LABELS / split_folder(split)
        return tally_of(
            read_file(path, path.stem, _UNKNOWN_SIZE, classes) for path in files_below(home, ".txt")
        )


def label_path(job: ExportJob, image: Image) -> str:
    """Where the image's lines stand."""
    name = PurePosixPath(job.placement.file_name(image)).with_suffix(".txt")
    return f"{LABELS}/{split_folder(job.placement.split(image))}/{name}"


def image_path(job: ExportJob, image: Image) -> str:
    """Where the image lies."""
    split = split_folder(job.placement.split(image))
    return f"{IMAGES}/{split}/{job.placement.file_name(image)}"


def _folders(job: ExportJob) -> dict[str, str]:
    """The fields of ``data.yaml``; trainers insist on train and val."""
    splits = [split_folder(split) for split in job.placement.splits]
    found = {name: f"{IMAGES}/{name}" for name in splits}
    train = found.get("train", f"{IMAGES}/{splits[0]}")
    instead = found.get("validation", found.get("test", train))
    return {"train": train, "val": found.get("val", instead)} | found


# --- reading ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Classes:
    """What the lines of a dataset mean: its kind, classes and keypoints."""

    kind: str
    names: Mapping[int, str]
    points: yolo_names.PointShape


def _classes(path: Path, kind: str) -> Classes:
    return Classes(kind, yolo_names.read_names(path), yolo_names.read_points(path))


def read_file(path: Path, name: str, shape: tuple[int, int], classes: Classes) -> Entry:
    """The lines of one label file; what is wrong with them becomes faults of the entry.

    A line of a pose is two claims: its keypoints, and the box around them.
    """
    claims, faults = [], []
    try:
        text = text_of(path)
    except FormatError as error:
        return Entry(name, (), path.name, faults=(str(error),))
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path.name} line {number}"
        if not line.strip():
            continue
        try:
            row = yolo_rows.row_from_text(line, shape, classes.kind, where, classes.points)
            if row.number not in classes.names:
                raise FormatError(f"{where} column 1: there is no class {row.number}")
            label = classes.names[row.number]
            claims += [
                claimed(label, geometry, where, score=row.score)
                for geometry in dict.fromkeys((row.geometry, row.box))
                if geometry is not None
            ]
        except FormatError as error:
            faults.append(str(error))
    return Entry(name, tuple(claims), path.name, faults=tuple(faults))


def names_file(path: Path) -> Path | None:
    """The file that names the classes of a dataset: in its folder or one above."""
    for folder in (path, *list(path.parents)[:2]):
        for name in (yolo_names.DATA, "data.yml", "dataset.yaml", "classes.txt", "obj.names"):
            if (folder / name).is_file():
                return folder / name
        listed = sorted(folder.glob("*.yaml"))
        if len(listed) == 1 and "names" in text_of(listed[0]):
            return listed[0]
    return None


def label_files(path: Path) -> list[tuple[str, Path]]:
    """The label files of a dataset, each with the name of its image without its ending."""
    homes = [path] if path.name == LABELS else sorted(path.rglob(LABELS)) or [path]
    found: list[tuple[str, Path]] = []
    for home in homes:
        for file in files_below(home, ".txt"):
            if file.name not in _LISTS:
                found.append((file.relative_to(home).with_suffix("").as_posix(), file))
    return found


def kind_of(path: Path) -> str:
    """Which of the YOLO formats a dataset is, judged by its first thousand lines."""
    listed = names_file(path)
    if listed is not None and yolo_names.read_points(listed).count:
        return yolo_rows.POSE
    lengths = {len(line.split()) for line in _first_lines(path)}
    if lengths <= {5, 6}:
        return yolo_rows.DETECT
    return yolo_rows.OBB if lengths <= {9, 10} else yolo_rows.SEGMENT


def _first_lines(path: Path) -> Iterator[str]:
    count = 0
    for _, file in label_files(path):
        for line in text_of(file).splitlines():
            if line.strip():
                yield line
                count += 1
        if count > 1000:
            return


def entries(path: Path, size_of: SizeOf, *, kind: str = "") -> Iterator[Entry]:
    """Every label file of a dataset.

    Raises
    ------
    FormatError
        If nothing names the classes, or there is no label file.
    """
    listed = names_file(path)
    if listed is None:
        raise FormatError(f"{path.name} has no data.yaml or classes.txt that names its classes")
    classes, files = _classes(listed, kind or kind_of(path)), label_files(path)
    if not files:
        raise FormatError(f"{path.name} has no label files (labels/*.txt)")
    skeletons = _skeletons(classes)
    for name, file in files:
        shape = size_of(name)
        if shape is None:
            yield Entry(name, (), file.name)
        else:
            yield replace(read_file(file, name, shape, classes), skeletons=skeletons)


def _skeletons(classes: Classes) -> dict[str, Skeleton]:
    """What the classes call their keypoints; nothing says which of them are joined."""
    return {
        classes.names[number]: Skeleton(names)
        for number, names in classes.points.names.items()
        if number in classes.names
    }


def for_format(written: Yolo) -> dict[str, Any]:
    """The parts of one YOLO format as the registry wants them."""
    return {
        "version": VERSION,
        "write": written.write,
        "check": written.check,
        "tally": written.tally,
        "losses": written.losses,
    }
