import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.export import export
from datasetbuilder.exporters.imagefiles import upright
from datasetbuilder.pixels.reader import read_pixels
from tests.exporters.campaigns import objects
from tests.exporters.snapshots import SnapshotFake, image_of, picture


def turned(kind: str, orientation: int) -> bytes:
    """A file of 12 by 8 stored pixels with an orientation tag."""
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "ward 3"
    ramp = np.add.outer(np.arange(8) * 20, np.arange(12) * 5).astype(np.uint8)
    out = io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100} if kind == "JPEG" else {}
    Pillow.fromarray(np.dstack([ramp, ramp, 255 - ramp])).save(out, kind, exif=exif, **options)
    return out.getvalue()


def with_chunks(png: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with more chunks behind its header."""
    more = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return png[:33] + more + png[33:]


def known(data: bytes, orientation: int, name: str = "turned"):
    shape = read_pixels(data, name).shape
    return image_of(1, name, data, orientation=orientation, height=shape[0], width=shape[1])


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_turned_file_is_written_upright_in_its_own_format(kind, orientation):
    data = turned(kind, orientation)
    image = known(data, orientation)
    written = upright(data, image)
    with Pillow.open(io.BytesIO(written)) as opened:
        assert opened.format == kind
        assert opened.getexif().get(0x0112, 1) == 1
        assert opened.size == (image.width, image.height)
        difference = np.asarray(opened).astype(int) - read_pixels(data, "turned")
    assert np.abs(difference).mean() < (0.01 if kind == "PNG" else 4)
    assert b"ward 3" not in written


def test_a_turned_16_bit_tiff_keeps_its_values():
    stored = (np.arange(96).reshape(8, 12) * 600).astype(np.uint16)
    out = io.BytesIO()
    tifffile.imwrite(out, stored, extratags=[(274, "H", 1, 6, True)])
    image = image_of(1, "turned.tif", out.getvalue(), orientation=6, width=8, height=12)
    written = upright(out.getvalue(), image)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(written)), np.rot90(stored, -1))


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_a_turned_16_bit_png_of_several_channels_keeps_its_values(channels, orientation):
    samples = np.random.default_rng(channels).integers(0, 2**16, (8, 12, channels))
    tag = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    data = with_chunks(
        bytes(imagecodecs.png_encode(samples.astype(np.uint16))),
        (b"gAMA", struct.pack(">I", 45_455)),
        (b"eXIf", b"MM\0*\0\0\0\x08\0\x01" + tag + bytes(4)),
    )
    written = upright(data, known(data, orientation))
    np.testing.assert_array_equal(
        read_pixels(written, "written"), read_pixels(data, "turned"), strict=True
    )
    assert b"gAMA" in written
    assert b"eXIf" not in written


def test_a_turned_palette_stays_transparent_where_it_was():
    exif = Pillow.Exif()
    exif[0x0112] = 3
    stored = Pillow.fromarray(np.arange(96, dtype=np.uint8).reshape(8, 12) % 4, "P")
    stored.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    out = io.BytesIO()
    stored.save(out, "PNG", transparency=0, exif=exif)
    written = upright(out.getvalue(), known(out.getvalue(), 3))
    np.testing.assert_array_equal(
        read_pixels(written, "written"), read_pixels(out.getvalue(), "turned")
    )


def test_a_size_that_the_project_does_not_know_is_refused():
    data = turned("PNG", 6)
    image = image_of(1, "turned.png", data, orientation=6)
    with pytest.raises(FormatError, match=r"turned.png turned upright is 8 by 12 pixels"):
        upright(data, image)


def campaign_with_a_turned_image() -> SnapshotFake:
    data, straight = turned("JPEG", 6), picture()
    content = [
        (known(data, 6, "turned.jpg"), ()),
        (image_of(2, "straight.png", straight), ()),
    ]
    return SnapshotFake(content, {1: data, 2: straight})


@pytest.mark.parametrize("formats", [["coco"], ["parquet"], ["coco", "parquet"]])
def test_turned_images_are_listed_once(tmp_path, formats):
    report = export(campaign_with_a_turned_image(), tmp_path / "out", formats=formats)
    assert report.reencoded == ("turned.jpg",)
    assert "Turned upright and coded anew: turned.jpg" in report.lines()


@pytest.mark.parametrize("name", ["coco", "parquet"])
def test_links_to_turned_images_are_refused_with_the_way_out(tmp_path, name):
    with pytest.raises(FormatError, match=r"turned.jpg is stored turned .*--images copy"):
        export(campaign_with_a_turned_image(), tmp_path / "out", formats=[name], images="link")
    assert list(tmp_path.iterdir()) == []


def test_links_to_what_is_no_file_are_refused(tmp_path):
    data = picture()
    snapshot = SnapshotFake([(image_of(1, "a.png", data), ())], {1: data})
    with pytest.raises(FormatError, match=r"a.png is no file of this machine"):
        export(snapshot, tmp_path / "out", formats=["coco"], images="link")


def test_links_lead_to_the_originals(tmp_path):
    export(objects(), tmp_path / "out", formats=["coco"], images="link")
    link = tmp_path / "out" / "images" / "plate 1" / "ring.png"
    assert link.is_symlink()
    assert link.resolve().name == "ring.png"


def test_16_bit_pictures_stay_16_bit(tmp_path):
    out = io.BytesIO()
    deep = (np.arange(24).reshape(4, 6) * 2_000).astype(np.uint16)
    Pillow.fromarray(deep).save(out, "PNG")
    image = image_of(1, "deep.png", out.getvalue())
    snapshot = SnapshotFake([(image, ())], {1: out.getvalue()})
    export(snapshot, tmp_path / "out", formats=["coco"])
    assert (tmp_path / "out" / "images" / "deep.png").read_bytes() == out.getvalue()
