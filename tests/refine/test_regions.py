import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasetbuilder.refine.graph import graph_from_lab
from datasetbuilder.refine.lab import lab_from_pixels, levels_of, pixels_from_image
from datasetbuilder.refine.regions import (
    CELL,
    LARGEST,
    basins_of,
    borders_of,
    components,
    gradient,
    regions_from_gradient,
)
from tests.refine.pictures import cup

shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))


def lab(image):
    pixels = pixels_from_image(image)
    return lab_from_pixels(pixels, levels_of(pixels))


def test_the_border_of_two_halves_is_as_long_as_they_touch():
    labels = np.array([[0, 0, 1], [0, 0, 1], [0, 1, 1]])
    borders = borders_of(labels)
    assert (borders.first.tolist(), borders.second.tolist()) == ([0], [1])
    assert borders.length.tolist() == [4]


def test_the_mean_along_a_border_takes_the_larger_side_of_each_pair():
    labels = np.array([[0, 1], [0, 1]])
    borders = borders_of(labels)
    assert borders.mean(np.array([[1.0, 5.0], [7.0, 3.0]])).tolist() == [6.0]


def test_regions_that_touch_by_a_corner_only_are_no_neighbours():
    borders = borders_of(np.array([[0, 1], [1, 2]]))
    assert list(zip(borders.first, borders.second, strict=True)) == [(0, 1), (1, 2)]


@given(arrays(np.uint8, shapes))
def test_every_pixel_is_in_a_region_and_numbers_have_no_gaps(image):
    labels = regions_from_gradient(gradient(lab(image), 1.2))
    assert labels.shape == image.shape
    np.testing.assert_array_equal(np.unique(labels), np.arange(labels.max() + 1))


@given(arrays(np.uint8, shapes))
def test_the_same_image_gives_the_same_regions(image):
    height = gradient(lab(image), 1.2)
    np.testing.assert_array_equal(regions_from_gradient(height), regions_from_gradient(height))


def test_small_basins_are_merged_away():
    noise = np.random.default_rng(0).integers(0, 255, (80, 80), dtype=np.uint8)
    height = gradient(lab(noise), 0.8)
    sizes = np.bincount(regions_from_gradient(height, smallest=15).ravel())
    every = np.bincount(regions_from_gradient(height, smallest=0).ravel())
    assert np.mean(every < 15) > 0.3
    assert np.mean(sizes < 15) < 0.02


def test_a_flat_image_is_cut_along_a_grid():
    labels = regions_from_gradient(np.zeros((100, 120), np.float32))
    assert np.bincount(labels.ravel()).max() <= max(CELL * CELL, LARGEST)
    assert labels[0, 0] != labels[99, 119]


def test_a_flat_image_smaller_than_a_cell_stays_whole():
    assert regions_from_gradient(np.zeros((10, 10), np.float32)).max() == 0


def test_components_follow_the_edges():
    count, group = components(5, np.array([0, 3]), np.array([1, 4]))
    assert count == 3
    assert group[0] == group[1] != group[2]
    assert group[3] == group[4]


def test_regions_of_a_photograph_keep_to_its_objects():
    picture = cup()
    labels = regions_from_gradient(gradient(lab(picture.image), 1.2))
    share = np.bincount(labels[picture.truth], minlength=labels.max() + 1) / np.bincount(
        labels.ravel()
    )
    best = (share > 0.5)[labels]
    both = np.count_nonzero(best & picture.truth)
    assert both / np.count_nonzero(best | picture.truth) > 0.95


def test_the_graph_of_a_photograph_is_consistent():
    graph = graph_from_lab(lab(cup().image))
    assert graph.area.sum() == graph.labels.size
    assert graph.centre.shape == (graph.count, 2)
    assert len(graph.features) == graph.count
    assert np.isfinite(graph.features).all()
    assert (graph.first < graph.second).all()
    assert ((graph.strength > 0) & (graph.strength < 1)).all()
    assert len(graph.tree[0]) == graph.count - 1


def test_edges_of_an_object_are_the_strong_ones():
    image = np.full((60, 60), 40, np.uint8)
    image[20:40, 20:40] = 200
    image += np.random.default_rng(0).integers(0, 6, image.shape, dtype=np.uint8)
    graph = graph_from_lab(lab(image))
    inside = np.zeros(image.shape, bool)
    inside[20:40, 20:40] = True
    of_object = graph.share(inside) > 0.5
    across = of_object[graph.first] != of_object[graph.second]
    assert graph.strength[across].min() > np.median(graph.strength[~across])


def test_the_share_of_a_mask_is_counted_in_pixels():
    graph = graph_from_lab(lab(np.zeros((8, 10), np.uint8)))
    half = np.zeros((8, 10), bool)
    half[:4] = True
    assert graph.share(half).tolist() == [0.5]


def test_water_runs_down_to_one_minimum_each():
    height = np.array([[3, 1, 4, 0, 2], [5, 9, 9, 9, 8]], np.float32)
    np.testing.assert_array_equal(basins_of(height), [[0, 0, 1, 1, 1], [0, 0, 1, 1, 1]])


def test_level_ground_is_one_basin_and_a_level_slope_another():
    height = np.array([[0, 0, 7, 7, 7, 6]], np.float32)
    np.testing.assert_array_equal(basins_of(height), [[0, 0, 0, 1, 2, 2]])


def test_a_flat_field_is_one_basin():
    assert basins_of(np.zeros((4, 5), np.float32)).max() == 0
