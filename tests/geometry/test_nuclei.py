"""Outlines and run lengths of nuclei that people drew by hand."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import find_objects

from datasetbuilder.geometry import (
    array_from_mask,
    checked,
    coco_rings,
    coco_rle,
    extent,
    mask_from_array,
    mask_from_coco_rle,
    polygon_from_mask,
)
from tests.geometry.reference import encoded, read_by_coco

FOLDER = Path(__file__).parents[1] / "data" / "nuclei"


def nuclei(name):
    """Every nucleus on a window of its own, two pixels wider on each side."""
    labels = np.pad(np.array(Image.open(FOLDER / f"{name}.png")), 2)
    for number, (rows, columns) in enumerate(find_objects(labels), 1):
        window = labels[rows.start - 2 : rows.stop + 2, columns.start - 2 : columns.stop + 2]
        yield window == number


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.png")), ids=lambda path: path.stem)
def test_every_nucleus_is_exact_in_every_form(path):
    for nucleus in nuclei(path.stem):
        mask, shape = mask_from_array(nucleus), nucleus.shape
        text = encoded(nucleus)
        assert coco_rle(mask, shape)["counts"] == text
        assert read_by_coco(coco_rings(mask), shape) == text
        assert coco_rle(polygon_from_mask(mask), shape)["counts"] == text
        assert mask_from_coco_rle(coco_rle(mask, shape)) == mask == checked(mask, shape)
        assert np.array_equal(array_from_mask(mask, shape), nucleus)
        assert extent(mask, shape) == extent(polygon_from_mask(mask), shape)


def test_two_nuclei_have_holes_and_keep_them():
    polygons = [polygon_from_mask(mask_from_array(n)) for n in nuclei("fluo_small_0402a81e")]
    assert sum(any(part.holes for part in polygon.parts) for polygon in polygons) == 2


def test_one_nucleus_is_in_two_parts_and_keeps_both():
    parts = [len(polygon_from_mask(mask_from_array(n)).parts) for n in nuclei("white_ef3ef194")]
    assert (len(parts), sorted(parts)[-2:]) == (75, [1, 2])
