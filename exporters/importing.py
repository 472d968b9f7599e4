"""From entries of a file to annotations of a project: matched, checked, all problems listed.

A file with a problem is refused whole. Images are matched by their path, by their base name where
that is unique, or by their hash; what matches no image is told and left out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from uuid import NAMESPACE_URL, uuid5

from datasetbuilder.errors import GeometryError, UsageError, WireError
from datasetbuilder.exporters import reading
from datasetbuilder.exporters.claims import Claim, Entry
from datasetbuilder.geometry import checked
from datasetbuilder.geometry.masks import mask_from_spans
from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.model import (
    TRUTH,
    Annotation,
    Geometry,
    Image,
    Keypoints,
    Label,
    Polygon,
    Skeleton,
)
from datasetbuilder.wire import annotation_fields_from_wire, geometry_to_wire

ANNOTATIONS, PRELABELS = "annotations", "prelabels"
_LONGEST_UID = 64
WAYS = (ANNOTATIONS, PRELABELS)
CREATE, REFUSE = "create", "refuse"


class Gallery:
    """The images of a project, found by what files call them."""

    def __init__(self, images: Iterable[Image]) -> None:
        self.images = {image.id: image for image in images}
        self._by_name = {image.name: image.id for image in self.images.values()}
        self._by_stem = _unique((_stem(i.name), i.id) for i in self.images.values())
        self._by_base = _unique((PurePosixPath(i.name).name, i.id) for i in self.images.values())
        self._by_base_stem = _unique(
            (PurePosixPath(i.name).stem, i.id) for i in self.images.values()
        )
        self._by_hash = _unique((i.sha256, i.id) for i in self.images.values() if i.sha256)

    def find(self, name: str, sha256: str = "") -> Image | None:
        """The image that is meant, None if none or more than one could be."""
        path = PurePosixPath(name)
        found = self._by_name.get(name)
        if found is None and sha256:
            found = self._by_hash.get(sha256)
        tails = [PurePosixPath(*path.parts[k:]).as_posix() for k in range(1, len(path.parts))]
        for tail in tails:
            found = found if found is not None else self._by_name.get(tail)
        if found is None:
            found = self._by_stem.get(name)
        for tail in tails:
            found = found if found is not None else self._by_stem.get(tail)
        if found is None:
            found = self._by_base.get(path.name)
        if found is None:
            found = self._by_base_stem.get(path.name)
        return None if found is None else self.images[found]

    def size_of(self, name: str) -> tuple[int, int] | None:
        """The size of the image that is meant."""
        image = self.find(name)
        return None if image is None else image.shape


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix() if name else ""


def _unique(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    listed = list(pairs)
    counted = Counter(key for key, _ in listed)
    return {key: value for key, value in listed if counted[key] == 1}


@dataclass(slots=True)
class ImportPlan:
    """What an import would bring in, told before anything is stored.

    Attributes
    ----------
    format : str
        The format that was named or guessed.
    annotations : list of tuple
        Name of the label and the annotation, matched to its image.
    problems : list of str
        Each naming file and field; their files are refused whole.
    refused : set of str
        Files with problems.
    unmatched : list of str
        Names of images that the project does not have.
    new_labels : list of str
        Labels that the project lacks.
    notes : list of str
        What was changed on its way in.
    images : set of int
        Images that are spoken of.
    skeletons : dict of str to Skeleton
        What the files say of the keypoints of their labels.
    """

    format: str
    annotations: list[tuple[str, Annotation]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    unmatched: list[str] = field(default_factory=list)
    new_labels: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    images: set[int] = field(default_factory=set)
    skeletons: dict[str, Skeleton] = field(default_factory=dict)


def plan_import(  # noqa: PLR0913 - the options of one import, all by name
    path: Path,
    images: Iterable[Image],
    labels: Sequence[Label],
    *,
    format: str = reading.AUTO,
    way: str = ANNOTATIONS,
    set_name: str | None = None,
    new_labels: str = CREATE,
) -> ImportPlan:
    """Read a file or folder and match it to a project.

    Parameters
    ----------
    path : Path
    images : iterable of Image
        All images of the project.
    labels : sequence of Label
        The labels in use.
    format : str, optional
        A reader's name, or ``auto`` to guess.
    way : str, optional
        ``annotations`` for the truth, ``prelabels`` for a set of their own.
    set_name : str, optional
        The set; by default ``truth``, or ``prelabel`` for prelabels.
    new_labels : str, optional
        ``create`` or ``refuse`` labels that the project lacks.

    Raises
    ------
    UsageError
        If the path does not exist or an option makes no sense.
    FormatError
        If the format cannot be guessed or nothing in the path is of it.
    """
    _check_options(path, way, new_labels)
    name = reading.guess(path) if format == reading.AUTO else format
    read, gallery = reading.reader_named(name), Gallery(images)
    known = reading.Known(
        gallery.size_of, gallery.images, {label.id: label.name for label in labels}
    )
    found = ImportPlan(name)
    matched = _matched(read(path, known), gallery, found)
    target = set_name or (TRUTH if way == ANNOTATIONS else "prelabel")
    _settle(found, matched, target, f"import:{name}" if way == ANNOTATIONS else "model")
    _settle_labels(found, {label.name for label in labels}, new_labels)
    _settle_skeletons(found, labels)
    return found


def _check_options(path: Path, way: str, new_labels: str) -> None:
    if not path.exists():
        raise UsageError(f"{path} does not exist.")
    if way not in WAYS:
        raise UsageError(f"Import as {' or '.join(WAYS)}, not as '{way}'.")
    if new_labels not in (CREATE, REFUSE):
        raise UsageError(f"Labels that are missing can be '{CREATE}' or '{REFUSE}'.")


Matched = list[tuple[Entry, Image]]


def _matched(entries: Iterator[Entry], gallery: Gallery, found: ImportPlan) -> Matched:
    matched: Matched = []
    for entry in entries:
        found.skeletons |= entry.skeletons
        if entry.faults:
            found.problems += entry.faults
            found.refused.add(entry.path)
            continue
        image = gallery.find(entry.name, entry.sha256)
        if image is None:
            found.unmatched.append(entry.name)
        elif entry.shape is not None and entry.shape != image.shape:
            found.problems.append(
                f"{entry.path}: {entry.name} is {entry.shape[1]} × {entry.shape[0]} pixels there, "
                f"but {image.width} × {image.height} in the project"
            )
            found.refused.add(entry.path)
        else:
            matched.append((entry, image))
            found.images.add(image.id)
    return matched


def _settle(found: ImportPlan, matched: Matched, set_name: str, source: str) -> None:
    """Check every claim on its image; then keep those of the files without a problem."""
    changes: Counter[str] = Counter()
    settled: list[tuple[str, str, Annotation]] = []
    for entry, image in matched:
        for place, claim in enumerate(entry.claims):
            try:
                geometry = _fitting(claim.annotation.geometry, image, changes)
                annotation_fields_from_wire(
                    {"attributes": dict(claim.annotation.attributes)}, claim.path
                )
            except (GeometryError, WireError) as error:
                said = str(error)
                found.problems.append(said if claim.path in said else f"{claim.path}: {said}")
                found.refused.add(entry.path)
                continue
            own = 0 < len(claim.annotation.uid) <= _LONGEST_UID
            annotation = replace(
                claim.annotation,
                id=0,
                image_id=image.id,
                geometry=geometry,
                set=set_name,
                source=claim.annotation.source if own else source,
            )
            uid = claim.annotation.uid if own else _uid(claim, annotation, place)
            settled.append((entry.path, claim.label, replace(annotation, uid=uid)))
    found.annotations = [
        (label, annotation) for path, label, annotation in settled if path not in found.refused
    ]
    found.notes += [f"{count} {what}" for what, count in changes.items()]


def _fitting(geometry: Geometry, image: Image, changes: Counter[str]) -> Geometry:
    """The geometry as it may be stored on the image."""
    try:
        kept = checked(geometry, image.shape)
    except GeometryError as error:
        said = str(error)
        if not isinstance(geometry, Polygon) or not ("itself" in said or "hole" in said):
            raise
        changes["outlines cross themselves and become masks, pixel for pixel"] += 1
        return mask_from_spans(spans_from_geometry(geometry, image.shape))
    if kept != geometry:
        changes["shapes were cut off at the edge of their image"] += 1
    return kept


def _uid(claim: Claim, annotation: Annotation, place: int) -> str:
    """The same object of the same file gets the same uid, so that it comes in once."""
    shape = geometry_to_wire(annotation.geometry)
    words = (annotation.image_id, annotation.set, claim.label, annotation.kind, shape, place)
    return str(uuid5(NAMESPACE_URL, repr(words)))


def _settle_labels(found: ImportPlan, known: set[str], choice: str) -> None:
    wanted = dict.fromkeys(label for label, _ in found.annotations)
    found.new_labels = [label for label in wanted if label not in known]
    if found.new_labels and choice == REFUSE:
        missing = ", ".join(f"'{label}'" for label in found.new_labels)
        found.problems.append(f"The project has no label {missing}; nothing is created (refuse).")
        found.annotations = []


def _settle_skeletons(found: ImportPlan, labels: Sequence[Label]) -> None:
    """Keypoints that a label of the project cannot name refuse their import."""
    used = {label for label, item in found.annotations if isinstance(item.geometry, Keypoints)}
    for label in labels:
        said = found.skeletons.get(label.name)
        if said is None or label.name not in used or label.skeleton == said:
            continue
        if label.skeleton is None:
            found.notes.append(
                f"'{label.name}' has no skeleton in the project and gets none by an import; the "
                f"file's has {len(said.names)} keypoints"
            )
        elif len(label.skeleton.names) != len(said.names):
            found.problems.append(
                f"The skeleton of '{label.name}' has {len(label.skeleton.names)} keypoints in the "
                f"project, but {len(said.names)} in the file; nothing is brought in."
            )
            found.annotations = []
        else:
            found.notes.append(f"'{label.name}' keeps the skeleton of the project")
