"""Counting objects: by word, by size, by place; nothing and one object included."""

import numpy as np
import pandas as pd
import pytest

from datasetbuilder.insight.statistics import counted, crossed, histogram, places


def test_words_are_counted_with_the_most_frequent_first():
    assert counted(pd.Series(["b", "a", "c", "c"])) == [("c", 2), ("a", 1), ("b", 1)]


def test_a_cross_table_tells_only_what_meets():
    table = pd.DataFrame({"by": ["ann", "ann", "bob"], "label": ["cat", "cat", "dog"]})
    assert crossed(table, "label", "by") == {"ann": [("cat", 2)], "bob": [("dog", 1)]}


def test_every_number_is_in_one_bin_and_the_greatest_in_the_last():
    found = histogram(np.array([1.0, 2, 3, 25]))
    assert found.counts.sum() == 4
    assert (found.counts[0], found.counts[-1]) == (1, 1)
    assert (found.edges[0], found.edges[-1]) == (1, 25)


def test_whole_numbers_get_a_bin_each():
    found = histogram(np.array([1.0, 1, 3]), even="whole")
    assert found.edges.tolist() == [0.5, 1.5, 2.5, 3.5]
    assert found.counts.tolist() == [2, 0, 1]


def test_what_is_no_size_is_left_out_of_bins_of_equal_ratio():
    found = histogram(np.array([np.nan, 0, 10, 1000]), even="log")
    assert found.counts.sum() == 2


@pytest.mark.parametrize("even", ["linear", "log", "whole"])
def test_nothing_has_no_bin_and_one_value_has_one(even):
    assert histogram(np.array([np.nan]), even=even).counts.tolist() == []
    assert histogram(np.array([5.0, 5.0]), even=even).counts.tolist() == [2]


def test_places_are_counted_from_the_top_left_and_the_edge_belongs_to_the_last_part():
    table = pd.DataFrame({"relative_x": [0.1, 1.0, np.nan], "relative_y": [0.9, 1.0, 0.5]})
    assert places(table, side=2).tolist() == [[0, 0], [1, 1]]
