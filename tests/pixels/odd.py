"""Files that are unusual and right: each must be read, and what must come out."""

import io
import struct
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image as Pillow

from tests.pixels.corpus import DATA, Case, cat, grey_tiff, nuclei, png, png_rows, tiff

# At (x, y) = (60, 60) the cat has this colour, at (60, 30) the nuclei have these three values.
CAT = (60, 60)
CAT_COLOUR = (180, 138, 100)
NUCLEI = (60, 30)
NUCLEI_VALUES = (166, 330, 279)


def _exif(orientation: int) -> bytes:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def _frames() -> list[Pillow.Image]:
    return [cat().transpose(Pillow.Transpose.FLIP_LEFT_RIGHT), Pillow.new("RGB", (200, 160))]


def animated_gif(path: Path):
    cat().save(path, save_all=True, append_images=_frames())


def gif_of_thousands_of_frames(path: Path):
    buffer = io.BytesIO()
    Pillow.new("P", (4000, 4000), 3).save(buffer, "GIF")
    data = buffer.getvalue()
    small = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    path.write_bytes(data[:-1] + small * 20_000 + b";")


def animated_png(path: Path):
    cat().save(path, save_all=True, append_images=_frames())


def animated_webp(path: Path):
    cat().save(path, save_all=True, append_images=_frames(), lossless=True)


def photograph_of_two_lenses(path: Path):
    cat().save(path, "MPO", save_all=True, append_images=_frames(), quality=95)


def cmyk_jpeg(path: Path):
    cat().convert("CMYK").save(path, quality=95)


def cmyk_tiff(path: Path):
    cat().convert("CMYK").save(path)


