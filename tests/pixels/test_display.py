import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from datasetbuilder.pixels.display import to_display, window_of
from tests.pixels.corpus import nuclei


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    error = np.mean((a.astype(float) - b) ** 2)
    return float("inf") if error == 0 else 10 * np.log10(255**2 / error)


def test_eight_bits_are_shown_as_they_are():
    grey = np.array([[0, 1], [200, 255]], np.uint8)
    assert to_display(grey) is grey


def test_a_deep_image_is_stretched_over_its_own_values():
    deep = np.array([[1000, 1500], [2000, 3000]], np.uint16)
    np.testing.assert_array_equal(to_display(deep), [[0, 64], [128, 255]])


def test_dim_nuclei_become_visible():
    shown = to_display(nuclei()[0])
    assert shown.min() == 0
    assert shown.max() == 255
    assert shown.std() > 30


def test_the_same_picture_in_another_depth_looks_the_same():
    deep = nuclei()[0]
    for other in (deep.astype(np.float32), deep.astype(np.int32), deep * np.uint16(8)):
        assert psnr(to_display(other), to_display(deep)) >= 40


def test_one_hot_pixel_does_not_darken_the_rest():
    deep = np.tile(np.arange(100, dtype=np.uint16), (100, 1))
    deep[0, 0] = 65535
    assert window_of(deep)[1] < 200


def test_holes_in_a_float_image_are_black_and_infinite_values_at_the_ends():
    array = np.linspace(0, 1, 10_000, dtype=np.float32).reshape(100, 100)
    array[50, 50], array[50, 51], array[50, 52] = np.nan, np.inf, -np.inf
    shown = to_display(array)
    assert shown[50, 50:53].tolist() == [0, 255, 0]
    assert shown[99, 99] == 255


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_a_uniform_image_is_black(value: int):
    assert not to_display(np.full((3, 4), value, np.uint16)).any()


def test_an_image_of_holes_alone_is_black():
    assert not to_display(np.full((3, 4), np.nan, np.float32)).any()


def test_a_few_labels_on_an_empty_field_are_seen():
    labels = np.zeros((200, 200), np.uint16)
    labels[3, 4] = 9
    assert to_display(labels)[3, 4] == 255


def test_truth_values_are_black_and_white():
    assert to_display(np.array([[True, False]])).tolist() == [[255, 0]]


def test_two_channels_are_red_and_green():
    array = np.dstack([np.full((2, 2), 10, np.uint8), np.full((2, 2), 20, np.uint8)])
    assert to_display(array)[0, 0].tolist() == [10, 20, 0]


def test_of_many_channels_the_first_three_are_shown():
    array = np.dstack([np.full((2, 2), k, np.uint8) for k in range(6)])
    assert to_display(array)[0, 0].tolist() == [0, 1, 2]


def test_one_channel_is_grey():
    assert to_display(np.ones((2, 3, 1), np.uint8)).shape == (2, 3)


@given(
    arrays.arrays(
        st.sampled_from([np.uint16, np.int16, np.float32, np.float64]),
        st.tuples(st.integers(1, 6), st.integers(1, 6)),
    )
)
def test_anything_can_be_shown(array: np.ndarray):
    shown = to_display(array)
    assert shown.dtype == np.uint8
    assert shown.shape == array.shape


@given(arrays.arrays(np.uint16, (4, 5)))
def test_brighter_stays_brighter(array: np.ndarray):
    order = np.argsort(array, axis=None, kind="stable")
    assert (np.diff(to_display(array).ravel()[order].astype(int)) >= 0).all()
