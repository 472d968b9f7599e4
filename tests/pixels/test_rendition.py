import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from datasetbuilder.pixels.display import to_display
from datasetbuilder.pixels.reader import decode
from datasetbuilder.pixels.rendition import fitted, rendition_path, shown, write_rendition
from tests.pixels.corpus import DATA, cat, nuclei

SHA = "ab" * 32


def encoded(image: Pillow.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def swapped_profile() -> bytes:
    """An sRGB profile whose red and blue primaries have changed places."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    head, table = profile[:128], profile[128:]
    swapped = table.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1)
    return head + swapped.replace(b"????", b"bXYZ", 1)


def test_a_rendition_is_named_by_content_and_kind():
    path = rendition_path(Path("cache"), SHA, "thumb", longest=640)
    assert path == Path("cache/renditions/v1/ab") / f"{SHA}.thumb.jpg"


def test_a_side_too_long_for_jpeg_becomes_png():
    assert rendition_path(Path(), SHA, "full", longest=70_000).suffix == ".png"
    assert rendition_path(Path(), SHA, "preview", longest=70_000).suffix == ".jpg"


@pytest.mark.parametrize(
    ("kind", "size"), [("thumb", (256, 192)), ("preview", (640, 480)), ("full", (640, 480))]
)
def test_a_rendition_is_never_larger_than_its_picture(kind: str, size: tuple[int, int]):
    frame = decode((DATA / "blood_cells.jpg").read_bytes())
    assert shown(frame, kind).size == size


def test_a_very_flat_picture_keeps_a_pixel_of_height():
    assert fitted(Pillow.new("L", (9000, 2)), "thumb").size == (256, 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_renditions_are_upright(orientation: int):
    data = (DATA / "exif" / f"orientation_{orientation}.jpg").read_bytes()
    first = (DATA / "exif" / "orientation_1.jpg").read_bytes()
    picture, expected = shown(decode(data), "thumb"), shown(decode(first), "thumb")
    assert picture.size == (256, 192)
    assert np.abs(np.asarray(picture, int) - np.asarray(expected, int)).mean() < 3


def test_grey_stays_grey(tmp_path: Path):
    picture = shown(decode((DATA / "nuclei_16bit.png").read_bytes()), "full")
    write_rendition(picture, tmp_path / "grey.jpg")
    with Pillow.open(tmp_path / "grey.jpg") as written:
        assert written.mode == "L"
        reference = to_display(nuclei()[2]).astype(float)
        assert np.abs(np.asarray(written) - reference).mean() < 2


def test_a_profile_is_turned_into_srgb_and_dropped(tmp_path: Path):
    image = Pillow.new("RGB", (8, 8), (200, 100, 50))
    data = encoded(image, "PNG", icc_profile=swapped_profile())
    write_rendition(shown(decode(data), "full"), tmp_path / "plain.png")
    with Pillow.open(tmp_path / "plain.png") as written:
        assert "icc_profile" not in written.info
        assert np.abs(np.array(written.getpixel((3, 3))) - (50, 100, 200)).max() <= 3


def test_a_damaged_profile_is_left_out():
    data = encoded(cat(), "PNG", icc_profile=b"not a profile")
    np.testing.assert_array_equal(np.asarray(shown(decode(data), "full")), np.asarray(cat()))


def test_nothing_of_the_metadata_is_served(tmp_path: Path):
    tags = Pillow.Exif()
    tags[0x010E] = "my garden, 52.1 N"
    data = encoded(cat(), "JPEG", exif=tags, comment=b"secret place")
    write_rendition(shown(decode(data), "full"), tmp_path / "plain.jpg")
    written = (tmp_path / "plain.jpg").read_bytes()
    assert b"garden" not in written
    assert b"secret" not in written
    assert b"Exif" not in written


def test_small_pictures_keep_full_colour_resolution(tmp_path: Path):
    stripes = np.zeros((16, 16, 3), np.uint8)
    stripes[:, ::2] = (255, 0, 0)
    stripes[:, 1::2] = (0, 0, 255)
    write_rendition(Pillow.fromarray(stripes), tmp_path / "stripes.jpg")
    with Pillow.open(tmp_path / "stripes.jpg") as written:
        assert np.abs(np.asarray(written, int) - stripes).max() < 40


def test_a_rendition_appears_whole_and_alone(tmp_path: Path):
    target = tmp_path / "deep" / "folder" / "cat.jpg"
    write_rendition(cat(), target)
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_writing_leaves_nothing(tmp_path: Path):
    with pytest.raises(OSError, match="mode LAB"):
        write_rendition(Pillow.new("LAB", (4, 4)), tmp_path / "lab.jpg")
    assert list(tmp_path.iterdir()) == []
