"""COCO's run-length code, and the only place that calls pycocotools.

pycocotools 2.0.11 crashes the process on NaN and on runs that overflow, and accepts runs that do
not add up to the image. Every number is therefore checked here before it is handed over, and texts
are decoded here, never there.

References
----------
.. [1] COCO API, ``common/maskApi.c`` (``rleToString``, ``rleFrString``, ``rleFrPoly``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry.spans import Integers, Spans, spans_from_counts, union
from datasetbuilder.model import Bbox

MAX_SIDE = 1_000_000
MAX_PIXELS = 2**31 - 1
MAX_COORDINATE = 1e7
MAX_OUTLINE = 4_000_000
"""Pixels of outline that one polygon may have; its points are held in memory five to the pixel."""

_FIRST_CHARACTER = 48
_MAX_CHARACTERS = 7


def checked_shape(shape: Sequence[Any], what: str = "the image") -> tuple[int, int]:
    """``(height, width)`` as plain integers that pycocotools can hold.

    Raises
    ------
    GeometryError
        If there are not two whole numbers ≥ 1 or the product passes 2³¹ − 1.
    """
    if isinstance(shape, str) or not isinstance(shape, Sequence) or len(shape) != 2:
        raise GeometryError(f"the size of {what} must be [height, width], got {shape!r:.80}")
    for side in shape:
        if isinstance(side, bool) or not isinstance(side, int | np.integer):
            raise GeometryError(f"the size of {what} must be whole numbers, got {side!r:.80}")
        if not 1 <= side <= MAX_SIDE:
            raise GeometryError(f"the size of {what} must be 1 to {MAX_SIDE} pixels, got {side}")
    height, width = int(shape[0]), int(shape[1])
    if height * width > MAX_PIXELS:
        raise GeometryError(f"{what} has {height * width} pixels, more than {MAX_PIXELS}")
    return height, width


def text_from_counts(counts: Integers, shape: tuple[int, int]) -> str:
    """COCO's compressed text of run lengths that add up to the shape."""
    height, width = shape
    counts = checked_counts(counts, shape)
    return _filled({"size": [height, width], "counts": counts}, shape)["counts"].decode("ascii")


def counts_from_text(text: str | bytes, shape: tuple[int, int]) -> Integers:
    """The run lengths of COCO's compressed text.

    Raises
    ------
    GeometryError
        If the text is not of that code or its runs do not add up to the shape.
    """
    try:
        code = text.encode("ascii") if isinstance(text, str) else bytes(text)
    except UnicodeEncodeError:
        raise GeometryError("the run lengths hold a character outside COCO's code") from None
    values = np.frombuffer(code, np.uint8).astype(np.int64) - _FIRST_CHARACTER
    if len(values) == 0:
        raise GeometryError("the run lengths are empty")
    if values.min() < 0 or values.max() > 0x3F:
        raise GeometryError("the run lengths hold a character outside COCO's code")
    counts = _numbers(values)
    counts[1::2] = np.cumsum(counts[1::2])
    counts[2::2] = np.cumsum(counts[2::2])
    return checked_counts(counts, shape)


def _numbers(values: Integers) -> Integers:
    """Five bits to the character, low ones first; 32 says more follow, 16 of the last a minus."""
    last = np.flatnonzero(values < 0x20)
    if len(last) == 0 or last[-1] != len(values) - 1:
        raise GeometryError("the run lengths break off in the middle of a number")
    first = np.r_[0, last[:-1] + 1]
    length = last - first + 1
    if length.max() > _MAX_CHARACTERS:
        raise GeometryError("the run lengths hold a number that is too large")
    place = np.arange(len(values)) - np.repeat(first, length)
    numbers = np.add.reduceat((values & 0x1F) << (5 * place), first)
    negative = (values[last] & 0x10) != 0
    return np.where(negative, numbers - (np.int64(1) << (5 * length)), numbers)


