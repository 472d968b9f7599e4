import hashlib
import io
import json
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image as Pillow

from datasetbuilder.errors import ImageRefused
from datasetbuilder.pixels.reader import decode, inspect, read_pixels
from tests.pixels.corpus import DATA, cat, nuclei

EXPECTED = json.loads((DATA / "exif" / "expected.json").read_text())
STORED = {
    1: None,
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_90,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_270,
}


def encoded(image: Pillow.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def exif(orientation: int) -> Pillow.Exif:
    tags = Pillow.Exif()
    tags[0x0112] = orientation
    return tags


def stored(image: Pillow.Image, orientation: int) -> Pillow.Image:
    """The image as a camera held that way would store it."""
    turn = STORED[orientation]
    return image if turn is None else image.transpose(turn)


# --- orientation ------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_upright_however_the_camera_was_held(orientation: int):
    data = (DATA / "exif" / f"orientation_{orientation}.jpg").read_bytes()
    info, pixels = inspect(data), read_pixels(data)
    assert (info.width, info.height) == (320, 240)
    assert info.orientation == orientation
    assert pixels.shape == (240, 320, 3)
    for mark in EXPECTED["landmarks"]:
        found = pixels[mark["y"], mark["x"]].astype(int)
        assert abs(found - mark["rgb"]).max() <= EXPECTED["tolerance"]


def test_all_eight_photographs_look_the_same():
    first, *others = (
        read_pixels((DATA / "exif" / f"orientation_{k}.jpg").read_bytes()).astype(int)
        for k in range(1, 9)
    )
    for other in others:
        assert abs(other - first).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_orientation_is_applied_exactly_once_in_every_format(
    form: str, options: dict[str, object], mode: str, orientation: int
):
    image = cat().convert(mode)
    data = encoded(stored(image, orientation), form, exif=exif(orientation), **options)
    pixels = read_pixels(data)
    if form == "WEBP" and mode == "L":
        pixels = pixels[:, :, 0]
    np.testing.assert_array_equal(pixels, np.asarray(image))
    info = inspect(data)
    assert (info.width, info.height, info.orientation) == (200, 160, orientation)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_deep_images_are_turned_too(form: str, orientation: int):
    deep = nuclei()[0]
    data = encoded(stored(Pillow.fromarray(deep), orientation), form, exif=exif(orientation))
    np.testing.assert_array_equal(read_pixels(data), deep)
    assert inspect(data).width == 120


# --- depth ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "channel"),
    [("nuclei_16bit.png", 2), ("nuclei_tiled_deflate.tif", 1), ("nuclei_big_endian_3pages.tif", 0)],
)
def test_sixteen_bits_are_kept_to_the_last(file: str, channel: int):
    pixels = read_pixels((DATA / file).read_bytes())
    assert pixels.dtype == np.uint16
    assert pixels.dtype.isnative
    np.testing.assert_array_equal(pixels, nuclei()[channel])


def test_sixteen_bit_colour_is_kept_to_the_last():
    pixels = read_pixels((DATA / "nuclei_rgb16_lzw.tif").read_bytes())
    np.testing.assert_array_equal(pixels, np.moveaxis(nuclei(), 0, -1))


def test_further_pages_are_announced():
    info = inspect((DATA / "nuclei_big_endian_3pages.tif").read_bytes())
    assert info.pages == 3
    assert info.notes == ("only the first of 3 pages is used",)


def test_a_picture_is_described_by_what_is_read():
    data = (DATA / "blood_cells.jpg").read_bytes()
    info = inspect(data)
    assert (info.format, info.width, info.height) == ("JPEG", 640, 480)
    assert (info.dtype, info.channels, info.orientation, info.pages) == ("uint8", 3, 1, 1)
    assert (info.size, info.sha256) == (18720, hashlib.sha256(data).hexdigest())
    assert info.notes == ()


# --- strictness -------------------------------------------------------------------------------


def test_a_refusal_names_the_file():
    with pytest.raises(ImageRefused, match=r"^notes/readme\.png: is a text file"):
        inspect(b"hello", "notes/readme.png")


@pytest.mark.parametrize("read", [inspect, read_pixels, decode])
def test_no_bytes_are_no_image(read: Callable[[bytes], object]):
    with pytest.raises(ImageRefused, match="is empty"):
        read(b"")


@pytest.mark.parametrize("lost", [2, 50, 5_000])
def test_a_truncated_jpeg_is_refused_even_where_a_small_decoding_would_do(lost: int):
    data = encoded(cat().resize((2000, 1600)), "JPEG")
    decode(data, near=256)
    with pytest.raises(ImageRefused, match="cut short"):
        decode(data[:-lost], near=256)


def test_a_small_decoding_reports_the_full_size():
    data = encoded(stored(cat().resize((2000, 1600)), 6), "JPEG", exif=exif(6))
    frame = decode(data, near=256)
    assert (frame.info.width, frame.info.height) == (2000, 1600)
    assert frame.image is not None
    assert frame.image.size == (400, 500)


def test_pillow_is_left_as_it_was_found():
    before = Pillow.MAX_IMAGE_PIXELS
    with pytest.raises(ImageRefused):
        inspect(b"nothing")
    assert before == Pillow.MAX_IMAGE_PIXELS
