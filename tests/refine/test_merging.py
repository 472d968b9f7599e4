import numpy as np

from datasetbuilder.refine.merging import Merged, levels_by_strength, merged_steps, strength_cost


def row_of(*strengths):
    """Regions of 10 pixels in a row, with borders of length 1 of these strengths between."""
    count = len(strengths) + 1
    first = np.arange(count - 1)
    return Merged(
        np.arange(count),
        np.full(count, 10.0),
        np.zeros((count, 0)),
        first,
        first + 1,
        np.ones(count - 1),
        np.array(strengths, float),
    )


def test_mutual_best_neighbours_merge_first():
    (after, *_) = merged_steps(row_of(0.1, 0.9, 0.2, 0.8), strength_cost)
    assert after.group[0] == after.group[1]
    assert after.group[2] == after.group[3]
    assert len({after.group[0], after.group[2], after.group[4]}) == 3
    assert after.area.tolist() == [20, 20, 10]


def test_borders_that_become_one_keep_their_mean():
    (after, *_) = merged_steps(row_of(0.1, 0.9, 0.2, 0.8), strength_cost)
    one, other = after.group[[1]], after.group[[2]]
    np.testing.assert_allclose(after.border_value(one, other), [0.9])
    np.testing.assert_allclose(after.border_value(one, one), [0.0])


def test_there_are_eight_levels_whatever_the_number_of_regions():
    levels = levels_by_strength(row_of(0.1, 0.9))
    assert len(levels) == 8
    assert all(len(level) == 3 for level in levels)


def test_a_single_region_has_levels_too():
    assert [level.tolist() for level in levels_by_strength(row_of())] == [[0]] * 8
