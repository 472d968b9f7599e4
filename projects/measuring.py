"""Measuring by the workers of an engine: an image with its objects is an item."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from datasetbuilder.insight.measurements import Measurements, Row, joined
from datasetbuilder.measure.scale import Scale
from datasetbuilder.model import Image
from datasetbuilder.projects.image_tasks import CHUNK
from datasetbuilder.projects.job_engine import Engine
from datasetbuilder.projects.jobs import Item
from datasetbuilder.projects.measure_task import measure, measure_item


def measured_by(  # noqa: PLR0913 - whose workers, what and how far, by name
    engine: Engine,
    rows: Iterable[Row],
    *,
    path_of: Callable[[Image], Path],
    scale_of: Callable[[Image], Scale | None],
    labels: Mapping[int, str],
    advance: Callable[[str], None],
) -> Measurements:
    """What `datasetbuilder.insight.measurements.measured` gives, in the same order.

    Parameters
    ----------
    engine : Engine
    rows : iterable of (Image, tuple of Annotation)
    path_of, scale_of : callable
        Where the original of an image is, and what people said of its scale.
    labels : mapping of int to str
    advance : callable
        Called for each image when it is done.
    """

    def items() -> Iterator[Item]:
        for image, annotations in rows:
            scale = scale_of(image)
            text = measure_item(image, annotations, path=path_of(image), scale=scale)
            yield Item(image.id, text)

    found: dict[int, Measurements] = {}
    with closing(engine.run(measure, {"labels": dict(labels)}, items(), chunk=CHUNK)) as answers:
        for answer in answers:
            for one in answer.settled:
                failed = Measurements(joined([]).table, (f"image {one.item_id}: {one.error}",))
                found[one.item_id] = failed if one.error else one.result
                advance("")
    return joined([found[number] for number in sorted(found)])