def counts_from_list(counts: Sequence[Any], shape: tuple[int, int]) -> Integers:
    """The run lengths of COCO's uncompressed list.

    Raises
    ------
    GeometryError
        If one is not a whole number ≥ 0 or they do not add up to the shape.
    """
    if any(isinstance(n, bool) or not isinstance(n, int | np.integer) for n in counts):
        raise GeometryError("the run lengths must be whole numbers")
    if any(not 0 <= n <= MAX_PIXELS for n in counts):
        raise GeometryError(f"the run lengths must be between 0 and {MAX_PIXELS}")
    return checked_counts(np.array(counts, np.int64), shape)


def checked_counts(counts: Integers, shape: tuple[int, int]) -> Integers:
    """The very counts, after making sure that they fill an image of this shape exactly."""
    height, width = shape
    if len(counts) and (counts.min() < 0 or counts.max() > MAX_PIXELS):
        raise GeometryError("the run lengths must not be negative or overflow")
    if (total := int(counts.sum())) != height * width:
        raise GeometryError(
            f"the run lengths add up to {total} pixels, not to {width} × {height} = "
            f"{height * width}"
        )
    return counts


def counts_from_rle(rle: Mapping[str, Any]) -> tuple[Integers, tuple[int, int]]:
    """The run lengths and ``(height, width)`` of a COCO RLE object, compressed or not."""
    if not isinstance(rle, Mapping) or not {"size", "counts"} <= rle.keys():
        raise GeometryError('an RLE must be an object with "size" and "counts"')
    shape = checked_shape(rle["size"], "the RLE")
    counts = rle["counts"]
    if isinstance(counts, str | bytes):
        return counts_from_text(counts, shape), shape
    if isinstance(counts, Sequence):
        return counts_from_list(counts, shape), shape
    raise GeometryError(f"the run lengths must be text or a list, got {type(counts).__name__}")


def spans_from_rings(rings: Sequence[NDArray[np.floating[Any]]], shape: tuple[int, int]) -> Spans:
    """The pixels that COCO fills inside each ring (even-odd), all rings united.

    Parameters
    ----------
    rings : sequence of ndarray of shape (N, 2)
        Closed by themselves, ``(x, y)`` in image pixels.
    shape : tuple of int
        ``(height, width)`` of the image.
    """
    counts = [counts_from_text(rle["counts"], shape) for rle in _filled_rings(rings, shape)]
    return union(spans_from_counts(each, shape[0]) for each in counts)


def measure_rings(
    rings: Sequence[NDArray[np.floating[Any]]], shape: tuple[int, int]
) -> tuple[int, Bbox | None]:
    """Area and bounding box of what `spans_from_rings` gives, without decoding its runs.

    The box is ``(x, y, width, height)``, None where no pixel is covered.
    """
    found = _filled_rings(rings, shape)
    if not found:
        return 0, None
    whole = coco.merge(found)
    area = int(coco.area(whole))
    x, y, width, height = coco.toBbox(whole).tolist()
    return area, (x, y, width, height) if area else None


def _filled_rings(rings: Sequence[NDArray[np.floating[Any]]], shape: tuple[int, int]) -> list[Any]:
    for ring in rings:
        _check_ring(ring)
    if sum(_outline(ring) for ring in rings) > MAX_OUTLINE:
        raise GeometryError(f"the outline is longer than {MAX_OUTLINE} pixels")
    return _filled([ring.ravel() for ring in rings], shape) if rings else []


def _filled(checked: Any, shape: tuple[int, int]) -> Any:
    return coco.frPyObjects(checked, *shape)


def points_from_ring(ring: Sequence[Sequence[float]]) -> NDArray[np.floating[Any]]:
    """The ring's points as an array of shape (N, 2), none of them absurd."""
    try:
        points = np.array(ring, float)
    except (TypeError, ValueError):
        points = np.empty(0)
    _check_points(points)
    return points


def _check_points(points: NDArray[np.floating[Any]]) -> None:
    if points.ndim != 2 or points.shape[1] != 2:
        raise GeometryError("a line must be a list of (x, y) points")
    sane = np.abs(points) <= MAX_COORDINATE
    if not sane.all():
        x, y = points[~sane.all(1)][0]
        raise GeometryError(f"the point ({x}, {y}) is not finite and below ten million")


