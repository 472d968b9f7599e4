"""Exports of formats that cannot say everything, against the snapshot.

What such a format keeps is read back by its own reader and compared with the snapshot, object by
object; what it was told to lose was announced before and is left out of the comparison.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from datasetbuilder.errors import FormatError, VerificationError
from datasetbuilder.exporters.claims import Claim, Entry
from datasetbuilder.exporters.compare import MAX_SHOWN
from datasetbuilder.exporters.job import ExportJob
from datasetbuilder.model import Annotation, Image

Tally: TypeAlias = dict[str, dict[str, int]]
"""``images`` and ``annotations`` that were read back, by split."""

PIXEL = 1e-3
"""How far, in pixels, a coordinate may move on its way through the decimals of a format."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a lossy format is held against the snapshot.

    Attributes
    ----------
    name : str
        The format.
    keeps : callable
        The annotations of an image that the format writes, in its order.
    differs : callable
        What is wrong with a claim as the copy of an annotation; empty if nothing.
    """

    name: str
    keeps: Callable[[Image, Sequence[Annotation]], Sequence[Annotation]]
    differs: Callable[[Annotation, Claim, Image], str]


def check_images(job: ExportJob, rule: Rule, read_image: Callable[[Image], Entry | None]) -> Tally:
    """Read back image by image and compare.

    Parameters
    ----------
    job : ExportJob
    rule : Rule
    read_image : callable
        The entry of one image, None if it is missing.

    Returns
    -------
    tally : dict
        What was read, by split.

    Raises
    ------
    VerificationError
        Listing what differs.
    """
    labels = {label.id: label.name for label in job.snapshot.labels}
    tally: Tally = {split: {"images": 0, "annotations": 0} for split in job.placement.splits}
    problems: list[str] = []
    for image, annotations in job.rows():
        try:
            entry = read_image(image)
        except FormatError as error:
            problems.append(str(error))
            break
        problems += _differences(image, rule.keeps(image, annotations), entry, rule, labels)
        if len(problems) >= MAX_SHOWN:
            break
        counted = tally[job.placement.split(image)]
        counted["images"] += 1
        counted["annotations"] += 0 if entry is None else len(entry.claims)
    refuse_problems(rule.name, problems)
    return tally


def refuse_problems(name: str, problems: Sequence[str]) -> None:
    """Fail with the problems, if there are any."""
    if problems:
        said = "\n".join(f"- {problem}" for problem in problems[:MAX_SHOWN])
        raise VerificationError(
            f"The {name} export, read back, differs from the project; nothing was kept:\n{said}"
        )


def in_turn(entries: Iterator[Entry]) -> Callable[[Image], Entry | None]:
    """Reads one entry after the other, for files that hold the images in the job's order."""

    def read_image(_image: Image) -> Entry | None:
        return next(entries, None)

    return read_image


def _differences(
    image: Image,
    kept: Sequence[Annotation],
    entry: Entry | None,
    rule: Rule,
    labels: dict[int, str],
) -> Iterator[str]:
    where = f"image {image.id} ({image.name})"
    if entry is None:
        yield f"{where} is missing"
        return
    yield from (f"{where}: {fault}" for fault in entry.faults)
    if entry.shape not in (None, image.shape):
        yield f"{where}: its size is {entry.shape} instead of {image.shape}"
    if len(entry.claims) != len(kept):
        yield f"{where}: {len(entry.claims)} annotations instead of {len(kept)}"
        return
    for annotation, claim in zip(kept, entry.claims, strict=True):
        problem = rule.differs(annotation, claim, image)
        if claim.label != labels[annotation.label]:
            problem = f"its class is {claim.label!r} instead of {labels[annotation.label]!r}"
        if problem:
            yield f"{where}: annotation {annotation.id}: {problem}"


def near(found: Sequence[float], wanted: Sequence[float], *, within: float = PIXEL) -> bool:
    """Whether numbers agree, each of them."""
    return len(found) == len(wanted) and all(
        abs(a - b) <= within for a, b in zip(found, wanted, strict=True)
    )


def tally_of(entries: Iterator[Entry]) -> dict[str, int]:
    """Images and annotations of entries, for a verification without the project."""
    counted: dict[str, Any] = {"images": 0, "annotations": 0}
    for entry in entries:
        if entry.faults:
            raise FormatError("; ".join(entry.faults[:MAX_SHOWN]))
        counted["images"] += 1
        counted["annotations"] += len(entry.claims)
    return counted
