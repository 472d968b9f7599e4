import pytest

from datasetbuilder.insight.kappa import cohen, fleiss


def test_cohens_kappa_of_a_table_worked_out_by_hand():
    # 20 yes/yes, 15 no/no, 5 yes/no, 10 no/yes: seen 0.7, by chance 0.5.
    ratings = [(1, 1)] * 20 + [(0, 0)] * 15 + [(1, 0)] * 5 + [(0, 1)] * 10
    assert cohen(ratings) == pytest.approx(0.4)


def test_fleiss_kappa_of_his_own_example():
    table = [
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    ]  # fmt: skip
    ratings = [[k for k, n in enumerate(row) for _ in range(n)] for row in table]
    assert fleiss(ratings) == pytest.approx(0.210, abs=5e-4)


def test_full_agreement_is_one_and_full_disagreement_of_two_is_minus_one():
    assert cohen([(1, 1), (2, 2)]) == fleiss([[1, 1], [2, 2]]) == 1
    assert cohen([(1, 2), (2, 1)]) == fleiss([[1, 2], [2, 1]]) == -1


def test_where_everybody_always_said_the_same_there_is_no_kappa():
    assert cohen([]) is None
    assert fleiss([["a"]]) is None
    assert cohen([("a", "a")] * 3) is None
    assert fleiss([["a", "a", "a"]] * 3) is None
