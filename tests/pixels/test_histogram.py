import numpy as np
import pytest

from datasetbuilder.pixels.histogram import histogram, shrunk


def test_eight_bits_have_a_bin_per_value():
    found = histogram(np.array([[0, 1], [1, 255]], np.uint8))
    assert (found.low, found.high, found.window) == (0, 256, (0, 255))
    assert (found.counts[:2].tolist(), found.counts[255], len(found.counts)) == ([1, 2], 1, 256)


def test_few_deep_values_have_a_bin_each():
    found = histogram(np.array([[40000, 40001], [40001, 40003]], np.uint16))
    assert (found.low, found.high) == (40000, 40004)
    assert found.counts.tolist() == [1, 2, 0, 1]


def test_many_deep_values_share_bins():
    found = histogram(np.arange(0, 51200, 50, dtype=np.uint16).reshape(32, 32))
    assert len(found.counts) == 512
    assert found.counts.sum() == 1024
    assert found.counts.max() == 2


def test_negative_values_count():
    found = histogram(np.array([[-5, -3]], np.int16))
    assert (found.low, found.counts.tolist()) == (-5, [1, 0, 1])


def test_what_is_not_finite_is_left_out():
    found = histogram(np.array([[0.0, np.nan], [1.0, np.inf]], np.float32))
    assert (found.low, found.high, found.counts.sum()) == (0, 1, 2)
    assert histogram(np.full((2, 2), np.nan)).counts.tolist() == [0]


def test_a_fourth_channel_is_not_counted():
    assert histogram(np.zeros((1, 1, 4), np.uint8)).counts[0] == 3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_squares_become_their_mean_in_their_own_depth(dtype):
    picture = np.array([[1, 3, 9], [1, 3, 9], [5, 5, 7]], dtype)
    small = shrunk(picture, 2)
    assert small.dtype == dtype
    assert small.tolist() == [[2, 9], [5, 7]]


def test_channels_shrink_apart():
    picture = np.zeros((2, 2, 3), np.uint16)
    picture[..., 2] = 60000
    assert shrunk(picture, 2).tolist() == [[[0, 0, 60000]]]
