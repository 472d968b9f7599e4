import numpy as np
import pytest

from datasetbuilder.refine import window as windows
from datasetbuilder.refine.window import WORK_AREA, Extent, Window
from tests.refine.pictures import stroke

LARGE = (3000, 4000)


def extents(*boxes):
    return [Extent(*box) for box in boxes]


def test_an_image_of_ordinary_size_is_worked_on_as_it_is():
    assert windows.whole((400, 500)).shape == (400, 500)


def test_a_large_image_is_shrunk_and_a_small_one_enlarged():
    height, width = windows.whole(LARGE).shape
    assert height * width == pytest.approx(WORK_AREA, rel=0.01)
    assert windows.whole((100, 100)).shape == (283, 283)
    assert windows.whole((60, 70)).shape == (240, 280)


def test_the_window_leaves_room_round_what_was_drawn():
    window = windows.around(extents((1000, 1000, 1400, 1200)), LARGE)
    assert window.extent == Extent(800, 800, 1600, 1400)


def test_the_window_stays_while_strokes_fall_inside():
    first = windows.around(extents((1000, 1000, 1400, 1200)), LARGE)
    second = windows.around(extents((1000, 1000, 1400, 1200), (1100, 1150, 1300, 1300)), LARGE)
    third = windows.around(extents((1000, 1000, 1400, 1200), (2000, 1150, 2300, 1300)), LARGE)
    assert first == second != third


def test_the_window_never_leaves_the_image():
    window = windows.around(extents((0, 2900, 50, 3000)), LARGE)
    assert window.extent == Extent(0, 2836, 114, 3000)


def test_a_drawing_over_most_of_a_small_image_takes_it_whole():
    shape = (400, 500)
    assert windows.around(extents((50, 50, 400, 300)), shape) == windows.whole(shape)
    assert windows.around(extents((50, 50, 60, 60)), shape) != windows.whole(shape)


def test_nothing_drawn_means_the_whole_image():
    assert windows.around([], LARGE) == windows.whole(LARGE)


def test_a_mask_survives_the_way_into_the_window_and_back():
    shape = (900, 1200)
    window = windows.scaled(Extent(100, 200, 900, 800), shape, area=120_000)
    mask = np.zeros(shape, bool)
    mask[300:700, 300:800] = True
    back = window.mask_from_work(window.covered(mask))
    assert np.count_nonzero(back ^ mask) < 4000
    assert back[310:690, 310:790].all()


def test_a_window_of_its_own_size_changes_nothing():
    window = Window(Extent(2, 1, 5, 3), (2, 3), (4, 6))
    image = np.arange(24).reshape(4, 6)
    assert window.read(image).tolist() == [[8, 9, 10], [14, 15, 16]]
    work = np.array([[True, False, True], [False, True, False]])
    assert window.mask_from_work(work)[1:3, 2:5].tolist() == work.tolist()
    assert np.count_nonzero(window.mask_from_work(work)) == 3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, np.float64, bool])
def test_pixels_of_any_depth_are_scaled(dtype):
    image = np.ones((600, 800), dtype)
    assert windows.whole((600, 800)).read(image[..., None]).mean() == 1


def test_strokes_move_and_scale_with_the_window():
    window = Window(Extent(100, 50, 300, 150), (50, 100), (400, 400))
    (moved,) = window.strokes([stroke((100, 50), (200, 100), width=8)])
    assert moved.points == ((0.0, 0.0), (50.0, 25.0))
    assert moved.width == 4


def test_a_stroke_never_vanishes_by_scaling():
    window = Window(Extent(0, 0, 1000, 1000), (100, 100), (1000, 1000))
    (moved,) = window.strokes([stroke((500, 500), width=2)])
    assert moved.width == 1


def test_smoothing_is_measured_in_image_pixels():
    small = Window(Extent(0, 0, 100, 100), (100, 100), (100, 100))
    fine = Window(Extent(0, 0, 100, 100), (200, 200), (100, 100))
    work = np.zeros((100, 100), bool)
    work[30:70, 30:70] = True
    doubled = np.kron(work, np.ones((2, 2), bool))
    one = small.mask_from_work(work, smooth=5)
    other = fine.mask_from_work(doubled, smooth=5)
    assert np.count_nonzero(one ^ other) < 40
    assert not one[30, 30]


def test_the_extent_of_a_stroke_holds_its_width():
    assert windows.extent_of_stroke(stroke((10, 10), width=4), (100, 100)) == Extent(7, 7, 13, 13)
    assert windows.extent_of_stroke(stroke((-10, 10), width=4), (100, 100)) is None


def test_the_extent_of_a_mask_is_tight():
    mask = np.zeros((5, 6), bool)
    assert windows.extent_of_mask(mask) is None
    mask[1, 2] = mask[3, 4] = True
    assert windows.extent_of_mask(mask) == Extent(2, 1, 5, 4)