def _check_ring(ring: NDArray[np.floating[Any]]) -> None:
    _check_points(ring)
    if len(ring) < 3:
        raise GeometryError(f"a ring needs at least 3 points, got {len(ring)}")


def _outline(ring: NDArray[np.floating[Any]]) -> float:
    """How many pixels COCO's rasteriser walks along the ring."""
    return float(np.abs(ring - np.roll(ring, 1, 0)).max(1).sum())


# --- many at once -----------------------------------------------------------------------------


def counts_from_texts(
    texts: Sequence[str], shapes: Sequence[tuple[int, int]]
) -> tuple[Integers, Integers]:
    """The run lengths of many compressed texts, one after another, and how many each text has.

    Raises
    ------
    GeometryError
        If a text is not of that code or its runs do not add up to its shape.
    """
    codes = [text.encode("ascii", "replace") for text in texts]
    values = np.frombuffer(b"".join(codes), np.uint8).astype(np.int64) - _FIRST_CHARACTER
    ends = np.cumsum([len(code) for code in codes])
    whole = len(values) > 0 and values.min() >= 0 and values.max() <= 0x3F
    if not whole or not all(map(len, codes)) or (values[ends - 1] >= 0x20).any():
        _refuse_one_of(texts, shapes)
    sizes = np.diff(np.searchsorted(np.flatnonzero(values < 0x20), np.r_[0, ends]))
    counts = _undone(_numbers(values), sizes)
    areas = np.array([height * width for height, width in shapes])
    if counts.min() < 0 or (np.add.reduceat(counts, np.cumsum(sizes) - sizes) != areas).any():
        _refuse_one_of(texts, shapes)
    return counts, sizes


def _undone(numbers: Integers, sizes: Integers) -> Integers:
    """Run lengths from the differences to the run but one before, text by text."""
    place = np.arange(len(numbers)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    counts = numbers.copy()
    for first in (1, 2):
        chosen = np.flatnonzero((place >= first) & (place % 2 == first % 2))
        begins = np.flatnonzero(place[chosen] == first)
        total = np.cumsum(numbers[chosen])
        before = total[begins] - numbers[chosen[begins]]
        counts[chosen] = total - np.repeat(before, np.diff(np.r_[begins, len(chosen)]))
    return counts


def _refuse_one_of(texts: Sequence[str], shapes: Sequence[tuple[int, int]]) -> None:
    for text, shape in zip(texts, shapes, strict=True):
        counts_from_text(text, shape)
    raise GeometryError("the run lengths hold a number that is too large")


def code_from_counts(counts: Integers, shape: tuple[int, int]) -> Any:
    """Run lengths of the whole image in the form that the functions below compare."""
    return _filled({"size": list(shape), "counts": checked_counts(counts, shape)}, shape)


def codes_from_rings(
    several: Sequence[Sequence[NDArray[np.floating[Any]]]], shape: tuple[int, int]
) -> list[Any]:
    """What COCO fills inside the rings of each of several shapes, for those to compare."""
    rings = [ring for each in several for ring in each]
    if not rings:
        return []
    if min(map(len, rings)) < 3:
        raise GeometryError("a ring needs at least 3 points")
    points = np.concatenate(rings)
    _check_points(points)
    if np.abs(np.diff(points, axis=0)).max(1).sum() > MAX_OUTLINE:
        return [coco.merge(_filled_rings(each, shape)) for each in several]
    filled = iter(_filled([ring.ravel() for ring in rings], shape))
    return [coco.merge([next(filled) for _ in each]) for each in several]


def united_code(codes: Sequence[Any]) -> Any:
    """The pixels of at least one."""
    return coco.merge(list(codes))


def areas_of_codes(codes: Any) -> Integers:
    """How many pixels each of a list of codes covers."""
    return np.asarray(coco.area(codes), np.int64)


def overlaps(ones: Sequence[Any], others: Sequence[Any]) -> NDArray[np.float64]:
    """Intersection over union of each with each; 0 where neither covers a pixel."""
    if not ones or not others:
        return np.zeros((len(ones), len(others)))
    found = coco.iou(list(ones), list(others), [0] * len(others))
    return np.nan_to_num(np.asarray(found, float))
