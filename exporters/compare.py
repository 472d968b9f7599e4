"""An export against the snapshot it was made from, object by object."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from datasetbuilder.errors import FormatError, VerificationError
from datasetbuilder.exporters.coco_objects import measured
from datasetbuilder.exporters.job import ExportJob, Row
from datasetbuilder.exporters.survey import held
from datasetbuilder.model import Annotation, Image, Kind

MAX_SHOWN = 20
Reading: TypeAlias = Callable[[str], Iterator[Row]]

_IMAGE_FIELDS = ("id", "name", "width", "height", "sha256", "state")
_FIELDS = ("id", "uid", "label", "geometry", "attributes", "source", "score", "set", "level")


def check_against_snapshot(job: ExportJob, read_split: Reading, name: str) -> None:
    """Read every split back and compare it with the snapshot.

    Parameters
    ----------
    job : ExportJob
    read_split : callable
        Gives the rows of a split, by image id.
    name : str
        What to call the export in a refusal.

    Raises
    ------
    VerificationError
        Listing what differs.
    """
    readings = {split: read_split(split) for split in job.placement.splits}
    problems: list[str] = []
    try:
        for image, annotations in job.rows():
            read = next(readings[job.placement.split(image)], None)
            problems += differences(image, annotations, read, job.options.task)
            if len(problems) >= MAX_SHOWN:
                break
        else:
            problems += [
                f"split {split} has image {row[0].id} ({row[0].name}) too much"
                for split, rows in readings.items()
                for row in rows
            ]
    except FormatError as error:
        problems.append(str(error))
    if problems:
        said = "\n".join(f"- {problem}" for problem in problems[:MAX_SHOWN])
        raise VerificationError(
            f"The {name} export, read back, differs from the project; nothing was kept:\n{said}"
        )


def differences(
    image: Image, annotations: tuple[Annotation, ...], read: Row | None, task: str
) -> list[str]:
    """What was read back otherwise than it is, in plain words."""
    where = f"image {image.id} ({image.name})"
    if read is None or read[0].id != image.id:
        return [f"{where} is missing"]
    problems = [
        f"{where}: {name} is {getattr(read[0], name)!r} instead of {getattr(image, name)!r}"
        for name in _IMAGE_FIELDS
        if getattr(read[0], name) != getattr(image, name)
    ]
    expected = {item.id: item for item in held(annotations, task)}
    found = {item.id: item for item in read[1]}
    problems += [f"{where}: annotation {k} is missing" for k in expected.keys() - found.keys()]
    problems += [f"{where}: annotation {k} is too much" for k in found.keys() - expected.keys()]
    for annotation_id in expected.keys() & found.keys():
        wanted = expected[annotation_id]
        problems += _annotation_differences(wanted, found[annotation_id], image)
    if len(found) != len(read[1]):
        problems.append(f"{where}: an annotation id appears twice")
    return problems


def _annotation_differences(wanted: Annotation, found: Annotation, image: Image) -> list[str]:
    pairs = [(name, getattr(wanted, name), getattr(found, name)) for name in _FIELDS]
    pairs.append(("image_id", image.id, found.image_id))
    if wanted.kind is not Kind.TAG:
        area, bbox = measured(wanted, image)
        pairs += [
            ("crowd", wanted.crowd, found.crowd),
            ("area", area, found.area),
            ("bbox", tuple(bbox), found.bbox),
        ]
    return [
        f"image {image.id} ({image.name}): {name} of annotation {wanted.id} is {is_now!r:.120} "
        f"instead of {was!r:.120}"
        for name, was, is_now in pairs
        if was != is_now
    ]
