"""Tiles of a grid become the picture that they were cut from; what does not fit is told."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from datasetbuilder.errors import DataError
from datasetbuilder.pixels.stitching import stitched

pytestmark = pytest.mark.slow


def picture(seed: int = 0) -> np.ndarray:
    rough = gaussian_filter(np.random.default_rng(seed).normal(size=(190, 280)), 2)
    return np.clip(128 + 400 * rough, 0, 255).astype(np.uint8)


def cut(whole: np.ndarray, places: list[tuple[int, int]]) -> list[np.ndarray]:
    return [whole[y : y + 100, x : x + 100] for x, y in places]


GRID = [(0, 0), (92, 3), (180, 1), (2, 88), (88, 90), (178, 87)]


def test_tiles_that_lie_off_their_grid_become_the_picture_again():
    whole = picture()
    found = stitched(cut(whole, GRID), 3, overlap=0.1)
    assert np.abs(found.places - np.array(GRID)).max() < 0.3
    height, width = found.pixels.shape
    inside = np.s_[5 : height - 5, 5 : width - 5]
    assert np.abs(found.pixels[inside].astype(int) - whole[:height, :width][inside]).max() <= 1
    assert all(one.matched and one.error < 0.5 for one in found.residuals)
    assert len(found.residuals) == 7


@pytest.mark.parametrize("blending", [True, False])
def test_colour_and_depth_stay(blending):
    deep = np.repeat(picture()[..., None], 3, axis=-1).astype(np.uint16) * 200
    found = stitched([deep[:, :150], deep[:, 130:]], 2, overlap=20 / 150, blending=blending)
    np.testing.assert_array_equal(found.pixels, deep)


def test_one_tile_is_the_picture():
    whole = picture()
    np.testing.assert_array_equal(stitched([whole], 1).pixels, whole)


def test_tiles_that_do_not_overlap_lie_as_the_grid_says_and_it_is_told():
    found = stitched([picture(1), picture(2)], 2, overlap=0.1)
    assert [one.matched for one in found.residuals] == [False]
    np.testing.assert_allclose(found.places, [[0, 0], [252, 0]], atol=1e-6)


def test_empty_tiles_are_laid_by_the_grid():
    flat = np.zeros((100, 100), np.uint8)
    found = stitched([flat, flat], 1, overlap=0.2)
    np.testing.assert_allclose(found.places, [[0, 0], [0, 80]], atol=1e-6)


def test_what_a_person_saw_goes_before_what_is_measured():
    flat = np.zeros((100, 100), np.uint8)
    found = stitched([flat, flat], 2, correspondences={(0, 1): (70.0, 5.0)})
    np.testing.assert_allclose(found.places, [[0, 0], [70, 5]], atol=1e-6)
    assert found.residuals[0].error < 1e-6


@pytest.mark.parametrize(
    ("tiles", "columns", "overlap", "words"),
    [
        ([], 1, 0.1, "fill no rows"),
        ([(50, 50)] * 3, 2, 0.2, "fill no rows"),
        ([(50, 50), (50, 60)], 2, 0.2, "one kind"),
        ([(50, 50)] * 2, 2, 0.1, "too little"),
        ([(50, 50)] * 2, 2, 1.0, "less than the whole"),
    ],
)
def test_what_is_no_grid_is_refused(tiles, columns, overlap, words):
    with pytest.raises(DataError, match=words):
        stitched([np.zeros(shape, np.uint8) for shape in tiles], columns, overlap=overlap)
