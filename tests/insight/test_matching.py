from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasetbuilder.insight.matching import close_pairs, findings, matched, most_typical

grid = st.integers(1, 4).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from((0.0, 0.3, 0.5, 0.6, 0.75, 1.0)), min_size=n, max_size=n),
        min_size=1,
        max_size=4,
    )
)


def best_by_trying(iou, threshold):
    """The most pairs and their greatest sum, over every way to pair rows with columns."""
    rows, columns = iou.shape
    wide = np.zeros((rows, columns + rows))
    wide[:, :columns] = iou
    found = [
        [wide[row, column] for row, column in enumerate(order) if wide[row, column] >= threshold]
        for order in permutations(range(wide.shape[1]), rows)
    ]
    return max((len(one), round(sum(one), 9)) for one in found)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(grid)
def test_matching_is_as_good_as_trying_everything(rows):
    iou = np.array(rows)
    pairs = [(i, j, iou[i, j]) for i, j in np.argwhere(iou >= 0.5).tolist()]
    held = matched(pairs)
    assert len({i for i, _, _ in held}) == len({j for _, j, _ in held}) == len(held)
    assert (len(held), round(sum(one for _, _, one in held), 9)) == best_by_trying(iou, 0.5)


def test_two_fair_pairs_are_worth_more_than_a_perfect_one():
    assert matched([(0, 0, 1.0), (0, 1, 0.5), (1, 0, 0.5)]) == [(0, 1, 0.5), (1, 0, 0.5)]


def test_objects_are_put_together_over_raters_but_never_two_of_one():
    # Raters 0, 1, 2; the first and third of rater 0 both touch that of rater 1.
    iou = np.eye(5)
    for a, b, value in ((0, 2, 0.9), (1, 2, 0.6), (2, 3, 0.8), (0, 3, 0.7), (1, 4, 0.2)):
        iou[a, b] = iou[b, a] = value
    raters = [0, 0, 1, 2, 2]
    assert findings(close_pairs(iou, raters, 0.5), raters) == [(0, 2, 3), (1,), (4,)]
    assert most_typical(iou.tolist(), (0, 2, 3)) == 2


def test_nothing_drawn_is_nothing_found():
    assert close_pairs(np.zeros((0, 0)), [], 0.5) == []
    assert findings([], []) == []
