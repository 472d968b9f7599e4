import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasetbuilder.errors import GeometryError
from datasetbuilder.geometry import array_from_polygon, checked
from datasetbuilder.refine.proposal import Proposal
from datasetbuilder.refine.simplify import LEAST_IOU, editable_polygon
from tests.refine.pictures import iou, read

masks = arrays(bool, st.tuples(st.integers(1, 20), st.integers(1, 20)))


def vertices(polygon):
    return sum(len(ring) for part in polygon.parts for ring in (part.exterior, *part.holes))


@given(masks)
def test_any_mask_has_a_polygon_that_is_close_and_may_be_stored(mask):
    if not mask.any():
        with pytest.raises(GeometryError, match="covers no pixel"):
            editable_polygon(mask)
        return
    polygon = editable_polygon(mask)
    assert iou(array_from_polygon(polygon, mask.shape), mask) >= LEAST_IOU
    assert checked(polygon, mask.shape) == polygon


def test_a_disk_needs_few_vertices():
    rows, columns = np.ogrid[:200, :200]
    disk = np.hypot(rows - 99.5, columns - 99.5) < 80
    assert vertices(editable_polygon(disk)) <= 24


def test_a_nucleus_of_292_pixels_keeps_its_shape():
    mask = read("nuclei_labels.png") == 9
    polygon = editable_polygon(mask)
    assert iou(array_from_polygon(polygon, mask.shape), mask) >= LEAST_IOU
    assert vertices(polygon) < 40


def test_a_hole_stays_a_hole():
    rows, columns = np.ogrid[:120, :120]
    away = np.hypot(rows - 59.5, columns - 59.5)
    ring = (away < 50) & (away > 20)
    (part,) = editable_polygon(ring).parts
    assert len(part.holes) == 1


def test_the_polygon_lies_where_the_mask_lies():
    mask = np.zeros((300, 400), bool)
    mask[200:240, 310:360] = True
    points = np.array(editable_polygon(mask).parts[0].exterior)
    assert points.min(0).tolist() == pytest.approx([310, 200], abs=1.5)
    assert points.max(0).tolist() == pytest.approx([360, 240], abs=1.5)


def test_the_rings_of_a_proposal_lie_where_its_mask_lies():
    mask = np.zeros((30, 40), bool)
    mask[20:24, 31:36] = True
    (ring,) = Proposal(mask, "watershed").rings
    assert sorted(map(tuple, ring.tolist())) == [(31, 20), (31, 24), (36, 20), (36, 24)]
