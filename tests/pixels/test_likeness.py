import io
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance

from datasetbuilder.insight.grouped import NEAR
from datasetbuilder.pixels.likeness import likeness

DATA = Path(__file__).parents[1] / "data"
PHOTOGRAPHS = (
    "images/blood_cells.jpg",
    "images/cat.png",
    "refine/cup.jpg",
    "refine/white_cell.jpg",
)


def photograph(name: str) -> Image.Image:
    return Image.open(DATA / name).convert("RGB")


def recoded(picture: Image.Image) -> Image.Image:
    coded = io.BytesIO()
    picture.save(coded, "JPEG", quality=60)
    return Image.open(coded)


def scaled(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width * 3 // 10, picture.height * 3 // 10))


def brightened(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(1.1)


def flattened(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(picture).enhance(0.8)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("copied", [recoded, scaled, brightened, flattened])
def test_a_copy_looks_like_its_photograph(name, copied):
    picture = photograph(name)
    known, found = likeness(picture), likeness(copied(picture))
    assert known is not None
    assert found is not None
    assert (known ^ found).bit_count() <= NEAR


def test_different_photographs_differ_in_many_bits():
    found = [likeness(photograph(name)) or 0 for name in PHOTOGRAPHS]
    apart = [(a ^ b).bit_count() for n, a in enumerate(found) for b in found[:n]]
    assert min(apart) > 4 * NEAR


def test_a_mirrored_photograph_is_another():
    picture = photograph("images/cat.png")
    mirrored = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert ((likeness(picture) or 0) ^ (likeness(mirrored) or 0)).bit_count() > 4 * NEAR


def test_where_there_is_nothing_to_see_there_is_no_likeness():
    assert likeness(Image.new("L", (40, 30), 128)) is None
    assert likeness(Image.new("RGB", (1, 1), "red")) is None


def test_a_likeness_fits_a_signed_number_of_the_database():
    assert all(0 <= (likeness(photograph(name)) or 0) < 2**63 for name in PHOTOGRAPHS)
