"""Masks: the tight crop of an object, run-length coded in one canonical way."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry.rle import (
    MAX_SIDE,
    checked_shape,
    counts_from_rle,
    counts_from_text,
    points_from_ring,
    spans_from_rings,
    text_from_counts,
)
from datasetbuilder.geometry.spans import (
    Spans,
    array_from_spans,
    counts_from_spans,
    difference,
    spans_from_array,
    spans_from_counts,
    union,
)
from datasetbuilder.model import Mask, Patch


def mask_from_array(array: ArrayLike, *, offset: tuple[int, int] = (0, 0)) -> Mask:
    """The mask of the set pixels, cropped to them.

    Parameters
    ----------
    array : array_like of bool, shape (H, W)
    offset : tuple of int
        ``(x, y)`` of the array's first pixel in its image.

    Raises
    ------
    GeometryError
        If no pixel is set or the array has not two dimensions.
    """
    pixels = np.asarray(array, bool)
    if pixels.ndim != 2:
        raise GeometryError(f"a mask must have two dimensions, got {pixels.ndim}")
    x, y = offset
    return mask_from_spans(spans_from_array(pixels).moved(int(x), int(y)))


def mask_from_spans(spans: Spans) -> Mask:
    """The mask of these pixels; a :class:`GeometryError` if there is none."""
    if not len(spans):
        raise GeometryError("the mask covers no pixel")
    left, top, right, bottom = spans.corners
    shape = checked_shape((bottom - top, right - left), "the mask")
    counts = counts_from_spans(spans.moved(-left, -top), shape)
    return Mask(left, top, shape[1], shape[0], text_from_counts(counts, shape))


def mask_from_coco_rle(rle: Mapping[str, Any]) -> Mask:
    """The mask of a COCO RLE object, whole-image, compressed or not.

    Raises
    ------
    GeometryError
        If a field is missing or malformed, the runs do not fill ``size`` exactly, or no pixel is
        set.
    """
    counts, (height, _) = counts_from_rle(rle)
    return mask_from_spans(spans_from_counts(counts, height))


def mask_from_coco_rings(rings: Sequence[Sequence[float]], shape: tuple[int, int]) -> Mask:
    """The pixels that COCO reads from a ``segmentation`` list of flat rings.

    Crossings and overlaps are allowed: this is how foreign outlines that no polygon may have are
    kept truthfully.

    Raises
    ------
    GeometryError
        If a ring has an odd number of coordinates, less than three points or a number that is not
        finite, or if no pixel is covered.
    """
    for ring in rings:
        if len(ring) % 2:
            raise GeometryError(f"a ring must hold x, y, x, y, …, got {len(ring)} numbers")
    points = [points_from_ring([*zip(ring[::2], ring[1::2], strict=True)]) for ring in rings]
    return mask_from_spans(spans_from_rings(points, checked_shape(shape)))


def spans_from_mask(mask: Mask) -> Spans:
    """The mask's pixels where they lie in the image."""
    shape = checked_shape((mask.height, mask.width), "the mask")
    if not isinstance(mask.x, int) or not isinstance(mask.y, int):
        raise GeometryError(f"a mask lies on whole pixels, got ({mask.x}, {mask.y})")
    if max(abs(mask.x), abs(mask.y)) > MAX_SIDE:
        raise GeometryError(f"the mask lies at ({mask.x}, {mask.y}), far outside any image")
    counts = counts_from_text(mask.counts, shape)
    return spans_from_counts(counts, mask.height).moved(mask.x, mask.y)


def crop_from_mask(mask: Mask) -> NDArray[np.bool_]:
    """The mask's own pixels, shape ``(mask.height, mask.width)``."""
    spans = spans_from_mask(mask).moved(-mask.x, -mask.y)
    return array_from_spans(spans, (mask.height, mask.width))


def patched(mask: Mask, patch: Patch, shape: tuple[int, int]) -> Mask:
    """The mask after a stroke.

    Parameters
    ----------
    mask : Mask
    patch : Patch
    shape : tuple of int
        ``(height, width)`` of the image; nothing is added outside.

    Raises
    ------
    GeometryError
        If no pixel is left, or if there are not as many as the patch says: then it was made for
        another mask.
    """
    spans = spans_from_mask(mask)
    if patch.added is not None:
        spans = union([spans, spans_from_mask(patch.added).clipped(shape)])
    if patch.taken is not None:
        spans = difference(spans, spans_from_mask(patch.taken).clipped(shape))
    if spans.area != patch.area:
        raise GeometryError(
            f"the patch leads to a mask of {spans.area} pixels, not of {patch.area} as it says; it"
            " was made for another mask, send the whole one"
        )
    return mask_from_spans(spans)
