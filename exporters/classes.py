"""Class folders, as every image classifier reads them, with tables beside.

::

    <split>/<class>/<name>       train when the export is not split
    unlabelled/<split>/<name>    images without a class
    images.csv                   a row for each image and class, in the order of the project
    classes.csv                  label id, name, folder and the number that trainers count by
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath

from datasetbuilder.errors import FormatError, VerificationError
from datasetbuilder.exporters.checking import Rule, Tally, check_images, in_turn
from datasetbuilder.exporters.claims import Claim, Entry, SizeOf, claimed
from datasetbuilder.exporters.job import ExportJob
from datasetbuilder.exporters.options import NONE, WHOLE, ExportOptions
from datasetbuilder.exporters.placement import portable
from datasetbuilder.exporters.survey import ATTRIBUTES, SCORES, Survey
from datasetbuilder.exporters.survey import counted as n
from datasetbuilder.exporters.tables import TableWriter, required, rows_of
from datasetbuilder.model import Annotation, Image, Kind, Label, Tag

VERSION = 1
IMAGES, CLASSES, UNLABELLED = "images.csv", "classes.csv", "unlabelled"
SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif")
_UNSPLIT = "train"


def losses(found: Survey, options: ExportOptions) -> tuple[str, ...]:
    """What folders cannot say."""
    said = []
    if found.several_tags:
        said.append("several classes on an image: its folder says the first, images.csv all")
    for feature, word in ((ATTRIBUTES, "attributes"), (SCORES, "scores")):
        if count := found.features[feature]:
            said.append(f"{word} of {n(count, 'class', 'classes')} left out")
    return tuple(said)


# --- writing ----------------------------------------------------------------------------------


def write(job: ExportJob, folder: Path) -> None:
    """Write folders and tables."""
    names = {label.id: label.name for label in job.snapshot.labels}
    homes = folder_names(job.snapshot.labels)
    for split in job.placement.splits:
        for home in homes.values():
            (folder / _split(split) / home).mkdir(parents=True, exist_ok=True)
    with TableWriter(folder / IMAGES, ("file", "split", "label_id", "label")) as table:
        for image, annotations in job.rows():
            kept = keeps(image, annotations)
            path = _path(job, image, kept, homes)
            job.files.place(image, folder / path, job.options.images)
            for item in kept:
                table.add(path, job.placement.split(image), item.label, names[item.label])
            if not kept:
                table.add(path, job.placement.split(image), None, None)
    order = {home: k for k, home in enumerate(sorted(homes.values()))}
    with TableWriter(folder / CLASSES, ("label_id", "label", "folder", "number")) as table:
        for label in job.snapshot.labels:
            table.add(label.id, label.name, homes[label.id], order[homes[label.id]])


def keeps(image: Image, annotations: Sequence[Annotation]) -> list[Annotation]:
    """The whole-image classes, each of them once."""
    tags = {item.label: item for item in reversed(annotations) if item.kind is Kind.TAG}
    return [item for item in annotations if tags.get(item.label) is item]


def folder_names(labels: Sequence[Label]) -> dict[int, str]:
    """A folder for each label that every disk can hold, none of them twice."""
    used: set[str] = {UNLABELLED, ""}
    found = {}
    for label in labels:
        name = portable(label.name.replace("/", "_")).lstrip(".")
        while name.casefold() in used:
            name += f"~{label.id}"
        used.add(name.casefold())
        found[label.id] = name
    return found


def _split(split: str) -> str:
    return _UNSPLIT if split == WHOLE else split


def _path(
    job: ExportJob, image: Image, kept: Sequence[Annotation], homes: Mapping[int, str]
) -> str:
    split, name = _split(job.placement.split(image)), job.placement.file_name(image)
    if not kept:
        return f"{UNLABELLED}/{split}/{name}"
    return f"{split}/{homes[kept[0].label]}/{name}"


# --- reading back -----------------------------------------------------------------------------


def check(job: ExportJob, folder: Path) -> Tally:
    """Read the table back, and look for every file where it says."""
    read = _table_entries(folder)
    homes = {row["label"]: row["folder"] for row in rows_of(folder / CLASSES)}

    def checked(entry: Entry | None, image: Image) -> Entry | None:
        if entry is None:
            return None
        faults = []
        if entry.claims and PurePosixPath(entry.name).parts[1] != homes[entry.claims[0].label]:
            faults.append(f"{entry.name} lies in the folder of another class")
        if job.options.images != NONE and not (folder / entry.name).is_file():
            faults.append(f"{entry.name} is missing")
        if not entry.name.endswith("/" + job.placement.file_name(image)):
            faults.append(f"{entry.name} is another image")
        return Entry(entry.name, entry.claims, entry.path, faults=tuple(faults))

    take = in_turn(read)
    rule = Rule("classes", keeps, lambda _wanted, _claim, _image: "")
    tally = check_images(job, rule, lambda image: checked(take(image), image))
    if next(read, None) is not None:
        raise VerificationError(f"{IMAGES} has more images than the project")
    return tally


def tally(folder: Path, task: str, split: str) -> dict[str, int]:
    """Images and classes of one split."""
    counted = {"images": 0, "annotations": 0}
    for entry in _table_entries(folder, split):
        counted["images"] += 1
        counted["annotations"] += len(entry.claims)
    return counted


def _table_entries(folder: Path, split: str | None = None) -> Iterator[Entry]:
    rows = enumerate(rows_of(folder / IMAGES), 2)
    for file, several in groupby(rows, key=lambda item: required(item[1], "file", IMAGES)):
        listed = list(several)
        if split is not None and listed[0][1].get("split") != split:
            continue
        claims = [
            claimed(row["label"], Tag(), f"{IMAGES} line {line}")
            for line, row in listed
            if row.get("label")
        ]
        yield Entry(file, tuple(claims), f"{IMAGES} line {listed[0][0]}")


# --- reading ----------------------------------------------------------------------------------


def entries(path: Path, size_of: SizeOf) -> Iterator[Entry]:
    """The images of class folders, or of an ``images.csv`` of ours.

    Raises
    ------
    FormatError
        If no folder holds an image.
    """
    if (path / IMAGES).is_file():
        yield from _table_entries(path)
        return
    count = 0
    for file in sorted(path.rglob("*")):
        if file.suffix.lower() not in SUFFIXES or file.is_symlink():
            continue
        place = file.relative_to(path)
        if len(place.parts) < 2:
            continue
        count += 1
        yield Entry(place.as_posix(), (_folder_claim(file, place),), place.as_posix())
    if not count:
        raise FormatError(f"{path.name} has no images in folders")


def _folder_claim(file: Path, place: Path) -> Claim:
    return claimed(file.parent.name, Tag(), place.as_posix())
