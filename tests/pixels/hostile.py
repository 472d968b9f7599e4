"""Files that must be refused, each with its reason."""

import io
import os
import socket
import struct
import zlib
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image as Pillow

from tests.pixels.corpus import DATA, Case, cat, chunk, grey_tiff, nuclei, png, tiff


def _jpeg() -> bytes:
    return (DATA / "blood_cells.jpg").read_bytes()


def _saved(form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    cat().save(buffer, form, **options)
    return buffer.getvalue()


def zero_bytes(path: Path):
    path.touch()


def text_named_png(path: Path):
    path.write_text("This is a note about the cells.\n")


def page_named_jpg(path: Path):
    path.write_text("<!DOCTYPE html><html><script>alert(1)</script></html>")


def drawing_named_png(path: Path):
    path.write_text('<?xml version="1.0"?><svg onload="alert(1)"/>')


def postscript_named_jpg(path: Path):
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(%pipe%id) (w) file\n")


def document_named_tif(path: Path):
    path.write_bytes(b"%PDF-1.7\n1 0 obj\n")


def phone_photograph(path: Path):
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200))


def modern_photograph(path: Path):
    path.write_bytes(b"\0\0\0\x18ftypavif\0\0\0\0avifmif1" + bytes(200))


def archive_named_jpg(path: Path):
    path.write_bytes(b"PK\x03\x04" + bytes(200))


def program_named_png(path: Path):
    path.write_bytes(b"\x7fELF" + bytes(200))


def photoshop_named_tif(path: Path):
    path.write_bytes(b"8BPS" + bytes(200))


def random_bytes(path: Path):
    path.write_bytes(np.random.default_rng(1).bytes(5000))


def jpeg_cut_in_half(path: Path):
    path.write_bytes(_jpeg()[:9000])


def jpeg_without_its_end(path: Path):
    path.write_bytes(_jpeg()[:-2])


def jpeg_of_four_gigapixels(path: Path):
    data = bytearray(_jpeg())
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", 65500, 65500)
    path.write_bytes(data)


def png_cut_in_half(path: Path):
    path.write_bytes((DATA / "cat.png").read_bytes()[:30_000])


def png_without_pixels(path: Path):
    data = (DATA / "cat.png").read_bytes()
    path.write_bytes(data[:33] + chunk(b"IEND", b""))


def png_with_a_wrong_checksum(path: Path):
    data = bytearray((DATA / "cat.png").read_bytes())
    at = data.index(b"IDAT")
    length = struct.unpack(">I", data[at - 4 : at])[0]
    data[at + 4 + length] ^= 0xFF
    path.write_bytes(data)


def png_with_a_flipped_bit(path: Path):
    data = bytearray((DATA / "cat.png").read_bytes())
    data[30_000] ^= 0x10
    path.write_bytes(data)


def png_of_2_to_the_62_pixels(path: Path):
    path.write_bytes(png(2**31 - 1, 2**31 - 1, depth=8, colour=2, rows=b"\0"))


def png_of_180_megapixels(path: Path):
    path.write_bytes(png(13400, 13400, depth=1, colour=0, rows=bytes(1676 * 13400)))


def png_of_8000_pixels_per_byte(path: Path):
    path.write_bytes(png(11000, 11000, depth=1, colour=0, rows=bytes(1376 * 11000)))


def png_with_a_text_bomb(path: Path):
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(64 * 2**20), 9))
    path.write_bytes(png(4, 4, depth=8, colour=0, rows=bytes(20), more=bomb))


def bmp_of_a_gigapixel(path: Path):
    data = bytearray(_saved("BMP"))
    data[18:26] = struct.pack("<ii", 40000, 40000)
    path.write_bytes(data)


def gif_cut_in_half(path: Path):
    path.write_bytes(_saved("GIF")[:5000])


def gif_without_size(path: Path):
    path.write_bytes(b"GIF89a" + bytes(7) + b"," + bytes(9) + b"\x02\x02\x4c\x01\x00;")


def webp_cut_in_half(path: Path):
    path.write_bytes(_saved("WEBP")[:2000])


def tiff_whose_only_strip_is_short(path: Path):
    path.write_bytes(tiff(grey_tiff(64, 1_000_000, t279=(64 * 40,)), bytes(64 * 40)))


def tiff_with_too_few_strips(path: Path):
    fields = grey_tiff(64, 1000, t278=(10,), t273=(0, 640, 1280), t279=(640, 640, 640))
    path.write_bytes(tiff(fields, bytes(1920)))


def tiff_with_too_few_tiles(path: Path):
    fields = grey_tiff(64, 64)
    del fields[273], fields[278], fields[279]
    fields |= {322: (16,), 323: (16,), 324: (0, 256), 325: (256, 256)}
    path.write_bytes(tiff(fields, bytes(512)))


