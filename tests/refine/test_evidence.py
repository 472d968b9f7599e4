from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from datasetbuilder.refine.evidence import (
    Drawn,
    forest_log_odds,
    frame_regions,
    persistence,
    seeds_from_pixels,
    spanning_forest,
)
from datasetbuilder.refine.graph import graph_from_lab
from datasetbuilder.refine.lab import lab_from_pixels, levels_of, pixels_from_image


def graph(image):
    pixels = pixels_from_image(image)
    return graph_from_lab(lab_from_pixels(pixels, levels_of(pixels)))


def regions_of(labels) -> Any:
    """No more of a graph than labels need."""
    labels = np.array(labels)
    area = np.bincount(labels.ravel()).astype(float)
    return SimpleNamespace(labels=labels, count=len(area), area=area)


def halves():
    """Dark left, bright right, a little noise."""
    image = np.full((60, 80), 40, np.uint8)
    image[:, 40:] = 180
    return image + np.random.default_rng(0).integers(0, 8, image.shape, dtype=np.uint8)


def drawn_pixels(shape, *, objects, background):
    pixels = np.zeros(shape, np.int8)
    pixels[objects] = 1
    pixels[background] = -1
    return pixels


RIGHT = (slice(20, 40), slice(60, 70))
LEFT = (slice(20, 40), slice(10, 20))


def test_a_region_goes_to_the_label_with_more_pixels_on_it():
    flat = graph(np.zeros((6, 6), np.uint8))
    pixels = drawn_pixels((6, 6), objects=(0, slice(0, 4)), background=(1, slice(0, 3)))
    assert seeds_from_pixels(flat, pixels).tolist() == [1]
    assert seeds_from_pixels(flat, -pixels).tolist() == [-1]
    assert seeds_from_pixels(flat, np.zeros((6, 6), np.int8)).tolist() == [0]


def test_a_region_that_was_only_grazed_stays_open():
    """Three columns: drawn whole as object, a quarter of it, and whole as background."""
    columns = regions_of([[0, 1, 2]] * 4)
    pixels = np.array([[1, 1, -1], [1, 0, -1], [1, 0, -1], [1, 0, -1]], np.int8)
    assert seeds_from_pixels(columns, pixels).tolist() == [1, 1, -1]
    assert seeds_from_pixels(columns, pixels, least=0.5).tolist() == [1, 0, -1]


def test_a_label_that_only_grazed_keeps_what_it_has():
    columns = regions_of([[0, 1]] * 4)
    pixels = np.array([[1, -1], [0, -1], [0, -1], [0, -1]], np.int8)
    assert seeds_from_pixels(columns, pixels, least=0.5).tolist() == [1, -1]


@pytest.mark.slow
def test_the_forest_tells_bright_from_dark():
    regions = graph(halves())
    seeds = seeds_from_pixels(regions, drawn_pixels((60, 80), objects=RIGHT, background=LEFT))
    odds = forest_log_odds(regions, seeds)
    right = regions.centre[:, 0] > 42
    assert odds[right].min() > 0 > odds[~right & (regions.centre[:, 0] < 38)].max()
    np.testing.assert_array_equal(odds, forest_log_odds(regions, seeds))


def test_the_forest_weighs_both_kinds_alike():
    regions = graph(halves())
    dot = (slice(30, 31), slice(65, 66))
    much = (slice(0, 60), slice(0, 30))
    seeds = seeds_from_pixels(regions, drawn_pixels((60, 80), objects=dot, background=much))
    odds = forest_log_odds(regions, seeds)
    assert np.average(odds[regions.centre[:, 0] > 42]) > 0


def test_the_spanning_forest_does_not_cross_a_strong_edge_first():
    regions = graph(halves())
    seeds = seeds_from_pixels(regions, drawn_pixels((60, 80), objects=RIGHT, background=LEFT))
    reached = spanning_forest(regions, seeds)
    assert (reached[regions.centre[:, 0] > 45] == 1).all()
    assert (reached[regions.centre[:, 0] < 35] == -1).all()


def test_the_previous_answer_counts_far_from_the_newest_stroke_only():
    regions = graph(halves())
    newest = np.zeros((60, 80), bool)
    newest[RIGHT] = True
    pixels = drawn_pixels((60, 80), objects=RIGHT, background=LEFT)
    before = np.ones(regions.count)
    drawn = Drawn(pixels, seeds_from_pixels(regions, pixels), newest, before)
    kept = persistence(regions, drawn, reach=0.2)
    near = np.hypot(*(regions.centre - (65, 30)).T) < 8
    far = regions.centre[:, 0] < 15
    assert kept[near].max() < 0.2
    assert kept[far].min() > 0.9


def test_without_a_previous_answer_nothing_persists():
    regions = graph(halves())
    pixels = np.zeros((60, 80), np.int8)
    drawn = Drawn(pixels, np.zeros(regions.count, np.int8), pixels > 0)
    assert not persistence(regions, drawn, reach=0.2).any()


def test_the_frame_is_what_touches_the_border():
    regions = graph(halves())
    frame = np.zeros(regions.count, bool)
    frame[frame_regions(regions)] = True
    on_border = frame[regions.labels]
    assert on_border[0].all()
    assert on_border[:, -1].all()
    assert not on_border[30, 40]
