import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import PngImagePlugin

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.stripping import keeps_metadata, stripped
from tests.exporters.campaigns import CROPS
from tests.exporters.snapshots import picture

SECRET = b"ward 3"


def with_metadata(kind: str, **options) -> bytes:
    exif = Pillow.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x8825] = {1: "N", 2: (1.0, 2.0, 3.0)}
    out = io.BytesIO()
    with Pillow.open(CROPS / "background.jpg") as opened:
        opened.info = {}
        opened.save(out, kind, exif=exif, icc_profile=b"a profile", **options)
    return out.getvalue()


def pixels(data: bytes) -> np.ndarray:
    with Pillow.open(io.BytesIO(data)) as opened:
        return np.asarray(opened)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"comment": SECRET}),
        ("JPEG", {"progressive": True, "xmp": b"<x>" + SECRET + b"</x>"}),
        ("JPEG", {"restart_marker_blocks": 1}),
        ("PNG", {}),
        ("WEBP", {"xmp": b"<x>" + SECRET + b"</x>"}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_metadata_goes_and_pixels_and_profile_stay(kind, options):
    data = with_metadata(kind, **options)
    assert SECRET in data
    clean = stripped(data, "a file")
    assert SECRET not in clean
    np.testing.assert_array_equal(pixels(clean), pixels(data))
    with Pillow.open(io.BytesIO(clean)) as opened:
        assert opened.info["icc_profile"] == b"a profile"
        assert len(opened.getexif()) == 0
        assert "xmp" not in opened.info
        assert "comment" not in opened.info


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
def test_a_clean_file_stays_as_it_is(kind):
    data = picture(kind=kind)
    assert stripped(data, "a file") == data


def test_coded_jpeg_pixels_are_kept_byte_for_byte():
    data = with_metadata("JPEG")
    scan = data[data.index(b"\xff\xda") :]
    assert stripped(data, "a file").endswith(scan)


def test_what_hides_behind_the_picture_goes():
    data = picture(kind="JPEG")
    assert stripped(data + b"\xff\xe1" + SECRET, "a file") == data
    data = picture(kind="PNG")
    assert stripped(data + SECRET, "a file") == data
    data = picture(kind="WEBP")
    assert stripped(data + SECRET, "a file") == data


def test_texts_and_private_chunks_of_a_png_go_and_transparency_stays():
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", SECRET.decode())
    words.add_itxt("Title", SECRET.decode(), zip=False)
    words.add(b"prVt", SECRET)
    out = io.BytesIO()
    Pillow.new("P", (4, 3), 1).save(out, "PNG", pnginfo=words, transparency=1)
    clean = stripped(out.getvalue(), "a file")
    assert SECRET not in clean
    assert b"tRNS" in clean


def test_the_colour_transform_of_a_cmyk_jpeg_stays():
    out = io.BytesIO()
    Pillow.new("CMYK", (8, 8), (9, 90, 190, 20)).save(out, "JPEG")
    clean = stripped(out.getvalue(), "a file")
    assert b"Adobe" in clean
    np.testing.assert_array_equal(pixels(clean), pixels(out.getvalue()))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xd8\x00\x01", "no marker"),
        (b"\xff\xd8\xff\xe1", "x.img cannot be exported"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "x.img cannot be exported"),
        (b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 99, b"IHDR"), "in the middle of a chunk"),
    ],
)
def test_a_broken_file_is_refused_with_its_name(data, message):
    with pytest.raises(FormatError, match=message):
        stripped(data, "x.img")


def test_a_jpeg_without_an_end_is_kept_to_its_last_byte():
    data = picture(kind="JPEG")[:-2]
    assert stripped(data, "a file") == data


def test_formats_whose_metadata_stays_are_known():
    assert [
        kind for kind in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF") if keeps_metadata(kind)
    ] == [
        "TIFF",
        "GIF",
    ]


def test_checksums_of_kept_png_chunks_still_hold():
    clean = stripped(with_metadata("PNG"), "a file")
    place = 8
    while place < len(clean):
        length, kind = struct.unpack_from(">I4s", clean, place)
        body = clean[place + 8 : place + 8 + length]
        assert struct.unpack_from(">I", clean, place + 8 + length)[0] == zlib.crc32(kind + body)
        place += 12 + length
