"""Properties of many objects at once, equal to scikit-image's `regionprops_table`.

Every object is measured by itself, whatever lies on top of it, on its own padded crop; all crops of
a batch stand one behind the other in one flat array, so that ten thousand small objects cost a few
array operations and not ten thousand calls.

References
----------
.. [1] K. Benkrid, D. Crookes: Design and FPGA Implementation of a Perimeter Estimator. The Queen's
       University of Belfast (the weights of the perimeter, as in scikit-image).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from datasetbuilder.geometry.centres import HALF
from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.geometry.spans import Spans
from datasetbuilder.model import Geometry

PROPERTIES = (
    *("x", "y", "width", "height", "area", "centroid_x", "centroid_y", "perimeter"),
    *("axis_major_length", "axis_minor_length", "eccentricity", "orientation"),
    *("equivalent_diameter", "extent", "euler_number"),
)
_INTENSITIES = ("mean", "min", "max", "std")
_MOST_PIXELS = 2_000_000

Columns: TypeAlias = dict[str, NDArray[np.float64]]


def channel_columns(channels: int) -> tuple[str, ...]:
    """The names of the intensity columns of an image."""
    return tuple(f"{what}_{c}" for c in range(1, channels + 1) for what in _INTENSITIES)


def region_properties(
    geometries: Sequence[Geometry],
    shape: tuple[int, int],
    pixels: NDArray[np.generic] | None = None,
) -> Columns:
    """Measure objects of one image.

    Parameters
    ----------
    geometries : sequence of Geometry
        One object each; what lies outside the image is left out.
    shape : tuple of int
        ``(height, width)`` of the image.
    pixels : ndarray of shape (H, W) or (H, W, C), optional
        For the intensities ``mean_1``, ``min_1``, ``max_1``, ``std_1`` of the first channel and so
        on; without it they are left out.

    Returns
    -------
    columns : dict of str to ndarray
        A value for each object under each name of `PROPERTIES`; NaN where an object covers no
        pixel (its area is 0). Lengths are in pixels, the centroid is a place ``(x, y)`` of the
        image, the orientation of the major axis goes from the x axis towards y, in degrees from
        0 up to 180.
    """
    names = (*PROPERTIES, *(channel_columns(_channels(pixels)) if pixels is not None else ()))
    found = {name: np.full(len(geometries), np.nan) for name in names}
    found["area"][:] = 0
    spans = [spans_from_geometry(one, shape) for one in geometries]
    for places in _batches(spans):
        batch = _Batch.of([spans[place] for place in places])
        for name, values in {**_shapes(batch), **_intensities(batch, pixels)}.items():
            found[name][places] = values
    return found


def _channels(pixels: NDArray[np.generic]) -> int:
    return 1 if pixels.ndim == 2 else pixels.shape[2]


def _batches(spans: Sequence[Spans]) -> Iterator[list[int]]:
    """The places of objects with pixels, few enough at a time for the memory."""
    batch, held = [], 0
    for place, one in enumerate(spans):
        if not len(one):
            continue
        left, top, right, bottom = one.corners
        size = (right - left + 2) * (bottom - top + 2)
        if batch and held + size > _MOST_PIXELS:
            yield batch
            batch, held = [], 0
        batch.append(place)
        held += size
    if batch:
        yield batch


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Objects that each cover a pixel at least, and every pixel of each, object by object.

    ``flat`` holds the padded crops row by row; ``at`` is where each covered pixel lies in it and
    ``stride`` the length of a row there.
    """

    boxes: NDArray[np.int64]
    owner: NDArray[np.int64]
    column: NDArray[np.int64]
    row: NDArray[np.int64]
    flat: NDArray[np.bool_]
    at: NDArray[np.int64]
    stride: NDArray[np.int64]
    first: NDArray[np.int64]

    @classmethod
    def of(cls, spans: Sequence[Spans]) -> "_Batch":
        boxes = np.array([one.corners for one in spans])
        heights = [one.bottom - one.top for one in spans]
        lengths = np.concatenate(heights)
        owner = np.repeat(np.arange(len(spans)), [int(high.sum()) for high in heights])
        column = np.repeat(np.concatenate([one.column for one in spans]), lengths)
        starts = np.cumsum(lengths) - lengths
        tops = np.concatenate([one.top for one in spans])
        row = np.arange(len(column)) - np.repeat(starts - tops, lengths)
        wide, high = boxes[:, 2] - boxes[:, 0] + 2, boxes[:, 3] - boxes[:, 1] + 2
        homes = np.cumsum(wide * high) - wide * high
        stride = wide[owner]
        inside = (row - boxes[owner, 1] + 1) * stride + column - boxes[owner, 0] + 1
        at = homes[owner] + inside
        flat = np.zeros(int((wide * high).sum()), bool)
        flat[at] = True
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        return cls(boxes, owner, column, row, flat, at, stride, first)

    @property
    def areas(self) -> NDArray[np.int64]:
        """How many pixels each object covers."""
        return np.bincount(self.owner).astype(np.int64)

    def summed(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """The sum for each object of one value a pixel."""
        return np.bincount(self.owner, values, len(self.boxes)).astype(np.float64)


def _shapes(batch: _Batch) -> Columns:
    left, top, right, bottom = batch.boxes.T.astype(float)
    area = batch.areas.astype(float)
    return {
        "x": left,
        "y": top,
        "width": right - left,
        "height": bottom - top,
        "area": area,
        **_moments(batch, area),
        "perimeter": _perimeters(batch),
        "equivalent_diameter": np.sqrt(4 * area / np.pi),
        "extent": area / ((right - left) * (bottom - top)),
        "euler_number": _euler_numbers(batch),
    }


def _moments(batch: _Batch, area: NDArray[np.float64]) -> Columns:
    """Centre and second moments; those are taken about the centre, where they lose no digits."""
    x, y = batch.summed(batch.column) / area, batch.summed(batch.row) / area
    across, down = batch.column - x[batch.owner], batch.row - y[batch.owner]
    xx, yy = batch.summed(across**2) / area, batch.summed(down**2) / area
    xy = batch.summed(across * down) / area
    middle, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    large, small = middle + spread, np.maximum(middle - spread, 0)
    with np.errstate(invalid="ignore"):
        eccentricity = np.where(large > 0, np.sqrt(1 - small / large), 0.0)
    return {
        "centroid_x": x + HALF,
        "centroid_y": y + HALF,
        "axis_major_length": 4 * np.sqrt(large),
        "axis_minor_length": 4 * np.sqrt(small),
        "eccentricity": eccentricity,
        "orientation": np.degrees(np.arctan2(2 * xy, xx - yy) / 2) % 180,
    }


def _perimeters(batch: _Batch) -> NDArray[np.float64]:
    """By the neighbours of each edge pixel that are edge pixels too."""
    flat, at, stride = batch.flat, batch.at, batch.stride
    edge = np.zeros_like(flat)
    edge[at] = ~(flat[at - 1] & flat[at + 1] & flat[at - stride] & flat[at + stride])
    straight = _count(edge, at, (-1, 1, -stride, stride))
    slanted = _count(edge, at, (-stride - 1, 1 - stride, stride - 1, stride + 1))
    code = np.where(edge[at], 1 + 2 * straight + 10 * slanted, 0)
    weights = np.zeros(50)
    weights[[5, 7, 15, 17, 25, 27]] = 1
    weights[[21, 33]] = np.sqrt(2)
    weights[[13, 23]] = (1 + np.sqrt(2)) / 2
    return batch.summed(weights[code])


def _count(
    edge: NDArray[np.bool_], at: NDArray[np.int64], steps: Sequence[int | NDArray[np.int64]]
) -> NDArray[np.int64]:
    total = np.zeros(len(at), np.int64)
    for step in steps:
        total += edge[at + step]
    return total


def _euler_numbers(batch: _Batch) -> NDArray[np.float64]:
    """Pieces minus holes, with pixels that touch at a corner joined: by squares of two by two."""
    flat, at, stride = batch.flat, batch.at, batch.stride
    corner = ~(flat[at + 1] | flat[at + stride] | flat[at + stride + 1])
    joint = flat[at - stride + 1] & ~flat[at + 1]
    return batch.summed(corner) - batch.summed(joint)


def _intensities(batch: _Batch, pixels: NDArray[np.generic] | None) -> Columns:
    if pixels is None:
        return {}
    found: Columns = {}
    area, channels = batch.areas, _channels(pixels)
    under = pixels[batch.row, batch.column].reshape(-1, channels)
    for index, values in enumerate(under.T.astype(np.float64), start=1):
        mean = batch.summed(values) / area
        off = batch.summed((values - mean[batch.owner]) ** 2)
        found[f"mean_{index}"] = mean
        found[f"min_{index}"] = np.minimum.reduceat(values, batch.first)
        found[f"max_{index}"] = np.maximum.reduceat(values, batch.first)
        found[f"std_{index}"] = np.sqrt(off / area)
    return found
