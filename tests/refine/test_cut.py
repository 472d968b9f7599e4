import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from datasetbuilder.refine.cut import min_cut

CHAIN = (np.array([0, 1, 2]), np.array([1, 2, 3]))


def cost(objects, ends, weights, evidence):
    """What a division costs: cut borders and evidence gone against."""
    apart = np.asarray(objects)[ends[0]] != np.asarray(objects)[ends[1]]
    against = np.where(objects, np.maximum(-evidence, 0), np.maximum(evidence, 0))
    return weights[apart].sum() + against.sum()


def test_the_cheapest_border_is_cut():
    seeds = np.array([1, 0, 0, -1], np.int8)
    found = min_cut(CHAIN, np.array([5.0, 1.0, 5.0]), np.zeros(4), seeds)
    assert found.tolist() == [True, True, False, False]


def test_evidence_wins_over_a_weak_border():
    seeds = np.array([1, 0, 0, -1], np.int8)
    found = min_cut(CHAIN, np.array([2.0, 1.0, 5.0]), np.array([0, -9.0, 0, 0]), seeds)
    assert found.tolist() == [True, False, False, False]


def test_seeds_win_over_all_evidence():
    seeds = np.array([-1, 1], np.int8)
    ends = (np.array([0]), np.array([1]))
    assert min_cut(ends, np.array([50.0]), np.array([90.0, -90.0]), seeds).tolist() == [False, True]


def test_a_graph_of_one_region_has_an_answer():
    nothing = np.zeros(0, int)
    assert min_cut((nothing, nothing), np.zeros(0), np.array([1.0]), np.zeros(1, np.int8)).all()


@given(
    st.lists(st.integers(0, 9), min_size=6, max_size=6),
    st.lists(st.integers(-9, 9), min_size=5, max_size=5),
)
def test_no_other_division_is_cheaper(borders, evidence):
    ends = (np.array([0, 1, 2, 3, 0, 1]), np.array([1, 2, 3, 4, 2, 4]))
    weights, told = np.array(borders, float), np.array(evidence, float)
    found = min_cut(ends, weights, told, np.zeros(5, np.int8))
    best = min(
        cost(np.array(every), ends, weights, told)
        for every in itertools.product([False, True], repeat=5)
    )
    assert cost(found, ends, weights, told) == best
