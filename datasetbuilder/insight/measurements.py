"""The table of measurements: a row for each object, over one image or a whole project."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from datasetbuilder.errors import DataError
from datasetbuilder.measure import PROPERTIES, Scale, channel_columns, length, region_properties
from datasetbuilder.model import Annotation, Image, Kind, Polyline

if TYPE_CHECKING:
    from pandas import DataFrame

ABOUT = ("image_id", "image", "annotation_id", "uid", "label_id", "label", "kind", "set")
SCALED = {
    "area_scaled": ("area", 2),
    "perimeter_scaled": ("perimeter", 1),
    "axis_major_scaled": ("axis_major_length", 1),
    "axis_minor_scaled": ("axis_minor_length", 1),
    "length_scaled": ("length", 1),
}
_MEASURED = tuple(kind for kind in Kind if kind not in (Kind.TAG, Kind.POINTS, Kind.KEYPOINTS))
_MOST_CHANNELS = 16

Row: TypeAlias = tuple[Image, tuple[Annotation, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """What measuring gave.

    Attributes
    ----------
    table : DataFrame
        A row for each box, polygon, mask, ellipse and line: what it is, the columns of
        `datasetbuilder.measure.PROPERTIES`, ``length`` of lines, intensities per channel, and the
        lengths and areas in ``unit`` where a scale is known (``per_pixel`` of it).
    problems : tuple of str
        Images whose pixels could not be read, with the reason; they have no intensities.
    """

    table: "DataFrame"
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the pixels and the scale of an image come from."""

    pixels: Callable[[Image], np.ndarray]
    scale: Callable[[Image], Scale | None]
    labels: Mapping[int, str]


def measured(
    rows: Iterable[Row], sources: Sources, *, advance: Callable[[str], None] = lambda name: None
) -> Measurements:
    """Measure every object of these images.

    Parameters
    ----------
    rows : iterable of (Image, tuple of Annotation)
    sources : Sources
    advance : callable, optional
        Called with the name of each image when it is done.
    """
    import pandas as pd

    frames: list[DataFrame] = []
    problems: list[str] = []
    for image, annotations in rows:
        chosen = [one for one in annotations if one.kind in _MEASURED]
        if chosen:
            frames.append(pd.DataFrame(_columns(image, chosen, sources, problems)))
        advance(image.name)
    return _table(frames, problems)


def joined(parts: Sequence[Measurements]) -> Measurements:
    """The measurements of several images as one, in the order that is given."""
    filled = [part.table for part in parts if len(part.table)]
    return _table(filled, [said for part in parts for said in part.problems])


def _table(frames: "Sequence[DataFrame]", problems: Sequence[str]) -> Measurements:
    import pandas as pd

    if not frames:
        return Measurements(pd.DataFrame({name: [] for name in _order([])}), tuple(problems))
    table = pd.concat(frames, ignore_index=True)
    return Measurements(table.reindex(columns=_order(table.columns)), tuple(problems))


def _order(columns: Iterable[str]) -> list[str]:
    """What is said of every table first, then the channels of the images that are in it."""
    channels = [name for name in channel_columns(_MOST_CHANNELS) if name in set(columns)]
    return [*ABOUT, *PROPERTIES, "length", *channels, "per_pixel", "unit", *SCALED]


def _columns(
    image: Image, annotations: Sequence[Annotation], sources: Sources, problems: list[str]
) -> dict[str, Any]:
    shapes = [one.geometry for one in annotations]
    pixels = _pixels(image, sources, problems)
    found: dict[str, Any] = {
        "image_id": image.id,
        "image": image.name,
        "annotation_id": [one.id for one in annotations],
        "uid": [one.uid for one in annotations],
        "label_id": [one.label for one in annotations],
        "label": [sources.labels.get(one.label, "") for one in annotations],
        "kind": [one.kind.value for one in annotations],
        "set": [one.set for one in annotations],
        **region_properties(shapes, image.shape, pixels),
        "length": [length(one.points) if isinstance(one, Polyline) else np.nan for one in shapes],
    }
    scale = sources.scale(image)
    size = np.nan if scale is None else scale.per_pixel
    found |= {"per_pixel": size, "unit": "" if scale is None else scale.unit}
    for name, (source, power) in SCALED.items():
        found[name] = np.asarray(found[source], float) * size**power
    return found


def _pixels(image: Image, sources: Sources, problems: list[str]) -> np.ndarray | None:
    try:
        pixels = sources.pixels(image)
    except DataError as error:
        problems.append(str(error))
        return None
    return pixels if pixels.ndim == 2 else pixels[..., :_MOST_CHANNELS]
