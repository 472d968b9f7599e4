"""What a project's finished images teach, and what is proposed for the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import numpy as np

from datasetbuilder.api import Project
from datasetbuilder.errors import DataError
from datasetbuilder.geometry import array_from_geometry, array_from_strokes, mask_from_array
from datasetbuilder.model import Annotation, Image, ImageState, Kind
from datasetbuilder.refine import teaching
from datasetbuilder.refine.teaching import Classifier, Example

AREAS = (Kind.MASK, Kind.POLYGON, Kind.ELLIPSE, Kind.ROTATED_BOX)
FINISHED = (ImageState.DONE, ImageState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Prelabelled:
    """What came of proposing: objects and images, and the images that could not be looked at."""

    objects: int
    images: int
    problems: tuple[str, ...]


def examples(project: Project) -> Iterator[Example]:
    """Images with drawn objects or strokes; a finished image says what is background too."""
    for image in project.images():
        masks = [
            (item.label, array_from_geometry(item.geometry, image.shape))
            for item in project.annotations(image.id)
            if item.geometry.kind in AREAS
        ]
        finished = image.state in FINISHED
        strokes = [stroke for one in project.scribbles(image.id) for stroke in one.strokes]
        if not masks and not strokes and not finished:
            continue
        known = teaching.known_from_masks(masks, image.shape, finished=finished and bool(masks))
        drawn = array_from_strokes(strokes, image.shape)
        yield Example(project.pixels(image.id), np.where(drawn >= 0, drawn, known))


def untouched(project: Project) -> list[Image]:
    """Images in which nobody has drawn an object, nor said that there is none."""
    begun = (ImageState.NEW, ImageState.IN_PROGRESS)
    return [
        image
        for image in project.images()
        if image.state in begun and not project.annotations(image.id)
    ]


def prelabel(  # noqa: PLR0913 - one parameter per setting
    project: Project,
    classifier: Classifier,
    *,
    set_name: str,
    least_score: float,
    smallest: float,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Prelabelled:
    """Propose objects in every image that nobody has begun, each with its score.

    Raises
    ------
    DataError
        If the classifier knows a label that the project does not have.
    """
    strange = set(classifier.labels) - {label.id for label in project.labels()}
    if strange:
        raise DataError(f"The project has no label of number {min(strange)}: teach it anew.")
    source = f"classifier {classifier.version}"
    images, objects, seen, problems = untouched(project), 0, 0, list[str]()
    for place, image in enumerate(images):
        progress(place, len(images))
        if project.annotations(image.id, sets=(set_name,)):
            problems.append(f"{image.name}: set '{set_name}' already holds objects here")
            continue
        try:
            found = teaching.proposals(
                classifier, project.pixels(image.id), smallest=smallest, least_score=least_score
            )
        except DataError as error:
            problems.append(f"{image.name}: {error}")
            continue
        made = [
            Annotation(
                str(uuid4()),
                one.label,
                mask_from_array(one.mask),
                set=set_name,
                source=source,
                score=round(one.score, 4),
            )
            for one in found
        ]
        project.annotate(image.id, made)
        objects, seen = objects + len(made), seen + bool(made)
    return Prelabelled(objects, seen, tuple(problems))
