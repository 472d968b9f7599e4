import numpy as np
import pytest

from datasetbuilder.errors import GeometryError, UnknownName
from datasetbuilder.geometry import array_from_polygon, checked, polygon_from_array
from datasetbuilder.model import Part, Polygon
from datasetbuilder.refine import outline
from tests.refine.pictures import PICTURES, cup, ellipse, iou, read, ring, white_cell

NAMED = [method for method in outline.METHODS if method != "auto"]


def disk(radius=30, *, inner=0, size=120):
    """A bright disk round (60, 60), perhaps with a dark hole."""
    rows, columns = np.ogrid[:size, :size]
    away = np.hypot(rows + 0.5 - 60, columns + 0.5 - 60)
    truth = (away < radius) & (away >= inner)
    return np.where(truth, 190, 50).astype(np.uint8), truth


# --- what it is for ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", PICTURES)
def test_auto_brings_a_rough_outline_nearer_to_the_object(name):
    picture = PICTURES[name]()
    rough = iou(array_from_polygon(picture.rough, picture.truth.shape), picture.truth)
    fitted = iou(outline.fit(picture.image, picture.rough).mask, picture.truth)
    assert fitted > rough + 0.1


@pytest.mark.slow
@pytest.mark.parametrize("method", NAMED)
@pytest.mark.parametrize("name", PICTURES)
def test_every_method_brings_a_clear_object_nearer(name, method):
    picture = PICTURES[name]()
    rough = iou(array_from_polygon(picture.rough, picture.truth.shape), picture.truth)
    proposal = outline.fit(picture.image, picture.rough, method=method)
    assert iou(proposal.mask, picture.truth) > rough
    assert proposal.method == method


def test_auto_says_what_it_settled_on():
    picture = white_cell()
    assert outline.fit(picture.image, picture.rough).method == outline.VOTE


@pytest.mark.parametrize("name", PICTURES)
def test_an_exact_outline_is_not_made_worse(name):
    picture = PICTURES[name]()
    proposal = outline.fit(picture.image, polygon_from_array(picture.truth))
    assert iou(proposal.mask, picture.truth) > 0.9


def test_an_outline_through_nothing_is_kept_to_the_vertex():
    image = read("cat.jpg")
    image[:] = 90
    drawn = ring((40, 40.5), (120, 50), (110, 130), (45, 120))
    proposal = outline.fit(image, drawn)
    assert proposal.method == outline.AS_DRAWN
    assert proposal.polygon == drawn
    assert proposal.hint == "No better outline was found: yours is kept."
    np.testing.assert_array_equal(proposal.mask, array_from_polygon(drawn, image.shape[:2]))


def test_the_proposed_polygon_may_be_stored_and_is_close_to_the_mask():
    picture = cup()
    proposal = outline.fit(picture.image, picture.rough)
    shape = picture.truth.shape
    polygon = proposal.polygon
    assert polygon is not None
    assert checked(polygon, shape) == polygon
    assert iou(array_from_polygon(polygon, shape), proposal.mask) >= 0.98
    assert sum(len(part.exterior) for part in polygon.parts) < 80


def test_the_rings_fill_to_the_mask():
    picture = white_cell()
    proposal = outline.fit(picture.image, picture.rough)
    filled = np.zeros_like(proposal.mask)
    for corners in proposal.rings:
        filled ^= array_from_polygon(ring(*map(tuple, corners.tolist())), filled.shape)
    np.testing.assert_array_equal(filled, proposal.mask)


@pytest.mark.slow
@pytest.mark.parametrize("method", outline.METHODS)
def test_the_same_outline_gives_the_same_mask(method):
    picture = white_cell()
    once = outline.fit(picture.image, picture.rough, method=method)
    again = outline.fit(picture.image, picture.rough, method=method)
    np.testing.assert_array_equal(once.mask, again.mask)
    assert once.quality == again.quality


def test_a_wider_band_reaches_further():
    image, truth = disk(radius=20)
    far = ellipse(60, 60, 38, 38)
    near = outline.fit(image, far, method="watershed band", width=6)
    wide = outline.fit(image, far, method="watershed band", width=24)
    assert iou(wide.mask, truth) > 0.95 > iou(near.mask, truth)


# --- shapes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", outline.METHODS)
def test_a_hole_stays_a_hole(method):
    image, truth = disk(radius=40, inner=15)
    outer, inner = ellipse(60, 60, 44, 44), ellipse(60, 60, 12, 12)
    drawn = Polygon((Part(outer.parts[0].exterior, (inner.parts[0].exterior,)),))
    proposal = outline.fit(image, drawn, method=method, width=8)
    assert not proposal.mask[60, 60]
    assert iou(proposal.mask, truth) > 0.8
    assert proposal.polygon is not None
    assert any(part.holes for part in proposal.polygon.parts)


