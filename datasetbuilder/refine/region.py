"""A box, a click, a shape or a few touches become a mask.

One module for each: :func:`from_box`, :func:`wand`, :func:`grow` and :func:`superpixels`,
:func:`threshold`. Watershed and random walker from seeds are methods of
:mod:`datasetbuilder.refine.scribbles`.
"""

from datasetbuilder.refine.boxes import BOX_METHODS, from_box
from datasetbuilder.refine.growing import SIZES, grow, superpixels
from datasetbuilder.refine.inside import SIDES, threshold
from datasetbuilder.refine.wand import wand

__all__ = [
    "BOX_METHODS",
    "SIDES",
    "SIZES",
    "from_box",
    "grow",
    "superpixels",
    "threshold",
    "wand",
]
