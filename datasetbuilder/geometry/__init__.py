"""Shapes and pixels: the only place where one becomes the other.

Coordinates are continuous ``(x, y)`` from the top-left corner of the upright image; pixel
``(row, col)`` covers ``[col, col + 1) × [row, row + 1)`` and has its centre at
``(col + ½, row + ½)``. Which pixels a shape covers is COCO's rule, whoever asks: screen, area,
export, training. Nothing but :func:`array_from_geometry` and its kin allocates an image; all else
costs what the object's outline costs.

``turned`` gives rotated boxes and ellipses their vertices, ``rectangles`` finds the rotated box
around a shape, ``lines`` looks after shapes that cover
nothing. ``spans`` holds covered pixels, ``rle`` codes them as COCO does, ``outline`` turns them
into exact pixel-corner polygons, ``raster`` fills shapes, ``strokes`` brush lines, ``checks`` says
what may be stored, ``covers`` compares many shapes of one image.
"""

from datasetbuilder.geometry.booleans import combined, converted, divided
from datasetbuilder.geometry.centres import (
    array_from_centre_ring,
    centre_ring_from_mask,
    pixel_centres,
)
from datasetbuilder.geometry.checks import checked
from datasetbuilder.geometry.covers import Covers
from datasetbuilder.geometry.extent import Extent, extent
from datasetbuilder.geometry.masks import (
    crop_from_mask,
    mask_from_array,
    mask_from_coco_rings,
    mask_from_coco_rle,
    patched,
)
from datasetbuilder.geometry.outline import (
    coco_rings,
    joined,
    polygon_from_array,
    polygon_from_mask,
    rings_from_array,
)
from datasetbuilder.geometry.raster import (
    array_from_geometry,
    array_from_mask,
    array_from_polygon,
    coco_counts,
    coco_rle,
    iou,
)
from datasetbuilder.geometry.rectangles import (
    corners_from_rotated_box,
    rotated_box_around,
    rotated_box_from_corners,
)
from datasetbuilder.geometry.strokes import UNTOUCHED, array_from_strokes
from datasetbuilder.geometry.turned import polygon_from_turned, ring_from_turned

__all__ = [
    "UNTOUCHED",
    "Covers",
    "Extent",
    "array_from_centre_ring",
    "array_from_geometry",
    "array_from_mask",
    "array_from_polygon",
    "array_from_strokes",
    "centre_ring_from_mask",
    "checked",
    "coco_counts",
    "coco_rings",
    "coco_rle",
    "combined",
    "converted",
    "corners_from_rotated_box",
    "crop_from_mask",
    "divided",
    "extent",
    "iou",
    "joined",
    "mask_from_array",
    "mask_from_coco_rings",
    "mask_from_coco_rle",
    "patched",
    "pixel_centres",
    "polygon_from_array",
    "polygon_from_mask",
    "polygon_from_turned",
    "ring_from_turned",
    "rings_from_array",
    "rotated_box_around",
    "rotated_box_from_corners",
]
