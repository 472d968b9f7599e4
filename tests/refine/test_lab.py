import numpy as np
import pytest

from datasetbuilder.refine.lab import (
    Levels,
    lab_from_pixels,
    levels_of,
    pixels_from_image,
    stretched_levels_of,
)


@pytest.mark.parametrize(
    ("shape", "channels"),
    [((4, 5), 1), ((4, 5, 1), 1), ((4, 5, 2), 3), ((4, 5, 3), 3), ((4, 5, 6), 3)],
)
def test_an_image_has_one_or_three_channels(shape, channels):
    assert pixels_from_image(np.ones(shape, np.uint8)).shape == (4, 5, channels)


def test_black_and_white_are_the_ends_of_lightness():
    pixels = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    lab = lab_from_pixels(pixels, levels_of(pixels))
    np.testing.assert_allclose(lab[0], [[0, 0, 0], [100, 0, 0]], atol=0.01)


def test_grey_has_no_colour():
    pixels = pixels_from_image(np.arange(256, dtype=np.uint8).reshape(16, 16))
    assert np.abs(lab_from_pixels(pixels, levels_of(pixels))[..., 1:]).max() < 0.2


def test_8_bits_keep_their_range():
    assert levels_of(np.full((2, 2, 3), 9, np.uint8)) == Levels((0, 0, 0), (255, 255, 255))


def test_16_bits_are_stretched_between_their_ends():
    pixels = np.linspace(1000, 3000, 10_000).astype(np.uint16).reshape(100, 100, 1)
    levels = levels_of(pixels)
    assert levels.black[0] == pytest.approx(1002, abs=2)
    assert levels.white[0] == pytest.approx(2998, abs=2)


def test_each_channel_of_16_bits_has_its_own_range():
    pixels = np.zeros((10, 10, 3), np.uint16)
    pixels[..., 1] = np.arange(100).reshape(10, 10) * 10
    pixels[..., 2] = np.arange(100).reshape(10, 10) * 300
    assert levels_of(pixels).white[1] < 1000 < levels_of(pixels).white[2]


def test_dark_8_bits_are_stretched_alike_in_all_channels_when_asked():
    dark = np.zeros((10, 10, 3), np.uint8)
    dark[..., 0] = np.arange(100).reshape(10, 10) // 2
    levels = stretched_levels_of(dark)
    assert len(set(levels.white)) == 1
    assert levels.white[0] < 50


def test_8_bits_that_use_their_range_are_not_stretched():
    full = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    assert stretched_levels_of(full) == levels_of(full)


def test_what_is_not_a_number_does_not_spread():
    pixels = np.full((4, 4, 1), 0.5, np.float32)
    pixels[0, 0], pixels[3, 3] = np.nan, np.inf
    pixels[1, 1] = 0.7
    lab = lab_from_pixels(pixels, levels_of(pixels))
    assert np.isfinite(lab).all()
    only_nan = np.full((2, 2, 1), np.nan)
    assert np.isfinite(lab_from_pixels(only_nan, levels_of(only_nan))).all()