def tiff_whose_strips_pass_the_end(path: Path):
    path.write_bytes(tiff(grey_tiff(64, 64), bytes(1000)))


def tiff_with_a_short_deflate_strip(path: Path):
    packed = zlib.compress(bytes(100))
    path.write_bytes(tiff(grey_tiff(64, 64, t259=(8,), t279=(len(packed),)), packed))


def tiff_with_a_field_of_four_billion_values(path: Path):
    data = bytearray(tiff(grey_tiff(64, 64), bytes(4096)))
    data[10 + 4 : 10 + 8] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)


def tiff_without_a_directory(path: Path):
    path.write_bytes(b"II*\0" + struct.pack("<I", 0xFFFFFF00))


def tiff_of_zero_rows(path: Path):
    path.write_bytes(tiff(grey_tiff(64, 0), bytes(64)))


def tiff_of_complex_numbers(path: Path):
    tifffile.imwrite(path, nuclei()[0].astype(np.complex64))


def tiff_in_lab_colours(path: Path):
    Pillow.frombytes("LAB", (20, 20), bytes(1200)).save(path)


def named_pipe(path: Path):
    os.mkfifo(path)


def link_to_an_image(path: Path):
    path.symlink_to(DATA / "cat.png")


def link_to_itself(path: Path):
    path.symlink_to(path)


def folder_named_png(path: Path):
    path.mkdir()


def unix_socket(path: Path):
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(path.parent)
        try:
            server.bind(path.name)
        finally:
            os.chdir(here)


CASES = (
    Case("empty.png", zero_bytes, refused="is empty"),
    Case("note.png", text_named_png, refused="is a text file"),
    Case("page.jpg", page_named_jpg, refused="is a web page"),
    Case("drawing.png", drawing_named_png, refused="is an SVG drawing"),
    Case("script.jpg", postscript_named_jpg, refused="is an EPS or PostScript file"),
    Case("paper.tif", document_named_tif, refused="is a PDF file"),
    Case("phone.jpg", phone_photograph, refused="is a HEIC photograph"),
    Case("modern.avif", modern_photograph, refused="is an AVIF image"),
    Case("archive.jpg", archive_named_jpg, refused="is a zip archive"),
    Case("program.png", program_named_png, refused="is a program"),
    Case("layers.tif", photoshop_named_tif, refused="is a Photoshop file"),
    Case("noise.png", random_bytes, refused="is not an image"),
    Case("half.jpg", jpeg_cut_in_half, refused="cut short"),
    Case("no_end.jpg", jpeg_without_its_end, refused="cut short"),
    Case("giant.jpg", jpeg_of_four_gigapixels, refused="150 megapixels"),
    Case("half.png", png_cut_in_half, refused="cut short"),
    Case("no_pixels.png", png_without_pixels, refused="damaged"),
    Case("checksum.png", png_with_a_wrong_checksum, refused="damaged"),
    Case("bit.png", png_with_a_flipped_bit, refused="damaged"),
    Case("exa.png", png_of_2_to_the_62_pixels, refused="150 megapixels"),
    Case("wide.png", png_of_180_megapixels, refused="150 megapixels"),
    Case("dense.png", png_of_8000_pixels_per_byte, refused="pixels per byte"),
    Case("text.png", png_with_a_text_bomb, refused="damaged"),
    Case("giga.bmp", bmp_of_a_gigapixel, refused="150 megapixels"),
    Case("half.gif", gif_cut_in_half, refused="cut short"),
    Case("nothing.gif", gif_without_size, refused="is not an image"),
    Case("half.webp", webp_cut_in_half, refused="cut short"),
    Case("short.tif", tiff_whose_only_strip_is_short, refused="too few for 64 by 1000000"),
    Case("strips.tif", tiff_with_too_few_strips, refused="3 strips do not cover"),
    Case("tiles.tif", tiff_with_too_few_tiles, refused="2 tiles do not cover"),
    Case("beyond.tif", tiff_whose_strips_pass_the_end, refused="beyond the end"),
    Case("deflate.tif", tiff_with_a_short_deflate_strip, refused="damaged"),
    Case("field.tif", tiff_with_a_field_of_four_billion_values, refused="4294967295 values"),
    Case("nowhere.tif", tiff_without_a_directory, refused="cut short"),
    Case("flat.tif", tiff_of_zero_rows, refused="64 by 0 pixels"),
    Case("complex.tif", tiff_of_complex_numbers, refused="complex64"),
    Case("lab.tif", tiff_in_lab_colours, refused="colour space LAB"),
    Case("pipe.png", named_pipe, refused="is a named pipe"),
    Case("link.png", link_to_an_image, refused="is a link"),
    Case("loop.png", link_to_itself, refused="is a link"),
    Case("folder.png", folder_named_png, refused="is a folder"),
    Case("socket.png", unix_socket, refused="is a socket or device"),
)