def palette_with_transparency(path: Path):
    image = Pillow.new("P", (8, 8), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((2, 3), 0)
    image.save(path, transparency=0)


def grey_with_opacity(path: Path):
    image = Pillow.new("LA", (8, 8), (100, 255))
    image.putpixel((2, 3), (100, 51))
    image.save(path)


def colour_with_opacity(path: Path):
    image = Pillow.new("RGBA", (8, 8), (10, 20, 30, 255))
    image.putpixel((2, 3), (0, 0, 0, 0))
    image.save(path)


def one_bit_png(path: Path):
    image = Pillow.new("1", (9, 8), 0)
    image.putpixel((2, 3), 1)
    image.save(path)


def one_bit_tiff_where_zero_is_white(path: Path):
    path.write_bytes(tiff(grey_tiff(8, 8, t258=(1,), t262=(0,), t279=(8,)), b"\x20" + bytes(7)))


def eight_bit_tiff_where_zero_is_white(path: Path):
    path.write_bytes(tiff(grey_tiff(8, 8, t262=(0,)), bytes([250]) + bytes(63)))


def sixteen_bit_tiff_where_zero_is_white(path: Path):
    tifffile.imwrite(path, np.uint16(65535) - nuclei()[0], photometric="miniswhite")


def twelve_bit_tiff(path: Path):
    packed = np.zeros((4, 4), np.uint16)
    packed[1, 2] = 0xABC
    bits = "".join(f"{value:012b}" for value in packed.ravel())
    rows = int(bits, 2).to_bytes(24, "big")
    path.write_bytes(tiff(grey_tiff(4, 4, t258=(12,), t279=(24,)), rows))


def float_tiff_with_holes(path: Path):
    array = nuclei()[0].astype(np.float32)
    array[0, 0], array[0, 1], array[0, 2] = np.nan, np.inf, -np.inf
    tifffile.imwrite(path, array)


def half_float_tiff(path: Path):
    tifffile.imwrite(path, nuclei()[0].astype(np.float16))


def signed_tiff(path: Path):
    tifffile.imwrite(path, nuclei()[0].astype(np.int16) - 1000)


def five_channels(path: Path):
    channels = np.stack([*nuclei(), nuclei()[0], nuclei()[1]], axis=-1)
    tifffile.imwrite(path, channels, photometric="minisblack", planarconfig="contig")


def colours_in_planes(path: Path):
    tifffile.imwrite(path, nuclei(), photometric="rgb", planarconfig="separate")


def deep_colour_tiff_with_opacity(path: Path):
    opacity = np.full((100, 120), 65535, np.uint16)
    opacity[0, 0] = 0
    array = np.dstack([*nuclei(), opacity])
    tifffile.imwrite(path, array, photometric="rgb", extrasamples=["unassalpha"])


def big_tiff(path: Path):
    tifffile.imwrite(path, nuclei()[0], bigtiff=True)


def tiff_compressed_as_jpeg(path: Path):
    cat().save(path, compression="jpeg", quality=95)


def tiff_of_two_pages(path: Path):
    cat().save(path, save_all=True, append_images=_frames())


def tiff_that_is_its_own_next_page(path: Path):
    path.write_bytes(tiff(grey_tiff(8, 8), bytes(range(64)), following=8))


def grey_tiff_turned(path: Path):
    cat().convert("L").transpose(Pillow.Transpose.ROTATE_90).save(path, exif=_exif(6))


def deep_tiff_turned(path: Path):
    turned = np.ascontiguousarray(np.rot90(np.moveaxis(nuclei(), 0, -1), 1))
    tifffile.imwrite(path, turned, photometric="rgb", extratags=[(274, 3, 1, 6, True)])


def deep_colour_png(path: Path):
    rows = png_rows(np.moveaxis(nuclei(), 0, -1))
    path.write_bytes(png(120, 100, depth=16, colour=2, rows=rows))


def deep_grey_png_with_opacity(path: Path):
    opacity = np.full((100, 120), 65535, np.uint16)
    opacity[30, 60] = 0
    rows = png_rows(np.dstack([nuclei()[0], opacity]))
    path.write_bytes(png(120, 100, depth=16, colour=4, rows=rows))


def orientation_zero(path: Path):
    cat().save(path, exif=_exif(0), quality=95)


def orientation_nine(path: Path):
    cat().save(path, exif=_exif(9), quality=95)


def damaged_exif(path: Path):
    cat().save(path, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(4), quality=95)


def jpeg_with_an_archive_behind_it(path: Path):
    path.write_bytes((DATA / "blood_cells.jpg").read_bytes() + b"PK\x03\x04" + bytes(500))


def single_pixel(path: Path):
    Pillow.new("RGB", (1, 1), (1, 2, 3)).save(path)


def long_strip(path: Path):
    Pillow.effect_noise((70_000, 3), 50).save(path)


def bitmap(path: Path):
    cat().save(path)


_UINT16 = {"dtype": "uint16", "channels": 1, "size": (120, 100)}
_COLOUR16 = {"dtype": "uint16", "channels": 3, "size": (120, 100), "pixel": (NUCLEI, NUCLEI_VALUES)}
_CAT = {"size": (200, 160), "pixel": (CAT, CAT_COLOUR)}

CASES = (
    Case("animated.gif", animated_gif, **_CAT, tolerance=40, pages=2, note="only the first"),
    Case("frames.gif", gif_of_thousands_of_frames, size=(4000, 4000), pages=2, note="frames"),
    Case("animated.png", animated_png, **_CAT, pages=3, note="only the first of its frames"),
    Case("animated.webp", animated_webp, **_CAT, pages=3, note="only the first of its frames"),
    Case("lenses.jpg", photograph_of_two_lenses, **_CAT, tolerance=12, pages=3, note="first"),
    Case("cmyk.jpg", cmyk_jpeg, **_CAT, tolerance=12),
    Case("cmyk.tif", cmyk_tiff, **_CAT, tolerance=1),
    Case("palette.png", palette_with_transparency, size=(8, 8), pixel=((2, 3), (255,) * 3)),
    Case("la.png", grey_with_opacity, size=(8, 8), channels=1, pixel=((2, 3), 224)),
    Case("rgba.png", colour_with_opacity, size=(8, 8), pixel=((2, 3), (255, 255, 255))),
    Case("bit.png", one_bit_png, size=(9, 8), channels=1, pixel=((2, 3), 255)),
    Case("b0.tif", one_bit_tiff_where_zero_is_white, size=(8, 8), channels=1, pixel=((2, 0), 0)),
    Case("w8.tif", eight_bit_tiff_where_zero_is_white, size=(8, 8), channels=1, pixel=((0, 0), 5)),
    Case("w16.tif", sixteen_bit_tiff_where_zero_is_white, **_UINT16, pixel=(NUCLEI, 166)),
    Case("12.tif", twelve_bit_tiff, size=(4, 4), dtype="uint16", channels=1, pixel=((2, 1), 0xABC)),
    Case(
        "float.tif",
        float_tiff_with_holes,
        size=(120, 100),
        dtype="float32",
        channels=1,
        pixel=(NUCLEI, 166),
    ),
    Case(
        "half.tif",
        half_float_tiff,
        size=(120, 100),
        dtype="float16",
        channels=1,
        pixel=(NUCLEI, 166),
    ),
    Case(
        "signed.tif",
        signed_tiff,
        size=(120, 100),
        dtype="int16",
        channels=1,
        pixel=(NUCLEI, -834),
    ),
    Case(
        "five.tif",
        five_channels,
        size=(120, 100),
        dtype="uint16",
        channels=5,
        note="5 channels",
        pixel=(NUCLEI, (*NUCLEI_VALUES, *NUCLEI_VALUES[:2])),
    ),
    Case("planes.tif", colours_in_planes, **_COLOUR16),
    Case("opacity.tif", deep_colour_tiff_with_opacity, **_COLOUR16),
    Case("big.tif", big_tiff, **_UINT16, pixel=(NUCLEI, 166)),
    Case("jpeg.tif", tiff_compressed_as_jpeg, **_CAT, tolerance=12),
    Case("pages.tif", tiff_of_two_pages, **_CAT, pages=3, note="only the first of 3 pages"),
    Case("cycle.tif", tiff_that_is_its_own_next_page, size=(8, 8), channels=1, pixel=((2, 1), 10)),
    Case(
        "turned.tif",
        grey_tiff_turned,
        size=(200, 160),
        channels=1,
        orientation=6,
        pixel=(CAT, 146),
    ),
    Case("turned16.tif", deep_tiff_turned, **_COLOUR16, orientation=6),
    Case("colour16.png", deep_colour_png, **_COLOUR16),
    Case("la16.png", deep_grey_png_with_opacity, **_UINT16, pixel=(NUCLEI, 65535)),
    Case("zero.jpg", orientation_zero, **_CAT, tolerance=12),
    Case("nine.jpg", orientation_nine, **_CAT, tolerance=12),
    Case("exif.jpg", damaged_exif, **_CAT, tolerance=12),
    Case("polyglot.jpg", jpeg_with_an_archive_behind_it, size=(640, 480)),
    Case("one.png", single_pixel, size=(1, 1), pixel=((0, 0), (1, 2, 3))),
    Case("strip.png", long_strip, size=(70_000, 3), channels=1),
    Case("cat.bmp", bitmap, **_CAT),
)
