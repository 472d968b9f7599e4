"""Like lies by like, what stands out is told, and few or equal things have a defined place."""

import numpy as np
import pytest

from datasetbuilder.insight.looks import features_of_picture
from datasetbuilder.insight.maps import Alike, condensed, laid_out, methods

LEFT, RIGHT = [0.0, 0.0], [10.0, 10.0]
TWO_HEAPS = np.array([LEFT, [0.1, 0], [0, 0.1], RIGHT, [10.1, 10], [10, 10.1]])


@pytest.mark.parametrize(
    ("features", "places"),
    [
        (np.zeros((0, 3)), []),
        (np.array([[4.0, 5.0]]), [[0.5, 0.5]]),
        (np.array([[1.0, 1.0], [2.0, 2.0]]), [[0, 0.5], [1, 0.5]]),
        (np.ones((5, 2)), [[0.5, 0.5]] * 5),
        (np.full((2, 2), np.nan), [[0.5, 0.5]] * 2),
    ],
)
@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_none_one_two_and_equal_things_have_a_place(features, places, method):
    np.testing.assert_allclose(sorted(laid_out(condensed(features), method).tolist()), places)


def test_like_lies_by_like():
    places = laid_out(condensed(TWO_HEAPS))
    assert np.ptp(places[:3], axis=0).max() < 0.1
    assert abs(places[0, 0] - places[3, 0]) > 0.9


def test_what_is_not_known_of_a_thing_is_as_usual():
    rows = condensed(np.array([[1.0, 5], [np.nan, 5], [3.0, 5]]))
    assert abs(rows[1, 0]) < 1e-9


@pytest.mark.slow
def test_what_lies_alone_stands_out_first():
    features: np.ndarray = np.vstack([np.random.default_rng(0).normal(size=(30, 2)), [[9, 9]]])
    assert Alike.of(condensed(features)).unusual().argmax() == 30


@pytest.mark.slow
def test_a_thing_among_others_of_another_label_is_doubtful():
    heaps: np.ndarray = np.repeat(TWO_HEAPS, 3, axis=0) + np.arange(18)[:, None] * 1e-3
    labels = ["cat"] * 9 + ["dog"] * 8 + ["cat"]
    found = Alike.of(condensed(heaps)).doubtful(labels)
    assert found.argmax() == 17


@pytest.mark.parametrize("n", [0, 1, 2])
def test_among_fewer_than_three_nothing_stands_out(n):
    alike = Alike.of(np.arange(n, dtype=float)[:, None])
    assert alike.unusual().tolist() == [0] * n
    assert alike.doubtful(["x"] * n).tolist() == [0] * n


@pytest.mark.slow
def test_things_that_are_all_alike_are_all_as_usual():
    assert Alike.of(np.zeros((20, 1))).unusual().tolist() == [0] * 20


def test_pca_and_tsne_work_everywhere():
    assert methods()[:2] == ("pca", "tsne")


@pytest.mark.slow
def test_many_things_go_beside_the_landmarks_most_like_them(monkeypatch):
    monkeypatch.setattr("datasetbuilder.insight.maps.LANDMARKS", 60)
    heaps: np.ndarray = np.random.default_rng(0).normal(size=(200, 2)) + np.repeat(
        [[0, 0], [40, 0]], 100, 0
    )
    places = laid_out(condensed(heaps), "tsne")
    middles = places[:100].mean(axis=0), places[100:].mean(axis=0)
    assert np.linalg.norm(middles[0] - middles[1]) > 0.3


@pytest.mark.slow
def test_a_picture_has_features_whatever_its_size():
    dark, tiny = np.zeros((40, 80, 3), np.uint8), np.full((1, 1, 3), 200, np.uint8)
    assert features_of_picture(dark).shape == features_of_picture(tiny).shape == (162,)
    assert np.isfinite(features_of_picture(dark)).all()