@pytest.mark.parametrize("method", outline.METHODS)
def test_parts_stay_parts(method):
    image = np.full((80, 160), 50, np.uint8)
    image[20:60, 20:60] = image[20:60, 100:140] = 190
    one, other = ellipse(40, 40, 26, 26), ellipse(120, 40, 26, 26)
    proposal = outline.fit(image, Polygon(one.parts + other.parts), method=method)
    assert proposal.mask[40, 40]
    assert proposal.mask[40, 120]
    assert not proposal.mask[40, 80]
    assert proposal.polygon is not None
    assert len(proposal.polygon.parts) == 2


@pytest.mark.parametrize("method", outline.METHODS)
def test_an_object_cut_off_by_the_image_stays_at_the_border(method):
    image, truth = disk()
    drawn = ellipse(20, 60, 36, 36)
    proposal = outline.fit(image[:, 40:], drawn, method=method)
    assert proposal.mask[60, 0]
    assert iou(proposal.mask, truth[:, 40:]) > 0.75


@pytest.mark.parametrize(
    "form",
    [
        lambda image: image.astype(np.float32) / 255,
        lambda image: image.astype(np.uint16) * 200,
        lambda image: np.dstack([image, image, image]),
        lambda image: image > 100,
    ],
)
def test_images_of_any_depth_and_channels_work(form):
    image, truth = disk()
    assert iou(outline.fit(form(image), ellipse(60, 60, 33, 33)).mask, truth) > 0.95


# --- edges of the possible --------------------------------------------------------------------


def test_an_unknown_method_is_refused_with_the_known_ones():
    with pytest.raises(UnknownName, match=r"'lasso'.*watershed band.*grabcut band"):
        outline.fit(disk()[0], ellipse(60, 60, 33, 33), method="lasso")


def test_what_is_not_an_image_is_refused():
    with pytest.raises(GeometryError, match="is an array"):
        outline.fit(np.zeros(7), ellipse(60, 60, 33, 33))


@pytest.mark.parametrize("method", outline.METHODS)
@pytest.mark.parametrize(
    ("drawn", "hint"),
    [
        (Polygon(()), "at least three points"),
        (ring(), "at least three points"),
        (ring((1, 1), (5, 5)), "at least three points"),
        (ring((1, 1), (5, 5), (float("nan"), 3)), "finite places"),
        (ring((1, 1), (5, 5), (float("inf"), 3)), "finite places"),
        (ring((500, 500), (510, 500), (505, 510)), "lies outside the image"),
        (ring((-30, 10), (-20, 10), (-25, 20)), "lies outside the image"),
        (ring((40, 40), (50, 50), (60, 60)), "covers no pixel"),
        (ring((40, 40), (40, 40), (40, 40)), "covers no pixel"),
    ],
)
def test_an_outline_without_pixels_gives_nothing_and_says_why(method, drawn, hint):
    proposal = outline.fit(disk()[0], drawn, method=method)
    assert proposal.empty
    assert hint in proposal.hint
    assert proposal.polygon is None


@pytest.mark.parametrize("method", outline.METHODS)
@pytest.mark.parametrize(
    "drawn",
    [
        ring((30, 30), (90, 90), (90, 30), (30, 90)),
        ring((40, 40), (41, 40), (41, 41), (40, 41)),
        ring((40.2, 40.2), (42.4, 40.2), (41, 42.8)),
        ring((20, 60), (100, 60.6), (100, 61.4), (20, 61)),
        ring((-50, -50), (200, -50), (200, 200), (-50, 200)),
        ring((0, 0), (120, 0), (120, 120), (0, 120)),
        ring((-1e6, 60), (60, -1e6), (1e6, 60), (60, 1e6)),
    ],
)
def test_odd_outlines_have_an_answer(method, drawn):
    proposal = outline.fit(disk()[0], drawn, method=method)
    assert proposal.mask.shape == (120, 120)
    assert proposal.mask.any() or proposal.hint
    assert 0 <= proposal.quality <= 1


@pytest.mark.parametrize("method", outline.METHODS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (3, 3)])
def test_the_smallest_images_have_an_answer(method, shape):
    image = np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape)
    drawn = ring((0, 0), (shape[1], 0), (shape[1], shape[0]), (0, shape[0]))
    assert outline.fit(image, drawn, method=method).mask.shape == shape


@pytest.mark.parametrize("width", [0, -3, 1e-9, 1e6, float("nan")])
def test_any_width_has_an_answer(width):
    image, truth = disk()
    proposal = outline.fit(image, ellipse(60, 60, 31, 31), width=width)
    assert iou(proposal.mask, truth) > 0.8


def test_on_a_large_image_only_the_surroundings_count():
    rows, columns = np.ogrid[:2000, :3000]
    truth = ((columns - 1500) / 400) ** 2 + ((rows - 1000) / 300) ** 2 < 1
    image = np.where(truth, 180, 60).astype(np.uint8)
    image[:, :500] = np.random.default_rng(0).integers(0, 255, (2000, 500))
    proposal = outline.fit(image, ellipse(1500, 1000, 440, 335, count=14))
    assert iou(proposal.mask, truth) > 0.97
