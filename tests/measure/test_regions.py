"""Properties of objects, equal to scikit-image's `regionprops_table`."""

import numpy as np
import pytest

from datasetbuilder.geometry import mask_from_array
from datasetbuilder.measure import PROPERTIES, region_properties
from datasetbuilder.model import Box, Polyline

THEIRS = {
    "area": "area",
    "perimeter": "perimeter",
    "axis_major_length": "axis_major_length",
    "axis_minor_length": "axis_minor_length",
    "eccentricity": "eccentricity",
    "equivalent_diameter": "equivalent_diameter_area",
    "extent": "extent",
    "euler_number": "euler_number",
    "x": "bbox-1",
    "y": "bbox-0",
    "mean_1": "intensity_mean-0",
    "min_1": "intensity_min-0",
    "max_2": "intensity_max-1",
    "std_2": "intensity_std-1",
}
ASKED = tuple({name.split("-")[0] for name in THEIRS.values()} | {"centroid", "orientation"})


def blob(rng, shape):
    small = rng.random((5, 6)) > 0.45
    return np.kron(small, np.ones((4, 3), bool)) & (rng.random(shape) > 0.05)


@pytest.mark.slow
def test_they_are_scikit_images_properties():
    from skimage.measure import regionprops_table

    rng = np.random.default_rng(5)
    image = rng.integers(0, 65535, (20, 18, 2)).astype(np.uint16)
    blobs = [blob(rng, (20, 18)) for _ in range(12)]
    ours = region_properties([mask_from_array(one) for one in blobs], (20, 18), image)
    for i, one in enumerate(blobs):
        theirs = regionprops_table(one.astype(int), image, properties=ASKED)
        for name, other in THEIRS.items():
            np.testing.assert_allclose(ours[name][i], theirs[other][0], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(ours["centroid_x"][i], theirs["centroid-1"][0] + 0.5)
        turned = np.degrees(np.pi / 2 - theirs["orientation"][0]) - ours["orientation"][i]
        assert abs((turned + 90) % 180 - 90) < 1e-6


def test_a_square_by_hand():
    found = region_properties([Box(2, 1, 4, 4)], (10, 10), np.full((10, 10), 7, np.uint8))
    said = {name: float(values[0]) for name, values in found.items()}
    assert (said["x"], said["y"], said["width"], said["height"]) == (2, 1, 4, 4)
    assert (said["area"], said["centroid_x"], said["centroid_y"]) == (16, 4, 3)
    assert (said["perimeter"], said["euler_number"], said["extent"]) == (12, 1, 1)
    assert said["eccentricity"] == 0
    assert (said["mean_1"], said["min_1"], said["max_1"], said["std_1"]) == (7, 7, 7, 0)


def test_a_hole_counts_against_the_euler_number():
    ring = np.ones((3, 3), bool)
    ring[1, 1] = False
    assert region_properties([mask_from_array(ring)], (3, 3))["euler_number"].tolist() == [0]


def test_objects_that_lie_on_each_other_are_each_whole():
    found = region_properties([Box(0, 0, 4, 4), Box(2, 2, 4, 4)], (8, 8))
    assert found["area"].tolist() == [16, 16]


def test_one_pixel_and_no_pixel_have_defined_answers():
    found = region_properties([Box(3, 3, 1, 1), Polyline(((0, 0), (5, 5)))], (8, 8))
    assert found["area"].tolist() == [1, 0]
    assert found["eccentricity"][0] == found["axis_major_length"][0] == 0
    assert np.isnan(found["perimeter"][1])
    assert {len(values) for values in region_properties([], (8, 8)).values()} == {0}
    assert tuple(region_properties([], (8, 8))) == PROPERTIES


@pytest.mark.parametrize("batch", [1, 40])
def test_the_size_of_a_batch_changes_nothing(monkeypatch, batch):
    boxes = [Box(i, i, 3, 2) for i in range(5)]
    whole = region_properties(boxes, (10, 10))
    monkeypatch.setattr("datasetbuilder.measure.regions._MOST_PIXELS", batch)
    for name, values in region_properties(boxes, (10, 10)).items():
        np.testing.assert_array_equal(values, whole[name])
