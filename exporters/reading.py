"""Which readers there are, and which of them a file is for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from datasetbuilder.errors import FormatError, UnknownName
from datasetbuilder.exporters import (
    classes,
    coco_import,
    cvat,
    labelme,
    labelstudio,
    manifest,
    masks,
    panoptic_reading,
    parquet_import,
    via,
    voc,
    yolo,
    yolo_pose,
)
from datasetbuilder.exporters.claims import Entry, SizeOf, bytes_of, files_below
from datasetbuilder.exporters.jsontext import parsed_json
from datasetbuilder.exporters.tables import rows_of
from datasetbuilder.model import Image

AUTO = "auto"
_SNIFFED = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Known:
    """What readers may ask about the project.

    Attributes
    ----------
    size_of : callable
        Size of the image that a file calls so.
    images : mapping of int to Image
    labels : mapping of int to str
    """

    size_of: SizeOf
    images: Mapping[int, Image]
    labels: Mapping[int, str]


Read = Callable[[Path, Known], Iterator[Entry]]


def _coco(path: Path, known: Known) -> Iterator[Entry]:
    for file in _files(path, ".json"):
        if _is_list(file):
            yield from coco_import.read_results(file, known.images, known.labels)
        else:
            yield from coco_import.read_document(file)


def _parquet(path: Path, known: Known) -> Iterator[Entry]:
    for file in _files(path, ".parquet"):
        yield from parquet_import.read_file(file)


def _files(path: Path, suffix: str) -> list[Path]:
    if path.is_file():
        return [path]
    found = [file for file in files_below(path, suffix) if file.name != manifest.NAME]
    if not found:
        raise FormatError(f"{path.name} has no {suffix} files")
    return found


def _is_list(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def _plain(entries: Callable[[Path, SizeOf], Iterator[Entry]]) -> Read:
    return lambda path, known: entries(path, known.size_of)


def _one_by_one(entries: Callable[[Path, SizeOf], Iterator[Entry]], suffix: str) -> Read:
    def read(path: Path, known: Known) -> Iterator[Entry]:
        for file in _files(path, suffix):
            try:
                yield from entries(file, known.size_of)
            except FormatError as error:
                yield Entry("", (), file.name, faults=(str(error),))

    return read


READERS: dict[str, Read] = {
    "coco": _coco,
    "parquet": _parquet,
    "coco-keypoints": _coco,
    "coco-panoptic": lambda path, _known: panoptic_reading.entries(path),
    "yolo": _plain(yolo_pose.entries),
    "yolo-detect": _plain(partial(yolo.entries, kind="detect")),
    "yolo-segment": _plain(partial(yolo.entries, kind="segment")),
    "yolo-obb": _plain(partial(yolo.entries, kind="obb")),
    "yolo-pose": _plain(partial(yolo_pose.entries, kind="pose")),
    "voc": _plain(voc.entries),
    "labelme": _plain(labelme.entries),
    "masks": _plain(masks.entries),
    "classes": _plain(classes.entries),
    "via": _one_by_one(via.entries, ".json"),
    "cvat": _one_by_one(cvat.entries, ".xml"),
    "labelstudio": _one_by_one(labelstudio.entries, ".json"),
}


def reader_named(name: str) -> Read:
    """The reader of a format.

    Raises
    ------
    UnknownName
        If there is none.
    """
    if name not in READERS:
        known = ", ".join([AUTO, *READERS])
        raise UnknownName(f"There is no format to import called '{name}'. Known: {known}.")
    return READERS[name]


# --- guessing ---------------------------------------------------------------------------------


def guess(path: Path) -> str:
    """The format of a file or folder, judged by its content.

    Raises
    ------
    FormatError
        If it looks like none of them.
    """
    found = _of_folder(path) if path.is_dir() else _of_file(path)
    if found is None:
        known = ", ".join(READERS)
        raise FormatError(
            f"{path.name} looks like no format that can be imported. Name one (--format): {known}."
        )
    return found


def _of_file(path: Path) -> str | None:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return "parquet"
    if suffix == ".xml":
        return "cvat" if b"<annotations" in bytes_of(path)[:4096] else "voc"
    if suffix == ".json":
        return _of_json(parsed_json(bytes_of(path), path.name))
    return None


def _of_json(data: Any) -> str | None:
    if isinstance(data, list):
        first = data[0] if data and isinstance(data[0], dict) else {}
        return "labelstudio" if "data" in first else "coco"
    if not isinstance(data, dict):
        return None
    if panoptic_reading.is_panoptic(data):
        return "coco-panoptic"
    if {"images", "annotations", "categories"} & data.keys():
        return "coco"
    if "shapes" in data:
        return "labelme"
    regions = next(iter(data.values()), None)
    is_via = "_via_img_metadata" in data or (isinstance(regions, dict) and "regions" in regions)
    return "via" if is_via else None


def _of_folder(path: Path) -> str | None:
    if (path / manifest.NAME).is_file():
        listed = list(manifest.read_manifest(path).formats)
        return next((name for name in listed if name in READERS), None)
    if any(files_below(path, ".parquet")):
        return "parquet"
    if yolo.names_file(path) and yolo.label_files(path):
        return "yolo"
    for suffix in (".xml", ".json"):
        first = next(files_below(path, suffix), None)
        if first is not None:
            return _of_file(first)
    if (path / classes.IMAGES).is_file():
        return "classes" if "file" in next(iter(rows_of(path / classes.IMAGES)), {}) else None
    return _of_pictures(path)


def _of_pictures(path: Path) -> str | None:
    """Label images, where the first picture has one value a pixel and few of them."""
    if (path / masks.MASKS).is_dir() or (path / masks.OBJECTS).is_dir():
        return "masks"
    for file in sorted(path.rglob("*")):
        if file.suffix.lower() in classes.SUFFIXES and not file.is_symlink():
            in_folders = len(file.relative_to(path).parts) > 1
            return "classes" if in_folders else "masks"
    return None
