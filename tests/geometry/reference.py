"""What pycocotools itself says about masks and outlines, asked without our own code."""

import warnings
from typing import Any

import numpy as np
from pycocotools import mask

coco: Any = mask  # its stubs know neither bytes nor lists of rings


def encoded(array):
    """COCO's compressed text of a boolean image."""
    return coco.encode(np.asfortranarray(array.astype(np.uint8)))["counts"].decode()


def decoded(rle):
    """The boolean image of a COCO RLE object."""
    with warnings.catch_warnings():  # it has not learned NumPy 2's copy keyword
        warnings.simplefilter("ignore", DeprecationWarning)
        return coco.decode(rle).astype(bool)


def read_by_coco(rings, shape):
    """COCO's compressed text of what ``COCO.annToRLE`` makes of a segmentation list."""
    return coco.merge(coco.frPyObjects(rings, *shape))["counts"].decode()


def filled_by_coco(rings, shape):
    """The boolean image that ``COCO.annToMask`` makes of a segmentation list."""
    return decoded(coco.merge(coco.frPyObjects(rings, *shape)))
